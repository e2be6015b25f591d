"""`gclog docs`: the pages that are shipped, as they are in a pipe, laid out on a terminal."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gclog.cli.docs import list_pages, pages, show_page
from gclog.cli.main import app
from gclog.cli.output import EXIT_AT_LEVEL, EXIT_INTERRUPTED
from gclog.errors import GclogError, UsageError

FOLDER = Path(__file__).parents[2] / "gclog" / "docs"


def test_every_page_is_listed_with_the_first_line_under_its_title() -> None:
    shown = CliRunner().invoke(app, ["docs"]).stdout.splitlines()
    assert [line.split()[0] for line in shown] == sorted(path.stem for path in FOLDER.glob("*.md"))
    for line, text in zip(shown, pages().values(), strict=True):
        assert line.split(maxsplit=1)[1] == next(said for said in text.splitlines() if said and not said.startswith("#"))


@pytest.mark.parametrize("subject", sorted(path.stem for path in FOLDER.glob("*.md")))
def test_a_pipe_gets_a_page_as_it_is(subject: str) -> None:
    assert CliRunner().invoke(app, ["docs", subject]).stdout == (FOLDER / f"{subject}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("subject", ["exit-codes.md", "Exit-Codes", "exit_codes"])
def test_a_page_is_found_by_its_name_however_it_is_written(subject: str) -> None:
    assert show_page(subject) == pages()["exit-codes"]


def test_a_terminal_gets_it_laid_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    shown = show_page("exit-codes")
    assert "\x1b[" in shown and "|---|" not in shown and "interrupted" in shown
    monkeypatch.setenv("TERM", "dumb")
    assert show_page("exit-codes") == pages()["exit-codes"]


@pytest.mark.parametrize(("wrong", "said"), [("exit-code", "Did you mean: exit-codes"), ("qqqq", "`gclog docs` lists all")])
def test_a_wrong_name_is_answered_with_similar_ones(wrong: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        show_page(wrong)


def test_the_page_of_exit_codes_names_each_and_no_other() -> None:
    table = pages()["exit-codes"].split("| exit code |")[1].split("\n\n")[0]
    named = {int(row.split("|")[1]) for row in table.splitlines()[2:]}
    errors = {kind.exit_code for kind in (GclogError, *GclogError.__subclasses__())}
    assert named == {0, EXIT_AT_LEVEL, EXIT_INTERRUPTED, *errors}


def test_the_list_has_a_column_of_its_own_for_each() -> None:
    assert all("  " in line for line in list_pages().splitlines())
