"""The rule external-memory-pressure: collections that Buffers caused."""

from __future__ import annotations

import pytest
from diagnose_cases import HITS, changed, make_case

from gclog.diagnose.rules import external_memory_pressure as rule

HIT = HITS["external-memory-pressure"]


def test_a_third_of_all_full_collections_is_a_warning() -> None:
    (finding,) = rule.check(HIT)
    assert finding.title == "Memory outside the heap caused 3 of 9 full collections"
    assert finding.observed == "33.3 % of the full collections; external memory at most 300.0 MB"
    assert (finding.severity, finding.evidence) == ("warning", (20, 40, 60))


def test_a_fifth_is_a_warning_and_less_is_information() -> None:
    assert [finding.severity for finding in rule.check(changed(HIT, fulls=15))] == ["warning"]
    assert [finding.severity for finding in rule.check(changed(HIT, fulls=16))] == ["info"]


@pytest.mark.parametrize(
    ("lines", "fulls", "title", "severity"),
    [
        ((9, 10, 19, 20, 29, 30), 9, "3 of 9 full collections", "warning"),
        ((9, 19, 29, 39), 9, "0 of 9 full collections", "info"),
        ((9, 19, 29), 0, "3 scavenges", "warning"),
    ],
    ids=["a scavenge before each", "scavenges alone", "no full collection"],
)
def test_scavenges_are_not_counted_as_full_collections(lines, fulls: int, title: str, severity: str) -> None:
    (finding,) = rule.check(changed(HIT, external_pressure_lines=lines, fulls=fulls, **({} if fulls else {"cycles": ()})))
    assert finding.title == f"Memory outside the heap caused {title}"


def test_two_are_silent() -> None:
    assert list(rule.check(make_case(external_pressure_lines=(20, 40)))) == []
