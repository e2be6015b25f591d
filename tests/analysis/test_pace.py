"""Paces of hand-made floors."""

from __future__ import annotations

import math

import pytest

from gclog.analysis.verdict.floor import Floor
from gclog.analysis.verdict.pace import Pace, likeliest_pace, paces


def floor_of(*levels: float, every_ms: float = 10) -> Floor:
    floor = Floor()
    for i, mb in enumerate(levels):
        floor.add(i * every_ms, mb)
    return floor


def test_a_straight_line_reaches_a_level_when_arithmetic_says() -> None:
    pace = next(paces(floor_of(*range(10, 60, 5)), 90))
    assert (pace.from_mb, pace.now_mb, pace.ratio) == (10, 55, 1)
    assert pace.mb_per_ms == pytest.approx(0.5)
    assert pace.reaches_after(100) == pytest.approx(90)
    assert pace.lasts_probability(100) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("ratio", "mb", "after_ms"),
    [
        pytest.param(0.5, 35, 50, id="filling: 10 more in the next half, 5 in the one after"),
        pytest.param(0.5, 40, math.inf, id="filling: levels off at 40"),
        pytest.param(2.0, 60, 50, id="accelerating: 40 more in the next half"),
        pytest.param(2.0, 140, 100, id="accelerating: 40 and 80 more in two halves"),
        pytest.param(2.0, 10, 0, id="passed"),
    ],
)
def test_each_half_window_grows_by_the_ratio_of_the_last(ratio: float, mb: float, after_ms: float) -> None:
    pace = Pace(from_ms=0, now_ms=100, from_mb=0, now_mb=20, half_mb=20, ratio=ratio)
    expected = {35: 50 * math.log(0.25) / math.log(0.5)}.get(int(mb), after_ms)
    assert pace.reaches_after(mb) == pytest.approx(expected)


@pytest.mark.parametrize(
    "levels",
    [
        pytest.param((30, 30, 30, 30, 30, 30), id="level"),
        pytest.param((10, 10, 10, 50, 50, 50), id="a single step"),
        pytest.param((*[10] * 9, *range(11, 19)), id="growth that began in the middle"),
        pytest.param((30, 31, 30.55, 31.6, 31, 32, 31.4, 32.4, 31.8), id="no more than the jitter"),
    ],
)
def test_a_window_in_which_nothing_rises_steadily_has_no_pace(levels: tuple[float, ...]) -> None:
    assert all(pace.from_ms > 0 for pace in paces(floor_of(*levels), (len(levels) - 1) * 10))


def test_halves_that_differ_by_two_steps_at_most_are_a_straight_line() -> None:
    stairs = floor_of(0, 10, 10, 10, 20, 20, 20, 30, 30, 30, 40)
    pace = next(paces(stairs, 100))
    assert (pace.from_ms, pace.ratio) == (0, 1)


def test_a_window_that_holds_only_the_growth_is_preferred() -> None:
    floor = floor_of(*[20] * 30, *range(22, 80, 2))  # level until 290 ms, then 0.2 MB/ms
    pace = likeliest_pace(floor, 580, 100)
    assert pace is not None
    assert pace.from_ms > 270
    assert pace.reaches_after(100) == pytest.approx(110, rel=0.05)


def test_fewer_than_four_collections_have_no_pace() -> None:
    assert likeliest_pace(floor_of(10, 20, 30), 20, 100) is None
    assert likeliest_pace(floor_of(10, 20, 30, 40), 30, 100) is not None
