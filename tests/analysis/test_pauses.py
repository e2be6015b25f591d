"""Shares, percentiles, the worst minute and minimum mutator utilisation, worked out by hand."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_collections import made, pauses, span_of

from gclog.analysis.measure.intervals import lay_out
from gclog.analysis.measure.pauses import count_incremental_ms, measure_mmu, measure_pauses, percentile
from gclog.model.not_known import NotKnown
from gclog.model.process import MmuPoint, PauseFigures, ReasonFigures, Span

MINUTE = 60_000.0


@pytest.mark.parametrize(
    ("count", "percent", "expected"),
    [
        pytest.param(2, 50, 1, id="median of two is the lower"),
        pytest.param(3, 50, 2, id="median of three"),
        pytest.param(4, 50, 2, id="median of four is the second"),
        pytest.param(10, 90, 9, id="p90 of ten is the ninth, not the largest"),
        pytest.param(11, 90, 10, id="p90 of eleven"),
        pytest.param(20, 90, 18, id="p90 of twenty"),
        pytest.param(100, 99, 99, id="p99 of a hundred is the 99th, not the largest"),
        pytest.param(101, 99, 100, id="p99 of a hundred and one"),
        pytest.param(1000, 99, 990, id="p99 of a thousand"),
    ],
)
def test_nearest_rank_by_hand(count: int, percent: int, expected: float) -> None:
    assert percentile(np.arange(1.0, count + 1), percent) == expected


@pytest.mark.parametrize(("count", "percent", "needed"), [(1, 50, 2), (9, 90, 10), (99, 99, 100), (0, 50, 2)])
def test_a_rank_that_would_be_the_maximum_is_not_given(count: int, percent: int, needed: int) -> None:
    assert percentile(np.arange(1.0, count + 1), percent) == NotKnown(f"needs {needed} pauses, the log has {count}")


def test_the_share_is_of_the_span() -> None:
    measured = measure_pauses(pauses((20, 10), (60, 5)), span_of(10, 110))
    assert measured.share == 0.15
    assert measured.all == PauseFigures(2, 15, 10, 1, 5, NotKnown("needs 10 pauses, the log has 2"), measured.all.p99_ms)


def test_incremental_steps_count_in_the_second_share_only() -> None:
    table = made(
        {"at_ms": 20.0, "pause_ms": 10.0}, {"at_ms": 60.0, "pause_ms": 5.0, "type": "Mark-sweep", "incremental_ms": 25.0}
    )
    measured = measure_pauses(table, span_of(10, 110))
    assert (measured.share, measured.incremental_ms, measured.share_with_incremental) == (0.15, 25, 0.4)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([("s", 3), ("s", 4), ("f", 9)], 9, id="a full collection's steps hold those of its scavenges"),
        pytest.param([("s", 3), ("s", 4), ("f", 0)], 7, id="marking that was given up is known from its scavenges"),
        pytest.param([("f", 9), ("s", 2)], 11, id="steps behind the last full collection"),
        pytest.param([("f", 9), ("f", 8)], 17, id="two cycles"),
    ],
)
def test_each_incremental_step_counts_once(rows: list[tuple[str, float]], expected: float) -> None:
    kinds = {"s": "Scavenge", "f": "Mark-sweep"}
    assert count_incremental_ms(made(*({"type": kinds[kind], "incremental_ms": ms} for kind, ms in rows))) == expected


def test_a_share_above_one_by_rounding_is_one() -> None:
    assert measure_pauses(pauses((5, 5.2), (10, 5.2)), span_of(0, 10)).share == 1


def test_one_pause_alone_is_no_share_of_itself() -> None:
    measured = measure_pauses(pauses((10, 9.6)), span_of(0.4, 10))
    assert measured.share == measured.worst_window_share == NotKnown("the log shows one pause and nothing around it")


def test_pauses_too_short_to_be_printed_are_not_zero() -> None:
    measured = measure_pauses(pauses((10, 0), (500, 0)), span_of(10, 500))
    assert measured.share == NotKnown("every pause is printed as 0: too short for this V8 to print")
    assert (measured.all.total_ms, measured.mmu) == (0, ())


@pytest.mark.parametrize(
    ("span", "reason"),
    [
        (span_of(5, 5), "the log spans no time"),
        (span_of(float("nan"), float("nan")), "the log does not say when the collections ran"),
    ],
    ids=["zero", "unknown"],
)
def test_without_a_span_there_is_no_share_and_a_reason(span: Span, reason: str) -> None:
    measured = measure_pauses(pauses((5, 1)), span)
    assert measured.share == measured.share_with_incremental == measured.worst_window_share == NotKnown(reason)
    assert measured.mmu == ()


def test_a_log_without_collections_is_measured_too() -> None:
    measured = measure_pauses(pauses((5, 1)).iloc[:0], span_of(0, 0))
    assert (measured.all.count, measured.by_collector, measured.by_reason, measured.mmu) == (0, {}, (), ())
    assert measured.all.p50_ms == NotKnown("no pauses in the log")


def test_the_worst_minute_is_the_one_with_most_pause_time() -> None:
    # 0-6 s, 51-57 s and 108-118 s: from 0 s 6 and 6; from 51 s 6 and 3 of 10; from 58 s only 10.
    table = pauses((6_000, 6_000), (57_000, 6_000), (118_000, 10_000))
    measured = measure_pauses(table, span_of(0, 118_000))
    assert (measured.worst_window_ms, measured.worst_window_share) == (MINUTE, 0.2)
    assert (measured.worst_window_at_ms, measured.worst_window_line) == (0, 1)


def test_a_minute_that_cuts_a_pause_takes_only_its_part() -> None:
    # From 10 s: 2 s, and of 65-77 s the five up to 70 s; from 17 s (ending with the second) 12 s.
    table = pauses((12_000, 2_000), (77_000, 12_000), (200_000, 1))
    measured = measure_pauses(table, span_of(10_000, 200_000))
    assert measured.worst_window_share == 0.2
    assert measured.worst_window_line == 2


def test_a_log_shorter_than_a_minute_is_one_window() -> None:
    measured = measure_pauses(pauses((20, 10), (60, 5)), span_of(10, 110))
    assert (measured.worst_window_ms, measured.worst_window_share, measured.worst_window_at_ms) == (100, 0.15, 10)


def test_minimum_mutator_utilisation_is_not_monotonic() -> None:
    # The program runs in the 1st, 3rd and 5th second and is stopped in the 2nd and the 4th.
    laid = lay_out(pauses((2_000, 1_000), (4_000, 1_000)))
    curve = measure_mmu(laid, 0, 5_000, np.array([1_000.0, 2_000, 3_000, 4_000, 5_000]))
    assert [point.share for point in curve] == pytest.approx([0, 1 / 2, 1 / 3, 1 / 2, 3 / 5])


def test_the_curve_has_windows_of_1_2_5_up_to_the_span() -> None:
    measured = measure_pauses(pauses((20, 10), (60, 5)), span_of(10, 110))
    assert [point.window_ms for point in measured.mmu] == [1, 2, 5, 10, 20, 50, 100]
    assert measured.mmu[3] == MmuPoint(10, 0)
    # Of 50 ms, 10-60: both pauses.
    assert measured.mmu[5].share == pytest.approx(0.7)
    assert measured.mmu[-1].share == pytest.approx(0.85)


def test_a_record_that_was_cut_before_its_pause_is_left_out() -> None:
    measured = measure_pauses(made({"at_ms": 20.0, "pause_ms": 10.0}, {"at_ms": 60.0}), span_of(0, 100))
    assert (measured.all.count, measured.by_collector["scavenge"].count) == (1, 1)


def test_collectors_and_reasons_are_distinguished() -> None:
    table = made(
        {"at_ms": 10.0, "pause_ms": 1.0, "reason": "task"},
        {"at_ms": 20.0, "pause_ms": 2.0},
        {"at_ms": 30.0, "pause_ms": 9.0, "type": "Mark-Compact", "reason": "task"},
        {"at_ms": 40.0, "pause_ms": 3.0, "reason": "task"},
    )
    measured = measure_pauses(table, span_of(0, 100))
    assert measured.by_reason == (
        ReasonFigures("task", "mark_compact", 1, 9, 9),
        ReasonFigures("task", "scavenge", 2, 4, 3),
        ReasonFigures("no reason given", "scavenge", 1, 2, 2),
    )
    assert {name: (f.count, f.max_ms, f.max_line) for name, f in measured.by_collector.items()} == {
        "scavenge": (3, 3, 4),
        "mark_compact": (1, 9, 3),
    }


def test_the_printed_average_is_the_last_one() -> None:
    table = made(
        {"at_ms": 10.0, "pause_ms": 1.0, "average_mu": 1.0},
        {"at_ms": 20.0, "pause_ms": 5.0, "average_mu": 0.9, "type": "Mark-Compact"},
        {"at_ms": 30.0, "pause_ms": 1.0},
    )
    assert measure_pauses(table, span_of(0, 100)).average_mu == 0.9


def test_scavenges_repeat_the_average_of_a_collection_before_the_log() -> None:
    assert measure_pauses(pauses((10, 1), average_mu=0.95), span_of(0, 100)).average_mu == 0.95


def test_before_any_full_collection_one_is_no_measure() -> None:
    measured = measure_pauses(pauses((10, 1), average_mu=1.0), span_of(0, 100))
    assert measured.average_mu == NotKnown("no full collection yet")
    assert measured.average_mu_recomputed == NotKnown("needs 2 full collections, the log has 0")


def test_old_versions_print_no_utilisation() -> None:
    assert measure_pauses(pauses((10, 1)), span_of(0, 100)).average_mu == NotKnown(
        "V8 prints its mutator utilisation from Node 10.4 on, in --trace-gc lines only"
    )


@given(st.lists(st.tuples(st.integers(0, 200_000), st.integers(0, 3_000)), min_size=1, max_size=15), st.randoms())
@pytest.mark.slow
def test_shuffled_lines_give_the_same_figures(rows: list[tuple[int, int]], random: Random) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)
    span = span_of(0, 200_000)
    one, other = measure_pauses(pauses((0, 1), *rows), span), measure_pauses(pauses((0, 1), *shuffled), span)
    assert one.all.total_ms == other.all.total_ms == 1 + sum(length for _, length in rows)
    assert one.worst_window_share == pytest.approx(other.worst_window_share)
    assert [point.share for point in one.mmu] == pytest.approx([point.share for point in other.mmu])


@given(st.lists(st.tuples(st.integers(0, 900), st.integers(0, 60)), min_size=2, max_size=10))
@pytest.mark.slow
def test_over_the_whole_span_the_curve_and_the_share_agree(rows: list[tuple[int, int]]) -> None:
    measured = measure_pauses(pauses((0, 1), *rows), span_of(-700, 900))
    assert measured.mmu[-1].share == pytest.approx(1 - measured.share)
