"""The rule needs-more-flags: which flag would answer what."""

from __future__ import annotations

from dataclasses import replace

from diagnose_cases import BUSY_YOUNG, HITS, LEAKING, MINUTE_MS, changed, make_case, make_crash, make_heap, make_pauses

from gclog.diagnose.rules import needs_more_flags as rule
from gclog.model.process import NodeVersion
from gclog.model.verdict import NoLimit

NO_LIMIT = NoLimit("not in the log")


def with_scavenges(total_ms: float, **changes):
    return make_case(pauses=make_pauses(by_collector={"scavenge": replace(BUSY_YOUNG, total_ms=total_ms)}), **changes)


def test_growth_without_a_limit_asks_for_it() -> None:
    (finding,) = rule.check(changed(LEAKING, limit=NO_LIMIT))
    assert finding.title == "The log does not show how far the heap's limit is"
    assert "--heap-limit MB" in finding.remedy and "NODE_OPTIONS" in finding.remedy
    assert finding.severity == "info"


def test_without_growth_or_after_a_death_the_limit_is_not_asked_for() -> None:
    assert list(rule.check(make_case(limit=NO_LIMIT))) == []
    assert list(rule.check(changed(LEAKING, limit=NO_LIMIT, crash=make_crash()))) == []


def test_scavenges_that_cost_ask_for_survival() -> None:
    (finding,) = rule.check(with_scavenges(0.02 * MINUTE_MS))
    assert finding.title == "The log does not show how much survives the scavenges"
    assert "--trace-gc-nvp" in finding.remedy and "`Last few GCs` of a crash empty" in finding.remedy


def test_cheap_scavenges_or_a_log_with_details_do_not() -> None:
    assert list(rule.check(with_scavenges(0.0199 * MINUTE_MS))) == []
    assert list(rule.check(with_scavenges(0.02 * MINUTE_MS, has_details=True))) == []


def test_node_0_needs_trace_gc_beside_nvp_and_has_no_ring() -> None:
    (finding,) = rule.check(with_scavenges(0.02 * MINUTE_MS, node=NodeVersion("0.10", 0, 0, "")))
    assert "--trace-gc --trace-gc-nvp" in finding.remedy
    assert "Last few GCs" not in finding.remedy


def test_external_pressure_without_figures_asks_for_verbose() -> None:
    (finding,) = rule.check(HITS["needs-more-flags"])
    assert finding.title == "The log does not show how large memory outside the heap is"
    assert "--trace-gc-verbose" in finding.remedy
    assert list(rule.check(changed(HITS["needs-more-flags"], heap=make_heap(external_max_mb=300.0)))) == []


def test_several_questions_are_one_finding() -> None:
    (finding,) = rule.check(with_scavenges(0.02 * MINUTE_MS, limit=NO_LIMIT, growth="steady"))
    assert finding.title == "The log does not show how far the heap's limit is, nor how much survives the scavenges"


def test_what_scavenge_pressure_asks_for_is_not_asked_for_again() -> None:
    assert list(rule.check(with_scavenges(0.06 * MINUTE_MS, scavenges=300))) == []
    assert len(list(rule.check(with_scavenges(0.06 * MINUTE_MS, scavenges=60)))) == 1


def test_after_a_death_nobody_asks_for_survival() -> None:
    assert list(rule.check(with_scavenges(0.02 * MINUTE_MS, crash=make_crash()))) == []
