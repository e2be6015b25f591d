"""A single collection stops the program for a long time.

What it looks for
    The longest stop-the-world pause of the log.

Why it matters
    Meanwhile no request is answered, no timer fires, no health check replies: after one second a load balancer or an
    orchestrator gives up on the process.

Evidence
    The longest pause of each collector.

Known problems
    A machine short of CPU (a throttled container) stretches pauses; the collection is not to blame then, and if the sizes
    show that, the remedy is that of slow-collections.

Remedy
    Full collections: a smaller live set. Scavenges: fewer survivors per scavenge.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gclog import units
from gclog.diagnose import facts, remedies
from gclog.diagnose.gc_causes import EMBEDDER_SHARE
from gclog.diagnose.rules import slow_collections
from gclog.diagnose.thresholds import declare, grade
from gclog.model.finding import Finding
from gclog.model.records import Collector
from gclog.model.report import ProcessReport

__all__ = ["DEFAULTS", "ID", "Thresholds", "check"]

ID = "long-pauses"

IN_WORDS: dict[Collector, str] = {
    "mark_compact": "full collection",
    "scavenge": "scavenge",
    "minor_mark_sweep": "minor mark-sweep",
}


@dataclass(frozen=True, slots=True)
class Thresholds:
    info_ms: float = declare(100.0, "what people notice as a delay")
    warning_ms: float = declare(400.0, "what people take for slow (Doherty's threshold)")
    error_ms: float = declare(1000.0, "the usual timeout of a health check, and where a train of thought breaks")


DEFAULTS = Thresholds()


def check(process: ProcessReport, thresholds: Thresholds = DEFAULTS) -> Iterable[Finding]:
    longest_ms = process.pauses.all.max_ms
    severity = grade(longest_ms, info=thresholds.info_ms, warning=thresholds.warning_ms, error=thresholds.error_ms)
    if severity is None:
        return
    by_length = sorted(process.pauses.by_collector.items(), key=lambda item: -item[1].max_ms)
    collector = by_length[0][0] if by_length else "mark_compact"
    lines = [figures.max_line for _, figures in by_length if figures.max_ms >= thresholds.info_ms]
    p99_ms = facts.known(process.pauses.all.p99_ms)
    rank = f"; 99 % of pauses are {units.duration(p99_ms)} or shorter" if p99_ms is not None else ""
    yield Finding(
        id=ID,
        severity=severity,
        confidence="high",
        title=f"A {IN_WORDS[collector]} stopped the program for {units.duration(longest_ms)}",
        observed=f"longest pause {units.duration(longest_ms)} of {units.count(process.pauses.all.count)}{rank}",
        threshold=f"{units.duration(thresholds.info_ms)} info, {units.duration(thresholds.warning_ms)} warning, "
        f"{units.duration(thresholds.error_ms)} error",
        evidence=facts.pick_lines(process.pauses.all.max_line, lines),
        remedy=_remedy(process, collector),
    )


def _remedy(process: ProcessReport, collector: Collector) -> str:
    slow, embedder = process.signs.slow, process.signs.embedder
    if (
        embedder is not None
        and embedder.longest_line == process.pauses.all.max_line
        and embedder.longest_share >= EMBEDDER_SHARE
    ):
        return remedies.advise_embedder(f"{units.duration(embedder.longest_ms)} of {units.duration(process.pauses.all.max_ms)}")
    if slow is not None and process.pauses.all.max_line in slow.lines:
        return f"{slow_collections.say_longest(slow)}: {slow_collections.say_cause(slow)}. {slow_collections.advise(process, slow)}"
    if collector == "mark_compact":
        return "The pause of a full collection grows with what is alive: keep less in memory (caches out of process, smaller batches)."
    return "The pause of a young collection grows with the objects that survive: process input in smaller chunks."
