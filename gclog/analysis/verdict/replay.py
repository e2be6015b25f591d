"""The judge, run over a whole log at once: scavenges that change nothing are passed over in bulk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from gclog.analysis.verdict.judge import Judge
from gclog.analysis.verdict.signals import FatalSeen, LimitReported, OptionSeen, Seen, Signal
from gclog.model.verdict import Forecast, GrowthKind, Level, Limit, NoForecast, NoLimit, Strike, TimelineEvent, WhatIf

__all__ = ["Judgement", "replay", "run_judge"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the judge says at the end of the log, and what it said on the way.

    `since` is the event from which on the level has been the present one or worse without a break; None without a collection.
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
    """Judge the collections of one process, in the order of their lines, with the signals between them.

    `collections` is the process's table (a column for each field of records.Collection, with `collector` and `ring`);
    `limit_mb` the limit that the user gave. Time and memory are linear in the number of collections.
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
    """The judge after the last line."""
    judge = Judge(limit_mb)
    table = _assessable(collections)
    lines = table["line"].to_numpy(dtype=np.int64)
    young = _Young(lines, table["at_ms"].to_numpy(dtype=np.float64), table["used_after_mb"].to_numpy(dtype=np.float64))
    full = np.flatnonzero((table["collector"] == "mark_compact").to_numpy())
    stops: list[tuple[int, int, Seen | Signal]] = [
        (int(row), int(row) + 1, gc) for row, gc in zip(full, _seen(table.iloc[full]), strict=True)
    ]
    for signal in sorted(signals, key=lambda s: s.line):
        row = int(np.searchsorted(lines, signal.line))
        stops.append((row, row, signal))
    stops.sort(key=lambda stop: (stop[0], isinstance(stop[2], Seen)))
    done = 0
    for row, behind, stop in stops:
        young.pass_on(judge, done, row)
        match stop:
            case OptionSeen():
                judge.option(stop.line, stop.mb, stop.option)
            case LimitReported():
                judge.reported(stop.limit)
            case FatalSeen():
                judge.fatal(stop.line, stop.at_ms, stop.because)
            case _:
                judge.see(stop)
        done = behind
    young.pass_on(judge, done, len(lines))
    return judge


@dataclass(frozen=True, slots=True)
class _Young:
    """The rows between two full collections or signals, of which the judge gets to see those that matter."""

    lines: npt.NDArray[np.int64]
    at_ms: Floats
    after_mb: Floats

    def pass_on(self, judge: Judge, begin: int, end: int) -> None:
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
    """Rows with a clock and a size; of the crash's ring those that no trace line printed already."""
    usable = table["at_ms"].notna() & table["used_after_mb"].notna()
    if "ring" in table:
        ring = table["ring"].to_numpy(dtype=bool)
        printed_ms = table["at_ms"].where(~ring).cummax().ffill()
        usable &= ~(ring & (table["at_ms"] <= printed_ms).to_numpy())
    return table if usable.all() else table[usable]


def _seen(full: pd.DataFrame) -> list[Seen]:
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
    return [Seen(*row) for row in rows]
