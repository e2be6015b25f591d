"""The rule off-heap-growth: Buffers grow, the heap does not."""

from __future__ import annotations

from dataclasses import replace

from diagnose_cases import HITS, MEMORY, changed, make_case, make_heap

from gclog.diagnose.rules import off_heap_growth as rule
from gclog.model.process import NodeVersion

HIT = HITS["off-heap-growth"]


def test_both_figures_are_in_the_title() -> None:
    (finding,) = rule.check(HIT)
    assert finding.title == "Memory outside the heap grew from 20.0 MB to 812.0 MB while the live set stayed at 30.0 MB"
    assert (finding.severity, finding.confidence, finding.evidence) == ("warning", "high", (5, 90, 100))
    assert "arrayBuffers" in finding.remedy and "does not bound this memory" in finding.remedy


def test_without_its_course_the_largest_figure_must_do() -> None:
    (finding,) = rule.check(changed(HIT, external=None, heap=make_heap(external_max_mb=812.0)))
    assert finding.title == "Memory outside the heap reached 812.0 MB while the live set stayed at 30.0 MB"
    assert finding.confidence == "medium"


def test_node_12_may_not_know_array_buffers() -> None:
    (finding,) = rule.check(changed(HIT, node=NodeVersion("12", 12, 12, "")))
    assert "(rss and external)" in finding.remedy


def test_large_external_memory_that_does_not_grow_is_silent() -> None:
    assert list(rule.check(make_case(external=HIT.signs.external, heap=make_heap(external_max_mb=812.0)))) == []


def test_node_14_knows_array_buffers() -> None:
    (finding,) = rule.check(changed(HIT, node=NodeVersion("14", 14, 14, "")))
    assert "(rss, external and arrayBuffers)" in finding.remedy


def test_the_programs_own_figures_call_it_off_heap_and_say_what_it_is() -> None:
    (finding,) = rule.check(make_case(memory=MEMORY))
    assert finding.title.startswith("Memory grows outside the heap: RSS went from 60.0 MB to 500.0 MB")
    assert "it is Buffers and ArrayBuffers" in finding.observed
    assert (finding.confidence, finding.evidence) == ("high", (2, 95, 98))


def test_figures_of_a_growing_heap_are_not_off_heap() -> None:
    assert list(rule.check(make_case(memory=replace(MEMORY, growth="heap")))) == []
