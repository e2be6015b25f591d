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


# ---------------------------------------------------------------- what little there is


TAIL = "<--- Last few GCs --->"


def test_a_collection_with_one_size_says_when_and_how_full(tmp_path: Path) -> None:
    line = "[7:0x5d3c1a0] 31000 ms: Mark-sweep (reduce) 2011.3 (2050.8) MB, 512.0 / 0.0 ms"
    headline = report_of(
        tmp_path, TAIL, line, "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory"
    ).verdict.headline
    assert "died at +31.0 s" in headline and "1.96 GB" in headline


@pytest.mark.parametrize(("mu", "after_mb", "is_said"), [(0.154, 149.6, True), (0.9, 149.6, False), (0.154, 140.0, False)])
def test_a_collection_that_frees_nothing_shows_the_limit(tmp_path: Path, mu: float, after_mb: float, *, is_said: bool) -> None:
    line = f"[7:0x128008000] 4066 ms: Mark-sweep (reduce) 149.6 (153.5) -> {after_mb} (153.5) MB, 46.7 / 0.0 ms  "
    mus = f"(average mu = {mu}, current mu = {mu}) allocation failure; scavenge might not succeed"
    headline = report_of(tmp_path, TAIL, line + mus).verdict.headline
    assert ("limit not known" not in headline) == is_said


def test_a_process_that_is_busy_collecting_comes_before_an_idle_one(tmp_path: Path) -> None:
    idle = [f"[51] {90 + step} ms: Scavenge 2.0 (37.5) -> 1.7 (37.5) MB, 0.7 ms [allocation failure]." for step in (0, 20, 40)]
    busy = [
        f"[40] {90 + 90 * step} ms: Scavenge {4 + step}.0 (41.0) -> {3 + step}.7 (41.0) MB, 41.3 ms [allocation failure]."
        for step in range(6)
    ]
    assert report_of(tmp_path, *idle, "$ node --trace-gc search.js", *busy).pid == 40


@pytest.mark.parametrize(("symbol", "host"), [("icu_64::Collator::clone", "Electron"), ("BaseThreadInitThunk", "Chromium")])
def test_a_program_that_exports_what_addons_need_is_no_browser(tmp_path: Path, symbol: str, host: str) -> None:
    process = report_of(
        tmp_path,
        "[61:0823/101115:FATAL:memory_win.cc(38)] Out of memory, size = 67108864",
        "Backtrace:",
        "\t(No symbol) [0x00EEFC17]",
        f"\t{symbol} [0x0333B201+976529]",
    )
    assert process.node.host == host
