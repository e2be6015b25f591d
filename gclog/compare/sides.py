"""One side of a comparison read, its processes chosen, and the stretch of their lives that both sides can be compared over."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pandas as pd

from gclog.errors import NothingToAnalyse
from gclog.incident.pipeline import analyze
from gclog.incident.settings import Progress, Settings
from gclog.model.report import ProcessReport, Report
from gclog.processes.process import ProcessTable

__all__ = ["Ages", "Run", "Side", "choose_runs", "find_ages", "read_side"]

SideName = Literal["before", "after"]

WARM_UP_SHARE = 0.2
"""Of the stretch: modules are loaded, functions optimised and caches filled then, and the heap finds its size. A program that
runs for seconds has done so after a fifth of them."""

WARM_UP_MOST_MS = 120_000.0
"""After two minutes even a large server has."""

LONG_ENOUGH_SHARE = 0.5
"""Of the longest process of a side: shorter ones would shorten the stretch of all, and are set aside."""

COMMON_SHARE = 0.5
"""Of the shorter side: with less of a common age the stretches are taken at different ages."""


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """A process of a side: its report, and all its collections."""

    report: ProcessReport
    collections: pd.DataFrame


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """What was read of one side."""

    words: tuple[str, ...]
    report: Report
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Ages:
    """The stretch: ages of the processes, ms on V8's clock, or, where `same` is false, the last `span_ms` of each."""

    first_ms: float
    last_ms: float
    warm_up_ms: float
    same: bool

    @property
    def span_ms(self) -> float:
        return self.last_ms - self.first_ms

    def of(self, run: Run) -> tuple[float, float]:
        """First and last moment of the stretch in this run."""
        if self.same:
            return self.first_ms, self.last_ms
        return run.report.span.last_ms - self.span_ms, run.report.span.last_ms


def read_side(name: SideName, words: Sequence[str | Path] | str | Path, settings: Settings, progress: Progress | None) -> Side:
    """Read one side. Raises GclogError; NothingToAnalyse names the side."""
    listed = tuple(str(word) for word in ([words] if isinstance(words, str | Path) else words))
    runs: list[Run] = []

    def keep(process: ProcessReport, own: ProcessTable) -> None:
        if process.total and process.span.duration_ms > 0:
            runs.append(Run(process, own.collections))

    try:
        report = analyze(listed, dataclasses.replace(settings, snapshots=False), progress, keep)
    except NothingToAnalyse as error:
        raise _nothing(name, error.what, error.where, error.remedy) from error
    if not runs:
        raise _nothing(name, "no process with two collections", ", ".join(listed), None)
    order = {id(process): place for place, process in enumerate(report.processes)}
    return Side(listed, report, tuple(sorted(runs, key=lambda run: order[id(run.report)])))


def _nothing(name: SideName, what: str, where: str | None, remedy: str | None) -> NothingToAnalyse:
    return NothingToAnalyse(f"nothing to compare on the side {name.upper()}: {what}", where=where, remedy=remedy)


def choose_runs(runs: Sequence[Run]) -> tuple[Run, ...]:
    """The main isolates (all, where there is none) that lived at least half as long as the longest; the most severe first."""
    main = [run for run in runs if run.report.main] or list(runs)
    longest = max(run.report.span.duration_ms for run in main)
    return tuple(run for run in main if run.report.span.duration_ms >= LONG_ENOUGH_SHARE * longest)


def find_ages(before: Sequence[Run], after: Sequence[Run]) -> Ages:
    """The ages that all runs have in common, less the warm-up; without half of the shorter side in common, equal lengths."""
    spans = [run.report.span for run in (*before, *after)]
    first, last = max(span.first_ms for span in spans), min(span.last_ms for span in spans)
    shortest = min(span.duration_ms for span in spans)
    if last - first >= COMMON_SHARE * shortest:
        warm_up = min(WARM_UP_SHARE * (last - first), WARM_UP_MOST_MS)
        return Ages(first + warm_up, last, warm_up, same=True)
    warm_up = min(WARM_UP_SHARE * shortest, WARM_UP_MOST_MS)
    return Ages(0.0, shortest - warm_up, warm_up, same=False)
