"""The rule explicit-gc: calls of gc()."""

from __future__ import annotations

import pytest
from diagnose_cases import HITS, changed, make_case, make_cycles

from gclog.diagnose.rules import explicit_gc as rule


def test_calls_are_information_with_their_cost() -> None:
    (finding,) = rule.check(HITS["explicit-gc"])
    assert finding.title == "The program called gc() 2 times, for <0.1 % of the time"
    assert finding.observed == "20.0 ms in 2 collections by gc()"
    assert (finding.severity, finding.evidence) == ("info", (20, 40))


@pytest.mark.parametrize(
    ("pause_ms", "lines", "severity"),
    [(199.0, (10, 20, 30), "info"), (200.0, (10, 20, 30), "warning"), (900.0, (10, 20), "info"), (9_000.0, (10,), "info")],
)
def test_one_percent_of_the_time_is_a_warning(pause_ms: float, lines: tuple[int, ...], severity: str) -> None:
    case = make_case(cycles=make_cycles(30.0, 30.0, 30.0, pause_ms=pause_ms), explicit_gc_lines=lines)
    assert [finding.severity for finding in rule.check(case)] == [severity]


@pytest.mark.parametrize(
    ("notified", "title", "advised", "not_advised"),
    [
        ((), "The program called gc() 3 times, for", "--expose-gc", "inspector"),
        ((10, 20, 30), "The program's host asked for 3 full collections, for", "inspector that is attached", "--expose-gc"),
        (
            (20,),
            "The program called gc() 2 times and the program's host asked for 1 full collection, for",
            "inspector",
            "nothing",
        ),
    ],
    ids=["gc()", "notifications", "both"],
)
def test_a_low_memory_notification_is_not_from_gc(notified, title: str, advised: str, not_advised: str) -> None:
    (finding,) = rule.check(make_case(explicit_gc_lines=(10, 20, 30), notified_lines=notified))
    assert finding.title.startswith(title)
    assert advised in finding.remedy
    assert not_advised not in finding.remedy


def test_no_call_is_silent() -> None:
    assert list(rule.check(changed(HITS["explicit-gc"], explicit_gc_lines=()))) == []
