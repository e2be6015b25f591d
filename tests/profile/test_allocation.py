"""Maximal scoring segments: against their definition, tried out on every pair of ends."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gclog.profile.allocation import heavy_segments


@pytest.mark.parametrize(
    ("scores", "segments"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param([-1, 0, -2], [], id="nothing above 0"),
        pytest.param([1, 2], [(0, 2)], id="all"),
        pytest.param([4, -5, 3, -3, 1, 2, -2, 2, -2, 1, 5], [(0, 1), (2, 3), (4, 11)], id="Ruzzo and Tompa's own example"),
        pytest.param([3, -1, 3], [(0, 3)], id="a dip is passed"),
        pytest.param([3, -4, 3], [(0, 1), (2, 3)], id="a gorge is not"),
        pytest.param([2, -1, 1, -4, 1, -1, 9], [(0, 1), (2, 3), (4, 5), (6, 7)], id="a tie joins nothing"),
    ],
)
def test_segments(scores: list[float], segments: list[tuple[int, int]]) -> None:
    assert heavy_segments(scores) == segments


def scores_well(scores: list[int], first: int, end: int) -> bool:
    """Whether all sums from the first element on and up to the last are above 0."""
    return all(sum(scores[first:i]) > 0 and sum(scores[i - 1 : end]) > 0 for i in range(first + 1, end + 1))


@settings(max_examples=200, derandomize=True)
@given(st.lists(st.integers(-5, 5), max_size=14))
def test_segments_are_the_longest_that_score_well_from_either_end(scores: list[int]) -> None:
    good = [(i, j) for i in range(len(scores)) for j in range(i + 1, len(scores) + 1) if scores_well(scores, i, j)]
    longest = [(i, j) for i, j in good if not any((k, m) != (i, j) and k <= i and j <= m for k, m in good)]
    assert heavy_segments([float(score) for score in scores]) == sorted(longest)
