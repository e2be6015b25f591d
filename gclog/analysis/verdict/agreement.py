"""The live set's trend and its kind of growth, made to agree: one is fitted to the last stretch, the other judged on the whole climb."""

from __future__ import annotations

from gclog import units
from gclog.analysis.measure.live_set import fit_old_space
from gclog.model.process import NoTrend, Trend
from gclog.model.verdict import GROWING, GrowthKind, Rise
from gclog.processes.rows import Table

__all__ = ["agreed_trend"]

NO_TREND: dict[GrowthKind, str] = {
    "not-known": "fewer than four full collections",
    "uneven": "the live set rises and falls",
    "cyclic": "the live set rises and falls in cycles",
    "one-allocation": "one step is no trend",
    "sudden": "a sudden burst is no trend",
}
"""Why a kind of growth has no trend, whatever line may be fitted to it."""


def agreed_trend(trend: Trend | NoTrend, growth: GrowthKind, rise: Rise | None, collections: Table) -> Trend | NoTrend:
    """The trend as the kind of growth has it: rising if the live set grows, and not if it does not.

    For a live set that grows, but whose last stretch does not (near the limit collections brake the program), it is fitted to the climb.
    """
    if isinstance(trend, NoTrend):
        return trend
    if growth in GROWING:
        return trend if trend.low_mb_per_h > 0 or rise is None else _trend_of(rise, collections)
    if trend.low_mb_per_h <= 0 and growth != "not-known":
        return trend
    if growth in NO_TREND:
        return NoTrend(NO_TREND[growth])
    if rise is not None:
        risen = f"from {units.mb(rise.from_mb)} to {units.mb(rise.to_mb)}"
        return NoTrend(f"it rose {risen} and has been level for {units.duration(rise.level_ms)}")
    return NoTrend(f"it moves by little, from {units.mb(trend.from_mb)} to {units.mb(trend.to_mb)}")


def _trend_of(rise: Rise, collections: Table) -> Trend | NoTrend:
    fitted = fit_old_space(collections, (rise.from_ms, rise.to_ms))
    if isinstance(fitted, Trend) and fitted.low_mb_per_h > 0:
        return fitted
    return NoTrend(f"it grew unevenly, from {units.mb(rise.from_mb)} to {units.mb(rise.to_mb)}")
