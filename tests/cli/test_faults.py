"""What nobody foresaw, and what a machine refuses: a message and an exit code, and the other logs are still judged."""

from __future__ import annotations

import os
import pkgutil
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from programs import GCLOG, PATIENCE_S

from gclog.cli import main as cli
from gclog.source.open import Source, SourceSpec

Runner = Callable[..., tuple[int, str, str]]

SAMPLES = Path(__file__).parent.parent.parent / "samples"
DEAD = SAMPLES / "wrapped" / "plain.log"
QUIET = SAMPLES / "gc" / "healthy-node12.log"

OF_ONE_SOURCE = [
    "gclog.source.open:seems_to_be",
    "gclog.recognise.reader:Reader._read_block",
    "gclog.incident.read_source:split_processes",
    "gclog.incident.pipeline:report_processes",
]
OF_ALL = [
    "gclog.incident.pipeline:adopt_crashes",
    "gclog.report.say.report:document_of",
    "gclog.report.render.text:render",
]
"""A function of each stage, where the stage before it finds it."""


def fail_at(place: str, monkeypatch: pytest.MonkeyPatch, *, times: int) -> None:
    """Let the first calls of a function raise what nobody foresaw."""
    module, _, names = place.partition(":")
    owner, name = (
        pkgutil.resolve_name(f"{module}:{names.rpartition('.')[0]}" if "." in names else module),
        names.rpartition(".")[2],
    )
    before, left = getattr(owner, name), [None] * times

    def failing(*words: object, **more: object) -> object:
        if left:
            left.pop()
            raise KeyError("nobody foresaw this")
        return before(*words, **more)

    monkeypatch.setattr(owner, name, failing)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Runner:
    monkeypatch.setattr(signal, "signal", lambda *_: None)

    def call(*words: str | Path) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["gclog", *map(str, words)])
        code = 0
        try:
            cli.main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        return code, *capsys.readouterr()

    return call


# ---------------------------------------------------------------- what nobody foresaw


@pytest.mark.parametrize("place", OF_ONE_SOURCE + OF_ALL)
def test_what_nobody_foresaw_is_a_message(place: str, run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_at(place, monkeypatch, times=9)
    code, out, err = run("analyze", DEAD)
    assert (code, out) == (70, "")
    assert "KeyError: 'nobody foresaw this', test_faults.py:" in err
    assert "a fault of gclog" in err
    assert "Traceback" not in err
    if place in OF_ONE_SOURCE:
        assert err.startswith(f"gclog: {DEAD}: made gclog fail")


@pytest.mark.parametrize("place", OF_ONE_SOURCE[1:])
def test_the_other_logs_of_a_folder_are_judged(
    place: str, run: Runner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shutil.copy(DEAD, tmp_path / "1.log")
    shutil.copy(QUIET, tmp_path / "2.log")
    fail_at(place, monkeypatch, times=1)
    code, out, _ = run("analyze", tmp_path)
    assert code == 0
    assert "1.log" in out
    assert "made gclog fail" in out
    assert "2.log" in out


def test_a_file_that_cannot_even_be_opened_is_passed_over(run: Runner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def failing(self: Source, spec: SourceSpec, *more: object) -> None:
        if spec.name.endswith("1.log"):
            raise KeyError("nobody foresaw this")
        opened(self, spec, *more)

    opened = Source.__init__
    monkeypatch.setattr(Source, "__init__", failing)
    shutil.copy(DEAD, tmp_path / "1.log")
    shutil.copy(QUIET, tmp_path / "2.log")
    code, out, _ = run("analyze", tmp_path)
    assert code == 0
    assert "passed over: it made gclog fail" in out


def test_it_says_in_which_lines(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_at(OF_ONE_SOURCE[1], monkeypatch, times=9)
    assert "in lines 1 to 223 (" in run("analyze", SAMPLES / "crash.log")[2]


def test_a_watch_says_it_too(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_at("gclog.watch.watcher:Watcher.read", monkeypatch, times=9)
    code, _, err = run("watch", DEAD, "--replay", "0")
    assert code == 70
    assert "Traceback" not in err


def test_whoever_mends_it_can_see_where_it_came_from(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_at(OF_ALL[0], monkeypatch, times=9)
    monkeypatch.setenv("GCLOG_DEBUG", "1")
    with pytest.raises(KeyError):
        run("analyze", DEAD)


# ---------------------------------------------------------------- what a machine refuses


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("analyze - <&-", 4, "stdin: is closed"),
        ("watch - <&-", 4, "stdin: is closed"),
        ("analyze {log} >&-", 4, "stdout: cannot write the report: not writable"),
        ("analyze {log} -o {folder}/r.html <&- >&- 2>&-", 0, ""),
        ("analyze {log} >/dev/full", 4, "No space left on device"),
        ("watch --pass - <{log} >/dev/full", 4, "No space left on device"),
        ("--help >/dev/full", 4, "No space left on device"),
        ("analyze /proc/self/mem", 4, "/proc/self/mem: cannot be read"),
        ("analyze ''", 2, "an empty word names no log"),
        ("analyze {log} --encoding idna", 2, "no encoding of text is called 'idna'"),
        ("analyze {log} --encoding undefined", 2, "no encoding of text"),
        ("analyze {log} --encoding zlib", 2, "no encoding of text"),
    ],
)
def test_a_machine_that_refuses_is_answered(words: str, code: int, said: str, tmp_path: Path) -> None:
    command = f"{shlex.join(GCLOG)} {words.format(log=DEAD, folder=tmp_path)}"
    ended = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=PATIENCE_S, check=False, env=os.environ)
    assert (ended.returncode, said in ended.stderr) == (code, True), ended.stderr
    assert "Traceback" not in ended.stderr
    assert "Exception" not in ended.stderr


def test_utf16_without_a_mark_is_as_windows_writes_it(run: Runner, tmp_path: Path) -> None:
    log = tmp_path / "gc.log"
    log.write_bytes("é".encode("utf-16-le") * 4000 + b"\n\0" + DEAD.read_bytes().decode().encode("utf-16-le"))
    code, out, _ = run("analyze", log, "--encoding", "utf-16")
    assert code == 0
    assert "EXHAUSTED" in out


# ---------------------------------------------------------------- one file, and nobody's else


def test_a_file_with_two_names_is_read_once(run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(DEAD, tmp_path / "a.log")
    (tmp_path / "current.log").symlink_to("a.log")
    (tmp_path / "hard.log").hardlink_to(tmp_path / "a.log")
    monkeypatch.chdir(tmp_path)
    for words in (["."], ["a.log", "./a.log"], ["a.log", "current.log"], ["a.log", "hard.log"]):
        code, out, _ = run("analyze", *words)
        assert code == 0
        assert out.count("  Foreseeable  ") == 1
        assert words == ["a.log", "./a.log"] or "the same file is" in out


@pytest.mark.parametrize("other", [False, True])
def test_metrics_never_replace_another_file(run: Runner, tmp_path: Path, other: bool) -> None:
    log, notes = tmp_path / "app.log", tmp_path / "notes.txt"
    shutil.copy(DEAD, log)
    notes.write_text("mine\n")
    metrics = notes if other else log
    before = metrics.read_bytes()
    code, _, err = run("watch", log, "--replay", "0", "--metrics", metrics)
    assert code == 2
    assert ("is not a file of gclog's metrics" if other else "is the log itself") in err
    assert metrics.read_bytes() == before


def test_metrics_replace_those_of_an_earlier_watch(run: Runner, tmp_path: Path) -> None:
    metrics = tmp_path / "gclog.prom"
    metrics.touch()
    for _ in range(2):
        assert run("watch", DEAD, "--replay", "0", "--metrics", metrics)[0] == 0
    assert metrics.read_bytes().startswith(b"# HELP gclog_")
