"""Reading one side of a comparison, choosing its processes, and finding the stretch over which both sides are comparable."""

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
"""Share of the stretch treated as warm-up, when modules are loaded, functions optimised, caches filled and the heap sized. A
program that runs for seconds has done so after a fifth of them."""

MAX_WARM_UP_MS = 120_000.0
"""Upper bound on the warm-up: after two minutes even a large server is warm."""

LONG_ENOUGH_SHARE = 0.5
"""Share of a side's longest process: shorter processes would shorten everyone's stretch and are set aside."""

COMMON_SHARE = 0.5
"""Share of the shorter side: with less overlap in age, the stretches are taken at different ages."""


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """A process of a side: its report, and all its collections."""

    report: ProcessReport
    collections: pd.DataFrame


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """What was read of one side: runs with their collections, or CPU profiles, which are in its report."""

    words: tuple[str, ...]
    report: Report
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Ages:
    """The stretch as a range of ages, ms on V8's clock; or, if `same` is false, the last `span_ms` of each process."""

    first_ms: float
    last_ms: float
    warm_up_ms: float
    same: bool

    @property
    def span_ms(self) -> float:
        return self.last_ms - self.first_ms

    def of(self, run: Run) -> tuple[float, float]:
        """Start and end of the stretch in this run."""
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
    if not runs and not report.profiles:
        raise _nothing(name, "no process with two collections", ", ".join(listed), None)
    order = {id(process): place for place, process in enumerate(report.processes)}
    return Side(listed, report, tuple(sorted(runs, key=lambda run: order[id(run.report)])))


def _nothing(name: SideName, what: str, where: str | None, remedy: str | None) -> NothingToAnalyse:
    return NothingToAnalyse(f"nothing to compare on side {name.upper()}: {what}", where=where, remedy=remedy)


def choose_runs(runs: Sequence[Run]) -> tuple[Run, ...]:
    """The main isolates (or all, if there is none) that lived at least half as long as the longest, most severe first."""
    main = [run for run in runs if run.report.main] or list(runs)
    longest = max(run.report.span.duration_ms for run in main)
    return tuple(run for run in main if run.report.span.duration_ms >= LONG_ENOUGH_SHARE * longest)


def find_ages(before: Sequence[Run], after: Sequence[Run]) -> Ages:
    """The ages common to all runs, minus the warm-up; if they cover less than half of the shorter side, equal lengths."""
    spans = [run.report.span for run in (*before, *after)]
    first, last = max(span.first_ms for span in spans), min(span.last_ms for span in spans)
    shortest = min(span.duration_ms for span in spans)
    if last - first >= COMMON_SHARE * shortest:
        warm_up = min(WARM_UP_SHARE * (last - first), MAX_WARM_UP_MS)
        return Ages(first + warm_up, last, warm_up, same=True)
    warm_up = min(WARM_UP_SHARE * shortest, MAX_WARM_UP_MS)
    return Ages(0.0, shortest - warm_up, warm_up, same=False)
