"""The rule fragmentation: V8's own test, the young generation taken off."""

from __future__ import annotations

from dataclasses import replace

import pytest
from diagnose_cases import HITS, LIMIT, changed, make_case, make_heap, option

from gclog.diagnose.rules import fragmentation as rule
from gclog.model.process import NodeVersion
from gclog.model.verdict import NoLimit

HIT = HITS["fragmentation"]


def test_the_title_has_what_is_held_and_what_is_used() -> None:
    (finding,) = rule.check(HIT)
    assert finding.title == "V8 held 129.0 MB for 29.0 MB of objects after a full collection"
    assert finding.evidence == (50,)


@pytest.mark.parametrize(
    ("unused_mb", "count"),
    [(93.0, 0), (93.1, 1)],
    ids=["29 + 93 - 48 = 74 = 2 x 29 + 16", "above it"],
)
def test_old_space_committed_must_be_above_twice_the_objects_and_16_mb(unused_mb: float, count: int) -> None:
    assert len(list(rule.check(make_case(heap=make_heap(fragmentation_max_mb=unused_mb))))) == count


@pytest.mark.parametrize(
    "changes",
    [
        {"node": NodeVersion("24", 24, 24, "")},
        {"options": (option(64.0, name="max_semi_space_size"),)},
        {"heap": make_heap(fragmentation_max_mb=100.0, fragmentation_line=None)},
    ],
    ids=["Node 24: 192 MB of young generation", "semi space set to 64 MB", "no line"],
)
def test_a_larger_young_generation_explains_more(changes) -> None:
    assert list(rule.check(changed(HIT, **changes))) == []


@pytest.mark.parametrize(
    ("limit", "severity"),
    [(replace(LIMIT, mb=208.0), "warning"), (replace(LIMIT, mb=208.1), "info"), (NoLimit("not in the log"), "info")],
    ids=["52 MB of 208", "52 MB of 208.1", "no limit"],
)
def test_waste_of_a_quarter_of_the_limit_is_a_warning(limit, severity: str) -> None:
    assert [finding.severity for finding in rule.check(changed(HIT, limit=limit))] == [severity]
