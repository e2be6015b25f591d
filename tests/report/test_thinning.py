"""Thinning keeps every extreme."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gclog.report.draw.thinning import thin


def test_few_values_are_all_kept() -> None:
    assert thin([3.0, 1.0, 2.0], 10) == [0, 1, 2]


def test_the_first_the_last_and_each_slices_extremes_are_kept() -> None:
    values = [5.0, 1.0, 9.0, 2.0, 3.0, 7.0, 0.0, 4.0, 4.0, 5.0]
    # two slices of four between the ends: 1 9 2 3 and 7 0 4 4
    assert thin(values, 6) == [0, 1, 2, 5, 6, 9]


def test_values_not_said_give_way_to_those_that_are() -> None:
    values = [math.nan] * 50
    values[20], values[33] = 8.0, -1.0
    assert {20, 33} <= set(thin(values, 6))


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=300), st.integers(4, 60))
def test_the_largest_and_the_least_survive_and_the_number_is_kept(values: list[float], at_most: int) -> None:
    kept = [values[i] for i in thin(values, at_most)]
    assert max(kept) == max(values) and min(kept) == min(values)
    assert len(kept) <= at_most


@pytest.mark.parametrize("at_most", [4, 5, 11])
def test_indices_ascend_without_repetition(at_most: int) -> None:
    kept = thin([float((i * 37) % 101) for i in range(1000)], at_most)
    assert kept == sorted(set(kept))
