"""Theil-Sen against every pair worked out one by one, envelopes by hand, change points of known shapes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gclog.analysis.measure.robust import last_change, lower_envelope, theil_sen

sizes = st.floats(0, 4096, allow_nan=False).map(lambda value: round(value, 1))


def line(count: int) -> np.ndarray:
    return np.arange(count, dtype=np.float64)


def test_three_points_worked_out_by_hand() -> None:
    # Slopes: (0,0)-(1,2): 2, (0,0)-(2,2): 1, (1,2)-(2,2): 0.
    assert theil_sen(np.array([0.0, 1, 2]), np.array([0.0, 2, 2])).slope == 1


def test_a_straight_line_has_its_slope_and_no_doubt() -> None:
    assert theil_sen(line(20), 3 * line(20) + 7) == (3, 3, 3)


def test_one_wild_point_does_not_move_the_slope() -> None:
    y = 3 * line(21)
    y[10] = 10_000
    assert theil_sen(line(21), y).slope == 3


@given(st.lists(st.tuples(st.integers(0, 50), sizes), min_size=2, max_size=40))
def test_the_slope_is_the_median_of_all_pairs(points: list[tuple[int, float]]) -> None:
    t, y = np.array([[a, b] for a, b in points], dtype=np.float64).T
    pairs = [(y[j] - y[i]) / (t[j] - t[i]) for i in range(len(t)) for j in range(i + 1, len(t)) if t[j] != t[i]]
    fit = theil_sen(t, y)
    if not pairs:
        assert math.isnan(fit.slope)
    else:
        assert fit.slope == np.median(pairs)
        assert min(pairs) <= fit.low <= fit.slope <= fit.high <= max(pairs)


def test_the_interval_is_of_the_ranks_that_sen_gives() -> None:
    # n = 8 without ties: Var S = 8*7*21/18 = 65.33; 1.6449 * 8.083 = 13.295; 28 slopes: ranks (28-13.295)/2 = 7.35 -> the 7th,
    # (28+13.295)/2 + 1 = 21.65 -> the 22nd.
    t, y = line(8), np.array([0.0, 3, 1, 6, 2, 9, 4, 5])
    slopes = sorted((y[j] - y[i]) / (j - i) for i in range(8) for j in range(i + 1, 8))
    fit = theil_sen(t, y)
    assert (fit.low, fit.high) == (slopes[6], slopes[21])


def test_ties_make_the_interval_narrower() -> None:
    # Four zeros and four ones: Var S = (1176 - 2 * 4*3*13) / 18 = 48; 1.6449 * 6.928 = 11.4: ranks 8.3, 20.7.
    tied = np.array([0.0, 0, 1, 1, 1, 0, 1, 0])
    slopes = sorted((tied[j] - tied[i]) / (j - i) for i in range(8) for j in range(i + 1, 8))
    fit = theil_sen(line(8), tied)
    assert (fit.low, fit.high) == (slopes[7], slopes[20])
    assert slopes[6] < slopes[7] and slopes[20] < slopes[21]


def test_the_interval_holds_the_true_slope_nine_times_in_ten() -> None:
    random = np.random.default_rng(1)
    fits = [theil_sen(line(30), 2 * line(30) + random.normal(0, 10, 30)) for _ in range(400)]
    assert 0.87 < np.mean([fit.low <= 2 <= fit.high for fit in fits]) < 0.94


def test_more_points_than_wanted_are_thinned_evenly_and_always_alike() -> None:
    y = np.zeros(10_001)
    y[[5_000, 10_000]] = 10_000, 20_000
    assert theil_sen(line(10_001), y, at_most=3) == (2, 2, 2)


def test_points_at_one_moment_have_no_slope() -> None:
    assert math.isnan(theil_sen(np.zeros(5), line(5)).slope)


@pytest.mark.parametrize(
    ("y", "floor"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param([1, 2, 3], [1, 2, 3], id="a rise that stays is kept"),
        pytest.param([3, 2, 1], [3, 2, 1], id="a fall that stays is kept"),
        pytest.param([1, 5, 1, 5, 1], [1, 1, 1, 1, 1], id="a sawtooth has a flat floor"),
        pytest.param([1, 5, 2, 6, 3, 7], [1, 2, 2, 3, 3, 7], id="a rising sawtooth keeps its rise"),
        pytest.param([2, 9, 9, 3], [2, 3, 3, 3], id="a hump is filled from below"),
        pytest.param([5, 1, 1, 6], [5, 1, 1, 6], id="a valley is kept"),
    ],
)
def test_the_floor_by_hand(y: list[float], floor: list[float]) -> None:
    assert lower_envelope(np.array(y, dtype=np.float64)).tolist() == floor


@given(st.lists(sizes, max_size=60))
def test_the_floor_is_never_above_and_never_rises_to_fall_again(values: list[float]) -> None:
    y = np.array(values)
    floor = lower_envelope(y)
    assert (floor <= y).all()
    steps = np.sign(np.diff(floor))
    steps = steps[steps != 0]
    assert (np.diff(steps) >= 0).all()


@pytest.mark.parametrize(
    ("y", "begin"),
    [
        pytest.param(np.full(50, 10.0), 0, id="flat"),
        pytest.param(line(50), 0, id="a straight rise"),
        pytest.param(np.r_[np.full(25, 10.0), np.full(25, 40.0)], 25, id="one step up"),
        pytest.param(np.r_[line(30), np.full(20, 30.0)], 30, id="warm-up onto a plateau"),
        pytest.param(np.r_[np.full(30, 5.0), 5 + 2 * line(20)], 30, id="a leak begins"),
        pytest.param(np.repeat([0.0, 10, 20, 30], 12), 0, id="a staircase is one stretch"),
        pytest.param(np.r_[np.zeros(6), np.full(5, 50.0)], 0, id="too few points behind the step"),
        pytest.param(np.r_[np.full(25, 10.0), np.full(25, 10.1)], 0, id="the last printed digit moves"),
    ],
)
def test_the_last_stretch_of_known_shapes(y: np.ndarray, begin: int) -> None:
    assert last_change(line(len(y)), y) == pytest.approx(begin, abs=1)


def test_noise_is_no_change() -> None:
    random = np.random.default_rng(2)
    assert last_change(line(200), random.normal(50, 5, 200)) == 0


def test_of_two_changes_the_last_counts() -> None:
    y = np.r_[np.full(20, 10.0), np.full(20, 90.0), np.full(20, 30.0)]
    assert last_change(line(60), y) == 40
