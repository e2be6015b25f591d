"""What the analysis yields: one frozen class for each result, no pandas, no rounding.

If an answer may be impossible, the type says so: `Trend | NoTrend`, `Limit | NoLimit`, `Forecast | NoForecast`,
`float | NotKnown`. A reason is a sentence for the reader, in lower case, without a full stop.

Moments (`at_ms`, `first_ms`, ...) are ms on V8's own clock, since the isolate was initialised. Durations end in `_ms` too,
and their names say what lasted. Ratios are 0..1 and end in `_share`; `mu` is V8's mutator utilisation, 0..1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gclog.model.not_known import NotKnown
from gclog.model.records import Collector

__all__ = [
    "Cycle",
    "HeapFigures",
    "LeakEvent",
    "LineCounts",
    "MmuPoint",
    "NoTrend",
    "NodeVersion",
    "PauseFigures",
    "Pauses",
    "ReasonFigures",
    "Series",
    "Span",
    "Trend",
    "UnreadShape",
]


# ---------------------------------------------------------------- accounting


@dataclass(frozen=True, slots=True)
class LineCounts:
    """Every line of a source, counted once: the four kinds add up to `total`."""

    total: int
    recognised: int
    foreign: int
    continuation: int
    unread: int


@dataclass(frozen=True, slots=True)
class UnreadShape:
    """Lines that looked like V8's and could not be read, grouped by their shape (digits folded to 0)."""

    shape: str
    count: int
    first_line: int
    sample: str
    why: str


# ---------------------------------------------------------------- process


@dataclass(frozen=True, slots=True)
class Span:
    """What of a process's life the log shows. `wall_start_ms` is ms since 1970 UTC at `first_ms`, from the log's envelope.

    `first_ms` is the start of the first collection, `last_ms` the end of the last.
    """

    first_ms: float
    last_ms: float
    first_line: int
    last_line: int
    wall_start_ms: float | None

    @property
    def duration_ms(self) -> float:
        return self.last_ms - self.first_ms


@dataclass(frozen=True, slots=True)
class NodeVersion:
    """Which Node wrote the lines, as far as their form shows. `first_major`..`last_major`, inclusive; Node 0.10 and 0.12 are 0.

    `host`: what V8 ran in; unless it is Node, `range` is empty, and no flag of Node applies.
    """

    range: str
    first_major: int
    last_major: int
    evidence: str
    host: str = "Node"


# ---------------------------------------------------------------- pauses


@dataclass(frozen=True, slots=True)
class PauseFigures:
    """Pauses of a set of collections. Percentiles are nearest rank, `NotKnown` if there are too few for the rank."""

    count: int
    total_ms: float
    max_ms: float
    max_line: int
    p50_ms: float | NotKnown
    p90_ms: float | NotKnown
    p99_ms: float | NotKnown


@dataclass(frozen=True, slots=True)
class ReasonFigures:
    """Collections by V8's reason."""

    reason: str
    collector: Collector
    count: int
    total_ms: float
    max_ms: float


@dataclass(frozen=True, slots=True)
class MmuPoint:
    """Minimum mutator utilisation: the least share of any window of `window_ms` that was left to the program."""

    window_ms: float
    share: float


@dataclass(frozen=True, slots=True)
class Pauses:
    """What the collections cost the program's main thread.

    share                    atomic pauses / span
    share_with_incremental   atomic pauses and incremental steps / span
    worst_window_share       the largest share of any window of `worst_window_ms` (60 s, or the span if that is shorter)
    """

    all: PauseFigures
    share: float | NotKnown
    share_with_incremental: float | NotKnown
    incremental_ms: float
    worst_window_ms: float
    worst_window_share: float | NotKnown
    worst_window_at_ms: float
    worst_window_line: int
    by_collector: dict[Collector, PauseFigures]
    by_reason: tuple[ReasonFigures, ...]
    mmu: tuple[MmuPoint, ...]
    average_mu: float | NotKnown
    average_mu_recomputed: float | NotKnown


# ---------------------------------------------------------------- heap


@dataclass(frozen=True, slots=True)
class Trend:
    """Theil-Sen slope of the live set's floor against time, with a 90 % interval, over the last stretch without a change point."""

    mb_per_h: float
    low_mb_per_h: float
    high_mb_per_h: float
    points: int
    from_ms: float
    to_ms: float
    from_mb: float
    to_mb: float
    basis: Literal["mark_compact", "scavenge"]


@dataclass(frozen=True, slots=True)
class NoTrend:
    reason: str


@dataclass(frozen=True, slots=True)
class Cycle:
    """One full collection: what it found and what it left. `reclaim_share` = (before - after) / before."""

    at_ms: float
    line: int
    before_mb: float
    after_mb: float
    reclaim_share: float
    pause_ms: float
    average_mu: float | None


@dataclass(frozen=True, slots=True)
class LeakEvent:
    """A `leak` event of memwatch: five growing full collections in a row, from the first of them to the fifth."""

    at_ms: float
    line: int
    growth_mb: float
    mb_per_h: float


@dataclass(frozen=True, slots=True)
class HeapFigures:
    """The heap over the process's span, MB (1,048,576 bytes).

    live                     size of objects after full collections (their last, least and largest); without any, after scavenges
    alloc_mb_per_s           sum of (before of this - after of the last collection, if positive) / span
    reclaim_median_share     of the last ten full collections
    fragmentation_max_mb     largest committed - used after a full collection, of those that V8 would call high fragmentation
                             (committed > 2 x used + 16 MB) if there are any; `fragmentation_line` is its line, None if not high
    """

    live_mb: float | NotKnown
    live_min_mb: float | NotKnown
    live_max_mb: float | NotKnown
    live_basis: Literal["mark_compact", "scavenge", "none"]
    used_max_mb: float | NotKnown
    committed_max_mb: float | NotKnown
    alloc_mb_per_s: float | NotKnown
    promoted_mb_per_s: float | NotKnown
    survival_share: float | NotKnown
    reclaim_median_share: float | NotKnown
    fragmentation_max_mb: float | NotKnown
    fragmentation_line: int | None
    external_max_mb: float | NotKnown
    old_space_trend: Trend | NoTrend
    leak_events: tuple[LeakEvent, ...]
    full_collections: int
    full_incremental: int


@dataclass(frozen=True, slots=True)
class Series:
    """Points for the plots, thinned so that every extreme is kept; `thinned_from` is the number there was.

    Columns of equal length: at_ms, line, collector, used_before_mb, used_after_mb, committed_after_mb, pause_ms (NaN if
    the log does not say). `full` holds the full collections alone (at_ms, line, used_after_mb), `gc_share` GC's share of
    each of some 200 equal slices of the span (at_ms of the slice's end, share).
    """

    at_ms: tuple[float, ...]
    line: tuple[int, ...]
    collector: tuple[Collector, ...]
    used_before_mb: tuple[float, ...]
    used_after_mb: tuple[float, ...]
    committed_after_mb: tuple[float, ...]
    pause_ms: tuple[float, ...]
    full_at_ms: tuple[float, ...]
    full_after_mb: tuple[float, ...]
    gc_share_at_ms: tuple[float, ...]
    gc_share: tuple[float, ...]
    thinned_from: int


# ---------------------------------------------------------------- limit, level, forecast


# ---------------------------------------------------------------- crash
