"""A stretch of a process measured: rates, percentiles, levels and the trend, by hand."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from gclog.compare.stretch import Estimate, Key, Stretch, measure_stretch
from gclog.model.not_known import NotKnown

SECONDS = 120


def collections(count: int = SECONDS, leak_mb: float = 0.0, pause_ms: float = 10.0) -> pd.DataFrame:
    """A collection each second: 20 MB found, 15 left, every fourth a full one that leaves 5 (and `leak_mb` more each second)."""
    second = np.arange(1, count + 1, dtype=np.float64)
    full = second % 4 == 0
    after = np.where(full, 5.0, 15.0) + leak_mb * second
    return pd.DataFrame(
        {
            "line": np.arange(1, count + 1),
            "at_ms": 1000 * second,
            "collector": np.where(full, "mark_compact", "scavenge"),
            "reason": "allocation failure",
            "used_before_mb": 20.0 + leak_mb * second,
            "used_after_mb": after,
            "committed_after_mb": 32.0,
            "pause_ms": np.where(full, 3 * pause_ms, pause_ms),
            "incremental_ms": np.where(full, 5.0, 3.0),  # those of scavenges are told again by the full one
            "average_mu": np.where(full, 0.95, np.nan),
        }
    )


def figure(stretch: Stretch, key: Key) -> Estimate:
    found = stretch.figures[key]
    assert isinstance(found, Estimate), found
    return found


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (("gc_share", None, ""), (90 * 10 + 30 * 30) / 120_000),
        (("gc_share_with_incremental", None, ""), (90 * 10 + 30 * 35) / 120_000),
        (("pauses_per_min", None, ""), 60.0),
        (("fulls_per_min", None, ""), 15.0),
        # behind a scavenge (15 left) 5 MB are allocated, behind a full collection (5 left) 15; nothing is known before the first
        (("alloc_mb_per_s", None, ""), (90 * 5.0 + 29 * 15.0) / 120),
        (("gc_ms_per_gb", None, ""), (90 * 10 + 30 * 30) / (90 * 5.0 + 29 * 15.0) * 1024),
        (("pause_p50", "scavenge", ""), 10.0),
        (("pause_p90", "scavenge", ""), 10.0),
        (("pause_p50", "mark_compact", ""), 30.0),
        (("pause_max", "mark_compact", ""), 30.0),
        (("live_mb", None, ""), 5.0),
        (("live_mb", None, "scavenge"), 5.0),
        (("committed_mb", None, ""), 32.0),
        (("reclaim_share", None, ""), 0.75),
        (("mu", None, ""), 0.95),
        (("live_trend", None, ""), 0.0),
    ],
    ids=lambda value: "-".join(filter(None, value)) if isinstance(value, tuple) else "",
)
def test_a_figure_is_what_the_collections_add_up_to(key: Key, expected: float) -> None:
    assert figure(measure_stretch(collections(), 0.0, 120_000.0), key).value == pytest.approx(expected)


def test_only_the_collections_of_the_stretch_count() -> None:
    stretch = measure_stretch(collections(), 60_000.0, 100_000.0)
    assert (stretch.collections, stretch.fulls) == (40, 10)
    # the one before the stretch says what was left: none of the 40 is without its allocation
    assert figure(stretch, ("alloc_mb_per_s", None, "")).value == pytest.approx((30 * 5 + 10 * 15) / 40)


def test_a_leak_is_a_trend_in_mb_an_hour() -> None:
    assert figure(measure_stretch(collections(leak_mb=0.1), 0.0, 120_000.0), ("live_trend", None, "")).value == pytest.approx(
        360.0
    )


def test_full_collections_that_the_program_asked_for_make_no_trend() -> None:
    stretch = measure_stretch(collections(leak_mb=0.1).assign(reason="testing"), 0.0, 120_000.0)
    assert stretch.figures[("live_trend", None, "")] == NotKnown("needs 5 full collections, the stretch has 0")


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        (("pause_p99", "scavenge", ""), "needs 500 pauses, the stretch has 90"),
        (("pause_p90", "mark_compact", ""), "needs 50 pauses, the stretch has 30"),
    ],
)
def test_a_percentile_with_fewer_than_five_pauses_beyond_it_is_not_known(key: Key, reason: str) -> None:
    assert measure_stretch(collections(), 0.0, 120_000.0).figures[key] == NotKnown(reason)


def test_a_stretch_with_nine_collections_says_nothing() -> None:
    found = measure_stretch(collections(), 0.0, 9_000.0).figures
    assert found == {("gc_share", None, ""): NotKnown("needs 10 collections in the stretch, it has 9")}


def test_few_full_collections_scatter_as_poisson_says() -> None:
    rows = collections()
    rows.loc[rows["at_ms"] > 8_000, "collector"] = "scavenge"
    found = figure(measure_stretch(rows, 0.0, 120_000.0), ("fulls_per_min", None, ""))
    assert (found.value, found.count) == (1.0, 2)
    assert found.error == pytest.approx(1 / math.sqrt(2.5))
    assert found.floor == pytest.approx(0.25)


def test_a_regular_process_has_small_errors_and_an_irregular_one_large_ones() -> None:
    regular = figure(measure_stretch(collections(), 0.0, 120_000.0), ("gc_share", None, ""))
    rows = collections()
    busy = (rows["at_ms"] // 20_000) % 2 == 0
    rows["pause_ms"] = np.where(busy, 10 * rows["pause_ms"], rows["pause_ms"])
    irregular = figure(measure_stretch(rows, 0.0, 120_000.0), ("gc_share", None, ""))
    assert regular.error < 0.08
    assert irregular.error > 0.15


def test_pauses_printed_in_tenths_are_no_more_certain_than_that() -> None:
    rows = collections(pause_ms=0.1)
    found = figure(measure_stretch(rows, 0.0, 120_000.0), ("pause_p50", "scavenge", ""))
    assert found.error == pytest.approx(0.1 / math.sqrt(12) / 0.1)


def test_a_log_without_mu_says_so() -> None:
    found = measure_stretch(collections().assign(average_mu=np.nan), 0.0, 120_000.0).figures
    assert found[("mu", None, "")] == NotKnown("the log does not say it")
