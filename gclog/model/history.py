"""What is kept of earlier runs of a program, and how a run stands beside them: frozen, unrounded, no text of any log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gclog.model.not_known import NotKnown
from gclog.model.verdict import CrashKind

__all__ = ["BesideEarlier", "EarlierRun", "Ended", "History", "HistoryReport", "RunPoint", "StandsBeside"]

Ended = Literal["well", "in alarm"] | CrashKind
"""How a run ended: well; alive, but at `impending` or worse; or what it died of."""


@dataclass(frozen=True, slots=True)
class RunPoint:
    """The live set after a full collection; `work_mb` was allocated up to there, NaN if the log does not have the run's start."""

    at_ms: float
    work_mb: float
    live_mb: float


@dataclass(frozen=True, slots=True)
class EarlierRun:
    """One run of a program, in figures.

    id             of its points, by which the same run is known again
    node           the range of Node versions that its lines show, and the first and last major of it
    limit_mb       of the old generation; None if it was only inferred
    age_ms         V8's clock at the last collection; `work_mb` allocated up to there
    live           full collections, thinned with every extreme kept, in order
    plateau_mb     the level up to which it had levelled off; None if it still rose at the end
    grew_ms        the age until which the live set rose
    cycles         returns of the live set by half of its climb
    """

    id: str
    node: str
    first_major: int
    last_major: int
    limit_mb: float | None
    ended: Ended
    age_ms: float
    work_mb: float
    live: tuple[RunPoint, ...]
    plateau_mb: float | None
    grew_ms: float
    cycles: int


History = dict[str, tuple[EarlierRun, ...]]
"""The runs of each program by its name, the latest last."""


@dataclass(frozen=True, slots=True)
class HistoryReport:
    """What a history file has."""

    path: str
    programs: History


StandsBeside = Literal["within", "above", "unknown"]


@dataclass(frozen=True, slots=True)
class BesideEarlier:
    """A run beside the earlier runs of its program that ended well, at its last full collection.

    stands       within what they did, above it, or where they say nothing
    by           age: as old as it is; work: after as much allocation; whichever speaks better for the run
    runs         how many ended well
    least_mb     the live set of the lowest of them there; `highest_mb` what any had had up to there
    differences  in what this run is unlike them, which lowers the confidence
    because      all that in one clause; empty if they say nothing
    band         age in ms, lowest and highest, to draw
    """

    stands: StandsBeside
    by: Literal["age", "work"]
    runs: int
    live_mb: float | NotKnown
    least_mb: float | NotKnown
    highest_mb: float | NotKnown
    differences: tuple[str, ...]
    because: str
    band: tuple[tuple[float, float, float], ...]
