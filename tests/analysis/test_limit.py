"""Where the limit is known from, and how it shows in the way V8 collects."""

from __future__ import annotations

import pytest
from made_seen import full

from gclog.analysis.verdict.limit import LimitTracker, old_generation_mb
from gclog.analysis.verdict.signals import CollectionSeen
from gclog.model.verdict import Limit, NoLimit


def test_without_any_sign_there_is_no_limit() -> None:
    sight = LimitTracker(None)
    for i in range(10):
        sight.full(full(i * 1000.0, 50 + 20 * i, freed_mb=30))
    assert isinstance(sight.limit, NoLimit)
    assert sight.cautious_mb is None


def test_what_the_user_gave_goes_before_the_log() -> None:
    sight = LimitTracker(512)
    sight.option(3, 2048)
    assert sight.limit == Limit(512, 512, 512, "option", "given by the user", None)
    assert sight.is_known


def test_an_option_in_the_log_goes_before_what_is_inferred() -> None:
    sight = LimitTracker(None)
    _press(sight)
    sight.option(7, 300)
    assert sight.limit == Limit(300, 300, 300, "log", "named on line 7", 7)
    assert sight.mb == 300


def node_20(at_ms: float, after_mb: float) -> CollectionSeen:
    """A full collection that only Node 19 to 21 print so."""
    return full(at_ms, after_mb, type="Mark-Compact")._replace(form="v8_11_0")


def test_a_printed_heap_size_limit_is_less_the_young_generation_of_the_version() -> None:
    sight = LimitTracker(None)
    sight.option(2, 560, "heap_size_limit")
    sight.full(node_20(1000, 30))
    why = "the program printed a heap_size_limit of 560.0 MB, which includes the young generation"
    assert sight.limit == Limit(512, 512, 557, "printed", why, 2)
    assert (sight.mb, sight.cautious_mb, sight.is_known) == (512, 512, True)


def test_what_is_alive_shows_that_a_printed_limit_is_a_larger_one() -> None:
    """The young generation is 48 MB on a large machine, and may be as small as 3."""
    sight = LimitTracker(None)
    sight.option(2, 236, "heap_size_limit")
    sight.full(node_20(1000, 30))
    assert sight.mb == 188
    sight.full(node_20(2000, 200))
    assert sight.mb == 200
    sight.full(node_20(3000, 100))
    assert sight.mb == 200
    limit = sight.limit
    assert isinstance(limit, Limit) and (limit.low_mb, limit.high_mb) == (200, 233)


@pytest.mark.parametrize(
    ("named_mb", "source", "mb"),
    [
        pytest.param(500, "log", 500, id="the young generation is smaller"),
        pytest.param(4096, "printed", 512, id="it did not reach the process"),
    ],
)
def test_an_option_counts_if_the_printed_limit_agrees(named_mb: float, source: str, mb: float) -> None:
    sight = LimitTracker(None)
    sight.option(1, named_mb)
    sight.option(2, 500 + 12 if named_mb == 500 else 512 + 48, "heap_size_limit")
    sight.full(node_20(1000, 30))
    limit = sight.limit
    assert isinstance(limit, Limit) and (limit.source, limit.mb) == (source, mb)


def test_the_semi_spaces_that_the_log_names_are_taken_off_a_printed_limit() -> None:
    sight = LimitTracker(None)
    sight.option(1, 64, "max_semi_space_size")
    sight.option(2, 704, "heap_size_limit")
    sight.full(node_20(1000, 30))
    limit = sight.limit
    assert isinstance(limit, Limit) and (limit.low_mb, limit.mb, limit.high_mb) == (512, 512, 512)


REPORTED = Limit(48, 48, 48, "report", "--max-old-space-size in its command line", 90)


def test_a_report_takes_precedence_over_the_log_and_the_user_over_both() -> None:
    sight = LimitTracker(None)
    sight.reported(REPORTED)
    sight.option(3, 2048)
    sight.option(4, 96, "heap_size_limit")
    assert sight.limit == REPORTED
    given = LimitTracker(64)
    given.reported(REPORTED)
    assert given.mb == 64


def test_a_limit_that_is_raised_in_the_log_goes_before_the_report() -> None:
    """As --heapsnapshot-near-heap-limit does; 192 + 48."""
    sight = LimitTracker(None)
    sight.reported(REPORTED)
    sight.full(node_20(1000, 30))
    sight.option(40, 240, "heap_size_limit")
    limit = sight.limit
    assert isinstance(limit, Limit) and (limit.source, limit.mb) == ("printed", 192)


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


def _press(sight: LimitTracker, **more: str) -> None:
    """At 200 MB, 240 committed, two busy cycles that grow by 4 MB and 6 MB."""
    for at_ms, after, freed in ((1000.0, 100, 40), (3000.0, 200, 40), (3100.0, 200, 4), (3200.0, 200, 6)):
        sight.full(full(at_ms, after, freed_mb=freed, gc_ms=30, committed_mb=after + 40, **more))


def test_short_busy_cycles_show_the_limit_between_half_way_and_what_is_committed() -> None:
    sight = LimitTracker(None)
    _press(sight)
    limit = sight.limit
    assert isinstance(limit, Limit)
    assert (limit.source, limit.line) == ("inferred", 32)
    assert (limit.low_mb, limit.mb, limit.high_mb) == (212, 240, 240)  # 2 x 206 - 200; committed when the pressure set in
    assert sight.cautious_mb == pytest.approx(240 - 28 / 3)


def test_v8_5_4_and_older_collect_half_way_to_the_limit() -> None:
    sight = LimitTracker(None)
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
    sight = LimitTracker(None)
    for i in range(8):
        sight.full(full(1000 + i * 100.0, 200, freed_mb=4, gc_ms=gc_ms, reason=reason))
    assert isinstance(sight.limit, NoLimit)


def test_a_young_generation_that_no_longer_fits_shows_the_limit_at_once() -> None:
    sight = LimitTracker(None)
    sight.full(full(1000, 60, freed_mb=40, collector_reason="scavenge might not succeed"))
    limit = sight.limit
    assert isinstance(limit, Limit)
    assert (limit.low_mb, limit.mb, limit.high_mb) == pytest.approx((80, 100, 120))  # in use before, give or take a fifth
    assert "no longer fit" in limit.why


def test_both_kinds_of_evidence_narrow_the_limit_down_together() -> None:
    sight = LimitTracker(None)
    _press(sight)  # 212 to 240
    sight.full(full(3300, 190, freed_mb=30, collector_reason="scavenge might not succeed"))  # 220, give or take a fifth
    limit = sight.limit
    assert isinstance(limit, Limit)
    assert (limit.low_mb, limit.mb, limit.high_mb) == (212, 220, 240)


def test_node_26_reserves_room_for_a_young_generation_that_is_not_committed_yet() -> None:
    sight = LimitTracker(None)
    _press(sight, type="Incremental Mark-Compact")
    limit = sight.limit
    assert isinstance(limit, Limit)
    assert (limit.low_mb, limit.mb, limit.high_mb) == (212, 264, 264)  # 200 alive when the pressure set in, and 64


def test_reduce_says_that_seven_eighths_of_the_limit_are_filled() -> None:
    sight = LimitTracker(None)
    for at_ms, freed, reduce in ((1000.0, 50, False), (1100.0, 2, False), (1200.0, 2, True)):
        sight.full(full(at_ms, 84, freed_mb=freed, gc_ms=30, committed_mb=87.5 if reduce else 120, reduce=reduce))
    limit = sight.limit
    assert isinstance(limit, Limit)
    assert limit.high_mb == pytest.approx(100)


def test_a_heap_that_grows_past_an_inferred_limit_raises_it() -> None:
    sight = LimitTracker(None)
    _press(sight)
    sight.full(full(9000, 300, freed_mb=200))
    limit = sight.limit
    assert isinstance(limit, Limit)
    assert limit.mb >= 300
    assert sight.is_passed


@pytest.mark.parametrize(
    ("sizes_mb", "inferred"),
    [
        pytest.param([4.1] * 8, False, id="a small heap that does not move"),
        pytest.param([4.1, 4.2, 4.3, 4.4, 4.5], False, id="that hardly moves"),
        pytest.param([8.0, 14.0, 19.0, 20.0, 20.5], True, id="a worker that grew to its limit"),
        pytest.param([60.0] * 8, True, id="a heap of a server's size"),
    ],
)
def test_a_small_heap_has_a_limit_only_if_it_grew_to_it(sizes_mb: list[float], inferred: bool) -> None:
    sight = LimitTracker(None)
    for place, mb in enumerate(sizes_mb):
        sight.full(full(1000.0 + 100 * place, mb, freed_mb=0.1, gc_ms=60, committed_mb=mb * 1.1))
    assert isinstance(sight.limit, Limit) is inferred


def test_a_single_collection_for_want_of_room_shows_no_limit_of_a_small_heap() -> None:
    sight = LimitTracker(None)
    sight.full(full(123_269.0, 3.9, freed_mb=1.0, collector_reason="scavenge might not succeed"))
    assert isinstance(sight.limit, NoLimit)
