"""What the other witnesses say of one process, taken together: its memory, its kill, its limits, its version; and the level they ask for."""

from __future__ import annotations

import math
import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gclog.analysis.measure.memory import PARTS, measure_memory
from gclog.analysis.verdict.memory_judge import MemoryJudge, WorstOf
from gclog.analysis.verdict.outside import OutsideLevel, find_kill, find_memory_limit
from gclog.model.not_known import NotKnown
from gclog.model.process import NodeVersion
from gclog.model.records import Record
from gclog.model.verdict import LEVELS, Level, Limit, TimelineEvent
from gclog.model.witness import MemoryFigures, MemoryLimit, NoMemoryLimit, OutsideKill, ReportedProcess

__all__ = ["Witnesses", "hear", "node_with_report", "raise_level", "reported_limits"]

RAISED = "it may have been raised near its end, so it counts from there on"
"""Of a limit that is derived from memoryLimit, where --heapsnapshot-near-heap-limit was set: V8 lets that raise it."""


@dataclass(frozen=True, slots=True)
class Witnesses:
    """What is known beside the collections. `outside`: the level that it asks for by itself at the end; `timeline`: on the way."""

    memory: MemoryFigures | None
    kill: OutsideKill | None
    memory_limit: MemoryLimit | NoMemoryLimit
    reported: tuple[ReportedProcess, ...]
    outside: OutsideLevel | None
    timeline: tuple[TimelineEvent, ...]


def hear(
    usage: pd.DataFrame,
    collections: pd.DataFrame,
    records: Sequence[Record],
    reported: tuple[ReportedProcess, ...],
    memory_limit_mb: float | None,
) -> Witnesses:
    """Take the witnesses of one process together. `memory_limit_mb`: the container's limit, as the user gave it."""
    limit = find_memory_limit(records, reported, memory_limit_mb)
    v8 = collections[collections["at_ms"].notna()] if len(collections) else collections
    judge = _replay_readings(usage, v8, limit, memory_limit_mb is not None)
    spoke = [int(frame["line"].iloc[-1]) for frame in (usage, collections) if len(frame)]
    kill = find_kill(records, max(spoke, default=0), judge.sight(), limit)
    if kill is not None:
        judge.kill(kill, float(v8["at_ms"].iloc[-1]) if len(v8) else math.nan)
    return Witnesses(measure_memory(usage, collections), kill, limit, reported, judge.told, tuple(judge.timeline))


def _replay_readings(usage: pd.DataFrame, v8: pd.DataFrame, limit: MemoryLimit | NoMemoryLimit, is_given: bool) -> MemoryJudge:
    """The readings judged one after the other; a limit that a line names counts from there on, one from a report at the end."""
    judge = MemoryJudge(limit if is_given else NoMemoryLimit("not named so far"))
    named = math.inf if is_given or isinstance(limit, NoMemoryLimit) or limit.line is None else limit.line
    lines = usage["line"].tolist() if len(usage) else []
    behind = np.searchsorted(v8["line"].to_numpy(), lines) - 1 if len(v8) else np.full(len(lines), -1)
    clock = v8["at_ms"].tolist() if len(v8) else []
    columns = [usage[f"{name}_mb"].tolist() for name in PARTS] if lines else []
    for at, (line, last) in enumerate(zip(lines, behind.tolist(), strict=True)):
        if isinstance(limit, MemoryLimit) and named < line:
            judge.set_limit(limit)
            named = math.inf
        wall_ms = float(usage["wall_ms"].iloc[at])
        judge.reading(int(line), wall_ms, clock[last] if last >= 0 else math.nan, [column[at] for column in columns])
    if isinstance(limit, MemoryLimit) and not isinstance(judge.limit, MemoryLimit):
        judge.set_limit(limit)
    return judge


def raise_level(
    level: Level, timeline: Sequence[TimelineEvent], witnesses: Witnesses
) -> tuple[Level, tuple[TimelineEvent, ...], str]:
    """The level with memory outside the heap in view, the timeline, and why, where that makes it worse; else an empty text.

    The heap's level stands where it is as severe. Where there is nothing of the heap to judge, `ok` is better than no answer.
    """
    told, memory, kill = witnesses.outside, witnesses.memory, witnesses.kill
    worst, heap, outside = WorstOf(), deque(timeline), deque(witnesses.timeline)
    while heap or outside:
        if heap and (not outside or heap[0].line <= outside[0].line):
            worst.heap(heap.popleft())
        else:
            worst.outside(outside.popleft())
    moved = "" if memory is None or memory.growth == "too-few" else memory.because
    if told is None or LEVELS.index(told.level) <= LEVELS.index(level):
        return level, tuple(worst.timeline), moved if kill is not None else ""
    return told.level, tuple(worst.timeline), moved if kill is not None else told.because


def reported_limits(reported: Sequence[ReportedProcess]) -> Iterator[tuple[int, Limit]]:
    """The heap's limits that diagnostic reports name, with the line from which on each counts: 0 for the process's start.

    A limit that was set when the process started is a fact of every line of its log, as one that the user gives, though the report
    was written at the end. One that a callback near the limit may have raised counts from the report's own line on.
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
    """The version of Node; a diagnostic report knows it exactly."""
    for report in reported:
        if (major := re.match(r"\d+", report.node)) is not None:
            return NodeVersion(report.node, int(major[0]), int(major[0]), "named in its diagnostic report")
    return node
