"""The live set grows.

What it looks for
    A climb of the live set's floor after full collections that lasts, or that only the limit has ended, and that is a fair part
    of the live set. Its rate is a robust slope (Theil-Sen) with a 90 % interval, if one can be fitted.

Why it matters
    Unbounded growth reaches the limit, and the process dies. The rate says when to look, the kind of growth where.

Evidence
    Full collections from the first to the last of the stretch.

Known problems
    While it lasts, growth that will stop (a warm-up, a bounded cache) looks the same as growth that will not: this is the
    current trend, not a verdict on the program.

Remedy
    Compare two heap snapshots taken some minutes apart: what is only in the second is what grows. If they were given with
    the log, the constructor that grows is named. A higher limit only buys time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gclog import units
from gclog.diagnose import facts, remedies
from gclog.diagnose.thresholds import declare
from gclog.model.finding import Confidence, Finding, Severity
from gclog.model.process import Trend
from gclog.model.report import ProcessReport
from gclog.model.verdict import Limit, Rise

__all__ = ["DEFAULTS", "ID", "Thresholds", "check"]

ID = "old-space-growth"


@dataclass(frozen=True, slots=True)
class Thresholds:
    rise_share: float = declare(0.1, "a rise below a tenth of the live set is within the noise of full collections")
    sure_points: float = declare(10, "ten full collections: with fewer the interval of a Theil-Sen slope is wide")


DEFAULTS = Thresholds()


def check(process: ProcessReport, thresholds: Thresholds = DEFAULTS) -> Iterable[Finding]:
    rise = process.rise
    if rise is None or not facts.is_growing(process.growth) or rise.to_mb - rise.from_mb < thresholds.rise_share * rise.from_mb:
        return
    lines = [cycle.line for cycle in process.cycles if rise.from_ms <= cycle.at_ms <= rise.to_ms]
    yield Finding(
        id=ID,
        severity=_severity(process),
        confidence=_confidence(process, thresholds),
        title=f"Live set {facts.say_growth(process)}, from {units.mb(rise.from_mb)} to {units.mb(rise.to_mb)}",
        observed=_observed(process, rise),
        threshold=f"growth that lasts, and a rise of {units.percent(thresholds.rise_share)} of the live set or more",
        evidence=facts.pick_lines(facts.spread_lines(lines) or (process.span.first_line, process.span.last_line)),
        remedy=remedies.join(
            remedies.advise_evidence(process),
            "" if facts.is_under_pressure(process) else remedies.say_what_more_buys(process),
        ),
    )


def _severity(process: ProcessReport) -> Severity:
    if process.is_as_before:
        return "info"
    if process.growth == "decelerating" and not facts.is_under_pressure(process):
        return "info"
    return "warning" if process.heap_level not in ("ok", "not-assessable") else "info"


def _confidence(process: ProcessReport, thresholds: Thresholds) -> Confidence:
    trend = process.heap.old_space_trend
    return "high" if isinstance(trend, Trend) and trend.points >= thresholds.sure_points else "medium"


def _observed(process: ProcessReport, rise: Rise) -> str:
    """The trend with its interval if there is one, else the climb; what that is of the limit, and when it doubles."""
    trend = process.heap.old_space_trend
    mb_per_h = trend.mb_per_h if isinstance(trend, Trend) else rise.mb_per_h
    if isinstance(trend, Trend):
        rate, low, high = units.rates(mb_per_h, trend.low_mb_per_h, trend.high_mb_per_h)
        over = f"{units.count(trend.points)} full collections, {units.duration(trend.to_ms - trend.from_ms)}"
        said = f"{rate} ({low} to {high}) over {over}"
    else:
        said = f"{units.rates(mb_per_h)[0]} over {units.duration(rise.to_ms - rise.from_ms)}"
    if isinstance(process.limit, Limit) and mb_per_h <= process.limit.mb:
        said += f", {units.percent(mb_per_h / process.limit.mb)} of the limit per hour"
    if process.crash is not None or mb_per_h <= 0:
        return said
    return f"{said}; doubles in {units.duration(rise.to_mb / mb_per_h * units.MS_PER_HOUR)} on current trend"
