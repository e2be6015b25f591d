"""A document for a terminal, by rich. Without colour it is plain text, without escape codes and without trailing blanks.

Text of the log is shown literally, in `rich.text.Text`: no markup in it is read, and its control characters are shown, not
sent (`gclog.report.visible`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import assert_never

from rich import box
from rich.console import RenderableType
from rich.table import Table as Grid
from rich.text import Text

from gclog.report.document import (
    Badge,
    Block,
    Bullets,
    Code,
    Document,
    Facts,
    Lines,
    Said,
    Section,
    Table,
    Tone,
    Words,
    inlines,
)
from gclog.report.render.text_parts import heading, indented, log_text, print_parts

__all__ = ["LEAST_WIDTH", "PLAIN_WIDTH", "render"]

PLAIN_WIDTH = 100
"""Columns if there is no terminal to ask: a pipe, a file."""

LEAST_WIDTH = 60
"""Narrower than this, the tables would be a word a line."""

WHOLE_FIGURES_WIDTH = 72
"""Narrower than this, figures are broken over lines too, so that none is cut."""

STYLES: dict[Tone, str] = {
    "": "",
    "strong": "bold",
    "faint": "dim",
    "quoted": "italic",
    "good": "bold green",
    "notice": "bold cyan",
    "warning": "bold yellow",
    "bad": "bold red",
    "fatal": "bold white on red",
}


def render(document: Document, *, width: int = PLAIN_WIDTH, colour: bool = False, unicode: bool = True) -> str:
    """The document as text, lines of at most `width` columns.

    colour   with ANSI colours (the sixteen that follow the terminal's theme)
    unicode  the output can carry characters beyond ASCII
    """
    width = max(width, LEAST_WIDTH)
    return print_parts(_parts(document, width), width=width, colour=colour, unicode=unicode)


def _parts(document: Document, width: int) -> Iterable[RenderableType]:
    if document.answer:
        yield _text(document.answer)
    if document.head:
        yield Text()
    for block in document.head:
        yield from _block(block, width)
    for section in document.sections:
        yield from _section(section, width)
    yield Text()
    yield log_text(f"gclog {document.version}" + (f": {document.command}" if document.command else ""), "dim")


def _section(section: Section, width: int) -> Iterable[RenderableType]:
    yield heading(section.title)
    for block in section.blocks:
        yield from _block(block, width)


def _block(block: Block, width: int) -> Iterable[RenderableType]:
    match block:
        case Facts(rows=rows):
            yield indented(_facts(rows))
        case Table():
            yield from map(indented, _table(block, width))
        case Bullets(items=items):
            yield from map(_bullet, items)
        case Lines(lines=lines, deep=deep):
            yield from (indented(_text(line), 4 if deep else 2) for line in lines)
        case _:
            assert_never(block)


# ---------------------------------------------------------------- within a line


def _text(said: Said) -> Text:
    text = Text(overflow="fold")
    for part in inlines(said):
        style = STYLES[part.tone]
        match part:
            case Words() | Code():
                text.append_text(log_text(part.text, style))
            case Badge():
                text.append_text(log_text(f" {part.text} ", style if part.tone == "fatal" else f"{style} reverse"))
                text.append(" ")
            case _:
                assert_never(part)
    return text


# ---------------------------------------------------------------- blocks


def _facts(rows: Sequence[Sequence[Said]]) -> Grid:
    grid = Grid.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    for row in rows:
        grid.add_row(*map(_text, row))
    return grid


def _bullet(item: Said) -> Grid:
    grid = Grid.grid(padding=(0, 1))
    grid.add_column(no_wrap=True)
    grid.add_row(Text("  -"), _text(item))
    return grid


def _table(table: Table, width: int) -> Iterable[RenderableType]:
    grid = Grid(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), header_style="bold")
    for column in table.columns:
        grid.add_column(
            column.title,
            justify="right" if column.figures else "left",
            no_wrap=not column.wraps and width >= WHOLE_FIGURES_WIDTH,
            overflow="fold",
            min_width=column.least or None,
        )
    for row in table.rows:
        grid.add_row(*map(_text, row))
    yield grid
    if table.legend:
        yield log_text(table.legend, "dim")
