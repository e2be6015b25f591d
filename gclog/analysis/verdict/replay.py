"""The judge run over a whole log at once, skipping in bulk the scavenges that cannot change its verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from gclog.analysis.measure.robust import Floats
from gclog.analysis.verdict.judge import Judge
from gclog.analysis.verdict.signals import CollectionSeen, FatalSeen, LimitReported, OptionSeen, Signal
from gclog.model.verdict import Forecast, GrowthKind, Level, Limit, NoForecast, NoLimit, Strike, TimelineEvent, WhatIf

__all__ = ["Judgement", "replay", "run_judge"]


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


def replay(collections: pd.DataFrame, signals: Sequence[Signal] = (), limit_mb: float | None = None) -> Judgement:
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


def run_judge(collections: pd.DataFrame, signals: Sequence[Signal] = (), limit_mb: float | None = None) -> Judge:
    """The judge in its state after the last line."""
    judge = Judge(limit_mb)
    table = _assessable(collections)
    lines = table["line"].to_numpy(dtype=np.int64)
    young = _Young(lines, table["at_ms"].to_numpy(dtype=np.float64), table["used_after_mb"].to_numpy(dtype=np.float64))
    full = np.flatnonzero((table["collector"] == "mark_compact").to_numpy())
    stops: list[tuple[int, int, CollectionSeen | Signal]] = [
        (int(row), int(row) + 1, gc) for row, gc in zip(full, _seen(table.iloc[full]), strict=True)
    ]
    for signal in sorted(signals, key=lambda s: s.line):
        row = int(np.searchsorted(lines, signal.line))
        stops.append((row, row, signal))
    stops.sort(key=lambda stop: (stop[0], isinstance(stop[2], CollectionSeen)))
    done = 0
    for row, resume, stop in stops:
        young.feed(judge, done, row)
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
    young.feed(judge, done, len(lines))
    return judge


@dataclass(frozen=True, slots=True)
class _Young:
    """The rows between full collections and signals; the judge is fed only those that can change its verdict."""

    lines: npt.NDArray[np.int64]
    at_ms: Floats
    after_mb: Floats

    def feed(self, judge: Judge, begin: int, end: int) -> None:
        if begin < end and not judge.timeline:
            self._show(judge, begin)
            begin += 1
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
        if begin < end:
            self._show(judge, end - 1)

    def _show(self, judge: Judge, row: int) -> None:
        judge.young(int(self.lines[row]), float(self.at_ms[row]), float(self.after_mb[row]))


def _assessable(table: pd.DataFrame) -> pd.DataFrame:
    """Rows with a clock and a size; rows of the crash's ring only if no trace line printed them already."""
    usable = table["at_ms"].notna() & table["used_after_mb"].notna()
    if "ring" in table:
        ring = table["ring"].to_numpy(dtype=bool)
        printed_ms = table["at_ms"].where(~ring).cummax().ffill()
        usable &= ~(ring & (table["at_ms"] <= printed_ms).to_numpy())
    return table if usable.all() else table[usable]


def _seen(full: pd.DataFrame) -> list[CollectionSeen]:
    incremental_ms = full["incremental_ms"].fillna(0.0)
    columns = (
        full["line"],
        full["at_ms"],
        [True] * len(full),
        full["used_before_mb"],
        full["used_after_mb"],
        full["committed_before_mb"],
        full["committed_after_mb"],
        full["pause_ms"].fillna(0.0) + incremental_ms,
        full["average_mu"],
        full["type"].astype(object),
        full["reason"].astype(object).where(full["reason"].notna(), ""),
        full["collector_reason"].astype(object).where(full["collector_reason"].notna(), ""),
        full["reduce"],
        full["isolate"].notna(),
        full["form"].astype(object).where(full["form"].notna(), ""),
        full["isolate_id"].notna(),
    )
    rows = zip(*(column if isinstance(column, list) else column.tolist() for column in columns), strict=True)
    return [CollectionSeen(*row) for row in rows]
