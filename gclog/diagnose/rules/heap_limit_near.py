"""The live set's floor is close to the limit.

What it looks for
    The smallest live set left by the last three full collections, as a share of the old generation's limit.

Why it matters
    Near the limit V8 collects more and more often for less and less, and one burst of work is enough to kill the process.

Evidence
    The last full collections.

Known problems
    The line shows the whole heap; the old generation, which the limit bounds, is at most that. An inferred limit is
    uncertain, which lowers the confidence. Without full collections the floor is what scavenges left: too high, since it
    includes garbage.

Remedy
    Growth: find what grows. No growth: the program needs a larger heap, or less in memory.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gclog import units
from gclog.diagnose import facts, limit_words, remedies
from gclog.diagnose.thresholds import declare, grade
from gclog.model.finding import Finding
from gclog.model.report import ProcessReport
from gclog.model.verdict import Limit

__all__ = ["DEFAULTS", "ID", "Thresholds", "check"]

ID = "heap-limit-near"


@dataclass(frozen=True, slots=True)
class Thresholds:
    info_share: float = declare(0.7, "a third of headroom is what a burst of work or a slow full collection takes")
    warning_share: float = declare(0.8, "V8's own threshold for an ineffective full collection near the limit")
    error_share: float = declare(
        0.9, "measured on labelled runs: no healthy one reached this, most that died did, 1 to 2 s before"
    )


DEFAULTS = Thresholds()


def check(process: ProcessReport, thresholds: Thresholds = DEFAULTS) -> Iterable[Finding]:
    floor = facts.measure_floor(process)
    if floor is None or floor.share is None or not isinstance(process.limit, Limit):
        return
    severity = grade(floor.share, info=thresholds.info_share, warning=thresholds.warning_share, error=thresholds.error_share)
    if severity is None:
        return
    growing, share = facts.is_growing(process.growth), limit_words.say_share(floor.mb, process.limit)
    raised = [message.line for message in facts.written_at_limit(process) if message.line < floor.lines[-1]]
    moved = f", which Node raised on line {units.count(raised[0])}, so the share is less now" if raised else ""
    yield Finding(
        id=ID,
        severity=severity if floor.after_full else "info",
        confidence=limit_words.trust_limit(process.limit) if floor.after_full and not raised else "low",
        title=f"The live set's floor is {limit_words.of_limit(floor.mb, process.limit)}: {share}",
        observed=f"{share}, the lowest of the last {len(floor.lines)} full collections"
        if floor.after_full
        else f"{share} after scavenges",
        threshold=f"{units.percent(thresholds.info_share)} info, {units.percent(thresholds.warning_share)} warning, "
        f"{units.percent(thresholds.error_share)} error; limit: {process.limit.why}{moved}",
        evidence=facts.pick_lines(floor.lines, process.limit.line, raised[:1]),
        remedy=_remedy(process, growing=growing),
    )


def _remedy(process: ProcessReport, *, growing: bool) -> str:
    if process.crash is not None and not facts.died_of_heap(process.crash):
        return "Nothing separate: follow the finding about its death."
    if growing:
        return remedies.join(remedies.advise_evidence(process), remedies.say_what_more_buys(process))
    return "The live set is steady: keep less in memory, or give it more room once GC takes a high share of the time."
