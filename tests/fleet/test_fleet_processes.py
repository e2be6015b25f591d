"""A fleet on every core without a cluster: what comes out is what one process gives, and no process is left behind."""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import pytest
from programs import PATIENCE_S, interruptible

from gclog.fleet import run
from gclog.fleet.run import Outcome, analyze_fleet, answer_of, is_worthwhile, run_here, run_in_processes
from gclog.fleet.summary import LogAnswer, LogTask
from gclog.incident.settings import Settings
from gclog.recognise.bulk import cores
from gclog.report.json.fleet import render_fleet_json

SAMPLES = Path(__file__).parents[2] / "samples"
LOGS = sorted(
    path
    for folder in ("gc", "wrapped", "labelled", "heap", ".")
    for path in (SAMPLES / folder).glob("*.log*")
    if path.stat().st_size < 30_000
)


def tasks_of(logs: Sequence[Path]) -> list[LogTask]:
    return [LogTask(str(log), None, Settings()) for log in logs]


def in_processes(tasks: Sequence[LogTask], count: int = 2) -> list[tuple[int, Outcome, int]]:
    return list(run_in_processes(tasks, count))


def test_the_report_is_the_same_to_the_byte_for_any_set_of_logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "MANY_LOGS", 2)
    noise = random.Random(1)
    for number in range(3):
        folder = tmp_path / str(number)
        folder.mkdir()
        for place, log in enumerate(noise.sample(LOGS, 12)):
            shutil.copyfile(log, folder / f"{place}-{log.name}")
        (folder / "no.log").write_bytes(noise.choice([b"", b"hello\n", bytes(range(256)) * 16]))
        one, several = (render_fleet_json(analyze_fleet([str(folder)], processes=count)) for count in (1, 2))
        assert one == several


def test_an_error_that_nobody_foresaw_is_reported_as_in_one_process() -> None:
    odd = [LogTask(str(LOGS[0]), None, Settings(encoding=cast(str, 7))) for _ in range(2)]
    alone = [answer_of(odd[number], outcome) for number, outcome, _ in run_here(odd)]
    assert "This is a fault of gclog" in str(alone[0])
    assert [outcome for _, outcome, _ in in_processes(odd)] == alone


def _answer_or_die(task: LogTask) -> LogAnswer:
    if "die" in task.source:
        os.kill(os.getpid(), signal.SIGKILL)
    return ()


def test_a_log_that_kills_its_process_costs_a_row_and_no_other_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "_answer", _answer_or_die)
    tasks = tasks_of([Path(f"{number}.log") for number in range(12)])
    tasks[5] = LogTask("die.log", "web-1", Settings())
    found = in_processes(tasks)
    assert [number for number, *_ in found] == list(range(12))
    assert [outcome for number, outcome, _ in found if number != 5] == [()] * 11
    assert "was ended" in str(found[5][1])
    assert found[-1][2] == 1


def test_without_other_processes_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cores, "_start", lambda count: None)
    tasks = tasks_of(LOGS[:3])
    assert in_processes(tasks) == list(run_here(tasks))


def test_few_small_logs_and_those_in_a_storage_are_read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    few = tasks_of(LOGS[:3])
    assert not is_worthwhile(few)
    assert is_worthwhile(few * 20)
    assert not is_worthwhile([*few * 20, LogTask("s3://logs/a.log", None, Settings())])
    monkeypatch.setattr(run, "MANY_BYTES", 100)
    assert is_worthwhile(few)


@pytest.mark.parametrize("taken", [0, 2])
def test_no_process_is_left_behind(taken: int) -> None:
    found = run_in_processes(tasks_of(LOGS[:8]), 2)
    for _ in range(taken):
        next(found)
    found.close()
    assert not multiprocessing.active_children()


def test_ctrl_c_ends_it_with_what_was_read(tmp_path: Path) -> None:
    for number in range(1500):  # more than are read before the interrupt comes, however busy the machine
        shutil.copyfile(LOGS[number % len(LOGS)], tmp_path / f"{number}.log")
    command = [sys.executable, "-c", "from gclog.cli.main import main; main()", "fleet", str(tmp_path), "--workers", "0"]
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True, preexec_fn=interruptible
    ) as fleet:
        until = time.monotonic() + PATIENCE_S
        while len(_running(fleet.pid)) < 3 and time.monotonic() < until:  # until others have started
            time.sleep(0.2)
        time.sleep(1)
        os.killpg(fleet.pid, signal.SIGINT)
        said = fleet.communicate(timeout=PATIENCE_S)[1].decode()
    assert fleet.returncode == 130, said
    assert "Traceback" not in said
    until = time.monotonic() + PATIENCE_S
    while (left := _running(fleet.pid)) and time.monotonic() < until:  # what counts the semaphores ends after its parent
        time.sleep(0.2)
    assert not left


def _running(group: int) -> list[str]:
    """The processes of a group that have not ended."""
    listed = subprocess.run(["ps", "-A", "-o", "pgid=,stat=,args="], capture_output=True, text=True, check=True).stdout
    rows = [line.split(None, 2) for line in listed.splitlines()]
    return [row[2] for row in rows if row[0] == str(group) and not row[1].startswith("Z")]
