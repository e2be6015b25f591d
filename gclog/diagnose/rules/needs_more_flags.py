"""The log leaves a question open that another flag would answer.

What it looks for
    A live set that grows while no heap limit is known; scavenges that take time, without survival figures; external memory
    that triggers collections, without its size.

Why it matters
    The next recording can answer it: nobody wants to wait for a second incident to find the flag missing again.

Evidence
    The last line, and the lines that raise the question.

Known problems
    --trace-gc-nvp replaces the lines of --trace-gc, and leaves the ring after `Last few GCs` empty, so a crash shows less.

Remedy
    The finding names the flag for each question.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gclog.diagnose import facts, remedies
from gclog.diagnose.rules import scavenge_pressure, slow_collections
from gclog.diagnose.thresholds import declare
from gclog.model.finding import Finding
from gclog.model.not_known import NotKnown
from gclog.model.report import ProcessReport
from gclog.model.verdict import NoLimit

__all__ = ["DEFAULTS", "ID", "Thresholds", "check"]

ID = "needs-more-flags"


@dataclass(frozen=True, slots=True)
class Thresholds:
    scavenge_time_share: float = declare(0.02, "below it survival is of no interest (scavenge-pressure)")
    least_span_ms: float = declare(2000.0, "what survives a start-up is of no interest: modules are meant to stay")


DEFAULTS = Thresholds()


def check(process: ProcessReport, thresholds: Thresholds = DEFAULTS) -> Iterable[Finding]:
    asked = [question for question in (_limit(process), _survival(process, thresholds), _external(process)) if question]
    if not asked:
        return
    yield Finding(
        id=ID,
        severity="info",
        confidence="high",
        title=f"The log does not show {', nor '.join(what for what, _ in asked)}",
        observed="not in the lines of this log",
        threshold="a question that the other figures raise",
        evidence=facts.pick_lines(process.span.last_line, process.signs.external_pressure_lines[:1]),
        remedy=remedies.join(*(how for _, how in asked)),
    )


def _limit(process: ProcessReport) -> tuple[str, str] | None:
    if not isinstance(process.limit, NoLimit) or process.crash is not None or not facts.is_growing(process.growth):
        return None
    set_it = "in NODE_OPTIONS or on the command line" if process.node.last_major >= 8 else "on the command line"
    return (
        "how far the heap's limit is",
        f"Give the limit with --heap-limit MB; to have it in the log, set --max-old-space-size {set_it} and print "
        "process.execArgv and process.env.NODE_OPTIONS at the start.",
    )


def _survival(process: ProcessReport, thresholds: Thresholds) -> tuple[str, str] | None:
    figures = process.pauses.by_collector.get("scavenge")
    if figures is None or facts.survivors_share(process) is not None or process.span.duration_ms < thresholds.least_span_ms:
        return None
    if process.coverage.has_details or process.crash is not None:
        return None
    if any(scavenge_pressure.check(process)) or any(slow_collections.check(process)):
        return None
    if figures.total_ms / process.span.duration_ms < thresholds.scavenge_time_share:
        return None
    return "how much survives the scavenges", remedies.advise_details(process.node, "survival and promotion")


def _external(process: ProcessReport) -> tuple[str, str] | None:
    if not process.signs.external_pressure_lines or not isinstance(process.heap.external_max_mb, NotKnown):
        return None
    if process.coverage.has_verbose or (process.memory is not None and "external" in process.memory.parts):
        return None
    return (
        "how large memory outside the heap is",
        "Record external memory with `node --trace-gc --trace-gc-verbose`, on the command line: NODE_OPTIONS refuses both.",
    )
