"""`gclog profile`: options, exit codes, what goes to stdout and what to stderr."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gclog.cli import app
from gclog.errors import GclogError, InputError, NothingToAnalyse, UsageError

TICKS = Path(__file__).parent.parent / "samples" / "ticks"
HEAD = "v8-version,11,3,244,8,-node.38,0\ncode-creation,JS,10,5,0x2000,256,f /app/x.js:1:1,0x3000,~\n"
TICK = "tick,0x2010,1000,0,0x0,0\n"


def run(*words: str | Path) -> tuple[str, str]:
    result = CliRunner().invoke(app, ["profile", *map(str, words)], catch_exceptions=False, standalone_mode=False)
    return result.stdout, result.stderr


def log(folder: Path, text: str) -> Path:
    path = folder / "v8.log"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("suffix", "words"),
    [
        ("txt", []),
        ("gc.txt", ["-g"]),
        ("gc.txt", ["--gc"]),
        ("summary.txt", ["--only-summary", "--ignore-unknown"]),
        ("separate.txt", ["--separate-ic=false", "--separate-bytecodes=true", "--separate-builtins=false"]),
    ],
    ids=str,
)
def test_the_options_of_nodes_tool_do_here_what_they_do_there(suffix: str, words: list[str]) -> None:
    stdout, _ = run("--format", "prof-process", *words, TICKS / "node24.log.gz")
    expected = (TICKS / f"node24.{suffix}").read_text(encoding="utf-8")
    assert stdout.splitlines()[1:] == expected.splitlines()[1:]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEAD + TICK + "\n" + TICK, "line 4 is empty"),
        (HEAD + TICK + TICK.strip(), "the last line has no end"),
        (HEAD + TICK + HEAD + TICK, "another log begins at line 4"),
        (TICK, "Unable to read v8-version"),
    ],
    ids=["blank line", "cut", "two logs", "no version"],
)
def test_where_nodes_tool_goes_wrong_in_silence_it_is_said(tmp_path: Path, text: str, said: str) -> None:
    stdout, stderr = run(log(tmp_path, text))
    assert stdout.startswith("Statistical profiling result from ")
    assert said in stderr


def test_native_symbols_come_from_a_file(tmp_path: Path) -> None:
    symbols = tmp_path / "symbols.json"
    symbols.write_text(json.dumps([["node::Run()", 0x400100, 0x400200]]))
    path = log(tmp_path, HEAD + "shared-library,/n,0x400000,0x500000,0\n" + "tick,0x400150,1,0,0x0,5,0x2010\n" * 3)
    stdout, _ = run("--symbols", symbols, path)
    assert "      3  100.0%  100.0%  node::Run()\n" in stdout
    stdout, _ = run("--symbols", symbols, "--no-symbols", path)
    assert "      3  100.0%          /n\n" in stdout


def test_a_source_map_puts_the_place_before_the_name(tmp_path: Path) -> None:
    source_map = tmp_path / "x.js.map"
    source_map.write_text(json.dumps({"version": 3, "sources": ["x.ts"], "mappings": "AAEI"}))
    stdout, _ = run("--source-map", source_map, log(tmp_path, HEAD + TICK))
    assert "  x.ts:3:5 -> JS: ~f /app/x.js:1:1\n" in stdout


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["-g", "-j"], UsageError),
        (["--range", "a,b"], UsageError),
        (["--range", "5"], UsageError),
        (["--source-map", "nowhere.map"], InputError),
        (["--symbols", "nowhere.json"], InputError),
        (["nowhere.log"], InputError),
    ],
    ids=str,
)
def test_what_cannot_be_done_is_refused(tmp_path: Path, words: list[str], error: type[GclogError]) -> None:
    with pytest.raises(error):
        run(log(tmp_path, HEAD + TICK), *words)


def test_a_log_without_ticks_is_nothing_to_analyse(tmp_path: Path) -> None:
    with pytest.raises(NothingToAnalyse):
        run(log(tmp_path, HEAD))


def test_an_output_file_is_not_overwritten_unasked(tmp_path: Path) -> None:
    output = tmp_path / "out.txt"
    _, stderr = run("--output", output, log(tmp_path, HEAD + TICK))
    assert stderr == f"Wrote {output}\n"
    with pytest.raises(UsageError):
        run("--output", output, tmp_path / "v8.log")
    run("--output", output, "--force", tmp_path / "v8.log")
    assert output.read_text(encoding="utf-8").startswith("Statistical")
