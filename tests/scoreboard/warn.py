#!/usr/bin/env python3
"""Print what each choice of `--warn` gains and costs on runs whose end is known.

usage: python tests/scoreboard/warn.py [FOLDER...]      (default: samples/labelled; each holds truth.tsv and the logs)

Gained: gradual deaths that came in a danger (gclog.analysis.verdict.danger) which had begun with at least 10 % of life left; sudden ones
in a danger at all. The cost is the dangers of survivors, each one call of `watch --exec`, and the time until their alarms were last
taken back, by the week of a healthy process.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from runs import SAMPLES, Run, load_runs

from gclog.analysis.verdict.danger import DangerTracker
from gclog.analysis.verdict.replay import replay
from gclog.model.levels import WARNS, Warn
from gclog.model.verdict import TimelineEvent

TIMELY_SHARE = 0.1
MS_PER_WEEK = 7 * 24 * 3_600_000.0

HEAD = """\
| `--warn` | heap limit | gradual deaths in time | median lead | sudden deaths | alarms of survivors | a week | hours a week | share of life |
|---|---|---|---|---|---|---|---|---|"""


def dangers(timeline: Sequence[TimelineEvent], life_ms: float) -> list[tuple[float, float]]:
    """From the alarm that began each to when the last one in it was taken back; the end of life if that was too late to be over."""
    tracker, found = DangerTracker(), list[tuple[float, float]]()
    begun_ms = fell_ms = 0.0
    for event in timeline:
        if event.level == "exhausted" or event.at_ms > life_ms:
            continue
        if tracker.settle(event.at_ms):
            found.append((begun_ms, fell_ms))
        was_quiet = tracker.is_quiet
        if tracker.see(event, event.at_ms):
            begun_ms = event.at_ms
        if tracker.is_quiet and not was_quiet:
            fell_ms = event.at_ms
    if tracker.settle(life_ms):
        return [*found, (begun_ms, fell_ms)]
    return found if tracker.begin is None else [*found, (begun_ms, life_ms)]


@dataclass
class Cost:
    """What one choice did on all runs."""

    leads: list[float] = field(default_factory=list)
    sudden: list[bool] = field(default_factory=list)
    runs = alarms = 0
    alarm_ms = healthy_ms = 0.0

    def add(self, run: Run, found: Sequence[tuple[float, float]]) -> None:
        """Take in a run and its dangers."""
        life_ms = run.life_ms
        lasting = [begin for begin, end in found if end == life_ms]
        match run.truth.kind:
            case "gradual":
                self.leads.append(1 - lasting[0] / life_ms if lasting else 0.0)
            case "sudden":
                self.sudden.append(bool(lasting))
            case _:
                self.runs += 1
                self.alarms += len(found)
                self.alarm_ms += sum(end - begin for begin, end in found)
                self.healthy_ms += life_ms

    def row(self, *names: str) -> str:
        share, weeks = self.alarm_ms / self.healthy_ms, self.healthy_ms / MS_PER_WEEK
        cells = (
            *names,
            f"{sum(lead >= TIMELY_SHARE for lead in self.leads)}/{len(self.leads)}",
            f"{statistics.median(self.leads):.0%} of life",
            f"{sum(self.sudden)}/{len(self.sudden)}",
            f"{self.alarms} in {self.runs} runs",
            f"{self.alarms / weeks:,.0f}",
            f"{share * 7 * 24:.1f}",
            f"{share:.1%}",
        )
        return f"| {' | '.join(cells)} |"


def cost(runs: Sequence[Run], warn: Warn, *, limit_is_given: bool) -> Cost:
    """What a choice does on these runs."""
    found = Cost()
    for run in runs:
        timeline = replay(run.rows, (), run.truth.limit_mb if limit_is_given else None, warn).timeline
        found.add(run, dangers(timeline, run.life_ms))
    return found


def main() -> int:
    runs = load_runs([Path(word) for word in sys.argv[1:]] or [SAMPLES])
    print(HEAD)
    for given, name in ((True, "given"), (False, "not given")):
        for warn in WARNS:
            print(cost(runs, warn, limit_is_given=given).row(warn, name))
    survivors = [run for run in runs if run.truth.kind == "survivor"]
    hours = sum(run.life_ms for run in survivors) / 3_600_000
    print(f"\nThe {len(survivors)} survivors lived {hours:.1f} hours together.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
