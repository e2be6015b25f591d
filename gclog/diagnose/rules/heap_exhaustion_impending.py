"""On its current trend the process runs out of heap soon.

What it looks for
    A verdict of `impending` (on the current trend the limit is reached within the horizon, or the live set is near the
    limit and does not come down) or `critical` (V8 is already failing to free memory) at the end of a log without a fatal
    error. Also, as information, an earlier period at such a level.

Why it matters
    There is still time: for evidence of what fills the heap, an orderly restart, a higher limit.

Evidence
    The line from which the level has held without a break, the last change of level, and the last full collections.

Known problems
    A cache that fills, a batch job, a warm-up look like a leak while they grow: the finding says "on current trend".
    Accelerating growth reaches the limit before the expected moment: mind the early end of the interval. Without a known
    heap limit there is no such finding.

Remedy
    Take the evidence that there is room for while the process is alive (near the limit rarely a heap snapshot), then restart it
    gracefully. A higher limit buys as much time as the finding says.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from gclog import units
from gclog.analysis.verdict.limit_size import is_range, say_size
from gclog.analysis.verdict.strikes import FATAL_STRIKES
from gclog.diagnose import evidence, facts, limit_words, remedies, surroundings
from gclog.diagnose.more_heap import more_heap, twice_mb
from gclog.diagnose.platform_names import say_restart
from gclog.diagnose.sentences import take_first
from gclog.diagnose.settings_place import say_where_to_set
from gclog.model.finding import Confidence, Finding
from gclog.model.report import ProcessReport
from gclog.model.verdict import Forecast, Limit, TimelineEvent

__all__ = ["DEFAULTS", "ID", "Thresholds", "check"]

ID = "heap-exhaustion-impending"

FULL_SHARE = 0.95
FREED_SHARE = 0.02
BUSY_MU = 0.5
"""A heap at its limit of which a full collection frees this little, while the program gets less than half of the time, is about to end."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """None: the levels are judged by the analysis, with the horizon that it was given."""


DEFAULTS = Thresholds()

TOO_LATE_MS = 10_000.0
"""Nobody reads the advice and follows it within this time."""

NO_TIME_MS = 60_000.0
"""A heap snapshot of a large heap takes the better part of a minute, in which the program stands still."""


def check(process: ProcessReport, thresholds: Thresholds = DEFAULTS) -> Iterable[Finding]:
    if not evidence.is_alive(process):
        return
    alarms = [event for event in process.heap_timeline if event.level in ("impending", "critical")]
    if process.verdict.level in ("impending", "critical") and not process.by_memory:
        yield _impending(process, alarms)
    elif alarms:
        yield _passed(process, alarms)


def _impending(process: ProcessReport, alarms: list[TimelineEvent]) -> Finding:
    because = process.verdict.because
    return Finding(
        id=ID,
        severity="error",
        confidence=_confidence(process),
        title=_title(process, because),
        observed=because,
        threshold=_threshold(process),
        evidence=facts.pick_lines(
            process.verdict.since_line, [event.line for event in alarms[-1:]], [cycle.line for cycle in process.cycles[-3:]]
        ),
        remedy=_remedy(process),
    )


def _remedy(process: ProcessReport) -> str:
    """Evidence first, then the restart, if there is time for both."""
    forecast, (flag, first) = process.forecast, _more_heap(process)
    left_ms = forecast.at_expected_ms - forecast.now_ms if isinstance(forecast, Forecast) else math.inf
    if process.heap_level == "critical":
        left_ms = 0.0
    if left_ms < TOO_LATE_MS and _is_young(process):
        return remedies.join(
            f"This run cannot be saved in the time left: give the next one more heap, {flag}.",
            first,
            _next_time(process) if process.main else "",
        )
    if left_ms < NO_TIME_MS:
        return remedies.join(
            f"Restart it at once{say_restart(process)}: there is no time left for a heap snapshot.",
            _next_time(process) if process.main else "",
            remedies.say_what_more_buys(process),
        )
    if not isinstance(forecast, Forecast) and process.main and _is_full(process):
        return remedies.join(
            f"Restart it at once{say_restart(process)}, and if it has to hold this much, with more heap, {flag}: there is no time left for a heap snapshot.",
            first,
            _next_time(process),
        )
    is_bounded = isinstance(forecast, Forecast) and forecast.at_low_ms > forecast.now_ms
    restart = (
        f"Then restart it gracefully{say_restart(process)}{', before the early end of the interval' if is_bounded else ''}."
    )
    evidence_first, rest = take_first(remedies.advise_evidence(process))
    return remedies.join(evidence_first, restart, rest, remedies.say_what_more_buys(process))


def _is_full(process: ProcessReport) -> bool:
    """Whether the last full collection left the heap at its limit, freed next to nothing, and takes most of the program's time."""
    fullness, last = surroundings.fullness_of(process), process.cycles[-1] if process.cycles else None
    if fullness is None or last is None or last.average_mu is None:
        return False
    return fullness >= FULL_SHARE and last.reclaim_share <= FREED_SHARE and last.average_mu < BUSY_MU


def _is_young(process: ProcessReport) -> bool:
    """Whether it is a run of seconds, which nobody restarts as one does a service."""
    return process.span.last_ms < remedies.SHORT_LIFE_MS


def _more_heap(process: ProcessReport) -> tuple[str, str]:
    """How it gets more heap, and what that needs first."""
    if not process.main:
        return "resourceLimits.maxOldGenerationSizeMb", ""
    limit = process.limit if isinstance(process.limit, Limit) else process.limit.default
    heap_mb = max(0.0 if limit is None else limit.high_mb, facts.known(process.heap.live_mb) or 0.0)
    more = more_heap(process, heap_mb, twice_mb(heap_mb))
    return say_where_to_set(process, f"--max-old-space-size={more.mb:.0f}"), more.first


def _next_time(process: ProcessReport) -> str:
    if process.sampled is not None or remedies.say_what_fills(process):
        return remedies.advise_evidence(process)
    platform = surroundings.platform_of(process)
    advice = remedies.advise_sampling(surroundings.version_of(process), process.span.last_ms, platform)
    return advice if advice.startswith("From Node") else f"For the next run, {advice[0].lower()}{advice[1:]}"


def _title(process: ProcessReport, because: str) -> str:
    critical = process.verdict.level == "critical"
    if isinstance(process.forecast, Forecast):
        left_ms = process.forecast.at_expected_ms - process.forecast.now_ms
        low_ms = max(process.forecast.at_low_ms - process.forecast.now_ms, 0.0)
        high_ms = process.forecast.at_high_ms - process.forecast.now_ms
        limit = _say_limit(process.limit) if isinstance(process.limit, Limit) else "the limit"
        verb = "may be" if isinstance(process.limit, Limit) and process.limit.source in ("crash", "inferred") else "is"
        if left_ms > 0 and math.isfinite(left_ms):
            reached = (
                f"{limit} {verb} reached in {units.duration(left_ms)} on current trend ({facts.say_interval(low_ms, high_ms)})"
            )
            return f"V8 is failing to free memory; {reached}" if critical else f"Heap exhaustion impending: {reached}"
    return f"V8 is failing to free memory: {because}" if critical else f"Heap exhaustion impending: {because}"


def _say_limit(limit: Limit) -> str:
    inferred = "inferred " if limit.source in ("crash", "inferred") else ""
    return f"the {inferred}limit of {say_size(limit)}" if is_range(limit) else f"the {inferred}{units.mb(limit.mb)} limit"


def _threshold(process: ProcessReport) -> str:
    if process.verdict.level == "critical":
        return f"V8 gives up at {FATAL_STRIKES} ineffective full collections in a row, or when the limit is reached"
    return f"the limit of {say_size(process.limit)}" if isinstance(process.limit, Limit) else "the heap's limit"


def _confidence(process: ProcessReport) -> Confidence:
    if process.verdict.level == "critical":
        return "high"
    return limit_words.trust_limit(process.limit) if isinstance(process.limit, Limit) else "low"


def _passed(process: ProcessReport, alarms: list[TimelineEvent]) -> Finding:
    last = process.heap_timeline.index(alarms[-1])
    over = process.heap_timeline[last + 1] if last + 1 < len(process.heap_timeline) else None
    until = f" to {units.clock(over.at_ms)}" if over else ""
    return Finding(
        id=ID,
        severity="info",
        confidence="medium",
        title=f"Heap exhaustion was impending from {units.clock(alarms[0].at_ms)}{until}, and no longer is",
        observed=alarms[-1].because,
        threshold="the level is lower now",
        evidence=facts.pick_lines(alarms[0].line, alarms[-1].line, over.line if over else None),
        remedy="See what the program did then: a load peak, a batch job, a cache that filled. If it recurs with every peak, "
        "the margin to the limit is thin.",
    )
