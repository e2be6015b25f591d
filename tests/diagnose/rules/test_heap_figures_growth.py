"""The rule heap-figures-growth: a heap that grows by what the program printed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from diagnose_cases import HEAP_PRINTED, HITS, MEMORY, changed, make_crash

from gclog.diagnose.rules import heap_figures_growth as rule

HIT = HITS[rule.ID]


def test_it_names_the_test_files_after_which_the_heap_stayed_larger() -> None:
    (finding,) = rule.check(HIT)
    assert finding.title.startswith("The heap grew from 80.0 MB to 275.0 MB over ")
    assert "160.0 MB after test/stock3.test.js, 20.0 MB after test/stock6.test.js" in finding.observed
    assert {30, 98} <= set(finding.evidence)
    assert "--runInBand" in finding.remedy


def test_without_tests_the_remedy_is_another() -> None:
    (finding,) = rule.check(changed(HIT, memory=replace(HEAP_PRINTED, tests=())))
    assert "heapdiff" in finding.remedy and "--runInBand" not in finding.remedy


@pytest.mark.parametrize(
    "changes",
    [
        {"memory": None},
        {"memory": MEMORY},
        {"memory": replace(HEAP_PRINTED, growth="none")},
        {"crash": make_crash()},
        {"fulls": 4},
    ],
    ids=["nothing printed", "outside the heap", "level", "dead", "collections say more"],
)
def test_it_is_silent_about_anything_else(changes) -> None:
    assert list(rule.check(changed(HIT, **changes))) == []
