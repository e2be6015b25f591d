"""The verdict line by line: when it rises, when it comes down again, and that it never looks ahead."""

from __future__ import annotations

import math
import random

import pytest
from made_seen import full

from gclog.analysis.verdict.judge import Judge
from gclog.analysis.verdict.signals import CollectionSeen
from gclog.model.levels import Warn
from gclog.model.records import Collection, column_specs
from gclog.model.verdict import Forecast, Level, NoForecast


def levels(judge: Judge) -> list[tuple[float, Level]]:
    return [(event.at_ms, event.level) for event in judge.timeline]


def fed(*sizes: float, limit_mb: float | None = 100) -> Judge:
    judge = Judge(limit_mb)
    for i, mb in enumerate(sizes, 1):
        judge.see(full(i * 1000, mb))
    return judge


@pytest.mark.parametrize(
    "last",
    [
        full(30_000, 85, mu=0.2, reason="last resort", freed_mb=0),
        full(30_000, 130, freed_mb=0),
        full(30_000, 86, mu=0.2),
    ],
    ids=["a last resort", "past the limit", "the last strike but one"],
)
def test_no_time_left_is_given_while_v8_may_give_up_at_any_time(last: CollectionSeen) -> None:
    judge = Judge(100)
    for i in range(1, 30):
        judge.see(full(i * 1000, 25 + 2 * i, mu=0.9 if i < 27 else 0.2))
    assert isinstance(judge.forecast(), Forecast)
    judge.see(last)
    assert judge.level == "critical"
    forecast = judge.forecast()
    assert isinstance(forecast, NoForecast) and forecast.reason.endswith("V8 may give up at any time")


def test_a_linear_leak_is_impending_once_two_collections_are_past_two_thirds_of_the_way() -> None:
    """From 10 MB on, 5 MB a second: 70 MB, two thirds of the way to 100 MB, at 13 s."""
    judge = fed(*range(10, 85, 5))
    assert levels(judge) == [(1000, "not-assessable"), (3000, "ok"), (5000, "rising"), (14000, "impending")]
    assert judge.timeline[-1].because == (
        "on the current trend, from 10.0 MB to 75.0 MB in 13.0 s, the limit of 100.0 MB will be reached"
    )
    assert judge.since == judge.timeline[-1]


@pytest.mark.parametrize(("warn", "at_ms"), [("early", 12_000), ("balanced", 14_000), ("late", 16_000)])
def test_how_early_it_warns_is_a_choice(warn: Warn, at_ms: float) -> None:
    judge = Judge(100, warn)
    for i, mb in enumerate(range(10, 90, 5), 1):
        judge.see(full(i * 1000, mb))
    assert levels(judge)[-1] == (at_ms, "impending")


def test_the_same_leak_below_half_of_the_limit_only_rises() -> None:
    assert fed(*range(10, 75, 5), limit_mb=160).level == "rising"


def test_without_a_limit_growth_is_rising_and_no_more() -> None:
    assert fed(*range(10, 75, 5), limit_mb=None).level == "rising"


@pytest.mark.parametrize(
    "sizes",
    [
        pytest.param([20] * 30, id="level"),
        pytest.param([85] * 30, id="high plateau"),
        pytest.param([88, 85, 90, 86, 88, 84, 89, 86, 90, 85] * 4, id="high plateau with jitter"),
        pytest.param([10 + 60 * (1 - 0.8**i) for i in range(30)], id="a cache that fills"),
    ],
)
def test_healthy_shapes_are_never_impending(sizes: list[float]) -> None:
    assert {level for _, level in levels(fed(*sizes))} <= {"not-assessable", "ok", "rising"}


@pytest.mark.parametrize("noise_mb", [0.1, 0.5])
@pytest.mark.parametrize("limit_mb", [None, 52, 60, 100])
@pytest.mark.parametrize("fills_in", [5, 10, 20])
def test_a_cache_that_has_filled_is_level_whatever_its_noise(fills_in: int, limit_mb: float | None, noise_mb: float) -> None:
    """From 10 to 45 MB, then level for most of its life: a tenth of a MB is no growth that goes on."""
    for seed in range(5):
        noise = random.Random(seed)
        filled = [10 + 35 * min(1.0, (i + 1) / fills_in) + noise.uniform(-noise_mb, noise_mb) for i in range(100)]
        judge = fed(*filled, limit_mb=limit_mb)
        assert (judge.level, judge.growth) in {("ok", "none"), ("ok", "high-plateau")}
        assert judge.timeline[-1].at_ms <= 5 * fills_in * 1000
        assert len(judge.timeline) <= 8


def test_a_heap_that_doubles_between_collections_grows_as_steadily_as_its_program() -> None:
    """55 MB a second from the start: V8 lets the heap double, so that one step is half of the rise and half of the time."""
    judge = Judge(4096)
    for at_ms, mb in ((500, 26), (2500, 134), (10_300, 564), (41_500, 2282), (58_100, 3197), (66_200, 3641), (70_100, 3858)):
        judge.see(full(at_ms, mb))
    assert (judge.level, judge.growth) == ("impending", "steady")


def test_a_step_in_a_long_gap_is_no_steady_growth() -> None:
    judge = fed(10, 11, 12, limit_mb=100)
    for at_ms, mb in ((40_000, 70), (70_000, 71), (100_000, 72), (130_000, 73)):
        judge.see(full(at_ms, mb))
    assert (judge.level, judge.growth) != ("impending", "steady") and judge.level != "impending"


def test_a_rise_that_no_window_shows_for_a_while_is_not_taken_back_and_raised_again() -> None:
    """A cache that fills with ups and downs of a twentieth: it rises until it has stopped."""
    noise = random.Random(4)
    judge = fed(*(10 + 40 * (1 - 0.97**i) + noise.uniform(-1.5, 1.5) for i in range(80)), limit_mb=200)
    changes = [level for _, level in levels(judge)]
    assert changes[:3] == ["not-assessable", "ok", "rising"] and len(changes) <= 6


def test_growth_that_stops_is_taken_back_within_a_few_collections() -> None:
    judge = fed(*range(10, 80, 5), *[75] * 12)
    assert [level for _, level in levels(judge)] == ["not-assessable", "ok", "rising", "impending", "rising", "ok"]
    assert judge.timeline[-2].at_ms <= 20_000  # six flat seconds after 14 s


def test_a_scavenge_shows_that_growth_has_stopped_before_the_next_full_collection_does() -> None:
    judge = fed(*range(10, 80, 5))
    assert judge.level == "impending"
    for at_ms in range(14_100, 20_000, 100):
        judge.young(at_ms, float(at_ms), 76)
    assert judge.level == "ok"
    assert judge.timeline[-1].at_ms <= 17_000
    assert judge.timeline[-1].because == "the live set does not keep rising; 76.0 MB in use after the collection"


def test_a_scavenge_that_leaves_as_much_as_growth_would_takes_nothing_back() -> None:
    judge = fed(*range(10, 80, 5))
    for at_ms in range(14_100, 20_000, 100):
        judge.young(at_ms, float(at_ms), 75 + (at_ms - 14_000) * 0.005)
    assert judge.level == "impending"


def test_a_live_set_that_comes_back_is_taken_back_at_once() -> None:
    judge = fed(*range(10, 75, 5), 12)
    assert levels(judge)[-1] == (14_000, "ok")


def test_a_live_set_that_falls_below_the_alarm_takes_it_back_without_a_second_word() -> None:
    judge = fed(10, 30, 50, 70, 72)
    assert judge.level == "impending"
    judge.see(full(6000, 45))  # 27 of 62 given back: the climb is not over, but less than half of the limit is alive
    assert judge.level == "ok"


def test_fast_growth_far_below_the_limit_is_no_alarm_yet() -> None:
    """Doubling every 16 seconds: from 31 MB on, growth was watched for longer than is left, but the heap could still double."""
    judge = fed(*(5 * 2 ** (i / 16) for i in range(60)))
    alarms = [event.at_ms for event in judge.timeline if event.level == "impending"]
    assert alarms == [57_000]  # at 57 MB; 31 MB were alive at 43 s


def test_a_climb_to_a_level_that_earlier_ones_came_back_from_raises_no_alarm() -> None:
    tooth = range(10, 80, 5)
    judge = fed(*tooth, *tooth, *tooth)
    assert [level for _, level in levels(judge)].count("impending") == 1


def test_tops_that_rise_from_climb_to_climb_are_an_alarm_that_stays() -> None:
    teeth = [bottom + 4 * i for bottom in range(10, 70, 6) for i in range(7)]
    judge = fed(*teeth)
    assert judge.level == "impending"
    assert "tops" in judge.timeline[-1].because


def test_strikes_raise_the_level_step_by_step_and_effective_collections_end_them() -> None:
    judge = Judge(100)
    for i, mu in enumerate((0.9, 0.3, 0.3, 0.3, 0.3, 0.9, 0.9), 1):
        judge.see(full(i * 100, 88, mu=mu))
    assert [event.level for event in judge.timeline] == ["not-assessable", "impending", "critical", "ok"]
    assert [strike.count for strike in judge.strikes] == [1, 2, 3, 4]
    assert judge.timeline[2].because == "ineffective full collection 3 in a row near the limit: V8 gives up at 4"


def test_trouble_that_is_not_heard_of_again_is_over() -> None:
    judge = Judge(100)
    for i, mu in enumerate((0.9, 0.3, 0.3), 1):
        judge.see(full(i * 100, 88, mu=mu))
    assert judge.level == "impending"
    judge.young(99, 400, 74)
    assert judge.level == "impending"
    judge.young(100, 501, 74)
    assert judge.level == "ok"


def test_growth_that_collections_brake_near_the_limit_is_not_over() -> None:
    judge = Judge(100)
    for i, mu in enumerate((0.9, 0.3, 0.3), 1):
        judge.see(full(i * 100, 88, mu=mu))
    judge.young(100, 501, 90)
    assert judge.level == "impending"
    judge.see(full(5000, 88, mu=0.3))
    assert judge.level == "impending"
    judge.see(full(60_000, 88, mu=0.9))
    assert judge.level == "ok"


def test_a_live_set_at_its_limit_is_an_alarm_without_any_growth() -> None:
    assert fed(*[95.0] * 3).level == "impending"
    assert fed(*[94.0] * 3).level == "ok"
    assert fed(*[95.0] * 2).level == "not-assessable"


def test_the_fatal_error_is_the_end() -> None:
    judge = fed(20, 20, 20)
    judge.fatal(99, None, "heap out of memory")
    judge.see(full(9000, 20))
    assert levels(judge)[-1] == (3000, "exhausted")
    assert judge.level == "exhausted"


def test_an_option_in_the_log_gives_the_trend_its_limit() -> None:
    judge = Judge()
    judge.option(1, 100)
    for i, mb in enumerate(range(10, 85, 5), 1):
        judge.see(full(i * 1000, mb))
    assert judge.level == "impending"


def test_only_scavenges_are_not_assessable() -> None:
    judge = Judge(100)
    for i in range(50):
        judge.young(i + 1, i * 10.0, 10 + i)
    assert levels(judge) == [(0, "not-assessable")]


def test_a_collection_without_clock_or_size_is_ignored() -> None:
    judge = Judge(100)
    judge.see(full(100, math.nan))
    judge.see(full(math.nan, 50, line=3))
    assert judge.timeline == []


def test_records_are_judged_as_their_slim_form_is() -> None:
    judge = Judge(100)
    for i, mb in enumerate(range(10, 75, 5), 1):
        judge.collection(_record(i, i * 1000.0, mb + 10.0, float(mb)))
    assert levels(judge) == levels(fed(*range(10, 75, 5)))


def _record(line: int, at_ms: float, before_mb: float, after_mb: float) -> Collection:
    blank = dict.fromkeys(column_specs(Collection)) | {"shared": False, "reduce": False, "during_sweeping": False}
    sizes = {"used_before_mb": before_mb, "used_after_mb": after_mb}
    committed = {"committed_before_mb": after_mb + 20, "committed_after_mb": after_mb + 20}
    said = {
        "line": line,
        "at_ms": at_ms,
        "isolate": "0x1",
        "type": "Mark-sweep",
        "pause_ms": 1.0,
        "reason": "allocation failure",
    }
    return Collection(**(blank | sizes | committed | said))


CLIMB_TO_THE_LIMIT = [10.0 * step for step in range(1, 10)] + [98.0]


def test_an_alarm_holds_while_the_live_set_rests_at_the_limit() -> None:
    judge = fed(*CLIMB_TO_THE_LIMIT, *[98.0] * 40)
    assert judge.level == "impending"


def test_an_alarm_is_cleared_if_the_live_set_rests_further_below() -> None:
    assert fed(*CLIMB_TO_THE_LIMIT[:-1], *[90.0] * 40).level == "ok"


def test_a_scavenge_that_leaves_less_ends_an_alarm_at_the_limit() -> None:
    judge = fed(*CLIMB_TO_THE_LIMIT, *[98.0] * 40)
    judge.young(100_000, 1e9, 92.5)
    assert judge.level == "impending"
    judge.young(100_001, 1e9 + 1, 91.5)
    assert judge.level == "ok"
