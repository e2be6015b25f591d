"""Which worker it was that Node stopped."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_logs import full, scavenge, tables_of

from gclog.incident.pipeline import analyze
from gclog.model.records import Message
from gclog.processes.split import split_processes
from gclog.processes.workers import WORKER_STOPPED

GC = Path(__file__).parents[2] / "samples" / "gc"
STOPPED = "Error [ERR_WORKER_OUT_OF_MEMORY]: Worker terminated due to reaching memory limit: JS heap out of memory"
CODE = "  code: 'ERR_WORKER_OUT_OF_MEMORY'"
MAIN, A, B = "0x10", "0xa0", "0xb0"
START = (scavenge(1000, 7, MAIN), scavenge(18, 7, A), scavenge(20, 7, B), scavenge(1100, 7, MAIN))
END = (scavenge(3000, 7, MAIN), scavenge(3100, 7, MAIN))


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        pytest.param([full(90, 7, B), full(99, 7, A), STOPPED], {A: [7]}, id="the last to fall silent"),
        pytest.param(
            [full(90, 7, A), scavenge(99, 7, B), STOPPED], {A: [7]}, id="one that ended after a scavenge was not stopped"
        ),
        pytest.param([full(90, 7, A), STOPPED, CODE], {A: [6, 7]}, id="its code on a line of its own"),
        pytest.param([full(90, 7, A), full(99, 7, B), STOPPED, CODE, STOPPED, CODE], {A: [7, 8], B: [9, 10]}, id="two at once"),
        pytest.param([full(90, 7, A), STOPPED, full(99, 7, B), STOPPED], {A: [6], B: [8]}, id="one after the other"),
    ],
)
def test_each_stop_is_told_of_one_worker(lines: list[str], told: dict[str, list[int]]) -> None:
    found = split_processes(tables_of(*START, *lines, *END))
    stops = {p.isolate: [r.line for r in p.rare if isinstance(r, Message) and r.kind == WORKER_STOPPED] for p in found}
    assert {isolate: at for isolate, at in stops.items() if at} == told


@pytest.mark.parametrize(
    ("major", "stopped"),
    [
        (12, {57: ("index documents", 24), 86: ("collect metrics", 40)}),
        (20, {91: ("collect metrics", 40), 97: ("index documents", 24)}),
        (26, {117: ("index documents", 24), 125: ("collect metrics", 40)}),
    ],
)
def test_of_four_isolates_the_two_that_leak_die_each_at_its_own_limit(major: int, stopped: dict[int, tuple[str, int]]) -> None:
    report = analyze([str(GC / f"workers_limits-node{major}.log")])
    assert sorted(process.verdict.level for process in report.processes) == ["exhausted"] * 2 + ["ok"] * 2
    died = {process.crash.line: process for process in report.processes if process.crash is not None}
    assert set(died) == set(stopped)
    assert not any(process.main for process in died.values())
    for line, process in died.items():
        job, _ = stopped[line]
        assert process.crash is not None and process.crash.message.startswith(job)
        assert process.findings[0].id == "worker-out-of-memory"
    live = {job: died[line].heap.live_mb for line, (job, _) in stopped.items()}
    assert live["index documents"] < live["collect metrics"]
