"""The command line: exit codes, where what is written, and what a user reads who mistypes."""

from __future__ import annotations

import errno
import io
import json
import os
import pty
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from made_logs import FATAL, RING, full, scavenge
from programs import GCLOG, PATIENCE_S
from typer.testing import CliRunner

import gclog
from gclog import files as output
from gclog.cli import main as cli
from gclog.cli.moments import parse_moment
from gclog.cli.output import EXIT_INTERRUPTED
from gclog.errors import UsageError
from gclog.incident.settings import Moment

SAMPLES = Path(__file__).parent.parent.parent / "samples"
DEAD = str(SAMPLES / "wrapped" / "plain.log")
QUIET = str(SAMPLES / "gc" / "healthy-node12.log")
TICKS = str(SAMPLES / "ticks" / "node12.log.gz")
LEAKING = str(SAMPLES / "gc" / "explicit_gc-node14.log")


class Run(NamedTuple):
    code: int
    out: str
    err: str


Runner = Callable[..., Run]


@pytest.fixture
def gclog_run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Runner:
    """Runs the command in this process, as the console script does."""
    monkeypatch.setattr(signal, "signal", lambda *_: None)

    def run(*words: str) -> Run:
        monkeypatch.setattr(sys, "argv", ["gclog", *words])
        code = 0
        try:
            cli.main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        shown = capsys.readouterr()
        assert "Traceback" not in shown.err
        return Run(code, shown.out, shown.err)

    return run


# ---------------------------------------------------------------- exit codes


@pytest.mark.parametrize(
    ("log", "level", "code"),
    [
        pytest.param(DEAD, None, 0, id="no level asked for"),
        pytest.param(DEAD, "exhausted", 1, id="verdict at the level"),
        pytest.param(DEAD, "rising", 1, id="verdict above the level"),
        pytest.param(LEAKING, "rising", 0, id="verdict below the level"),
        pytest.param(DEAD, "error", 1, id="finding at the severity"),
        pytest.param(DEAD, "info", 1, id="finding above the severity"),
        pytest.param(LEAKING, "error", 0, id="finding below the severity"),
        pytest.param(LEAKING, "info", 1, id="a finding without a bad verdict"),
        pytest.param(QUIET, "info", 0, id="no finding"),
        pytest.param(TICKS, None, 0, id="ticks"),
        pytest.param(TICKS, "info", 0, id="ticks have no findings"),
    ],
)
def test_the_exit_code_says_whether_the_level_was_reached(gclog_run: Runner, log: str, level: str | None, code: int) -> None:
    run = gclog_run("analyze", log, *(["--fail-on", level] if level else []))
    assert run.code == code
    assert run.out and run.err == ""


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        pytest.param(["analyze", "nosuch.log"], 4, "nosuch.log: no such file", id="missing file"),
        pytest.param(["analyze", "no*such.log"], 4, "no*such.log", id="glob without a match"),
        pytest.param(["analyze", DEAD, "--since", "yesterday"], 2, "cannot read the moment 'yesterday'", id="no moment"),
        pytest.param(["analyze", DEAD, "--since", ""], 2, "cannot read the moment ''", id="empty moment"),
        pytest.param(["analyze", DEAD, "--since", "9d"], 2, "no collection between", id="empty window"),
        pytest.param(["analyze", DEAD, "--isolate", "0x0"], 2, "There are: 0x2dd59e20", id="no such isolate"),
        pytest.param(
            ["analyze", DEAD, "--encoding", "klingon"], 2, "no encoding of text is called 'klingon'", id="no such encoding"
        ),
        pytest.param(["analyze", DEAD, "--as", "ticks"], 3, "a v8.log without one tick", id="no ticks"),
        pytest.param(["analyze", TICKS, "--as", "gc"], 3, "no GC lines, no crash and no ticks", id="no GC log"),
        pytest.param(["analyze", DEAD, "--as", "csv"], 2, "gc, ticks", id="no such kind of log"),
        pytest.param(["analyze", DEAD, "--heap-limit", "0"], 2, "--heap-limit", id="limit of nothing"),
        pytest.param(["analyze", DEAD, "--heap-limit", "inf"], 2, "--heap-limit", id="limit without end"),
        pytest.param(["analyze", DEAD, "--heap-limit", "1 GB"], 2, "--heap-limit", id="limit with a unit"),
        pytest.param(["analyze", DEAD, "--fail-on", "bad"], 2, "exhausted, info", id="no such level"),
        pytest.param(["analyze", DEAD, "--format", "pdf"], 2, "markdown, html", id="no such form"),
        pytest.param(["analyze", DEAD, "-o", "report.pdf"], 2, "no form of a report has the suffix .pdf", id="no such suffix"),
        pytest.param(["analyze", DEAD, "--sinc", "3s"], 2, "--since", id="mistyped option"),
        pytest.param(["analyze"], 2, "LOG", id="no log"),
        pytest.param(["analyse", DEAD], 2, "analyze", id="mistyped command"),
        pytest.param(
            ["explain", "heap-exhaustion-impendig"], 2, "Did you mean: heap-exhaustion-impending", id="mistyped topic"
        ),
        pytest.param(["explain", "qqqqqqqq"], 2, "`gclog explain` lists all", id="no such topic"),
    ],
)
def test_a_mistake_is_answered_with_a_message_and_its_exit_code(
    gclog_run: Runner, words: list[str], code: int, said: str
) -> None:
    run = gclog_run(*words)
    assert (run.code, run.out) == (code, "")
    assert said in run.err


def test_a_folder_without_files_cannot_be_read(gclog_run: Runner, tmp_path: Path) -> None:
    run = gclog_run("analyze", str(tmp_path))
    assert run.code == 4
    assert "holds no files" in run.err


def test_a_log_that_may_not_be_read_is_answered_so(gclog_run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, mode: str) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    (tmp_path / "a.log").write_text(full(99))
    monkeypatch.setattr("gclog.source.expand.io.FileIO", refuse)
    run = gclog_run("analyze", str(tmp_path / "a.log"))
    assert run.code == 4
    assert "no permission to read it" in run.err


def test_a_log_with_nothing_of_v8_exits_with_3(gclog_run: Runner, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("hello\n")
    run = gclog_run("analyze", str(tmp_path / "a.log"))
    assert (run.code, run.out) == (3, "")
    assert "1 line of application output" in run.err and "--trace-gc" in run.err


def test_an_interrupt_exits_with_130(gclog_run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("gclog.incident.pipeline.analyze", interrupt)
    assert gclog_run("analyze", DEAD).code == EXIT_INTERRUPTED


# ---------------------------------------------------------------- where the report goes


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("r.json", "{"),
        ("r.JSON", "{"),
        ("r.html", "<!doctype html>"),
        ("r.htm", "<!doctype html>"),
        ("r.txt", " EXHAUSTED"),
        ("report", " EXHAUSTED"),
    ],
)
def test_the_suffix_of_the_output_decides_on_the_form(gclog_run: Runner, tmp_path: Path, name: str, begins: str) -> None:
    run = gclog_run("analyze", DEAD, "-o", str(tmp_path / name))
    assert (run.code, run.out, run.err) == (0, "", f"Wrote {tmp_path / name}\n")
    assert (tmp_path / name).read_text(encoding="utf-8").lower().startswith(begins.lower())


def test_a_form_that_is_asked_for_counts_more_than_the_suffix(gclog_run: Runner, tmp_path: Path) -> None:
    gclog_run("analyze", DEAD, "-o", str(tmp_path / "r.txt"), "--format", "json")
    assert json.loads((tmp_path / "r.txt").read_text())["format"] == 1


def test_a_file_is_overwritten_only_by_force(gclog_run: Runner, tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_text("mine")
    run = gclog_run("analyze", DEAD, "-o", str(path))
    assert (run.code, path.read_text()) == (2, "mine")
    assert "--force" in run.err
    assert gclog_run("analyze", DEAD, "-o", str(path), "--force").code == 0
    assert json.loads(path.read_text())["format"] == 1


def test_the_log_itself_is_never_overwritten(gclog_run: Runner, tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_text(full(99) + "\n")
    (tmp_path / "same").symlink_to(path)
    for name in (path, tmp_path / "same"):
        run = gclog_run("analyze", str(path), "-o", str(name), "--force", "--format", "text")
        assert run.code == 2 and "is the log itself" in run.err
    assert path.read_text() == full(99) + "\n"


@pytest.mark.parametrize(
    ("place", "code", "said"),
    [("nosuch/r.json", 4, "no such folder"), (".", 2, "is a folder")],
    ids=["missing folder", "folder"],
)
def test_a_place_that_cannot_be_written_to_is_refused_at_once(
    gclog_run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, code: int, said: str
) -> None:
    monkeypatch.setattr("gclog.incident.pipeline.analyze", pytest.fail)
    run = gclog_run("analyze", DEAD, "--format", "json", "-o", str(tmp_path / place))
    assert run.code == code and said in run.err


@pytest.mark.parametrize("step", ["mkstemp", "fdopen", "replace"])
def test_a_failed_report_leaves_no_half_file_and_what_was_there_before(
    gclog_run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def fail(*arguments: object, **_: object) -> None:
        if step == "fdopen":
            os.close(int(str(arguments[0])))
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    path = tmp_path / "r.json"
    path.write_text("mine")
    place = {"mkstemp": (output.tempfile, "mkstemp"), "fdopen": (output.os, "fdopen"), "replace": (output.Path, "replace")}[
        step
    ]
    monkeypatch.setattr(*place, fail)
    run = gclog_run("analyze", DEAD, "-o", str(path), "--force")
    assert (run.code, path.read_text()) == (4, "mine")
    assert "No space left on device" in run.err and "Wrote" not in run.err
    assert [entry.name for entry in tmp_path.iterdir()] == ["r.json"]


def test_a_link_stays_a_link_and_its_file_is_written(gclog_run: Runner, tmp_path: Path) -> None:
    (tmp_path / "real.json").write_text("old")
    (tmp_path / "link.json").symlink_to("real.json")
    gclog_run("analyze", DEAD, "-o", str(tmp_path / "link.json"), "--force")
    assert (tmp_path / "link.json").is_symlink()
    assert json.loads((tmp_path / "real.json").read_text())["format"] == 1


def test_a_pipe_with_a_name_is_written_to_and_not_replaced(gclog_run: Runner, tmp_path: Path) -> None:
    path = tmp_path / "pipe.json"
    os.mkfifo(path)
    read: list[str] = []
    threading.Thread(target=lambda: read.append(path.read_text(encoding="utf-8")), daemon=True).start()
    assert gclog_run("analyze", DEAD, "-o", str(path)).code == 0
    assert path.is_fifo()
    deadline = time.monotonic() + PATIENCE_S
    while not read and time.monotonic() < deadline:
        time.sleep(0.01)
    assert json.loads(read[0])["format"] == 1


def test_a_dash_as_output_is_stdout(gclog_run: Runner) -> None:
    assert json.loads(gclog_run("analyze", DEAD, "-o", "-", "-f", "json").out)["format"] == 1


# ---------------------------------------------------------------- pipes and terminals


def test_a_dash_reads_stdin() -> None:
    log = f"{scavenge(18)}\n{full(99)}\n{RING}\n{full(99)}\n{FATAL}\n"
    shown = subprocess.run([*GCLOG, "analyze", "-"], input=log, capture_output=True, text=True)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "stdin" in shown.stdout


@pytest.mark.parametrize("words", [["analyze", DEAD], ["formats"], ["explain"]], ids=lambda words: words[0])
def test_a_pipe_that_is_closed_early_is_no_error(words: list[str]) -> None:
    run = subprocess.Popen([*GCLOG, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert run.stdout is not None and run.stderr is not None
    run.stdout.close()
    assert run.stderr.read() == ""
    run.stderr.close()
    assert run.wait() in (0, -signal.SIGPIPE)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has /dev/full, a disk that is full")
def test_a_full_disk_behind_stdout_is_a_message() -> None:
    with Path("/dev/full").open("w") as full_disk:
        shown = subprocess.run([*GCLOG, "analyze", DEAD], stdout=full_disk, stderr=subprocess.PIPE, text=True)
    assert shown.returncode == 4
    assert shown.stderr == "gclog: stdout: cannot write the report: No space left on device\n"


def test_an_encoding_that_lacks_a_character_gets_a_question_mark(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="ascii"))
    output.write_stdout("Größe ✓\n")
    assert written.getvalue() == b"Gr??e ?\n"


def test_a_stdout_that_knows_ascii_only_gets_a_report_all_the_same(tmp_path: Path) -> None:
    message = "FATAL ERROR: Größe Allocation failed - JavaScript heap out of memory"
    (tmp_path / "a.log").write_text(f"{scavenge(18)}\n{full(99)}\n{message}\n", encoding="utf-8")
    environment = os.environ | {"PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    shown = subprocess.run([*GCLOG, "analyze", str(tmp_path / "a.log")], capture_output=True, env=environment)
    assert (shown.returncode, shown.stderr) == (0, b"")
    assert shown.stdout.isascii() and b"Gr??e" in shown.stdout


def shown_on_a_terminal(*words: str, columns: int = 80, **environment: str) -> str:
    """What the command writes to stdout on a terminal; stderr, where a slow machine sees a progress bar, goes nowhere."""
    child, terminal = pty.fork()
    if child == 0:
        for name in ("NO_COLOR", "COLUMNS", "LINES"):
            os.environ.pop(name, None)
        os.environ.update({"TERM": "xterm"} | environment)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        os.execv(sys.executable, [*GCLOG, *words])
    import fcntl
    import struct
    import termios

    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    shown, end = b"", time.monotonic() + PATIENCE_S
    while time.monotonic() < end and select.select([terminal], [], [], PATIENCE_S)[0]:
        try:
            shown += os.read(terminal, 65536)
        except OSError:
            break
    os.waitpid(child, 0)
    os.close(terminal)
    return shown.decode()


def test_a_terminal_gets_colours_and_lines_of_its_width() -> None:
    shown = shown_on_a_terminal("analyze", DEAD, columns=70)
    assert "\x1b[" in shown
    plain = shown.replace("\x1b", "")
    assert "EXHAUSTED" in plain


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=["NO_COLOR", "dumb"])
def test_a_terminal_that_wants_no_colours_gets_none(environment: dict[str, str]) -> None:
    shown = shown_on_a_terminal("analyze", DEAD, **environment)
    assert "EXHAUSTED" in shown and "\x1b" not in shown
    assert max(len(line) for line in shown.splitlines()) <= 80


def test_a_terminal_that_does_not_know_its_width_is_no_error() -> None:
    assert "EXHAUSTED" in shown_on_a_terminal("analyze", DEAD, columns=0)


def test_a_pipe_gets_no_escape_codes() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"} | {"TERM": "xterm"}
    shown = subprocess.run([*GCLOG, "analyze", DEAD], capture_output=True, text=True, env=environment)
    assert "\x1b" not in shown.stdout + shown.stderr


# ---------------------------------------------------------------- hostile names


HOSTILE = {
    "markup": "[red]a[red].log",
    "escape code": "a\x1b[31mb.log",
    "newline": "a\nb.log",
    "right to left": "\u202egol.a.log",
    "html": "<script><b>.log",
    "dash": "-n.log",
    "blank": "a b.log",
    "percent": "%s.log",
    "template": "{{7*7}}.log",
    "no utf-8": os.fsdecode(b"\xff\xfe.log"),
}


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("form", ["text", "json", "html"])
def test_a_hostile_name_of_a_log_does_no_harm(
    gclog_run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, form: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_text(f"{scavenge(18)}\n{full(99)}\n{RING}\n{full(99)}\n{FATAL}\n")
    run = gclog_run("analyze", "--format", form, "-o", "out", "--", name)
    assert (run.code, run.err) == (0, "Wrote out\n")
    report = (tmp_path / "out").read_text(encoding="utf-8")
    assert "\x1b" not in report and "‮" not in report
    assert "<b>.log" not in report or form != "html"
    if form == "text" and name.startswith("[red]"):
        assert name in report


@pytest.mark.parametrize("name", ["a\x1b[31mb.log", "‮gol.a", "a\x07b"])
def test_a_hostile_name_in_a_message_is_shown_harmless(gclog_run: Runner, name: str) -> None:
    run = gclog_run("analyze", name)
    assert run.code == 4
    assert run.err.splitlines()[0].isprintable()


def test_a_hostile_word_to_explain_is_shown_harmless(gclog_run: Runner) -> None:
    assert "\x1b" not in gclog_run("explain", "a\x1b[31mb").err


# ---------------------------------------------------------------- the other commands


def test_the_version_is_printed() -> None:
    shown = CliRunner().invoke(cli.app, ["--version"])
    assert (shown.exit_code, shown.output) == (0, f"gclog {gclog.__version__}\n")


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["analyze", "--help"], ["explain", "-h"], ["formats", "--help"], []])
def test_help_names_every_command_and_no_default_is_lost(words: list[str]) -> None:
    shown = " ".join(CliRunner().invoke(cli.app, words).output.replace("│", " ").split())
    assert "Usage" in shown
    if words[:1] == ["analyze"]:
        assert "by the suffix" in shown and "detected from their bytes" in shown


def test_without_a_topic_explain_lists_them_all(gclog_run: Runner) -> None:
    run = gclog_run("explain")
    assert run.code == 0
    assert "heap-exhaustion-impending" in run.out


@pytest.mark.parametrize("topic", [["heap-exhausted"], ["last", "resort"], ["average_mu"], ["Mark-Compact"]], ids=" ".join)
def test_a_topic_is_explained(gclog_run: Runner, topic: list[str]) -> None:
    run = gclog_run("explain", *topic)
    assert (run.code, run.err) == (0, "")
    assert len(run.out.splitlines()) > 2


# ---------------------------------------------------------------- moments


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("90s", Moment(90_000, False)),
        ("1500ms", Moment(1500, False)),
        ("14m", Moment(840_000, False)),
        ("2h30m", Moment(9_000_000, False)),
        ("1h 30 min", Moment(5_400_000, False)),
        ("1.5h", Moment(5_400_000, False)),
        ("2d", Moment(172_800_000, False)),
        ("1970-01-01T00:00:02", Moment(2000, True)),
        ("1970-01-01T02:00:02+02:00", Moment(2000, True)),
        ("1970-01-02", Moment(86_400_000, True)),
    ],
)
def test_a_moment_is_read(text: str, moment: Moment) -> None:
    assert parse_moment(text) == moment


@pytest.mark.parametrize("text", ["", "soon", "90", "90 parsecs", "-5s", "s", "1970-13-01", "90s later"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="cannot read the moment"):
        parse_moment(text)
