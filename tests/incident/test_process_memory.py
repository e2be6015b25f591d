"""A verdict that comes from all memory of a process leaves what is said of its heap as it was."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_logs import full

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


@pytest.mark.parametrize(
    ("heap_mb", "begins"), [(0.3, "Rising: RSS went from 60.0 MB to 460.0 MB"), (8.0, "Rising: live set 164.0 MB")]
)
def test_growth_is_spoken_of_where_it_is(tmp_path: Path, heap_mb: float, begins: str) -> None:
    """RSS gains 400 MB; the heap beside it six, or 160: both rise, and the first line is of what counts."""
    log = tmp_path / "both.log"
    lines = []
    for i in range(21):
        line = full(1000 + i * 1000, after_mb=4.0 + heap_mb * i)
        lines.append(line.replace("task; scavenge might not succeed", "allocation failure; GC in old space requested"))
        lines.append(f"rss={60 + 20 * i}MB heapTotal={12 + heap_mb * i}MB heapUsed={9 + heap_mb * i}MB external=1MB")
    log.write_text("\n".join(lines) + "\n")
    (process,) = analyze(log).processes
    assert process.verdict.level == "rising"
    assert process.verdict.headline.startswith(begins), process.verdict.headline
