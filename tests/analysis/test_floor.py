"""The floor under the live set, by hand."""

from __future__ import annotations

import pytest

from gclog.analysis.verdict.floor import MAX_LEVELS, Climb, Floor


def floor_of(*points: tuple[float, float]) -> Floor:
    floor = Floor()
    for at_ms, mb in points:
        floor.add(at_ms, mb)
    return floor


def test_the_floor_is_the_least_that_is_seen_from_a_moment_on() -> None:
    floor = floor_of((0, 10), (10, 30), (20, 25), (30, 40))
    assert [floor.at(t) for t in (0, 10, 15, 20, 30)] == [10, 25, 25, 25, 40]


def test_between_two_levels_the_floor_lies_on_a_straight_line() -> None:
    floor = floor_of((0, 10), (10, 30), (20, 25), (30, 40))
    assert floor.at(5) == pytest.approx(17.5)  # half way from 10 to 25, which was first found at 10 ms
    assert floor.at(22) == pytest.approx(28)


def test_a_level_is_reached_on_the_straight_line_between_two_levels() -> None:
    floor = floor_of((0, 10), (100, 30))
    assert floor.reached(25) == pytest.approx(75)
    assert floor.reached(10) == 0


def test_giving_back_more_than_half_of_a_climb_ends_it() -> None:
    floor = floor_of((0, 10), (10, 50))
    assert floor.add(20, 31) is None  # 19 of 40 given back
    assert floor.add(30, 29) == Climb(base_mb=10, top_mb=50)  # 21 of 40
    assert (floor.began_ms, floor.mb, floor.highest_return_mb) == (30, [29], 50)


def test_the_highest_return_stays_when_lower_climbs_come_back() -> None:
    floor = floor_of((0, 10), (10, 50), (20, 10), (30, 40), (40, 10))
    assert floor.highest_return_mb == 50


def test_jitter_is_the_upper_quartile_of_what_the_live_set_falls_back() -> None:
    floor = floor_of((0, 100), (1, 140), (2, 139), (3, 150), (4, 147), (5, 160), (6, 155))
    assert floor.jitter_mb == 3  # falls 0 0 0 1 3 5


def test_rests_count_only_where_the_floor_rose_again() -> None:
    floor = floor_of((0, 10), (10, 20), (40, 20), (50, 30), (90, 30))
    assert floor.longest_rest(0, 5) == 30
    assert floor.largest_step(0) == 10


def test_many_points_stay_within_bounds_and_keep_their_ends() -> None:
    floor = floor_of(*((float(i), float(i)) for i in range(20 * MAX_LEVELS)))
    assert len(floor.mb) <= MAX_LEVELS
    assert (floor.at(0), floor.mb[-1]) == (0, 20 * MAX_LEVELS - 1)
    assert floor.at(1000.0) == pytest.approx(1000, rel=1e-9)
    assert floor.count == 20 * MAX_LEVELS
