#!/usr/bin/env python3
"""Print how early gclog warns, and how often for nothing, on the labelled samples, beside the classic rules.

usage: python tests/scoreboard/score.py [FOLDER]      (default: samples/labelled; it holds truth.tsv and the logs)

A death is gradual if the program was written to leak, else sudden. Life is the clock of the last collection. Lead is the share
of life in the last, uninterrupted run of the alarm before the death (for gclog: impending or worse).
warned      gradual deaths with at least 10 % of life left; sudden deaths that had an alarm before the fatal line at all
false       survivors that ever had the alarm (for gclog also: that were ever critical), and the mean share of life in alarm
"""

from __future__ import annotations

import csv
import statistics
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from classic_rules import CLASSIC_RULES

from gclog.incident.pipeline import analyze
from gclog.incident.settings import Settings
from gclog.model.report import ProcessReport
from gclog.model.verdict import LEVELS, TimelineEvent
from gclog.processes.split import ProcessTable

SAMPLES = Path(__file__).parents[2] / "samples" / "labelled"
ALARM = LEVELS.index("impending")
TIMELY_SHARE = 0.1

Run = tuple[float, float]
"""An alarm, from .. to, ms."""


@dataclass
class Score:
    """What one rule did on all logs."""

    gradual: list[float] = field(default_factory=list)
    sudden: list[bool] = field(default_factory=list)
    share_in_alarm: list[float] = field(default_factory=list)
    critical: int = 0

    def add(self, kind: str, alarms: Sequence[Run], life_ms: float) -> None:
        """Take in a log in which the alarm was on during `alarms`."""
        lasting = [begin for begin, end in alarms if end >= life_ms and begin <= life_ms]
        match kind:
            case "gradual":
                self.gradual.append((life_ms - lasting[0]) / life_ms if lasting else 0.0)
            case "sudden":
                self.sudden.append(bool(lasting))
            case _:
                self.share_in_alarm.append(sum(min(end, life_ms) - begin for begin, end in alarms) / life_ms)

    def row(self, name: str) -> str:
        timely = sum(lead >= TIMELY_SHARE for lead in self.gradual)
        healthy = len(self.share_in_alarm)
        return (
            f"| {name} | {timely}/{len(self.gradual)} | {statistics.median(self.gradual):.0%} of life "
            f"| {sum(self.sudden)}/{len(self.sudden)} | {sum(share > 0 for share in self.share_in_alarm)}/{healthy} "
            f"| {statistics.mean(self.share_in_alarm):.1%} |"
        )


def alarms_of_timeline(timeline: Sequence[TimelineEvent], life_ms: float) -> list[Run]:
    """Uninterrupted runs of impending or worse before the fatal error."""
    return _runs(
        (event.at_ms, LEVELS.index(event.level) >= ALARM)
        for event in timeline
        if event.level != "exhausted" and event.at_ms <= life_ms
    )


def _runs(changes: Iterator[tuple[float, bool]]) -> list[Run]:
    runs: list[Run] = []
    begin: float | None = None
    for at_ms, on in changes:
        if on and begin is None:
            begin = at_ms
        elif not on and begin is not None:
            runs.append((begin, at_ms))
            begin = None
    return runs if begin is None else [*runs, (begin, float("inf"))]


def judge(log: Path, settings: Settings) -> tuple[ProcessReport, ProcessTable]:
    """The process of a log that collected most often: what is reported of it, and its tables."""
    found: list[tuple[ProcessReport, ProcessTable]] = []
    analyze(log, settings, keep=lambda report, process: found.append((report, process)))
    return max(found, key=lambda pair: pair[0].total)


def score(folder: Path) -> dict[str, Score]:
    """Every rule's score, gclog's first."""
    ours, blind = Score(), Score()
    classic = {name: Score() for name in CLASSIC_RULES}
    with (folder / "truth.tsv").open(newline="", encoding="utf-8") as truth:
        rows = list(csv.DictReader(truth, delimiter="\t"))
    for row in rows:
        died, planned = row["oom"] == "1", row["workload"].split("_")[0] == "leak"
        kind = ("gradual" if planned else "sudden") if died else "survivor"
        if planned and not died:
            continue  # a leak that was stopped before its end: neither a death nor healthy
        limit_mb = float(row["limit_mb"])
        informed, process = judge(folder / row["file"], Settings(heap_limit_mb=limit_mb))
        uninformed, _ = judge(folder / row["file"], Settings())
        table = process.collections[~process.collections["ring"]]
        life_ms = float(table["at_ms"].iloc[-1])
        for name, rule in CLASSIC_RULES.items():
            flags = zip(table["at_ms"].tolist(), rule(table, limit_mb).tolist(), strict=True)
            classic[name].add(kind, _runs(flags), life_ms)
        for board, report in ((ours, informed), (blind, uninformed)):
            board.add(kind, alarms_of_timeline(report.timeline, life_ms), life_ms)
            board.critical += kind == "survivor" and any(event.level in ("critical", "exhausted") for event in report.timeline)
    return {"**gclog, limit given**": ours, "**gclog, limit not given**": blind} | classic


def main() -> int:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLES
    boards = score(folder)
    print(
        "| rule | gradual deaths warned in time | median lead | sudden deaths warned | survivors ever alarmed | their time in alarm |"
    )
    print("|---|---|---|---|---|---|")
    for name, board in boards.items():
        print(board.row(name))
    criticals = [board.critical for board in boards.values()][:2]
    print(f"\nSurvivors that gclog ever called critical: {criticals[0]} with the limit given, {criticals[1]} without.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
