"""The program, or its host, triggers garbage collection itself.

What it looks for
    Collections by `gc()` (reason `testing`; `Isolate::RequestGarbageCollection` or `gc extension` in old versions), which
    --expose-gc makes possible; `low memory notification`, which the host sends through V8's API.

Why it matters
    Each is a full, blocking collection; V8's own are incremental and mostly concurrent. They also hide the true pace of
    growth.

Evidence
    The lines of these collections.

Known problems
    Test runners and memory tests call it on purpose.

Remedy
    Remove the calls, or start without --expose-gc; detach the inspector.
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

ID = "explicit-gc"

SEVERAL = 3
"""Fewer calls are a test's or a benchmark's, and of a log of milliseconds any share."""


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
        severity="warning" if share >= thresholds.warning_share and len(lines) >= SEVERAL else "info",
        confidence="high",
        title=f"{_who(process)}, for {units.percent(share)} of the time",
        observed=f"{units.duration(total_ms)} in {units.several(len(lines), 'collection')} {_by(process)}",
        threshold=f"any info, {units.percent(thresholds.warning_share)} of the time warning",
        evidence=facts.pick_lines(facts.spread_lines(lines)),
        remedy=remedies.join(*_advise(process)),
    )


def _calls(process: ProcessReport) -> tuple[int, int]:
    """How many collections were by gc(), and how many by the embedder's notification, which no JavaScript can call."""
    notified = len(process.signs.notified_lines)
    return len(process.signs.explicit_gc_lines) - notified, notified


def _who(process: ProcessReport) -> str:
    called, notified = _calls(process)
    host = f"the program's host asked for {units.several(notified, 'full collection')}"
    if not notified:
        return f"The program called gc() {facts.times(called)}"
    return f"The program called gc() {facts.times(called)} and {host}" if called else host.capitalize()


def _by(process: ProcessReport) -> str:
    called, notified = _calls(process)
    return " and ".join((["by gc()"] if called else []) + (["by low memory notification"] if notified else []))


def _advise(process: ProcessReport) -> Iterable[str]:
    called, notified = _calls(process)
    if called:
        yield "Remove the calls to gc() from production code, or start it without --expose-gc and see what fails."
    if notified:
        yield (
            "A low memory notification does not come from gc(): an inspector that is attached sends it (DevTools, before each heap snapshot "
            "and by its button that collects garbage), or Electron, or a native addon. Measure without it."
        )
