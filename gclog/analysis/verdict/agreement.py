"""The live set's trend and its kind of growth, made to agree: one is fitted to the last stretch, the other judged on the whole climb."""

from __future__ import annotations

from collections.abc import Sequence

from gclog import units
from gclog.analysis.measure.live_set import fit_old_space
from gclog.analysis.verdict.growth import GREW_SHARE
from gclog.model.process import NoTrend, Trend
from gclog.model.verdict import GROWING, GrowthKind, Rise, WhatIf
from gclog.processes.rows import Table

__all__ = ["agreed_gains", "agreed_trend"]

NO_TREND: dict[GrowthKind, str] = {
    "not-known": "fewer than four full collections",
    "uneven": "the live set rises and falls",
    "cyclic": "the live set rises and falls in cycles",
    "one-allocation": "one step is no trend",
    "sudden": "a sudden burst is no trend",
}
"""Why a kind of growth has no trend, whatever line may be fitted to it."""


def agreed_trend(trend: Trend | NoTrend, growth: GrowthKind, rise: Rise | None, collections: Table) -> Trend | NoTrend:
    """The trend as the kind of growth has it: that of the climb if the live set grows, and none if it does not.

    The climb is that of which the report says from where to where it went; the last stretch may be a part of it, or, near the limit,
    where collections brake the program, not rise at all.
    """
    if isinstance(trend, NoTrend):
        return trend
    if growth in GROWING:
        climb = None if rise is None else _trend_of(rise, collections)
        return climb if climb is not None and (isinstance(climb, Trend) or trend.low_mb_per_h <= 0) else trend
    if trend.low_mb_per_h <= 0 and growth != "not-known":
        return trend
    if growth in NO_TREND:
        return NoTrend(NO_TREND[growth])
    if rise is not None:
        risen = f"from {units.mb(rise.from_mb)} to {units.mb(rise.to_mb)}"
        return NoTrend(f"it rose {risen} and has been level for {units.duration(rise.level_ms)}")
    moved = f"from {units.mb(trend.from_mb)} to {units.mb(trend.to_mb)}"
    if trend.to_mb - trend.from_mb >= GREW_SHARE * trend.to_mb:
        return NoTrend(f"it rose {moved}, and does not keep rising")
    return NoTrend(f"it moves by little, {moved}")


def _trend_of(rise: Rise, collections: Table) -> Trend | NoTrend:
    fitted = fit_old_space(collections, (rise.from_ms, rise.to_ms))
    if isinstance(fitted, Trend) and fitted.low_mb_per_h > 0:
        return fitted
    return NoTrend(f"it grew unevenly, from {units.mb(rise.from_mb)} to {units.mb(rise.to_mb)}")


def agreed_gains(gains: Sequence[WhatIf], trend: Trend | NoTrend) -> tuple[WhatIf, ...]:
    """What a higher limit buys at the pace of the trend that the report gives."""
    if isinstance(trend, NoTrend) or trend.mb_per_h <= 0:
        return tuple(gains)
    return tuple(WhatIf(gain.extra_mb, gain.extra_mb / trend.mb_per_h * units.MS_PER_HOUR) for gain in gains)
