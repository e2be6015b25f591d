"""The heap by a program's figures: when it climbs, at which level, and when its limit is reached."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from gclog.analysis.verdict.heap_figures import climb_of, forecast_climb, judge_heap
from gclog.model.verdict import Forecast, Limit, NoForecast, NoLimit
from gclog.model.witness import MemoryGrowth, MemoryLimit

MINUTE_MS = 60_000.0
LIMIT = Limit(2048.0, 2048.0, 2048.0, "option", "given by the user", None)
NONE = NoLimit("none")
UP = [1600.0 + 12 * at for at in range(11)]


def climb(mb: Sequence[float], every_ms: float | None = MINUTE_MS):
    at_ms = None if every_ms is None else np.arange(len(mb)) * every_ms
    return climb_of(at_ms, np.array(mb, dtype=np.float64))


def sawtooth(floor_mb: Callable[[int], float]) -> list[float]:
    """Readings of a heap that fills by 200 MB of garbage between collections."""
    return [floor_mb(at) + 200.0 * (at % 5) / 4 for at in range(40)]


@pytest.mark.parametrize(
    ("mb", "is_climbing"),
    [
        (UP, True),
        (sawtooth(lambda at: 500 + 10 * at), True),
        (sawtooth(lambda _: 500), False),
        ([600.0] * 20, False),
        ([*UP, *[UP[-1]] * 30], False),
        ([2000.0 - mb for mb in UP], False),
        ([100.0 + at for at in range(10)], False),
    ],
    ids=["up", "up with garbage", "garbage alone", "level", "up, then level", "down", "less than a semi-space"],
)
def test_only_low_points_that_still_rise_are_a_climb(mb: list[float], is_climbing: bool) -> None:
    found = climb(mb)
    assert found is not None
    assert found.is_climbing is is_climbing


def test_four_readings_are_no_climb() -> None:
    assert climb(UP[:4]) is None
    assert climb([math.nan] * 20) is None


@pytest.mark.parametrize(
    ("mb", "growth", "limit", "level"),
    [
        (UP, "heap", NONE, "rising"),
        (UP, "none", NONE, "ok"),
        (UP, "none", LIMIT, "rising"),
        ([mb + 250 for mb in UP], "none", LIMIT, "impending"),
        ([1000.0 + 90 * at for at in range(11)], "heap", LIMIT, "impending"),
        ([2000.0] * 11, "none", LIMIT, "impending"),
        ([1700.0] * 11, "none", LIMIT, "ok"),
        ([100.0 + 2 * at for at in range(11)], "none", LIMIT, "ok"),
        ([100.0 + 12 * at for at in range(11)], "heap", LIMIT, "rising"),
        ([5.0 + at / 2 for at in range(11)], "both", NONE, "ok"),
    ],
    ids=["grown", "not by much", "on its way", "near", "soon", "full", "level", "far", "far, but grown", "RSS alone"],
)  # fmt: skip
def test_the_level_is_by_growth_share_and_time_left(
    mb: list[float], growth: MemoryGrowth, limit: Limit | NoLimit, level: str
) -> None:
    judged = judge_heap(climb(mb), growth, limit)
    assert judged is not None
    assert judged.level == level


def test_twelve_a_minute_with_328_left_are_27_minutes() -> None:
    """1600 to 1720 MB, so 328 MB are left: 27 min 20 s."""
    found = forecast_climb("the heap in use", climb(UP), grows=False, limit=LIMIT)
    assert isinstance(found, Forecast)
    left = [at_ms - found.now_ms for at_ms in (found.at_low_ms, found.at_expected_ms, found.at_high_ms)]
    assert left == pytest.approx([0.8 * 328 / 12 * MINUTE_MS, 328 / 12 * MINUTE_MS, 1.25 * 328 / 12 * MINUTE_MS])
    assert found.now_ms == 10 * MINUTE_MS


@pytest.mark.parametrize(
    ("mb", "every_ms", "limit", "reason"),
    [
        (UP, MINUTE_MS, NONE, "no heap limit known"),
        (UP, None, LIMIT, "the lines have no clock"),
        (UP[:3], MINUTE_MS, LIMIT, "fewer than 5 readings of RSS"),
        ([600.0] * 20, MINUTE_MS, LIMIT, "RSS does not keep rising"),
        ([100.0 + 2 * at for at in range(11)], MINUTE_MS, MemoryLimit(8192.0, "", None), "RSS does not keep rising"),
        ([2100.0] * 11, MINUTE_MS, LIMIT, "with 2.05 GB the limit of 2.00 GB is passed"),
    ],
    ids=["no limit", "no clock", "too few", "level", "far beyond what was seen", "passed"],
)
def test_a_date_that_cannot_be_given_has_a_reason(mb: list[float], every_ms: float | None, limit, reason: str) -> None:
    assert forecast_climb("RSS", climb(mb, every_ms), grows=False, limit=limit) == NoForecast(reason)
