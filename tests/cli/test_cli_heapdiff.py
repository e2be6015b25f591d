from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from made_heaps import leaking
from typer.testing import CliRunner, Result

from gclog.cli.heapdiff import heapdiff
from gclog.cli.main import app
from gclog.errors import GclogError, InputError, UsageError

SAMPLE = Path(__file__).parents[2] / "samples" / "heap" / "node24" / "1.heapsnapshot.xz"
STRING = "/item/567/4"
"""The string on a path of it that leads to strings."""
APP = typer.Typer()
APP.command()(heapdiff)


def run(*words: object) -> Result:
    return CliRunner().invoke(APP, [str(word) for word in words])


@pytest.fixture
def three(tmp_path: Path) -> list[Path]:
    heaps = leaking(400), leaking(800, churn_from=60001), leaking(1200, churn_from=70001)
    return [heap.write(tmp_path / f"{number}.heapsnapshot") for number, heap in enumerate(heaps, 1)]


def test_three_snapshots_name_the_leak_first(three: list[Path]) -> None:
    result = run(*three)
    assert result.exit_code == 0
    assert result.stdout.startswith("`Session` grows: +800 objects, +117.2 KB retained, from 1 to 3; held by `sessions`")


def test_a_glob_stands_for_its_files_in_order(three: list[Path]) -> None:
    assert run(three[0].parent / "*.heapsnapshot").stdout.startswith("`Session` grows: +800")


@pytest.mark.parametrize(
    ("suffix", "begins"), [("html", "<!DOCTYPE html>"), ("md", "## `Session` grows: +800"), ("json", "{"), ("txt", "`S")]
)
def test_the_suffix_of_the_output_chooses_the_form(three: list[Path], tmp_path: Path, suffix: str, begins: str) -> None:
    output = tmp_path / f"out.{suffix}"
    result = run(*three, "-o", output)
    assert result.exit_code == 0
    assert f"Wrote {output}" in result.stderr
    assert output.read_text(encoding="utf-8").startswith(begins)


def test_json_goes_to_stdout(three: list[Path]) -> None:
    assert json.loads(run(*three, "--format", "json").stdout)["heap"]["growers"][0]["name"] == "Session"


def test_fail_on_grows_exits_with_one_only_where_something_grows(three: list[Path]) -> None:
    assert run(*three, "--fail-on", "grows").exit_code == 1
    assert run(three[0], three[0].with_name("1.heapsnapshot"), "--fail-on", "grows").exit_code == 0
    assert run(three[2], "--fail-on", "grows").exit_code == 0


def test_without_retained_sizes_it_still_answers(three: list[Path]) -> None:
    assert run(*three, "--no-retained").stdout.startswith("`Session` grows: +800 objects, +78.1 KB, from 1 to 3")


@pytest.mark.parametrize(
    ("text", "error", "code"), [("no snapshot", InputError, 4), (None, InputError, 4)], ids=["other text", "missing file"]
)
def test_what_cannot_be_read_is_an_error_with_its_code(
    tmp_path: Path, text: str | None, error: type[GclogError], code: int
) -> None:
    path = tmp_path / "x.heapsnapshot"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    result = run(path)
    assert isinstance(result.exception, error)
    assert result.exception.exit_code == code


def test_an_output_that_exists_is_kept_without_force(three: list[Path], tmp_path: Path) -> None:
    output = tmp_path / "out.md"
    output.write_text("mine", encoding="utf-8")
    assert isinstance(run(*three, "-o", output).exception, UsageError)
    assert output.read_text(encoding="utf-8") == "mine"
    assert run(*three, "-o", output, "--force").exit_code == 0


@pytest.mark.parametrize("command", ["heapdiff", "analyze"])
@pytest.mark.parametrize("form", ["text", "json", "markdown", "html"])
def test_the_text_of_strings_is_shown_only_if_it_is_asked_for(command: str, form: str) -> None:
    three = [str(SAMPLE.with_name(f"{number}.heapsnapshot.xz")) for number in (1, 2, 3)]
    words = [command, *(["--no-retained", *three] if command == "heapdiff" else [str(SAMPLE)]), "--format", form]
    hidden = CliRunner().invoke(app, words).stdout
    assert STRING not in hidden
    shown = CliRunner().invoke(app, [*words, "--show-strings"]).stdout
    assert (STRING in shown) or (command == "analyze" and hidden == shown)
