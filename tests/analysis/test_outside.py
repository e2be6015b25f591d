"""Kills from outside and the container's limit, told from V8's own."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest

from gclog.analysis.verdict.outside import MemoryState, find_kill, find_memory_limit, judge_outside
from gclog.model.not_known import NotKnown
from gclog.model.records import KernelKill, Message
from gclog.model.witness import MemoryLimit, NoMemoryLimit

LIMIT = MemoryLimit(512.0, "given by the user", None)
NO_LIMIT = NoMemoryLimit("none")


def kernel(line: int, kind: str, **values: Any) -> KernelKill:
    names = (
        "pid",
        "process",
        "constraint",
        "total_vm_kb",
        "anon_rss_kb",
        "file_rss_kb",
        "shmem_rss_kb",
        "cgroup",
        "usage_kb",
        "limit_kb",
    )
    return KernelKill(line=line, wall_ms=None, kind=kind, text="", **{name: values.get(name) for name in names})


def message(line: int, kind: str) -> Message:
    return Message(line=line, wall_ms=None, kind=kind, text="")


HOUR_MS = 3_600_000.0


def figures(growth: Any = "off-heap", rss_mb: float = 500.0, mb_per_h: float | None = None) -> MemoryState:
    slope = NotKnown("no clock") if mb_per_h is None else mb_per_h
    return MemoryState(growth, "RSS went up", rss_mb, rss_mb, slope, slope, 2 * HOUR_MS)


MEMCG = kernel(100, "kernel_constraint", constraint="CONSTRAINT_MEMCG", pid=7, process="node")
KILLED = kernel(
    101,
    "kernel_killed",
    constraint="Memory cgroup out of memory",
    pid=7,
    process="node",
    anon_rss_kb=512000.0,
    file_rss_kb=10240.0,
)
MACHINE = kernel(101, "kernel_killed", constraint="Out of memory", pid=7, process="node")


@pytest.mark.parametrize(
    ("records", "memory", "limit", "by"),
    [
        pytest.param([MEMCG, KILLED], None, NO_LIMIT, "container", id="the kernel says the container"),
        pytest.param([MACHINE], None, NO_LIMIT, "machine", id="the kernel says the machine"),
        pytest.param([message(100, "oom_killed")], None, NO_LIMIT, "container", id="the runtime says OOMKilled"),
        pytest.param([message(100, "exit_137")], None, NO_LIMIT, "unknown", id="only the exit code"),
        pytest.param(
            [message(100, "killed")], figures(rss_mb=500), LIMIT, "container", id="SIGKILL at the limit that was given"
        ),
        pytest.param([message(100, "killed")], figures(rss_mb=200), LIMIT, "unknown", id="SIGKILL far below it"),
    ],
)
def test_a_kill_is_laid_at_the_right_door(records, memory, limit, by: str) -> None:
    kill = find_kill(records, 90, memory, limit)
    assert kill is not None and kill.by == by


def test_a_death_reported_before_the_process_reports_again_is_ignored() -> None:
    assert find_kill([message(50, "killed"), KILLED], 200, None, LIMIT) is None


def test_the_kernels_figure_goes_before_the_last_reading() -> None:
    kill = find_kill([KILLED], 90, figures(rss_mb=300), LIMIT)
    assert kill is not None and (kill.rss_mb, kill.pid, kill.line) == (510.0, 7, 101)
    without = find_kill([message(100, "killed")], 90, figures(rss_mb=300), LIMIT)
    assert without is not None and without.rss_mb == 300


def test_the_limit_is_the_users_then_the_kernels() -> None:
    cgroup = kernel(99, "cgroup_memory", usage_kb=524288.0, limit_kb=524288.0)
    assert find_memory_limit([cgroup], (), None) == MemoryLimit(512.0, "the kernel's, on line 99", 99)
    assert find_memory_limit([cgroup], (), 256.0) == MemoryLimit(256.0, "given by the user", None)
    assert isinstance(find_memory_limit([], (), None), NoMemoryLimit)


@pytest.mark.parametrize(
    ("memory", "limit", "level"),
    [
        pytest.param(figures(rss_mb=200), LIMIT, "rising", id="grows, far from the limit"),
        pytest.param(figures(rss_mb=470), LIMIT, "impending", id="grows, near it"),
        pytest.param(figures(rss_mb=412, mb_per_h=200.0), LIMIT, "impending", id="half an hour away"),
        pytest.param(figures(rss_mb=412, mb_per_h=20.0), LIMIT, "rising", id="five hours away"),
        pytest.param(figures(rss_mb=250, mb_per_h=900.0), LIMIT, "rising", id="twenty minutes away, below half of the limit"),
        pytest.param(
            dataclasses.replace(figures(rss_mb=412, mb_per_h=200.0), span_ms=HOUR_MS / 4),
            LIMIT,
            "rising",
            id="half an hour away by a trend of a quarter",
        ),
        pytest.param(figures(rss_mb=200), NO_LIMIT, "rising", id="grows, no limit known"),
        pytest.param(figures("none"), LIMIT, "ok", id="level"),
        pytest.param(figures("too-few"), LIMIT, None, id="too few readings"),
        pytest.param(None, LIMIT, None, id="nothing printed"),
    ],
)
def test_memory_outside_the_heap_asks_for_a_level(memory: MemoryState | None, limit, level: str | None) -> None:
    told = judge_outside(memory, None, limit)
    assert (None if told is None else told.level) == level


def test_a_kill_for_memory_is_exhaustion_and_a_bare_signal_is_not() -> None:
    container, unknown = find_kill([KILLED], 0, None, LIMIT), find_kill([message(1, "killed")], 0, None, NO_LIMIT)
    told = judge_outside(None, container, LIMIT)
    assert told is not None and told.level == "exhausted"
    assert judge_outside(None, unknown, NO_LIMIT) is None


def test_a_slope_that_may_be_level_gives_no_time() -> None:
    sure = figures(rss_mb=412, mb_per_h=200.0)
    unsure = dataclasses.replace(sure, rss_low_mb_per_h=-5.0)
    told = judge_outside(unsure, None, LIMIT)
    assert told is not None and told.level == "rising" and not math.isnan(LIMIT.mb)
