"""Runs whose end is known: a folder holds `truth.tsv` and the logs that it names, beside it or in `logs/`."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gclog.incident.pipeline import analyze
from gclog.incident.settings import Settings
from gclog.model.report import ProcessReport
from gclog.model.verdict import LEVELS, TimelineEvent
from gclog.processes.rows import Rows
from gclog.processes.split import ProcessTable

__all__ = ["SAMPLES", "Alarm", "Run", "Truth", "alarms_of_timeline", "judged", "lasting", "load_runs", "read_truth", "run_of"]

SAMPLES = Path(__file__).parents[2] / "samples" / "labelled"
ALARM = LEVELS.index("impending")

Kind = Literal["gradual", "sudden", "survivor"]

Alarm = tuple[float, float]
"""From .. to, ms; to infinity if it never ended."""


@dataclass(frozen=True)
class Truth:
    """A run and how it ended: a death is gradual if the program was written to leak, else sudden."""

    log: Path
    workload: str
    kind: Kind
    limit_mb: float

    @property
    def name(self) -> str:
        """The log's name without its endings."""
        return self.log.name.removesuffix(".gz").removesuffix(".log")

    @property
    def program(self) -> str:
        """What a run that leaks and one that does not have in common: the workload without its fate."""
        return self.workload.partition("_")[2]


@dataclass(frozen=True)
class Run:
    """A run with the rows of its log that a trace printed, of the process that collected most often."""

    truth: Truth
    rows: Rows

    @property
    def life_ms(self) -> float:
        """The clock of the last collection."""
        return float(self.rows.numbers("at_ms")[-1])


def read_truth(folder: Path) -> list[Truth]:
    """Every run of a folder but the leaks that were stopped before their end: those are neither deaths nor healthy."""
    found = []
    with (folder / "truth.tsv").open(newline="", encoding="utf-8") as truth:
        for row in csv.DictReader(truth, delimiter="\t"):
            planned, died = row["workload"].startswith("leak_"), row["oom"] == "1"
            if planned and not died:
                continue
            kind: Kind = "survivor" if not died else "gradual" if planned else "sudden"
            beside = folder / row["file"]
            log = beside if beside.exists() else folder / "logs" / row["file"]
            found.append(Truth(log, row["workload"], kind, float(row["limit_mb"])))
    return found


def judged(log: Path, settings: Settings) -> tuple[ProcessReport, ProcessTable]:
    """The process of a log that collected most often: what is reported of it, and its tables."""
    found: list[tuple[ProcessReport, ProcessTable]] = []
    analyze(log, settings, keep=lambda report, process: found.append((report, process)))
    return max(found, key=lambda pair: pair[0].total)


def run_of(truth: Truth, process: ProcessTable) -> Run:
    """A run, of the tables of its process."""
    return Run(truth, process.rows.where(~process.rows.flags("ring")))


def load_runs(folders: Iterable[Path]) -> list[Run]:
    """All runs of some folders, to be judged again and again."""
    runs = []
    for truth in (truth for folder in folders for truth in read_truth(folder)):
        _, process = judged(truth.log, Settings(heap_limit_mb=truth.limit_mb))
        runs.append(run_of(truth, process))
    return runs


def alarms_of_timeline(timeline: Sequence[TimelineEvent], life_ms: float) -> list[Alarm]:
    """Uninterrupted runs of impending or worse before the fatal error."""
    return lasting(
        (event.at_ms, LEVELS.index(event.level) >= ALARM)
        for event in timeline
        if event.level != "exhausted" and event.at_ms <= life_ms
    )


def lasting(changes: Iterable[tuple[float, bool]]) -> list[Alarm]:
    """The runs of an alarm that is said to be on or off at some times."""
    return list(_lasting(changes))


def _lasting(changes: Iterable[tuple[float, bool]]) -> Iterator[Alarm]:
    begin: float | None = None
    for at_ms, on in changes:
        if on and begin is None:
            begin = at_ms
        elif not on and begin is not None:
            yield begin, at_ms
            begin = None
    if begin is not None:
        yield begin, math.inf
