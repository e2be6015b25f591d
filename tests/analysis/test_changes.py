"""Two sides held against each other: intervals by hand, verdicts, and the guard against many measures."""

from __future__ import annotations

import math

import pytest

from gclog.compare.changes import MEASURES, compare_stretches
from gclog.compare.stretch import Estimate, Key, Stretch
from gclog.model.comparison import Change, Measure
from gclog.model.not_known import NotKnown

LIVE: Key = ("live_mb", None, "")
SHARE: Key = ("gc_share", None, "")
TREND: Key = ("live_trend", None, "")
HOUR_MS = 3_600_000.0


def stretch(**values: float) -> Stretch:
    """An hour of a process with these figures, each certain to 1 % (a trend to 0.5 MB/h)."""
    found: dict[Key, Estimate | NotKnown] = {}
    for name, value in values.items():
        key: Key = next((rule.measure, None, "") for rule in MEASURES if rule.measure == name)
        found[key] = Estimate(value, 0.5 if name == "live_trend" else 0.01, 50.0, 100)
    return Stretch(0.0, HOUR_MS, 100, 20, found)


def change_of(measure: Measure, before: list[Stretch], after: list[Stretch], runs: tuple[int, int] = (1, 1)) -> Change:
    return next(change for change in compare_stretches(before, after, runs) if change.measure == measure)


def test_the_interval_of_a_ratio_holds_the_scatter_of_the_runs_and_between_runs() -> None:
    change = change_of("live_mb", [stretch(live_mb=100.0)], [stretch(live_mb=150.0)])
    error = math.sqrt(2 * 0.01**2 + 2 * 0.04**2)
    assert change.ratio == pytest.approx(1.5)
    # so many degrees of freedom that Student's t is normal
    assert (change.low, change.high) == pytest.approx((1.5 * math.exp(-1.645 * error), 1.5 * math.exp(1.645 * error)), rel=1e-3)
    assert change.difference == 50.0
    reach = 1.645 * math.hypot(100 * math.hypot(0.01, 0.04), 150 * math.hypot(0.01, 0.04))
    assert (change.difference_low, change.difference_high) == pytest.approx((50 - reach, 50 + reach), rel=1e-3)


@pytest.mark.parametrize(
    ("measure", "before", "after", "verdict"),
    [
        ("live_mb", 100.0, 150.0, "worse"),
        ("live_mb", 150.0, 100.0, "better"),
        ("live_mb", 100.0, 108.0, "same"),
        ("live_mb", 100.0, 118.0, "worse"),
        ("gc_share", 0.05, 0.05, "cannot-say"),
        ("gc_share", 0.01, 0.09, "worse"),
        ("mu", 0.99, 0.70, "worse"),
        ("mu", 0.70, 0.99, "better"),
        ("mu", 0.98, 0.97, "same"),
        ("reclaim_share", 0.9, 0.3, "worse"),
    ],
)
def test_a_change_is_judged_by_its_interval_its_size_and_its_direction(
    measure: Measure, before: float, after: float, verdict: str
) -> None:
    assert change_of(measure, [stretch(**{measure: before})], [stretch(**{measure: after})]).verdict == verdict


def test_a_change_of_less_than_a_tenth_is_the_same_however_certain_it_is() -> None:
    change = change_of("live_mb", [stretch(live_mb=100.0)] * 9, [stretch(live_mb=109.0)] * 9, runs=(9, 9))
    assert isinstance(change.low, float)
    assert change.low > 1.05
    assert (change.verdict, change.why) == ("same", "the whole interval is close to no change")


@pytest.mark.parametrize(
    ("trend", "verdict"),
    # 40 MB alive in a stretch of an hour: 40 MB/h would double it, 4 MB/h are a tenth of that
    [(0.0, "same"), (1.5, "same"), (12.0, "worse"), (-12.0, "better"), (6.0, "cannot-say")],
)
def test_a_trend_is_judged_by_what_it_adds_within_the_stretch(trend: float, verdict: str) -> None:
    before, after = stretch(live_mb=40.0, live_trend=0.0), stretch(live_mb=40.0, live_trend=trend)
    assert change_of("live_trend", [before], [after]).verdict == verdict


def test_one_small_p_among_many_measures_is_not_enough() -> None:
    """Holm: 0.02 passes alone, and fails as one of four."""
    ratio = math.exp(2.33 * math.sqrt(2 * 0.01**2 + 2 * 0.06**2))
    one = [stretch(committed_mb=100.0)], [stretch(committed_mb=100.0 * ratio)]
    more = {"pauses_per_min": 10.0, "fulls_per_min": 10.0, "alloc_mb_per_s": 10.0}
    many = [stretch(committed_mb=100.0, **more)], [stretch(committed_mb=100.0 * ratio, **more)]
    assert change_of("committed_mb", *one).verdict == "worse"
    found = change_of("committed_mb", *many)
    assert (found.verdict, found.why) == (
        "cannot-say",
        "there may be a change, but among this many measures one like it arises by chance",
    )


def test_explanations_do_not_drown_the_answer() -> None:
    ratio = math.exp(2.1 * math.sqrt(2 * 0.01**2 + 2 * 0.04**2))
    more = {"pauses_per_min": 10.0, "fulls_per_min": 10.0, "alloc_mb_per_s": 10.0, "committed_mb": 10.0}
    assert change_of("live_mb", [stretch(live_mb=100.0, **more)], [stretch(live_mb=100.0 * ratio, **more)]).verdict == "worse"


def test_the_processes_of_a_side_are_averaged_and_their_differences_count() -> None:
    before = [stretch(live_mb=50.0), stretch(live_mb=200.0)]
    change = change_of("live_mb", before, [stretch(live_mb=100.0)])
    assert change.before == pytest.approx(100.0)  # the geometric mean
    between = math.log(4) / math.sqrt(2) / math.sqrt(2)  # their standard deviation, of a mean of two
    assert isinstance(change.high, float)
    assert math.log(change.high) > 1.645 * between


def test_three_runs_a_side_show_what_one_cannot() -> None:
    before, after = [stretch(gc_share=0.10)], [stretch(gc_share=0.19)]
    assert change_of("gc_share", before, after).verdict == "cannot-say"
    assert change_of("gc_share", before * 3, after * 3, runs=(3, 3)).verdict == "worse"


def test_processes_of_one_log_do_not_count_as_runs_of_their_own() -> None:
    before, after = [stretch(gc_share=0.10)] * 3, [stretch(gc_share=0.19)] * 3
    assert change_of("gc_share", before, after, runs=(1, 1)).verdict == "cannot-say"


def test_a_side_with_too_little_says_which_and_why() -> None:
    too_little = Stretch(0.0, HOUR_MS, 9, 0, {SHARE: NotKnown("needs 10 collections in the stretch, it has 9")})
    change = change_of("gc_share", [stretch(gc_share=0.1)], [too_little])
    assert (change.before, change.verdict) == (0.1, "cannot-say")
    assert change.why == "after: needs 10 collections in the stretch, it has 9"
    # what hangs on it says the same
    assert change_of("mu", [stretch(mu=0.9)], [too_little]).why == change.why


def test_a_measure_of_a_single_pause_is_shown_but_not_judged() -> None:
    longest: Key = ("pause_max", "scavenge", "")
    sides = [Stretch(0.0, HOUR_MS, 100, 0, {longest: Estimate(ms, math.inf, 1.0, 100)}) for ms in (10.0, 100.0)]
    change = change_of("pause_max", sides[:1], sides[1:])
    assert (change.ratio, change.verdict) == (10.0, "cannot-say")
    assert isinstance(change.low, NotKnown)


def test_none_and_many_can_be_compared_by_a_count() -> None:
    key: Key = ("fulls_per_min", None, "")
    none = Stretch(0.0, HOUR_MS, 100, 0, {key: Estimate(0.0, 1 / math.sqrt(0.5), 20.0, 0, 0.5 / 60)})
    many = Stretch(0.0, HOUR_MS, 100, 300, {key: Estimate(5.0, 0.05, 20.0, 300, 0.5 / 60)})
    change = change_of("fulls_per_min", [none], [many])
    assert change.ratio == pytest.approx(300.5 / 0.5)
    assert change.verdict == "worse"


def test_without_full_collections_the_live_set_is_that_after_scavenges() -> None:
    by_scavenges: Key = ("live_mb", None, "scavenge")
    before = Stretch(0.0, HOUR_MS, 100, 0, {LIVE: NotKnown("none"), by_scavenges: Estimate(10.0, 0.01, 50.0, 100)})
    after = Stretch(0.0, HOUR_MS, 100, 20, {LIVE: Estimate(5.0, 0.01, 50.0, 20), by_scavenges: Estimate(10.0, 0.01, 50.0, 100)})
    assert change_of("live_mb", [before], [after]).ratio == 1.0
