"""Logs of nothing but figures of memory: where one process was killed, and the next begins."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_logs import tables_of

from gclog.incident.pipeline import analyze
from gclog.incident.settings import Settings
from gclog.processes.split import split_processes

SAMPLES = Path(__file__).parents[2] / "samples"

CONSTRAINT = (
    "[8123.4] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=x,mems_allowed=0,oom_memcg=/x,task=node,pid=99,uid=0"
)
KERNEL = (
    "[8123.5] Memory cgroup out of memory: Killed process 99 (node) total-vm:1203404kB, anon-rss:524288kB, file-rss:0kB, "
    "shmem-rss:0kB"
)
OTHERS = KERNEL.replace("(node)", "(java)")


def readings(*rss_mb: int, heap_mb: int = 10) -> list[str]:
    return [f"rss: {mb} MB, heapTotal: {heap_mb} MB, heapUsed: {heap_mb - 2} MB" for mb in rss_mb]


CLIMB = readings(50, 80, 110, 140, 170, 200)


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        pytest.param([*CLIMB, "Killed"], [(1, 7)], id="at the end"),
        pytest.param([*CLIMB, "Killed", "starting", *CLIMB], [(1, 7), (9, 14)], id="in the middle"),
        pytest.param(
            [*CLIMB, CONSTRAINT, KERNEL, "Killed", "exit code 137", *CLIMB], [(1, 10), (11, 16)], id="one kill, said four times"
        ),
        pytest.param([*CLIMB, "Killed", *CLIMB, "Killed", *CLIMB], [(1, 7), (8, 14), (15, 20)], id="twice"),
        pytest.param(
            [*CLIMB, "npm ERR! signal SIGKILL", *readings(201, 202)], [(1, 9)], id="a child's: the memory is still there"
        ),
        pytest.param([*CLIMB, OTHERS, *readings(50, 51)], [(1, 9)], id="another program's, by its name"),
        pytest.param(
            [*CLIMB, KERNEL, *readings(190, 200)], [(1, 7), (8, 9)], id="the kernel names it, whatever the memory says"
        ),
        pytest.param(["Killed", *CLIMB], [(1, 7)], id="before anything"),
        pytest.param([KERNEL], [(1, 1)], id="nothing but the kernel's word"),
        pytest.param([*CLIMB], [(1, 6)], id="no kill"),
    ],
)
def test_a_kill_ends_a_process(lines: list[str], found: list[tuple[int, int]]) -> None:
    processes = split_processes(tables_of(*lines))
    assert [(process.first_line, process.last_line) for process in processes] == found
    assert [process.run for process in processes] == list(range(1, len(found) + 1)) or processes[0].pid == 99


def test_each_has_a_verdict_that_names_the_kill_and_what_grew() -> None:
    first, second, third = sorted(
        analyze(SAMPLES / "witness/killed_twice-node16.log").processes, key=lambda p: p.span.first_line
    )
    assert first.verdict.headline == (
        "Killed from outside, not by V8: it got SIGKILL with 181.8 MB in RAM; no line says from whom; RSS went from 42.4 MB to "
        "181.8 MB beside a heap of 10.4 MB, which accounts for 5.7 MB of the rise."
    )
    assert second.verdict.headline == (
        "Killed from outside, not by V8: it got SIGKILL with 177.9 MB in RAM; no line says from whom; RSS went from 43.4 MB to "
        "177.9 MB, nearly all of it V8's heap."
    )
    assert (first.verdict.level, second.verdict.level, third.verdict.level) == ("critical", "critical", "ok")
    assert [p.memory is not None and p.memory.growth for p in (first, second, third)] == ["off-heap", "heap", "none"]
    assert third.kill is None and third.crash is None


def test_the_kernels_figures_go_with_the_process_that_it_killed(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_text("\n".join([*CLIMB, CONSTRAINT, KERNEL, *readings(50, 51, 52, 51, 50, 51), "Killed", ""]))
    first, second = sorted(analyze(log, Settings()).processes, key=lambda p: p.span.first_line)
    assert first.verdict.level == "exhausted"
    assert first.verdict.headline.startswith(
        "Killed from outside, not by V8: it was killed with 512.0 MB in RAM at its container's limit; RSS"
    )
    assert (first.pid, second.pid) == (99, None)
    assert second.kill is not None and second.kill.by == "unknown"
