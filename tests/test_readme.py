"""The README says what the program does today: its generated parts, its commands and its code."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gclog.catalogue import describe_formats
from gclog.cli import app
from gclog.diagnose.registry import RULES
from gclog.pipeline import analyze
from gclog.report.terminal import render_terminal

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
GENERATED = re.compile(r"(<!-- generated: (\w+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)
SHOWN_LINES = 34


def fence(text: str, kind: str = "") -> str:
    lines = [line.rstrip() for line in text.rstrip().splitlines()]
    return f"```{kind}\n" + "\n".join(lines) + "\n```\n"


def show_help() -> str:
    """`gclog --help` and `gclog analyze --help`, as they are at 100 columns without colour."""
    shown = [
        CliRunner().invoke(app, words, env={"COLUMNS": "100", "TERMINAL_WIDTH": "100"}).stdout
        for words in (["--help"], ["analyze", "--help"], ["watch", "--help"])
    ]
    return fence("\n".join(text.strip("\n") for text in shown))


def show_report() -> str:
    """The beginning of the report on the sample."""
    with contextlib.chdir(ROOT):
        lines = render_terminal(analyze("samples/crash.log")).splitlines()
    return fence("\n".join(lines[:SHOWN_LINES]) + "\n ...")


def show_findings() -> str:
    rows = ["| id | what it says |", "|---|---|"]
    rows += [f"| `{rule.id}` | {rule.doc.strip().splitlines()[0]} |" for rule in RULES]
    return "\n".join(rows) + "\n"


def show_scoreboard() -> str:
    """The table that the scoreboard's command prints."""
    command = [sys.executable, str(ROOT / "tests" / "scoreboard" / "score.py")]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout.strip() + "\n"


BLOCKS = {
    "scoreboard": show_scoreboard,
    "help": show_help,
    "report": show_report,
    "findings": show_findings,
    "formats": lambda: fence(describe_formats()),
}


@pytest.mark.parametrize("name", BLOCKS)
def test_a_generated_part_is_what_the_program_says_today(name: str, request: pytest.FixtureRequest) -> None:
    text = README.read_text(encoding="utf-8")
    found = next(block for block in GENERATED.finditer(text) if block[2] == name)
    today = BLOCKS[name]()
    if request.config.getoption("--update-gold") and found[3] != today:
        README.write_text(text[: found.start(3)] + today + text[found.end(3) :], encoding="utf-8")
        return
    assert found[3] == today


def test_every_generated_part_is_known() -> None:
    assert {block[2] for block in GENERATED.finditer(README.read_text(encoding="utf-8"))} == set(BLOCKS)


def test_the_code_for_the_library_runs_as_written(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    code = re.search(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert code is not None
    exec(compile(code[1], "README.md", "exec"), {})
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) > 1
    assert "Out of heap" in printed[-1]


@pytest.mark.parametrize("name", ["main", "test"])
def test_the_two_commands_do_all_the_set_up(name: str) -> None:
    command = re.search(rf"<!-- command: {name} -->\n```sh\n(.*?)\n```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert command is not None
    assert command[1].startswith("python3 -m venv .venv && .venv/bin/pip install ")
    wanted = {"main": ".venv/bin/gclog analyze samples/crash.log", "test": ".venv/bin/python -m pytest"}
    assert wanted[name] in command[1]


def test_what_the_readme_names_exists() -> None:
    text = README.read_text(encoding="utf-8")
    for name in re.findall(r"`((?:samples|tests|grammars|gclog)/[\w./-]+)`", text):
        assert (ROOT / name).exists(), name
