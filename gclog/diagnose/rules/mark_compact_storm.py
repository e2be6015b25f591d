"""Full collections follow each other so closely that they take more time than the program.

What it looks for
    Five or more full collections in a row, each of them longer than the time since the end of the one before.

Why it matters
    The program gets less than half of the time, just to run into the next collection.

Evidence
    Full collections of the longest such run.

Known problems
    Collections that the program asked for (`gc()`) are left out. Two or three in a row are normal while a program loads.

Remedy
    Near the limit, exhaustion is approaching. Far from it, look at the reasons that V8 gives for the collections.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gclog import units
from gclog.diagnose import facts
from gclog.diagnose.gc_causes import advise_on_gc_cause
from gclog.diagnose.thresholds import declare
from gclog.model.finding import Finding
from gclog.model.process import Cycle
from gclog.model.report import ProcessReport

__all__ = ["DEFAULTS", "ID", "Thresholds", "check"]

ID = "mark-compact-storm"


@dataclass(frozen=True, slots=True)
class Thresholds:
    run_length: float = declare(5, "start-up and last-resort runs have up to four; five are no accident")


DEFAULTS = Thresholds()


def check(process: ProcessReport, thresholds: Thresholds = DEFAULTS) -> Iterable[Finding]:
    explicit = set(process.signs.explicit_gc_lines)
    cycles = [cycle for cycle in process.cycles if cycle.line not in explicit]
    runs = [run for run in facts.find_runs(cycles, is_crowded) if len(run) >= thresholds.run_length]
    if not runs:
        return
    run = max(runs, key=len)
    lasted_ms = run[-1].at_ms - (run[0].at_ms - run[0].pause_ms)
    paused_ms = sum(cycle.pause_ms for cycle in run)
    yield Finding(
        id=ID,
        severity="warning",
        confidence="high",
        title=f"{units.count(len(run))} full collections in a row took {units.percent(min(paused_ms / lasted_ms, 1.0))} of "
        f"{units.duration(lasted_ms)}",
        observed=f"{units.several(len(runs), 'such run')}, the longest from {units.clock(run[0].at_ms)} to "
        f"{units.clock(run[-1].at_ms)}",
        threshold=f"{thresholds.run_length:g} in a row, each longer than the time since the one before",
        evidence=facts.pick_lines(facts.spread_lines([cycle.line for cycle in run])),
        remedy=advise_on_gc_cause(process)
        or "Look at the live set in that time: near the limit, follow the finding about the heap; far from it, look "
        "at the reasons in the evidence lines (external memory, context disposal, memory reducer) and stop their cause.",
    )


def is_crowded(before: Cycle, this: Cycle) -> bool:
    """The program ran for less time between the two collections than the second one took."""
    return this.at_ms - this.pause_ms - before.at_ms < this.pause_ms
