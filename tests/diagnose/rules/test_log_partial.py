"""The rule log-partial: what of the life is missing."""

from __future__ import annotations

import pytest
from diagnose_cases import HITS, LAST_LINE, changed, make_case, say

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


@pytest.mark.parametrize(
    ("kind", "line", "title"),
    [
        ("heap_snapshot_written", 40, "The log is silent for 20.0 s because Node wrote a heap snapshot"),
        ("heap_profile_written", 41, "The log is silent for 20.0 s because Node wrote a heap profile"),
        ("heap_snapshot_written", 60, "The log is partial: it has a gap of 20.0 s"),
        ("report_written", 40, "The log is partial: it has a gap of 20.0 s"),
    ],
)
def test_a_silence_in_which_node_wrote_is_no_gap(kind: str, line: int, title: str) -> None:
    case = make_case(gaps=((10_000.0, 30_000.0, 40),), messages=(say(kind, "Wrote ... to Heap.1", line),))
    (finding,) = rule.check(case)
    assert finding.title == title
    assert ("Node raises it while it writes" in finding.remedy) is ("Node wrote" in title)
