"""The rule restarts: later runs in one log."""

from __future__ import annotations

import pytest
from diagnose_cases import make_case

from gclog.diagnose.rules import restarts as rule


@pytest.mark.parametrize(
    ("starts", "title", "severity"),
    [
        ((30,), "The program was restarted once", "info"),
        ((30, 60), "The program was restarted 2 times", "info"),
        ((30, 60, 90), "The program was restarted 3 times", "warning"),
    ],
)
def test_three_are_a_crash_loop(starts, title: str, severity: str) -> None:
    (finding,) = rule.check(make_case(run_starts=starts))
    assert (finding.title, finding.severity, finding.evidence) == (title, severity, starts)


def test_many_are_shown_by_five_lines_with_the_first_and_the_last() -> None:
    (finding,) = rule.check(make_case(run_starts=tuple(range(1, 100))))
    assert finding.evidence == (1, 25, 50, 75, 99)


@pytest.mark.parametrize("starts", [(30,), tuple(range(1, 140))])
def test_runs_that_nothing_connects_are_separate(starts) -> None:
    (finding,) = rule.check(make_case(run_starts=starts, replaced=False))
    assert (finding.title, finding.severity) == (f"The log holds at least {len(starts) + 1} separate runs", "info")
    assert "exit codes" not in finding.remedy


def test_none_is_silent() -> None:
    assert list(rule.check(make_case())) == []
