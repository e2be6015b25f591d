"""The rule last-resort-gc: V8 about to give up."""

from __future__ import annotations

from diagnose_cases import HITS, make_case, make_crash

from gclog.diagnose.rules import last_resort_gc as rule


def test_last_resort_collections_are_a_warning() -> None:
    (finding,) = rule.check(HITS["last-resort-gc"])
    assert finding.title == "V8 collected 2 times as its last resort"
    assert finding.observed == "the best of them freed 30.0 MB"
    assert (finding.severity, finding.evidence) == ("warning", (80, 90))


def test_one_is_enough_even_if_its_figures_are_not_in_the_log() -> None:
    (finding,) = rule.check(make_case(last_resort_lines=(77,)))
    assert (finding.title, finding.observed) == ("V8 collected once as its last resort", "1 collection")


def test_none_is_silent() -> None:
    assert list(rule.check(make_case())) == []


def test_after_the_death_there_is_nothing_of_its_own_to_do() -> None:
    (finding,) = rule.check(make_case(last_resort_lines=(80,), crash=make_crash()))
    assert finding.remedy == "Nothing separate: follow heap-exhausted."
