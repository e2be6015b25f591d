#!/usr/bin/env python3
"""Print how early gclog warns, and how often for nothing, on labelled runs, beside the rules that others use.

usage: python tests/scoreboard/score.py [--alarms FILE.csv] [--series OUT] [FOLDER]

FOLDER        holds truth.tsv and the logs (default: samples/labelled)
--alarms      another rule's alarms (columns run, begin, end, in s) as one more line of the table: see gclog/docs/benchmark.md
--series OUT  only write the runs as CSV, a file each, for a rule of your own

A death is gradual if the program was written to leak, else sudden. Life is the clock of the last collection. Lead is the share
of life in the last, uninterrupted run of the alarm before the death (for gclog: impending or worse).
warned         gradual deaths with at least 10 % of life left; sudden deaths that had an alarm before the fatal line at all
false          survivors that ever had the alarm (for gclog also: that were ever critical), and the mean share of life in alarm
a process-week what that costs: alarms and hours in alarm of a survivor, if its life were a week
chosen         whether the rule's thresholds were chosen with a look at the samples: such figures flatter it; see left_out.py
Behind each ratio is its 95 % interval (Wilson).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from board import TITLES, Board, ratio
from classic_rules import CLASSIC_RULES
from entries import BadEntry, read_alarms, write_series
from intervals import SHOWN, cases
from runs import SAMPLES, Alarm, Run, Truth, alarms_of_timeline, judged, lasting, load_runs, read_truth, run_of

from gclog.incident.settings import Settings

NOT_KNOWN = "not known"

Entry = Callable[[str], Sequence[Alarm]]
"""Another rule: its alarms in a run by the run's name."""


@dataclass
class Scores:
    """gclog's boards with the limit and without, how many survivors it called critical in each, and every other rule's."""

    ours: tuple[Board, Board] = field(default_factory=lambda: (Board(), Board()))
    critical: list[int] = field(default_factory=lambda: [0, 0])
    classic: dict[str, Board] = field(default_factory=lambda: {name: Board() for name in CLASSIC_RULES})
    entry: Board = field(default_factory=Board)

    def add(self, truth: Truth, entry: Entry) -> Run:
        """Have every rule judge a run."""
        informed, process = judged(truth.log, Settings(heap_limit_mb=truth.limit_mb))
        blind, _ = judged(truth.log, Settings())
        table = process.collections[~process.collections["ring"]]
        run = run_of(truth, process)
        for name, rule in CLASSIC_RULES.items():
            flags = zip(table["at_ms"].tolist(), rule(table, truth.limit_mb).tolist(), strict=True)
            self.classic[name].add(truth.kind, lasting(flags), run.life_ms)
        for at, report in enumerate((informed, blind)):
            self.ours[at].add(truth.kind, alarms_of_timeline(report.timeline, run.life_ms), run.life_ms)
            levels = {event.level for event in report.timeline}
            self.critical[at] += truth.kind == "survivor" and not levels.isdisjoint(("critical", "exhausted"))
        self.entry.add(truth.kind, entry(truth.name), run.life_ms)
        return run


def calibration(runs: Sequence[Run]) -> list[str]:
    """How often the interval that gclog printed held, at three moments of the gradual deaths."""
    rows = []
    for name, with_limit in (("limit given", True), ("limit not given", False)):
        known = list(cases([run for run in runs if run.truth.kind == "gradual"], SHOWN, with_limit=with_limit))
        held = {moment: [case.printed for case in known if case.moment == moment] for moment in SHOWN}
        rows.append(f"| gclog, {name} | " + " | ".join(ratio(sum(one), len(one)) for one in held.values()) + " |")
    return rows


def show(scores: Scores, entry: str | None, runs: Sequence[Run], ours: str) -> None:
    """Print the tables; `ours`: whether gclog's thresholds were chosen on these runs."""
    print(TITLES)
    print(scores.ours[0].row("**gclog, limit given**", ours))
    print(scores.ours[1].row("**gclog, limit not given**", ours))
    for name, board in scores.classic.items():
        print(board.row(name, "no"))
    if entry is not None:
        print(scores.entry.row(f"**{entry}**", NOT_KNOWN))
    print(
        f"\nSurvivors that gclog ever called critical: {scores.critical[0]} with the limit given, {scores.critical[1]} without.\n"
    )
    print(f"| the time left was inside of the interval | {' | '.join(f'at {moment:.0%} of life' for moment in SHOWN)} |")
    print("|---" * (len(SHOWN) + 1) + "|")
    print("\n".join(calibration(runs)))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=SAMPLES)
    parser.add_argument("--alarms", type=Path)
    parser.add_argument("--series", type=Path)
    words = parser.parse_args()
    if words.series is not None:
        write_series(load_runs([words.folder]), words.series)
        return 0
    truths = read_truth(words.folder)
    alarms: Mapping[str, Sequence[Alarm]] = {}
    if words.alarms is not None:
        try:
            alarms = read_alarms(words.alarms, [truth.name for truth in truths])
        except (BadEntry, OSError) as error:
            print(error, file=sys.stderr)
            return 1
    scores = Scores()
    runs = [scores.add(truth, lambda name: alarms.get(name, ())) for truth in truths]
    show(scores, words.alarms and words.alarms.name, runs, "mostly" if words.folder == SAMPLES else NOT_KNOWN)
    return 0


if __name__ == "__main__":
    sys.exit(main())
