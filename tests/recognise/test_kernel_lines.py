"""The kernel's lines of a kill for memory, as each version of Linux writes them, and the words of what started the process.

Read from a running kernel: that of 6.18 (samples/witness). Those of 2.6 follow mm/oom_kill.c of 2.6.11 and 2.6.24; the ones between, and
Red Hat's, follow lines as people publish them.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from made_logs import tables_of

from gclog.incident.read_source import read_tables
from gclog.model.records import KernelKill, Message
from gclog.recognise.reader import Reader
from gclog.source.open import Block

WITNESS = Path(__file__).parent.parent.parent / "samples" / "witness"

SIZES = {"total_vm_kb": 1111300.0, "anon_rss_kb": 129524.0, "file_rss_kb": 38468.0}
VM = "total-vm:1111300kB, anon-rss:129524kB, file-rss:38468kB"


@pytest.mark.parametrize(
    ("line", "constraint", "sizes"),
    [
        pytest.param("Out of Memory: Killed process 4711 (node).", "Out of Memory", {}, id="2.6.11"),
        pytest.param("Out of memory: kill process 4711 (node) score 91234 or a child", "Out of memory", {}, id="2.6.24"),
        pytest.param("Killed process 4711 (node)", None, {}, id="2.6.24, the second line"),
        pytest.param(f"Killed process 4711 (node) {VM.replace('total-vm', 'vsz')}", None, SIZES, id="2.6.33"),
        pytest.param("Out of memory: Kill process 4711 (node) score 912 or sacrifice child", "Out of memory", {}, id="2.6.36"),
        pytest.param(f"Killed process 4711 (node) {VM}", None, SIZES, id="3.x, the second line"),
        pytest.param(
            "Memory cgroup out of memory: Kill process 4711 (node) score 1934 or sacrifice child",
            "Memory cgroup out of memory", {}, id="3.x in a container",
        ),
        pytest.param(f"Killed process 4711, UID 1000, (node) {VM}", None, SIZES, id="Red Hat 6"),
        pytest.param(f"Killed process 4711 (node), UID 1000, {VM}, shmem-rss:0kB", None, {**SIZES, "shmem_rss_kb": 0.0}, id="Red Hat 7"),
        pytest.param(f"Killed process 4711 (node) {VM}, shmem-rss:16kB", None, {**SIZES, "shmem_rss_kb": 16.0}, id="4.5"),
        pytest.param(
            f"Memory cgroup out of memory: Killed process 4711 (node) {VM}, shmem-rss:0kB",
            "Memory cgroup out of memory", {**SIZES, "shmem_rss_kb": 0.0}, id="5.0",
        ),
        pytest.param(
            f"Out of memory: Killed process 4711 (node) {VM}, shmem-rss:0kB, UID:1000 pgtables:948kB oom_score_adj:-999",
            "Out of memory", {**SIZES, "shmem_rss_kb": 0.0}, id="5.4 to 6.x",
        ),
        pytest.param(
            f"Out of memory (oom_kill_allocating_task): Killed process 4711 (node) {VM}",
            "Out of memory (oom_kill_allocating_task)", SIZES, id="vm.oom_kill_allocating_task",
        ),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "before",
    ["", "[ 8123.456789] ", "[Wed Jan 14 09:30:21 2026] ", "Jan 14 09:30:21 web-1 kernel: ", "kern  :err   : [Wed Jan 14 09:30:21 2026] "],
    ids=["alone", "dmesg", "dmesg -T", "journald", "dmesg -x -T"],
)  # fmt: skip
def test_each_version_of_linux_says_which_process_it_killed(
    before: str, line: str, constraint: str | None, sizes: dict[str, float]
) -> None:
    (record,) = tables_of(before + line).rare
    assert isinstance(record, KernelKill)
    assert (record.kind, record.pid, record.process, record.constraint) == ("kernel_killed", 4711, "node", constraint)
    names = ("total_vm_kb", "anon_rss_kb", "file_rss_kb", "shmem_rss_kb")
    assert {name: value for name in names if (value := getattr(record, name)) is not None} == sizes


@pytest.mark.parametrize(
    ("line", "kind", "cgroup"),
    [
        pytest.param("Task in /docker/4f killed as a result of limit of /docker", "cgroup_named", "/docker", id="up to 4.18"),
        pytest.param(
            "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=x,mems_allowed=0,oom_memcg=/kubepods/pod1,"
            "task_memcg=/kubepods/pod1/4f,task=node,pid=4711,uid=0",
            "kernel_constraint", "/kubepods/pod1", id="from 4.19",
        ),
        pytest.param("Memory cgroup stats for /docker/4f: cache:132KB rss:524156KB mapped_file:0KB", "cgroup_stats", "/docker/4f", id="stats up to 5.2"),
    ],
)  # fmt: skip
def test_the_cgroup_is_the_one_whose_limit_it_was(line: str, kind: str, cgroup: str) -> None:
    tables = tables_of(line)
    (record,) = tables.rare
    assert isinstance(record, KernelKill)
    assert (record.kind, record.cgroup) == (kind, cgroup)
    assert len(tables.usage) == 0


def test_the_kernels_figures_of_a_cgroup_are_not_the_programs() -> None:
    lines = (
        "[8.1] Memory cgroup stats for /webshop:",
        "[8.2] cache 4096",
        "[8.3] rss 132947968",
        "[8.4] pgpgin 3",
        "rss: 51318784",
    )
    tables = tables_of(*lines)
    assert [record.line for record in tables.rare] == [1]
    assert [(int(line), mb) for line, mb in zip(tables.usage["line"], tables.usage["rss_mb"], strict=True)] == [
        (5, 51318784 / 2**20)
    ]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        pytest.param("entrypoint.sh: line 3: 31772 Killed                  node --trace-gc app.js", "killed", id="bash 5.2"),
        pytest.param("s.sh: line 1: 10899 Killed                  npm start", "killed", id="bash, npm"),
        pytest.param("[1]+  Killed                  node app.js", "killed", id="bash, a job"),
        pytest.param("Killed", "killed", id="dash"),
        pytest.param("make: *** [/app/Makefile:1: all] Killed", "killed", id="GNU Make 4.3"),
        pytest.param("npm ERR! errno 137", "exit_137", id="npm 6"),
        pytest.param("npm ERR! Exit status 137", "exit_137", id="npm 6, next line"),
        pytest.param("error Command failed with exit code 137.", "exit_137", id="yarn 1.22"),
        pytest.param(" ELIFECYCLE  Command failed with exit code 137.", "exit_137", id="pnpm 8"),
        pytest.param("[web] node app.js exited with code 137", "exit_137", id="concurrently 8"),
        pytest.param(
            "2026-01-14T09:30:21: PM2 log: App [web:0] exited with code [0] via signal [SIGKILL]", "killed", id="pm2 5.4"
        ),
        pytest.param("worker 10788 died (SIGKILL). restarting...", "killed", id="cluster, as its documentation prints it"),
        pytest.param("child process exited with code null and signal SIGKILL", "killed", id="child_process"),
        pytest.param("  code: 137,", "exit_137", id="child_process.exec's error"),
        pytest.param("Command '['node', 'app.js']' died with <Signals.SIGKILL: 9>.", "killed", id="Python's subprocess"),
        pytest.param("oom_kill 1", "oom_killed", id="memory.events"),
        pytest.param("      Reason:       OOMKilled", "oom_killed", id="kubectl describe pod"),
        pytest.param("      Exit Code:    137", "exit_137", id="kubectl describe pod, next line"),
        pytest.param('        "OOMKilled": true,', "oom_killed", id="docker inspect"),
        pytest.param('        "ExitCode": 137,', "exit_137", id="docker inspect, its exit code"),
        pytest.param("web.service: Main process exited, code=killed, status=9/KILL", "exit_137", id="systemd"),
        pytest.param("web.service: A process of this unit has been killed by the OOM killer.", "oom_killed", id="systemd 248"),
    ],
)
def test_what_started_a_process_says_that_it_was_killed(line: str, kind: str) -> None:
    (record,) = tables_of(line).rare
    assert isinstance(record, Message)
    assert record.kind == kind


@pytest.mark.parametrize(
    "line", ['        "OOMKilled": false,', '{"State":{"OOMKilled":false,"ExitCode":0}}', "OOMKilled=false"]
)
def test_what_was_not_killed_is_not_said_to_be(line: str) -> None:
    assert not tables_of(line).rare


@pytest.mark.parametrize(("name", "process", "rss_kb"), [("killed_buffers-node20", "node", 141412), ("killed_heap-node24", "MainThread", 135340)])  # fmt: skip
def test_a_real_kernels_log_of_a_kill_is_read(name: str, process: str, rss_kb: int) -> None:
    tables = read_tables(WITNESS / f"{name}.dmesg.log")
    kernel = {record.kind: record for record in tables.rare if isinstance(record, KernelKill)}
    assert list(kernel) == ["cgroup_memory", "cgroup_stats", "kernel_constraint", "kernel_killed"]
    killed = kernel["kernel_killed"]
    assert (kernel["cgroup_memory"].limit_kb, kernel["kernel_constraint"].cgroup, killed.process) == (
        131072,
        "/webshop",
        process,
    )
    assert (killed.anon_rss_kb or 0) + (killed.file_rss_kb or 0) == rss_kb
    assert len(tables.usage) == 0


@pytest.mark.parametrize(
    ("name", "stats", "leaks", "foreign"),
    [
        ("memwatch_words-node0.10", 6, 1, 11),
        ("memwatch_json-node4", 8, 0, 13),
        ("memwatch_object-node8", 20, 4, 17),
        ("memwatch_trace-node8", 8, 1, 6),
        ("memwatch_object-node12", 4, 0, 12),
    ],
)
def test_what_memwatch_printed_is_read_whole(name: str, stats: int, leaks: int, foreign: int) -> None:
    reader = Reader()
    reader.read(Block((WITNESS / f"{name}.log").read_bytes(), 1))
    reader.finish()
    read = reader.recognised_by
    assert (read["memory_usage.memory_usage"], read["messages.message"]) == (stats, leaks)
    assert (reader.line_counts.unread, reader.line_counts.foreign) == (0, foreign)
