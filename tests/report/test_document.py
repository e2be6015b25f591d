"""The renderers of a document: every block in each of them, and no text of a log that acts."""

from __future__ import annotations

import typing

import pytest
from html_page import Page
from hundred_ticks import make_hostile_profile
from made_reports import HOSTILE, make_process

from gclog.model.process import UnreadShape
from gclog.model.report import EvidenceLine
from gclog.report import document
from gclog.report.document import (
    Badge,
    Block,
    Bullets,
    Code,
    Column,
    Document,
    Drawing,
    Facts,
    Finding,
    Flame,
    Lines,
    Node,
    Only,
    Path,
    Quotes,
    Ranked,
    Ranking,
    Section,
    Share,
    Shares,
    Source,
    Strip,
    Strips,
    Table,
    Ticket,
    Tree,
    Words,
    inlines,
)
from gclog.report.render import html, markdown, text


def blocks_of(word: str) -> list[Block]:
    """One of each kind, with `word` wherever a text may be."""
    evidence = (EvidenceLine(3, word),)
    return [
        Facts(((word, Words(word, "quoted")),)),
        Table((Column("Name", share=0.5), Column("Count", figures=True)), ((Code(word, "strong"), "3"),), word),
        Ranking(word, (word,), (word,), (Ranked(word, Badge(word, "bad"), (word,), (word,), word, (word,)),), 1, word),
        Bullets((word,)),
        Lines((word, Code(word)), fenced=True, title=word, most=1),
        Quotes(evidence, word),
        Finding(Badge("error", "bad"), word, word, "high", word, word, word, evidence),
        Shares(("Of", "Count", "Share"), (Share(word, 3, 0.5, word), Share("together", 3, None))),
        Strips((Strip(word, (1.0, 0.0), word),), (1.0, 1.0)),
        Tree((Path(0.5, 3, 0, (Node(word, word, word), Node(word)), 1), Path(0.2, 2, 2, (Node(word),))), 6, "← ", word),
        Flame(make_hostile_profile(word), "t1"),
        Drawing("heap", make_process(), "nothing to draw"),
        Source(word, "1 line", (UnreadShape(word, 1, 1, word, word),), (word,), word),
        Ticket("p1", word, (Bullets((word,)),)),
        Only((Lines((word,)),), fold=word),
    ]


def document_with(*blocks: Block, **more: typing.Any) -> Document:
    return Document(Badge("WORSE", "bad"), (), (Section("key", "Title", blocks, **more),), "9.9")


def test_one_of_each_kind_is_tried_here() -> None:
    assert {type(block) for block in blocks_of("x")} == set(typing.get_args(document.Block))


@pytest.mark.parametrize("word", HOSTILE)
@pytest.mark.parametrize("at", range(len(typing.get_args(document.Block))))
def test_hostile_text_is_shown_and_does_nothing_in_any_block(at: int, word: str) -> None:
    page = document_with(blocks_of(word)[at])
    for shown in (text.render(page), markdown.render(page)):
        assert all(line.isprintable() for line in shown.splitlines())
    seen = Page(html.render(page))
    assert seen.open == []
    assert not {"img", "a-evil"} & {tag for tag, _ in seen.tags}
    plain = Page(html.render(document_with(blocks_of("plain")[at])))
    assert [text for _, attrs, text in seen.raw if not attrs] == [text for _, attrs, text in plain.raw if not attrs]
    assert {attrs.get("id") for tag, attrs, _ in seen.raw if tag == "script"} <= {None, "flames"}


@pytest.mark.parametrize("block", blocks_of("word"), ids=lambda block: type(block).__name__)
@pytest.mark.parametrize("width", [20, 60, 100])
def test_no_line_is_longer_than_the_page(block: Block, width: int) -> None:
    wide = max(map(len, text.render(document_with(block), width=width).splitlines()))
    assert wide <= max(width, text.LEAST_WIDTH)


def test_colours_are_there_only_when_asked_for() -> None:
    page = document_with(*blocks_of("word"))
    assert "\x1b[" in text.render(page, colour=True)
    assert "\x1b" not in text.render(page)
    assert text.render(page, unicode=False).isascii()


def test_facts_of_a_section_share_their_columns_in_a_terminal() -> None:
    page = document_with(Facts((("a", "1"),)), Facts((("longer", "2"),)))
    assert "  a       1\n  longer  2\n" in text.render(page)


def test_a_section_without_anything_to_show_has_no_heading_in_markdown() -> None:
    assert "Title" not in markdown.render(document_with(Drawing("heap", make_process(), "nothing")))
    assert "Title" not in markdown.render(document_with(Bullets(("a",)), not_in=("markdown",)))
    assert "### Title\n\n- a" in markdown.render(document_with(Bullets(("a",))))


def test_a_form_may_leave_a_section_out() -> None:
    page = document_with(Bullets(("a",)), not_in=("text",))
    assert "Title" not in text.render(page)
    assert "Title" in markdown.render(page)


def test_a_long_table_is_cut_in_markdown_alone() -> None:
    page = document_with(Table((Column("Name"),), tuple((f"row {number}",) for number in range(30))))
    assert "row 29" in text.render(page)
    shown = markdown.render(page)
    assert shown.count("row ") == markdown.LONGEST_TABLE and "\nand 9 more\n" in shown


def test_what_is_said_has_no_empty_parts() -> None:
    assert inlines("") == () and inlines((Words(""), Code("x"))) == (Code("x"),)
    assert inlines("x") == (Words("x"),)


# ---------------------------------------------------------------- pages


@pytest.mark.parametrize("block", blocks_of("word"), ids=lambda block: type(block).__name__)
def test_every_block_is_on_a_page(block: Block) -> None:
    page = Page(html.render(document_with(block)))
    assert page.open == []
    assert "Title" in page.text
    if isinstance(block, Drawing):
        assert "svg" in {tag for tag, _ in page.tags}
    else:
        assert "word" in page.text


def test_a_page_says_what_the_verdict_is_and_has_its_colour() -> None:
    shown = html.render(document_with(Bullets(("a",))))
    assert "<title>WORSE: gclog report</title>" in shown
    assert 'class="card verdict of-critical"' in shown


def test_a_page_leaves_out_what_is_not_for_it() -> None:
    assert "Title" not in Page(html.render(document_with(Bullets(("a",)), not_in=("html",)))).text
    lines = Lines(("only elsewhere",), not_in=("html",))
    columns = (Column("Name"), Column("Elsewhere", not_in=("html",)))
    shown = html.render(document_with(lines, Table(columns, (("here", "there"),))))
    assert "here" in shown and "Elsewhere" not in shown and "there" not in Page(shown).text and "only elsewhere" not in shown


def test_a_column_of_a_page_alone_is_in_no_other_form() -> None:
    page = document_with(Table((Column("Name"), Column("Why", not_in=("text", "markdown"))), (("here", "there"),)))
    assert "there" in html.render(page)
    assert "there" not in text.render(page) + markdown.render(page)


def test_a_long_list_is_cut_and_it_is_said() -> None:
    page = document_with(Bullets(tuple(f"item {number}." for number in range(600)), most=10))
    assert "item 9." in text.render(page) and "item 10." not in text.render(page)
    assert "the first 10 of 600" in text.render(page) and "The first 10 of 600" in markdown.render(page)
    shown = html.render(page)
    assert "item 499." in shown and "item 500." not in shown and "The first 500 of 600" in shown


def test_what_the_user_wrote_is_on_the_page() -> None:
    page = Document("Fine.", (), (), "9.9", title="INC-2041", note="a\nb", command="gclog heapdiff")
    shown = html.render(page)
    assert '<h1 class="title">INC-2041</h1>' in shown and '<h2 class="headline">Fine.</h2>' in shown
    assert "a<br>\nb" in shown and "gclog heapdiff" in Page(shown).text
    assert "<title>INC-2041 · Fine: gclog report</title>" in shown
