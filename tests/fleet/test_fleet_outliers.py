from __future__ import annotations

import pytest
from made_fleet import UNKNOWN, made_row, made_rows

from gclog.fleet.outliers import find_outliers, measure_groups
from gclog.model.fleet import Measure, Yardstick

EIGHT = [10.0, 12.0, 14.0, 16.0, 18.0, 20.0, 22.0, 100.0]
"""Median 17; distances 7 5 3 1 1 3 5 83, whose median is 4."""


def stick_of(measure: Measure, values: list[float], **changes: object) -> Yardstick:
    return next(stick for stick in measure_groups(made_rows(measure, values, **changes)) if stick.measure == measure)


def test_the_usual_is_the_median_and_the_spread_the_median_deviation() -> None:
    stick = stick_of("p99_ms", EIGHT)
    assert (stick.group, stick.count, stick.median) == ("22-24", 8, 17.0)
    assert stick.spread == pytest.approx(4 / 0.6745)


def test_a_process_far_above_its_group_stands_out_with_its_score() -> None:
    rows = made_rows("p99_ms", EIGHT)
    (outlier,) = find_outliers(rows, measure_groups(rows))
    assert (outlier.source, outlier.value) == ("7/gc.log", 100.0)
    assert outlier.score == pytest.approx(0.6745 * 83 / 4)


@pytest.mark.parametrize(
    ("value", "stands_out"),
    [
        pytest.param(17 + 3.49 * 4 / 0.6745, False, id="just within"),
        pytest.param(17 + 3.51 * 4 / 0.6745, True, id="just beyond"),
        pytest.param(-100.0, False, id="far below"),
    ],
)
def test_three_and_a_half_deviations_above_is_too_far(value: float, stands_out: bool) -> None:
    rows = made_rows("p99_ms", EIGHT)
    sticks = measure_groups(rows)
    assert bool(find_outliers([made_row(p99_ms=value)], sticks)) is stands_out


def test_seven_processes_have_no_usual() -> None:
    assert measure_groups(made_rows("p99_ms", EIGHT[:7])) == ()


def test_processes_are_held_against_their_own_family_only() -> None:
    slow = made_rows("p99_ms", [100.0] * 8, family="10.4-17")
    rows = [*slow, *made_rows("p99_ms", [5.0] * 8)]
    assert find_outliers(rows, measure_groups(rows)) == ()


@pytest.mark.parametrize(
    ("measure", "spread"),
    [("share", 0.005), ("p99_ms", 1.0), ("alloc_mb_per_s", 0.1), ("trend_mb_per_h", 1.0)],
)
def test_a_group_of_equals_has_the_least_spread_that_matters(measure: Measure, spread: float) -> None:
    stick = stick_of(measure, [0.5] * 8)  # the live set of all is 100 MB: a hundredth of it is 1 MB/h
    assert stick.spread == pytest.approx(spread)


def test_a_trend_stands_out_only_if_its_interval_is_above_the_usual() -> None:
    sticks = measure_groups(made_rows("trend_mb_per_h", [0.0] * 8))
    sure = made_row(trend_mb_per_h=50.0, trend_low_mb_per_h=40.0)
    unsure = made_row(trend_mb_per_h=50.0, trend_low_mb_per_h=-10.0)
    assert [outlier.value for outlier in find_outliers([sure], sticks)] == [50.0]
    assert find_outliers([unsure], sticks) == ()


def test_figures_that_are_not_known_count_for_nothing() -> None:
    rows = [*made_rows("p99_ms", EIGHT), made_row(p99_ms=UNKNOWN)]
    stick = next(stick for stick in measure_groups(rows) if stick.measure == "p99_ms")
    assert stick.count == 8
    assert all(outlier.source != "a/gc.log" for outlier in find_outliers(rows, [stick]))
