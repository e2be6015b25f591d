"""What the other witnesses say of one process, taken together: its memory, its kill, its limits, its version; and the level they ask for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from gclog.analysis.memory import measure_memory
from gclog.analysis.outside import (
    MemoryLimit,
    NoMemoryLimit,
    OutsideLevel,
    find_kill,
    find_memory_limit,
    judge_outside,
)
from gclog.records import Record
from gclog.results import LEVELS, Level, Limit, NodeVersion, NotKnown, Span, TimelineEvent
from gclog.witness_results import MemoryFigures, OutsideKill, ReportedProcess

__all__ = ["Witnesses", "hear", "node_with_report", "raise_level", "reported_limits"]

RAISED = "it may have been raised near its end, so it counts from there on"
"""Of a limit that is derived from memoryLimit, where --heapsnapshot-near-heap-limit was set: V8 lets that raise it."""


@dataclass(frozen=True, slots=True)
class Witnesses:
    """What is known beside the collections. `outside`: the level that it asks for by itself."""

    memory: MemoryFigures | None
    kill: OutsideKill | None
    memory_limit: MemoryLimit | NoMemoryLimit
    reported: tuple[ReportedProcess, ...]
    outside: OutsideLevel | None


def hear(
    usage: pd.DataFrame,
    collections: pd.DataFrame,
    records: Sequence[Record],
    reported: tuple[ReportedProcess, ...],
    memory_limit_mb: float | None,
) -> Witnesses:
    """Take the witnesses of one process together. `memory_limit_mb`: the container's limit, as the user gave it."""
    memory = measure_memory(usage, collections)
    limit = find_memory_limit(records, reported, memory_limit_mb)
    spoke = [int(frame["line"].iloc[-1]) for frame in (usage, collections) if len(frame)]
    kill = find_kill(records, max(spoke, default=0), memory, limit)
    return Witnesses(memory, kill, limit, reported, judge_outside(memory, kill, limit))


def raise_level(
    level: Level, timeline: Iterable[TimelineEvent], witnesses: Witnesses, span: Span
) -> tuple[Level, tuple[TimelineEvent, ...], str]:
    """The level with memory outside the heap in view, the timeline, and why, where that made it worse; else an empty text.

    The heap's level stands where it is as severe. Where there is nothing of the heap to judge, `ok` is better than no answer.
    """
    told, events = witnesses.outside, tuple(timeline)
    memory, kill = witnesses.memory, witnesses.kill
    moved = "" if memory is None or memory.growth == "too-few" else memory.because
    if told is None or LEVELS.index(told.level) <= LEVELS.index(level):
        return level, events, moved if kill is not None else ""
    line = kill.line if kill is not None else memory.last_line if memory is not None else span.last_line
    event = TimelineEvent(span.last_ms, line, told.level, told.because)
    return told.level, (*events, event), moved if kill is not None else told.because


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
