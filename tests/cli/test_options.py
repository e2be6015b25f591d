"""Shared options: declared once, the same in every command, merged with the settings file, and handed down whole."""

from __future__ import annotations

import dataclasses
import inspect
import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from gclog.cli.main import app
from gclog.cli.options import READING, REPORT, WINDOW, FailOn, Given, takes
from gclog.cli.output import RENDERERS, SUFFIXES, Kind, load
from gclog.errors import UsageError
from gclog.incident.settings import Settings

SAMPLES = Path(__file__).parents[2] / "samples"
CRASH = str(SAMPLES / "crash.log")
BEFORE = str(SAMPLES / "compare" / "before-1.log.gz")
LEAKING = str(SAMPLES / "gc" / "leak-node22.log")
COMMANDS: Any = typer.main.get_command(app)
KNOWN = {"width", "colour", "unicode", "version", "form", "view", "whole"}
"""What a renderer may ask for beside the result."""


def given_to(*words: str, names: tuple[str, ...] = (*REPORT, *READING, *WINDOW), fail_on: FailOn | None = None) -> Given:
    """What a command with these options is given by these words."""
    found: list[Given] = []
    own = typer.Typer()

    def command(given: Given) -> None:
        found.append(given)

    own.command()(takes(*names, kind="report", **({} if fail_on is None else {"fail_on": fail_on}))(command))
    result = CliRunner().invoke(own, list(words), catch_exceptions=False, standalone_mode=False)
    assert result.exit_code == 0
    return found[0]


def options_of(command: str) -> dict[str, Any]:
    return {option.name: option for option in COMMANDS.commands[command].params if option.param_type_name == "option"}


# ---------------------------------------------------------------- values

OF_WORDS = [
    (command, f"--{name}")
    for command, names in {
        "analyze": ("as", "format", "warn", "fail-on"),
        "watch": ("at", "warn", "fail-on"),
        "profile": ("tree", "format"),
        "compare": ("format", "warn", "fail-on"),
        "heapdiff": ("format", "fail-on"),
        "fleet": ("format", "warn", "fail-on"),
    }.items()
    for name in names
]


@pytest.mark.parametrize("word", ["foo", "", "RISING"])
@pytest.mark.parametrize(("command", "option"), OF_WORDS)
def test_another_word_than_an_option_takes_is_answered_with_those(command: str, option: str, word: str) -> None:
    said = CliRunner().invoke(app, [command, CRASH, CRASH, option, word]).stderr
    assert f"{option}'" in said and f"{word!r} is none of " in " ".join(said.split())
    assert "Value error" not in said


@pytest.mark.parametrize("text", ["", " "])
@pytest.mark.parametrize(
    "words",
    [["analyze", "--encoding"], ["watch", "--exec"], ["watch", "--encoding"], ["history", "add", "new.json", "--name"]],
    ids=lambda words: " ".join(words),
)
def test_an_empty_value_is_not_the_default(words: list[str], text: str) -> None:
    done = CliRunner().invoke(app, [*words, text, CRASH])
    assert done.exit_code == 2 and "it is empty" in done.stderr
    assert not Path("new.json").exists()


# ---------------------------------------------------------------- one declaration


def test_an_option_of_several_commands_says_the_same_in_each() -> None:
    differing = {"format", "fail_on", "output"}  # forms and answers are the command's own; profile has no -o
    for name in {field.name for field in dataclasses.fields(Given)} - differing - {"thresholds"}:
        shown = {
            (tuple(option.opts), option.metavar, option.help)
            for command in COMMANDS.commands
            if (option := options_of(command).get(name)) is not None
        }
        assert len(shown) == 1, name


@pytest.mark.parametrize("command", list(COMMANDS.commands))
def test_every_option_says_its_default_and_hides_nothing_in_brackets(command: str) -> None:
    for name, option in options_of(command).items():
        if name == "help":
            continue
        says_default = "(default: " in option.help or option.default not in (None, False, "")
        assert says_default, name
        assert "[" not in option.help, name
        assert option.metavar is not None, name


@pytest.mark.parametrize("command", list(COMMANDS.commands))
def test_every_command_has_one_sentence_and_one_example(command: str) -> None:
    sentence, _, example = COMMANDS.commands[command].help.partition("\n\n")
    assert sentence.endswith(".") and "\n" not in sentence
    assert example.startswith(f"Example: gclog {command}" if command != "watch" else "Example: node --trace-gc")


def test_the_default_of_an_option_is_that_of_the_field() -> None:
    assert given_to() == Given(redact=False)


def test_what_the_user_gives_reaches_the_settings_whole() -> None:
    names = (*READING, *WINDOW, "memory_limit", "isolate")
    words = (
        "--heap-limit",
        "96",
        "--warn",
        "late",
        "--memory-limit",
        "512",
        "--isolate",
        "0x1",
        "--encoding",
        "utf-8",
        "--since",
        "90s",
    )
    settings = given_to(*words, names=names).settings(read_as="gc")
    assert settings == Settings(
        heap_limit_mb=96.0,
        warn="late",
        memory_limit_mb=512.0,
        isolate="0x1",
        encoding="utf-8",
        since=settings.since,
        read_as="gc",
    )
    assert settings.since is not None and settings.since.ms == 90_000


# ---------------------------------------------------------------- the settings file


@pytest.fixture
def settings_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "gclog.toml"


def test_the_file_fills_in_what_the_command_line_leaves_open(settings_file: Path) -> None:
    settings_file.write_text('heap-limit = 512\nencoding = "latin-1"\nredact = true\nfail-on = "critical"\nwarn = "early"\n')
    given = given_to()
    assert (given.heap_limit, given.encoding, given.redact, given.fail_on) == (512.0, "latin-1", True, "critical")
    assert given.settings().warn == "early"
    assert given_to("--warn", "late").settings().warn == "late"
    given = given_to("--heap-limit", "96", "--encoding", "utf-8", "--no-redact", "--fail-on", "rising")
    assert (given.heap_limit, given.encoding, given.redact, given.fail_on) == (96.0, "utf-8", False, "rising")


def test_a_level_of_the_file_that_a_command_does_not_know_is_left_out(settings_file: Path) -> None:
    settings_file.write_text('fail-on = "warning"\n')
    assert given_to().fail_on is None
    assert given_to(fail_on=FailOn(("warning",), "")).fail_on == "warning"


@pytest.mark.parametrize(
    "words",
    [
        ["watch", LEAKING, "--replay", "0"],
        ["compare", BEFORE, BEFORE],
        ["fleet", LEAKING, "-w", "0"],
        ["heapdiff", "no.heapsnapshot"],
        ["profile", "no-v8.log"],
    ],
    ids=lambda words: words[0],
)
def test_every_command_reads_the_file_and_refuses_a_wrong_one(settings_file: Path, words: list[str]) -> None:
    settings_file.write_text("heap-limt = 512\n")
    error = CliRunner().invoke(app, words).exception
    assert isinstance(error, UsageError)
    assert "Did you mean heap-limit?" in str(error)


def test_a_fleet_and_a_watch_take_the_heap_limit_of_the_file(settings_file: Path) -> None:
    settings_file.write_text("heap-limit = 8192\n")
    (row,) = json.loads(CliRunner().invoke(app, ["fleet", LEAKING, "-w", "0", "-f", "json"]).stdout)["fleet"]["processes"]
    assert row["limit_mb"] == 8192
    metrics = settings_file.parent / "metrics.prom"
    CliRunner().invoke(app, ["watch", LEAKING, "--replay", "0", "--metrics", str(metrics)])
    assert "gclog_heap_limit_bytes{pid=" in metrics.read_text()
    assert f"}} {8192 << 20}\n" in metrics.read_text()


@pytest.mark.parametrize("mb", ["0", "nan", "inf", "x", str(1 << 40)])
@pytest.mark.parametrize("option", ["--heap-limit", "--memory-limit"])
def test_what_is_no_number_of_mb_is_refused_everywhere(option: str, mb: str) -> None:
    result = CliRunner().invoke(app, ["watch", CRASH, option, mb])
    assert result.exit_code == 2
    assert option in result.stderr


# ---------------------------------------------------------------- forms


@pytest.mark.parametrize(("kind", "form"), [(kind, form) for kind, forms in RENDERERS.items() for form in forms])
def test_every_renderer_is_there_and_asks_only_for_what_is_known(kind: Kind, form: str) -> None:
    parameters = list(inspect.signature(load(RENDERERS[kind][form])).parameters.values())
    results = 2 if form in ("collapsed", "cpuprofile", "pprof") else 1
    if form != "prof-process":  # rendered log by log
        assert {one.name for one in parameters[results:] if one.default is one.empty} <= KNOWN
    assert form in SUFFIXES or form == "prof-process"


# ---------------------------------------------------------------- redaction


def test_a_profile_can_be_redacted_but_not_the_text_of_nodes_tool() -> None:
    ticks = str(SAMPLES / "ticks" / "node20.log.gz")
    shown = CliRunner().invoke(app, ["profile", ticks, "--no-symbols", "--redact", "-f", "collapsed"]).stdout
    assert shown and "prof_mix" not in shown
    refused = CliRunner().invoke(app, ["profile", ticks, "--redact", "-f", "prof-process"]).exception
    assert isinstance(refused, UsageError)
