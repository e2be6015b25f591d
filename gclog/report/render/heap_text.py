"""Heap snapshots for a terminal, by rich: what grows first, then what holds it, then the constructors."""

from __future__ import annotations

from collections.abc import Iterable

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from gclog.model.heap import Grower, HeapDiff
from gclog.report.render.text_parts import heading, indented, log_text, print_parts
from gclog.report.say import heap as wording

__all__ = ["render_heap_text"]

WIDTH, LEAST_WIDTH = 100, 72
"""Columns without a terminal to ask; narrower than the least, the table would be a word a line."""

LEAST_NAME = 12
"""Columns that a constructor's name gets however long the figures are."""


def render_heap_text(diff: HeapDiff, version: str, *, width: int = WIDTH, colour: bool = False, unicode: bool = True) -> str:
    """The snapshots as text, lines of at most `width` columns.

    colour   with ANSI colours (the sixteen that follow the terminal's theme)
    unicode  the output can carry characters beyond ASCII
    """
    return print_parts(_parts(diff, version), width=max(width, LEAST_WIDTH), colour=colour, unicode=unicode)


def _parts(diff: HeapDiff, version: str) -> Iterable[RenderableType]:
    yield log_text(wording.answer(diff), "bold red" if diff.growers and diff.method != "summary" else "bold")
    yield Text()
    for line in wording.snapshot_lines(diff):
        yield indented(log_text(line))
    yield indented(log_text(f"compared: {wording.METHODS[diff.method]}", "dim"))
    for grower in diff.growers:
        yield from _grower(grower)
    yield heading("Constructors")
    yield indented(_classes(diff))
    yield indented(log_text(wording.legend(diff.method), "dim"))
    steadied = wording.steadied(diff)
    if steadied:
        yield heading("Grew at first, then stopped")
        yield from map(_bullet, steadied)
    if diff.notes:
        yield heading("Before you believe it")
        yield from map(_bullet, diff.notes)
    yield Text()
    yield log_text(f"gclog {version}", "dim")


def _grower(grower: Grower) -> Iterable[RenderableType]:
    yield heading(wording.title(grower))
    for line in wording.details(grower):
        yield indented(log_text(line))
    for depth, line in enumerate(wording.path_lines(grower.path)):
        yield indented(log_text(line, "bold" if depth == len(grower.path) - 1 else ""), 4)


def _classes(diff: HeapDiff) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), header_style="bold")
    table.add_column("Constructor", overflow="fold", min_width=LEAST_NAME)
    for title in wording.columns(diff.method):
        table.add_column(title, justify="right", no_wrap=True)
    for row in wording.class_rows(diff):
        table.add_row(log_text(row.name, "bold" if row.grows else ""), *map(Text, row.cells))
    return table


def _bullet(text: str) -> Table:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(no_wrap=True)
    grid.add_row(Text("  -"), log_text(text))
    return grid
