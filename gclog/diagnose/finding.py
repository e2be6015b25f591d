"""A finding, and the case that a rule judges."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from gclog.analysis.off_heap import ExternalGrowth
from gclog.analysis.outside import MemoryLimit, NoMemoryLimit
from gclog.heap_results import HeapDiff
from gclog.records import HeapOption, Message
from gclog.results import (
    Crash,
    Cycle,
    Forecast,
    GrowthKind,
    HeapFigures,
    Level,
    Limit,
    LineCounts,
    NodeVersion,
    NoForecast,
    NoLimit,
    Pauses,
    Span,
    Strike,
    TimelineEvent,
    UnreadShape,
    Verdict,
    WhatIf,
)
from gclog.witness_results import MemoryFigures, OutsideKill, ReportedProcess

__all__ = ["SEVERITIES", "Case", "Confidence", "ExternalGrowth", "Finding", "Rule", "Severity"]

Severity = Literal["error", "warning", "info"]
Confidence = Literal["high", "medium", "low"]

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
"""From the most to the least severe."""

NOT_GIVEN = NoMemoryLimit("no container limit was given")


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem, with its evidence and what to do about it.

    observed   the figure or fact, with its unit
    threshold  what it was held against
    evidence   numbers of the lines that show it, at most five
    remedy     the exact flag, or the next measurement
    """

    id: str
    severity: Severity
    confidence: Confidence
    title: str
    observed: str
    threshold: str
    evidence: tuple[int, ...]
    remedy: str


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
