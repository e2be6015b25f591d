"""The process died because memory ran out.

What it looks for
    The fatal error in the log, by its text and location: (A) "Ineffective mark-compacts near heap limit", (B) "Reached heap
    limit", (C) "CALL_AND_RETRY_LAST" and similar: one allocation that failed; (D) memory outside the JS heap ("process out
    of memory", Zone, ArrayBuffer). Also a crash tail whose message is missing.

Why it matters
    The process is gone, with every request in flight. Only A to C are about the JS heap: no heap limit helps D.

Evidence
    The line of the fatal message, V8's last collections, and where the warning that held until death began.

Known problems
    Up to Node 14.4 the crash tail goes to stdout and the message to stderr: a log of only one of them shows half a crash. A
    container killed from outside (exit code 137) leaves no message from V8: it is seen only if the kernel's or the
    supervisor's line is in the log.

Remedy
    Growth: find what grows with heap snapshots (if they were given with the log, the constructor is named); a higher limit
    only buys time, and the finding says how much. No growth: the limit is too small for the program's live set. C: split
    the one allocation. D: look at native memory.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gclog import units
from gclog.analysis.verdict.strikes import FATAL_STRIKES, LOW_MU
from gclog.diagnose import facts, remedies
from gclog.model.finding import Confidence, Finding
from gclog.model.report import ProcessReport
from gclog.model.verdict import Crash, CrashKind, Limit

__all__ = ["DEFAULTS", "ID", "Thresholds", "check"]

ID = "heap-exhausted"

MECHANISMS: dict[CrashKind, str] = {
    "ineffective-mark-compacts": "(A) full collections near the limit freed too little and V8 gave up",
    "heap-limit": "(B) the old generation had reached its limit",
    "one-large-allocation": "(C) one allocation failed even after last-resort collections",
}


@dataclass(frozen=True, slots=True)
class Thresholds:
    """None: a fatal error is a fact."""


DEFAULTS = Thresholds()


def check(process: ProcessReport, thresholds: Thresholds = DEFAULTS) -> Iterable[Finding]:
    crash = process.crash
    if crash is None:
        return
    confidence: Confidence = "high"
    match crash.kind:
        case "ineffective-mark-compacts" | "heap-limit" | "one-large-allocation":
            title = f"Out of heap{_when(crash)}: {MECHANISMS[crash.kind]}{_how_full(process)}"
        case "native-memory":
            title = f"(D) Out of memory, but not of JS heap{_when(crash)}{_how_full(process)}"
        case "unknown":
            confidence = "medium"
            title = f"The process died{_when(crash)}{_how_full(process)}; its fatal message is not in this log"
        case "worker-limit" | "not-memory" | "killed":
            return
    yield Finding(
        id=ID,
        severity="error",
        confidence=confidence,
        title=title,
        observed=crash.reason or crash.message,
        threshold=_threshold(process, crash),
        evidence=facts.pick_lines(
            crash.line, crash.last_gcs[-2:], process.verdict.foreseeable_line, [cycle.line for cycle in process.cycles[-2:]]
        ),
        remedy=_remedy(process, crash),
    )


def _when(crash: Crash) -> str:
    return "" if crash.at_ms is None else f" at {units.clock(crash.at_ms)}"


def _how_full(process: ProcessReport) -> str:
    live_mb = process.cycles[-1].after_mb if process.cycles else facts.known(process.heap.live_mb)
    if live_mb is None:
        return ""
    return f", live set {facts.of_limit(live_mb, process.limit) if isinstance(process.limit, Limit) else units.mb(live_mb)}"


def _threshold(process: ProcessReport, crash: Crash) -> str:
    match crash.kind:
        case "ineffective-mark-compacts":
            size = facts.size_threshold(process.node)
            return (
                f"{FATAL_STRIKES} full collections in a row that leave the old generation at {size} of its limit or "
                f"more at an average mu below {units.ratio(LOW_MU)}"
            )
        case "heap-limit":
            return f"the old generation's limit{_limit(process)}; V8 sets no condition on mu"
        case "one-large-allocation":
            return f"what is left below the limit{_limit(process)} or the largest size of one object"
        case _:
            return "any fatal memory error"


def _limit(process: ProcessReport) -> str:
    return f" of {units.mb(process.limit.mb)}" if isinstance(process.limit, Limit) else ""


def _remedy(process: ProcessReport, crash: Crash) -> str:
    match crash.kind:
        case "native-memory":
            return (
                "Not the heap limit: compare the process's RSS with its heap (process.memoryUsage(): rss, external, "
                "arrayBuffers), look at native addons, Buffers and the container's memory limit, which may be below what "
                "--max-old-space-size allows."
            )
        case "one-large-allocation":
            return "Make that allocation smaller: stream or page the data. A higher limit helps only if the object fits."
        case "unknown":
            return remedies.join("Keep stdout and stderr in one log.", _find(process))
        case _ if facts.is_growing(process.growth):
            return remedies.join(_find(process), remedies.say_what_more_buys(process))
        case _ if process.verdict.not_foreseeable is not None:
            return remedies.join(
                "Record what leads to it: start it with --trace-gc and keep the whole log.",
                _find(process),
            )
        case _:
            return remedies.join(
                "The live set did not grow before: if heap-limit-too-small is found too, follow that.",
                _find(process),
            )


def _find(process: ProcessReport) -> str:
    """What grows, if heap snapshots show it; else how to get them."""
    return remedies.advise_evidence(process)
