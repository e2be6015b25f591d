"""The judge run over a whole log at once, skipping in bulk the scavenges that cannot change its verdict."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gclog.analysis.measure.robust import Floats
from gclog.analysis.verdict.judge import Judge
from gclog.analysis.verdict.signals import CollectionSeen, FatalSeen, LimitReported, OptionSeen, Signal
from gclog.model.verdict import Forecast, GrowthKind, Level, Limit, NoForecast, NoLimit, Strike, TimelineEvent, WhatIf
from gclog.processes.rows import Rows, Table, rows_of

__all__ = ["Judgement", "Young", "replay", "run_judge"]

JUDGED = ("at_ms", "used_before_mb", "used_after_mb", "committed_before_mb", "committed_after_mb", "average_mu")


@dataclass(frozen=True, slots=True)
class Judgement:
    """The judge's verdict at the end of the log, and its history.

    `since` is the event from which the level has continuously been the current one or worse; None without a collection.
    """

    level: Level
    since: TimelineEvent | None
    timeline: tuple[TimelineEvent, ...]
    strikes: tuple[Strike, ...]
    limit: Limit | NoLimit
    forecast: Forecast | NoForecast
    growth: GrowthKind
    what_if: tuple[WhatIf, ...]


def replay(collections: Table, signals: Sequence[Signal] = (), limit_mb: float | None = None) -> Judgement:
    """Judge one process's collections in line order, with the signals interleaved.

    `collections` is the process's table (a column for each field of records.Collection, plus `collector` and `ring`);
    `limit_mb` is the user's limit. Time and memory are linear in the number of collections.
    """
    judge = run_judge(collections, signals, limit_mb)
    return Judgement(
        level=judge.level,
        since=judge.since,
        timeline=tuple(judge.timeline),
        strikes=judge.strikes,
        limit=judge.limit,
        forecast=judge.forecast(),
        growth=judge.growth,
        what_if=judge.what_if(),
    )


def run_judge(collections: Table, signals: Sequence[Signal] = (), limit_mb: float | None = None) -> Judge:
    """The judge in its state after the last line."""
    judge = Judge(limit_mb)
    table = _assessable(rows_of(collections))
    lines = table.lines
    young = Young(lines, table.numbers("at_ms"), table.numbers("used_after_mb"))
    full = np.flatnonzero(table.full)
    stops: list[tuple[int, int, CollectionSeen | Signal]] = [
        (int(row), int(row) + 1, gc) for row, gc in zip(full, _seen(table.take(full)), strict=True)
    ]
    for signal in sorted(signals, key=lambda s: s.line):
        row = int(np.searchsorted(lines, signal.line))
        stops.append((row, row, signal))
    stops.sort(key=lambda stop: (stop[0], isinstance(stop[2], CollectionSeen)))
    done = 0
    for row, resume, stop in stops:
        young.feed_all(judge, done, row)
        match stop:
            case OptionSeen():
                judge.option(stop.line, stop.mb, stop.option)
            case LimitReported():
                judge.reported(stop.limit)
            case FatalSeen():
                judge.fatal(stop.line, stop.at_ms, stop.because)
            case _:
                judge.see(stop)
        done = resume
    young.feed_all(judge, done, len(lines))
    return judge


@dataclass(frozen=True, slots=True)
class Young:
    """Collections of the young generation; the judge is fed only those that can change its verdict."""

    lines: npt.NDArray[np.int64]
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
        while begin < end and (deadlines := judge.deadlines):
            late = np.zeros(end - begin, dtype=bool)
            for deadline in deadlines:
                more_mb = np.maximum(self.after_mb[begin:end] - deadline.mb, 0.0)
                late |= self.at_ms[begin:end] > deadline.ms + deadline.ms_per_mb * more_mb
            if not late.any():
                break
            begin += int(np.argmax(late))
            self._show(judge, begin)
            begin += 1
            if len(judge.timeline) > seen:
                return begin
        if begin < end:
            self._show(judge, end - 1)
        return end

    def _show(self, judge: Judge, row: int) -> None:
        judge.young(int(self.lines[row]), float(self.at_ms[row]), float(self.after_mb[row]))


def _assessable(rows: Rows) -> Rows:
    """Rows with a clock and a size; rows of the crash's ring only if no trace line printed them already."""
    at_ms = rows.numbers("at_ms")
    usable = ~np.isnan(at_ms) & ~np.isnan(rows.numbers("used_after_mb"))
    if rows.says("ring"):
        ring = rows.flags("ring")
        printed_ms = np.fmax.accumulate(np.where(ring, np.nan, at_ms))
        usable &= ~(ring & (at_ms <= printed_ms))
    return rows.where(usable)


def _seen(full: Rows) -> list[CollectionSeen]:
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
    )
    return list(map(CollectionSeen, *columns))
