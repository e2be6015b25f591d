"""Dates of exhaustion that can be worked out by hand."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from made_seen import full

from gclog.analysis.verdict.interval import BANDS_INFERRED, BANDS_KNOWN, Band, band_of
from gclog.analysis.verdict.judge import Judge
from gclog.model.verdict import Forecast, NoForecast, WhatIf


def judge_of(*sizes: float, limit_mb: float | None = 100, every_ms: float = 1000, **more: float) -> Judge:
    judge = Judge(limit_mb)
    for i, mb in enumerate(sizes, 1):
        judge.see(full(i * every_ms, mb, **more))
    return judge


def test_a_linear_leak_is_exhausted_when_its_line_crosses_the_limit() -> None:
    """5 MB a second from 10 MB at 1 s: 70 MB at 13 s, 100 MB six seconds later."""
    forecast = judge_of(*range(10, 75, 5)).forecast()
    assert isinstance(forecast, Forecast)
    assert forecast.now_ms == 13_000
    assert forecast.at_expected_ms == pytest.approx(19_000)
    # six seconds at an age of 13: the third band
    band = BANDS_KNOWN[2]
    assert forecast.at_low_ms == pytest.approx(13_000 + band.early * 6000)
    assert forecast.at_high_ms == pytest.approx(13_000 + band.late * 6000)


def test_the_interval_reaches_at_least_to_the_highest_level_at_which_v8_may_give_up() -> None:
    """At 95 MB there is one second left, of 18: times 5; at 99.5 MB a tenth, but a whole one to 105 MB."""
    forecast = judge_of(*range(10, 95, 5), 95).forecast()
    assert isinstance(forecast, Forecast)
    assert forecast.at_high_ms == pytest.approx(18_000 + BANDS_KNOWN[0].late * 1000)
    forecast = judge_of(*(9.5 + 5 * i for i in range(19))).forecast()
    assert isinstance(forecast, Forecast)
    assert forecast.at_high_ms == pytest.approx(19_000 + 1100)


@pytest.mark.parametrize(
    ("left_ms", "known", "band"), [(1, True, BANDS_KNOWN[0]), (250, True, BANDS_KNOWN[1]), (1e9, False, BANDS_INFERRED[4])]
)
def test_the_band_is_that_of_the_share_of_the_age(left_ms: float, known: bool, band: Band) -> None:
    assert band_of(left_ms, 1000, limit_is_known=known) == band


@given(
    st.sampled_from([None, 100.0, 1000.0]),
    st.lists(st.integers(0, 30), min_size=4, max_size=16),
    st.sampled_from([0.01, 0.05, 0.1]),
)
@example(None, [4, 9, 5, 7], 0.1)
def test_an_expectation_lies_in_its_interval(limit_mb: float | None, steps: list[int], step_mb: float) -> None:
    """However far ahead, for a limit that is known, and for one of 100 MB that V8 shows with the third collection."""
    judge = Judge(limit_mb)
    for i in range(1, 4):
        judge.see(full(i, 10, freed_mb=0.1, gc_ms=1, committed_mb=100))
    for i, mb in enumerate(itertools.accumulate(steps, initial=0)):
        judge.see(full(1000 + i * 1000, 10 + step_mb * mb))
    forecast = judge.forecast()
    assume(isinstance(forecast, Forecast))
    assert isinstance(forecast, Forecast)
    assert forecast.now_ms <= forecast.at_low_ms <= forecast.at_expected_ms <= forecast.at_high_ms


def test_with_mu_in_the_log_v8_may_give_up_at_four_fifths_of_the_limit() -> None:
    forecast = judge_of(*range(10, 75, 5), mu=0.95).forecast()
    assert isinstance(forecast, Forecast)
    assert forecast.at_expected_ms == pytest.approx(19_000)
    assert "V8 gives up between 80.0 MB and 105.0 MB" in forecast.basis


def test_with_a_low_mu_the_heap_is_expected_to_end_half_way_between_four_fifths_and_the_limit() -> None:
    forecast = judge_of(*range(10, 75, 5), mu=0.2).forecast()
    assert isinstance(forecast, Forecast)
    assert forecast.at_expected_ms == pytest.approx(17_000)


def test_v8_4_3_and_older_bound_each_space_by_the_limit() -> None:
    judge = Judge(100)
    for i, mb in enumerate(range(10, 75, 5), 1):
        judge.see(full(i * 1000, mb, isolated=False))
    forecast = judge.forecast()
    assert isinstance(forecast, Forecast)
    assert forecast.at_expected_ms == pytest.approx(13_000 + 26_000)  # 200 MB


def test_a_filling_cache_levels_off_below_the_limit() -> None:
    judge = judge_of(*(10 + 60 * (1 - 0.8**i) for i in range(12)))
    assert isinstance(judge.forecast(), NoForecast)
    assert judge.level in ("ok", "rising")


def test_accelerating_growth_is_not_forecast_too_late() -> None:
    """10 + 0.1 t² MB: 72.5 MB at 25 s, 100 MB at 30 s. A straight line from the start would come at 35.6 s."""
    judge = judge_of(*(10 + 0.1 * t * t for t in range(1, 26)))
    forecast = judge.forecast()
    assert isinstance(forecast, Forecast)
    assert forecast.at_low_ms < 30_000 < forecast.at_high_ms
    assert forecast.at_expected_ms == pytest.approx(30_000, abs=1_200)


@pytest.mark.parametrize(
    ("judge", "reason"),
    [
        pytest.param(judge_of(*range(10, 75, 5), limit_mb=None), "no heap limit known", id="no limit"),
        pytest.param(judge_of(10, 20, 30), "fewer than four full collections so far", id="too short"),
        pytest.param(judge_of(*[30] * 12), "the live set does not keep rising", id="level"),
    ],
)
def test_a_missing_forecast_has_a_reason(judge: Judge, reason: str) -> None:
    assert judge.forecast() == NoForecast(reason)


def test_growth_that_has_stopped_has_no_date() -> None:
    assert isinstance(judge_of(*range(10, 75, 5), *[70] * 10).forecast(), NoForecast)


def test_past_the_limit_there_is_nothing_left_to_forecast() -> None:
    forecast = judge_of(*range(10, 125, 5)).forecast()
    assert isinstance(forecast, NoForecast)
    assert forecast.reason == "120.0 MB are alive, more than the limit of 100.0 MB: V8 may give up at any time"


def test_what_is_in_use_after_a_scavenge_holds_the_forecast_back() -> None:
    judge = judge_of(*range(10, 75, 5))
    judge.young(200, 13_500, 70.0)  # half a second later, and not a byte more
    forecast = judge.forecast()
    assert isinstance(forecast, Forecast)
    assert forecast.at_expected_ms == pytest.approx(19_500)


def test_a_higher_limit_buys_its_size_over_the_pace() -> None:
    assert judge_of(*range(10, 75, 5)).what_if() == (
        WhatIf(25, pytest.approx(5_000)),
        WhatIf(50, pytest.approx(10_000)),
        WhatIf(100, pytest.approx(20_000)),
    )


def test_a_level_heap_gains_nothing_from_a_higher_limit() -> None:
    assert judge_of(*[30] * 12).what_if() == ()
