"""Heap figures by hand: live set, rates, survival, fragmentation, external memory, and the trend of known shapes."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from made_collections import fulls, made, span_of

from gclog.analysis.measure.live_set import fit_old_space, measure_heap
from gclog.model.not_known import NotKnown
from gclog.model.process import NoTrend, Trend

HOUR = 3_600_000.0
SPAN = span_of(0, 10_000)


def growing(count: int, mb_per_h: float, begin_mb: float = 100.0, **common: object) -> pd.DataFrame:
    return fulls(*((i * HOUR / 10, begin_mb + mb_per_h * i / 10) for i in range(count)), **common)


# ---------------------------------------------------------------- figures


def test_the_live_set_is_what_full_collections_left() -> None:
    table = made(
        {"at_ms": 1.0, "used_before_mb": 90.0, "used_after_mb": 80.0},
        {"at_ms": 2.0, "used_before_mb": 85.0, "used_after_mb": 20.0, "type": "Mark-Compact"},
        {"at_ms": 3.0, "used_before_mb": 60.0, "used_after_mb": 30.0, "type": "Mark-Compact"},
        {"at_ms": 4.0, "used_before_mb": 70.0, "used_after_mb": 25.0, "type": "Mark-Compact"},
    )
    heap = measure_heap(table, None, SPAN)
    assert (heap.live_mb, heap.live_min_mb, heap.live_max_mb, heap.live_basis) == (25, 20, 30, "mark_compact")
    assert (heap.used_max_mb, heap.full_collections) == (90, 3)
    # 65/85, 30/60, 45/70: the median is the last.
    assert heap.reclaim_median_share == pytest.approx(45 / 70)


def test_without_full_collections_it_is_the_floor_after_scavenges() -> None:
    heap = measure_heap(made(*({"at_ms": float(i), "used_after_mb": mb} for i, mb in enumerate([5.0, 9, 6, 8]))), None, SPAN)
    assert (heap.live_mb, heap.live_min_mb, heap.live_max_mb, heap.live_basis) == (8, 5, 8, "scavenge")


def test_without_sizes_nothing_is_known() -> None:
    heap = measure_heap(made({"at_ms": 1.0}), None, SPAN)
    assert heap.live_basis == "none"
    assert heap.live_mb == heap.used_max_mb == heap.committed_max_mb == NotKnown("no line with the size of the heap")
    assert heap.alloc_mb_per_s == NotKnown("needs two collections with the size of the heap")
    assert heap.old_space_trend == NoTrend("needs 4 collections, the log has 0")


def test_an_empty_table_is_measured_too() -> None:
    assert measure_heap(made({"at_ms": 1.0}).iloc[:0], None, span_of(0, 0)).live_basis == "none"


def test_allocation_is_what_a_collection_finds_above_what_the_last_one_left() -> None:
    # 10 -> 30: 20; 25 -> 22: given back in between, not allocated; 20 -> 60: 40. Sum 60 in 10 s.
    sizes = [(15.0, 10.0), (30.0, 25.0), (22.0, 20.0), (60.0, 50.0)]
    rows = ({"at_ms": float(i), "used_before_mb": before, "used_after_mb": after} for i, (before, after) in enumerate(sizes))
    assert measure_heap(made(*rows), None, SPAN).alloc_mb_per_s == pytest.approx(6)


def test_promotion_and_survival_come_from_named_values() -> None:
    # Found: 4 + 1 left before, 7 + 2; alive: 1 + 2 and 3 + 1.
    table = made(
        {"at_ms": 1.0, "allocated_mb": 8.0, "promoted_mb": 1.0, "survived_mb": 1.0},
        {"at_ms": 2.0, "allocated_mb": 4.0, "promoted_mb": 1.0, "survived_mb": 2.0},
        {"at_ms": 3.0, "allocated_mb": 7.0, "promoted_mb": 3.0, "survived_mb": 1.0},
    )
    heap = measure_heap(table, None, SPAN)
    assert heap.survival_share == pytest.approx(7 / 14)
    assert heap.promoted_mb_per_s == pytest.approx(0.5)


def test_without_named_values_they_are_not_known() -> None:
    heap = measure_heap(fulls((1, 5), (2, 5)), None, SPAN)
    assert heap.survival_share == heap.promoted_mb_per_s == NotKnown("not in this log: only --trace-gc-nvp prints it")


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([(100, 140), (100, 180)], (80, None), id="none is high: the largest, and no line"),
        pytest.param([(10, 37), (100, 180)], (27, 1), id="27 MB above 10 is high (37 > 36), 80 above 100 is not"),
        pytest.param([(10, 36), (100, 180)], (80, None), id="exactly 2 x used + 16 is not"),
    ],
)
def test_fragmentation_is_high_as_v8_says(rows: list[tuple[float, float]], expected: tuple[float, int | None]) -> None:
    sizes = ({"at_ms": 1.0, "used_after_mb": used, "committed_after_mb": committed} for used, committed in rows)
    heap = measure_heap(made(*sizes, type="Mark-Compact"), None, SPAN)
    assert (heap.fragmentation_max_mb, heap.fragmentation_line) == expected


def test_external_memory_is_the_largest_that_can_be_believed() -> None:
    totals = pd.DataFrame(
        {
            "quantity": ["external_reported", "backing_store", "pool", "external_reported", "external_reported"],
            "amount_kb": [1024.0, 2048.0, 9e9, 18_014_398_509_481_000.0, np.nan],
        }
    )
    assert measure_heap(fulls((1, 5)), totals, SPAN).external_max_mb == 2
    assert isinstance(measure_heap(fulls((1, 5)), None, SPAN).external_max_mb, NotKnown)


def test_collections_that_finished_incremental_marking_are_counted() -> None:
    table = made({"incremental_steps": 0.0, "incremental_ms": 2.0}, {}, type="Mark-Compact", at_ms=1.0)
    assert measure_heap(table, None, SPAN).full_incremental == 1


# ---------------------------------------------------------------- trend


def test_steady_growth_has_its_slope() -> None:
    trend = fit_old_space(growing(20, 30))
    assert isinstance(trend, Trend)
    assert trend.mb_per_h == pytest.approx(30)
    assert (trend.low_mb_per_h, trend.high_mb_per_h) == pytest.approx((30, 30))
    assert (trend.points, trend.from_ms, trend.to_ms) == (20, 0, 19 * HOUR / 10)
    assert (trend.from_mb, trend.to_mb, trend.basis) == (100, pytest.approx(157), "mark_compact")


def test_a_sawtooth_does_not_grow() -> None:
    trend = fit_old_space(fulls(*((i * HOUR, 50.0 + 40 * (i % 4)) for i in range(24))))
    assert isinstance(trend, Trend)
    assert trend.mb_per_h == 0


def test_after_a_warm_up_only_the_plateau_counts() -> None:
    sizes = [10.0 * min(i, 20) for i in range(50)]
    trend = fit_old_space(fulls(*((i * HOUR, mb) for i, mb in enumerate(sizes))))
    assert isinstance(trend, Trend)
    assert (trend.mb_per_h, trend.from_mb) == (0, 200)


def test_a_leak_that_begins_late_is_measured_from_its_begin() -> None:
    sizes = [50.0 + 4 * max(i - 30, 0) for i in range(50)]
    trend = fit_old_space(fulls(*((i * HOUR, mb) for i, mb in enumerate(sizes))))
    assert isinstance(trend, Trend)
    assert trend.mb_per_h == pytest.approx(4)
    assert trend.from_ms == pytest.approx(30 * HOUR, abs=HOUR)


def test_a_rise_to_a_level_the_live_set_had_before_is_not_growth() -> None:
    cycle = [20.0, 40, 60, 80, 100, 120, 140, 20]
    sizes = cycle * 4 + cycle[:6]
    trend = fit_old_space(fulls(*((i * HOUR, mb) for i, mb in enumerate(sizes))))
    assert isinstance(trend, Trend)
    assert trend.mb_per_h == 0


@pytest.mark.parametrize("reason", ["testing", "Isolate::RequestGarbageCollection", "gc extension", "heap profiler"])
def test_collections_that_were_asked_for_do_not_count(reason: str) -> None:
    asked = fulls((0, 1), (HOUR, 99), (2 * HOUR, 1), (3 * HOUR, 99), reason=reason)
    table = pd.concat([growing(20, 30), asked]).sort_values("at_ms", kind="stable", ignore_index=True)
    assert fit_old_space(table) == fit_old_space(growing(20, 30))
    assert fit_old_space(asked) == NoTrend("every full collection was asked for by the program or a tool")


def test_three_full_collections_are_too_few() -> None:
    assert fit_old_space(growing(3, 30)) == NoTrend("needs 4 full collections, the log has 3")


def test_collections_at_one_moment_have_no_trend() -> None:
    assert fit_old_space(fulls(*((5.0, float(i)) for i in range(5)))) == NoTrend(
        "the collections all happened at the same moment"
    )


def test_scavenges_are_used_if_there_is_no_full_collection() -> None:
    trend = fit_old_space(made(*({"at_ms": i * HOUR, "used_after_mb": 10.0 + i} for i in range(10))))
    assert isinstance(trend, Trend)
    assert (trend.mb_per_h, trend.basis) == (pytest.approx(1), "scavenge")


def test_many_collections_are_thinned_without_losing_the_change() -> None:
    count = 20_000
    at_ms = np.arange(count) * 1000.0
    sizes = np.where(np.arange(count) < 15_000, 80.0, 80 + (np.arange(count) - 15_000) * 0.01)
    table = pd.DataFrame({"at_ms": at_ms, "used_after_mb": sizes, "collector": "mark_compact", "reason": "task"})
    trend = fit_old_space(table)
    assert isinstance(trend, Trend)
    assert trend.mb_per_h == pytest.approx(36)
    assert trend.points == pytest.approx(5000, abs=10)


def test_cut_records_do_not_spoil_the_figures() -> None:
    table = made({"at_ms": 1.0, "used_after_mb": 5.0, "type": "Mark-sweep"}, {"at_ms": 2.0, "type": "Mark-sweep"})
    heap = measure_heap(table, None, SPAN)
    assert heap.live_mb == 5
    assert not math.isnan(heap.live_max_mb)
