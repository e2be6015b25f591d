"""The rule old-space-growth: level, rate, doubling time, kind."""

from __future__ import annotations

from dataclasses import replace

import pytest
from diagnose_cases import LEAKING, TREND, changed, make_heap, make_verdict

from gclog.diagnose.rules import old_space_growth as rule
from gclog.model.process import NoTrend


def with_trend(**changes):
    return changed(LEAKING, heap=make_heap(old_space_trend=replace(TREND, **changes)))


def test_rate_range_and_doubling_time_are_given() -> None:
    slow = with_trend(mb_per_h=12.0, low_mb_per_h=10.0, high_mb_per_h=14.0, to_mb=24.0)
    (finding,) = rule.check(slow)
    assert finding.title == "Live set growing steadily: +12.0 MB/h, from 20.0 MB to 24.0 MB in 48.0 s"
    assert finding.observed == (
        "+12.0 MB/h (+10.0 MB/h to +14.0 MB/h) over 9 full collections, 12.5 % of the limit per hour; "
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
        with_trend(low_mb_per_h=0.0),
        with_trend(to_mb=21.99),
        changed(LEAKING, growth="cyclic"),
        changed(LEAKING, growth="none", verdict=make_verdict("ok")),
        changed(LEAKING, heap=make_heap(old_space_trend=NoTrend("too few full collections"))),
    ],
    ids=["interval reaches zero", "rise below a tenth", "cyclic", "flat", "no trend"],
)
def test_near_misses_are_silent(case) -> None:
    assert list(rule.check(case)) == []


def test_a_rise_of_a_tenth_is_enough() -> None:
    assert len(list(rule.check(with_trend(to_mb=22.0)))) == 1


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
    (finding,) = rule.check(changed(LEAKING, verdict=make_verdict(level), growth=growth))
    assert finding.severity == severity


@pytest.mark.parametrize(
    ("changes", "confidence"),
    [({"points": 10}, "high"), ({"points": 9}, "medium"), ({"points": 50, "basis": "scavenge"}, "low")],
    ids=["ten points", "nine points", "scavenges only"],
)
def test_confidence_follows_the_points_and_their_basis(changes, confidence: str) -> None:
    (finding,) = rule.check(with_trend(**changes))
    assert finding.confidence == confidence


def test_what_a_higher_limit_buys_is_said_here_only_where_no_death_or_alarm_says_it() -> None:
    (impending,) = rule.check(LEAKING)
    (rising,) = rule.check(changed(LEAKING, verdict=make_verdict("rising")))
    assert "buys time" not in impending.remedy
    assert "+512.0 MB is 6 min 24 s" in rising.remedy


def test_a_level_of_alarm_speaks_for_growth_whose_kind_cannot_be_told() -> None:
    (finding,) = rule.check(changed(LEAKING, growth="none"))
    assert finding.title.startswith("Live set growing: +1.3 MB/s")
