"""The rule log-partial: what of the life is missing."""

from __future__ import annotations

import pytest
from diagnose_cases import HITS, LAST_LINE, changed, make_case

from gclog.diagnose.rules import log_partial as rule
from gclog.model.process import Span

HIT = HITS["log-partial"]


def test_all_that_is_missing_is_one_finding() -> None:
    span = Span(3_600_000.0, 3_660_000.0, 1, LAST_LINE, None)
    (finding,) = rule.check(changed(HIT, span=span))
    assert finding.title == "The log is partial: it starts at +1 h, it has a gap of 20.0 s, it ends in the middle of a line"
    assert finding.evidence == (1, 40, 100)


@pytest.mark.parametrize(
    ("gap_ms", "severity"),
    [(14_999.0, "info"), (15_000.0, "warning")],
)
def test_a_quarter_of_the_span_is_a_warning(gap_ms: float, severity: str) -> None:
    case = make_case(gaps=((10_000.0, 10_000.0 + gap_ms, 40),))
    assert [finding.severity for finding in rule.check(case)] == [severity]


def test_several_gaps_are_told_by_the_longest() -> None:
    case = make_case(gaps=((1_000.0, 2_000.0, 20), (10_000.0, 14_000.0, 40)))
    (finding,) = rule.check(case)
    assert finding.title == "The log is partial: it has 2 gaps, the longest of 4.0 s"
    assert finding.evidence == (20, 40)


def test_a_whole_log_is_silent() -> None:
    assert list(rule.check(make_case())) == []
