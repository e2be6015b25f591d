"""V8 collected as its last resort.

What it looks for
    Full collections with the reason `last resort` (`last resort gc` up to V8 5.4): an allocation had failed twice, and V8
    frees whatever it can before it gives up.

Why it matters
    Each such run (two to seven collections) is one failed allocation away from death, and stops the program while it lasts.

Evidence
    The lines of these collections.

Known problems
    Node 25 and 26 check the limit late: there, last-resort collections come before every death by the heap, not only before
    one by a single large allocation.

Remedy
    If one allocation is large, make it smaller; if the live set fills the heap, see what grows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gclog import units
from gclog.diagnose import facts, remedies
from gclog.diagnose.thresholds import declare
from gclog.model.finding import Finding
from gclog.model.report import ProcessReport

__all__ = ["DEFAULTS", "ID", "Thresholds", "check"]

ID = "last-resort-gc"


@dataclass(frozen=True, slots=True)
class Thresholds:
    warning_count: float = declare(1, "a healthy process has none at all")


DEFAULTS = Thresholds()


def check(process: ProcessReport, thresholds: Thresholds = DEFAULTS) -> Iterable[Finding]:
    lines = process.signs.last_resort_lines
    if not lines or len(lines) < thresholds.warning_count:
        return
    chosen = [cycle for cycle in process.cycles if cycle.line in set(lines)]
    freed = max((cycle.before_mb - cycle.after_mb for cycle in chosen), default=None)
    yield Finding(
        id=ID,
        severity="warning",
        confidence="high",
        title=f"V8 collected {facts.times(len(lines))} as its last resort",
        observed=f"the best of them freed {units.mb(freed)}" if freed is not None else units.several(len(lines), "collection"),
        threshold="none in a healthy process",
        evidence=facts.pick_lines(facts.spread_lines(lines)),
        remedy="Nothing separate: follow heap-exhausted."
        if facts.died_of_heap(process.crash)
        else remedies.join("Look for one large string, array or Buffer at that moment.", remedies.advise_evidence(process)),
    )
