"""Full collections one by one, and memwatch's count of growing ones."""

from __future__ import annotations

from made_collections import fulls, made

from gclog.analysis.cycles import cycles, find_leak_events
from gclog.results import Cycle, LeakEvent

HOUR = 3_600_000.0


def test_a_cycle_says_what_was_found_and_what_was_left() -> None:
    table = made(
        {"at_ms": 10.0, "used_before_mb": 9.0, "used_after_mb": 8.0, "pause_ms": 1.0},
        {
            "at_ms": 20.0,
            "used_before_mb": 40.0,
            "used_after_mb": 30.0,
            "pause_ms": 5.0,
            "average_mu": 0.9,
            "type": "Mark-sweep",
        },
        {"at_ms": 30.0, "used_before_mb": 40.0, "type": "Mark-sweep"},
    )
    assert cycles(table) == (Cycle(20, 2, 40, 30, 0.25, 5, 0.9),)


def test_a_version_without_utilisation_gives_none() -> None:
    assert cycles(fulls((1, 5)))[0].average_mu is None


def test_an_empty_heap_reclaims_nothing() -> None:
    assert cycles(made({"at_ms": 1.0, "used_before_mb": 0.0, "used_after_mb": 0.0, "type": "Mark-sweep"}))[0].reclaim_share == 0


def test_five_growing_collections_in_a_row_are_an_event() -> None:
    grown = cycles(fulls(*((i * HOUR, 10 + 2.0 * i) for i in range(6))))
    assert find_leak_events(grown) == (LeakEvent(5 * HOUR, 6, 10, 2),)


def test_four_are_none_and_a_level_one_starts_anew() -> None:
    sizes = [1, 2, 3, 4, 5, 5, 6, 7, 8, 9]
    assert find_leak_events(cycles(fulls(*((i * HOUR, size) for i, size in enumerate(sizes))))) == ()


def test_the_count_begins_anew_behind_an_event() -> None:
    grown = cycles(fulls(*((i * HOUR, float(i)) for i in range(11))))
    assert [event.line for event in find_leak_events(grown)] == [6, 11]


def test_growth_in_no_time_has_an_infinite_rate() -> None:
    assert find_leak_events(cycles(fulls(*((5.0, float(i)) for i in range(6)))))[0].mb_per_h == float("inf")
