"""The rule heap-limit-near: the floor as a share of the limit."""

from __future__ import annotations

from dataclasses import replace

import pytest
from diagnose_cases import LIMIT, make_case, make_cycles, make_heap

from gclog.diagnose.rules import heap_limit_near as rule
from gclog.model.verdict import NoLimit


@pytest.mark.parametrize(
    ("floor_mb", "severity"),
    [(69.9, None), (70.0, "info"), (79.9, "info"), (80.0, "warning"), (89.9, "warning"), (90.0, "error")],
)
def test_severity_climbs_at_70_80_and_90_percent(floor_mb: float, severity: str | None) -> None:
    found = list(rule.check(make_case(cycles=make_cycles(95.0, floor_mb, 95.0), limit=replace(LIMIT, mb=100.0))))
    assert [finding.severity for finding in found] == ([severity] if severity else [])


def test_only_the_last_three_full_collections_count() -> None:
    assert list(rule.check(make_case(cycles=make_cycles(95.0, 95.0, 95.0, 60.0, 95.0, 95.0)))) == []
    (finding,) = rule.check(make_case(cycles=make_cycles(60.0, 95.0, 92.0, 94.0)))
    assert finding.title == "The live set's floor is 92.0 MB of a 96.0 MB limit: 95.8 %"
    assert finding.evidence == (20, 30, 40)


def test_an_inferred_limit_is_called_so_with_low_confidence() -> None:
    (finding,) = rule.check(make_case(cycles=make_cycles(90.0), limit=replace(LIMIT, source="inferred")))
    assert "of an inferred 96.0 MB limit" in finding.title
    assert finding.confidence == "low"


def test_after_scavenges_alone_it_is_information_with_low_confidence() -> None:
    (finding,) = rule.check(make_case(cycles=(), heap=make_heap(live_mb=90.0, live_basis="scavenge")))
    assert (finding.severity, finding.confidence) == ("info", "low")


def test_without_a_limit_it_is_silent() -> None:
    assert list(rule.check(make_case(cycles=make_cycles(90.0), limit=NoLimit("not in the log")))) == []
