"""One allocation was too large for the heap, or accounts for most of its growth.

What it looks for
    A fatal error of V8's last resort ("CALL_AND_RETRY_LAST", "invalid array length", "invalid table size"): one object
    could not be placed. Or, in a process that is alive, a heap that was flat except for a single step.

Why it matters
    There is no trend, so no forecast can warn of it; and no leak, so a heap snapshot from before shows nothing.

Evidence
    The fatal line and the last collections, which show the room that was left.

Known problems
    V8 does not print the size. The finding gives a lower bound, the room that was left: the limit minus the live set. A
    leak can also end in CALL_AND_RETRY_LAST, if a small object is the one that no longer fits.

Remedy
    Stream or page the data instead of building one string, array, Map or Buffer of it; the native and the JavaScript stack
    name the operation.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass

from gclog import units
from gclog.diagnose import facts, limit_words, remedies
from gclog.model.finding import Finding
from gclog.model.report import ProcessReport
from gclog.model.verdict import Crash, Limit

__all__ = ["DEFAULTS", "ID", "Thresholds", "check"]

ID = "one-large-allocation"


FEWEST_AFTER = 3
"""Full collections after a step without which it is not known to be over: as many as any verdict needs."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """None: V8's own last resort is the threshold."""


DEFAULTS = Thresholds()


def check(process: ProcessReport, thresholds: Thresholds = DEFAULTS) -> Iterable[Finding]:
    crash = process.crash
    if crash is not None and crash.kind == "one-large-allocation":
        yield Finding(
            id=ID,
            severity="warning",
            confidence="medium" if facts.is_growing(process.growth) else "high",
            title=f"A single allocation of {_size(process, crash)} failed{_led_to(process)}",
            observed=_say_where(crash),
            threshold="the largest size of one object in V8"
            if remedies.is_refused_size(crash)
            else "what V8 can give one object after its last-resort collections",
            evidence=facts.pick_lines(
                crash.line, process.signs.last_resort_lines[-2:], [cycle.line for cycle in process.cycles[-2:]]
            ),
            remedy=remedies.make_smaller(crash),
        )
    elif crash is None and process.growth == "one-allocation":
        before, after = _largest_step(process)
        yield Finding(
            id=ID,
            severity="info",
            confidence="medium",
            title=f"One step took the live set from {units.mb(before[0])} to {units.mb(after[0])}; {_what_follows(process, after[1])}",
            observed=f"a step of {units.mb(after[0] - before[0])} between two full collections",
            threshold="the step is most of the growth",
            evidence=facts.pick_lines(after[1], before[1]),
            remedy=remedies.join("Look for what the program loaded or built then.", remedies.advise_evidence(process)),
        )


def _what_follows(process: ProcessReport, line: int) -> str:
    """Whether the full collections after a step, that at `line`, show where it led to."""
    later = sum(cycle.line > line for cycle in process.cycles)
    if later >= FEWEST_AFTER:
        return "it is flat before and after"
    return "it was flat before, and what comes after is not known yet"


def _size(process: ProcessReport, crash: Crash) -> str:
    if remedies.is_refused_size(crash):
        return "more than V8 allows one object"
    live_mb = process.cycles[-1].after_mb if process.cycles else facts.known(process.heap.live_mb)
    if live_mb is None or not isinstance(process.limit, Limit) or process.limit.mb <= live_mb:
        return "unknown size"
    if not process.limit.guess and not limit_words.is_exact(process.limit):
        return f"unknown size (live set {limit_words.of_limit(live_mb, process.limit)})"
    return f"at least about {units.mb(process.limit.mb - live_mb)} (live set {limit_words.of_limit(live_mb, process.limit)})"


def _led_to(process: ProcessReport) -> str:
    """Whether the live set was level before it, as far as that is known."""
    return ": no trend led to it" if process.growth in ("none", "levelled-off", "high-plateau", "off-heap") else ""


def _say_where(crash: Crash) -> str:
    at = crash.place or next(iter(crash.js_stack), "").strip()
    return f"{crash.reason}; JavaScript at {at}" if at else crash.reason


def _largest_step(process: ProcessReport) -> tuple[tuple[float, int], tuple[float, int]]:
    points = [(cycle.after_mb, cycle.line) for cycle in process.cycles] or [(0.0, process.span.first_line)]
    if len(points) == 1:
        return points[0], points[0]
    return max(itertools.pairwise(points), key=lambda pair: pair[1][0] - pair[0][0])
