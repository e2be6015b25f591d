"""The program triggers garbage collection itself.

What it looks for
    Collections by `gc()` (reason `testing`; `Isolate::RequestGarbageCollection` or `gc extension` in old versions), which
    --expose-gc makes possible.

Why it matters
    Each is a full, blocking collection; V8's own are incremental and mostly concurrent. They also hide the true pace of
    growth.

Evidence
    The lines of these collections.

Known problems
    Test runners and memory tests call it on purpose.

Remedy
    Remove the calls, or start without --expose-gc.
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

ID = "explicit-gc"


@dataclass(frozen=True, slots=True)
class Thresholds:
    warning_share: float = declare(
        0.01, "one percent of the time for nothing; about one manual full collection a minute gets there"
    )


DEFAULTS = Thresholds()


def check(process: ProcessReport, thresholds: Thresholds = DEFAULTS) -> Iterable[Finding]:
    lines = process.signs.explicit_gc_lines
    if not lines:
        return
    total_ms = sum(cycle.pause_ms for cycle in process.cycles if cycle.line in set(lines))
    share = min(total_ms / process.span.duration_ms, 1.0) if process.span.duration_ms > 0 else 0.0
    yield Finding(
        id=ID,
        severity="warning" if share >= thresholds.warning_share else "info",
        confidence="high",
        title=f"The program called gc() {facts.times(len(lines))}, for {units.percent(share)} of the time",
        observed=f"{units.duration(total_ms)} in {facts.several(len(lines), 'collection')} by gc()",
        threshold=f"any info, {units.percent(thresholds.warning_share)} of the time warning",
        evidence=facts.pick_lines(facts.spread_lines(lines)),
        remedy="Remove the calls to gc() from production code, or start it without --expose-gc and see what fails.",
    )
