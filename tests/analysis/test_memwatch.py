"""memwatch's `stats` and `leak` events, worked out by hand from its source (lloyd/node-memwatch, src/memwatch.cc)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from made_collections import fulls

from gclog.analysis.measure.cycles import cycles
from gclog.analysis.measure.memwatch import find_leak_events, measure_memwatch
from gclog.incident.pipeline import analyze
from gclog.model.not_known import NotKnown
from gclog.model.process import Cycle, LeakEvent
from gclog.model.witness import MemwatchStats
from gclog.report.json.v1 import render_json

HOUR = 3_600_000.0
SAMPLES = Path(__file__).parent.parent.parent / "samples"


def left(*sizes_mb: float) -> tuple[Cycle, ...]:
    """Full collections that left so much, an hour apart."""
    return cycles(fulls(*((i * HOUR, size) for i, size in enumerate(sizes_mb))))


# ---------------------------------------------------------------- leak


def test_five_growing_collections_in_a_row_are_an_event_and_the_first_counts_as_grown() -> None:
    """Bases 10, 12, 14, 16, 18: growth is the fifth less the first, 8 MB in four hours."""
    assert find_leak_events(left(10, 12, 14, 16, 18)) == (LeakEvent(4 * HOUR, 5, 8, 2),)


def test_four_are_none_and_a_level_one_starts_anew() -> None:
    assert find_leak_events(left(1, 2, 3, 4, 4, 5, 6, 7, 8)) == ()


def test_after_a_level_collection_the_run_starts_with_the_first_that_grew() -> None:
    """9, 9, then 10, 12, 15, 19, 24: growth 14 MB in the four hours from the third to the seventh."""
    assert find_leak_events(left(9, 9, 10, 12, 15, 19, 24)) == (LeakEvent(6 * HOUR, 7, 14, 3.5),)


def test_the_count_restarts_after_an_event() -> None:
    assert [event.line for event in find_leak_events(left(*range(1, 12)))] == [5, 10]


def test_growth_in_no_time_has_an_infinite_rate() -> None:
    assert find_leak_events(cycles(fulls(*((5.0, i + 1.0) for i in range(5)))))[0].mb_per_h == float("inf")


# ---------------------------------------------------------------- stats


def test_up_to_the_ninth_collection_the_base_is_the_last_one() -> None:
    """pow(n / 10, 2.5) divides whole numbers: 0, so that nothing of the base before is kept."""
    assert measure_memwatch(left(4, 9, 8, 7, 6), 25) == MemwatchStats(5, 20, 5, 0.0, 6.0, 6.0, 6.0, 8.0)


def test_from_the_tenth_on_ten_and_all_so_far_are_averaged() -> None:
    """Nine times 10, then 20, then 31: recent 10, 11, 13; ancient 10, 11, 11 + 20/11; trend (13 - 141/11) / (141/11)."""
    stats = measure_memwatch(left(*[10] * 9, 20, 31), 11)
    assert isinstance(stats, MemwatchStats)
    assert stats.estimated_base_mb == pytest.approx(13.0)
    assert stats.usage_trend_share == pytest.approx((13 - 141 / 11) / (141 / 11))
    assert (stats.num_inc_gc, stats.current_base_mb, stats.min_mb, stats.max_mb) == (0, 31.0, 10.0, 31.0)


def test_after_120_collections_each_base_has_a_weight_of_one_120th() -> None:
    """121 times 10, then 22: recent 11.2, ancient 10.1."""
    stats = measure_memwatch(left(*[10] * 121, 22), 122)
    assert isinstance(stats, MemwatchStats)
    assert stats.usage_trend_share == pytest.approx((11.2 - 10.1) / 10.1)


def test_a_falling_base_has_a_negative_trend() -> None:
    stats = measure_memwatch(left(*[20] * 10, 10), 11)
    assert isinstance(stats, MemwatchStats)
    assert stats.usage_trend_share == pytest.approx((19 - (20 - 10 / 11)) / (20 - 10 / 11))


def test_least_and_largest_are_not_kept_before_the_third_collection() -> None:
    stats = measure_memwatch(left(4, 9), 2)
    assert isinstance(stats, MemwatchStats)
    assert isinstance(stats.min_mb, NotKnown) and isinstance(stats.max_mb, NotKnown)


def test_without_a_full_collection_there_is_nothing_to_say() -> None:
    assert measure_memwatch((), 12) == NotKnown("no full collection")


def test_any_log_has_them_in_its_json() -> None:
    """Of a log that memwatch had no part in."""
    (process,) = json.loads(render_json(analyze(SAMPLES / "gc" / "leak-node18.log")))["processes"]
    stats, counts = process["memwatch"], process["collections"]
    assert (stats["num_full_gc"], stats["heap_compactions"]) == (counts["mark_compact"], counts["mark_compact"])
    assert stats["num_inc_gc"] == counts["scavenge"]
    assert stats["current_base_mb"] == process["cycles"][-1]["after_mb"]
    assert stats["min_mb"] < stats["estimated_base_mb"] <= stats["max_mb"]
    assert stats["usage_trend_share"] > 0
