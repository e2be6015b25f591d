"""The rule old-space-growth: level, rate, doubling time, kind."""

from __future__ import annotations

from dataclasses import replace

import pytest
from diagnose_cases import DEAD, LEAKING, RISE, TREND, changed, make_heap, make_verdict

from gclog.diagnose.rules import old_space_growth as rule
from gclog.model.process import NoTrend
from gclog.model.verdict import TimelineEvent


def with_trend(**changes):
    return changed(LEAKING, heap=make_heap(old_space_trend=replace(TREND, **changes)))


def with_rise(**changes):
    return changed(LEAKING, rise=replace(RISE, **changes))


def test_rate_range_and_doubling_time_are_given() -> None:
    slow = changed(with_trend(mb_per_h=12.0, low_mb_per_h=10.0, high_mb_per_h=14.0), rise=replace(RISE, to_mb=24.0))
    (finding,) = rule.check(slow)
    assert finding.title == "Live set growing steadily by +12.0 MB/h, from 20.0 MB to 24.0 MB"
    assert finding.observed == (
        "+12.0 MB/h (+10.0 MB/h to +14.0 MB/h) over 9 full collections, 48.0 s, 12.5 % of the limit per hour; "
        "doubles in 2 h on current trend"
    )
    assert finding.evidence == (10, 30, 50, 70, 90)
    assert "leak" not in finding.title + finding.observed


@pytest.mark.parametrize(
    ("growth", "words"),
    [
        ("steady", "growing steadily"),
        ("stepwise", "growing in steps"),
        ("accelerating", "growing faster and faster"),
        ("decelerating", "growing ever more slowly"),
    ],
)
def test_the_kind_of_growth_is_in_words(growth, words: str) -> None:
    (finding,) = rule.check(changed(LEAKING, growth=growth))
    assert words in finding.title


@pytest.mark.parametrize(
    "case",
    [
        with_rise(to_mb=21.99),
        changed(LEAKING, growth="cyclic"),
        changed(LEAKING, growth="none", verdict=make_verdict("ok")),
        changed(LEAKING, rise=None),
    ],
    ids=["rise below a tenth", "cyclic", "flat", "no rise"],
)
def test_near_misses_are_silent(case) -> None:
    assert list(rule.check(case)) == []


def test_a_rise_of_a_tenth_is_enough() -> None:
    assert len(list(rule.check(with_rise(to_mb=22.0)))) == 1


def test_without_a_trend_the_rate_is_that_of_the_climb() -> None:
    (finding,) = rule.check(changed(LEAKING, heap=make_heap(old_space_trend=NoTrend("it grew unevenly"))))
    assert finding.title == "Live set growing steadily by +1.3 MB/s, from 20.0 MB to 84.0 MB"
    assert finding.observed == "+1.3 MB/s over 48.0 s; doubles in 1 min 3 s on current trend"
    assert finding.confidence == "medium"


def test_of_a_dead_process_it_says_that_it_grew() -> None:
    (finding,) = rule.check(DEAD)
    assert finding.title.startswith("Live set grew steadily by")
    assert "doubles" not in finding.observed


@pytest.mark.parametrize(
    ("level", "growth", "severity"),
    [
        ("ok", "steady", "info"),
        ("rising", "steady", "warning"),
        ("rising", "decelerating", "info"),
        ("impending", "decelerating", "warning"),
        ("critical", "stepwise", "warning"),
    ],
)
def test_severity_follows_the_level(level, growth, severity: str) -> None:
    timeline = (TimelineEvent(0.0, 1, level, "so it is"),)
    (finding,) = rule.check(changed(LEAKING, verdict=make_verdict(level), growth=growth, timeline=timeline))
    assert finding.severity == severity


@pytest.mark.parametrize(
    ("changes", "confidence"),
    [({"points": 10}, "high"), ({"points": 9}, "medium")],
    ids=["ten points", "nine points"],
)
def test_confidence_follows_the_points(changes, confidence: str) -> None:
    (finding,) = rule.check(with_trend(**changes))
    assert finding.confidence == confidence


def test_what_a_higher_limit_buys_is_said_here_only_where_no_death_or_alarm_says_it() -> None:
    (impending,) = rule.check(LEAKING)
    (rising,) = rule.check(
        changed(LEAKING, verdict=make_verdict("rising"), timeline=(TimelineEvent(0.0, 1, "rising", "it climbs"),))
    )
    assert "buys time" not in impending.remedy
    assert "+512.0 MB is 6 min 24 s" in rising.remedy
