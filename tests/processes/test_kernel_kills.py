"""The kernel's kills: told apart, and given to the processes that they ended."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_logs import full, scavenge, tables_of

from gclog.incident.pipeline import analyze
from gclog.model.records import KernelKill, Message
from gclog.processes.kernel_kills import is_of_node, kill_blocks, killed_pid
from gclog.processes.split import split_processes

ANNOUNCED = "Memory cgroup out of memory: Kill process 4711 (node) score 1934 or sacrifice child"
WITNESS = Path(__file__).parents[2] / "samples" / "witness"


def kill(pid: int, name: str = "node", limit_kb: int = 131072) -> tuple[str, ...]:
    return (
        f"[8123.1] {name} invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
        f"[8123.2] memory: usage {limit_kb}kB, limit {limit_kb}kB, failcnt 911",
        f"[8123.4] Memory cgroup out of memory: Killed process {pid} ({name}) total-vm:1111300kB, anon-rss:129524kB, file-rss:0kB",
    )


def blocks_of(*lines: str) -> list[list[Message]]:
    return list(kill_blocks(record for record in tables_of(*lines).rare if isinstance(record, Message)))


def test_the_figures_before_a_kill_belong_to_it() -> None:
    first, second = blocks_of(*kill(4711), *kill(4799, "python3"))
    assert ([m.line for m in first], killed_pid(first), is_of_node(first)) == ([1, 2, 3], 4711, True)
    assert ([m.line for m in second], killed_pid(second), is_of_node(second)) == ([4, 5, 6], 4799, False)


def test_two_lines_of_one_pid_are_one_kill() -> None:
    before_5 = (
        "Memory cgroup out of memory: Kill process 4711 (node) score 1934 or sacrifice child",
        "Killed process 4711 (node)",
    )
    assert [len(block) for block in blocks_of(*before_5)] == [2]


def test_each_node_that_the_kernel_killed_is_a_process() -> None:
    found = split_processes(tables_of(*kill(4711), *kill(4712, "python3"), *kill(4799, limit_kb=262144)))
    assert [process.pid for process in found] == [4711, 4799]
    limits = [[record.limit_kb for record in process.rare if isinstance(record, KernelKill)] for process in found]
    assert limits == [[131072, None, 131072, None], [262144, None]]  # what came after it shows that others were killed, too


def test_a_kill_goes_to_the_process_with_its_pid_though_another_spoke_last() -> None:
    found = split_processes(tables_of(scavenge(18, pid=7), scavenge(20, pid=8), *kill(7)))
    told = {process.pid: len([r for r in process.rare if isinstance(r, Message)]) for process in found}
    assert told == {7: 3, 8: 0}


def test_in_a_container_with_pids_of_its_own_a_kill_goes_to_the_last_that_spoke() -> None:
    found = split_processes(tables_of(scavenge(18, pid=7), full(20, pid=8), *kill(4711)))
    assert [process.pid for process in found if any(isinstance(record, KernelKill) for record in process.rare)] == [8]


@pytest.mark.parametrize(
    ("name", "pid"),
    [
        pytest.param("killed_buffers-node20", 14662, id="the same pid"),
        pytest.param("killed_heap-node24", 2, id="a container's"),
    ],
)
def test_the_kernels_log_beside_a_programs_is_told_of_that_program(name: str, pid: int) -> None:
    report = analyze([str(WITNESS / f"{name}.log"), str(WITNESS / f"{name}.dmesg.log")])
    (process,) = report.processes
    assert process.kill is not None and process.pid == pid
    assert (process.kill.by, process.kill.limit_mb) == ("container", 128.0)
    assert process.verdict.level == "exhausted"
    assert {finding.id for finding in process.findings} >= {"killed-from-outside"}


def test_kills_of_others_do_not_end_a_program_that_goes_on(tmp_path: Path) -> None:
    log, kernel = tmp_path / "app.log", tmp_path / "dmesg.log"
    log.write_text("".join(full(at, pid=8) + "\n" for at in range(100, 900, 100)))
    kernel.write_text("".join(line + "\n" for line in kill(4711)))
    alive, killed = sorted(analyze([str(log), str(kernel)]).processes, key=lambda process: process.kill is not None)
    assert (alive.pid, alive.kill, killed.pid) == (8, None, 4711)
