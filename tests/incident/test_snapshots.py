"""Heap snapshots among the logs: whose they are, which are compared, and what becomes of the others."""

from __future__ import annotations

import dataclasses
import gzip
from pathlib import Path

import pytest
from made_heaps import leaking
from made_logs import FATAL, RING, full, scavenge

from gclog.errors import InputError
from gclog.incident.pipeline import analyze
from gclog.incident.settings import Settings
from gclog.model.report import Report

OTHER_IDS = {"churn_from": 60001}


def heap(folder: Path, name: str, sessions: int = 400) -> Path:
    return leaking(sessions, churn_from=50_001 + 10 * sessions).write(folder / name)


def named(second: int, sequence: int, pid: int = 7, thread: int = 0) -> str:
    return f"Heap.20260314.1010{second:02d}.{pid}.{thread}.{sequence:03d}.heapsnapshot"


def log(folder: Path, name: str = "gc.log", pid: int = 7, isolate: str = "0x10") -> None:
    lines = [full(1000 * n, pid, isolate, after_mb=10.0 + n) for n in range(1, 6)]
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def grown(report: Report, process: int = 0) -> tuple[list[str], list[list[int]]]:
    diff = report.processes[process].heap_diff
    assert diff is not None
    return (
        [Path(one.name).name for one in diff.snapshots],
        [[figures.count for figures in grower.growth.figures] for grower in diff.growers],
    )


def notes(report: Report) -> dict[str, tuple[str, ...]]:
    return {Path(source.path).name: source.notes for source in report.sources}


def test_the_snapshots_of_a_process_are_compared_in_the_order_of_their_times(tmp_path: Path) -> None:
    log(tmp_path)
    heap(tmp_path, named(30, 3), 1200)
    heap(tmp_path, named(10, 1), 400)
    heap(tmp_path, named(20, 2), 800)
    report = analyze(tmp_path)
    assert grown(report) == ([named(10, 1), named(20, 2), named(30, 3)], [[400, 800, 1200]])
    assert report.heaps == ()
    assert notes(report)[named(10, 1)] == (f"a heap snapshot of a process in {tmp_path / 'gc.log'}, shown there",)
    (process,) = report.processes
    assert [(Path(one.source).name, one.tells) for one in process.witnesses] == [
        ("gc.log", ("collections",)),
        (named(10, 1), ("heap snapshot",)),
        (named(20, 2), ("heap snapshot",)),
        (named(30, 3), ("heap snapshot",)),
    ]


def test_the_advice_names_the_constructor_and_what_holds_it(tmp_path: Path) -> None:
    (tmp_path / "gc.log").write_text(
        "\n".join([*(full(1000 * n, after_mb=10.0 + 8 * n) for n in range(1, 9)), RING, FATAL, ""])
    )
    without = analyze(tmp_path).processes[0].findings[0].remedy
    assert "--heapsnapshot" in without
    heap(tmp_path, named(10, 1), 400)
    heap(tmp_path, named(20, 2), 800)
    remedy = analyze(tmp_path).processes[0].findings[0].remedy
    assert (
        "`Session` grows from snapshot to snapshot (+400 objects, 0.1 MB more), held by `sessions` (Array) of orders.js"
        in remedy
    )
    assert "--heapsnapshot" not in remedy


def test_of_one_snapshot_what_weighs_most_is_told(tmp_path: Path) -> None:
    log(tmp_path)
    heap(tmp_path, named(10, 1), 400)
    (process,) = analyze(tmp_path).processes
    assert process.heap_diff is not None
    assert process.heap_diff.method == "summary"
    assert process.heap_diff.growers[0].growth.name == "Session"


def test_of_many_snapshots_the_first_the_middle_and_the_last_are_compared(tmp_path: Path) -> None:
    log(tmp_path)
    for number in range(1, 6):
        heap(tmp_path, named(number, number), 400 * number)
    report = analyze(tmp_path)
    assert grown(report) == ([named(1, 1), named(3, 3), named(5, 5)], [[400, 1200, 2000]])
    assert notes(report)[named(2, 2)][0].endswith("5 are too many to compare, this one is left out")


@pytest.mark.parametrize("name", ["heapdump-81208415.316438.heapsnapshot", "by-hand.heapsnapshot"])
def test_what_has_no_pid_is_of_the_only_process(tmp_path: Path, name: str) -> None:
    log(tmp_path)
    heap(tmp_path, name)
    assert grown(analyze(tmp_path))[0] == [name]


def test_what_has_no_pid_is_told_on_its_own_where_there_are_two_processes(tmp_path: Path) -> None:
    log(tmp_path)
    log(tmp_path, "other.log", pid=8)
    heap(tmp_path, "by-hand.heapsnapshot")
    report = analyze(tmp_path)
    assert [process.heap_diff for process in report.processes] == [None, None]
    assert [(lone.pid, lone.why) for lone in report.heaps] == [(None, "its name has no pid, and there are 2 processes")]


def test_a_pid_decides_among_processes_and_another_pid_is_told_on_its_own(tmp_path: Path) -> None:
    log(tmp_path)
    log(tmp_path, "other.log", pid=8)
    heap(tmp_path, named(10, 1, pid=8))
    heap(tmp_path, named(10, 1, pid=9))
    report = analyze(tmp_path)
    assert [process.pid for process in report.processes if process.heap_diff is not None] == [8]
    assert [(lone.pid, lone.why) for lone in report.heaps] == [(9, "process 9 has no log here")]


def test_a_snapshot_of_a_worker_goes_to_the_workers_isolate(tmp_path: Path) -> None:
    lines = [line for n in range(1, 6) for line in (full(1000 * n), scavenge(1000 * n - 500, isolate="0x20"))]
    (tmp_path / "gc.log").write_text("\n".join(lines) + "\n", encoding="utf-8")
    heap(tmp_path, named(10, 1, thread=1))
    report = analyze(tmp_path)
    assert [(process.main, process.heap_diff is not None) for process in report.processes] == [(True, False), (False, True)]


def test_of_several_workers_the_one_with_that_number_is_meant_or_nobody(tmp_path: Path) -> None:
    isolates = ("0x10", "0x20", "0x30")
    lines = [full(1000 * n - 300 * i, isolate=name) for n in range(1, 6) for i, name in enumerate(isolates)]
    (tmp_path / "gc.log").write_text("\n".join(lines) + "\n", encoding="utf-8")
    heap(tmp_path, named(10, 1, thread=2))
    report = analyze(tmp_path)
    assert all(process.heap_diff is None for process in report.processes)
    assert report.heaps[0].why == "it is not known which isolate is thread 2 of process 7"


def test_where_v8_numbers_the_isolates_the_thread_with_that_number_is_meant(tmp_path: Path) -> None:
    isolates = ("0x10:0", "0x20:1", "0x30:2")
    lines = [full(1000 * n - 300 * i, isolate=name) for n in range(1, 6) for i, name in enumerate(isolates)]
    (tmp_path / "gc.log").write_text("\n".join(lines) + "\n", encoding="utf-8")
    heap(tmp_path, named(10, 1, thread=2))
    tied = [process.isolate for process in analyze(tmp_path).processes if process.heap_diff is not None]
    assert tied == ["0x30"]


def test_one_worker_cannot_be_two_threads(tmp_path: Path) -> None:
    lines = [line for n in range(1, 6) for line in (full(1000 * n), scavenge(1000 * n - 500, isolate="0x20"))]
    (tmp_path / "gc.log").write_text("\n".join(lines) + "\n", encoding="utf-8")
    heap(tmp_path, named(10, 1, thread=1))
    heap(tmp_path, named(11, 2, thread=2))
    report = analyze(tmp_path)
    assert [process.heap_diff for process in report.processes] == [None, None]
    assert [lone.thread_id for lone in report.heaps] == [1, 2]


def test_a_number_that_begins_again_is_another_run_with_the_same_pid(tmp_path: Path) -> None:
    first = [full(1000 * n) for n in range(1, 6)]
    second = [full(1000 * n, after_mb=20.0 + n) for n in range(1, 6)]
    (tmp_path / "gc.log").write_text("\n".join([*first, *second]) + "\n", encoding="utf-8")
    for second_taken, sequence, sessions in ((10, 1, 400), (20, 2, 800), (30, 1, 500), (40, 2, 600)):
        heap(tmp_path, named(second_taken, sequence), sessions)
    report = analyze(tmp_path)
    by_run = sorted(range(2), key=lambda at: report.processes[at].run)
    assert [grown(report, at)[0] for at in by_run] == [[named(10, 1), named(20, 2)], [named(30, 1), named(40, 2)]]


def test_a_damaged_snapshot_is_a_note_and_the_others_are_compared(tmp_path: Path) -> None:
    log(tmp_path)
    heap(tmp_path, named(10, 1), 400)
    heap(tmp_path, named(30, 3), 800)
    whole = leaking(600).text()
    (tmp_path / named(20, 2)).write_text(whole.replace('"nodes":[9', '"nodes":["x"'), encoding="ascii")
    report = analyze(tmp_path)
    assert grown(report) == ([named(10, 1), named(30, 3)], [[400, 800]])
    assert notes(report)[named(20, 2)][0].startswith("left out: is not a heap snapshot")
    assert named(20, 2) not in {Path(one.source).name for one in report.processes[0].witnesses}


def test_a_snapshot_that_node_died_writing_is_left_out_where_others_are_whole(tmp_path: Path) -> None:
    log(tmp_path)
    heap(tmp_path, named(10, 1), 400)
    heap(tmp_path, named(20, 2), 800)
    whole = leaking(1200).text()
    (tmp_path / named(30, 3)).write_text(whole[: whole.index('"edges"') + 100], encoding="ascii")
    report = analyze(tmp_path)
    assert grown(report) == ([named(10, 1), named(20, 2)], [[400, 800]])
    assert notes(report)[named(30, 3)] == ("left out: the heap snapshot is cut off before its references and names",)


def test_a_cut_snapshot_alone_says_that_it_is_cut(tmp_path: Path) -> None:
    log(tmp_path)
    whole = leaking(400).text()
    (tmp_path / named(10, 1)).write_text(whole[: whole.index('"edges"') + 100], encoding="ascii")
    diff = analyze(tmp_path).processes[0].heap_diff
    assert diff is not None
    assert any("cut off" in note for note in diff.notes)


def test_snapshots_alone_are_a_report_without_a_process(tmp_path: Path) -> None:
    paths = [heap(tmp_path, named(10, 1), 400), heap(tmp_path, named(20, 2), 800)]
    report = analyze(list(paths))
    assert report.processes == ()
    (lone,) = report.heaps
    assert (lone.pid, lone.why, lone.diff.method) == (7, "no log of its process is here", "two")


def test_a_damaged_snapshot_alone_is_an_error_that_names_it(tmp_path: Path) -> None:
    path = tmp_path / named(10, 1)
    path.write_text('{"snapshot":{"meta":{"node_fields":[]}}}', encoding="ascii")
    with pytest.raises(InputError, match="is not a heap snapshot"):
        analyze(path)


def test_a_packed_snapshot_is_found_by_what_is_in_it(tmp_path: Path) -> None:
    log(tmp_path)
    (tmp_path / "dump.gz").write_bytes(gzip.compress(leaking(400).text().encode()))
    report = analyze(tmp_path)
    assert grown(report)[0] == ["dump.gz"]
    source = next(source for source in report.sources if source.path.endswith("dump.gz"))
    assert (source.kind, source.compression) == ("heap", "gzip")


def test_where_they_are_not_wanted_they_are_passed_over(tmp_path: Path) -> None:
    log(tmp_path)
    heap(tmp_path, named(10, 1))
    report = analyze(tmp_path, dataclasses.replace(Settings(), snapshots=False))
    assert report.processes[0].heap_diff is None
    assert notes(report)[named(10, 1)][0].startswith("passed over: it is not text: it seems to be a V8 heap snapshot")


def test_snapshots_may_be_named_beside_a_log_and_a_damaged_one_is_no_failure(tmp_path: Path) -> None:
    log(tmp_path)
    bad = tmp_path / named(20, 2)
    bad.write_text('{"snapshot":{"meta":{"node_fields":[]}}}', encoding="ascii")
    report = analyze([tmp_path / "gc.log", heap(tmp_path, named(10, 1)), bad])
    assert grown(report)[0] == [named(10, 1)]
    assert [Path(source.path).name for source in report.sources] == ["gc.log", named(10, 1), named(20, 2)]
    assert notes(report)[named(20, 2)][0].startswith("left out: is not a heap snapshot")
