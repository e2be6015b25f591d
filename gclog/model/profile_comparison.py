"""What a comparison of CPU profiles yields: what each function takes before and after, a verdict on it, and both sides as one call tree.

Shares are of the work (idle time is none), 0 to 1. All intervals and verdicts are of the kind that `gclog.model.comparison` has.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gclog.model.comparison import Overall, Verdict
from gclog.model.not_known import NotKnown
from gclog.model.profile import CallNode, FlatRow, Frame, ProfileForm, ProfileUnit
from gclog.model.report import SourceReport

__all__ = [
    "ComparedProfiles",
    "FunctionChange",
    "ProfileCompareReport",
    "ProfileComparison",
    "ProfileDifference",
    "SharePair",
    "WorkChange",
    "WorkMeasure",
]

WorkMeasure = Literal["busy_share", "gc_share", "work_ms"]


@dataclass(frozen=True, slots=True)
class SharePair:
    """A figure before and after; per_s: the same in ms of CPU for each second of the profile."""

    before: float
    after: float
    per_s_before: float | NotKnown
    per_s_after: float | NotKnown

    @property
    def difference(self) -> float:
        """Positive: it is more now."""
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class FunctionChange:
    """A function, or what else can be on a stack, before and after.

    frame         index in `ProfileDifference.frames`
    own, total    share of the work on top of the stack, and anywhere on it
    low, high     90 % interval of the difference of own shares
    verdict       worse: it takes more, and not only because the others take less
    by            what the verdict rests on
    """

    frame: int
    own: SharePair
    total: SharePair
    low: float
    high: float
    verdict: Verdict
    by: Literal["own", "total"]
    why: str


@dataclass(frozen=True, slots=True)
class WorkChange:
    """A figure of the whole: busy_share of the time, gc_share of the work, or the work itself in ms."""

    measure: WorkMeasure
    before: float | NotKnown
    after: float | NotKnown
    verdict: Verdict
    why: str


@dataclass(frozen=True, slots=True)
class ComparedProfiles:
    """One side. Ticks of all its profiles together: `work` without those that were idle. `node`: release lines, as far as they are known."""

    words: tuple[str, ...]
    sources: tuple[str, ...]
    forms: tuple[ProfileForm, ...]
    node: str
    samples: int
    ticks: int
    idle: int
    work: int
    duration_ms: float | NotKnown


@dataclass(frozen=True, slots=True)
class ProfileDifference:
    """Both sides as one call tree. The ticks of its nodes are parts: `gclog.units.PARTS` of them are the work of each side, and `sides` says whose.

    frames   of both sides, as the later one names them; flat: what each has on top and anywhere on the stack, of both sides
    own, total   of each frame: its shares of the work before and after
    """

    frames: tuple[Frame, ...]
    flat: tuple[FlatRow, ...]
    own: tuple[tuple[float, float], ...]
    total: tuple[tuple[float, float], ...]
    top_down: CallNode
    bottom_up: CallNode


@dataclass(frozen=True, slots=True)
class ProfileComparison:
    """What changed.

    functions   every frame that is on a stack, those that changed most first
    diluted     what the share of a function becomes that works as before: after / before
    judged      functions that were tested: their number sets how strict the verdicts are
    notes       what to know before believing it, each a sentence without a full stop
    """

    before: ComparedProfiles
    after: ComparedProfiles
    unit: ProfileUnit
    overall: Overall
    measures: tuple[WorkChange, ...]
    functions: tuple[FunctionChange, ...]
    diluted: float
    judged: int
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProfileCompareReport:
    """A comparison of CPU profiles, both sides as one tree, and what was read."""

    version: str
    comparison: ProfileComparison
    difference: ProfileDifference
    sources: tuple[SourceReport, ...]
