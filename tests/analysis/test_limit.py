"""Where the limit is known from, and how it shows in the way V8 collects."""

from __future__ import annotations

import pytest
from made_seen import full

from gclog.analysis.limit import LimitSight, old_generation_mb
from gclog.results import Limit, NoLimit


def test_without_any_sign_there_is_no_limit() -> None:
    sight = LimitSight(None)
    for i in range(10):
        sight.full(full(i * 1000.0, 50 + 20 * i, freed_mb=30))
    assert isinstance(sight.limit, NoLimit)
    assert sight.cautious_mb is None


def test_what_the_user_gave_goes_before_the_log() -> None:
    sight = LimitSight(512)
    sight.option(3, 2048)
    assert sight.limit == Limit(512, 512, 512, "option", "given by the user", None)
    assert sight.is_known


def test_an_option_in_the_log_goes_before_what_is_inferred() -> None:
    sight = LimitSight(None)
    _press(sight)
    sight.option(7, 300)
    assert sight.limit == Limit(300, 300, 300, "log", "named on line 7", 7)
    assert sight.mb == 300


@pytest.mark.parametrize(
    ("option", "mb", "expected"),
    [
        ("max_old_space_size", 4096, 4096),
        ("max_heap_size", 4096, 4048),  # 48 MB of young generation
        ("max_heap_size", 131, 128),  # 3/128 of the old generation
    ],
)
def test_max_heap_size_counts_the_young_generation_in(option: str, mb: float, expected: float) -> None:
    assert old_generation_mb(option, mb) == pytest.approx(expected)


def _press(sight: LimitSight, **more: str) -> None:
    """At 200 MB, 240 committed, two busy cycles that grow by 4 MB and 6 MB."""
    for at_ms, after, freed in ((1000.0, 100, 40), (3000.0, 200, 40), (3100.0, 200, 4), (3200.0, 200, 6)):
        sight.full(full(at_ms, after, freed_mb=freed, gc_ms=30, committed_mb=after + 40, **more))


def test_short_busy_cycles_show_the_limit_between_half_way_and_what_is_committed() -> None:
    sight = LimitSight(None)
    _press(sight)
    limit = sight.limit
    assert isinstance(limit, Limit)
    assert (limit.source, limit.line) == ("inferred", 32)
    assert (limit.low_mb, limit.mb, limit.high_mb) == (212, 240, 240)  # 2 x 206 - 200; committed when the pressure set in
    assert sight.cautious_mb == pytest.approx(212 + 28 / 3)


def test_v8_5_4_and_older_collect_half_way_to_the_limit() -> None:
    sight = LimitSight(None)
    _press(sight, reason="GC interrupt")
    limit = sight.limit
    assert isinstance(limit, Limit)
    assert (limit.low_mb, limit.mb, limit.high_mb) == (212, 212, 240)


@pytest.mark.parametrize(
    ("gc_ms", "reason"),
    [
        pytest.param(1, "finalize incremental marking via task", id="the memory reducer of an idle process"),
        pytest.param(30, "testing", id="global.gc()"),
        pytest.param(30, "external memory pressure", id="buffers"),
    ],
)
def test_collections_that_the_heap_did_not_bring_about_show_nothing(gc_ms: float, reason: str) -> None:
    sight = LimitSight(None)
    for i in range(8):
        sight.full(full(1000 + i * 100.0, 200, freed_mb=4, gc_ms=gc_ms, reason=reason))
    assert isinstance(sight.limit, NoLimit)


def test_a_young_generation_that_no_longer_fits_shows_the_limit_at_once() -> None:
    sight = LimitSight(None)
    sight.full(full(1000, 60, freed_mb=40, collector_reason="scavenge might not succeed"))
    limit = sight.limit
    assert isinstance(limit, Limit)
    assert (limit.low_mb, limit.mb, limit.high_mb) == pytest.approx((80, 100, 120))  # in use before, give or take a fifth
    assert "no longer fitted" in limit.why


def test_both_kinds_of_evidence_narrow_the_limit_down_together() -> None:
    sight = LimitSight(None)
    _press(sight)  # 212 to 240
    sight.full(full(3300, 190, freed_mb=30, collector_reason="scavenge might not succeed"))  # 220, give or take a fifth
    limit = sight.limit
    assert isinstance(limit, Limit)
    assert (limit.low_mb, limit.mb, limit.high_mb) == (212, 220, 240)


def test_node_26_reserves_room_for_a_young_generation_that_is_not_committed_yet() -> None:
    sight = LimitSight(None)
    _press(sight, type="Incremental Mark-Compact")
    limit = sight.limit
    assert isinstance(limit, Limit)
    assert (limit.low_mb, limit.mb, limit.high_mb) == (212, 264, 264)  # 200 alive when the pressure set in, and 64


def test_reduce_says_that_seven_eighths_of_the_limit_are_filled() -> None:
    sight = LimitSight(None)
    for at_ms, freed, reduce in ((1000.0, 50, False), (1100.0, 2, False), (1200.0, 2, True)):
        sight.full(full(at_ms, 84, freed_mb=freed, gc_ms=30, committed_mb=87.5 if reduce else 120, reduce=reduce))
    limit = sight.limit
    assert isinstance(limit, Limit)
    assert limit.high_mb == pytest.approx(100)


def test_a_heap_that_grows_past_an_inferred_limit_raises_it() -> None:
    sight = LimitSight(None)
    _press(sight)
    sight.full(full(9000, 300, freed_mb=200))
    limit = sight.limit
    assert isinstance(limit, Limit)
    assert limit.mb >= 300
    assert sight.is_passed
