"""A document as one HTML file: for a browser, a phone, a printer, an attachment. It loads nothing.

Text is escaped by jinja2, and made visible before (`gclog.report.visible`). A Content-Security-Policy allows our own script and
style by hash, so that nothing from a log can act. Without scripts everything but the buttons remains.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any, assert_never

from markupsafe import Markup

from gclog.report.document import (
    Badge,
    Block,
    Bullets,
    Code,
    Document,
    Drawing,
    Facts,
    Finding,
    Inline,
    Lines,
    Quotes,
    Ranking,
    Said,
    Shares,
    Source,
    Strips,
    Table,
    Tone,
    Tree,
    Words,
    inlines,
)
from gclog.report.draw.heap import Picture, draw_heap
from gclog.report.draw.one_scale import put_on_one_scale
from gclog.report.draw.svg import draw_svg
from gclog.report.render.page import embed_document, environment, make_policy, read_asset, read_saving, set_prose, show

__all__ = ["MOST_ROWS", "render", "render_blocks"]

MOST_ROWS = 500
"""Rows of a block: more are a matter for a table. A page of 500 rows opens at once."""

POINTS = 400
"""Collections in a drawing: two for each millimetre of a printed page."""

LEVELS: dict[Tone, str] = {
    "": "not-assessable",
    "strong": "not-assessable",
    "faint": "not-assessable",
    "quoted": "not-assessable",
    "good": "ok",
    "notice": "rising",
    "warning": "impending",
    "bad": "critical",
    "fatal": "exhausted",
}
"""By tone, the level that has its colour in the style sheet."""


def render(document: Document, whole: str = "") -> str:
    """The document as a page. `whole`: the same report as JSON, which a button of the page saves."""
    style, script = read_asset("templates", "report.css") + read_asset("templates", "page.css"), read_saving()
    sections = (
        (section, render_blocks(section.blocks, section.title)) for section in document.sections if "html" not in section.not_in
    )
    return (
        environment()
        .get_template("page.html.j2")
        .render(
            document=document,
            title=_title(document),
            badges=[part for part in inlines(document.answer) if isinstance(part, Badge)],
            headline=[part for part in inlines(document.answer) if not isinstance(part, Badge)],
            level=_level(document),
            head=render_blocks(document.head, "Answer"),
            sections=[(section, content) for section, content in sections if content or section.answer],
            said=_said,
            levels=LEVELS,
            whole=embed_document(whole) if whole else None,
            policy=make_policy(scripts=[script], styles=[style]),
            style=Markup(style),
            script=Markup(script),
        )
    )


def _title(document: Document) -> str:
    """The verdict in a word, if there is one, else the answer: for a tab or a list of pages."""
    parts = inlines(document.answer)
    verdict = [part.text for part in parts if isinstance(part, Badge)] or [part.text for part in parts]
    return f"{' '.join(verdict).rstrip('.').replace('`', '')}: gclog {document.name}"


def _level(document: Document) -> str:
    """The colour of the card: of the first verdict in it, else of the answer."""
    lines = [line for block in document.head if isinstance(block, Lines) for line in block.lines]
    parts = [part for said in (document.answer, *lines) for part in inlines(said)]
    return LEVELS[next((part.tone for part in parts if isinstance(part, Badge)), parts[0].tone if parts else "")]


@functools.cache
def _macros() -> Any:
    """The macros of the blocks."""
    return environment().get_template("blocks.html.j2").make_module({"said": _said, "levels": LEVELS, "most": MOST_ROWS})


def render_blocks(blocks: Iterable[Block], title: str) -> Markup:
    """Blocks below a title, which names those of them that need a name."""
    label = title.replace("`", "")
    return Markup("").join(_block(block, label) for block in blocks)


def _block(block: Block, label: str) -> Markup:
    macros = _macros()
    match block:
        case Facts():
            html: Markup = macros.facts(block, label)
        case Table():
            html = macros.table(block, label)
        case Ranking():
            html = macros.ranking(block, label)
        case Bullets():
            html = macros.bullets(block, label)
        case Lines(not_in=not_in):
            html = Markup() if "html" in not_in else macros.lines(block, label)
        case Quotes():
            html = macros.quotes(block, label)
        case Finding():
            html = macros.finding(block, label)
        case Shares():
            html = macros.shares(block, label)
        case Strips():
            html = macros.strips(block, label)
        case Tree():
            html = macros.tree(block, label)
        case Drawing():
            html = _drawing(block, macros)
        case Source():
            html = macros.source(block, label)
        case _:
            assert_never(block)
    return html


# ---------------------------------------------------------------- within a line


def _said(said: Said, toned: bool = True) -> Markup:
    """A line. Not `toned`: in a cell that shows by its place how its words are meant."""
    return Markup(" ").join(_inline(part, toned) for part in inlines(said))


def _inline(part: Inline, toned: bool) -> Markup:
    match part:
        case Words(text=text):
            html = set_prose(text)
        case Code(text=text):
            html = Markup('<code dir="ltr">{}</code>').format(show(text))
        case Badge(text=text):
            return Markup('<span class="level of-{}">{}</span>').format(LEVELS[part.tone], show(text))
        case _:
            assert_never(part)
    return Markup('<span class="said-{}">{}</span>').format(part.tone, html) if part.tone and toned else html


# ---------------------------------------------------------------- pictures


def _drawing(drawing: Drawing, macros: Any) -> Markup:
    picture = _picture(drawing)
    if picture is None:
        instead = f"{drawing.title}: {drawing.instead}" if drawing.title else drawing.instead
        return Markup('<p class="soft">{}</p>\n').format(set_prose(instead))
    key = "-".join(filter(None, (drawing.picture, drawing.title.lower())))
    html: Markup = macros.drawing(drawing, picture, key, draw_svg(picture, key))
    return html


def _picture(drawing: Drawing) -> Picture | None:
    """The picture, on one scale with the one beside it."""
    picture = draw_heap(drawing.process, POINTS)
    beside = None if drawing.beside is None else draw_heap(drawing.beside, POINTS)
    return picture if picture is None or beside is None else put_on_one_scale(picture, beside)
