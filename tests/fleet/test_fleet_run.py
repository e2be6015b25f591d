from __future__ import annotations

import dataclasses
import gzip
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from made_fleet import made_row

from gclog.errors import UsageError
from gclog.fleet.run import Outcome, Outcomes, analyze_fleet, run_here, survey
from gclog.fleet.summary import LogTask, summarize
from gclog.incident.pipeline import analyze
from gclog.incident.settings import Settings
from gclog.model.fleet import FailedLog, FleetReport

SAMPLES = Path(__file__).parents[2] / "samples"
CRASH = SAMPLES / "crash.log"
HEALTHY = SAMPLES / "gc" / "healthy-node22.log"


def task_of(source: Path | str, host: str | None = None) -> LogTask:
    return LogTask(str(source), host, Settings())


def test_a_row_has_the_figures_of_an_analysis_of_the_log_alone() -> None:
    (process,) = analyze(CRASH).processes
    answer = summarize(task_of(CRASH, "web-1"))
    assert isinstance(answer, tuple)
    (row,) = answer
    assert (row.source, row.host, row.pid, row.isolate) == (str(CRASH), "web-1", process.pid, process.isolate)
    assert (row.level, row.headline, row.crash) == ("exhausted", process.verdict.headline, "heap-limit")
    assert (row.share, row.max_ms, row.live_mb) == (process.pauses.share, process.pauses.all.max_ms, process.heap.live_mb)
    assert row.findings == tuple(finding.id for finding in process.findings)
    assert row.collections == process.total


@pytest.mark.parametrize("version", ["14", "18", "22", "26"])
def test_the_dead_and_the_healthy_of_one_version_are_in_one_family(version: str) -> None:
    families = set()
    for name in ("healthy", "leak"):
        answer = summarize(task_of(SAMPLES / "gc" / f"{name}-node{version}.log"))
        assert isinstance(answer, tuple)
        families |= {row.family for row in answer}
    assert len(families) == 1


@pytest.fixture
def odd_logs(tmp_path: Path) -> dict[str, Path]:
    whole = gzip.compress(CRASH.read_bytes())
    logs = {
        "cut": whole[: len(whole) // 2],
        "damaged": whole[:2] + b"\x63" + whole[3:],
        "empty": b"",
        "other": b"listening on port 80\n",
        "binary": bytes(range(256)) * 16,
    }
    for name, content in logs.items():
        (tmp_path / name).write_bytes(content)
    return {name: tmp_path / name for name in logs}


@pytest.mark.parametrize("name", ["damaged", "empty", "other", "binary", "missing"])
def test_a_log_that_cannot_be_analysed_says_why(odd_logs: dict[str, Path], tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    answer = summarize(task_of(path, "web-1"))
    assert isinstance(answer, FailedLog)
    assert (answer.source, answer.host) == (str(path), "web-1")
    assert answer.error.startswith(f"{path}: ")


def test_a_log_whose_end_is_missing_has_a_row(odd_logs: dict[str, Path]) -> None:
    answer = summarize(task_of(odd_logs["cut"]))
    assert isinstance(answer, tuple)
    assert answer[0].collections > 0


def test_a_remote_log_has_the_same_row_as_a_local_one_but_for_its_name() -> None:
    fsspec = pytest.importorskip("fsspec", reason="the extra `fleet` is not installed")
    fsspec.filesystem("memory").pipe("/fleet/web-1/crash.log", CRASH.read_bytes())
    remote = analyze_fleet(["memory://fleet/*/crash.log"], host_from="web-[0-9]+")
    local = analyze_fleet([str(CRASH)])
    (one,), (other,) = remote.rows, local.rows
    assert (one.source, one.host) == ("memory:///fleet/web-1/crash.log", "web-1")
    assert (one.headline, one.share, one.findings) == (other.headline, other.share, other.findings)


def test_a_remote_log_that_is_corrupt_is_named_by_its_address() -> None:
    fsspec = pytest.importorskip("fsspec", reason="the extra `fleet` is not installed")
    fsspec.filesystem("memory").pipe("/odd/gc.log", b"\x1f\x8b\x08\x00")
    (failed,) = analyze_fleet(["memory://odd/*"]).failed
    assert failed.error.startswith("memory:///odd/gc.log: ")


@pytest.fixture
def rotated(tmp_path: Path) -> Path:
    """Two hosts: the same log in three pieces; of the second host the middle one is damaged."""
    data = CRASH.read_bytes()
    for host in ("web-1", "web-2"):
        (tmp_path / host).mkdir()
        pieces = {"gc.log.2.gz": gzip.compress(data[:9999]), "gc.log.1": data[9999:19999], "gc.log": data[19999:]}
        for name, piece in pieces.items():
            (tmp_path / host / name).write_bytes(piece)
    (tmp_path / "web-2" / "gc.log.1").write_bytes(b"\x1f\x8b\x08\x00")
    return tmp_path


def test_the_pieces_of_a_rotated_log_are_one_row_with_the_figures_of_the_whole(rotated: Path) -> None:
    report = analyze_fleet([str(rotated / "web-1")])
    (row,), (whole,) = report.rows, analyze_fleet([str(CRASH)]).rows
    assert dataclasses.replace(row, source=whole.source) == whole
    assert row.source == str(rotated / "web-1" / "gc.log*")
    assert (report.logs, report.files, report.read) == (1, 3, 1)


def test_a_damaged_piece_costs_a_note_and_not_the_row(rotated: Path) -> None:
    report = analyze_fleet([str(rotated / "*" / "gc.log*")])
    rows = {row.host: row for row in report.rows}
    assert report.failed == ()
    assert rows["web-1"].notes == ()
    assert rows["web-2"].level == "exhausted"
    (note,) = rows["web-2"].notes
    assert note.startswith(f"left out, and missing in all figures: {rotated / 'web-2' / 'gc.log.1'}: the gzip data is cut off")


def test_remote_pieces_are_one_row_named_by_their_addresses(rotated: Path) -> None:
    fsspec = pytest.importorskip("fsspec", reason="the extra `fleet` is not installed")
    fsspec.filesystem("memory").put(str(rotated / "web-2"), "/rotated", recursive=True)
    report = analyze_fleet(["memory://rotated/**"])
    (row,), (local,) = report.rows, analyze_fleet([str(rotated / "web-2")]).rows
    assert row.source == "memory:///rotated/gc.log*"
    assert row.notes == (local.notes[0].replace(str(rotated / "web-2"), "memory:///rotated"),)
    assert dataclasses.replace(row, source=local.source, notes=local.notes) == local


def test_a_rotated_log_of_which_no_piece_can_be_had_is_one_that_failed(tmp_path: Path) -> None:
    task = LogTask("gc.log*", None, Settings(), (str(tmp_path / "gc.log.1"), str(tmp_path / "gc.log")))
    answer = summarize(task)
    assert isinstance(answer, FailedLog)
    assert (answer.source, answer.error.split("\n")[0]) == ("gc.log*", f"{tmp_path / 'gc.log.1'}: no such file")


def test_a_piece_that_went_away_after_it_was_listed_costs_a_note(rotated: Path) -> None:
    pieces = tuple(str(rotated / "web-1" / name) for name in ("gc.log.2.gz", "gc.log.1", "gc.log"))
    Path(pieces[0]).unlink()
    answer = summarize(LogTask("gc.log*", None, Settings(), pieces))
    assert isinstance(answer, tuple)
    assert answer[0].notes == (f"left out, and missing in all figures: {pieces[0]}: no such file",)


def told(outcomes: list[tuple[int, Outcome]], stop: type[BaseException] | None = None) -> Outcomes:
    for number, outcome in outcomes:
        yield number, outcome, 0
    if stop is not None:
        raise stop


TASKS = [task_of(f"{number}.log") for number in range(9)]


def outcomes_of(tasks: list[LogTask]) -> list[tuple[int, Outcome]]:
    """Every third log fails, every third has two processes."""
    made: list[tuple[int, Outcome]] = []
    for number, task in enumerate(tasks):
        row = made_row(source=task.source, share=number / 100)
        made.append(
            (number, [(row,), FailedLog(task.source, None, "empty"), (row, made_row(source=task.source, line=9))][number % 3])
        )
    return made


@pytest.mark.parametrize("seed", range(5))
def test_the_report_is_the_same_in_whatever_order_logs_are_done(seed: int) -> None:
    outcomes = outcomes_of(TASKS)
    shuffled = random.Random(seed).sample(outcomes, len(outcomes))
    assert survey(["*"], TASKS, told(shuffled)) == survey(["*"], TASKS, told(outcomes))


def test_an_error_that_nobody_foresaw_costs_one_log() -> None:
    report = survey(["*"], TASKS[:2], told([(0, KeyError("used_mb")), (1, (made_row(),))]))
    assert [one.error.split("\n")[0] for one in report.failed] == ["0.log: KeyError: 'used_mb'"]
    assert len(report.rows) == 1


def test_an_interrupt_leaves_a_report_of_what_was_done() -> None:
    report = survey(["*"], TASKS, told(outcomes_of(TASKS)[:4], stop=KeyboardInterrupt))
    assert (report.logs, report.read, report.stopped) == (9, 4, True)
    assert len(report.rows) == 4  # of logs 0, 2 (two processes) and 3; log 1 failed
    assert len(report.failed) == 1


def test_an_interrupt_between_two_answers_closes_what_gives_them() -> None:
    closed = []

    def outcomes() -> Outcomes:
        try:
            yield from told(outcomes_of(TASKS))
        finally:
            closed.append(True)

    def stop(done: int, of: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    report = survey(["*"], TASKS, outcomes(), stop)
    assert (report.read, closed) == (3, [True])


def test_progress_is_told_of_each_log() -> None:
    seen: list[tuple[int, int]] = []
    survey(["*"], TASKS[:3], told(outcomes_of(TASKS)[:3]), lambda done, of: seen.append((done, of)))
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_one_log_after_the_other_is_in_order() -> None:
    done = [number for number, _, _ in run_here([task_of(HEALTHY), task_of("none.log"), task_of(CRASH)])]
    assert done == [0, 1, 2]


@pytest.fixture
def without_dask(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    import sys

    monkeypatch.setitem(sys.modules, "distributed", None)
    monkeypatch.delitem(sys.modules, "gclog.fleet.cluster", raising=False)
    yield


@pytest.mark.usefixtures("without_dask")
def test_workers_without_the_extra_are_refused_with_the_remedy() -> None:
    with pytest.raises(UsageError, match=r'pip install "gclog-node\[fleet\]"'):
        analyze_fleet([str(CRASH)], workers=2)


@pytest.mark.usefixtures("without_dask")
@pytest.mark.parametrize("workers", [0, None])
def test_no_workers_need_no_extra(workers: int | None) -> None:
    report: FleetReport = analyze_fleet([str(CRASH)], workers=workers)
    assert [row.level for row in report.rows] == ["exhausted"]
