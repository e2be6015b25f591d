"""What is known of a fleet: a small row for each process of thousands of logs, who stands out, and how its groups fare.

Rows are plain values, so that they travel from worker to worker and into a table; no series, no evidence lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from gclog.model.not_known import NotKnown
from gclog.model.verdict import CrashKind, GrowthKind, Level

__all__ = ["FailedLog", "FleetGroup", "FleetReport", "FleetRow", "From", "Measure", "Outlier", "Yardstick"]


@dataclass(frozen=True, slots=True)
class From:
    """Where a process's report has what a field of its row says: `pauses.share`. Other fields need the log, or a computation."""

    path: str


Figure = float | NotKnown


@dataclass(frozen=True, slots=True)
class FleetRow:
    """One process of one log. Its columns in tables, CSV and JSON are these fields, in this order; their types say of which kind.

    source, host      the log as it was named, of a rotated one a pattern for its files; the host, None if paths do not say
    line              the process's first line: with `source`, who it is
    node              Node versions by all that the log says of it, as `22` or `20-21`
    family            Node versions that print collections in this form: what it is grouped by, for it is the same whether a
                      process died or not, while `node` may be narrowed down by what only the dying print
    span_ms           from the first collection to the last; `wall_start_ms` is ms since 1970 UTC
    foreseeable_ms    how long before the fatal error the danger in which it came began; None without a crash, or without a warning
    left_ms           the forecast, from the last line: expected, and the interval that holds four in five (`left_high_ms` may be infinite)
    limit_mb          of the old generation; `live_mb` what the last full collection left; `live_share` their ratio
    trend             of the live set's floor, MB/h, with its 90 % interval
    share             of the span in GC pauses; pauses in ms; allocation in MB/s
    findings          ids, the most severe first
    unread_lines      of the whole log; `notes` what was odd about it
    site              the call site that grows, or holds a quarter or more, by the sampled heap profiles beside the log: its MB that
                      are alive, and whether it grows; None without
    """

    source: str
    host: str | None
    pid: Annotated[int | None, From("pid")]
    isolate: Annotated[str | None, From("isolate")]
    main: Annotated[bool, From("main")]
    run: Annotated[int, From("run")]
    line: Annotated[int, From("span.first_line")]
    node: Annotated[str, From("node.range")]
    family: str
    level: Annotated[Level, From("verdict.level")]
    headline: Annotated[str, From("verdict.headline")]
    since_ms: Annotated[float, From("verdict.since_ms")]
    foreseeable_ms: Annotated[float | None, From("verdict.foreseeable_ms")]
    left_ms: Figure
    left_low_ms: Figure
    left_high_ms: Figure
    limit_mb: Figure
    live_mb: Annotated[Figure, From("heap.live_mb")]
    live_share: Figure
    trend_mb_per_h: Figure
    trend_low_mb_per_h: Figure
    trend_high_mb_per_h: Figure
    share: Annotated[Figure, From("pauses.share")]
    p99_ms: Annotated[Figure, From("pauses.all.p99_ms")]
    max_ms: Annotated[float, From("pauses.all.max_ms")]
    alloc_mb_per_s: Annotated[Figure, From("heap.alloc_mb_per_s")]
    span_ms: Annotated[float, From("span.duration_ms")]
    wall_start_ms: Annotated[float | None, From("span.wall_start_ms")]
    collections: Annotated[int, From("total")]
    full_collections: Annotated[int, From("heap.full_collections")]
    growth: Annotated[GrowthKind, From("growth")]
    crash: CrashKind | None
    findings: tuple[str, ...]
    unread_lines: int
    notes: tuple[str, ...] = ()
    site: str | None = None
    site_mb: float | None = None
    site_grows: bool | None = None


@dataclass(frozen=True, slots=True)
class FailedLog:
    """A log of which there is no row, and why, in the words that an analysis of it alone would end with.

    was_read: it was, and is no GC log; else it could not be read.
    """

    source: str
    host: str | None
    error: str
    was_read: bool = False


Measure = Literal["share", "trend_mb_per_h", "p99_ms", "alloc_mb_per_s"]
"""Fields of a row by which processes are held against their group."""


@dataclass(frozen=True, slots=True)
class Yardstick:
    """What is usual in a group (a family of Node versions): the median of a measure, and its spread (a standard deviation's worth), over `count` processes."""

    group: str
    measure: Measure
    count: int
    median: float
    spread: float


@dataclass(frozen=True, slots=True)
class Outlier:
    """A process far above what is usual in its group: `score` = (value - median) / spread."""

    source: str
    line: int
    pid: int | None
    host: str | None
    value: float
    score: float
    usual: Yardstick


@dataclass(frozen=True, slots=True)
class FleetGroup:
    """Processes that have something in common. Medians are over those that have the figure.

    levels     number of processes at each level; levels without any are left out
    failed     logs without a row; by version there are none, for they have no version
    """

    by: Literal["node", "host"]
    name: str
    processes: int
    failed: int
    levels: dict[Level, int]
    crashed: int
    outliers: int
    median_share: float | NotKnown
    median_p99_ms: float | NotKnown
    median_live_mb: float | NotKnown
    median_trend_mb_per_h: float | NotKnown


@dataclass(frozen=True, slots=True)
class FleetReport:
    """A fleet: rows with the greatest risk first, whatever the order in which logs were read.

    logs           how many there were, in how many `files`: a rotated one has several; `profiles` of heaps beside them
    read           of how many logs there is an answer: fewer only if the run was stopped
    workers_lost   during the run; their logs were given to others
    """

    version: str
    words: tuple[str, ...]
    logs: int
    files: int
    read: int
    workers_lost: int
    rows: tuple[FleetRow, ...]
    failed: tuple[FailedLog, ...]
    outliers: tuple[Outlier, ...]
    yardsticks: tuple[Yardstick, ...]
    groups: tuple[FleetGroup, ...]
    profiles: int = 0

    @property
    def stopped(self) -> bool:
        """Whether the run ended before all logs were read."""
        return self.read < self.logs
