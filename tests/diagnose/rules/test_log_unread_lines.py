"""The rule log-unread-lines: the accounting of lines."""

from __future__ import annotations

import pytest
from diagnose_cases import HITS, changed, make_case

from gclog.diagnose.rules import log_unread_lines as rule
from gclog.model.process import LineCounts, UnreadShape

HIT = HITS["log-unread-lines"]


def test_the_share_is_of_the_lines_that_are_v8s() -> None:
    (finding,) = rule.check(HIT)
    assert finding.title == "1 line looks like V8's and could not be read (1.1 % of V8's lines)"
    assert finding.observed == "1 unread in 1 shape, 90 read; most often: cut"
    assert finding.evidence == (33,)


@pytest.mark.parametrize(("recognised", "severity"), [(198, "warning"), (199, "info")])
def test_one_in_a_hundred_is_a_warning(recognised: int, severity: str) -> None:
    case = changed(HIT, lines=LineCounts(recognised + 2, recognised, 0, 0, 2))
    assert [finding.severity for finding in rule.check(case)] == [severity]


def test_the_evidence_is_of_the_most_frequent_shapes() -> None:
    shapes = tuple(UnreadShape(str(count), count, count, "", "why") for count in range(1, 8))
    (finding,) = rule.check(changed(HIT, unread=shapes))
    assert finding.evidence == (3, 4, 5, 6, 7)


def test_a_log_that_was_read_whole_is_silent() -> None:
    assert list(rule.check(make_case())) == []


def test_one_line_may_be_the_end_of_a_text_that_was_cut() -> None:
    case = changed(HIT, lines=LineCounts(9, 8, 0, 0, 1))
    assert [finding.severity for finding in rule.check(case)] == ["info"]
