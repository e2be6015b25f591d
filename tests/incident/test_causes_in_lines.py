"""A cause that the lines print is in the first line, and the first step is about it."""

from __future__ import annotations

from pathlib import Path

import pytest

import gclog
from gclog.model.report import ProcessReport
from gclog.report.say.process import what_to_do

MU = "(average mu = 0.512, current mu = 0.430)"


def report_of(folder: Path, *lines: str) -> ProcessReport:
    log = folder / "gc.log"
    log.write_text("\n".join(lines) + "\n")
    return gclog.analyze(log).processes[0]


def full(at_ms: int, pause_ms: float, external_ms: float = 0.0, why: str = "allocation failure") -> str:
    sizes = "Mark-sweep 6.1 (9.4) -> 5.9 (9.4) MB"
    return f"[90:0x5d3c1a0] {at_ms} ms: {sizes}, {pause_ms:.1f} / {external_ms:.1f} ms  {MU} {why}"


OUTSIDE = "external memory pressure GC in old space requested"


@pytest.mark.parametrize("step_ms", [130, 700], ids=["less than a second", "some seconds"])
def test_memory_outside_the_heap_that_makes_v8_collect_comes_first(tmp_path: Path, step_ms: int) -> None:
    process = report_of(tmp_path, *(full(4000 + step_ms * turn, 0.5 * step_ms, why=OUTSIDE) for turn in range(6)))
    assert "because of memory outside the heap (external memory pressure)" in process.verdict.headline
    assert what_to_do(process).startswith("Log process.memoryUsage() (external, arrayBuffers)")
    assert "slow-collections" not in {finding.id for finding in process.findings}


def test_callbacks_of_native_objects_that_take_the_pauses_come_first(tmp_path: Path) -> None:
    process = report_of(tmp_path, *(full(4000 + 140 * turn, 80.0, 79.2) for turn in range(6)))
    assert "99.0 % of that in callbacks of native objects" in process.verdict.headline
    assert "Look at native addons" in what_to_do(process)


@pytest.mark.parametrize(
    "lines",
    [
        [full(4000 + 140 * turn, 80.0, 20.0) for turn in range(6)],
        [full(4000 + 140 * turn, 80.0, why=OUTSIDE if turn < 2 else "allocation failure") for turn in range(6)],
    ],
    ids=["hardly the callbacks", "hardly the memory outside"],
)
def test_a_cause_of_the_lesser_part_is_none(tmp_path: Path, lines: list[str]) -> None:
    process = report_of(tmp_path, *lines)
    assert "outside the heap" not in process.verdict.headline and "callbacks" not in process.verdict.headline
    assert "gc-share-high" not in {finding.id for finding in process.findings}


def test_a_table_that_is_too_large_may_be_an_array(tmp_path: Path) -> None:
    headline = report_of(
        tmp_path, "FATAL ERROR: invalid table size Allocation failed - JavaScript heap out of memory"
    ).verdict.headline
    assert "or array kept as a table" in headline
