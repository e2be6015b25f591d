"""`gclog profile`: options, exit codes, what goes to stdout and what to stderr."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest
from made_cpu import write_cpu_profile
from made_logs import full, scavenge
from typer.testing import CliRunner

from gclog.cli.main import app
from gclog.errors import GclogError, InputError, NothingToAnalyse, UsageError

TICKS = Path(__file__).parents[2] / "samples" / "ticks"
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
    stdout, stderr = run("--format", "prof-process", log(tmp_path, text))
    assert stdout.startswith("Statistical profiling result from ")
    assert said in stderr


def test_native_symbols_come_from_a_file(tmp_path: Path) -> None:
    symbols = tmp_path / "symbols.json"
    symbols.write_text(json.dumps([["node::Run()", 0x400100, 0x400200]]))
    path = log(tmp_path, HEAD + "shared-library,/n,0x400000,0x500000,0\n" + "tick,0x400150,1,0,0x0,5,0x2010\n" * 3)
    stdout, _ = run("-f", "prof-process", "--symbols", symbols, path)
    assert "      3  100.0%  100.0%  node::Run()\n" in stdout
    stdout, _ = run("-f", "prof-process", "--symbols", symbols, "--no-symbols", path)
    assert "      3  100.0%          /n\n" in stdout


def test_a_source_map_puts_the_place_before_the_name(tmp_path: Path) -> None:
    source_map = tmp_path / "x.js.map"
    source_map.write_text(json.dumps({"version": 3, "sources": ["x.ts"], "mappings": "AAEI"}))
    stdout, _ = run("-f", "prof-process", "--source-map", source_map, log(tmp_path, HEAD + TICK))
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
        (["--output", "a.xls"], UsageError),
        (["--format", "collapsed", TICKS / "node24.log.gz"], UsageError),
        (["--format", "cpuprofile", TICKS / "node24.log.gz"], UsageError),
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
    assert output.read_text(encoding="utf-8").startswith("100 % of 1 tick in JavaScript")


# ---------------------------------------------------------------- our own forms


def test_the_text_begins_with_what_used_the_cpu() -> None:
    stdout, _ = run("--no-symbols", TICKS / "node24.log.gz")
    assert (
        stdout.splitlines()[0]
        == "62.0 % of 942 ticks in shared libraries: 47.2 % `node`; 75.8 % under `main` prof_mix.js:53; GC 8.5 %"
    )
    assert "Findings" not in stdout


@pytest.mark.parametrize(
    ("words", "counted"),
    [
        (["-g"], 80),
        (["--ignore-unknown"], 937),
        (["--range", "auto,100"], 86),
        (["--separate-builtins=false"], 942),
        (["--separate-bytecodes=true", "-j"], 793),
    ],
    ids=str,
)
def test_the_filters_of_nodes_tool_choose_the_ticks_of_our_forms_too(words: list[str], counted: int) -> None:
    stdout, _ = run("-f", "json", "--no-symbols", *words, TICKS / "node24.log.gz")
    (profile,) = json.loads(stdout)["profiles"]
    assert profile["counted"] == counted
    assert sum(row["self_ticks"] for row in profile["top"]) + profile["top_other_self_ticks"] == counted
    assert sum(row["self_ticks"] for row in profile["categories"]) == counted


def test_top_tree_and_depth_say_how_much_of_the_text_there_is() -> None:
    few, _ = run("--no-symbols", "--top", "2", "--depth", "0", TICKS / "node24.log.gz")
    assert re.search(r"359 more ticks in \d+ others \(--top N\)", few)
    assert "← " not in few
    down, _ = run("--no-symbols", "--tree", "top-down", TICKS / "node24.log.gz")
    assert "→ " in down and "← " not in down
    summary, _ = run("--no-symbols", "--only-summary", TICKS / "node24.log.gz")
    assert "Where the ticks are" in summary and "Hottest functions" not in summary


def test_a_source_map_gives_functions_their_own_places(tmp_path: Path) -> None:
    source_map = tmp_path / "x.js.map"
    source_map.write_text(json.dumps({"version": 3, "sources": ["x.ts"], "mappings": "AAEI"}))
    stdout, _ = run("--source-map", source_map, log(tmp_path, HEAD + TICK))
    assert "`f` x.ts:3 (interpreted)" in stdout.splitlines()[0]


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("a.txt", b"62.0 %"),
        ("a", b"62.0 %"),
        ("a.json", b'{\n  "format": 1'),
        ("a.html", b"<!doctype html>"),
        ("a.speedscope.json", b'{"'),
        ("A.CPUPROFILE", b'{"'),
        ("a.collapsed", b""),
        ("a.folded", b""),
        ("a.pb.gz", b"\x1f\x8b"),
    ],
)
def test_the_name_of_the_output_says_its_form(tmp_path: Path, name: str, begins: bytes) -> None:
    run("--no-symbols", "--output", tmp_path / name, TICKS / "node24.log.gz")
    data = (tmp_path / name).read_bytes()
    assert data[: len(begins)].lower() == begins
    assert (b"main" in data) or begins == b"\x1f\x8b"


def test_bytes_go_to_a_pipe_as_they_are() -> None:
    result = CliRunner().invoke(app, ["profile", "-f", "pprof", "--no-symbols", str(TICKS / "node24.log.gz")])
    assert result.stdout_bytes[:2] == b"\x1f\x8b"
    assert gzip.decompress(result.stdout_bytes)


def test_speedscope_takes_all_profiles(tmp_path: Path) -> None:
    stdout, _ = run("-f", "speedscope", "--no-symbols", TICKS / "node24.log.gz", log(tmp_path, HEAD + TICK))
    names = " ".join(profile["name"] for profile in json.loads(stdout)["profiles"])
    assert "node24.log.gz" in names and str(tmp_path) in names


def test_a_gc_log_of_the_same_isolate_is_shown_beside_the_profile(tmp_path: Path) -> None:
    path = tmp_path / "isolate-0x10-7-v8.log"
    path.write_text(HEAD + "".join(f"tick,0x2010,{n}000,0,0x0,0\n" for n in range(1, 100)))
    gc = tmp_path / "gc.log"
    gc.write_text(scavenge(10) + "\n" + full(60) + "\n")
    stdout, _ = run(path, gc)
    assert f"2 pauses of {gc}" in " ".join(stdout.split())
    assert "Findings" not in stdout


@pytest.mark.parametrize("words", [("--format", "markdown"), ("--output", "profile.md")], ids=["asked for", "by the suffix"])
def test_a_profile_may_be_markdown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, str]) -> None:
    monkeypatch.chdir(tmp_path)
    stdout, _ = run(log(tmp_path, HEAD + TICK * 3), "--no-symbols", *words)
    text = stdout or Path("profile.md").read_text(encoding="utf-8")
    assert text.startswith("## 100 % of 3 ticks in JavaScript")
    assert "\n### Whose code\n\n| Whose code | Ticks | Share |\n" in text
    assert "| 3 | 100 % | 100 % | `f` | `x.js:1` | interpreted |" in text


def test_o_is_the_output_file_as_in_every_command(tmp_path: Path) -> None:
    stdout, _ = run(TICKS / "node24.log.gz", "-o", tmp_path / "profile.md")
    assert stdout == "" and (tmp_path / "profile.md").read_text(encoding="utf-8").startswith("#")


def test_a_document_has_no_text_of_nodes_tool(tmp_path: Path) -> None:
    path = write_cpu_profile(tmp_path / "a.cpuprofile", ["main"] * 5)
    with pytest.raises(UsageError, match="and this is a document"):
        run("--format", "prof-process", path)
