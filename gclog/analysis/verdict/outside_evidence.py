"""Evidence on one process from outside V8's heap: its memory, kill, limits and version, and the level they call for."""

from __future__ import annotations

import math
import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gclog.analysis.measure.memory import PARTS, measure_memory
from gclog.analysis.verdict.memory_judge import MemoryJudge, WorstOf
from gclog.analysis.verdict.outside import OutsideLevel, find_kill, find_memory_limit
from gclog.model.not_known import NotKnown
from gclog.model.process import NodeVersion
from gclog.model.records import Record
from gclog.model.verdict import LEVELS, Level, Limit, TimelineEvent
from gclog.model.witness import MemoryFigures, MemoryLimit, NoMemoryLimit, OutsideKill, ReportedProcess
from gclog.processes.rows import Rows, Table, rows_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["OutsideEvidence", "gather_evidence", "node_with_report", "raise_level", "reported_limits"]

RAISED = "it may have been raised near the end, so it counts from there on"
"""For a limit derived from memoryLimit under --heapsnapshot-near-heap-limit, whose callback can raise it."""


@dataclass(frozen=True, slots=True)
class OutsideEvidence:
    """The evidence besides the collections. `outside` is the level it calls for by itself, `timeline` that level's history."""

    memory: MemoryFigures | None
    kill: OutsideKill | None
    memory_limit: MemoryLimit | NoMemoryLimit
    reported: tuple[ReportedProcess, ...]
    outside: OutsideLevel | None
    timeline: tuple[TimelineEvent, ...]


def gather_evidence(
    usage: pd.DataFrame | None,
    collections: Table,
    records: Sequence[Record],
    reported: tuple[ReportedProcess, ...],
    memory_limit_mb: float | None,
) -> OutsideEvidence:
    """Gather and judge one process's evidence.

    usage            its figures of memory, None without any
    memory_limit_mb  the container's limit if the user gave it
    """
    limit = find_memory_limit(records, reported, memory_limit_mb)
    rows = rows_of(collections)
    v8 = rows.known("at_ms")
    judge = _replay_readings(usage, v8, limit, memory_limit_mb is not None)
    spoke = [*([] if usage is None else [int(usage["line"].iloc[-1])]), *([rows.line(-1)] if len(rows) else [])]
    kill = find_kill(records, max(spoke, default=0), judge.state(), limit)
    if kill is not None:
        judge.kill(kill, v8.number("at_ms", -1) if len(v8) else math.nan)
    memory = None if usage is None else measure_memory(usage, rows)
    return OutsideEvidence(memory, kill, limit, reported, judge.judgement, tuple(judge.timeline))


def _replay_readings(usage: pd.DataFrame | None, v8: Rows, limit: MemoryLimit | NoMemoryLimit, is_given: bool) -> MemoryJudge:
    """Judge the readings in order. A limit named by a line counts from there on, one from a report at the end."""
    judge = MemoryJudge(limit if is_given else NoMemoryLimit("not named so far"))
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
        judge.reading(int(line), wall_ms[at], float(clock[last]) if last >= 0 else math.nan, [column[at] for column in columns])
    if isinstance(limit, MemoryLimit) and not isinstance(judge.limit, MemoryLimit):
        judge.set_limit(limit)
    return judge


def raise_level(
    level: Level, timeline: Sequence[TimelineEvent], witnesses: OutsideEvidence
) -> tuple[Level, tuple[TimelineEvent, ...], str]:
    """The level with memory outside the heap taken into account, the timeline, and the reason if that makes it worse, else "".

    The heap's level wins ties. If there is no heap to judge, `ok` is better than no answer.
    """
    outside_level, memory, kill = witnesses.outside, witnesses.memory, witnesses.kill
    worst, heap, outside = WorstOf(), deque(timeline), deque(witnesses.timeline)
    while heap or outside:
        if heap and (not outside or heap[0].line <= outside[0].line):
            worst.heap(heap.popleft())
        else:
            worst.outside(outside.popleft())
    moved = "" if memory is None or memory.growth == "too-few" else memory.because
    if outside_level is None or LEVELS.index(outside_level.level) <= LEVELS.index(level):
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
