"""What the user adds to a report, title, note and command line: in every form, as text, and nowhere when it was not given."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable

import pytest
from html_page import Page
from hundred_ticks import make_profiled
from made_reports import ALL_HOSTILE, make_empty, make_report
from rendered import render_html, render_markdown, render_terminal

from gclog.model.report import Report
from gclog.report.json.v1 import render_json
from gclog.report.redact.report import redact

TITLE = "INC-2041: checkout died"
NOTE = "Found at 03:12 by <Ada>.\n\n1. deploy of 02:50\n- a & b\n---"
COMMAND = "gclog analyze server.log --title 'INC-2041'"


def with_words(report: Report) -> Report:
    return dataclasses.replace(report, title=TITLE, note=NOTE, command=COMMAND)


REPORTS = {"death": make_report(), "profile": make_profiled(), "empty": make_empty()}


@pytest.mark.parametrize("name", REPORTS)
def test_the_page_has_the_title_as_its_first_heading_and_the_note_with_its_lines(name: str) -> None:
    source = render_html(with_words(REPORTS[name]))
    page = Page(source)
    assert [tag for tag, _ in page.tags].count("h1") == 1
    assert f'<h1 class="title">{TITLE}</h1>' in source
    assert re.search(rf"<title>{TITLE} · ", source) or re.search(rf"<title>{TITLE} · gclog report", source)
    assert "Found at 03:12 by &lt;Ada&gt;.<br>\n<br>\n1. deploy of 02:50<br>\n- a &amp; b<br>\n---</p>" in source
    assert COMMAND in page.text


def test_the_terminal_begins_with_the_title_and_the_lines_of_the_note() -> None:
    lines = render_terminal(with_words(make_report())).splitlines()
    assert lines[:7] == [TITLE, *NOTE.splitlines(), ""]
    assert lines[-1].endswith(f": {COMMAND}")


def test_the_markdown_begins_with_them_and_nothing_in_them_is_markup() -> None:
    text = render_markdown(with_words(make_report()))
    assert text.split("\n\n")[:3] == [
        "**`INC-2041`: checkout died**",
        "**Note:**",
        "- Found at 03:12 by `<Ada>`.\n- 1\\. deploy of 02:50\n- \\- a `&` b\n- \\---",
    ]
    assert text.endswith(f": `{COMMAND}`")


@pytest.mark.parametrize(
    ("given", "expected"),
    [(with_words(make_report()), (TITLE, NOTE, COMMAND)), (make_report(), (None, None, None))],
    ids=["given", "not given"],
)
def test_the_json_has_them_or_null(given: Report, expected: tuple[str | None, ...]) -> None:
    document = json.loads(render_json(given))
    assert (document["title"], document["note"], document["command"]) == expected


@pytest.mark.parametrize("render", [render_html, render_terminal, render_markdown], ids=["html", "terminal", "markdown"])
def test_what_was_not_given_leaves_no_trace(render: Callable[[Report], str]) -> None:
    text = render(make_report())
    assert TITLE not in text and "<dt>Command" not in text and "**Note:**" not in text
    assert 'class="title"' not in text and 'class="note"' not in text


def test_redaction_leaves_title_and_note_as_the_user_wrote_them() -> None:
    redacted = redact(with_words(make_report()))
    assert (redacted.title, redacted.note) == (TITLE, NOTE)


@pytest.mark.parametrize("render", [render_html, render_terminal, render_markdown, render_json])
def test_hostile_words_stay_text(render: Callable[[Report], str]) -> None:
    text = render(
        dataclasses.replace(make_report(), title=ALL_HOSTILE, note=f"{ALL_HOSTILE}\r\n{ALL_HOSTILE}", command=ALL_HOSTILE)
    )
    assert not {"\x1b", "\x07", "\x00", "\x9b", "\u202e", "\ud800"} & set(text)
    if render is render_html:
        assert not {"img", "a-evil"} & {tag for tag, _ in Page(text).tags}
