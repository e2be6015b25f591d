"""A document as one HTML file: for a browser, a phone, a printer, an attachment. It loads nothing.

Text is escaped by jinja2, and made visible before (`gclog.report.visible`). A Content-Security-Policy allows our own script and
style by hash, so that nothing from a log can act. Without scripts everything but the buttons remains.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, assert_never

from markupsafe import Markup, escape

from gclog import units
from gclog.model.profile import ProfileUnit
from gclog.model.report import ProcessReport, ProfileReport
from gclog.report.document import (
    Badge,
    Block,
    Bullets,
    Code,
    Document,
    Drawing,
    Facts,
    Finding,
    Flame,
    Inline,
    Lines,
    Only,
    Path,
    Quotes,
    Ranking,
    Said,
    Section,
    Shares,
    Source,
    Strips,
    Table,
    Ticket,
    Tone,
    Tree,
    Words,
    inlines,
)
from gclog.report.draw.flame import bottom_up_flame, cut_sentence, flame_data, shown_categories, top_down_flame
from gclog.report.draw.flame_svg import draw_flame_svg
from gclog.report.draw.grows_with import draw_grows_with
from gclog.report.draw.heap import Picture, draw_gc_share, draw_heap, draw_pauses
from gclog.report.draw.memory import draw_memory
from gclog.report.draw.one_scale import put_on_one_scale
from gclog.report.draw.plotly import draw_plotly
from gclog.report.draw.profile import draw_committed, draw_joined_pauses, draw_states
from gclog.report.draw.svg import draw_svg
from gclog.report.draw.time_order import time_order_flame
from gclog.report.draw.weighed import weigh
from gclog.report.render.markdown import render_card
from gclog.report.render.page import embed_document, environment, make_policy, read_asset, read_saving, set_prose, show
from gclog.report.render.words import Glossary
from gclog.report.say.profile_rows import CATEGORY_NAMES

__all__ = ["MOST_ROWS", "render"]

MOST_ROWS = 500
"""Rows of a block: more are a matter for a table. A page of 500 rows opens at once."""

WIDTHS: dict[ProfileUnit, str] = {
    "ticks": "ticks",
    "us": "time",
    "bytes": "bytes that are alive",
    "parts": "the share of the work, before and after together",
}
"""What the width of a box in a flame graph is."""

CHANGE_NAMES = {
    "change-more-3": "grew: more than two thirds of it is new",
    "change-more-2": "by more than a third of it",
    "change-more-1": "by more than a tenth",
    "change-same": "the same",
    "change-less-1": "shrank: more than a tenth of it is gone",
    "change-less-2": "more than a third",
    "change-less-3": "more than two thirds",
}
"""The key of a flame graph of what changed."""

POINTS = 400
"""Collections in a static drawing: two for each millimetre of a printed page."""

LIVE_POINTS = 2800
"""Collections in all live drawings of a page together, shared out among them: keeps the page below 1.6 MB."""

BOXES, STATIC_BOXES = 24_000, 320
"""Boxes of all flame graphs of a page, both directions together (some 15 bytes each), and of a static one."""

TIME_BOXES = 6000
"""Of a flame graph in the order of time."""

OPEN_SHARE = 0.1
"""Of a tree: a larger branch is open from the start, for paper and for where nothing can be clicked."""

EMPTY_STYLE = ""
"""Plotly's: it makes an empty style element and fills it by the object model."""

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
    page = _Page(document)
    glossary = Glossary()
    spoken = [set_prose(part.text) for part in inlines(document.answer) if not isinstance(part, Badge)]
    headline = glossary.mark(Markup("").join(spoken))
    head = glossary.mark(page.blocks(document.head, "Answer", "card"))
    sections = glossary.mark(page.sections(document.sections))
    style = read_asset("templates", "report.css") + (read_asset("templates", "profile.css") if page.has_profile else "")
    scripts = {
        "plotly": read_asset("static", "plotly-basic.min.js") if page.figures else "",
        "draw": read_asset("templates", "report.js") if page.figures else "",
        "flame": read_asset("templates", "flame.js") if page.flames else "",
        "sort": read_asset("templates", "sort.js") if page.has_keys else "",
        "save": read_saving() if document.sections else "",
    }
    return (
        environment()
        .get_template("page.html.j2")
        .render(
            document=document,
            title=_title(document),
            badges=[part for part in inlines(document.answer) if isinstance(part, Badge)],
            headline=headline,
            level=_level(document.answer, document.head),
            head=head,
            sections=sections,
            words=glossary.notes,
            said=_said,
            figures=page.figures,
            flames=page.flames,
            whole=embed_document(whole) if whole and document.sections else None,
            policy=make_policy([text for text in scripts.values() if text], [style, *([EMPTY_STYLE] if page.figures else [])]),
            style=Markup(style),
            scripts={name: Markup(text) for name, text in scripts.items()},
        )
    )


def _title(document: Document) -> str:
    """The verdict in a word, if there is one, else the answer: for a tab or a list of pages."""
    parts = inlines(document.answer)
    verdict = [part.text for part in parts if isinstance(part, Badge)] or [part.text for part in parts]
    return f"{' '.join(verdict).rstrip('.').replace('`', '')}: gclog {document.name}"


def _level(answer: Said, blocks: Iterable[Block]) -> str:
    """The colour of a card: of the first verdict in it, else of the answer."""
    lines = [line for block in blocks if isinstance(block, Lines) for line in block.lines]
    parts = [part for said in (answer, *lines) for part in inlines(said)]
    return LEVELS[next((part.tone for part in parts if isinstance(part, Badge)), parts[0].tone if parts else "")]


@functools.cache
def _macros() -> Any:
    """The macros of the blocks and sections."""
    return environment().get_template("blocks.html.j2").make_module({"said": _said, "levels": LEVELS, "most": MOST_ROWS})


def _all_blocks(document: Document) -> Iterator[Block]:
    """Those that a page shows."""
    yield from _opened(document.head)
    waiting = list(document.sections)
    while waiting:
        section = waiting.pop()
        if "html" not in section.not_in:
            yield from _opened(section.blocks)
            waiting += section.parts


def _opened(blocks: Iterable[Block]) -> Iterator[Block]:
    """The blocks, in place of those that some forms alone show what is in them."""
    for block in blocks:
        if not isinstance(block, Only):
            yield block
        elif "html" in block.forms:
            yield from _opened(block.blocks)


class _Page:
    """A page in the making: it collects what its scripts will draw. Points and boxes are shared out among the pictures."""

    def __init__(self, document: Document) -> None:
        blocks = list(_all_blocks(document))
        live = sum(isinstance(block, Drawing) and block.live for block in blocks)
        flames = sum(isinstance(block, Flame) for block in blocks)
        self._points, self._boxes = LIVE_POINTS // max(live, 1), BOXES // 2 // max(flames, 1)
        self.has_profile = any(isinstance(block, Flame | Tree) for block in blocks)
        self.has_keys = any(isinstance(block, Table) and block.keys for block in blocks)
        self.figures: dict[str, Any] = {}
        self.flames: dict[str, Any] = {}

    def sections(self, sections: Sequence[Section], are_parts: bool = False) -> Markup:
        """Those that are for a page, the leading ones first. Parts of several sections have the same titles: they name no landmarks."""
        shown = [section for section in sections if "html" not in section.not_in]
        return Markup("").join(self._section(one, are_parts) for one in sorted(shown, key=lambda section: not section.leads))

    def _section(self, section: Section, is_part: bool) -> Markup:
        content = self.blocks(section.blocks, section.title, "card" if section.answer else "")
        if not content and section.blocks and not section.answer:
            return Markup()
        parts = self.sections(section.parts, are_parts=True)
        html: Markup = _macros().section(section, content, parts, _level(section.answer, ()), is_part)
        return html

    def blocks(self, blocks: Iterable[Block], title: str, place: str = "") -> Markup:
        """Blocks below a title, which names those of them that need a name. `place`: whether they are in a card."""
        label = title.replace("`", "")
        return Markup("").join(self._block(block, label, place) for block in blocks)

    def _block(self, block: Block, label: str, place: str) -> Markup:
        macros = _macros()
        match block:
            case Facts():
                html: Markup = macros.facts(block, label, place)
            case Table():
                html = macros.table(block, block.name or label, _head_column(block))
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
                html = _tree(block)
            case Drawing():
                html = self._drawing(block)
            case Flame():
                html = self._flame(block)
            case Source():
                html = macros.source(block, label)
            case Ticket():
                html = macros.ticket(block.key, escape(render_card(block.answer, block.blocks)))
            case Only(blocks=inner, forms=forms, fold=fold):
                content = self.blocks(inner, label, place) if "html" in forms else Markup()
                html = macros.fold(fold, content) if fold else content
            case _:
                assert_never(block)
        return html

    def _drawing(self, drawing: Drawing) -> Markup:
        picture = _picture(drawing, POINTS if not drawing.live else min(POINTS, self._points))
        if picture is None:
            if drawing.strips is not None:
                return self._block(drawing.strips, drawing.title, "")
            instead = f"{drawing.title}: {drawing.instead}" if drawing.title else drawing.instead
            return Markup('<p class="soft">{}</p>\n').format(set_prose(instead)) if instead else Markup()
        key = drawing.key or "-".join(filter(None, (drawing.picture, drawing.title.lower())))
        if drawing.live:
            self.figures[key] = draw_plotly(_picture(drawing, self._points) or picture)
        html: Markup = _macros().drawing(drawing, picture, key, draw_svg(picture, key))
        return html

    def _flame(self, flame: Flame) -> Markup:
        profile, unit = weigh(flame.report)
        down, up = top_down_flame(profile, self._boxes), bottom_up_flame(profile, self._boxes)
        time = time_order_flame(flame.report.profile, TIME_BOXES) if isinstance(flame.report, ProfileReport) else None
        self.flames[flame.key] = flame_data(profile, down, up, unit, time)
        static = top_down_flame(profile, STATIC_BOXES)
        categories: list[tuple[str, str]] = [(one, CATEGORY_NAMES[one]) for one in shown_categories(profile, down)]
        if unit == "parts":
            categories = list(CHANGE_NAMES.items())
        drawn = draw_flame_svg(profile, static, f"{flame.key}-flames", unit)
        cut = cut_sentence(static, unit)
        html: Markup = _macros().flame(flame.key, drawn, cut, categories, WIDTHS[unit], time is not None)
        return html


def _head_column(table: Table) -> int:
    """The column that names a row: the first that is no figure, if there is one."""
    names = (at for at, one in enumerate(table.columns) if not one.figures and "html" not in one.not_in)
    return next(names, 0)


# ---------------------------------------------------------------- within a line


def _said(said: Said, toned: bool = True) -> Markup:
    """A line. Not `toned`: in a cell that shows by its place how its words are meant."""
    return Markup(" ").join(_inline(part, toned) for part in inlines(said))


def _inline(part: Inline, toned: bool) -> Markup:
    match part:
        case Words(text=text, to=to):
            html = Markup('<a href="#{}">{}</a>').format(to, set_prose(text)) if to else set_prose(text)
        case Code(text=text, whole=whole, to=to):
            title = Markup(' title="{}"').format(show(whole)) if whole and whole != text else Markup()
            html = Markup('<code dir="ltr"{}>{}</code>').format(title, show(text))
            html = Markup('<a href="#{}">{}</a>').format(to, html) if to else html
        case Badge(text=text):
            return Markup('<span class="level of-{}">{}</span>').format(LEVELS[part.tone], show(text))
        case _:
            assert_never(part)
    return Markup('<span class="said-{}">{}</span>').format(part.tone, html) if part.tone and toned else html


# ---------------------------------------------------------------- pictures


def _picture(drawing: Drawing, points: int) -> Picture | None:
    """What is drawn of a process or a profile; that of a heap on one scale with the one beside it."""
    of = drawing.of
    if isinstance(of, ProcessReport):
        match drawing.picture:
            case "pauses":
                return draw_pauses(of, points)
            case "gc-share":
                return draw_gc_share(of)
            case "memory":
                return draw_memory(of)
            case "grows-with":
                return draw_grows_with(of)
            case _:
                picture = draw_heap(of, points)
                beside = None if drawing.beside is None else draw_heap(drawing.beside, points)
                return picture if picture is None or beside is None else put_on_one_scale(picture, beside)
    match drawing.picture:
        case "committed":
            return draw_committed(of)
        case "joined-pauses":
            return draw_joined_pauses(of)
        case _:
            return draw_states(of)


# ---------------------------------------------------------------- call paths


def _tree(tree: Tree) -> Markup:
    """Nested lists. Their ends are kept here and not by recursion: a stack may be deeper than Python's own."""
    line = _macros().line
    parts = [Markup('<ul class="card tree">\n')]
    ends: list[tuple[int, Markup]] = []
    for at, row in enumerate(tree.rows):
        while ends and ends[-1][0] >= row.depth:
            parts.append(ends.pop()[1])
        is_forked = at + 1 < len(tree.rows) and tree.rows[at + 1].depth > row.depth
        first, *chain = (line(node, row, tree) for node in row.nodes)
        if not is_forked and not chain:
            parts.append(Markup('<li><div class="leaf">{}</div></li>\n').format(first))
            continue
        opened = Markup(" open" if row.share >= OPEN_SHARE else "")
        parts.append(Markup("<li><details{}><summary>{}</summary>\n").format(opened, first))
        parts += [Markup('<div class="chain">{}</div>\n').format(one) for one in chain]
        if is_forked:
            parts.append(Markup("<ul>\n"))
            ends.append((row.depth, _rest_of(tree, row) + Markup("</ul>\n</details></li>\n")))
        else:
            parts.append(Markup("</details></li>\n"))
    return Markup("").join([*parts, *(end for _, end in reversed(ends)), Markup("</ul>\n")])


def _rest_of(tree: Tree, row: Path) -> Markup:
    """The branches without a row."""
    if not row.rest or not tree.left_out:
        return Markup()
    return Markup('<li class="rest">{}: {}</li>\n').format(set_prose(tree.left_out), units.amount(row.rest, tree.unit))
