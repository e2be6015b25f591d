"""What a comparison of two sides yields: a change for each measure, with its interval and a verdict that may be "cannot say".

A side is what ran before or after: one process or several. Ratios are after / before, differences after - before. Every
interval is one of 90 %; the verdicts are guarded against the number of measures (Holm), the intervals are not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gclog.model.not_known import NotKnown
from gclog.model.records import Collector
from gclog.model.report import ProcessReport, SourceReport
from gclog.model.verdict import Level

__all__ = [
    "Change",
    "CompareReport",
    "ComparedProcess",
    "ComparedSide",
    "Comparison",
    "LevelChange",
    "Measure",
    "Overall",
    "SideReport",
    "Unit",
    "Verdict",
]

Verdict = Literal["better", "worse", "same", "cannot-say"]
Overall = Literal["better", "worse", "mixed", "same", "cannot-say"]

Measure = Literal[
    "gc_share",
    "gc_share_with_incremental",
    "gc_ms_per_gb",
    "pause_p50",
    "pause_p90",
    "pause_p99",
    "pause_max",
    "pauses_per_min",
    "fulls_per_min",
    "alloc_mb_per_s",
    "live_mb",
    "live_trend",
    "committed_mb",
    "reclaim_share",
    "mu",
    "time_to_exhaustion",
]

Unit = Literal["share", "ms", "ms_per_gb", "per_min", "mb_per_s", "mb", "mb_per_h", "mu"]


@dataclass(frozen=True, slots=True)
class Change:
    """One measure on both sides.

    collector            whose pauses, None for what is not about one collector
    before, after        the measure in `unit`; `NotKnown` if a side has too little
    scale                what is judged: the ratio, or the difference if a ratio would mislead (a trend may be 0 or below)
    ratio, low, high     after / before with its 90 % interval, on the scale `ratio`
    difference, difference_low, difference_high   after - before with its 90 % interval, in `unit`
    verdict, why         `better` and `worse` are about this measure alone, less pause or less memory being better
    primary              part of the answer: what users of the program feel, or what kills it. Others say how it came about
    """

    measure: Measure
    collector: Collector | None
    unit: Unit
    before: float | NotKnown
    after: float | NotKnown
    scale: Literal["ratio", "difference"]
    ratio: float | NotKnown
    low: float | NotKnown
    high: float | NotKnown
    difference: float | NotKnown
    difference_low: float | NotKnown
    difference_high: float | NotKnown
    verdict: Verdict
    why: str
    primary: bool


@dataclass(frozen=True, slots=True)
class LevelChange:
    """The verdict of each side's most severe process."""

    before: Level
    after: Level
    verdict: Verdict
    why: str


@dataclass(frozen=True, slots=True)
class ComparedProcess:
    """A process and the stretch of it that is compared, ms on its own V8 clock; `collections` are those of the stretch."""

    source: str
    pid: int | None
    isolate: str | None
    run: int
    node: str
    level: Level
    first_ms: float
    last_ms: float
    collections: int
    fulls: int


@dataclass(frozen=True, slots=True)
class ComparedSide:
    """What is compared on one side. `set_aside`: the number of its processes that are not in the figures (workers, short ones)."""

    words: tuple[str, ...]
    processes: tuple[ComparedProcess, ...]
    set_aside: int
    node: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changed.

    warm_up_ms   left out at the beginning of each stretch
    same_age     both sides are compared over the same ages of their processes; else over stretches of equal length
    judged       measures that were tested: their number sets how strict the verdicts are
    notes        what to know before believing it, each a sentence without a full stop
    """

    before: ComparedSide
    after: ComparedSide
    overall: Overall
    level: LevelChange
    changes: tuple[Change, ...]
    warm_up_ms: float
    span_ms: float
    same_age: bool
    judged: int
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SideReport:
    """One side: what was read, and its processes that are compared, the most severe first."""

    sources: tuple[SourceReport, ...]
    processes: tuple[ProcessReport, ...]


@dataclass(frozen=True, slots=True)
class CompareReport:
    """A comparison and the two sides of it."""

    version: str
    comparison: Comparison
    before: SideReport
    after: SideReport
