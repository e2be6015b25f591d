"""When the heap is exhausted on the current trend, with an interval; and what a higher limit would buy."""

from __future__ import annotations

import math
import statistics
from typing import NamedTuple

from gclog import units
from gclog.analysis.verdict.floor import Floor
from gclog.analysis.verdict.growth import rests_between_steps
from gclog.analysis.verdict.pace import LEAST_COLLECTIONS, Pace, paces
from gclog.analysis.verdict.signals import Seen
from gclog.analysis.verdict.trend_alarm import TrendAlarm
from gclog.model.verdict import Forecast, Limit, NoForecast, NoLimit, WhatIf

__all__ = ["Outlook", "exhaustion_mb", "forecast", "more_limit_gains"]

MORE_LIMIT_SHARES = (0.25, 0.5, 1.0)
"""What-if: the steps in which limits are usually raised."""

MARGIN_SHARE = 0.05
"""V8 gives up a little before or after the printed size reaches the limit: it bounds pages, not objects, and the young
generation is printed with it. Seen from 0.98 to 1.06 of the limit in Node 4 to 24."""

OLD_YOUNG_MB = 16.0
"""A semi space of V8 4.3 and older, which is printed with the old generation."""


SLOWDOWN = 1.25
"""The latest date: growth goes on at four fifths of its pace, as near the limit, where full collections take time from it."""

HASTE = 0.8
"""The earliest date: growth goes on at five fourths of its pace. With SLOWDOWN, the spread of the pace between the halves of
growth that passes for even."""


class Outlook(NamedTuple):
    """What a forecast goes by. `used_mb` is what was in use after the last collection of any kind."""

    floor: Floor
    limit: Limit | NoLimit
    last: Seen | None
    used_mb: float
    near_limit_share: float
    mu_is_low: bool
    limit_is_passed: bool
    trend: TrendAlarm


def exhaustion_mb(outlook: Outlook, limit: Limit, last: Seen) -> tuple[float, float, float]:
    """The live set at which V8 gives up: low, expected, high, MB.

    V8 up to 4.3 bounds each of its spaces by the limit, so that pointers and data together may take twice as much. From 6.7
    on it may give up at four fifths of the limit already, if the program hardly gets to run.
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

    Every window in which the floor rises steadily has its say: the earliest of their dates at the lowest level at which V8 may
    give up, the latest at the highest, the median in between.
    """
    limit, last, floor = outlook.limit, outlook.last, outlook.floor
    if isinstance(limit, NoLimit):
        return NoForecast("no heap limit known")
    if last is None or floor.count < LEAST_COLLECTIONS:
        return NoForecast("fewer than four full collections so far")
    low_mb, expected_mb, high_mb = exhaustion_mb(outlook, limit, last)
    found = list(paces(floor, last.at_ms))
    if outlook.limit_is_passed or last.after_mb >= high_mb:
        return NoForecast(
            f"with {units.mb(last.after_mb)} alive the limit of {units.mb(limit.mb)} is passed: V8 may give up at any time"
        )
    if not found or outlook.trend.has_stopped(now_ms, outlook.used_mb):
        return NoForecast("the live set does not keep rising")
    expected = statistics.median(pace.reaches_after(expected_mb) for pace in found)
    dates = [date for pace in found if not math.isinf(date := pace.reaches_after(expected_mb))]
    if math.isinf(expected):
        return NoForecast(
            f"growth is slowing down: on its course the live set levels off below the limit of {units.mb(limit.mb)}"
        )
    steady = min(found, key=lambda pace: abs(pace.reaches_after(expected_mb) - expected))
    early = _together(expected, steady.reaches_after(low_mb - _next_step(steady, floor)), min(dates), HASTE * expected)
    latest = steady.reaches_after(high_mb)
    late = _together(expected, max(dates) if math.isinf(latest) else latest, max(dates), SLOWDOWN * expected)
    from_ms = last.at_ms + _delay(steady, now_ms, outlook.used_mb)
    return Forecast(
        at_low_ms=max(from_ms + expected - early, now_ms),
        at_expected_ms=max(from_ms + expected, now_ms),
        at_high_ms=max(from_ms + expected + late, now_ms),
        now_ms=now_ms,
        basis=(
            f"live set from {units.mb(steady.from_mb)} to {units.mb(steady.now_mb)} in {units.duration(steady.window_ms)}, "
            f"V8 gives up between {units.mb(low_mb)} and {units.mb(high_mb)}"
        ),
    )


def _together(expected: float, *others: float) -> float:
    """How far independent sources of error move a date together: the root of the sum of squares."""
    return math.hypot(*(other - expected for other in others))


def _next_step(pace: Pace, floor: Floor) -> float:
    """Where the floor rests between its steps, the next step may come at once: its size, else 0."""
    return floor.largest_step(pace.from_ms) if rests_between_steps(pace, floor) else 0.0


def _delay(pace: Pace, now_ms: float, used_mb: float) -> float:
    """By how much the growth lags behind its pace, ms, for the live set is at most what is in use now."""
    expected_mb = pace.now_mb + pace.mb_per_ms * (now_ms - pace.now_ms)
    return min(max((expected_mb - used_mb) / pace.mb_per_ms, 0.0), now_ms - pace.now_ms)


def more_limit_gains(outlook: Outlook) -> tuple[WhatIf, ...]:
    """What a quarter, a half and once as much limit again would buy; nothing where no trend leads to a known limit."""
    limit, pace = outlook.limit, outlook.trend.pace
    if isinstance(limit, NoLimit) or pace is None:
        return ()
    top = max(limit.mb, pace.now_mb)
    now_ms = pace.reaches_after(top)
    gains = ((share * limit.mb, pace.reaches_after(top + share * limit.mb) - now_ms) for share in MORE_LIMIT_SHARES)
    return tuple(WhatIf(extra_mb=mb, gained_ms=ms) for mb, ms in gains if not math.isinf(now_ms) and not math.isinf(ms))
