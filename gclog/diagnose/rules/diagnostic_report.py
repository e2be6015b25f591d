"""A diagnostic report of Node describes this process.

What it looks for
    A report (--report-on-fatalerror, process.report.writeReport()) given together with the log, for the same pid.

Why it matters
    It is the best record of a crash there is: limits, heap spaces, RSS, the command line and the native stack as they were,
    not inferred. A heap full of large objects has a different cause than one full of small ones; detached contexts that are
    still alive are a leak in themselves.

Evidence
    The lines of the report with its event, its limit and its RSS.

Known problems
    The report is written while the heap is full, so it has no JavaScript stack. Nor does it name the place in V8 that gave
    up: the log does. A callback may have raised `memoryLimit` near the end.

Remedy
    What the observed figures suggest: look at the space that is full, contexts that are never released, or memory outside
    the heap.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gclog import units
from gclog.diagnose import facts
from gclog.diagnose.reported import EXCEPTION, say_exception
from gclog.diagnose.thresholds import declare
from gclog.model.finding import Finding
from gclog.model.not_known import NotKnown
from gclog.model.report import ProcessReport
from gclog.model.witness import ReportedProcess

__all__ = ["DEFAULTS", "ID", "Thresholds", "check"]

ID = "diagnostic-report"

LARGE_SPACES = ("large_object_space", "new_large_object_space")


@dataclass(frozen=True, slots=True)
class Thresholds:
    detached_contexts: float = declare(3, "the next full collection releases one or two")
    large_share: float = declare(0.5, "half of the heap in single objects of more than half a page (V8: 128 KB)")


DEFAULTS = Thresholds()


def check(process: ProcessReport, thresholds: Thresholds = DEFAULTS) -> Iterable[Finding]:
    for report in process.reported[:1]:
        detached = (report.detached_contexts or 0) >= thresholds.detached_contexts
        large = _large_share(report) >= thresholds.large_share
        yield Finding(
            id=ID,
            severity="warning" if detached or large else "info",
            confidence="high",
            title=f"The diagnostic report of Node {report.node} says: {_say(report)}",
            observed=_observed(report),
            threshold=f"{thresholds.detached_contexts:g} detached contexts, or {units.percent(thresholds.large_share)} in large objects",
            evidence=facts.pick_lines(
                *(
                    report.lines.get(key)
                    for key in (("event", "message", "limit", "rss") if report.message else ("event", "limit", "rss"))
                ),
                process.span.last_line if not report.lines else None,
            ),
            remedy=_remedy(report, detached, large, is_alone=not process.total),
        )


def _fullest(report: ReportedProcess) -> str:
    space = max(report.spaces, key=lambda space: space.used_mb, default=None)
    return "" if space is None else f"most in {space.name} ({units.mb(space.used_mb)})"


def _large_share(report: ReportedProcess) -> float:
    used_mb = sum(space.used_mb for space in report.spaces)
    return sum(space.used_mb for space in report.spaces if space.name in LARGE_SPACES) / used_mb if used_mb else 0.0


def _say(report: ReportedProcess) -> str:
    """An uncaught exception first: the log beside the report does not have it."""
    heap = _say_heap(report)
    return f"{say_exception(report)}; {heap}" if report.trigger == EXCEPTION else heap


def _say_heap(report: ReportedProcess) -> str:
    if isinstance(report.used_mb, NotKnown) or isinstance(report.heap_limit_mb, NotKnown):
        return report.event or report.trigger
    heap = f"{units.mb(report.used_mb)} of heap in use, heap_size_limit {units.mb(report.heap_limit_mb)}"
    return f"{heap}, {_fullest(report)}" if report.spaces else heap


def _observed(report: ReportedProcess) -> str:
    said = [report.trigger if report.event == report.trigger else f"{report.event} ({report.trigger})"]
    for name, mb in (("RSS", report.rss_mb), ("largest RSS", report.max_rss_mb), ("external memory", report.external_mb)):
        if not isinstance(mb, NotKnown):
            said.append(f"{name} {units.mb(mb)}")
    if not isinstance(report.constrained_mb, NotKnown):
        said.append(f"container limit {units.mb(report.constrained_mb)}")
    if report.detached_contexts:
        said.append(units.several(report.detached_contexts, "detached context"))
    return "; ".join(said)


def _remedy(report: ReportedProcess, detached: bool, large: bool, *, is_alone: bool) -> str:
    if detached:
        return "Contexts (vm, jsdom iframes, workers' realms) are kept alive: find what holds their globals with a heap snapshot (`Detached`)."
    if large:
        return "Individual large objects fill the heap: look for arrays, maps and strings that grow without bound, not for many small objects."
    if report.trigger == EXCEPTION:
        return "Handle the exception where its stack says it was thrown; the heap's figures are those of that moment."
    if is_alone and not report.fatal:
        return (
            "A report is a single moment: two from one process, some minutes apart, show what grows. For a verdict, add a "
            "--trace-gc log or heap snapshots."
        )
    return "Compare its spaces with the log's last collections; the findings above judge both."
