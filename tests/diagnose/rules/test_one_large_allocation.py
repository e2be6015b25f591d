"""The rule one-large-allocation: its size from below, and where it happened."""

from __future__ import annotations

import pytest
from diagnose_cases import HITS, changed, make_case, make_crash, make_cycles

from gclog.diagnose.rules import one_large_allocation as rule
from gclog.model.verdict import NoLimit

HIT = HITS["one-large-allocation"]


def test_the_size_is_bounded_by_the_room_that_was_left() -> None:
    (finding,) = rule.check(HIT)
    assert finding.title == (
        "A single allocation of at least about 66.0 MB (live set 30.0 MB of a 96.0 MB limit) failed: no trend led to it"
    )
    assert (finding.severity, finding.confidence) == ("warning", "high")


def test_without_a_limit_the_size_is_unknown() -> None:
    (finding,) = rule.check(changed(HIT, limit=NoLimit("not in the log")))
    assert "of unknown size" in finding.title


def test_some_locations_bound_one_object_whatever_the_room() -> None:
    (finding,) = rule.check(changed(HIT, crash=make_crash("one-large-allocation", location="invalid array length")))
    assert "of more than V8 allows one object" in finding.title


def test_the_javascript_stack_is_shown_where_there_is_one() -> None:
    crash = make_crash("one-large-allocation", reason="one did not fit", js_stack=(" stringify (/app/x.js:3)", "main"))
    (finding,) = rule.check(changed(HIT, crash=crash))
    assert finding.observed == "one did not fit; JavaScript at stringify (/app/x.js:3)"


def test_growth_before_it_lowers_the_confidence() -> None:
    (finding,) = rule.check(changed(HIT, growth="steady"))
    assert finding.confidence == "medium"


@pytest.mark.parametrize(
    ("after_mb", "follows"),
    [
        ((), "it was flat before, and what comes after is not known yet"),
        ((69.0, 70.0), "it was flat before, and what comes after is not known yet"),
        ((69.0, 70.0, 69.0), "it is flat before and after"),
    ],
)
def test_a_single_step_in_a_living_process_is_information(after_mb: tuple[float, ...], follows: str) -> None:
    case = make_case(growth="one-allocation", cycles=make_cycles(30.0, 31.0, 70.0, *after_mb))
    (finding,) = rule.check(case)
    assert finding.title == f"One step took the live set from 31.0 MB to 70.0 MB; {follows}"
    assert (finding.severity, finding.evidence) == ("info", (20, 30))


def test_other_deaths_are_silent() -> None:
    assert list(rule.check(make_case(crash=make_crash("heap-limit"), growth="one-allocation"))) == []


def test_the_room_is_that_of_the_last_full_collection() -> None:
    (finding,) = rule.check(changed(HIT, cycles=make_cycles(50.0, 40.0)))
    assert "at least about 56.0 MB (live set 40.0 MB" in finding.title


def test_no_room_left_says_nothing_of_the_size() -> None:
    (finding,) = rule.check(changed(HIT, cycles=make_cycles(96.0)))
    assert "of unknown size" in finding.title
