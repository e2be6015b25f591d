"""The program was restarted within the log.

What it looks for
    Places where V8's clock goes back or the process id changes: later runs of the same program.

Why it matters
    A supervisor that restarts a dying process hides the deaths: all that anybody sees is a gap. Three or more are a crash
    loop.

Evidence
    The lines where later runs begin.

Known problems
    Runs that were started one after the other in a terminal are not called restarts: no line is dated, and none died.
    A deployment restarts processes too; a cluster's processes run at the same time and are not counted here.

Remedy
    Look at the runs that ended with a fatal error, and the time from one start to the next.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gclog import units
from gclog.diagnose import facts
from gclog.diagnose.thresholds import declare
from gclog.model.finding import Finding
from gclog.model.report import ProcessReport

__all__ = ["DEFAULTS", "ID", "Thresholds", "check"]

ID = "restarts"


@dataclass(frozen=True, slots=True)
class Thresholds:
    warning_count: float = declare(3, "one or two are a deployment; three in one log are a crash loop")


DEFAULTS = Thresholds()


def check(process: ProcessReport, thresholds: Thresholds = DEFAULTS) -> Iterable[Finding]:
    count = len(process.coverage.run_starts)
    if not process.coverage.speaks_for_source or count == 0:
        return
    if not process.coverage.replaced:
        yield _of_separate_runs(process, count)
        return
    yield Finding(
        id=ID,
        severity="warning" if count >= thresholds.warning_count else "info",
        confidence="high",
        title=f"The program was restarted {facts.times(count)}",
        observed=f"{units.count(count + 1)} runs in one log",
        threshold=f"any info, {thresholds.warning_count:g} warning",
        evidence=facts.pick_lines(facts.spread_lines(process.coverage.run_starts)),
        remedy="Look at how each run ended: have the supervisor log exit codes (134: abort, as after a fatal error; 137: "
        "killed from outside).",
    )


def _of_separate_runs(process: ProcessReport, count: int) -> Finding:
    return Finding(
        id=ID,
        severity="info",
        confidence="medium",
        title=f"The log holds at least {units.count(count + 1)} separate runs",
        observed=f"{units.count(count + 1)} runs, without a date, and none of them died",
        threshold="a death, or the time of day, would make them restarts",
        evidence=facts.pick_lines(facts.spread_lines(process.coverage.run_starts)),
        remedy="Nothing, if they were started by hand: each run has a verdict of its own. If a supervisor restarted the program, keep the "
        "time of day with each line.",
    )
