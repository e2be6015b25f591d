"""Fits robust to outliers: Theil-Sen slope with its interval, lower envelope, last change point."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["FIT_POINTS", "Floats", "Slope", "last_change", "lower_envelope", "median", "theil_sen"]

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]

FIT_POINTS = 400
"""Upper bound on the points of a fit: their 79,800 pairs take about 10 ms. The interval is then that of the sub-sample, wider than
the whole's, never narrower."""

FEW_POINTS = 64

NORMAL_90 = 1.6448536269514722
"""95 % point of the normal distribution: a two-sided 90 % interval."""

CHANGE_KEEPS = 0.25
"""Share of one line's residual that may remain after a change point. A level shift, a ramp onto a plateau and a bend pass; a
staircase of three or more equal steps (0.56) and a noisy line (about 1) do not, and stay one stretch."""

STRETCH_POINTS = 6
"""Lower bound on the points on either side of a change point: fewer fit by chance."""

STRETCH_SHARE = 0.1
"""Lower bound on the share of all points on either side of a change point: on a curve, stretches would shrink indefinitely."""

RESOLUTION = 0.05
"""Scatter below which a line counts as exact: V8 prints sizes to 0.1 MB, so each may be off by half of that."""


class Slope(NamedTuple):
    """A slope per unit of `t`, with its 90 % interval; NaN if no two points differ in `t`."""

    slope: float
    low: float
    high: float


def theil_sen(t: Floats, y: Floats, *, at_most: int = FIT_POINTS) -> Slope:
    """Median of the slopes of all pairs of points, with Sen's 90 % interval (Kendall's variance, corrected for ties).

    More than `at_most` points are sub-sampled at even steps, first and last included, which bounds the cost and keeps the result
    reproducible. The interval assumes independent points; those of an envelope are not quite, so for them it is somewhat narrow.
    Sen, Estimates of the regression coefficient based on Kendall's tau, JASA 63 (1968).
    """
    if len(t) > at_most:
        kept = np.linspace(0, len(t) - 1, at_most).round().astype(np.intp)
        t, y = t[kept], y[kept]
    first, second = _pairs(len(t))
    run = t[second] - t[first]
    rise = y[second] - y[first]
    moved = run != 0
    slopes = np.sort(rise / run if moved.all() else rise[moved] / run[moved])
    if not len(slopes):
        return Slope(math.nan, math.nan, math.nan)
    reach = NORMAL_90 * math.sqrt(_kendall_variance(t, y))
    low_rank = math.floor((len(slopes) - reach) / 2)
    high_rank = math.ceil((len(slopes) + reach) / 2)
    low = slopes[max(low_rank - 1, 0)]
    high = slopes[min(high_rank, len(slopes) - 1)]
    return Slope(median(slopes), float(low), float(high))


def _pairs(count: int) -> tuple[Places, Places]:
    """The numbers of the points of all pairs; kept for few points, of which there are many fits."""
    return _few_pairs(count) if count <= FEW_POINTS else np.triu_indices(count, 1)


@lru_cache(maxsize=FEW_POINTS + 1)
def _few_pairs(count: int) -> tuple[Places, Places]:
    return np.triu_indices(count, 1)


def median(ordered: Floats | Sequence[float]) -> float:
    """The median of values in order."""
    middle = len(ordered) // 2
    return float(ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2)


def lower_envelope(y: Floats) -> Floats:
    """The floor at each point: the larger of the minimum so far and the minimum yet to come.

    A rise that comes back down leaves a flat floor (a hump, a sawtooth, a load cycle); a rise or fall that lasts is kept. The floor
    is never above `y`; it first falls and then rises.
    """
    if not len(y):
        return y.copy()
    so_far = np.minimum.accumulate(y)
    to_come = np.minimum.accumulate(y[::-1])[::-1]
    return np.asarray(np.maximum(so_far, to_come), dtype=np.float64)


def last_change(t: Floats, y: Floats) -> int:
    """First index of the last straight stretch; 0 if one line fits all.

    Splits where two lines leave the smallest residual, provided it is at most a quarter of one line's, then repeats on the part
    after the split. Least squares over prefix sums, O(n) per split: meant for an envelope, not for points with outliers.
    """
    at_least = max(STRETCH_POINTS, math.ceil(STRETCH_SHARE * len(t)))
    begin = 0
    while (split := _best_split(t[begin:], y[begin:], at_least)) is not None:
        begin += split
    return begin


def _best_split(t: Floats, y: Floats, at_least: int) -> int | None:
    count = len(t)
    if count < 2 * at_least:
        return None
    forward = _residuals(t, y)
    backward = _residuals(t[::-1], y[::-1])[::-1]
    noise = RESOLUTION**2 * count
    whole = forward[-1]
    splits = np.arange(at_least, count - at_least + 1)
    both = forward[splits - 1] + backward[splits]
    best = int(np.argmin(both))
    return int(splits[best]) if both[best] + noise < CHANGE_KEEPS * whole else None


def _residuals(t: Floats, y: Floats) -> Floats:
    """Residual sum of squares of the least-squares line through the first 1, 2, ... n points."""
    n = np.arange(1, len(t) + 1, dtype=np.float64)
    t, y = t - t.mean(), y - y.mean()
    sum_t, sum_y = np.cumsum(t), np.cumsum(y)
    tt = np.cumsum(t * t) - sum_t**2 / n
    ty = np.cumsum(t * y) - sum_t * sum_y / n
    yy = np.cumsum(y * y) - sum_y**2 / n
    explained = np.divide(ty**2, tt, out=np.zeros_like(tt), where=tt > 1e-9 * max(float(tt[-1]), 1e-300))
    return np.asarray(np.maximum(yy - explained, 0.0), dtype=np.float64)


def _kendall_variance(t: Floats, y: Floats) -> float:
    """Variance of Kendall's S, corrected for ties in either variable."""
    n = len(t)
    total = float(n * (n - 1) * (2 * n + 5))
    for values in (t, y):
        ties = [k for k in Counter(values.tolist()).values() if k > 1]
        total -= sum(k * (k - 1) * (2 * k + 5) for k in ties)
    return max(total, 0.0) / 18
