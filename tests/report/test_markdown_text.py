"""Escaping, judged by Markdown parsers that we did not write: markdown-it, and GitHub's own cmark where it is installed."""

from __future__ import annotations

import importlib.util
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markdown_reading import read_github

from gclog.report.render.markdown_escape import as_code, as_fence, as_item, as_table, as_text

needs_cmark = pytest.mark.skipif(importlib.util.find_spec("cmarkgfm") is None, reason="cmarkgfm is not installed")

patiently = settings(max_examples=60)

HARMLESS = {"text", "code_inline"}

NASTY = st.text(alphabet="`|\\*_#@[]()<>!~$&%:/. \t\nabw1-{}'\"=+^\x1b\u202e", max_size=40)
"""Every character that means something in one of the dialects, and few letters, so that they meet."""


def inline(text: str) -> list[Token]:
    """The tokens of the paragraph `x TEXT`."""
    blocks = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(f"x {text}")
    assert [block.type for block in blocks] == ["paragraph_open", "inline", "paragraph_close"]
    return blocks[1].children or []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("about 6 min (four in five: 4 min to 10 min)", "about 6 min (four in five: 4 min to 10 min)"),
        ("run `kill -USR2 <pid>` for each", "run `kill -USR2 <pid>` for each"),
        ("with --trace-gc-nvp, it says.", "with `--trace-gc-nvp`, it says."),
        ("(--inspect exists)", "(`--inspect` exists)"),
        ("<0.1 % and >99.9 %", "\\<0.1 % and \\>99.9 %"),
        ("ask @team about #12", "ask `@team` about `#12`"),
        ("see GH-12, PROJ-7 and group/project#3", "see `GH-12`, `PROJ-7` and `group/project#3`"),
        ("at http://x.example/ or www.x.example", "at `http://x.example/` or `www.x.example`"),
        ("at http://localhost:3000/x", "at `http://localhost:3000/x`"),
        ("`a``b`", "`ab`"),
        ("mail a@b.example", "mail `a@b.example`"),
        ("fixed in deadbeef01", "fixed in `deadbeef01`"),
        (":tada: at 03:12:07", "`:tada`: at 03:12:07"),
        ("**bold** _it_ ~~gone~~", "`**bold**` `_it_` `~~gone~~`"),
        ("a```b", "````a```b````"),
        ("\x1b[31mred", "`^[[31mred`"),
        ("two\nlines", "`two^Jlines`"),
        ("", ""),
    ],
)
def test_what_may_mean_something_is_code_and_the_rest_is_prose(text: str, expected: str) -> None:
    assert as_text(text) == expected


def test_a_long_text_is_cut_and_says_by_how_much() -> None:
    assert as_text("x" * 700, 600) == f"{'x' * 600}… (100 more characters)"


@patiently
@given(NASTY)
@example("`a``b`")
@example("``")
@example("` `")
@example("a\\`b`")
def test_no_parser_finds_markup_in_an_escaped_text(text: str) -> None:
    assert {token.type for token in inline(as_text(text))} <= HARMLESS


@patiently
@given(NASTY)
def test_what_stands_outside_of_code_is_no_reference(text: str) -> None:
    prose = [token.content for token in inline(as_text(text)) if token.type == "text"]
    assert not any(re.search(r"[@#$~&!|\[\]]|www\.|://", part) for part in prose)


@patiently
@given(NASTY.filter(lambda text: "`" not in text))
def test_the_words_are_all_there(text: str) -> None:
    from gclog.report.visible import make_visible

    shown = "".join(token.content for token in inline(as_text(text)))
    assert "".join(shown.split()) == "x" + "".join(make_visible(text).split())


@needs_cmark
@patiently
@given(NASTY)
def test_github_sees_a_table_of_the_same_shape_with_nothing_but_code_in_it(text: str) -> None:
    table = as_table(("a", "b"), [(as_text(text), as_code(text)), ("c", "d")], right=(1,))
    assert read_github(table).tags <= {"table", "thead", "tbody", "tr", "th", "td", "code"}
    assert read_github(table).counts["td"] == 4


def test_a_border_within_a_cell_does_not_end_it() -> None:
    assert as_table(("a",), [(as_code("x|y"),), (as_text("p \\| q"),)]) == "| a |\n| --- |\n| `x¦y` |\n| p `\\¦` q |"


@needs_cmark
@patiently
@given(st.lists(NASTY, max_size=4))
@example(["```", "x", "`````"])
@example(["~~~"])
def test_nothing_gets_out_of_a_fence(lines: list[str]) -> None:
    page = read_github(f"before\n\n{as_fence(lines, 240)}\n\nafter")
    assert page.counts == {"p": 2, "pre": 1, "code": 1}


@pytest.mark.parametrize(
    ("text", "item"),
    [
        ("1. of May", "1\\. of May"),
        ("2) then", "2\\) then"),
        ("- a list", "\\- a list"),
        ("=== a rule", "\\=== a rule"),
        ("24.0 MB more", "24.0 MB more"),
        ("3 processes", "3 processes"),
    ],
)
def test_an_item_begins_nothing_else(text: str, item: str) -> None:
    assert as_item(text) == item
    tokens = [token.type for token in MarkdownIt("commonmark").parse(f"- {as_item(text)}")]
    assert tokens.count("list_item_open") == 1 and "heading_open" not in tokens
