"""The live set grows.

What it looks for
    A robust slope (Theil-Sen) of the live set's floor after full collections whose entire 90 % interval is above zero, over
    the last stretch without a break, and a rise that is a fair part of the live set.

Why it matters
    Unbounded growth reaches the limit, and the process dies. The rate says when to look, the kind of growth where.

Evidence
    Full collections from the first to the last of the stretch.

Known problems
    While it lasts, growth that will stop (a warm-up, a bounded cache) looks the same as growth that will not: this is the
    current trend, not a verdict on the program. Without full collections the trend rests on scavenges, with low confidence.

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
from gclog.model.verdict import Limit

__all__ = ["DEFAULTS", "ID", "Thresholds", "check"]

ID = "old-space-growth"


@dataclass(frozen=True, slots=True)
class Thresholds:
    rise_share: float = declare(0.1, "a rise below a tenth of the live set is within the noise of full collections")
    sure_points: float = declare(10, "ten full collections: with fewer the interval of a Theil-Sen slope is wide")


DEFAULTS = Thresholds()


def check(process: ProcessReport, thresholds: Thresholds = DEFAULTS) -> Iterable[Finding]:
    trend = process.heap.old_space_trend
    if not isinstance(trend, Trend) or trend.low_mb_per_h <= 0 or not _climbs(process):
        return
    rise_mb = trend.to_mb - trend.from_mb
    if rise_mb < thresholds.rise_share * trend.from_mb:
        return
    lines = [cycle.line for cycle in process.cycles if trend.from_ms <= cycle.at_ms <= trend.to_ms]
    yield Finding(
        id=ID,
        severity=_severity(process),
        confidence=_confidence(trend, thresholds),
        title=f"Live set {_kind(process)}: {facts.say_rate(trend.mb_per_h)}, from "
        f"{units.mb(trend.from_mb)} to {units.mb(trend.to_mb)} in {units.duration(trend.to_ms - trend.from_ms)}",
        observed=_observed(process, trend),
        threshold=f"whole interval above zero and a rise of {units.percent(thresholds.rise_share)} of the live set or more",
        evidence=facts.pick_lines(facts.spread_lines(lines) or (process.span.first_line, process.span.last_line)),
        remedy=remedies.join(
            remedies.advise_snapshots_of(process),
            "" if facts.is_under_pressure(process) else remedies.say_what_more_buys(process),
        ),
    )


def _climbs(process: ProcessReport) -> bool:
    """By its kind of growth; or by the level, if the kind could not be determined."""
    return facts.is_growing(process.growth) or (process.growth == "none" and process.heap_level not in ("ok", "not-assessable"))


def _kind(process: ProcessReport) -> str:
    return facts.GROWTH_IN_WORDS[process.growth] if facts.is_growing(process.growth) else "growing"


def _severity(process: ProcessReport) -> Severity:
    if process.growth == "decelerating" and not facts.is_under_pressure(process):
        return "info"
    return "warning" if process.heap_level not in ("ok", "not-assessable") else "info"


def _confidence(trend: Trend, thresholds: Thresholds) -> Confidence:
    if trend.basis == "scavenge":
        return "low"
    return "high" if trend.points >= thresholds.sure_points else "medium"


def _observed(process: ProcessReport, trend: Trend) -> str:
    hours = trend.to_mb / trend.mb_per_h
    per_limit = (
        f", {units.percent(trend.mb_per_h / process.limit.mb)} of the limit per hour"
        if isinstance(process.limit, Limit) and trend.mb_per_h <= process.limit.mb
        else ""
    )
    return (
        f"{facts.say_rate(trend.mb_per_h)} ({facts.say_rate(trend.low_mb_per_h)} to "
        f"{facts.say_rate(trend.high_mb_per_h)}) over {units.count(trend.points)} "
        f"{'full collections' if trend.basis == 'mark_compact' else 'scavenges'}{per_limit}; doubles in "
        f"{units.duration(hours * units.MS_PER_HOUR)} on current trend"
    )
