"""`gclog watch` as a program: pipes, signals, exit codes, and a real Node."""

from __future__ import annotations

import contextlib
import io
import os
import pty
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from made_logs import FATAL, full
from programs import GCLOG, PATIENCE_S

from gclog.cli.main import main

SAMPLES = Path(__file__).parent.parent.parent / "samples"
GROWING = "".join(full(1000 * (i + 1), after_mb=20 + 10 * i) + "\n" for i in range(8))
WATCH = [*GCLOG, "watch"]

node = pytest.mark.node
NODE = shutil.which("node")

Watch = Callable[..., tuple[int, bytes, str]]


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Watch:
    """Runs the command in this process, as the console script does: exit code, stdout, stderr."""
    monkeypatch.setattr(signal, "signal", lambda *_: None)

    def run(*words: str, stdin: str | bytes = b"") -> tuple[int, bytes, str]:
        monkeypatch.setattr(sys, "argv", ["gclog", "watch", *words])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode() if isinstance(stdin, str) else stdin)))
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        shown = capfdbinary.readouterr()
        assert b"Traceback" not in shown.err
        return code, shown.out, shown.err.decode()

    return run


@pytest.fixture
def started() -> Iterator[list[subprocess.Popen[bytes]]]:
    programs: list[subprocess.Popen[bytes]] = []
    yield programs
    for program in programs:
        program.kill()
        program.wait()
        for stream in (program.stdin, program.stdout, program.stderr):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()


def start(started: list[subprocess.Popen[bytes]], *words: str) -> subprocess.Popen[bytes]:
    started.append(subprocess.Popen([*WATCH, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE))
    return started[-1]


def lines_until(program: subprocess.Popen[bytes], word: bytes) -> bytes:
    """What it prints, up to the word; the stream stays open."""
    assert program.stdout is not None
    seen = b""
    while word not in seen:
        assert select.select([program.stdout], [], [], PATIENCE_S)[0], f"{word!r} is not in {seen!r}"
        data = os.read(program.stdout.fileno(), 65536)
        assert data, f"{word!r} is not in {seen!r}"
        seen += data
    return seen


# ---------------------------------------------------------------- exit codes


@pytest.mark.parametrize(
    ("words", "stdin", "code"),
    [
        pytest.param(["-", "--heap-limit", "100"], GROWING, 0, id="no level asked for"),
        pytest.param(["-", "--heap-limit", "100", "--fail-on", "impending"], GROWING, 1, id="at the level"),
        pytest.param(["-", "--heap-limit", "100", "--fail-on", "rising"], GROWING, 1, id="above the level"),
        pytest.param(["-", "--heap-limit", "100", "--fail-on", "critical"], GROWING, 0, id="below the level"),
        pytest.param(["-", "--fail-on", "exhausted"], GROWING + FATAL, 1, id="a fatal error without its line end"),
        pytest.param(["-"], "hello\n", 3, id="nothing of V8's"),
        pytest.param(["-"], "", 3, id="nothing at all"),
        pytest.param(["none.log"], "", 4, id="no such file"),
        pytest.param(["-", "--webhook", "file:///etc/passwd"], "", 2, id="no web hook"),
        pytest.param(["-", "--fail-on", "warning"], "", 2, id="a severity is no level"),
        pytest.param(["-", "--metrics", "none/gclog.prom"], GROWING, 4, id="metrics cannot be written"),
        pytest.param([str(SAMPLES / "gc" / "leak-node0.12.log.gz")], "", 4, id="a packed log does not grow"),
        pytest.param([str(SAMPLES / "gc" / "leak-node0.12.log.gz"), "--replay", "0"], "", 0, id="but can be replayed"),
        pytest.param([str(SAMPLES / "crash.log"), "--replay", "-1"], "", 2, id="no speed"),
    ],
)
def test_the_exit_code_is_that_of_an_analysis(watch: Watch, words: list[str], stdin: str, code: int) -> None:
    assert watch(*words, stdin=stdin)[0] == code


# ---------------------------------------------------------------- streams


def test_changes_go_to_stdout_and_nothing_to_stderr(watch: Watch) -> None:
    code, out, err = watch("-", "--heap-limit", "100", stdin=GROWING)
    assert (code, err) == (0, "")
    assert out.count(b"\n") == 4
    assert b"IMPENDING: " in out


def test_a_change_is_shown_while_the_pipe_is_open(started: list[subprocess.Popen[bytes]]) -> None:
    program = start(started, "-", "--heap-limit", "100")
    assert program.stdin is not None
    program.stdin.write(GROWING.encode())
    program.stdin.flush()
    lines_until(program, b"IMPENDING")
    program.stdin.write(FATAL.encode() + b"\n")
    program.stdin.flush()
    lines_until(program, b"EXHAUSTED")
    assert program.poll() is None


def test_the_programs_own_lines_pass_through_byte_by_byte(watch: Watch) -> None:
    own = [b"listening on port 8080\r\n", b"\xff\xfe caf\xe9 \x1b[31mred\x1b[0m\n", b"\n", b'{"a": 1}\n', b"no line end"]
    gc = [line.encode() + b"\n" for line in GROWING.splitlines()]
    mixed = b"".join(gc[:2] + own[:2] + gc[2:5] + own[2:4] + gc[5:] + own[4:])
    code, out, err = watch("-", "--pass", "--heap-limit", "100", stdin=mixed)
    assert (code, out) == (0, b"".join(own))
    assert "IMPENDING" in err


def test_a_line_that_waits_for_the_next_one_passes_in_its_place(watch: Watch) -> None:
    cut = full(9000, after_mb=60)[:40]
    assert watch("-", "--pass", stdin=f"{GROWING}a\n{cut}\nb\nc\nd\ne\n")[1] == b"a\nb\nc\nd\ne\n"


def test_a_closed_stdout_ends_it_as_any_filter(started: list[subprocess.Popen[bytes]]) -> None:
    program = start(started, "-", "--heap-limit", "100")
    assert program.stdin is not None and program.stdout is not None and program.stderr is not None
    program.stdin.write(GROWING.splitlines()[0].encode() + b"\n")
    program.stdin.flush()
    lines_until(program, b"NOT ASSESSABLE")
    program.stdout.close()
    program.stdin.write(GROWING.encode())
    program.stdin.close()
    assert program.wait(PATIENCE_S) == -signal.SIGPIPE
    assert program.stderr.read() == b""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_as_analysed(number: signal.Signals, started: list[subprocess.Popen[bytes]], tmp_path: Path) -> None:
    log = tmp_path / "gc.log"
    log.write_text(GROWING, encoding="utf-8")
    program = start(started, str(log), "--heap-limit", "100", "--fail-on", "impending")
    lines_until(program, b"IMPENDING")
    program.send_signal(number)
    assert program.wait(PATIENCE_S) == 1
    assert program.stderr is not None
    assert program.stderr.read() == b""


def test_a_fifo_is_followed_to_its_end(started: list[subprocess.Popen[bytes]], tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    program = start(started, str(fifo), "--heap-limit", "100", "--fail-on", "impending")
    with fifo.open("w") as writer:
        writer.write(GROWING)
    assert program.wait(PATIENCE_S) == 1


def test_until_exit_ends_when_the_process_has_died(started: list[subprocess.Popen[bytes]], tmp_path: Path) -> None:
    log = tmp_path / "gc.log"
    log.write_text(GROWING, encoding="utf-8")
    program = start(started, str(log), "--until-exit", "--fail-on", "exhausted")
    lines_until(program, b"NOT ASSESSABLE")
    with log.open("a") as writer:
        writer.write(FATAL + "\n")
    assert program.wait(PATIENCE_S) == 1


def test_a_command_is_run_once_and_what_it_prints_is_no_verdict(watch: Watch) -> None:
    code, out, err = watch("-", "--heap-limit", "100", "--exec", 'echo "$GCLOG_LEVEL of $GCLOG_PID"; exit 2', stdin=GROWING)
    assert code == 0
    assert err.splitlines() == ["impending of 7", "--exec: ended with exit code 2"]
    assert b"impending of 7" not in out


def test_a_terminal_gets_a_status_line_and_verdicts_stand_above_it(tmp_path: Path) -> None:
    main, side = pty.openpty()
    program = subprocess.Popen(
        [*WATCH, "-", "--heap-limit", "100"],
        stdin=subprocess.PIPE,
        stdout=side,
        stderr=side,
        env=os.environ | {"TERM": "xterm", "COLUMNS": "200"},
    )
    os.close(side)
    assert program.stdin is not None
    seen = b""
    try:
        program.stdin.write(GROWING.encode())
        program.stdin.flush()
        while b"of the last minute" not in seen or b"IMPENDING: " not in seen:
            assert select.select([main], [], [], PATIENCE_S)[0], seen
            seen += os.read(main, 65536)
            assert len(seen) < 1 << 16, seen
        program.stdin.close()
        assert program.wait(PATIENCE_S) == 0
    finally:
        program.kill()
        os.close(main)
    assert "process 7 · live 90.0 MB of a 100.0 MB limit".encode() in seen


# ---------------------------------------------------------------- a real Node


@node
@pytest.mark.skipif(NODE is None, reason="the tests pass on a machine with nothing but Python; .ci/run has a node")
def test_a_real_leak_is_seen_coming_and_seen_to_end(tmp_path: Path) -> None:
    assert NODE is not None
    errors = tmp_path / "stderr"
    program = f"'{NODE}' --trace-gc --max-old-space-size=48 '{SAMPLES / 'programs' / 'leak.js'}' 600 100 2>&1"
    with errors.open("w") as stderr:
        piped = subprocess.Popen(["sh", "-c", program], stdout=subprocess.PIPE)
        ended = subprocess.run(
            [*WATCH, "-", "--heap-limit", "48", "--fail-on", "exhausted", "--pass"],
            stdin=piped.stdout,
            stdout=subprocess.PIPE,
            stderr=stderr,
            timeout=PATIENCE_S,
            check=False,
        )
    piped.communicate()
    levels = [line.split("  ")[2].split(":")[0] for line in errors.read_text(encoding="utf-8").splitlines()]
    assert ended.returncode == 1
    assert (levels[0], levels[-1]) == ("NOT ASSESSABLE", "EXHAUSTED")
    assert {"IMPENDING", "CRITICAL"} & set(levels)
    assert b"listening on port 8080\n" in ended.stdout
    assert b"Mark-" not in ended.stdout.partition(b"<--- Last few GCs --->")[0]
