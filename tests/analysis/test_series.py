"""Thinning keeps every extreme and is always the same; GC's share of a slice counts a pause at its edge in part."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from made_collections import made, pauses, span_of

from gclog.analysis.measure.series import SHARE_SLICES, thin

COUNT = 5_000


def long_log() -> pd.DataFrame:
    random = np.random.default_rng(3)
    sizes = random.uniform(10, 100, COUNT)
    rows = ({"at_ms": i * 10.0, "pause_ms": 1.0, "used_before_mb": mb + 5, "used_after_mb": mb} for i, mb in enumerate(sizes))
    return made(*rows)


def test_a_short_log_is_shown_whole() -> None:
    series = thin(pauses((20, 10), (60, 5)), span_of(10, 110))
    assert (series.at_ms, series.line, series.pause_ms, series.thinned_from) == ((20, 60), (1, 2), (10, 5), 2)
    assert series.collector == ("scavenge", "scavenge")


def test_a_long_log_keeps_its_ends_and_extremes() -> None:
    table = long_log()
    table.loc[1234, "pause_ms"] = 900.0
    table.loc[4321, "used_after_mb"] = 0.5
    table.loc[777, "committed_after_mb"] = 4096.0
    series = thin(table, span_of(0, COUNT * 10), at_most=400)
    assert len(series.at_ms) <= 400
    assert series.thinned_from == COUNT
    assert (series.line[0], series.line[-1]) == (1, COUNT)
    assert {1235, 4322, 778} <= set(series.line)
    assert list(series.line) == sorted(series.line)


def test_every_bucket_keeps_its_own_least_and_largest() -> None:
    table = long_log()
    series = thin(table, span_of(0, COUNT * 10), at_most=402)
    kept = set(series.line)
    for bucket in np.array_split(table["used_after_mb"].to_numpy(), 50):
        whole = table["used_after_mb"].to_numpy()
        assert {int(np.flatnonzero(whole == bucket.min())[0]) + 1, int(np.flatnonzero(whole == bucket.max())[0]) + 1} <= kept


def test_what_a_line_does_not_say_is_no_extreme() -> None:
    table = long_log()
    table["pause_ms"] = np.linspace(2, 1, COUNT)
    table.loc[150, "pause_ms"] = np.nan
    # 50 buckets of 100 lines: the second is 101 to 200.
    assert {101, 200} <= set(thin(table, span_of(0, COUNT * 10), at_most=402).line)


def test_thinning_is_repeatable() -> None:
    assert repr(thin(long_log(), span_of(0, 1))) == repr(thin(long_log(), span_of(0, 1)))


def test_full_collections_have_their_own_points() -> None:
    table = made(
        {"at_ms": 1.0, "used_after_mb": 5.0},
        {"at_ms": 2.0, "used_after_mb": 4.0, "type": "Mark-Compact"},
        {"at_ms": 3.0, "type": "Mark-Compact"},
    )
    series = thin(table, span_of(0, 3))
    assert (series.full_at_ms, series.full_after_mb) == ((2,), (4,))


def test_a_pause_over_an_edge_counts_in_both_slices() -> None:
    # Slices of 10 ms; the pause 15-35 fills half of the second, all of the third, half of the fourth.
    series = thin(pauses((35, 20)), span_of(0, 10.0 * SHARE_SLICES))
    assert series.gc_share_at_ms[:5] == (10, 20, 30, 40, 50)
    assert series.gc_share[:5] == pytest.approx((0, 0.5, 1, 0.5, 0))


def test_no_span_no_shares() -> None:
    assert thin(pauses((5, 0)), span_of(5, 5)).gc_share == ()


def test_an_empty_table_gives_an_empty_series() -> None:
    assert thin(pauses((5, 0)).iloc[:0], span_of(0, 0)).at_ms == ()
