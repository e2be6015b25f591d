"""What the other witnesses say of one process, taken together: its memory, its kill, its limits, its version; and the level they ask for."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Sequence
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
from gclog.results import LEVELS, Level, Limit, NodeVersion, NoLimit, Span, TimelineEvent
from gclog.witness_results import MemoryFigures, OutsideKill, ReportedProcess

__all__ = ["Witnesses", "hear", "limit_with_report", "node_with_report", "raise_level"]


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


def limit_with_report(limit: Limit | NoLimit, reported: Sequence[ReportedProcess]) -> Limit | NoLimit:
    """The heap's limit; one that a diagnostic report named says so."""
    if not isinstance(limit, Limit) or limit.source != "log":
        return limit
    for report in reported:
        if report.lines.get("limit", 1) == limit.line:
            return dataclasses.replace(limit, source="report", why=report.old_limit_why)
    return limit


def node_with_report(node: NodeVersion, reported: Sequence[ReportedProcess]) -> NodeVersion:
    """The version of Node; a diagnostic report knows it exactly."""
    for report in reported:
        if (major := re.match(r"\d+", report.node)) is not None:
            return NodeVersion(report.node, int(major[0]), int(major[0]), "named in its diagnostic report")
    return node
