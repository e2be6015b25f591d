"""Lines to processes: (pid, isolate) within one run, with its crash."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_logs import FATAL, INEFFECTIVE, NATIVE, RING, STACK, full, scavenge, tables_of

from gclog.incident.read_source import read_tables
from gclog.model.crash_records import CrashMarker, FatalError, NativeFrame
from gclog.model.records import HeapOption, Message, Record
from gclog.processes.process import ProcessTable
from gclog.processes.split import split_processes

SAMPLES = Path(__file__).parents[2] / "samples" / "gc"


def processes_of(*lines: str) -> list[ProcessTable]:
    return split_processes(tables_of(*lines))


def lines_of(process: ProcessTable) -> list[int]:
    return [int(line) for line in process.collections["line"]]


def kinds_of(process: ProcessTable) -> list[tuple[int, type[Record]]]:
    return [(record.line, type(record)) for record in process.rare]


# ---------------------------------------------------------------- pid, isolate, run


def test_lines_of_several_pids_are_told_apart_however_they_alternate() -> None:
    one, two = processes_of(scavenge(18), scavenge(19, pid=8), scavenge(30), full(41, pid=8), full(50))
    assert (one.pid, lines_of(one), one.main) == (7, [1, 3, 5], True)
    assert (two.pid, lines_of(two), two.main) == (8, [2, 4], True)


@pytest.mark.parametrize(
    ("moments", "runs"),
    [
        pytest.param([18, 30, 99], [[1, 2, 3]], id="one run"),
        pytest.param([18, 30, 29, 99], [[1, 2, 3, 4]], id="one millisecond back is rounding"),
        pytest.param([18, 99, 20, 50], [[1, 2], [3, 4]], id="the clock goes back"),
        pytest.param([18, 99, 20, 50, 5], [[1, 2], [3, 4], [5]], id="twice"),
        pytest.param([18, 18, 18], [[1, 2, 3]], id="several in one millisecond"),
    ],
)
def test_a_clock_that_goes_back_begins_another_run(moments: list[int], runs: list[list[int]]) -> None:
    found = processes_of(*(scavenge(at_ms, pid=1) for at_ms in moments))
    assert [lines_of(process) for process in found] == runs
    assert [process.run for process in found] == list(range(1, len(runs) + 1))
    assert all(process.main for process in found)


def test_restarts_in_a_container_are_runs_of_pid_1_each_with_its_own_isolate() -> None:
    found = processes_of(
        scavenge(18, 1, "0xa0"), full(90, 1, "0xa0"), scavenge(18, 1, "0xb0"), full(95, 1, "0xb0"), scavenge(18, 1, "0xc0")
    )
    assert [(process.isolate, process.run, process.main) for process in found] == [
        ("0xa0", 1, True),
        ("0xb0", 1, True),
        ("0xc0", 1, True),
    ]


@pytest.mark.parametrize(
    ("lines", "main"),
    [
        pytest.param([scavenge(50, isolate="0xa"), scavenge(20, isolate="0xb"), scavenge(90, isolate="0xa")], "0xa", id="the main isolate speaks first"),
        pytest.param([scavenge(20, isolate="0xb"), scavenge(90, isolate="0xa"), scavenge(70, isolate="0xb")], "0xa", id="a worker speaks first"),
    ],
)  # fmt: skip
def test_of_isolates_that_speak_at_the_same_time_the_oldest_is_the_main_one(lines: list[str], main: str) -> None:
    assert [process.isolate for process in processes_of(*lines) if process.main] == [main]


@pytest.mark.parametrize(
    ("sample", "main"), [("workers-node16.log", "0x357d71f0"), ("workers-node22.log", None), ("workers-node24.log", None)]
)
def test_a_real_log_with_workers_has_one_main_isolate(sample: str, main: str | None) -> None:
    found = split_processes(read_tables(SAMPLES / sample))
    mains = [process.isolate for process in found if process.main]
    assert len(mains) == 1 and len(found) > 2
    assert main in (None, mains[0])


def test_isolates_that_v8_numbers_are_main_by_their_number() -> None:
    values = 'GC: {"pause":3.585,"mutator":0.734,"gc":"s","reduce_memory":false,"total_size_before":3,"total_size_after":2}'
    worker, main = processes_of(f"[9:0xb:1]       60 ms: {values}", f"[9:0xa:0]       50 ms: {values}")
    assert (worker.isolate, worker.main, main.isolate, main.main) == ("0xb", False, "0xa", True)


def test_lines_without_a_pid_are_one_process() -> None:
    line = "      {} ms: Scavenge 2.1 (35.0) -> 1.8 (36.0) MB, 0 ms [allocation failure]."
    (process,) = processes_of(line.format(30), line.format(55))
    assert (process.pid, process.isolate, lines_of(process)) == (None, None, [1, 2])


# ---------------------------------------------------------------- rings


def test_a_ring_that_repeats_the_trace_adds_no_collection() -> None:
    (process,) = processes_of(scavenge(18), full(99), RING, scavenge(18), full(99), FATAL)
    assert (lines_of(process), process.ring_lines) == ([1, 2], (4, 5))


def test_what_only_the_ring_has_is_added_as_a_ring_row() -> None:
    (process,) = processes_of(scavenge(18), full(99), RING, full(99), full(120, after_mb=41), FATAL)
    assert (lines_of(process), process.collections["ring"].tolist(), process.ring_lines) == (
        [1, 2, 5],
        [False, False, True],
        (4, 5),
    )


def test_a_ring_alone_is_a_process() -> None:
    (process,) = processes_of("hello", RING, full(99), full(120), STACK, FATAL, NATIVE)
    assert (process.pid, lines_of(process), process.ring_lines) == (7, [3, 4], (3, 4))
    assert kinds_of(process) == [(2, CrashMarker), (5, CrashMarker), (6, FatalError), (7, NativeFrame)]
    assert (process.first_line, process.last_line) == (2, 7)


OLD = (
    "{}    1261 ms: Mark-sweep 100.9 (122.5) -> 96.2 (130.5) MB, 17.1 / 0 ms [allocation failure] [GC in old space requested]."
)


def test_a_ring_without_pids_goes_with_the_trace_that_it_repeats() -> None:
    """V8 4.5 to 5.1 left the pid out of the ring."""
    other = OLD.format("[8:0x20]").replace("1261", "1300").replace("96.2", "96.9")
    one, two = processes_of(OLD.format("[7:0x10]"), other, RING, OLD.format(""), FATAL)
    assert (one.pid, one.ring_lines, kinds_of(one)) == (7, (4,), [(3, CrashMarker), (5, FatalError)])
    assert (two.pid, two.ring_lines, kinds_of(two)) == (8, (), [])


def test_a_ring_without_pids_and_without_a_trace_is_a_process_without_a_pid() -> None:
    (process,) = processes_of(RING, OLD.format(""), STACK, FATAL)
    assert (process.pid, process.isolate, lines_of(process)) == (None, None, [2])


def test_a_banner_that_its_process_goes_on_behind_is_no_crash() -> None:
    (process,) = processes_of(RING, scavenge(18), scavenge(30), *(scavenge(40 + n) for n in range(60)))
    assert len(process.collections) == 62
    assert not process.collections["ring"].any()
    assert (process.ring_lines, process.rare) == ((), ())


# ---------------------------------------------------------------- crashes


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param([scavenge(18), full(99), RING, full(99), STACK, FATAL, NATIVE], id="as printed"),
        pytest.param([scavenge(18), full(99), FATAL, NATIVE, RING, full(99), STACK], id="stderr came first"),
        pytest.param([FATAL, NATIVE, scavenge(18), full(99), RING, full(99), STACK], id="stdout was buffered"),
        pytest.param([scavenge(18), FATAL, NATIVE, full(99), RING, full(99), STACK], id="stdout was flushed late"),
    ],
)
def test_a_crash_belongs_to_its_process_in_any_order_of_its_lines(lines: list[str]) -> None:
    (process,) = processes_of(*lines)
    assert sorted(kind.__name__ for _, kind in kinds_of(process)) == ["CrashMarker", "CrashMarker", "FatalError", "NativeFrame"]
    assert len(process.collections) == 2


def test_a_process_that_dies_between_others_keeps_its_crash() -> None:
    lines = [scavenge(18), scavenge(20, pid=8), RING, full(99), STACK, FATAL, NATIVE, scavenge(40, pid=8), scavenge(60, pid=8)]
    dead, alive = processes_of(*lines)
    assert (dead.pid, len(dead.rare), alive.pid, alive.rare) == (7, 4, 8, ())


def test_each_of_many_restarts_keeps_its_own_crash() -> None:
    lines = []
    for run in range(4):
        lines += [
            scavenge(18, 1),
            full(90, 1),
            RING,
            full(90, 1),
            full(100 + run, 1),
            STACK,
            FATAL if run % 2 else INEFFECTIVE,
            NATIVE,
        ]
    found = processes_of(*lines)
    assert [lines_of(process) for process in found] == [[8 * run + 1, 8 * run + 2, 8 * run + 5] for run in range(4)]
    assert [[record.line for record in process.rare] for process in found] == [
        [8 * run + n for n in (3, 6, 7, 8)] for run in range(4)
    ]


def test_crash_tails_of_a_container_that_restarts_are_processes_even_where_the_clock_goes_on() -> None:
    tail = [RING, full(4600, 1), STACK, FATAL, NATIVE]
    later = [RING, full(4900, 1, after_mb=41), STACK, FATAL, NATIVE]
    found = processes_of(*tail, *later)
    assert [(process.run, lines_of(process), len(process.rare)) for process in found] == [(1, [2], 4), (2, [7], 4)]


def test_a_crash_tail_that_was_logged_twice_is_one_process() -> None:
    tail = [RING, full(4600, 1), STACK, FATAL, NATIVE]
    (process,) = processes_of(*tail, *tail)
    assert (lines_of(process), process.ring_lines) == ([2], (2, 7))


def test_a_crash_without_any_collection_is_a_process() -> None:
    (process,) = processes_of("hello", FATAL, NATIVE)
    assert (process.pid, len(process.collections), kinds_of(process)) == (None, 0, [(2, FatalError), (3, NativeFrame)])


@pytest.mark.parametrize(
    ("lines", "deaths"),
    [
        pytest.param([FATAL, NATIVE, FATAL, NATIVE], 2, id="the same message twice"),
        pytest.param([FATAL, NATIVE, INEFFECTIVE, NATIVE], 2, id="another message behind a stack"),
        pytest.param(["# Fatal process OOM in AlignedAlloc", "#", "# Fatal process OOM in Zone"], 1, id="one failure follows from another"),
        pytest.param(["V8 javascript OOM (Reached heap limit).", FATAL, NATIVE], 1, id="the host says it in its own words"),
        pytest.param([FATAL, *["hello"] * 250, NATIVE.replace("1:", "2:"), INEFFECTIVE], 2, id="far apart"),
    ],
)  # fmt: skip
def test_deaths_without_collections_are_counted(lines: list[str], deaths: int) -> None:
    assert len(processes_of(*lines)) == deaths


def test_both_crashes_of_a_real_log_with_a_restart_are_told() -> None:
    for sample in ("restarts-node12.log", "restarts-node20.log"):
        found = split_processes(read_tables(SAMPLES / sample))
        assert [sum(isinstance(record, FatalError) for record in process.rare) for process in found] == [1, 1]


# ---------------------------------------------------------------- options, messages, spaces


def options_of(process: ProcessTable) -> list[float]:
    return [record.mb for record in process.rare if isinstance(record, HeapOption)]


def test_an_option_counts_for_the_processes_that_are_not_over() -> None:
    lines = [
        "node --max-old-space-size=100 a.js",
        scavenge(18, 1),
        full(99, 1),
        "node --max-old-space-size=200 a.js",
        scavenge(18, 1),
        full(99, 1),
    ]
    one, two = processes_of(*lines)
    assert (options_of(one), options_of(two)) == ([100], [200])
    assert (one.first_line, one.last_line, two.first_line) == (2, 3, 5)


def test_an_option_named_right_behind_a_crash_is_said_of_it() -> None:
    (process,) = processes_of(scavenge(18), RING, full(99), FATAL, "npm ERR! command sh -c node --max-old-space-size=100 a.js")
    assert options_of(process) == [100]
    assert process.last_line == 4


def test_an_option_reaches_a_crash_without_collections() -> None:
    (process,) = processes_of("node --max-old-space-size=100 a.js", FATAL)
    assert options_of(process) == [100]


def test_the_message_that_a_worker_was_stopped_goes_with_the_worker_that_fell_silent() -> None:
    stopped = "Error [ERR_WORKER_OUT_OF_MEMORY]: Worker terminated due to reaching memory limit: JS heap out of memory"
    lines = [
        scavenge(50, isolate="0xa"),
        scavenge(20, isolate="0xb"),
        full(70, isolate="0xb"),
        scavenge(120, isolate="0xa"),
        stopped,
    ]
    main, worker = processes_of(*lines, scavenge(150, isolate="0xa"))
    assert (main.isolate, main.rare) == ("0xa", ())
    assert (worker.isolate, [type(record) for record in worker.rare]) == ("0xb", [Message])


def test_a_block_of_spaces_goes_with_the_run_before_it() -> None:
    space = "[1:0x10] New space,          used:   {} KB, available:  12216 KB, committed:  32768 KB"
    lines = [scavenge(18, 1), space.format(1), scavenge(99, 1), space.format(2), scavenge(18, 1), space.format(3)]
    one, two = processes_of(*lines)
    assert (one.spaces["used_kb"].tolist(), two.spaces["used_kb"].tolist()) == ([1.0, 2.0], [3.0])
