"""V8 counts full collections that free too little near the limit.

What it looks for
    Strikes of V8's own rule: after a full collection the old generation holds 80 % of its limit or more (95 % in Node 26)
    while the average mutator utilisation is below 0.4. One effective collection resets the count; at four V8 gives up.

Why it matters
    At the fourth strike in a row the process dies with "Ineffective mark-compacts near heap limit".

Evidence
    The full collections that counted as strikes.

Known problems
    It is a late signal, and many deaths (about two in three of those measured) never show it: its absence means nothing.
    The line shows the whole heap, of which the old generation is only a part, so what counts as a strike here may not be
    one for V8. Up to V8 11.6 the fourth one is not printed. The rule exists from V8 6.7 (Node 10.4).

Remedy
    As for impending exhaustion: take a snapshot, restart gracefully. If the live set is flat, the limit is too small for
    it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gclog import units
from gclog.analysis.verdict.strikes import FATAL_STRIKES, LOW_MU
from gclog.diagnose import facts
from gclog.diagnose.platform_names import say_restart
from gclog.diagnose.thresholds import declare
from gclog.model.finding import Finding, Severity
from gclog.model.report import ProcessReport

__all__ = ["DEFAULTS", "ID", "Thresholds", "check"]

ID = "ineffective-mark-compacts"

NUMBERS = ("no", "one", "two", "three")
"""In words: how many strikes are left."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    error_strikes: float = declare(2, "two in a row are halfway to death; a single one is often followed by recovery")


DEFAULTS = Thresholds()


def check(process: ProcessReport, thresholds: Thresholds = DEFAULTS) -> Iterable[Finding]:
    counted = [strike for strike in process.strikes if strike.count > 0]
    if not counted:
        return
    worst = max(counted, key=lambda strike: strike.count)
    last_line = process.cycles[-1].line if process.cycles else counted[-1].line
    holds = process.strikes[-1].count > 0 and process.strikes[-1].line >= last_line
    severity: Severity = "info"
    if holds:
        severity = "error" if process.strikes[-1].count >= thresholds.error_strikes else "warning"
    shown = process.strikes[-1] if holds else worst
    uncounted = "; the printed sizes include more than V8 counts" if worst.count > FATAL_STRIKES else ""
    yield Finding(
        id=ID,
        severity=severity,
        confidence="medium",
        title=f"Full collections near the limit freed too little: {_say_count(process, shown.count, holds)}",
        observed=f"{units.several(len(counted), 'such collection')}, {worst.count} in a row, the last at "
        f"{units.clock(counted[-1].at_ms)}{uncounted}",
        threshold=f"old generation at {facts.size_threshold(process.node)} of its limit or more and average mu below "
        f"{units.ratio(LOW_MU)}; V8 gives up at {FATAL_STRIKES} in a row",
        evidence=facts.pick_lines([strike.line for strike in counted[-5:]]),
        remedy=_remedy(process, holds),
    )


def _say_count(process: ProcessReport, count: int, holds: bool) -> str:
    """What the lines show of the count. V8's message means that it was complete, whatever is left of the lines.

    V8 gives up at its fourth: of a process that lived on, the lines' sizes include more than V8 counts.
    """
    if process.crash is not None and process.crash.kind == ID and count < FATAL_STRIKES:
        return f"the log shows {count} of the {FATAL_STRIKES} after which V8 gave up"
    strike = f"strike {count} of {FATAL_STRIKES}" if count <= FATAL_STRIKES else f"{units.count(count)} in a row"
    return f"{strike}, {_what_follows(process, count) if holds else 'then a collection reset the count'}"


def _what_follows(process: ProcessReport, count: int) -> str:
    """What the count means at the end of the log."""
    if process.crash is not None:
        return "then the process died"
    left = FATAL_STRIKES - count
    return f"{NUMBERS[left]} more and V8 gives up" if left > 0 else "at which V8 gives up"


def _remedy(process: ProcessReport, holds: bool) -> str:
    if process.crash is not None:
        return "Nothing separate: follow the finding about its death."
    if holds:
        return f"Restart it gracefully now{say_restart(process)}: at strike {FATAL_STRIKES} V8 ends it. Then find out why its live set is so large."
    return "See what the program did then: this close to the limit it has no margin for the next time."
