"""Pauses on the clock: overlap by rounding, partly covered windows, the worst window against a search of every millisecond."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_collections import made, pauses

from gclog.analysis.measure.intervals import PauseIntervals, lay_out

moments = st.lists(st.tuples(st.integers(0, 300), st.integers(0, 40)), max_size=12)


def test_a_pause_runs_up_to_the_moment_that_is_printed() -> None:
    laid = lay_out(pauses((100, 30)))
    assert (laid.start.tolist(), laid.end.tolist()) == ([70], [100])


def test_pauses_that_seem_to_overlap_by_rounding_keep_their_sum() -> None:
    # The second ran 100.6-101.4, printed as 101: it seems to begin at 100.2, before the first has ended.
    laid = lay_out(pauses((100.5, 2.0), (101, 0.8)))
    assert laid.start.tolist() == pytest.approx([98.2, 100.2])
    assert laid.end.tolist() == pytest.approx([100.2, 101])


@pytest.mark.parametrize(
    ("moment", "paused"),
    [(0, 0), (10, 0), (15, 5), (20, 10), (25, 10), (40, 10), (47, 17), (50, 20), (90, 20)],
)
def test_the_time_paused_until_a_moment_counts_a_pause_under_way_in_part(moment: float, paused: float) -> None:
    laid = lay_out(pauses((20, 10), (50, 10)))
    assert laid.paused_until(np.array([float(moment)])).tolist() == [paused]


def test_the_worst_window_counts_a_pause_at_its_edge_in_part() -> None:
    # Window of 30: from 10 on it holds the first pause (10) and 10 of the second's 15; from 20 on only 15 in 25.
    laid = lay_out(pauses((20, 10), (45, 15)))
    assert laid.busiest(30, 0, 100) == (20, 10)


def test_the_worst_window_may_end_with_the_span() -> None:
    laid = lay_out(pauses((30, 30), (100, 5)))
    assert laid.busiest(50, 20, 100) == (10, 20)


def test_the_worst_window_lies_within_the_span() -> None:
    assert lay_out(pauses((100, 5))).busiest(50, 0, 100) == (5, 50)


def test_rows_without_a_moment_or_a_pause_are_left_out() -> None:
    laid = lay_out(made({"at_ms": 5.0}, {"pause_ms": 3.0}, {"at_ms": 9.0, "pause_ms": 1.0}))
    assert laid.line.tolist() == [3]


@given(moments)
def test_pauses_never_overlap_and_add_up_to_what_was_printed(rows: list[tuple[int, int]]) -> None:
    laid = lay_out(pauses(*rows))
    assert (laid.start[1:] >= laid.end[:-1] - 1e-9).all()
    assert laid.before[-1] == sum(length for _, length in rows)


@given(moments)
@pytest.mark.slow
def test_the_order_of_the_lines_does_not_matter(rows: list[tuple[int, int]]) -> None:
    one, other = lay_out(pauses(*rows)), lay_out(pauses(*rows[::-1]))
    assert one.before[-1] == pytest.approx(other.before[-1])
    assert one.paused_until(np.array([150.0])) == pytest.approx(other.paused_until(np.array([150.0])))


@given(moments, st.integers(1, 120))
def test_no_window_is_worse_than_the_worst(rows: list[tuple[int, int]], width: int) -> None:
    laid = lay_out(pauses(*rows))
    begins = np.arange(0, 300 - width + 1, dtype=np.float64)
    every = laid.paused_until(begins + width) - laid.paused_until(begins)
    assert laid.busiest(width, 0, 300)[0] == pytest.approx(every.max())


@given(moments, st.integers(1, 299))
def test_adjoining_windows_add_up(rows: list[tuple[int, int]], cut: int) -> None:
    laid = lay_out(pauses(*rows))
    until = laid.paused_until(np.array([-1e6, float(cut), 1e6]))
    assert np.diff(until).sum() == pytest.approx(laid.before[-1])


@pytest.mark.parametrize("seed", range(20))
def test_of_thousands_of_windows_the_worst_is_found_as_by_looking_at_each(seed: int) -> None:
    dice = np.random.default_rng(seed)
    count, decimals = int(dice.integers(1, 3_000)), int(dice.integers(0, 3))
    length = np.round(dice.exponential(3, count), decimals)
    gap = np.round(dice.exponential(dice.choice([1, 10, 100]), count), decimals)
    until = np.concatenate(([0.0], np.cumsum(length)))
    start = np.cumsum(gap) + until[:-1]
    laid = PauseIntervals(start, start + length, until, np.arange(count))
    for width in (1.0, 7.0, 50.0, 1_000.0, 20_000.0):
        last = max(float(laid.end[-1]), width)
        begins = np.concatenate(([0.0], start[start <= last - width], [last - width]))
        paused = laid.paused_until(np.minimum(begins + width, last)) - laid.paused_until(begins)
        share, begin = laid.busiest(width, 0.0, last)
        assert share == pytest.approx(paused.max(), abs=1e-9)
        assert laid.paused_until(np.array([begin + width])) - laid.paused_until(np.array([begin])) == pytest.approx(
            share, abs=1e-9
        )
