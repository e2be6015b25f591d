"""The rule grows-with-lines: which lines, how much for each, and what to do first."""

from __future__ import annotations

from dataclasses import replace

from diagnose_cases import ALARM, CART, GROWS_WITH, HITS, LEAKING, changed

from gclog.diagnose.keeping_lines import name_lines
from gclog.diagnose.rules import grows_with_lines as rule
from gclog.diagnose.rules import old_space_growth
from gclog.model.not_known import NotKnown

HIT = HITS["grows-with-lines"]
SERVED = replace(CART, label="cart `7` saved", kb_per_line=1433.6, low_kb=1331.2, high_kb=1536.0)


def test_it_says_what_stays_for_each_line() -> None:
    (finding,) = rule.check(HIT)
    assert finding.title == "The live set grows with `POST /cart`: about 122 KB (90 %: 119 to 125) stay for each"
    assert finding.observed == "546 lines while it grew by 65.1 MB; the other 3 kinds of lines: none; 9 full collections"
    assert (finding.severity, finding.confidence) == ("warning", "medium")
    assert finding.evidence == (4, 10, 40, 60, 90)


def test_lines_that_the_log_does_not_tell_apart_are_named_together() -> None:
    (finding,) = rule.check(changed(HIT, grows_with=replace(GROWS_WITH, lines=(CART, SERVED), full_collections=40)))
    assert "`POST /cart` or `cart '7' saved`" in finding.title
    assert "the log does not tell these apart" in finding.observed
    assert finding.confidence == "medium"


def test_what_lines_count_is_said_to_be_that() -> None:
    jobs = replace(CART, label="processed … jobs", counter="jobs")
    (finding,) = rule.check(changed(HIT, grows_with=replace(GROWS_WITH, lines=(jobs,), counters=2)))
    assert finding.title.startswith("The live set grows with each of the `jobs` in `processed … jobs`: about 122 KB")
    assert finding.observed.startswith("546 `jobs` while it grew by 65.1 MB; the other 3 kinds of lines and counters: none")


def test_counters_of_the_same_lines_are_named_in_one_breath() -> None:
    one, other = (replace(CART, label="figures", counter=name) for name in ("pages", "hits"))
    assert name_lines(replace(GROWS_WITH, lines=(one, other))) == "each of the `pages` or `hits` in `figures`"
    assert (
        name_lines(replace(GROWS_WITH, lines=(replace(one, counter=""), other)))
        == "`figures` or each of the `hits` in `figures`"
    )
    assert name_lines(replace(GROWS_WITH, lines=(one, CART))) == "each of the `pages` in `figures` or `POST /cart`"


def test_megabytes_are_said_as_such_and_ten_collections_are_sure() -> None:
    (finding,) = rule.check(changed(HIT, grows_with=replace(GROWS_WITH, lines=(SERVED,), compared=1, full_collections=10)))
    assert "about 1.4 MB (90 %: 1.3 to 1.5)" in finding.title
    assert "no other kind" in finding.observed
    assert finding.confidence == "high"


def test_a_process_that_is_well_is_told_for_information() -> None:
    (finding,) = rule.check(changed(HIT, heap_timeline=ALARM[:1], timeline=ALARM[:1]))
    assert finding.severity == "info"


def test_nothing_is_said_of_what_is_not_known() -> None:
    assert list(rule.check(LEAKING)) == []
    assert list(rule.check(changed(HIT, grows_with=NotKnown("it may as well be time")))) == []


def test_the_advice_on_growth_begins_with_the_lines() -> None:
    (growth,) = old_space_growth.check(HIT)
    (without,) = old_space_growth.check(LEAKING)
    first = "Look at what `POST /cart` keeps once it is done: about 122 KB (90 %: 119 to 125) each time."
    assert growth.remedy == f"{first} {without.remedy}"
