"""The report: what every renderer draws from, and nothing else. Complete, unrounded, without pandas."""

from __future__ import annotations

from dataclasses import dataclass

from gclog.model.finding import Confidence, Severity
from gclog.model.heap import HeapDiff
from gclog.model.not_known import NotKnown
from gclog.model.process import Cycle, HeapFigures, LineCounts, NodeVersion, Pauses, Series, Span, UnreadShape
from gclog.model.profile import GcJoin, Profile
from gclog.model.records import Collector
from gclog.model.verdict import Crash, Forecast, GrowthKind, Limit, NoForecast, NoLimit, Strike, TimelineEvent, Verdict, WhatIf
from gclog.model.witness import (
    NOT_GIVEN,
    MemoryFigures,
    MemoryLimit,
    MemwatchStats,
    NoMemoryLimit,
    OutsideKill,
    ReportedProcess,
    Witness,
)

__all__ = [
    "EvidenceLine",
    "FindingReport",
    "HeapReport",
    "LastCollection",
    "ProcessReport",
    "ProfileReport",
    "Report",
    "SourceReport",
]


@dataclass(frozen=True, slots=True)
class EvidenceLine:
    """A line of the log as it stands there, without its line end. Hostile text: every renderer escapes it."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class FindingReport:
    """A finding with the text of its evidence."""

    id: str
    severity: Severity
    confidence: Confidence
    title: str
    observed: str
    threshold: str
    evidence: tuple[EvidenceLine, ...]
    remedy: str


@dataclass(frozen=True, slots=True)
class LastCollection:
    """One of the last collections before a fatal error, as read from its line; NaN where the line does not say.

    `type` is V8's own name of it, from a closed list; `at_ms` and the rest as in `gclog.model.records.Collection`.
    """

    line: int
    at_ms: float
    type: str
    used_before_mb: float
    committed_before_mb: float
    used_after_mb: float
    committed_after_mb: float
    pause_ms: float
    average_mu: float
    current_mu: float


@dataclass(frozen=True, slots=True)
class SourceReport:
    """What was read, and how much of it could be.

    `kind` is gc, ticks, mixed, heap (a heap snapshot, which has no lines) or none; `envelopes` the wrappings taken off, by lines;
    `pieces` the files of a rotated log, whose `path` is a pattern that they match, and the line at which each begins.
    """

    path: str
    kind: str
    envelopes: dict[str, int]
    encoding: str
    compression: str | None
    bytes: int
    lines: LineCounts
    recognised_by: dict[str, int]
    unread: tuple[UnreadShape, ...]
    notes: tuple[str, ...]
    pieces: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class ProcessReport:
    """One process: (pid, isolate) within one run. `last_collections` only where it died.

    witnesses  the files that speak for it, its own log first
    heap_diff  what grows, by its heap snapshots; None where there are none
    by_memory  the verdict's level is that of all memory, and worse than the heap's
    """

    source: str
    pid: int | None
    isolate: str | None
    main: bool
    run: int
    node: NodeVersion
    span: Span
    counts: dict[Collector, int]
    pauses: Pauses
    heap: HeapFigures
    limit: Limit | NoLimit
    forecast: Forecast | NoForecast
    verdict: Verdict
    timeline: tuple[TimelineEvent, ...]
    strikes: tuple[Strike, ...]
    growth: GrowthKind
    what_if: tuple[WhatIf, ...]
    crash: Crash | None
    crash_evidence: tuple[EvidenceLine, ...]
    findings: tuple[FindingReport, ...]
    cycles: tuple[Cycle, ...]
    series: Series
    last_collections: tuple[LastCollection, ...] = ()
    memory: MemoryFigures | None = None
    memwatch: MemwatchStats | NotKnown = NotKnown("not measured")
    kill: OutsideKill | None = None
    memory_limit: MemoryLimit | NoMemoryLimit = NOT_GIVEN
    reported: tuple[ReportedProcess, ...] = ()
    witnesses: tuple[Witness, ...] = ()
    heap_diff: HeapDiff | None = None
    by_memory: bool = False

    @property
    def total(self) -> int:
        """Number of collections."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class ProfileReport:
    """One profile of a tick log, and what the GC log of the same isolate, read in the same call, adds to it."""

    source: str
    profile: Profile
    gc: GcJoin | NotKnown


@dataclass(frozen=True, slots=True)
class HeapReport:
    """Heap snapshots that are of none of the processes, and why; pid and thread as their names say."""

    pid: int | None
    thread_id: int | None
    diff: HeapDiff
    why: str


@dataclass(frozen=True, slots=True)
class Report:
    """Everything, the most severe process first. `title` and `note` are the user's own words, `command` the command line; or empty."""

    version: str
    sources: tuple[SourceReport, ...]
    processes: tuple[ProcessReport, ...]
    profiles: tuple[ProfileReport, ...] = ()
    heaps: tuple[HeapReport, ...] = ()
    title: str = ""
    note: str = ""
    command: str = ""
