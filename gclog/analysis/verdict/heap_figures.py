"""The heap by the figures that a program printed: its level and the time left, for a log without a collection.

A reading of `heapUsed` includes garbage, so the live set is at most as large as the lowest readings around it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from gclog import units
from gclog.analysis.measure.memory import LATE_PACE_SHARE, MIN_READINGS, MIN_RISE_MB
from gclog.analysis.measure.robust import Floats, lower_envelope, theil_sen
from gclog.analysis.verdict.limit_size import is_range, say_size
from gclog.analysis.verdict.outside import FAR_SHARE, HORIZON_MS, NEAR_SHARE, OutsideLevel
from gclog.model.verdict import Forecast, Limit, NoForecast, NoLimit
from gclog.model.witness import MemoryGrowth, MemoryLimit, NoMemoryLimit

__all__ = ["Climb", "climb_of", "forecast_climb", "judge_heap", "reaches"]

FULL_SHARE = 0.95
"""From this share of the limit on even a heap that has stopped growing is in danger: the young generation hardly fits."""

FURTHEST = 10
"""No date is given beyond ten times what was observed, unless the figure grew by much in that time."""

FLOOR_SHARE = 1 / 3
"""Share of the readings whose lowest is the floor at the end."""


HASTE, SLOWDOWN = 0.8, 1.25
"""The pace may change by a quarter either way, as growth does that still counts as steady, however sure the trend is."""


@dataclass(frozen=True, slots=True)
class Climb:
    """How a figure's low points moved, MB and MB per ms (per reading if there is no clock).

    from_mb, to_mb   at the first and the last reading, by the trend
    floor_mb         the lowest of the last third of the readings
    pace, low, high  the trend, and its 90 % interval
    span             from the first to the last reading, ms or readings
    is_timed         whether there is a clock
    is_climbing      whether it rises, by enough, and still did in the second half
    """

    from_mb: float
    to_mb: float
    floor_mb: float
    pace: float
    low: float
    high: float
    span: float
    is_timed: bool
    is_climbing: bool


def climb_of(at_ms: Floats | None, mb: Floats) -> Climb | None:
    """The climb of a figure's low points; None if there are too few readings of it."""
    said = ~np.isnan(mb)
    if int(said.sum()) < MIN_READINGS:
        return None
    clock = np.arange(len(mb), dtype=np.float64) if at_ms is None else at_ms
    at, low_points = clock[said] - clock[said][0], lower_envelope(mb[said])
    fit = theil_sen(at, low_points)
    if math.isnan(fit.slope):
        return None
    begin = float(np.median(low_points - fit.slope * at))
    end = begin + fit.slope * float(at[-1])
    half = len(at) // 2
    late = theil_sen(at[half:], low_points[half:]).slope
    climbs = fit.low > 0 and end - begin >= MIN_RISE_MB and late >= LATE_PACE_SHARE * fit.slope
    floor = float(mb[said][-max(1, round(len(at) * FLOOR_SHARE)) :].min())
    return Climb(begin, end, floor, fit.slope, fit.low, fit.high, float(at[-1]), at_ms is not None, climbs)


def reaches(climb: Climb | None, limit_mb: float) -> bool:
    """Whether a climb leads to a limit, within ten times the time that it was observed for."""
    return climb is not None and climb.is_climbing and _left(climb, limit_mb) <= FURTHEST * climb.span


def judge_heap(climb: Climb | None, growth: MemoryGrowth, limit: Limit | NoLimit) -> OutsideLevel | None:
    """The level that the heap in use calls for; None if there are too few readings of it."""
    if climb is None:
        return None
    grows = growth in ("heap", "both") and climb.to_mb - climb.from_mb >= MIN_RISE_MB
    moved = f"the heap in use went from {units.mb(climb.from_mb)} to {units.mb(climb.to_mb)}"
    level = f"the heap in use did not keep climbing: at least {units.mb(climb.floor_mb)} at the end"
    if isinstance(limit, NoLimit):
        return OutsideLevel("rising", moved) if grows else OutsideLevel("ok", level)
    share = max(climb.to_mb, climb.floor_mb) / limit.mb
    of = f"of a limit of {say_size(limit)}" if is_range(limit) else f"{units.percent(share)} of the {units.mb(limit.mb)} limit"
    said = f"{moved}, {of}"
    if climb.floor_mb >= FULL_SHARE * limit.low_mb:
        return OutsideLevel(
            "impending", f"the heap in use stays near the limit: at least {units.mb(climb.floor_mb)} of {say_size(limit)}"
        )
    left = _left(climb, limit.mb) if climb.is_climbing else math.inf
    if climb.is_climbing and share >= NEAR_SHARE:
        return OutsideLevel("impending", said)
    if climb.is_timed and share >= FAR_SHARE and left <= min(HORIZON_MS, climb.span):
        return OutsideLevel("impending", f"{said}, which is reached in {units.duration(left)} on this trend")
    if grows or reaches(climb, limit.mb):
        return OutsideLevel("rising", said)
    return OutsideLevel("ok", level)


def forecast_climb(
    name: str, climb: Climb | None, *, grows: bool, limit: Limit | NoLimit | MemoryLimit | NoMemoryLimit
) -> Forecast | NoForecast:
    """When a figure reaches its limit on its trend, counted from the first reading. `name`: what it is called in a reason."""
    if isinstance(limit, NoLimit | NoMemoryLimit):
        return NoForecast("no heap limit known" if isinstance(limit, NoLimit) else limit.reason)
    if climb is None:
        return NoForecast(f"fewer than {MIN_READINGS} readings of {name}")
    low_mb, high_mb = (limit.mb, limit.mb) if isinstance(limit, MemoryLimit) else (limit.low_mb, limit.high_mb)
    size = units.mb(limit.mb) if isinstance(limit, MemoryLimit) else say_size(limit)
    if climb.floor_mb >= high_mb:
        return NoForecast(f"with {units.mb(climb.floor_mb)} the limit of {size} is passed")
    left = _left(climb, limit.mb) if climb.is_climbing else math.inf
    if not climb.is_climbing or not (grows or reaches(climb, limit.mb)):
        return NoForecast(f"{name} does not keep rising")
    if not climb.is_timed:
        return NoForecast("the lines have no clock")
    early = min(max(low_mb - climb.to_mb, 0.0) / climb.high, HASTE * left)
    late = max((high_mb - climb.to_mb) / climb.low, SLOWDOWN * left)
    moved = f"{name} from {units.mb(climb.from_mb)} to {units.mb(climb.to_mb)} in {units.duration(climb.span)}"
    return Forecast(
        at_low_ms=climb.span + early,
        at_expected_ms=climb.span + left,
        at_high_ms=climb.span + late,
        now_ms=climb.span,
        basis=f"{moved}, the limit is {size}",
    )


def _left(climb: Climb, limit_mb: float) -> float:
    """Until the trend reaches the limit, in the unit of the climb's clock."""
    return max(limit_mb - climb.to_mb, 0.0) / climb.pace
