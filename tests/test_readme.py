"""The README says what the program does today: its generated parts, commands, files, links and code."""

from __future__ import annotations

import configparser
import contextlib
import os
import re
import shlex
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from rendered import render_terminal
from typer.testing import CliRunner

from gclog.cli.config import load_config
from gclog.cli.formats import describe_formats
from gclog.cli.main import EXIT_INTERRUPTED, app
from gclog.cli.output import EXIT_AT_LEVEL
from gclog.diagnose.registry import RULES
from gclog.errors import GclogError
from gclog.incident.pipeline import analyze
from gclog.model.verdict import LEVELS

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
TEXT = README.read_text(encoding="utf-8")
GENERATED = re.compile(r"(<!-- generated: (\w+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)
FENCE = re.compile(r"(?:<!-- (?P<mark>file|command): (?P<name>\S+) -->\n)?```(?P<kind>\w*)\n(?P<body>.*?)\n?```", re.DOTALL)
SHOWN_LINES = 11
"""Of the report in the terminal: the verdict. The picture above it shows the rest."""

MOST_LINES = 530
"""A front page, not a manual."""

NODE = os.environ.get("GCLOG_NODE") or shutil.which("node")


# ---------------------------------------------------------------- generated parts


def fence(text: str, kind: str = "") -> str:
    lines = [line.rstrip() for line in text.rstrip().splitlines()]
    return f"```{kind}\n" + "\n".join(lines) + "\n```\n"


def show_help() -> str:
    """The options of the commands that judge, as their `--help` has them: of one that several have, the first one's text."""
    group: Any = typer.main.get_command(app)
    found: dict[tuple[str, str], tuple[list[str], str]] = {}
    for name in ("analyze", "watch", "compare"):
        for option in group.commands[name].params:
            if option.param_type_name == "option":
                names = ", ".join(f"`{word}`" for word in (*option.opts, *option.secondary_opts))
                value = "" if option.is_flag else option.metavar or option.name.upper()
                found.setdefault((names, value), ([], option.help))[0].append(name)
    rows = [f"| {names} {value}".rstrip() + f" | {', '.join(of)} | {says} |" for (names, value), (of, says) in found.items()]
    return "\n".join(["| option | of | what it does |", "|---|---|---|", *rows]) + "\n"


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


def show_formats() -> str:
    """What `gclog formats` says of each grammar in its first sentence; of the envelopes, their names too."""
    rows = ["| grammar | what it reads |", "|---|---|"]
    for section in describe_formats().rstrip().split("\n\n"):
        head, *lines = section.splitlines()
        about_ends = next(at for at, line in enumerate(lines) if line.endswith("."))
        about = " ".join(line.strip() for line in lines[: about_ends + 1])
        if head == "envelope":
            names = [line.strip() for line in lines[about_ends + 1 :] if not line.startswith("      ")]
            about += f" They are: {', '.join(names)}."
        rows.append(f"| `{head.split()[0]}` | {about} |")
    return "\n".join(rows) + "\n"


BLOCKS = {
    "scoreboard": show_scoreboard,
    "help": show_help,
    "report": show_report,
    "findings": show_findings,
    "formats": show_formats,
}


@pytest.mark.parametrize("name", BLOCKS)
def test_a_generated_part_is_what_the_program_says_today(name: str, request: pytest.FixtureRequest) -> None:
    text = README.read_text(encoding="utf-8")  # another part may have been renewed since TEXT was read
    found = next(block for block in GENERATED.finditer(text) if block[2] == name)
    today = BLOCKS[name]()
    if request.config.getoption("--update-gold") and found[3] != today:
        README.write_text(text[: found.start(3)] + today + text[found.end(3) :], encoding="utf-8")
        return
    assert found[3] == today


def test_every_generated_part_is_known() -> None:
    assert {block[2] for block in GENERATED.finditer(TEXT)} == set(BLOCKS)


def test_it_stays_a_front_page() -> None:
    assert len(TEXT.splitlines()) <= MOST_LINES


# ---------------------------------------------------------------- commands


def blocks(*kinds: str) -> list[re.Match[str]]:
    """Fenced blocks of these kinds, outside of the generated parts."""
    return [block for block in FENCE.finditer(GENERATED.sub("", TEXT)) if block["kind"] in kinds]


def named_file(name: str) -> str:
    """The block that is said to be that file."""
    return next(block["body"] + "\n" for block in FENCE.finditer(TEXT) if block["mark"] == "file" and block["name"] == name)


def calls(line: str) -> Iterator[list[str]]:
    """What follows `gclog` in every call of it in a line of shell, up to the next command or redirection."""
    words = shlex.shlex(line, posix=True, punctuation_chars=True)
    words.whitespace_split = True
    call: list[str] | None = None
    for word in words:
        if set(word) <= set("|&;<>()"):
            if call is not None:
                yield call
            call = None
        elif call is not None:
            call.append(word)
        elif word == "gclog" or word.endswith("/gclog"):
            call = []
    if call is not None:
        yield call


def shell_lines() -> list[str]:
    """Every line of shell in blocks, files and tables in which gclog is called."""
    lines = [line for block in blocks("sh") for line in block["body"].splitlines()]
    lines += [
        code.replace(r"\|", "|") for code in re.findall(r"`([^`\n]*\bgclog [^`\n]*)`", FENCE.sub("", GENERATED.sub("", TEXT)))
    ]
    lines += [
        step["run"]
        for step in yaml.safe_load(named_file(".github/workflows/heap.yml"))["jobs"]["soak"]["steps"]
        if "run" in step
    ]
    lines += [container["command"][-1] for container in yaml.safe_load(named_file("pod.yaml"))["spec"]["containers"]]
    lines.append(read_unit()["Service"]["ExecStart"])
    return [line for line in lines if any(True for _ in calls(line))]


def read_unit() -> configparser.ConfigParser:
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read_string(named_file("gclog-watch.service"))
    return unit


def parse(call: list[str]) -> None:
    """Parses a call as the program does, without carrying it out; raises where a command, an option or a value is unknown."""
    group: Any = typer.main.get_command(app)
    if call[0].startswith("-"):
        assert call[0] in {"--help", *(option for parameter in group.params for option in parameter.opts)}
        return
    context = group.make_context("gclog", list(call))
    name, command, rest = group.resolve_command(context, list(call))
    if rest not in ([], ["--help"]):  # else the command is only named
        command.make_context(name, rest, parent=context)


@pytest.mark.parametrize("line", shell_lines())
def test_every_call_of_gclog_is_one_that_it_understands(line: str) -> None:
    for call in calls(line):
        parse(call)


@pytest.mark.parametrize("call", [["analyze", "x.log", "--no-such"], ["analyse", "x.log"], ["analyze", "x.log", "-f", "pdf"]])
def test_a_call_that_it_does_not_understand_would_be_found(call: list[str]) -> None:
    with pytest.raises(Exception, match=r"no-such|analyse|pdf"):
        parse(call)


def calls_on_samples() -> list[list[str]]:
    """Calls in the blocks that can be carried out as they stand: they read samples and nothing else."""
    found = [
        call for block in blocks("sh") if block["mark"] is None for line in block["body"].splitlines() for call in calls(line)
    ]
    return [call for call in found if any(word.startswith("samples/") for word in call)]


@pytest.mark.parametrize("call", calls_on_samples(), ids=" ".join)
def test_a_call_on_a_sample_does_what_is_said(call: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "samples").symlink_to(ROOT / "samples")
    monkeypatch.chdir(tmp_path)
    quick = ["0" if before == "--replay" else word for before, word in zip(["", *call], call, strict=False)]
    done = CliRunner().invoke(app, quick)
    assert done.exit_code == (EXIT_AT_LEVEL if "--fail-on" in call else 0), done.output
    wanted = call[call.index("--output") + 1] if "--output" in call else None
    assert (tmp_path / wanted).stat().st_size > 1000 if wanted else len(done.stdout) > 100


@pytest.mark.parametrize("name", ["main", "test"])
def test_the_two_commands_do_all_the_set_up(name: str) -> None:
    command = next(block["body"] for block in FENCE.finditer(TEXT) if (block["mark"], block["name"]) == ("command", name))
    assert command.startswith("python3 -m venv .venv && .venv/bin/pip install ")
    wanted = {"main": ".venv/bin/gclog analyze samples/crash.log", "test": ".venv/bin/python -m pytest"}
    assert wanted[name] in command


# ---------------------------------------------------------------- files that people copy


def test_the_code_for_the_library_runs_as_written(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    (code,) = blocks("python")
    exec(compile(code["body"], "README.md", "exec"), {})
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) > 1
    assert "Out of heap" in printed[-1]


def test_the_settings_are_taken(tmp_path: Path) -> None:
    (tmp_path / "gclog.toml").write_text(named_file("gclog.toml"), encoding="utf-8")
    config = load_config(None, tmp_path)
    assert (config.heap_limit_mb, config.fail_on, config.redact) == (4096.0, "impending", False)
    assert config.thresholds == {"gc-share-high": {"warning_share": 0.2}}


def test_the_workflow_keeps_its_report_when_it_fails() -> None:
    workflow = yaml.safe_load(named_file(".github/workflows/heap.yml"))
    steps = workflow["jobs"]["soak"]["steps"]
    soak = next(at for at, step in enumerate(steps) if "--trace-gc" in step.get("run", ""))
    assert [step.get("if") for step in steps[soak + 1 :]] == ["always()"] * 3
    assert steps[-1]["with"]["path"] in steps[-2]["run"]


def test_the_sidecar_follows_the_file_that_the_application_writes() -> None:
    pod = yaml.safe_load(named_file("pod.yaml"))["spec"]
    mounts = [container["volumeMounts"] for container in pod["containers"]]
    assert mounts[0] == mounts[1]
    assert all("/logs/gc.log" in container["command"][-1] for container in pod["containers"])
    assert mounts[0][0]["name"] == pod["volumes"][0]["name"]


def test_the_unit_ends_with_the_application() -> None:
    assert read_unit()["Unit"]["PartOf"] == read_unit()["Unit"]["After"] == read_unit()["Install"]["WantedBy"]


@pytest.mark.parametrize("path", sorted((ROOT / ".github" / "workflows").glob("*.yml")), ids=lambda path: path.name)
def test_our_own_workflow_runs_what_a_contributor_runs(path: Path) -> None:
    steps = [step for job in yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].values() for step in job["steps"]]
    assert ".ci/run" in [step.get("run") for step in steps]


PROGRAM = "let kept = []; for (let i = 0; i < 3e5; i++) { kept.push({i, s: 'x' + i}); if (kept.length > 2e4) kept = []; }"


def run_node(options: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "NODE_OPTIONS": options}
    return subprocess.run([str(NODE), "-e", PROGRAM], capture_output=True, text=True, check=False, env=environment, cwd=folder)


@pytest.mark.node
@pytest.mark.skipif(NODE is None, reason="no node on this machine")
def test_node_takes_the_file_that_switches_the_trace_on(tmp_path: Path) -> None:
    (tmp_path / "trace-gc.cjs").write_text(named_file("trace-gc.cjs"), encoding="utf-8")
    done = run_node(f"--require {tmp_path}/trace-gc.cjs", tmp_path)
    assert "Scavenge" in done.stdout
    (tmp_path / "gc.log").write_text(done.stdout, encoding="utf-8")
    assert len(analyze(tmp_path / "gc.log").processes) == 1


@pytest.mark.node
@pytest.mark.skipif(NODE is None, reason="no node on this machine")
def test_node_refuses_the_flag_in_node_options(tmp_path: Path) -> None:
    done = run_node("--trace-gc", tmp_path)
    assert done.returncode != 0
    assert "is not allowed in NODE_OPTIONS" in done.stderr
    assert '"is not allowed in NODE_OPTIONS"' in TEXT


# ---------------------------------------------------------------- links, tables and pictures


def test_what_the_readme_names_exists() -> None:
    for name in re.findall(r"`((?:samples|tests|grammars|gclog)/[\w./-]+)`", TEXT):
        assert (ROOT / name).exists(), name


def anchor(heading: str) -> str:
    """A heading's anchor, as GitHub makes it."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def test_every_link_within_the_project_leads_somewhere() -> None:
    anchors = {anchor(heading) for heading in re.findall(r"^#+ (.+)$", FENCE.sub("", TEXT), re.MULTILINE)}
    links = re.findall(r"\]\(([^)\s]+)\)", TEXT) + re.findall(r"\bsrc(?:set)?=\"([^\"]+)\"", TEXT)
    assert len(links) > 5
    for link in links:
        if link.startswith("#"):
            assert link[1:] in anchors, link
        elif not link.startswith("https://"):
            assert (ROOT / link).exists(), link


@pytest.mark.parametrize("name", ["report-light.png", "report-dark.png"])
def test_a_picture_is_wide_enough_to_read_and_small_enough_to_load(name: str) -> None:
    data = (ROOT / "samples" / "pictures" / name).read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">I", data[16:20]) == (1200,)
    assert len(data) <= 200_000
    assert f"samples/pictures/{name}" in TEXT


def rows_of(heading: str) -> list[str]:
    """The first cells of a table, by the heading of its first column."""
    table = re.search(rf"^\| {re.escape(heading)} \|.*?\n\|---.*?\n((?:\|.*\n)+)", TEXT, re.MULTILINE)
    assert table is not None, heading
    return [row.split("|")[1].strip().strip("`") for row in table[1].splitlines()]


def test_the_levels_are_those_of_the_verdict() -> None:
    assert rows_of("level") == list(LEVELS)


def test_the_exit_codes_are_those_of_the_errors() -> None:
    codes = {kind.exit_code for kind in (GclogError, *GclogError.__subclasses__())}
    assert {int(code) for code in rows_of("exit code")} == {0, EXIT_AT_LEVEL, EXIT_INTERRUPTED, *codes}


def test_what_a_command_finds_in_its_environment_is_put_there() -> None:
    source = (ROOT / "gclog" / "alarms.py").read_text(encoding="utf-8")
    names = set(re.findall(r"GCLOG_([A-Z_]+)", TEXT))
    assert len(names) == 11
    for name in names:
        assert f'"{name}": ' in source, name
