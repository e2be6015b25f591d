"""The documentation says what the program does today: its generated parts, commands, files, links and code."""

from __future__ import annotations

import configparser
import contextlib
import functools
import json
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
from typer.testing import CliRunner

from gclog.cli.config import load_config
from gclog.cli.formats import describe_formats
from gclog.cli.main import EXIT_INTERRUPTED, app
from gclog.cli.output import EXIT_AT_LEVEL
from gclog.diagnose.evidence import SNAPSHOT_COSTS
from gclog.diagnose.registry import RULES
from gclog.errors import GclogError
from gclog.incident.pipeline import analyze
from gclog.model.verdict import LEVELS

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
MANUAL = sorted((ROOT / "gclog" / "docs").glob("*.md"))
"""What users read after the README, by subject: shipped with the package."""

INSIDE = sorted((ROOT / ".github").rglob("*.md"))
"""What contributors read."""

TEXTS = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in (README, *MANUAL, *INSIDE)}
USER_TEXTS = {name: text for name, text in TEXTS.items() if not name.startswith(".github/")}
GENERATED = re.compile(r"(<!-- generated: (\w+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)
FENCE = re.compile(r"(?:<!-- (?P<mark>file|command): (?P<name>\S+) -->\n)?```(?P<kind>\w*)\n(?P<body>.*?)\n?```", re.DOTALL)
SHOWN_LINES = 11
"""Of the report in the terminal: the verdict. The picture above it shows the rest."""

README_WORDS = 2000
"""Upper bound: a front page, not a manual."""

NODE = os.environ.get("GCLOG_NODE") or shutil.which("node")


def page(subject: str) -> str:
    return TEXTS[f"gclog/docs/{subject}.md"]


# ---------------------------------------------------------------- generated parts


def fence(text: str, kind: str = "") -> str:
    lines = [line.rstrip() for line in text.rstrip().splitlines()]
    return f"```{kind}\n" + "\n".join(lines) + "\n```\n"


def table(titles: str, rows: list[str]) -> str:
    return "\n".join([titles, "|---" * (titles.count("|") - 1) + "|", *rows]) + "\n"


def sub_commands(group: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    """The commands of a group, and those of the groups in it, by the words that name them."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from sub_commands(command, f"{before}{name} ")
        else:
            yield f"{before}{name}", command


def show_help() -> str:
    """The options of all commands, as their `--help` has them."""
    group: Any = typer.main.get_command(app)
    found: dict[tuple[str, str, str], list[str]] = {}
    for name, command in sub_commands(group):
        for option in command.params:
            if option.param_type_name == "option":
                names = ", ".join(f"`{word}`" for word in (*option.opts, *option.secondary_opts))
                value = "" if option.is_flag else option.metavar or option.name.upper()
                found.setdefault((names, value, option.help.replace("|", r"\|")), []).append(name)
    rows = [f"| {names} {value}".rstrip() + f" | {', '.join(of)} | {says} |" for (names, value, says), of in found.items()]
    return table("| option | of | what it does |", rows)


@functools.cache
def run(*call: str) -> Any:
    """What a call of gclog in the checkout gives; each is carried out once, however often it is written."""
    with contextlib.chdir(ROOT):
        return CliRunner().invoke(app, list(call))


def show_report() -> str:
    """The beginning of the report on the sample."""
    return fence("\n".join(run("analyze", "samples/crash.log").stdout.splitlines()[:SHOWN_LINES]) + "\n ...")


def show_findings() -> str:
    return table("| id | what it says |", [f"| `{rule.id}` | {rule.doc.strip().splitlines()[0]} |" for rule in RULES])


def show_scoreboard(script: str = "score.py") -> str:
    """The table that a command of the scoreboard prints."""
    command = [sys.executable, str(ROOT / "tests" / "scoreboard" / script)]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout.strip() + "\n"


def show_formats() -> str:
    """What `gclog formats` says of each grammar in its first sentence; of the envelopes, their names too."""
    rows = []
    for section in describe_formats().rstrip().split("\n\n"):
        head, *lines = section.splitlines()
        about_ends = next(at for at, line in enumerate(lines) if line.endswith("."))
        about = " ".join(line.strip() for line in lines[: about_ends + 1])
        if head == "envelope":
            names = [line.strip() for line in lines[about_ends + 1 :] if not line.startswith("      ")]
            about += f" They are: {', '.join(names)}."
        rows.append(f"| `{head.split()[0]}` | {about} |")
    return table("| grammar | what it reads |", rows)


def show_json() -> str:
    """The keys of the JSON report, and those of its objects."""

    def inner(value: Any) -> list[str]:
        first = value[0] if isinstance(value, list) and value else value
        return list(first) if isinstance(first, dict) else []

    def rows_of(within: str, keys: dict[str, Any]) -> list[str]:
        return [f"| `{within}{key}` | {', '.join(f'`{name}`' for name in inner(value))} |" for key, value in keys.items()]

    document = json.loads(run("analyze", "samples/crash.log", "--format", "json").stdout)
    rows = rows_of("", {key: value for key, value in document.items() if key != "processes"})
    return table("| key | its keys |", rows + rows_of("processes[].", document["processes"][0]))


def show_snapshot_costs() -> str:
    """What a heap snapshot costs, by version of Node and kind of heap."""
    kinds = list(next(iter(SNAPSHOT_COSTS.values())))
    return table(
        f"| Node | {' | '.join(f'{KINDS_IN_WORDS[kind]}' for kind in kinds)} |",
        [f"| {major} | {' | '.join(f'{costs[kind]:.1f}' for kind in kinds)} |" for major, costs in SNAPSHOT_COSTS.items()],
    )


KINDS_IN_WORDS = {
    "objects": "small objects",
    "strings": "strings of 45 characters",
    "maps": "small Maps",
    "arrays": "arrays of 16 numbers",
}


def show_pages() -> str:
    """The subjects of `gclog docs`: for each, the title of its page and the sentence that says what it is for."""
    rows = []
    for path in MANUAL:
        title, purpose = page(path.stem).split("\n\n")[:2]
        link = f"[{title.removeprefix('# ')}](gclog/docs/{path.name})"
        rows.append(f"| `{path.stem}` | {link} | {' '.join(purpose.split())} |")
    return table("| subject | page | what it is for |", rows)


BLOCKS = {
    "README.md": {"report": show_report, "pages": show_pages},
    "gclog/docs/accuracy.md": {"scoreboard": show_scoreboard, "warn": lambda: show_scoreboard("warn.py")},
    "gclog/docs/evidence.md": {"snapshot_costs": show_snapshot_costs},
    "gclog/docs/options.md": {"help": show_help},
    "gclog/docs/findings.md": {"findings": show_findings},
    "gclog/docs/formats.md": {"formats": show_formats},
    "gclog/docs/json.md": {"json": show_json},
}


SLOW_BLOCKS = ("scoreboard", "warn")


@pytest.mark.parametrize(
    ("name", "block"),
    [
        pytest.param(name, block, marks=[pytest.mark.slow] if block in SLOW_BLOCKS else [])
        for name, blocks in BLOCKS.items()
        for block in blocks
    ],
)
def test_a_generated_part_is_what_the_program_says_today(name: str, block: str, request: pytest.FixtureRequest) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")  # another part may have been renewed since TEXTS was read
    found = next(part for part in GENERATED.finditer(text) if part[2] == block)
    today = BLOCKS[name][block]()
    if request.config.getoption("--update-gold") and found[3] != today:
        (ROOT / name).write_text(text[: found.start(3)] + today + text[found.end(3) :], encoding="utf-8")
        return
    assert found[3] == today


def test_every_generated_part_is_known() -> None:
    found = {name: [part[2] for part in GENERATED.finditer(text)] for name, text in TEXTS.items()}
    assert {name: parts for name, parts in found.items() if parts} == {name: list(parts) for name, parts in BLOCKS.items()}


# ---------------------------------------------------------------- the whole


def test_the_readme_stays_a_front_page() -> None:
    assert len(TEXTS["README.md"].split()) < README_WORDS


def test_the_readme_lists_its_sections() -> None:
    text = FENCE.sub("", TEXTS["README.md"])
    headings = [anchor(heading) for heading in re.findall(r"^## (.+)$", text, re.MULTILINE)]
    assert re.findall(r"^- \[[^\]]+\]\(#([^)]+)\)$", text, re.MULTILINE) == headings


@pytest.mark.parametrize("path", MANUAL, ids=lambda path: path.stem)
def test_a_page_begins_with_its_title_and_what_it_is_for(path: Path) -> None:
    title, purpose, *_ = page(path.stem).split("\n\n")
    assert re.fullmatch(r"# \S[^\n]*", title)
    assert re.fullmatch(r"[A-Z][^|<#]*[^.]\.", purpose), "one sentence, which a table can hold"
    assert len(re.findall(r"^# ", FENCE.sub("", page(path.stem)), re.MULTILINE)) == 1
    assert f"](gclog/docs/{path.name})" in TEXTS["README.md"]


# ---------------------------------------------------------------- commands


def blocks(*kinds: str) -> list[re.Match[str]]:
    """Fenced blocks of these kinds, outside of the generated parts."""
    return [
        block for text in USER_TEXTS.values() for block in FENCE.finditer(GENERATED.sub("", text)) if block["kind"] in kinds
    ]


def named_files() -> dict[str, str]:
    """The blocks that are said to be files, by their names."""
    marked = [block for text in USER_TEXTS.values() for block in FENCE.finditer(text) if block["mark"] == "file"]
    return {block["name"]: block["body"] + "\n" for block in marked}


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
        elif word == "gclog" or word.endswith("bin/gclog"):
            call = []
    if call is not None:
        yield call


def shell_lines() -> list[str]:
    """Every line of shell in blocks, files and tables in which gclog is called, once."""
    files = named_files()
    lines = [line for block in blocks("sh") for line in block["body"].splitlines()]
    for text in USER_TEXTS.values():
        prose = FENCE.sub("", GENERATED.sub("", text))
        lines += [code.replace(r"\|", "|") for code in re.findall(r"`([^`\n]*\bgclog [^`\n]*)`", prose)]
    steps = yaml.safe_load(files[".github/workflows/heap.yml"])["jobs"]["soak"]["steps"]
    lines += [step["run"] for step in steps if "run" in step]
    pod = yaml.safe_load(files["samples/deploy/pod.yaml"])["spec"]
    lines += [container["command"][-1] for container in pod["containers"]]
    lines.append(read_unit()["Service"]["ExecStart"])
    return [line for line in dict.fromkeys(lines) if any(call for call in calls(line))]


def read_unit() -> configparser.ConfigParser:
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str
    unit.read_string(named_files()["samples/deploy/gclog-watch.service"])
    return unit


def parse(call: list[str]) -> None:
    """Parses a call as the program does, without carrying it out; raises if a command, an option or a value is unknown."""
    group: Any = typer.main.get_command(app)
    if call[0].startswith("-"):
        assert call[0] in {"--help", *(option for parameter in group.params for option in parameter.opts)}
        return
    if call == ["COMMAND", "--help"]:
        return
    context = group.make_context("gclog", list(call))
    name, command, rest = group.resolve_command(context, list(call))
    if hasattr(command, "commands") and rest not in ([], ["--help"]):
        context = command.make_context(name, list(rest), parent=context)
        name, command, rest = command.resolve_command(context, list(rest))
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
    """Calls in the blocks that can be carried out as they are: they read samples and nothing else."""
    lines = dict.fromkeys(line for block in blocks("sh") if block["mark"] is None for line in block["body"].splitlines())
    return [call for line in lines for call in calls(line) if any(word.startswith("samples/") for word in call)]


@pytest.mark.slow
@pytest.mark.parametrize("call", calls_on_samples(), ids=" ".join)
def test_a_call_on_a_sample_does_what_is_said(call: list[str], tmp_path: Path) -> None:
    quick = ["0" if before == "--replay" else word for before, word in zip(["", *call], call, strict=False)]
    written = None
    if "--output" in call:
        at = call.index("--output") + 1
        written = tmp_path / call[at]
        quick[at] = str(written)
    done = run(*quick)
    assert done.exit_code == (EXIT_AT_LEVEL if "--fail-on" in call else 0), done.output
    assert written.stat().st_size > 1000 if written else len(done.stdout) > 100


@pytest.mark.parametrize("name", ["main", "test"])
def test_the_two_commands_do_all_the_set_up(name: str) -> None:
    found = FENCE.finditer(TEXTS["README.md"])
    command = next(block["body"] for block in found if (block["mark"], block["name"]) == ("command", name))
    assert command.startswith("python3 -m venv .venv && .venv/bin/pip install ")
    wanted = {"main": ".venv/bin/gclog analyze samples/crash.log", "test": ".venv/bin/python -m pytest"}
    assert wanted[name] in command


# ---------------------------------------------------------------- files that people copy


@pytest.mark.parametrize("name", [name for name in named_files() if name.startswith("samples/")])
def test_a_file_that_is_there_is_shown_as_it_is(name: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8") == named_files()[name]


def test_every_file_to_deploy_is_described() -> None:
    folder = ROOT / "samples" / "deploy"
    described = set(re.findall(r"^\| `([^`]+)`", (folder / "README.md").read_text(encoding="utf-8"), re.MULTILINE))
    assert described | {"README.md"} == {path.name for path in folder.iterdir()}


def test_the_code_for_the_library_runs_as_written(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    (code,) = blocks("python")
    exec(compile(code["body"], "library.md", "exec"), {})
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) > 1
    assert "Out of heap" in printed[-1]


def test_the_settings_are_taken(tmp_path: Path) -> None:
    (tmp_path / "gclog.toml").write_text(named_files()["gclog.toml"], encoding="utf-8")
    config = load_config(None, tmp_path)
    assert (config.heap_limit_mb, config.fail_on, config.redact) == (4096.0, "impending", False)
    assert config.thresholds == {"gc-share-high": {"warning_share": 0.2}}


def test_the_workflow_keeps_its_report_when_it_fails() -> None:
    workflow = yaml.safe_load(named_files()[".github/workflows/heap.yml"])
    steps = workflow["jobs"]["soak"]["steps"]
    soak = next(at for at, step in enumerate(steps) if "--trace-gc" in step.get("run", ""))
    assert [step.get("if") for step in steps[soak + 1 :]] == ["always()"] * 3
    assert steps[-1]["with"]["path"] in steps[-2]["run"]


def test_the_sidecar_follows_the_file_that_the_application_writes() -> None:
    pod = yaml.safe_load(named_files()["samples/deploy/pod.yaml"])["spec"]
    mounts = [container["volumeMounts"] for container in pod["containers"]]
    assert mounts[0] == mounts[1]
    assert all("/logs/gc.log" in container["command"][-1] for container in pod["containers"])
    assert mounts[0][0]["name"] == pod["volumes"][0]["name"]


def test_the_sidecar_runs_without_root() -> None:
    _, sidecar = yaml.safe_load(named_files()["samples/deploy/pod.yaml"])["spec"]["containers"]
    assert sidecar["securityContext"]["runAsNonRoot"]
    assert "touch" not in sidecar["command"][-1], "the application could not write to a file of another user"
    built = (ROOT / "samples" / "deploy" / "Dockerfile").read_text(encoding="utf-8")
    last_stage = built[built.rindex("\nFROM ") :]
    (user,) = re.findall(r"^USER (\d+):\d+$", last_stage, re.MULTILINE)
    assert int(user) > 0, "a number: Kubernetes cannot tell of a name that it is not root's"
    for sources in re.findall(r"^COPY ((?:(?!--)\S+ )+)\S+$", built, re.MULTILINE):
        assert all((ROOT / name).exists() for name in sources.split())


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
@pytest.mark.skipif(NODE is None, reason="no Node on this machine: the tests pass with nothing but Python, and .ci/run has one")
def test_node_takes_the_file_that_switches_the_trace_on(tmp_path: Path) -> None:
    (tmp_path / "trace-gc.cjs").write_text(named_files()["samples/deploy/trace-gc.cjs"], encoding="utf-8")
    done = run_node(f"--require {tmp_path}/trace-gc.cjs", tmp_path)
    assert "Scavenge" in done.stdout
    (tmp_path / "gc.log").write_text(done.stdout, encoding="utf-8")
    assert len(analyze(tmp_path / "gc.log").processes) == 1


@pytest.mark.node
@pytest.mark.skipif(NODE is None, reason="no Node on this machine: the tests pass with nothing but Python, and .ci/run has one")
def test_node_refuses_the_flag_in_node_options(tmp_path: Path) -> None:
    done = run_node("--trace-gc", tmp_path)
    assert done.returncode != 0
    assert "is not allowed in NODE_OPTIONS" in done.stderr
    assert '"is not allowed in NODE_OPTIONS"' in page("making-a-log")


LEAK = """
const kept = [];
const timer = setInterval(function remember() {
  for (let i = 0; i < 20000; i++) kept.push({ i, name: 'session ' + kept.length });
  if (kept.length > 400000) clearInterval(timer);
}, 10);
"""


@pytest.mark.node
@pytest.mark.skipif(NODE is None, reason="no Node on this machine: the tests pass with nothing but Python, and .ci/run has one")
def test_the_sampler_of_the_documentation_names_the_function_whose_objects_stay(tmp_path: Path) -> None:
    sampler = ROOT / "samples" / "deploy" / "sample-heap.cjs"
    environment = {**os.environ, "NODE_OPTIONS": f"--require {sampler}", "SAMPLE_HEAP_MS": "50"}
    subprocess.run([str(NODE), "-e", LEAK], check=True, env=environment, cwd=tmp_path)
    (written,) = tmp_path.glob("heap-*-0.heapprofile")
    sizes: dict[str, int] = {}
    nodes = [json.loads(written.read_text(encoding="utf-8"))["head"]]
    while nodes:
        node = nodes.pop()
        nodes += node["children"]
        name = node["callFrame"]["functionName"]
        sizes[name] = sizes.get(name, 0) + node["selfSize"]
    assert written.stat().st_size < 200_000
    assert sizes["remember"] > 0.5 * sum(sizes.values())


# ---------------------------------------------------------------- links, tables and pictures


@pytest.mark.parametrize("name", TEXTS)
def test_what_a_text_names_exists(name: str) -> None:
    for path in re.findall(r"`((?:samples|tests|grammars|gclog|\.github|\.ci)/[\w./-]+)`", GENERATED.sub("", TEXTS[name])):
        assert (ROOT / path).exists(), path


def anchor(heading: str) -> str:
    """A heading's anchor, as GitHub makes it."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def anchors(path: Path) -> set[str]:
    text = FENCE.sub("", path.read_text(encoding="utf-8"))
    return {anchor(heading) for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}


def links(text: str) -> list[str]:
    prose = FENCE.sub("", text)
    return re.findall(r"\]\(([^)\s]+)\)", prose) + re.findall(r"\bsrc(?:set)?=\"([^\"]+)\"", prose)


@pytest.mark.parametrize("name", TEXTS)
def test_every_link_leads_somewhere(name: str) -> None:
    for link in links(TEXTS[name]):
        if link.startswith("https://"):
            continue
        path, _, fragment = link.partition("#")
        target = (ROOT / name).parent / path if path else ROOT / name
        assert target.exists(), link
        assert not fragment or fragment in anchors(target), link


@pytest.mark.parametrize("path", MANUAL, ids=lambda path: path.stem)
def test_a_page_that_is_shipped_links_only_to_what_is_shipped_with_it(path: Path) -> None:
    for link in links(page(path.stem)):
        assert link.startswith(("https://", "#")) or re.fullmatch(r"[\w-]+\.md(#[\w-]+)?", link), link


@pytest.mark.parametrize("name", ["report-light.png", "report-dark.png"])
def test_a_picture_is_wide_enough_to_read_and_small_enough_to_load(name: str) -> None:
    data = (ROOT / "samples" / "pictures" / name).read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">I", data[16:20]) == (1200,)
    assert len(data) <= 200_000
    assert f"samples/pictures/{name}" in TEXTS["README.md"]


def rows_of(text: str, heading: str) -> list[str]:
    """The first cells of a table, by the heading of its first column."""
    found = re.search(rf"^\| {re.escape(heading)} \|.*?\n\|---.*?\n((?:\|.*\n)+)", text, re.MULTILINE)
    assert found is not None, heading
    return [row.split("|")[1].strip().strip("`") for row in found[1].splitlines()]


def test_the_levels_are_those_of_the_verdict() -> None:
    assert rows_of(page("verdict"), "level") == list(LEVELS)
    assert ", ".join(f"`{level}`" for level in LEVELS) in " ".join(TEXTS["README.md"].split())


def test_the_exit_codes_are_those_of_the_errors() -> None:
    codes = {kind.exit_code for kind in (GclogError, *GclogError.__subclasses__())}
    assert {int(code) for code in rows_of(page("exit-codes"), "exit code")} == {0, EXIT_AT_LEVEL, EXIT_INTERRUPTED, *codes}


def test_what_a_command_finds_in_its_environment_is_put_there() -> None:
    source = (ROOT / "gclog" / "watch" / "alarms.py").read_text(encoding="utf-8")
    names = set(re.findall(r"GCLOG_([A-Z_]+)", page("watch")))
    assert len(names) == 12
    for name in names:
        assert f'"{name}": ' in source, name


# ---------------------------------------------------------------- before a commit


def test_what_runs_before_a_commit_is_what_ci_would_refuse() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"][0]["hooks"]
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    linters = re.findall(r"^\.venv-lint/bin/((?:ruff|mypy)\b(?: [a-z]+)?)", script, re.MULTILINE)
    assert [re.sub(r"python -m | --.*", "", hook["entry"]) for hook in hooks] == linters
