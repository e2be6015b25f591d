from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from programs import PATIENCE_S, interruptible
from typer.testing import CliRunner, Result

from gclog.cli.fleet import fleet
from gclog.errors import GclogError, InputError, NothingToAnalyse, OutputError, UsageError

APP = typer.Typer()
APP.command()(fleet)
SAMPLES = Path(__file__).parents[2] / "samples"


def run(*words: object) -> Result:
    return CliRunner().invoke(APP, [str(word) for word in words])


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """Three hosts: a dead process, a healthy one, and a log that is none."""
    for host, sample in (("web-1", "crash.log"), ("web-2", "gc/healthy-node22.log")):
        (tmp_path / host).mkdir()
        shutil.copy(SAMPLES / sample, tmp_path / host / "gc.log")
    (tmp_path / "web-3").mkdir()
    (tmp_path / "web-3" / "gc.log").write_text("listening on port 80\n")
    return tmp_path


def test_the_dead_come_first_and_what_failed_is_named(logs: Path) -> None:
    result = run(logs / "*" / "gc.log", "-w", 0)
    assert result.exit_code == 0
    assert result.stdout.startswith("1 of 2 processes out of heap or about to be; 1 died.\n")
    assert "Not analysed" in result.stdout
    assert "3 logs in " in result.stderr and "2 processes, 1 logs not analysed" not in result.stderr
    assert result.stderr.rstrip().endswith("2 processes, 1 log not analysed")


def test_hosts_come_from_folders_or_from_a_pattern(logs: Path) -> None:
    rows = json.loads(run(logs, "-w", 0, "-f", "json").stdout)["fleet"]["processes"]
    assert [row["host"] for row in rows] == ["web-1", "web-2"]
    rows = json.loads(run(logs, "-w", 0, "-f", "json", "--host-from", "web-([0-9])").stdout)["fleet"]["processes"]
    assert [row["host"] for row in rows] == ["1", "2"]


@pytest.mark.parametrize(
    ("suffix", "begins"),
    [
        ("html", b"<!DOCTYPE html>"),
        ("json", b"{"),
        ("csv", b"rank,source,"),
        ("jsonl", b'{"rank": 1,'),
        ("parquet", b"PAR1"),
        ("txt", b"1 of 2"),
    ],
)
def test_the_suffix_of_the_output_chooses_the_form(logs: Path, tmp_path: Path, suffix: str, begins: bytes) -> None:
    if suffix == "parquet":
        pytest.importorskip("pyarrow", reason="pyarrow, an extra, is not installed: Parquet is not tried")
    output = tmp_path / f"out.{suffix}"
    result = run(logs / "*" / "gc.log", "-w", 0, "-o", output)
    assert result.exit_code == 0
    assert f"Wrote {output}" in result.stderr
    assert output.read_bytes().startswith(begins)


def test_the_heap_limit_is_that_of_all(logs: Path) -> None:
    rows = csv.DictReader(run(logs, "-w", 0, "-f", "csv", "--heap-limit", 500).stdout.splitlines())
    assert [row["limit_mb"] for row in rows if row["level"]] == ["500.0", "500.0"]


@pytest.mark.parametrize(("level", "code"), [("rising", 1), ("exhausted", 1)])
def test_fail_on_a_level_that_is_there(logs: Path, level: str, code: int) -> None:
    assert run(logs, "-w", 0, "--fail-on", level).exit_code == code


def test_fail_on_a_level_that_is_not_there(logs: Path) -> None:
    assert run(logs / "web-2", "-w", 0, "--fail-on", "exhausted").exit_code == 0


def test_a_fleet_without_any_gc_log_is_reported_and_said_to_be_nothing(logs: Path) -> None:
    result = run(logs / "web-3", "-w", 0)
    assert isinstance(result.exception, NothingToAnalyse)
    assert "No process could be judged" in result.stdout


def test_a_fleet_of_which_no_log_can_be_read_is_an_input_error(tmp_path: Path) -> None:
    result = run(tmp_path / "a.log", tmp_path / "b.log", "-w", 0)
    assert isinstance(result.exception, InputError)
    assert result.exception.what == "none of 2 logs could be read"
    assert "a.log: no such file" in result.stdout


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["x*.log"], InputError),
        (["gc.log", "-o", "x.bad"], UsageError),
        (["gc.log", "-o", "nowhere/x.csv"], OutputError),
        (["gc.log", "--host-from", "("], UsageError),
    ],
    ids=["no match", "suffix", "folder", "pattern"],
)
def test_what_cannot_be_begun_is_refused(
    words: list[str], error: type[GclogError], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert isinstance(run(*words, "-w", 0).exception, error)


FEW = 31
"""So few logs are read by this process alone; with more, others help (tests/fleet/test_fleet_processes.py)."""


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="an interrupt is sent as a terminal sends it: to a group of processes")
def test_an_interrupt_writes_what_is_there_and_says_so(tmp_path: Path) -> None:
    for number in range(FEW):
        (tmp_path / f"{number}.gc.log").symlink_to(SAMPLES / "gc" / "healthy-node22.log")
    output = tmp_path / "fleet.jsonl"
    code = (  # says when a log has been read, and takes its time: on a busy machine the interrupt comes late
        "import time, typer, gclog.cli.fleet as c, gclog.fleet.run as run; app = typer.Typer(); app.command()(c.fleet)\n"
        "def told(task, before=run.summarize): return (before(task), print('read one', flush=True), time.sleep(0.3))[0]\n"
        "run.summarize = told; app()"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "*.gc.log"), "-w", "0", "-o", str(output)]
    process = subprocess.Popen(
        command, start_new_session=True, preexec_fn=interruptible, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert [process.stdout.readline() for _ in range(3)] == ["read one\n"] * 3
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130
    rows = [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()]
    assert 0 < len(rows) < FEW
    assert f"; stopped: {FEW - len(rows):,} logs were not read, and are not in the report" in said
