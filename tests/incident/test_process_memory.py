"""A verdict that comes from all memory of a process leaves what is said of its heap as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from gclog.incident.pipeline import analyze
from gclog.incident.settings import Settings

SAMPLES = Path(__file__).parents[2] / "samples" / "witness"


@pytest.mark.parametrize("name", ["buffers_pairs-node18.log", "buffers_json-node24.log"])
def test_a_container_that_fills_up_is_no_heap_that_does(name: str) -> None:
    (process,) = analyze(SAMPLES / name, Settings(memory_limit_mb=185)).processes
    ids = [finding.id for finding in process.findings]
    assert process.verdict.level == "impending"
    assert process.verdict.headline.startswith("Memory limit impending, not V8's: ")
    assert ids[0] == "memory-limit-near" and "off-heap-growth" in ids
    assert "heap-exhaustion-impending" not in ids
    assert [event.level for event in process.timeline] == ["rising", "impending"]


def test_the_timeline_of_a_traced_process_has_both_kinds_of_changes_in_the_order_of_their_lines() -> None:
    (process,) = analyze(SAMPLES / "buffers_trace-node20.log", Settings(memory_limit_mb=185)).processes
    assert [event.level for event in process.timeline] == ["not-assessable", "rising", "impending", "exhausted"]
    assert [event.line for event in process.timeline] == sorted(event.line for event in process.timeline)
    assert [event.at_ms for event in process.timeline] == sorted(event.at_ms for event in process.timeline)
    assert process.growth == "off-heap"
