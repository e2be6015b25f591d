"""The forms and options of a report beyond its text: Markdown, tables, redaction, the user's own words, settings from a file."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gclog.cli.main import app
from gclog.errors import UsageError

SAMPLES = Path(__file__).parent.parent.parent / "samples"
GCLOG = [sys.executable, "-c", "from gclog.cli.main import main; main()"]
CRASH = str(SAMPLES / "crash.log")


def run(*words: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, list(words), catch_exceptions=code != 0)
    assert result.exit_code == code, result.output
    return result.stdout


def refuse(*words: str) -> UsageError:
    result = CliRunner().invoke(app, list(words))
    assert isinstance(result.exception, UsageError), result.exception
    return result.exception


def test_markdown_begins_with_the_verdict() -> None:
    assert run("analyze", CRASH, "--format", "markdown").startswith("## EXHAUSTED: Out of heap: the process died")


def test_the_suffix_of_the_output_asks_for_markdown(tmp_path: Path) -> None:
    output = tmp_path / "verdict.md"
    run("analyze", CRASH, "-o", str(output))
    assert output.read_text(encoding="utf-8").startswith("## EXHAUSTED")


def test_redaction_leaves_the_verdict_and_takes_the_names() -> None:
    plain = json.loads(run("analyze", CRASH, "--format", "json"))
    hidden = json.loads(run("analyze", CRASH, "--format", "json", "--redact"))
    assert hidden["processes"][0]["verdict"]["level"] == plain["processes"][0]["verdict"]["level"]
    assert hidden["processes"][0]["pid"] == 1
    assert "crash.log" in json.dumps(plain)
    assert "crash.log" not in json.dumps(hidden)


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_title_and_note_are_shown_as_they_were_given(form: str) -> None:
    text = run("analyze", CRASH, "--format", form, "--title", "Orders down", "--note", "Began with release 12")
    assert "Orders down" in text
    assert "Began with release 12" in text


def test_a_table_has_a_row_for_every_collection_with_its_process() -> None:
    report = json.loads(run("analyze", CRASH, "--format", "json"))
    rows = list(csv.DictReader(io.StringIO(run("analyze", CRASH, "--table", "collections"))))
    assert len(rows) == sum(process["collections"]["total"] for process in report["processes"])
    assert {row["pid"] for row in rows} == {str(process["pid"]) for process in report["processes"]}


def test_a_redacted_table_names_no_process() -> None:
    rows = list(csv.DictReader(io.StringIO(run("analyze", CRASH, "--table", "collections", "--redact"))))
    assert {(row["source"], row["pid"]) for row in rows} == {("log-1", "1")}


def test_what_is_no_table_is_refused_before_anything_is_read() -> None:
    assert "there is no table nonsense" in str(refuse("analyze", "no-such.log", "--table", "nonsense"))
    assert "--table writes a table" in str(refuse("analyze", "no-such.log", "--table", "cycles", "--format", "json"))


def test_settings_come_from_a_file_and_the_command_line_counts_more(tmp_path: Path) -> None:
    settings = tmp_path / "gclog.toml"
    settings.write_text('heap-limit = 4096\nfail-on = "impending"\n', encoding="utf-8")
    told = run("analyze", CRASH, "--config", str(settings), "--format", "json", code=1)
    assert json.loads(told)["processes"][0]["limit"]["mb"] == 4096
    told = run("analyze", CRASH, "--config", str(settings), "--heap-limit", "96", "--format", "json", code=1)
    assert json.loads(told)["processes"][0]["limit"]["mb"] == 96


def test_a_threshold_of_the_file_changes_what_is_found(tmp_path: Path) -> None:
    settings = tmp_path / "gclog.toml"
    settings.write_text("[thresholds.gc-share-high]\nwarning_share = 0.001\n", encoding="utf-8")
    found = [finding["id"] for finding in json.loads(run("analyze", CRASH, "-f", "json"))["processes"][0]["findings"]]
    now = json.loads(run("analyze", CRASH, "-f", "json", "--config", str(settings)))["processes"][0]["findings"]
    assert "gc-share-high" not in found
    assert "gc-share-high" in [finding["id"] for finding in now]


BEFORE, GARBAGE = str(SAMPLES / "compare" / "before-1.log.gz"), str(SAMPLES / "compare" / "garbage-1.log.gz")


@pytest.mark.parametrize(
    ("form", "beginning"), [("text", " WORSE "), ("json", "{"), ("markdown", "## WORSE: "), ("html", "<!DOCTYPE html>")]
)
def test_two_logs_are_compared_in_every_form(form: str, beginning: str) -> None:
    text = run("compare", BEFORE, GARBAGE, "--format", form)
    assert text.startswith(beginning)
    assert "51.1" in text


def test_a_comparison_fails_where_it_is_asked_to_and_something_is_worse() -> None:
    run("compare", BEFORE, GARBAGE, "--fail-on", "worse", code=1)
    run("compare", BEFORE, BEFORE, "--fail-on", "worse")


def test_a_side_without_collections_is_named() -> None:
    result = CliRunner().invoke(app, ["compare", BEFORE, str(SAMPLES / "README.md")])
    assert "on side AFTER" in str(result.exception)


def test_one_side_may_come_from_a_pipe() -> None:
    before = subprocess.run([*GCLOG, "compare", BEFORE, "-"], input=Path(GARBAGE).read_bytes(), capture_output=True, check=True)
    assert before.stdout.startswith(b" WORSE ")


@pytest.mark.parametrize(
    ("form", "shown"),
    [
        (
            "text",
            ("All callers of `readFileSync` node:fs:605", "← read cpu_mix.js:18", "All that `readFileSync` node:fs:605 called"),
        ),
        ("markdown", ("All callers of `readFileSync`", "All that `readFileSync`")),
        ("html", ("All callers of", "All that", "openSync")),
        ("json", ('"callers": {', '"callees": {', '"name": "tryCreateBuffer"')),
    ],
)
def test_one_function_is_shown_with_its_callers_and_callees(form: str, shown: tuple[str, ...]) -> None:
    text = run("profile", str(SAMPLES / "cpu" / "node26.cpuprofile.gz"), "--function", "readFileSync", "--format", form)
    assert all(part in text for part in shown)


def test_a_function_that_is_on_no_stack_is_a_message() -> None:
    result = CliRunner().invoke(app, ["profile", str(SAMPLES / "cpu" / "node26.cpuprofile.gz"), "--function", "nowhere"])
    assert isinstance(result.exception, UsageError)
    assert "no function 'nowhere' is on a stack" in str(result.exception)


def test_native_time_is_shown_with_who_called_it() -> None:
    text = run("profile", str(SAMPLES / "cpu" / "node26.cpuprofile.gz"))
    assert "match       cpu_mix.js:16   `(a+)+b` 38.3 ms" in text
