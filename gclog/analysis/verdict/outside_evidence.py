"""Evidence on one process from outside V8's heap: its memory, kill, limits and version, and the level they call for."""

from __future__ import annotations

import dataclasses
import math
import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gclog.analysis.measure.memory import PARTS, measure_memory
from gclog.analysis.verdict.memory_judge import MemoryJudge, WorstOf
from gclog.analysis.verdict.outside import OutsideLevel, find_kill, find_memory_limit, find_overuse
from gclog.analysis.verdict.replay import Judgement
from gclog.model.crash_records import FatalError
from gclog.model.not_known import NotKnown
from gclog.model.process import NodeVersion
from gclog.model.records import HeapOption, Record
from gclog.model.verdict import LEVELS, LIMITING_OPTIONS, Forecast, Level, Limit, NoForecast, TimelineEvent
from gclog.model.witness import MemoryFigures, MemoryLimit, NoMemoryLimit, OutsideKill, ReportedProcess
from gclog.processes.message_kills import Life, without_others
from gclog.processes.rows import Rows, Table, rows_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["OutsideEvidence", "gather_evidence", "node_with_report", "raise_level", "reported_limits", "with_figures"]

RAISED = "it may have been raised near the end, so it counts from there on"
"""For a limit derived from memoryLimit under --heapsnapshot-near-heap-limit, whose callback can raise it."""


@dataclass(frozen=True, slots=True)
class OutsideEvidence:
    """The evidence besides the collections.

    outside         the level that all memory calls for by itself, `timeline` that level's history
    heap_timeline   the history of the level that the program's figures of the heap call for, up to the first collection
    forecast        by these figures, for a process without a collection; None without figures
    """

    memory: MemoryFigures | None
    kill: OutsideKill | None
    memory_limit: MemoryLimit | NoMemoryLimit
    reported: tuple[ReportedProcess, ...]
    outside: OutsideLevel | None
    timeline: tuple[TimelineEvent, ...]
    heap_timeline: tuple[TimelineEvent, ...] = ()
    forecast: Forecast | NoForecast | None = None


def gather_evidence(
    usage: pd.DataFrame | None,
    collections: Table,
    records: Sequence[Record],
    reported: tuple[ReportedProcess, ...],
    memory_limit_mb: float | None,
    life: Life,
    heap_limit_mb: float | None = None,
) -> OutsideEvidence:
    """Gather and judge one process's evidence.

    usage            its figures of memory, None without any
    memory_limit_mb  the container's limit if the user gave it, heap_limit_mb the heap's
    """
    limit = find_memory_limit(without_others(records, life.pid), reported, memory_limit_mb)
    rows = rows_of(collections)
    v8 = rows.known("at_ms")
    judge = MemoryJudge(limit if memory_limit_mb is not None else NoMemoryLimit("not named so far"), heap_limit_mb)
    _replay_readings(judge, usage, v8, limit, _heap_options(records))
    kill = find_kill(records, life.last_line, judge.state(), limit, life)
    if kill is not None and kill.pid is None and any(isinstance(record, FatalError) for record in records):
        kill = None  # what others say of a process that V8 has ended itself: exit codes, restarts
    if kill is not None:
        judge.kill(kill, v8.number("at_ms", -1) if len(v8) else math.nan)
    elif usage is None and (over := find_overuse(records, limit)) is not None:
        judge.over(*over)
    return OutsideEvidence(
        memory=None if usage is None else measure_memory(usage, rows),
        kill=kill,
        memory_limit=limit,
        reported=reported,
        outside=judge.judgement,
        timeline=tuple(judge.timeline),
        heap_timeline=tuple(judge.heap_timeline),
        forecast=judge.forecast() if judge.readings else None,
    )


def _heap_options(records: Sequence[Record]) -> deque[HeapOption]:
    named = (record for record in records if isinstance(record, HeapOption) and record.option in LIMITING_OPTIONS)
    return deque(sorted(named, key=lambda option: option.line))


def _replay_readings(
    judge: MemoryJudge,
    usage: pd.DataFrame | None,
    v8: Rows,
    limit: MemoryLimit | NoMemoryLimit,
    options: deque[HeapOption],
) -> None:
    """Judge the readings in order. A limit named by a line counts from there on, one from a report at the end."""
    is_given = isinstance(judge.limit, MemoryLimit)
    named = math.inf if is_given or isinstance(limit, NoMemoryLimit) or limit.line is None else limit.line
    lines = [] if usage is None else usage["line"].tolist()
    latest = np.searchsorted(v8.lines, lines) - 1 if lines and len(v8) else np.full(len(lines), -1)
    clock = v8.numbers("at_ms") if lines else np.zeros(0)
    wall_ms = [] if usage is None else usage["wall_ms"].tolist()
    columns = [] if usage is None else [usage[f"{name}_mb"].tolist() for name in PARTS]
    for at, (line, last) in enumerate(zip(lines, latest.tolist(), strict=True)):
        if isinstance(limit, MemoryLimit) and named < line:
            judge.set_limit(limit)
            named = math.inf
        while options and options[0].line <= line:
            option = options.popleft()
            judge.heap_option(option.line, option.mb, option.option)
        judge.reading(int(line), wall_ms[at], float(clock[last]) if last >= 0 else math.nan, [column[at] for column in columns])
    if isinstance(limit, MemoryLimit) and not isinstance(judge.limit, MemoryLimit):
        judge.set_limit(limit)


def with_figures(heap: Judgement, witnesses: OutsideEvidence) -> Judgement:
    """The heap's judgement, with what the program's figures say of it up to the first collection."""
    figures = witnesses.heap_timeline
    if heap.timeline:
        return dataclasses.replace(heap, timeline=(*figures, *heap.timeline)) if figures else heap
    level = figures[-1].level if figures else heap.level
    because = figures[-1].because if figures else heap.because
    return dataclasses.replace(
        heap, level=level, timeline=figures, because=because, forecast=witnesses.forecast or heap.forecast
    )


def raise_level(
    level: Level, timeline: Sequence[TimelineEvent], witnesses: OutsideEvidence
) -> tuple[Level, tuple[TimelineEvent, ...], str]:
    """The level with memory outside the heap taken into account, the timeline, and the reason if that makes it worse, else "".

    The heap's level wins ties, unless both rise and little of what memory gained is in the heap. If there is no heap to judge, `ok` is
    better than no answer.
    """
    outside_level, memory, kill = witnesses.outside, witnesses.memory, witnesses.kill
    worst = WorstOf()
    worst.merge(timeline, witnesses.timeline)
    moved = "" if memory is None or memory.growth == "too-few" else memory.because
    is_elsewhere = level == "rising" and kill is None and memory is not None and memory.growth == "off-heap"
    if outside_level is None or LEVELS.index(outside_level.level) <= LEVELS.index(level) - is_elsewhere:
        return level, tuple(worst.timeline), moved if kill is not None else ""
    return outside_level.level, tuple(worst.timeline), moved if kill is not None else outside_level.because


def reported_limits(reported: Sequence[ReportedProcess]) -> Iterator[tuple[int, Limit]]:
    """Heap limits named by diagnostic reports, each with the line from which it counts; 0 is the process's start.

    A limit set when the process started holds for every line of its log, like one given by the user, although the report was
    written at the end. One that a near-limit callback may have raised counts from the report's own line on.
    """
    for report in reported:
        if isinstance(report.old_limit_mb, NotKnown):
            continue
        line = report.lines.get("limit", 1)
        since = "set at its start, so it counts from the first line on" if report.limit_from_start else RAISED
        yield (
            0 if report.limit_from_start else line,
            Limit(
                mb=report.old_limit_mb,
                low_mb=report.old_limit_low_mb,
                high_mb=report.old_limit_high_mb,
                source="report",
                why=f"{report.old_limit_why}; {since}",
                line=line,
            ),
        )


def node_with_report(node: NodeVersion, reported: Sequence[ReportedProcess]) -> NodeVersion:
    """The version of Node, exact if there is a diagnostic report."""
    for report in reported:
        if (major := re.match(r"\d+", report.node)) is not None:
            return NodeVersion(report.node, int(major[0]), int(major[0]), "named in its diagnostic report")
    return node
