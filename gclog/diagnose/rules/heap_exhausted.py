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
    A heap that was full: open the heap snapshots that it wrote or that were given with the log; a build, or a young process
    under a default limit, may simply need more; otherwise find what grows, in the way that its host and version allow. C:
    split the one allocation. D: see what the system has left and what bounds the process.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from gclog import units
from gclog.analysis.measure.full_heap import FAR_BELOW, FAR_MB
from gclog.analysis.measure.locations import RETRIED, name_work
from gclog.analysis.verdict.strikes import FATAL_STRIKES, LOW_MU
from gclog.diagnose import facts, limit_words, remedies
from gclog.diagnose.death_remedies import advise_on_death
from gclog.model.finding import Confidence, Finding
from gclog.model.report import ProcessReport
from gclog.model.verdict import Crash, CrashKind, Limit, LimitAtDeath

__all__ = ["DEFAULTS", "ID", "Thresholds", "check"]

ID = "heap-exhausted"

MECHANISMS: dict[CrashKind, str] = {
    "ineffective-mark-compacts": "(A) full collections near the limit freed too little and V8 gave up",
    "heap-limit": "(B) the old generation had reached its limit",
    "one-large-allocation": "(C) one allocation failed even after last-resort collections",
}
"""What the message means, if the sizes do not contradict it."""

LARGE_IN_JS = re.compile(r"(?:join|from|concat|stringify|parse|toString|slowToString|replace|split|alloc|allocate)\b")
"""JavaScript frames of what builds one large object."""

REFUSED = "(C) V8 refused one object: its size is beyond what V8 allows, whatever the heap's limit"
UNDECIDED = "(B or C) the heap was full, or one object too large for what was left: which cannot be told"

ONE_OR_FULL = "(B or C) the old generation had reached its limit, or one large allocation did not fit into the rest"
FAR = f"(B, C or D) {FAR_BELOW}"

FULL_SHARE = 0.95
"""Heaps that leaked end at this share of their limit or more; with less, and a large object in the making, that may be what failed."""

LARGE_STEP_SHARE = 0.05
"""A last step of this share of the live set or more is worth a word."""


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
            mechanism = MECHANISMS[crash.kind]
            if remedies.is_refused_size(crash):
                mechanism = REFUSED
            elif crash.kind == "heap-limit" and is_undecided(process, crash):
                confidence, mechanism = "low", FAR if is_far_below(process) else UNDECIDED
            elif crash.kind == "heap-limit" and has_room(process, crash):
                confidence, mechanism = "medium", ONE_OR_FULL
            title = f"Out of heap{_when(crash)}: {mechanism}{_how_full(process)}"
        case "native-memory":
            title = f"(D) Out of memory, but not of JS heap{_when(crash)}{_how_full(process)}"
        case "unknown" if crash.exhausted and crash.message:
            confidence = "low"
            title = (
                f"Out of memory{_when(crash)}{_how_full(process)}: of heap, of room for one large object, or of the machine's"
            )
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
        observed=_observe(process, crash),
        threshold=_threshold(process, crash),
        evidence=facts.pick_lines(
            crash.line, crash.last_gcs[-2:], process.verdict.foreseeable_line, [cycle.line for cycle in process.cycles[-2:]]
        ),
        remedy=advise_on_death(process, crash),
    )


def is_undecided(process: ProcessReport, crash: Crash) -> bool:
    """Whether the last resort failed and nothing but the sizes at that moment says how full the heap was."""
    is_retried = crash.location is not None and crash.location.startswith(tuple(sorted(RETRIED)))
    is_default = crash.at_limit is not None and crash.at_limit.origin == "default"
    if not is_retried or is_default:
        return False
    return not isinstance(process.limit, Limit) or process.limit.source == "crash" or facts.known(process.heap.live_mb) is None


def is_far_below(process: ProcessReport) -> bool:
    """Whether the heap was far below every default limit, and no limit is known."""
    live_mb = facts.known(process.heap.live_mb)
    return live_mb is not None and live_mb < FAR_MB and not isinstance(process.limit, Limit)


def has_room(process: ProcessReport, crash: Crash) -> bool:
    """Whether the heap was not quite full while the stack shows that something large was being built."""
    live_mb = facts.known(process.heap.live_mb)
    if live_mb is None or not isinstance(process.limit, Limit) or live_mb >= FULL_SHARE * process.limit.mb:
        return False
    names = [*crash.native_stack, *crash.js_stack]
    return name_work(crash.native_stack) is not None or any(LARGE_IN_JS.match(name.strip()) for name in names)


def _observe(process: ProcessReport, crash: Crash) -> str:
    """The reason, where the program was, and what the last collections say of the limit."""
    place = f"JavaScript at {crash.place}" if crash.place else ""
    block = "" if crash.refused_mb is None else f"a block of {units.mb(crash.refused_mb)} was refused"
    said = (crash.reason or crash.message, block, place, *(_say_limit(process, crash.at_limit) if crash.at_limit else ()))
    return "; ".join(part for part in said if part)


def _say_limit(process: ProcessReport, at: LimitAtDeath) -> Iterable[str]:
    is_named = isinstance(process.limit, Limit) and process.limit.source not in ("inferred", "crash")
    between = f"{units.mb(min(at.low_mb, at.mb))} to {units.mb(max(at.high_mb, at.mb))}"
    if is_named:
        pass
    elif at.guess == "V8's default":
        yield f"the limit of about {units.mb(at.mb)} is {at.why}"
    elif at.origin == "default":
        yield f"the sizes give a limit of {between}: {units.mb(at.mb)} is {at.why}, unless somebody set it"
    elif at.guess == "round":
        yield f"the sizes give a limit of {between}, in which {at.mb:.0f} MB is the likeliest setting: {at.why}"
    elif at.is_sure:
        yield f"the sizes give a limit of {between}: {at.why}"
    elif not isinstance(process.limit, Limit):
        yield f"a limit between {units.mb(at.low_mb)} and {units.mb(at.high_mb)}"
    if at.holds_large_object:
        alive = f"of {units.mb(at.committed_mb)} committed only {units.mb(at.live_mb)} were alive"
        yield f"{alive}: one large object did not fit, or the heap is fragmented"
    if at.step_mb is not None and at.step_mb >= LARGE_STEP_SHARE * at.live_mb:
        yield f"the last step was {units.mb(at.step_mb)}"
    if at.mb_per_day is not None and process.crash is not None and process.crash.at_ms is not None:
        age = units.duration(process.crash.at_ms)
        rate = f"{units.mb(at.live_mb)} after {age} is {units.mb(at.mb_per_day)} a day on average"
        yield f"{rate}: twice the limit buys as long again at most, if growth was steady"


def _when(crash: Crash) -> str:
    return "" if crash.at_ms is None else f" at {units.clock(crash.at_ms)}"


def _how_full(process: ProcessReport) -> str:
    live_mb = process.cycles[-1].after_mb if process.cycles else facts.known(process.heap.live_mb)
    if live_mb is None:
        return ""
    if not isinstance(process.limit, Limit):
        return f", live set {units.mb(live_mb)}"
    return f", live set {limit_words.of_limit(live_mb, process.limit, raised=bool(facts.written_at_limit(process)))}"


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
        case "one-large-allocation" if remedies.is_refused_size(crash):
            return "the largest size of one object in V8"
        case "one-large-allocation":
            return f"what is left below the limit{_limit(process)}, or the largest size of one object"
        case _:
            return "any fatal memory error"


def _limit(process: ProcessReport) -> str:
    return f", {limit_words.say_limit(process.limit)}" if isinstance(process.limit, Limit) else ""
