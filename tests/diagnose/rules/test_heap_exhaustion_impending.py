"""The rule heap-exhaustion-impending: time is left, and how much."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from diagnose_cases import FORECAST, LEAKING, LIMIT, SPIRAL, changed, make_case, make_crash, make_verdict

from gclog.diagnose.rules import heap_exhaustion_impending as rule
from gclog.diagnose.sentences import first_step
from gclog.model.process import NodeVersion
from gclog.model.verdict import NoForecast, NoLimit, TimelineEvent


def test_the_title_has_the_time_left_and_its_interval() -> None:
    (finding,) = rule.check(LEAKING)
    assert finding.title == (
        "Heap exhaustion impending: the 96.0 MB limit is reached in 12.0 s on current trend (between 8.0 s and 26.0 s)"
    )
    assert (finding.severity, finding.confidence) == ("error", "high")
    assert finding.evidence == (60, 70, 80, 90)
    assert finding.remedy.startswith(
        "Restart it at once: there is no time left for a heap snapshot. For the next run, start it with `SAMPLE_HEAP_MS=500 node"
    )
    assert "+512.0 MB is 6 min 24 s" in finding.remedy


@pytest.mark.parametrize(
    ("left_ms", "low_ms", "restart"),
    [
        (600_000.0, 300_000.0, "Then restart it gracefully, before the early end of the interval."),
        (600_000.0, -1.0, "Then restart it gracefully."),
    ],
    ids=["bounded", "perhaps now"],
)
def test_with_minutes_left_evidence_comes_before_the_restart(left_ms: float, low_ms: float, restart: str) -> None:
    now_ms = FORECAST.now_ms
    forecast = replace(FORECAST, at_low_ms=now_ms + low_ms, at_expected_ms=now_ms + left_ms, at_high_ms=now_ms + 2 * left_ms)
    (finding,) = rule.check(replace(LEAKING, forecast=forecast))
    first = first_step(finding.remedy)
    assert first.startswith("`kill -USR1 7` opens its inspector") and first.endswith(restart)


def test_an_open_end_is_said_to_be_open() -> None:
    (finding,) = rule.check(changed(LEAKING, forecast=replace(FORECAST, at_high_ms=math.inf)))
    assert finding.title.endswith("(not before 8.0 s; the growth may also stop)")


def test_without_a_forecast_the_reason_of_the_level_is_the_title() -> None:
    (finding,) = rule.check(changed(LEAKING, forecast=NoForecast("no limit")))
    assert finding.title == "Heap exhaustion impending: 62.5 % of the limit and climbing"


def test_a_critical_level_says_that_v8_is_failing() -> None:
    (finding,) = rule.check(SPIRAL)
    assert finding.title.startswith("V8 is failing to free memory")
    assert finding.confidence == "high"


def test_a_rising_live_set_with_a_far_horizon_is_silent() -> None:
    assert list(rule.check(make_case(verdict=make_verdict("rising"), forecast=FORECAST))) == []


def test_after_a_death_it_is_not_said_again() -> None:
    assert list(rule.check(changed(LEAKING, crash=make_crash()))) == []


def test_an_alarm_that_has_passed_is_information() -> None:
    timeline = (
        TimelineEvent(0.0, 1, "ok", "flat"),
        TimelineEvent(20_000.0, 30, "impending", "81.0 % of the limit and climbing"),
        TimelineEvent(40_000.0, 60, "ok", "the floor came back"),
    )
    (finding,) = rule.check(make_case(timeline=timeline))
    assert finding.title == "Heap exhaustion was impending from +20.0 s to +40.0 s, and no longer is"
    assert (finding.severity, finding.evidence) == ("info", (30, 60))


def test_before_node_7_no_inspector_is_promised() -> None:
    (finding,) = rule.check(changed(LEAKING, node=NodeVersion("4", 4, 4, "")))
    assert "USR1" not in finding.remedy


def test_the_confidence_is_that_of_the_limit() -> None:
    (inferred,) = rule.check(changed(LEAKING, limit=replace(LIMIT, source="inferred")))
    (unknown,) = rule.check(changed(LEAKING, limit=NoLimit("not in the log")))
    assert (inferred.confidence, unknown.confidence) == ("low", "low")
    assert "the limit is reached in 12.0 s" in unknown.title


def test_the_threshold_of_a_critical_level_is_v8s_own() -> None:
    (critical,) = rule.check(SPIRAL)
    (impending,) = rule.check(LEAKING)
    assert critical.threshold == "V8 gives up at 4 ineffective full collections in a row, or when the limit is reached"
    assert impending.threshold == "the limit of 96.0 MB"


def test_of_several_alarms_that_passed_the_first_begin_and_the_last_end_count() -> None:
    levels = ("impending", "ok", "critical", "rising")
    timeline = tuple(TimelineEvent(i * 10_000.0, i * 10 + 1, level, f"reason {i}") for i, level in enumerate(levels))
    (finding,) = rule.check(make_case(timeline=timeline))
    assert finding.title.startswith("Heap exhaustion was impending from +0.00 ms to +30.0 s")
    assert (finding.observed, finding.evidence) == ("reason 2", (1, 21, 31))


def test_a_level_that_all_memory_asks_for_is_not_the_heaps() -> None:
    flat = (TimelineEvent(0.0, 1, "ok", "flat"),)
    assert list(rule.check(changed(LEAKING, by_memory=True, timeline=flat))) == []
    assert list(rule.check(changed(LEAKING, by_memory=True, timeline=()))) == []
    assert [finding.severity for finding in rule.check(changed(LEAKING, timeline=flat))] == ["error"]


def test_a_run_of_seconds_is_not_restarted_with_a_second_left() -> None:
    now_ms = FORECAST.now_ms
    soon = replace(FORECAST, at_low_ms=now_ms, at_expected_ms=now_ms + 700.0, at_high_ms=now_ms + 1_200.0)
    case = changed(LEAKING, forecast=soon, span=replace(LEAKING.span, last_ms=1_900.0))
    (finding,) = rule.check(case)
    assert "--max-old-space-size=512`" in first_step(finding.remedy) and "inspect-brk" in finding.remedy
    assert "estart it" not in finding.remedy and "each minute" not in finding.remedy
    service = changed(case, span=replace(LEAKING.span, last_ms=7_200_000.0))
    assert [found.remedy.partition(":")[0] for found in rule.check(service)] == ["Restart it at once"]


@pytest.mark.parametrize(
    ("live_mb", "mu", "freed_share", "at_once"),
    [
        (94.0, 0.36, 0.001, True),
        (94.0, 0.62, 0.001, False),
        (94.0, 0.36, 0.05, False),
        (80.0, 0.36, 0.001, False),
        (94.0, None, 0.001, False),
    ],
    ids=["full", "at ease", "frees", "room", "no mu"],
)
def test_a_heap_that_is_full_has_no_time_for_evidence(
    live_mb: float, mu: float | None, freed_share: float, *, at_once: bool
) -> None:
    last = replace(LEAKING.cycles[-1], after_mb=live_mb, average_mu=mu, reclaim_share=freed_share)
    (finding,) = rule.check(changed(LEAKING, forecast=NoForecast("too few"), cycles=(last,)))
    assert finding.remedy.startswith("Restart it at once, and if it has to hold this much, with more heap") is at_once
    assert ("take a heap snapshot there" in finding.remedy or "record an allocation sampling" in finding.remedy) is not at_once
