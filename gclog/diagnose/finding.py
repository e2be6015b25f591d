"""A finding, and the case that a rule judges."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from gclog.model.finding import Finding
from gclog.model.heap import HeapDiff
from gclog.model.process import Cycle, HeapFigures, LineCounts, NodeVersion, Pauses, Span, UnreadShape
from gclog.model.records import HeapOption, Message
from gclog.model.verdict import (
    Crash,
    Forecast,
    GrowthKind,
    Level,
    Limit,
    NoForecast,
    NoLimit,
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
    NoMemoryLimit,
    OutsideKill,
    ReportedProcess,
)

__all__ = ["Case", "ExternalGrowth", "Rule"]


@dataclass(frozen=True, slots=True)
class Case:
    """All that is known of one process when its rules run.

    cycles         every full collection, in order
    *_lines        lines of collections by reason: last resort; asked for by the program (`gc()`); external memory
    source_counts, unread   the accounting of the source that the process is in
    starts_late    the log begins well after the process did; `gaps` are (from_ms, to_ms, line) without any collection line
    cut_short      the log ends in the middle of a line or record
    run_starts     lines where a later run of the same program begins (restarts)
    has_details    the log has `--trace-gc-nvp` lines; `has_verbose`: it has `--trace-gc-verbose` blocks
    external       how memory outside the heap moved, where the log tells
    memory         what the program printed of its memory; `kill`: how it was killed from outside
    memory_limit   the limit of all its memory, a container's; `reported`: its diagnostic reports
    timeline       of the heap alone; `by_memory`: the verdict's level is that of all memory, and worse than the heap's
    heap_diff      what its heap snapshots say
    speaks_for_source   findings about the source as a whole (unread lines, messages, restarts) are given with this process;
                        true for exactly one process of a source, so that they are said once
    """

    pid: int | None
    isolate: str | None
    main: bool
    node: NodeVersion
    span: Span
    total: int
    scavenges: int
    fulls: int
    pauses: Pauses
    heap: HeapFigures
    cycles: tuple[Cycle, ...]
    last_resort_lines: tuple[int, ...]
    explicit_gc_lines: tuple[int, ...]
    external_pressure_lines: tuple[int, ...]
    limit: Limit | NoLimit
    forecast: Forecast | NoForecast
    verdict: Verdict
    timeline: tuple[TimelineEvent, ...]
    strikes: tuple[Strike, ...]
    growth: GrowthKind
    what_if: tuple[WhatIf, ...]
    crash: Crash | None
    options: tuple[HeapOption, ...]
    messages: tuple[Message, ...]
    source_counts: LineCounts
    unread: tuple[UnreadShape, ...]
    starts_late: bool
    gaps: tuple[tuple[float, float, int], ...]
    cut_short: bool
    run_starts: tuple[int, ...]
    has_details: bool
    has_verbose: bool
    external: ExternalGrowth | None = None
    speaks_for_source: bool = True
    memory: MemoryFigures | None = None
    kill: OutsideKill | None = None
    memory_limit: MemoryLimit | NoMemoryLimit = NOT_GIVEN
    reported: tuple[ReportedProcess, ...] = ()
    heap_diff: HeapDiff | None = None
    by_memory: bool = False

    @property
    def heap_level(self) -> Level:
        """The level that the heap alone asks for."""
        if not self.by_memory:
            return self.verdict.level
        return self.timeline[-1].level if self.timeline else "not-assessable"


Rule = Callable[[Case], Iterable[Finding]]
