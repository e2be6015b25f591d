"""The heap is full, nothing can be freed, and V8 keeps collecting.

What it looks for
    Back-to-back full collections that free next to nothing, for a long time, in a process that does not die: Node 8 or
    earlier, which has no rule against it, or a limit so large that dying takes hours.

Why it matters
    The process no longer responds, yet it is up, so no supervisor restarts it.

Evidence
    Full collections of the spiral.

Known problems
    Every log looks like this just before the heap runs out, so the finding is not given if the log has a fatal error.

Remedy
    Restart it; then find what fills the heap. On Node 8 and earlier, an upgrade makes it die with a clear error instead.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gclog import units
from gclog.diagnose import evidence, facts, remedies
from gclog.diagnose.platform_names import say_restart
from gclog.diagnose.thresholds import declare
from gclog.model.finding import Finding
from gclog.model.report import ProcessReport

__all__ = ["DEFAULTS", "ID", "Thresholds", "check"]

ID = "death-spiral"

SEES_IT = 11
"""Every Node 11 has V8's rule against ineffective collections (it came with 10.4)."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    reclaim_share: float = declare(0.05, "a full collection that frees a twentieth of the heap has freed next to nothing")


DEFAULTS = Thresholds()


def check(process: ProcessReport, thresholds: Thresholds = DEFAULTS) -> Iterable[Finding]:
    if process.growth != "death-spiral" or not evidence.is_alive(process):
        return
    runs = facts.find_runs(
        process.cycles, lambda before, this: max(before.reclaim_share, this.reclaim_share) < thresholds.reclaim_share
    )
    run = runs[-1] if runs else process.cycles
    if not run:
        return
    lasted_ms = run[-1].at_ms - (run[0].at_ms - run[0].pause_ms)
    share = min(sum(cycle.pause_ms for cycle in run) / lasted_ms, 1.0) if lasted_ms > 0 else 1.0
    best_mb = max(cycle.before_mb - cycle.after_mb for cycle in run)
    yield Finding(
        id=ID,
        severity="error",
        confidence="high" if runs else "medium",
        title=f"{units.count(len(run))} full collections in {units.duration(lasted_ms)} freed "
        f"{units.mb(max(best_mb, 0.0))} at best: a death spiral",
        observed=f"they took {units.percent(share)} of the time; live set {units.mb(run[-1].after_mb)}",
        threshold=f"back-to-back full collections that free less than {units.percent(thresholds.reclaim_share)} each",
        evidence=facts.pick_lines(facts.spread_lines([cycle.line for cycle in run])),
        remedy=remedies.join(
            f"Restart it now{say_restart(process)}: it will not recover.",
            "Node 10.4 and later end such a process with a clear error." if process.node.first_major < SEES_IT else "",
            remedies.advise_evidence(process),
        ),
    )
