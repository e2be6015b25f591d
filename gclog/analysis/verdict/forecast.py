"""When the heap will be exhausted on the current trend, with an interval; and what a higher limit would gain."""

from __future__ import annotations

import math
from typing import NamedTuple

from gclog import units
from gclog.analysis.measure.robust import median
from gclog.analysis.verdict.floor import Floor
from gclog.analysis.verdict.interval import band_of
from gclog.analysis.verdict.limit_size import say_size
from gclog.analysis.verdict.pace import MIN_COLLECTIONS, Pace, paces
from gclog.analysis.verdict.signals import CollectionSeen
from gclog.analysis.verdict.trend_alarm import TrendAlarm
from gclog.model.verdict import Crash, Forecast, Limit, NoForecast, NoLimit, WhatIf

__all__ = ["Outlook", "exhaustion_mb", "forecast", "more_limit_gains", "unless_dead"]

MORE_LIMIT_SHARES = (0.25, 0.5, 1.0)
"""The steps in which limits are usually raised, as shares of the current one."""

MARGIN_SHARE = 0.05
"""V8 gives up slightly before or after the printed size reaches the limit: it limits pages, not objects, and the young
generation is included in what is printed. Observed from 0.98 to 1.06 of the limit in Node 4 to 24."""

FURTHEST = 10.0
"""No default is worth a date further away than this many times as long as growth was observed."""

OLD_YOUNG_MB = 16.0
"""A semi space of V8 4.3 and older, included in the printed size."""


def unless_dead(forecast: Forecast | NoForecast, crash: Crash | None) -> Forecast | NoForecast:
    """The forecast of a living process; a dead one has no time left."""
    return NoForecast("the process is dead") if crash is not None and isinstance(forecast, Forecast) else forecast


class Outlook(NamedTuple):
    """Input of a forecast. `used_mb` is the memory in use after the last collection of any kind."""

    floor: Floor
    limit: Limit | NoLimit
    last: CollectionSeen | None
    used_mb: float
    near_limit_share: float
    mu_is_low: bool
    limit_is_passed: bool
    trend: TrendAlarm


def exhaustion_mb(outlook: Outlook, limit: Limit, last: CollectionSeen) -> tuple[float, float, float]:
    """The live set at which V8 gives up: low, expected and high, in MB.

    V8 up to 4.3 applies the limit to each of its spaces, so pointers and data together may take twice as much. From 6.7 on it
    may give up at as little as four fifths of the limit if the program hardly gets to run.
    """
    if not last.isolated:
        return limit.low_mb, 2 * limit.mb, 2 * limit.high_mb + OLD_YOUNG_MB
    low, high = limit.low_mb * (1 - MARGIN_SHARE), limit.high_mb * (1 + MARGIN_SHARE)
    early = outlook.near_limit_share * limit.low_mb
    if math.isnan(last.mu) or last.after_mb >= early:
        return low, limit.mb, high
    return early, (early + limit.mb) / 2 if outlook.mu_is_low else limit.mb, high


def forecast(outlook: Outlook, now_ms: float) -> Forecast | NoForecast:
    """The forecast at `now_ms`, no earlier than the last collection.

    Every window in which the floor rises steadily contributes a date; the median is expected. The interval is what such expectations
    came to on runs whose end is known, and reaches at least to the highest level at which V8 may give up. It holds the expectation
    itself, also where nine in ten of those ended sooner than expected.
    """
    last, floor = outlook.last, outlook.floor
    limit, default = outlook.limit, None
    if isinstance(limit, NoLimit):
        default = limit.default
        if default is None:
            return NoForecast("no heap limit known")
        limit = Limit(default.low_mb, default.low_mb, default.high_mb, "inferred", default.why, None)
    if last is None or floor.count < MIN_COLLECTIONS:
        return NoForecast("fewer than four full collections so far")
    low_mb, expected_mb, high_mb = exhaustion_mb(outlook, limit, last)
    found = list(paces(floor, last.at_ms))
    if last.after_mb >= high_mb:
        return NoForecast(
            f"{units.mb(last.after_mb)} are alive, more than the limit of {say_size(limit)}: V8 may give up at any time"
        )
    if outlook.limit_is_passed:
        return NoForecast(
            f"the heap has outgrown an earlier estimate of its limit: V8 may give up at any time ({units.mb(last.after_mb)} alive)"
        )
    if not found or outlook.trend.has_stopped(now_ms, outlook.used_mb):
        return NoForecast("the live set does not keep rising")
    expected = median(sorted(pace.reaches_after(expected_mb) for pace in found))
    if math.isinf(expected) and outlook.trend.raised:
        return NoForecast(f"growth is slowing down, and may reach the limit of {say_size(limit)} or end just below it")
    if math.isinf(expected):
        return NoForecast(
            f"growth is slowing down: on its course the live set levels off below the limit of {say_size(limit)}"
            f"{'' if default is None else ', if nobody has set it'}"
        )
    if default is not None and expected > FURTHEST * max(pace.window_ms for pace in found):
        return NoForecast("no heap limit known")
    steady = min(found, key=lambda pace: abs(pace.reaches_after(expected_mb) - expected))
    band = band_of(expected, last.at_ms, limit_is_known=limit.source != "inferred")
    latest = steady.reaches_after(high_mb)
    early, late = min(band.early, 1.0) * expected, max(max(band.late, 1.0) * expected, 0.0 if math.isinf(latest) else latest)
    from_ms = last.at_ms + _delay(steady, now_ms, outlook.used_mb)
    return Forecast(
        at_low_ms=max(from_ms + early, now_ms),
        at_expected_ms=max(from_ms + expected, now_ms),
        at_high_ms=max(from_ms + late, now_ms),
        now_ms=now_ms,
        basis=(
            f"live set from {units.mb(steady.from_mb)} to {units.mb(steady.now_mb)} in {units.duration(steady.window_ms)}, "
            f"V8 gives up between {units.mb(low_mb)} and {units.mb(high_mb)}{'' if default is None else f', {default.why}'}"
        ),
    )


def _delay(pace: Pace, now_ms: float, used_mb: float) -> float:
    """How far growth lags its pace, in ms, given that the live set is at most what is in use now."""
    expected_mb = pace.now_mb + pace.mb_per_ms * (now_ms - pace.now_ms)
    return min(max((expected_mb - used_mb) / pace.mb_per_ms, 0.0), now_ms - pace.now_ms)


def more_limit_gains(outlook: Outlook) -> tuple[WhatIf, ...]:
    """What raising the limit by 25, 50 and 100 % would gain; empty if no trend leads to a known limit."""
    limit, pace = outlook.limit, outlook.trend.pace
    if isinstance(limit, NoLimit) or pace is None:
        return ()
    top = max(limit.mb, pace.now_mb)
    now_ms = pace.reaches_after(top)
    gains = ((share * limit.mb, pace.reaches_after(top + share * limit.mb) - now_ms) for share in MORE_LIMIT_SHARES)
    return tuple(WhatIf(extra_mb=mb, gained_ms=ms) for mb, ms in gains if not math.isinf(now_ms) and not math.isinf(ms))
