"""Garbage collection takes a high share of the time.

What it looks for
    The largest share of any 60 seconds spent in stop-the-world pauses; of the whole log if that is shorter.

Why it matters
    In that time the program does nothing else: throughput falls by that share, and requests queue up.

Evidence
    The end of the worst window, and the longest pause of each collector.

Known problems
    Start-up dominates a log of a few seconds, so the confidence is low. Less than a second counts only if the lines give a reason
    other than the heap (callbacks of native objects, memory outside the heap). Time on V8's helper threads does not count, and
    neither do the incremental steps between the pauses.

Remedy
    By collector: many scavenges call for fewer short-lived objects, or for what scavenge-pressure says; full collections for a
    look at the live set.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gclog import units
from gclog.diagnose import facts, remedies
from gclog.diagnose.gc_causes import advise_on_gc_cause, say_gc_cause
from gclog.diagnose.rules import explicit_gc, scavenge_pressure, slow_collections
from gclog.diagnose.thresholds import declare, grade
from gclog.model.finding import Confidence, Finding
from gclog.model.report import ProcessReport

__all__ = ["DEFAULTS", "ID", "Thresholds", "check"]

ID = "gc-share-high"

HEAP_PROF = 12
"""`--heap-prof` exists from Node 12.4."""

ASKED_SHARE = 0.5
"""From half of the time in full collections on, those that the program asks for are what counts."""

SHORT_MS = 10_000.0
"""Below ten seconds a log shows start-up more than anything else."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    info_share: float = declare(0.05, "a healthy server stays below: the textbook's example of a GC-bound program is 5.4 %")
    warning_share: float = declare(0.10, "a tenth of the machine is gone")
    error_share: float = declare(0.25, "a quarter: latency suffers at any load")
    least_window_ms: float = declare(1000.0, "in less than a second, as in a crash tail alone, there is no share to speak of")


DEFAULTS = Thresholds()


def check(process: ProcessReport, thresholds: Thresholds = DEFAULTS) -> Iterable[Finding]:
    share = facts.known(process.pauses.worst_window_share)
    if share is None:
        return
    is_short = process.pauses.worst_window_ms < thresholds.least_window_ms
    if is_short and not say_gc_cause(process):
        return
    severity = grade(share, info=thresholds.info_share, warning=thresholds.warning_share, error=thresholds.error_share)
    if severity is None:
        return
    longest = sorted(process.pauses.by_collector.values(), key=lambda figures: -figures.total_ms)
    whole = facts.known(process.pauses.share)
    yield Finding(
        id=ID,
        severity="warning" if is_short and severity == "error" else severity,
        confidence=_confidence(process.pauses.worst_window_ms),
        title=f"GC took {units.percent(share)} of {_window(process.pauses.worst_window_ms)}",
        observed=f"{units.percent(share)} of the worst {units.duration(process.pauses.worst_window_ms)}, from "
        f"{units.clock(process.pauses.worst_window_at_ms)}; {units.percent(whole)} of the whole log",
        threshold=f"{units.percent(thresholds.info_share)} info, {units.percent(thresholds.warning_share)} warning, "
        f"{units.percent(thresholds.error_share)} error",
        evidence=facts.pick_lines(process.pauses.worst_window_line, [figures.max_line for figures in longest]),
        remedy=_remedy(process),
    )


def _window(window_ms: float) -> str:
    return "the worst minute" if window_ms >= units.MS_PER_MINUTE else f"the log's {units.duration(window_ms)}"


def _confidence(window_ms: float) -> Confidence:
    if window_ms >= units.MS_PER_MINUTE:
        return "high"
    return "medium" if window_ms >= SHORT_MS else "low"


def _remedy(process: ProcessReport) -> str:
    if cause := advise_on_gc_cause(process):
        return cause
    if slow := [finding.remedy for finding in slow_collections.check(process)]:
        return remedies.join("The collections are slow, not too many.", *slow)
    totals = {collector: figures.total_ms for collector, figures in process.pauses.by_collector.items()}
    full_ms = totals.get("mark_compact", 0.0)
    young_ms = sum(totals.values()) - full_ms
    if young_ms > full_ms:
        share = units.percent(young_ms / (young_ms + full_ms))
        if pressed := [finding.remedy for finding in scavenge_pressure.check(process)]:
            return remedies.join(f"Scavenges take {share} of the time in GC.", *pressed)
        if process.node.first_major < HEAP_PROF:
            return f"Scavenges take {share} of the time in GC: allocate less per request."
        return f"Scavenges take {share} of the time in GC: allocate less per request. `node --heap-prof` shows at its exit where it is allocated."
    if facts.is_growing(process.growth) or (process.growth == "not-known" and process.verdict.level == "rising"):
        what = "live set" if facts.is_growing(process.growth) else "heap"
        return remedies.join(
            f"Full collections take most of the time in GC, because the {what} grows.", remedies.advise_evidence(process)
        )
    lines = set(process.signs.explicit_gc_lines)
    asked_ms = sum(cycle.pause_ms for cycle in process.cycles if cycle.line in lines)
    if full_ms > 0 and asked_ms >= ASKED_SHARE * full_ms:
        asked = [finding.remedy for finding in explicit_gc.check(process)]
        return remedies.join(
            f"Collections that were asked for take {units.percent(asked_ms / full_ms)} of the time in full collections.", *asked
        )
    return "Full collections take most of the time in GC: look at their reasons to see what triggers them, and keep less alive between requests."
