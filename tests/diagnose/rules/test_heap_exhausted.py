"""The rule heap-exhausted: which kind of death, with what it calls for."""

from __future__ import annotations

from dataclasses import replace

import pytest
from diagnose_cases import DEAD, NODE_10, RISING, changed, make_case, make_crash

from gclog.diagnose.rules import heap_exhausted as rule
from gclog.model.process import NodeVersion


@pytest.mark.parametrize(
    ("kind", "begin", "confidence"),
    [
        ("ineffective-mark-compacts", "Out of heap at +1 min: (A) full collections near the limit freed too little", "high"),
        ("heap-limit", "Out of heap at +1 min: (B) the old generation had reached its limit", "high"),
        ("one-large-allocation", "Out of heap at +1 min: (C) one allocation failed", "high"),
        ("native-memory", "(D) Out of memory, but not of JS heap at +1 min", "high"),
        ("unknown", "The process died at +1 min", "medium"),
    ],
)
def test_each_kind_of_death_is_told_apart(kind, begin: str, confidence: str) -> None:
    (finding,) = rule.check(changed(DEAD, crash=make_crash(kind)))
    assert finding.title.startswith(begin)
    assert (finding.severity, finding.confidence) == ("error", confidence)


@pytest.mark.parametrize("kind", ["worker-limit", "not-memory"])
def test_deaths_that_are_not_of_memory_or_not_of_the_process_are_silent(kind) -> None:
    assert list(rule.check(changed(DEAD, crash=make_crash(kind)))) == []


def test_a_living_process_is_silent_however_full_its_heap() -> None:
    assert list(rule.check(make_case(cycles=RISING))) == []


def test_the_title_says_how_full_the_heap_was_and_the_evidence_where_the_warning_began() -> None:
    (finding,) = rule.check(DEAD)
    assert finding.title == (
        "Out of heap at +1 min: (B) the old generation had reached its limit, live set 84.0 MB of a 96.0 MB limit"
    )
    assert finding.evidence == (60, 80, 95, 96, 99)


def test_after_growth_a_higher_limit_is_said_to_buy_time_only() -> None:
    (finding,) = rule.check(DEAD)
    assert "`SAMPLE_HEAP_MS=500 node --require ./sample-heap.cjs`" in finding.remedy
    assert "only buys time on this trend: +512.0 MB is 6 min 24 s, +1.00 GB is 12 min 48 s." in finding.remedy


def test_without_growth_no_time_is_sold() -> None:
    (finding,) = rule.check(changed(DEAD, growth="high-plateau"))
    assert "buys time" not in finding.remedy


def test_native_memory_is_no_matter_of_the_heap_limit() -> None:
    (finding,) = rule.check(changed(DEAD, crash=make_crash("native-memory")))
    assert finding.remedy.startswith("The system refused the process memory:")
    assert "max-old-space-size" not in finding.remedy


@pytest.mark.parametrize(
    ("node", "words"),
    [
        (NODE_10, "Start it with `node --inspect-brk`"),
        (NodeVersion("14", 14, 14, ""), "`SAMPLE_HEAP_MS=500 node --require ./sample-heap.cjs`"),
        (NodeVersion("4", 4, 4, ""), "package `heapdump`"),
        (NodeVersion("10-12", 10, 12, ""), "From Node 12 on, `node --require ./sample-heap.cjs`"),
    ],
    ids=lambda value: getattr(value, "range", ""),
)
def test_the_flag_named_is_one_that_this_version_has(node, words: str) -> None:
    (finding,) = rule.check(changed(DEAD, node=node))
    assert words in finding.remedy


@pytest.mark.parametrize(
    ("node", "share"),
    [(NodeVersion("26", 26, 26, ""), "at 95.0 % of its limit"), (NodeVersion("22", 22, 22, ""), "at 80.0 % of its limit")],
    ids=["26", "22"],
)
def test_the_threshold_of_ineffective_collections_is_that_of_the_version(node, share: str) -> None:
    (finding,) = rule.check(changed(DEAD, node=node, crash=make_crash("ineffective-mark-compacts")))
    assert share in finding.threshold


def test_a_log_with_only_the_tail_of_the_crash_wants_the_whole_log_too() -> None:
    verdict = replace(DEAD.verdict, not_foreseeable="only the tail", foreseeable_ms=None, foreseeable_line=None)
    (finding,) = rule.check(changed(DEAD, verdict=verdict, growth="none"))
    assert finding.remedy.endswith("Record what leads to it: start it with --trace-gc and keep the whole log.")
