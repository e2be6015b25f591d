"""The rule death-spiral: a process that is full and does not die."""

from __future__ import annotations

from dataclasses import replace

from diagnose_cases import SPIRAL, changed, make_crash, make_cycles

from gclog.diagnose.rules import death_spiral as rule


def test_back_to_back_collections_that_free_nothing_are_an_error() -> None:
    (finding,) = rule.check(SPIRAL)
    assert finding.title == "4 full collections in 3.9 s freed 0.9 MB at best: a death spiral"
    assert finding.observed == "they took 92.3 % of the time; live set 94.0 MB"
    assert (finding.severity, finding.confidence, finding.evidence) == ("error", "high", (10, 20, 30, 40))
    assert "Node 10.4 and later" in finding.remedy


def test_collections_that_free_a_twentieth_are_not_counted_to_the_run() -> None:
    cycles = make_cycles(94.0, 94.0, 94.0, every_ms=1000.0, pause_ms=900.0, reclaim_share=0.05)
    (finding,) = rule.check(changed(SPIRAL, cycles=cycles))
    assert finding.confidence == "medium"


def test_a_high_plateau_is_no_spiral() -> None:
    assert list(rule.check(changed(SPIRAL, growth="high-plateau"))) == []


def test_with_a_fatal_error_the_throes_of_death_are_silent() -> None:
    assert list(rule.check(changed(SPIRAL, crash=make_crash()))) == []


def test_without_full_collections_there_is_nothing_to_show() -> None:
    assert list(rule.check(changed(SPIRAL, cycles=()))) == []


def test_only_the_run_at_the_end_is_the_spiral() -> None:
    lively = make_cycles(40.0, 45.0, every_ms=1000.0)
    full = tuple(replace(cycle, at_ms=cycle.at_ms + 2000.0, line=cycle.line + 20) for cycle in SPIRAL.cycles)
    (finding,) = rule.check(changed(SPIRAL, cycles=(*lively, *full[:3], replace(full[3], after_mb=95.0))))
    assert finding.title.startswith("4 full collections in 3.9 s")
    assert finding.evidence == (30, 40, 50, 60)
    assert finding.observed.endswith("live set 95.0 MB")
