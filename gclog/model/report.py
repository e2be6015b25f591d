"""The report: what every renderer draws from, and nothing else. Complete, unrounded, without pandas."""

from __future__ import annotations

from dataclasses import dataclass

from gclog.model.effort import EmbedderTime, SlowCollections, Young
from gclog.model.finding import Confidence, Severity
from gclog.model.grows_with import NOT_LOOKED_FOR, GrowsWith
from gclog.model.heap import HeapDiff
from gclog.model.history import BesideEarlier
from gclog.model.not_known import NotKnown
from gclog.model.process import Cycle, HeapFigures, LineCounts, NodeVersion, Pauses, Series, Span, UnreadShape
from gclog.model.profile import GcJoin, Profile
from gclog.model.profile_views import Focus
from gclog.model.records import Collector, HeapOption, Message
from gclog.model.sampled import SampledHeap
from gclog.model.verdict import (
    Crash,
    Forecast,
    GrowthKind,
    Level,
    Limit,
    NoForecast,
    NoLimit,
    Rise,
    Strike,
    TimelineEvent,
    Verdict,
    WhatIf,
)
from gclog.model.witness import (
    NOT_GIVEN,
    ExternalGrowth,
    MemoryFigures,
    MemoryLimit,
    MemwatchStats,
    NoMemoryLimit,
    OutsideKill,
    ReportedProcess,
    Witness,
)

__all__ = [
    "Coverage",
    "EvidenceLine",
    "FindingReport",
    "HeapReport",
    "JudgedProcess",
    "LastCollection",
    "MeasuredProcess",
    "ProcessReport",
    "ProfileReport",
    "Report",
    "SampledReport",
    "Signs",
    "SourceReport",
]


@dataclass(frozen=True, slots=True)
class EvidenceLine:
    """A line of the log, unchanged but for its line end. Hostile text: every renderer escapes it."""

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
    """One of the last collections before a fatal error, as read from its line; NaN if the line does not say.

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

    `kind` is gc, ticks, mixed, cpu-profile, preprocessed, heap (a heap snapshot or profile, which has no lines) or none; `envelopes` the
    wrappings taken off, by lines;
    `pieces` the files of a rotated log, whose `path` is a pattern that they match, and the line at which each begins; `is_sampled` that it
    is a sampled heap profile.
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
    is_sampled: bool = False


@dataclass(frozen=True, slots=True)
class Signs:
    """What lines of the log say of a process beside its figures.

    *_lines    lines of collections by reason: last resort; asked for by the program (`gc()`) or, of these, `notified` by
               its embedder; external memory
    options    of the heap, in the order of their lines; `messages` those of Node, the kernel, the program
    external   how memory outside the heap moved, if the log shows it
    young, slow   the young generation as its scavenges show it; collections that took long for what they had to move
    embedder   the part of pauses that is not V8's
    """

    last_resort_lines: tuple[int, ...] = ()
    explicit_gc_lines: tuple[int, ...] = ()
    notified_lines: tuple[int, ...] = ()
    external_pressure_lines: tuple[int, ...] = ()
    options: tuple[HeapOption, ...] = ()
    messages: tuple[Message, ...] = ()
    external: ExternalGrowth | None = None
    young: Young | None = None
    slow: SlowCollections | None = None
    embedder: EmbedderTime | None = None


@dataclass(frozen=True, slots=True)
class Coverage:
    """What of a process's life its source shows, and in what detail.

    lines, unread  the accounting of the whole source
    speaks_for_source   findings about the source as a whole (unread lines, messages, restarts) are given with this process;
                        true for exactly one process of a source, so that they are said once
    envelopes      what its lines were wrapped in, by the names of `formats`
    starts_late    the log begins well after the process did; `gaps` are (from_ms, to_ms, line) without any collection line
    cut_short      the log ends in the middle of a line or record
    only_tail      the log has no more of the process than the tail of its crash
    run_starts     lines where a later run begins; `replaced`: a death or the time of day says that one replaced another, that
                   they are no separate runs whose logs were put together
    has_details    the log has `--trace-gc-nvp` lines; `has_verbose`: it has `--trace-gc-verbose` blocks
    """

    lines: LineCounts = LineCounts(0, 0, 0, 0, 0)
    unread: tuple[UnreadShape, ...] = ()
    speaks_for_source: bool = True
    starts_late: bool = False
    gaps: tuple[tuple[float, float, int], ...] = ()
    cut_short: bool = False
    only_tail: bool = False
    run_starts: tuple[int, ...] = ()
    replaced: bool = True
    envelopes: tuple[str, ...] = ()
    has_details: bool = False
    has_verbose: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredProcess:
    """One process, (pid, isolate) within one run, as its lines measure it. The first of three steps to a `ProcessReport`.

    cycles            every full collection, in order
    last_collections  only if it died
    reported          its diagnostic reports
    heap_diff         what grows, by its heap snapshots; None if there are none
    sampled           what is alive, by its sampled heap profiles; likewise
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
    cycles: tuple[Cycle, ...]
    series: Series
    crash: Crash | None
    last_collections: tuple[LastCollection, ...] = ()
    memwatch: MemwatchStats | NotKnown = NotKnown("not measured")
    reported: tuple[ReportedProcess, ...] = ()
    heap_diff: HeapDiff | None = None
    sampled: SampledHeap | None = None
    signs: Signs = Signs()
    coverage: Coverage = Coverage()

    @property
    def total(self) -> int:
        """Number of collections."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedProcess(MeasuredProcess):
    """A process with what the judge says of it.

    timeline       changes of level, all memory in view; `heap_timeline` those of the heap alone
    growth, rise   how the live set moved, and the rise that this speaks of, if any; `heap.old_space_trend` agrees with it
    because        the reason for the heap's level with the figures of the last line
    beside         where it stands beside earlier runs; `is_as_before`: its growth is what they did, too, and came to no harm
    grows_with     the lines of the application that the live set grows with
    by_memory      the level is that of all memory, not the heap's
    memory_left_ms  how long until all its memory reaches its limit on the current trend; None if that is not known
    memory         what the program printed of its memory; `kill`: how it was killed from outside
    memory_limit   the limit of all its memory, a container's
    """

    limit: Limit | NoLimit
    forecast: Forecast | NoForecast
    timeline: tuple[TimelineEvent, ...]
    heap_timeline: tuple[TimelineEvent, ...] = ()
    by_memory: bool = False
    memory_left_ms: float | None = None
    strikes: tuple[Strike, ...]
    growth: GrowthKind
    what_if: tuple[WhatIf, ...]
    rise: Rise | None = None
    because: str = ""
    beside: BesideEarlier | None = None
    is_as_before: bool = False
    grows_with: GrowsWith | NotKnown = NOT_LOOKED_FOR
    memory: MemoryFigures | None = None
    kill: OutsideKill | None = None
    memory_limit: MemoryLimit | NoMemoryLimit = NOT_GIVEN


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessReport(JudgedProcess):
    """A process with its verdict: what the rules judge, and, with their findings, what is shown of it.

    witnesses  the files that describe it, its own log first
    """

    verdict: Verdict
    witnesses: tuple[Witness, ...] = ()
    findings: tuple[FindingReport, ...] = ()
    crash_evidence: tuple[EvidenceLine, ...] = ()

    @property
    def heap_level(self) -> Level:
        """The level that the heap alone asks for."""
        return self.heap_timeline[-1].level if self.heap_timeline else "not-assessable"


@dataclass(frozen=True, slots=True)
class ProfileReport:
    """One profile, and what the GC log of the same isolate, read in the same call, adds to it; `focus`: the function that was asked for."""

    source: str
    profile: Profile
    gc: GcJoin | NotKnown
    focus: Focus | None = None


@dataclass(frozen=True, slots=True)
class HeapReport:
    """Heap snapshots that are of none of the processes, and why; pid and thread as their names say."""

    pid: int | None
    thread_id: int | None
    diff: HeapDiff
    why: str


@dataclass(frozen=True, slots=True)
class SampledReport:
    """Sampled heap profiles that are of none of the processes, and why; pid and thread as their names say."""

    pid: int | None
    thread_id: int | None
    sampled: SampledHeap
    why: str


@dataclass(frozen=True, slots=True)
class Report:
    """Everything, the most severe process first. `title` and `note` are the user's own words, `command` the command line; or empty."""

    version: str
    sources: tuple[SourceReport, ...]
    processes: tuple[ProcessReport, ...]
    profiles: tuple[ProfileReport, ...] = ()
    heaps: tuple[HeapReport, ...] = ()
    sampled: tuple[SampledReport, ...] = ()
    title: str = ""
    note: str = ""
    command: str = ""
