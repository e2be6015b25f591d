"""What to do is about what the headline speaks of, whatever other findings there are."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from diagnose_cases import (
    CONTAINER,
    HEAP_PRINTED,
    HITS,
    MEMORY,
    RISE,
    RISING,
    TREND,
    make_case,
    make_heap,
    make_pauses,
    make_verdict,
)

from gclog.diagnose.registry import run_rules
from gclog.model.report import FindingReport, ProcessReport
from gclog.model.verdict import NoLimit
from gclog.model.witness import MemoryPart
from gclog.report.say.process import time_left, what_to_do

IN_THE_HEAP = replace(
    MEMORY,
    parts={
        "rss": MemoryPart(99.0, 480.0, 99.0, 480.0, 95, 380.0),
        "heap_used": MemoryPart(18.0, 190.0, 18.0, 190.0, 98, 170.0),
    },
    growth="heap",
    because="RSS went from 99.0 MB to 480.0 MB, nearly all of it V8's heap",
)
BUSY = make_pauses(worst_window_share=0.12)
"""A tenth of the time in GC is a warning of its own."""
SLOWING = {
    "cycles": RISING,
    "heap": make_heap(live_mb=84.0, live_min_mb=20.0, live_max_mb=84.0, committed_max_mb=400.0, old_space_trend=TREND),
    "rise": RISE,
    "growth": "decelerating",
    "verdict": make_verdict("rising"),
    "limit": NoLimit("not in the log"),
}


def with_findings(process: ProcessReport) -> ProcessReport:
    found = run_rules(process)
    return replace(
        process,
        findings=tuple(
            FindingReport(f.id, f.severity, f.confidence, f.title, f.observed, f.threshold, (), f.remedy) for f in found
        ),
    )


def of_memory(level: Any, memory: Any, **changes: Any) -> ProcessReport:
    return make_case(memory=memory, by_memory=True, verdict=make_verdict(level), pauses=BUSY, **changes)


@pytest.mark.parametrize(
    ("process", "says", "not_says"),
    [
        (of_memory("rising", IN_THE_HEAP), "opens its inspector", "allocate less"),
        (of_memory("impending", IN_THE_HEAP, memory_limit=CONTAINER), "opens its inspector", "other findings"),
        (of_memory("impending", MEMORY, memory_limit=CONTAINER), "Find what keeps Buffers", "other findings"),
        (of_memory("rising", MEMORY), "Find what keeps Buffers", "allocate less"),
        (make_case(**SLOWING, pauses=BUSY), "opens its inspector", "allocate less"),
        (make_case(verdict=make_verdict("rising"), pauses=BUSY), "of the time in GC", "opens its inspector"),
        (
            make_case(scavenges=0, fulls=0, memory=HEAP_PRINTED, verdict=make_verdict("rising")),
            "Run these files alone",
            "inspector",
        ),
    ],
    ids=["the heap", "the heap, near", "Buffers, near", "Buffers", "a live set, slowing", "GC alone", "tests"],
)
def test_advice_is_on_what_climbs(process: ProcessReport, says: str, not_says: str) -> None:
    advice = what_to_do(with_findings(process))
    assert says in advice and not_says not in advice


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"memory_left_ms": 0.0, "memory_limit": CONTAINER}, "none by the figures: all its memory has reached its limit"),
        ({}, "cannot say: no limit of all its memory is known"),
        ({"memory_limit": CONTAINER}, "cannot say: nothing shows when all its memory reaches its limit"),
        ({"memory_left_ms": 2200.0, "memory_limit": CONTAINER}, "about 2.2 s, until"),
    ],
)
def test_time_left_knows_a_limit_that_is_passed(changes: dict[str, Any], says: str) -> None:
    assert says in time_left(of_memory("impending", IN_THE_HEAP, **changes))


def test_a_heap_that_collections_show_is_not_told_twice() -> None:
    process = make_case(**SLOWING | {"growth": "steady"}, memory=IN_THE_HEAP, by_memory=True)
    assert "heap-figures-growth" not in {finding.id for finding in run_rules(process)}


@pytest.mark.parametrize("case", HITS.values(), ids=HITS)
def test_no_advice_has_a_placeholder_that_a_shell_takes_for_a_file(case: ProcessReport) -> None:
    for finding in run_rules(case):
        assert not re.search(r"`[^`]*<\w+>[^`]*`", finding.remedy)


def test_a_process_without_a_pid_has_a_word_for_it() -> None:
    assert "`kill -USR1 PID`" in what_to_do(with_findings(make_case(**SLOWING, pid=None)))
