"""The judge run over a whole log at once, skipping in bulk the scavenges that cannot change its verdict."""

from __future__ import annotations

import heapq
import math
import operator
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gclog.analysis.measure.robust import Floats
from gclog.analysis.measure.work import work_of
from gclog.analysis.verdict.judge import Judge
from gclog.analysis.verdict.signals import CollectionSeen, FatalSeen, LimitReported, MemorySeen, OptionSeen, Signal
from gclog.model.history import BesideEarlier, EarlierRun
from gclog.model.levels import Warn
from gclog.model.verdict import Forecast, GrowthKind, Level, Limit, NoForecast, NoLimit, Rise, Strike, TimelineEvent, WhatIf
from gclog.processes.mapped import BLOCK_ROWS
from gclog.processes.rows import Rows, Table, rows_of

__all__ = ["Judgement", "Young", "assessable", "replay", "run_judge"]

Stop = tuple[int, int, CollectionSeen | Signal]
"""A row up to which young collections are judged in bulk, the row after what is judged there, and that. Signals come first."""

FULLS_AT_A_TIME = 4096

JUDGED = ("at_ms", "used_before_mb", "used_after_mb", "committed_before_mb", "committed_after_mb", "average_mu")


@dataclass(frozen=True, slots=True)
class Judgement:
    """The judge's verdict at the end of the log, and its history.

    `since` is the event from which the level has continuously been the current one or worse; None without a collection. `because`
    is the reason for the level with the figures of the last line, where the timeline has those of the line at which it began.
    """

    level: Level
    since: TimelineEvent | None
    timeline: tuple[TimelineEvent, ...]
    strikes: tuple[Strike, ...]
    limit: Limit | NoLimit
    forecast: Forecast | NoForecast
    growth: GrowthKind
    rise: Rise | None
    because: str
    what_if: tuple[WhatIf, ...]
    beside: BesideEarlier | None = None
    is_as_before: bool = False


def replay(
    collections: Table,
    signals: Sequence[Signal] = (),
    limit_mb: float | None = None,
    warn: Warn = "balanced",
    history: Sequence[EarlierRun] = (),
) -> Judgement:
    """Judge one process's collections in line order, with the signals interleaved.

    `collections` is the process's table (a column for each field of records.Collection, plus `collector` and `ring`);
    `limit_mb` is the user's limit, `warn` how early alarms are wanted, `history` earlier runs of the program. Time and memory are
    linear in the number of collections.
    """
    judge = run_judge(collections, signals, limit_mb, warn, history)
    growth, rise = judge.grown
    return Judgement(
        level=judge.level,
        since=judge.since,
        timeline=tuple(judge.timeline),
        strikes=judge.strikes,
        limit=judge.limit,
        forecast=judge.forecast(),
        growth=growth,
        rise=rise,
        because=judge.because,
        what_if=judge.what_if(),
        beside=judge.beside,
        is_as_before=judge.is_as_before,
    )


def run_judge(
    collections: Table,
    signals: Sequence[Signal] = (),
    limit_mb: float | None = None,
    warn: Warn = "balanced",
    history: Sequence[EarlierRun] = (),
) -> Judge:
    """The judge in its state after the last line."""
    judge = Judge(limit_mb, warn, history)
    table = assessable(rows_of(collections))
    work = np.array(work_of(table)) if history else None
    lines = table.held_lines
    young = Young(lines, table.numbers("at_ms"), table.numbers("used_after_mb"))
    full = np.flatnonzero(table.full)
    noticed: list[Stop] = []
    for signal in sorted(signals, key=lambda s: s.line):
        row = int(np.searchsorted(lines, signal.line))
        noticed.append((row, row, signal))
    done = 0
    for row, resume, stop in heapq.merge(noticed, _full_stops(table, full, work), key=operator.itemgetter(0)):
        young.feed_all(judge, done, row)
        match stop:
            case OptionSeen():
                judge.option(stop.line, stop.mb, stop.option)
            case LimitReported():
                judge.reported(stop.limit)
            case MemorySeen():
                judge.memory(stop.mb)
            case FatalSeen():
                judge.fatal(stop.line, stop.at_ms, stop.because)
            case _:
                judge.see(stop)
        done = resume
    young.feed_all(judge, done, len(lines))
    return judge


def _full_stops(table: Rows, full: npt.NDArray[np.intp], work: Floats | None) -> Iterator[Stop]:
    """The full collections, some thousands of which are records at a time."""
    for begin in range(0, len(full), FULLS_AT_A_TIME):
        rows = full[begin : begin + FULLS_AT_A_TIME]
        work_mb = [math.nan] * len(rows) if work is None else work[rows].tolist()
        yield from ((row, row + 1, gc) for row, gc in zip(rows.tolist(), _seen(table.take(rows), work_mb), strict=True))


@dataclass(frozen=True, slots=True)
class Young:
    """Collections of the young generation; the judge is fed only those that can change its verdict."""

    lines: npt.NDArray[np.signedinteger[Any]]
    at_ms: Floats
    after_mb: Floats

    @staticmethod
    def of(figures: Iterable[tuple[int, float, float]]) -> Young:
        """From the line, the clock and the size of each."""
        columns = np.array(list(figures), dtype=np.float64).reshape(-1, 3).T
        return Young(columns[0].astype(np.int64), columns[1], columns[2])

    def feed_all(self, judge: Judge, begin: int, end: int) -> None:
        """Feed the rows from one to another, which is left out."""
        while begin < end:
            begin = self.feed(judge, begin, end)

    def feed(self, judge: Judge, begin: int, end: int) -> int:
        """Feed rows until one of them changes the verdict; the row after the last one that was fed."""
        seen = len(judge.timeline)
        if not seen:
            self._show(judge, begin)
            return begin + 1
        shown = begin
        while begin < end and (deadlines := judge.deadlines):
            part = slice(begin, min(begin + BLOCK_ROWS, end))
            late = np.zeros(part.stop - begin, dtype=bool)
            for deadline in deadlines:
                more_mb = np.maximum(self.after_mb[part] - deadline.mb, 0.0)
                late |= self.at_ms[part] > deadline.ms + deadline.ms_per_mb * more_mb
            if not late.any():
                begin = part.stop
                continue
            begin += int(np.argmax(late))
            self._show(judge, begin)
            begin = shown = begin + 1
            if len(judge.timeline) > seen:
                return begin
        if shown < end:
            self._show(judge, end - 1)
        return end

    def _show(self, judge: Judge, row: int) -> None:
        judge.young(int(self.lines[row]), float(self.at_ms[row]), float(self.after_mb[row]))


def assessable(rows: Rows) -> Rows:
    """Rows with a clock and a size; rows of the crash's ring only if no trace line printed them already."""
    if not rows.says("ring"):
        return rows.known("at_ms", "used_after_mb")
    at_ms = rows.numbers("at_ms")
    usable = ~np.isnan(at_ms) & ~np.isnan(rows.numbers("used_after_mb"))
    ring = rows.flags("ring")
    printed_ms = np.fmax.accumulate(np.where(ring, np.nan, at_ms))
    usable &= ~(ring & (at_ms <= printed_ms))
    return rows.where(usable)


def _seen(full: Rows, work_mb: Sequence[float]) -> list[CollectionSeen]:
    if not len(full):
        return []
    numbers = {name: full.numbers(name).tolist() for name in JUDGED}
    gc_ms = np.nan_to_num(full.numbers("pause_ms")) + np.nan_to_num(full.numbers("incremental_ms"))
    texts = {
        name: [text or "" for text in full.texts(name).tolist()] for name in ("type", "reason", "collector_reason", "form")
    }
    columns = (
        full.lines.tolist(),
        numbers["at_ms"],
        [True] * len(full),
        numbers["used_before_mb"],
        numbers["used_after_mb"],
        numbers["committed_before_mb"],
        numbers["committed_after_mb"],
        gc_ms.tolist(),
        numbers["average_mu"],
        texts["type"],
        texts["reason"],
        texts["collector_reason"],
        full.flags("reduce").tolist(),
        full.texts("isolate").said.tolist(),
        texts["form"],
        (~np.isnan(full.numbers("isolate_id"))).tolist(),
        work_mb,
    )
    return list(map(CollectionSeen, *columns))
