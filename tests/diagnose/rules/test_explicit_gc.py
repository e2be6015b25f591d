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


@pytest.mark.parametrize(("pause_ms", "severity"), [(599.0, "info"), (600.0, "warning")])
def test_one_percent_of_the_time_is_a_warning(pause_ms: float, severity: str) -> None:
    case = make_case(cycles=make_cycles(30.0, pause_ms=pause_ms), explicit_gc_lines=(10,))
    assert [finding.severity for finding in rule.check(case)] == [severity]


def test_no_call_is_silent() -> None:
    assert list(rule.check(changed(HITS["explicit-gc"], explicit_gc_lines=()))) == []
