"""What rules have in common: runs of collections, the choice of evidence lines, the floor."""

from __future__ import annotations

import math

import pytest
from diagnose_cases import make_case, make_cycles, make_heap

from gclog.diagnose.facts import find_runs, is_steady, measure_floor, pick_lines, say_interval, spread_lines
from gclog.model.not_known import NotKnown
from gclog.model.verdict import NoLimit


@pytest.mark.parametrize(
    ("groups", "picked"),
    [
        ((5, (3, 4)), (3, 4, 5)),
        ((5, (), (5, 5)), (5,)),
        (((1, 2, 3, 4, 5, 6),), (1, 2, 3, 4, 5)),
        ((9, (1, 2, 3, 4, 5)), (1, 2, 3, 4, 9)),
        ((None, 0, -1, 7), (7,)),
        ((), ()),
    ],
    ids=["sorted", "once each", "five at most", "the most telling first", "no line is no line", "none"],
)
def test_evidence_is_five_lines_at_most_in_the_order_of_the_log(groups, picked) -> None:
    assert pick_lines(*groups) == picked


@pytest.mark.parametrize(
    ("lines", "count", "spread"),
    [
        ((1, 2, 3), 5, (1, 2, 3)),
        (tuple(range(1, 10)), 5, (1, 3, 5, 7, 9)),
        (tuple(range(1, 10)), 2, (1, 9)),
        (tuple(range(1, 10)), 1, (9,)),
        ((), 5, ()),
    ],
)
def test_lines_are_spread_evenly_with_the_first_and_the_last(lines, count: int, spread) -> None:
    assert spread_lines(lines, count) == spread


def test_runs_are_unbroken_and_of_two_at_least() -> None:
    cycles = make_cycles(1.0, 2.0, 3.0, 3.0, 2.0, 3.0, 1.0)
    runs = find_runs(cycles, lambda before, this: this.after_mb > before.after_mb)
    assert [[cycle.after_mb for cycle in run] for run in runs] == [[1.0, 2.0, 3.0], [2.0, 3.0]]


def test_a_run_may_reach_the_end() -> None:
    cycles = make_cycles(3.0, 1.0, 2.0)
    assert [len(run) for run in find_runs(cycles, lambda before, this: this.after_mb > before.after_mb)] == [2]
    assert find_runs(cycles[:1], lambda before, this: True) == []


def test_the_floor_is_the_least_of_the_last_three_full_collections() -> None:
    floor = measure_floor(make_case(cycles=make_cycles(10.0, 48.0, 40.0, 44.0)))
    assert floor is not None
    assert (floor.mb, floor.lines, floor.after_full) == (40.0, (20, 30, 40), True)
    assert floor.share == pytest.approx(40.0 / 96.0)


def test_without_full_collections_the_floor_is_what_scavenges_left() -> None:
    floor = measure_floor(make_case(cycles=(), heap=make_heap(live_mb=33.0), limit=NoLimit("not in the log")))
    assert floor is not None
    assert (floor.mb, floor.share, floor.lines, floor.after_full) == (33.0, None, (100,), False)


def test_without_any_size_there_is_no_floor() -> None:
    assert measure_floor(make_case(cycles=(), heap=make_heap(live_mb=NotKnown("no collection")))) is None


@pytest.mark.parametrize(
    ("after_mb", "steady"),
    [
        ((20.0, 20.0, 20.0, 20.0, 90.0, 95.0, 99.0, 100.0, 100.0), True),
        ((20.0, 20.0, 20.0, 20.0, 89.0, 95.0, 99.0, 100.0, 100.0), False),
        ((90.0, 90.0, 90.0, 90.0, 112.0, 112.0, 100.0, 100.0, 100.0), True),
        ((90.0, 90.0, 90.0, 90.0, 112.0, 112.0, 112.0, 100.0, 100.0), False),
        ((90.0, 90.0, 90.0, 90.0, 90.0, 90.0), False),
    ],
    ids=["a tenth up", "more", "the floor counts", "down", "too few in the second half"],
)
def test_steady_is_what_moves_by_a_tenth_at_most_in_the_second_half(after_mb, steady: bool) -> None:
    assert is_steady(make_case(cycles=make_cycles(*after_mb))) is steady


@pytest.mark.parametrize(
    ("low_ms", "high_ms", "words"),
    [
        (120_000.0, 360_000.0, "between 2 min and 6 min"),
        (0.0, 360_000.0, "within 6 min"),
        (120_000.0, math.inf, "not before 2 min; the growth may also stop"),
    ],
)
def test_an_interval_says_which_of_its_ends_are_known(low_ms: float, high_ms: float, words: str) -> None:
    assert say_interval(low_ms, high_ms) == words
