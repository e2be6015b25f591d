"""The rule ineffective-mark-compacts: V8's own count."""

from __future__ import annotations

from diagnose_cases import HITS, make_case, make_crash

from gclog.diagnose.rules import ineffective_mark_compacts as rule
from gclog.model.verdict import Strike

LAST_CYCLE = Strike(54_000.0, 90, 1)


def test_two_in_a_row_at_the_end_are_an_error() -> None:
    (finding,) = rule.check(HITS["ineffective-mark-compacts"])
    assert finding.title == "Full collections near the limit freed too little: strike 2 of 4, two more and V8 gives up"
    assert (finding.severity, finding.evidence) == ("error", (80, 90))


def test_a_single_one_at_the_end_is_a_warning() -> None:
    (finding,) = rule.check(make_case(strikes=(LAST_CYCLE,)))
    assert (finding.severity, finding.observed) == ("warning", "1 such collection, 1 in a row, the last at +54.0 s")


def test_a_count_that_was_reset_is_information() -> None:
    (finding,) = rule.check(make_case(strikes=(Strike(36_000.0, 60, 1), Strike(42_000.0, 70, 2), Strike(48_000.0, 80, 0))))
    assert finding.severity == "info"
    assert finding.title.endswith("strike 2 of 4, then a collection reset the count")


def test_a_later_full_collection_without_a_strike_resets_the_count() -> None:
    (finding,) = rule.check(make_case(strikes=(Strike(48_000.0, 80, 3),)))
    assert finding.severity == "info"


def test_counts_of_zero_are_silent() -> None:
    assert list(rule.check(make_case(strikes=(Strike(48_000.0, 80, 0),)))) == []


def test_after_the_death_there_is_nothing_separate_to_do() -> None:
    (finding,) = rule.check(make_case(strikes=(LAST_CYCLE,), crash=make_crash("ineffective-mark-compacts")))
    assert finding.title.endswith("the log shows 1 of the 4 after which V8 gave up")
    assert finding.remedy == "Nothing separate: follow the finding about its death."
