"""A document for a terminal, by rich. Without colour it is plain text, without escape codes and without trailing blanks.

Text of the log is shown literally, in `rich.text.Text`: no markup in it is read, and its control characters are shown, not
sent (`gclog.report.visible`). It enters through `log_text` alone.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import assert_never

from rich import box
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text

from gclog import units
from gclog.model.report import ProcessReport
from gclog.report.document import (
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
    Said,
    Section,
    Shares,
    Source,
    Strips,
    Table,
    Ticket,
    Tree,
    Words,
)
from gclog.report.draw.braille import plot_heap
from gclog.report.render.text_bars import RAMP, draw_shares, draw_strips
from gclog.report.render.text_inline import LONGEST_QUOTE, LONGEST_TEXT, STYLES, log_text, said_text
from gclog.report.visible import cut, cut_middle, make_visible

__all__ = ["LEAST_WIDTH", "PLAIN_WIDTH", "STYLES", "log_text", "render"]

PLAIN_WIDTH = 100
"""Columns if there is no terminal to ask: a pipe, a file."""

LEAST_WIDTH = 60
"""Narrower than this, the tables would be a word a line."""

WHOLE_FIGURES_WIDTH = 72
"""Narrower than this, figures are broken over lines too, so that none is cut."""

FIGURES_WIDTH = 32
"""Columns that the figures of a table with names take, gaps included."""

TREE_FIGURES = 15
"""Columns that the share of a row of a tree takes, with all gaps and the indent."""

LEAST_ROOM = 20
"""Columns for a row of a tree, however deep it is."""

SENTENCES = 5
"""Rows of a ranking whose verdict is put into words."""

PLOT_STYLES = {"axis": "dim", "after": "blue", "live": "bold magenta", "limit": "red", "death": "bold red"}

ASCII_FOR = str.maketrans(
    {"–": "-", "…": ".", "→": ">", "←": "<", "·": "|", "─": "-", "×": "x", "▏": "|"} | dict(zip(RAMP, ".:-=+*%#", strict=True))
)
"""One character for one, so that no line gets longer than the width; whatever else is not ASCII becomes `?`."""


def render(document: Document, *, width: int = PLAIN_WIDTH, colour: bool = False, unicode: bool = True) -> str:
    """The document as text, lines of at most `width` columns.

    colour   with ANSI colours (the sixteen that follow the terminal's theme)
    unicode  the output can carry characters beyond ASCII
    """
    width = max(width, LEAST_WIDTH)
    out = io.StringIO()
    console = Console(
        file=out,
        width=width,
        force_terminal=colour,
        color_system="standard" if colour else None,
        no_color=not colour,
        markup=False,
        highlight=False,
        emoji=False,
        legacy_windows=False,
        _environ={},
    )
    for part in _document(document, width, unicode):
        console.print(part)
    text = "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"
    return text if unicode else text.translate(ASCII_FOR).encode("ascii", "replace").decode("ascii")


def _document(document: Document, width: int, unicode: bool) -> Iterable[RenderableType]:
    if document.title:
        yield log_text(document.title, "bold")
    yield from map(log_text, document.note.splitlines())
    if document.title or document.note:
        yield Text()
    yield from _opened(document.answer, document.head, width, unicode)
    for section in document.sections:
        yield from _section(section, width, unicode)
    yield Text()
    yield log_text(f"gclog {document.version}" + (f": {document.command}" if document.command else ""), "dim")


def _section(section: Section, width: int, unicode: bool) -> Iterable[RenderableType]:
    if "text" not in section.not_in:
        yield Text(f"\n{cut(make_visible(section.title), LONGEST_TEXT)}", style="bold underline")
        yield from _opened(section.answer, section.blocks, width, unicode)
        for part in section.parts:
            yield from _section(part, width, unicode)


def _opened(answer: Said, blocks: Sequence[Block], width: int, unicode: bool) -> Iterable[RenderableType]:
    """Blocks, below what they come to, if there is such a thing."""
    if answer:
        yield said_text(answer)
    if answer and blocks:
        yield Text()
    for block in _merged(blocks):
        yield from _block(block, width, unicode)


def _merged(blocks: Iterable[Block]) -> Iterable[Block]:
    """The blocks, facts that follow one another as one: they share their columns."""
    for kind, group in itertools.groupby(blocks, lambda block: type(block)):
        if kind is Facts:
            facts = [block for block in group if isinstance(block, Facts)]
            yield Facts(tuple(row for block in facts for row in block.rows[-block.latest :]), deep=facts[0].deep)
        else:
            yield from group


def _block(block: Block, width: int, unicode: bool) -> Iterable[RenderableType]:
    match block:
        case Facts(rows=rows, deep=deep):
            yield _indented(_facts(rows), 2 + 2 * deep)
        case Table():
            yield from map(_indented, _table(block, width))
        case Ranking(rows=ranked, most=most, where=where):
            yield _indented(_ranking(block))
            yield from _rest(len(ranked), most, where)
        case Bullets(items=items, most=most):
            yield from map(_bullet, items[:most])
            yield from _rest(len(items), most)
        case Lines(not_in=not_in):
            yield from () if "text" in not_in else _lines(block)
        case Quotes():
            yield from _quotes(block)
        case Finding():
            yield from _finding(block)
        case Shares():
            yield _indented(draw_shares(block))
        case Strips():
            yield _indented(draw_strips(block, width))
        case Tree():
            yield _indented(_tree(block, width))
        case Drawing():
            yield from map(_indented, _drawing(block, width, unicode))
        case Source():
            yield from _source(block)
        case Only(blocks=blocks, forms=forms):
            yield from () if "text" not in forms else (part for one in _merged(blocks) for part in _block(one, width, unicode))
        case Flame() | Ticket():
            pass  # a page's alone
        case _:
            assert_never(block)


# ---------------------------------------------------------------- within a line


def _indented(part: RenderableType, by: int = 2) -> Padding:
    return Padding(part, (0, 0, 0, by))


def _more(hidden: int) -> Text:
    return Text(f"and {units.count(hidden)} more", style="dim")


def _rest(count: int, most: int | None, where: str = "") -> Iterable[RenderableType]:
    """What is said of the rows that are not shown."""
    if most is not None and count > most:
        yield _indented(log_text(f"the first {most} of {units.count(count)}" + (f"; {where}" if where else ""), "dim"))


# ---------------------------------------------------------------- blocks


def _facts(rows: Iterable[Sequence[Said]]) -> Grid:
    """Rows whose label is never broken."""
    grid = Grid.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    for row in rows:
        grid.add_row(*map(said_text, row))
    return grid


def _bullet(item: Said) -> Grid:
    grid = Grid.grid(padding=(0, 1))
    grid.add_column(no_wrap=True)
    grid.add_row(Text("  -"), said_text(item))
    return grid


def _lines(block: Lines) -> Iterable[RenderableType]:
    by = 2 + 2 * block.deep
    if block.title:
        yield _indented(log_text(block.title))
        by += 2
    yield from (_indented(said_text(line), by) for line in block.shown)
    if len(block.lines) > len(block.shown):
        yield _indented(_more(len(block.lines) - len(block.shown)), by)


def _quotes(block: Quotes) -> Iterable[RenderableType]:
    if block.title:
        yield _indented(log_text(block.title))
    rows = ((Words(units.count(line.line), "faint"), Words(line.text, "quoted")) for line in block.lines)
    yield _indented(_facts(rows), 4)


def _finding(finding: Finding) -> Iterable[RenderableType]:
    title = Text(overflow="fold")
    title.append(f"{finding.severity.text.upper():<8}", style=STYLES[finding.severity.tone])
    title.append_text(log_text(finding.title, "bold"))
    title.append_text(log_text(f"  {finding.id}, confidence {finding.confidence}", "dim"))
    yield _indented(title)
    rows: list[tuple[Said, ...]] = [("observed", finding.observed), ("threshold", finding.threshold)]
    if finding.evidence:
        first, *others = finding.evidence
        rows.append((f"line {units.count(first.line)}", Words(first.text, "quoted")))
        if others:
            rows.append(("and lines", ", ".join(units.count(line.line) for line in others)))
    yield _indented(_facts([*rows, ("do", finding.remedy)]), 10)


def _table(table: Table, width: int) -> Iterable[RenderableType]:
    grid = Grid(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=not table.dense, padding=(0, 1), header_style="bold")
    shown = [place for place, column in enumerate(table.columns) if "text" not in column.not_in]
    columns = [table.columns[place] for place in shown]
    for column in columns:
        grid.add_column(
            column.title,
            justify="right" if column.figures else "left",
            no_wrap=not column.wraps and (bool(column.share) or width >= WHOLE_FIGURES_WIDTH),
            overflow="fold",
            min_width=column.least or None,
            max_width=_most_of(column, width) or None,
        )
    for row in table.rows[: table.most]:
        cells = [_shortened(row[at], column, width) for at, column in zip(shown, columns, strict=True)]
        grid.add_row(
            *(said_text(cell, "ellipsis" if column.share else "fold") for cell, column in zip(cells, columns, strict=True))
        )
    yield grid
    yield from [said_text(table.rest)] if table.rest else _rest(len(table.rows), table.most)
    if table.legend:
        yield log_text(table.legend, "dim")


def _shortened(cell: Said, column: Column, width: int) -> Said:
    """A cell whose end is what matters, cut in its middle if it is longer than its column can be."""
    if column.ends and isinstance(cell, Code):
        return replace(cell, text=cut_middle(make_visible(cell.text), _most_of(column, width)))
    return cell


def _most_of(column: Column, width: int) -> int:
    return int((width - FIGURES_WIDTH) * column.share)


def _ranking(ranking: Ranking) -> Grid:
    """Names are long and figures many: each row has a line for its name and one for its figures; the first, the verdict too."""
    grid = Grid.grid(padding=(0, 2))
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for place, row in enumerate(ranking.rows[: ranking.most], 1):
        level = log_text(row.level.text.lower(), STYLES[row.level.tone])
        grid.add_row(Text(str(place)), level, Text("\n").join(_ranked(ranking, row, place <= SENTENCES)))
    return grid


def _ranked(ranking: Ranking, row: Ranked, with_sentence: bool) -> Iterable[Text]:
    yield log_text(row.name, "bold")
    if with_sentence:
        yield log_text(row.sentence)
    figures = zip(ranking.figures, row.figures, strict=True)
    yield log_text(" · ".join(f"{title} {figure}" for title, figure in figures if figure != units.NO_FIGURE), "dim")
    yield from (log_text(f"note: {note}") for note in row.notes)


def _tree(tree: Tree, width: int) -> Grid:
    grid = Grid.grid(padding=(0, 2))
    grid.add_column(justify="right", no_wrap=True, min_width=len(units.percent(0.5)))
    grid.add_column(justify="right", no_wrap=True, min_width=len(units.figure(tree.whole, tree.unit)))
    grid.add_column(no_wrap=True, overflow="ellipsis")
    for row in tree.rows:
        share = Text(units.percent(row.share), style="" if row.depth else "bold")
        room = width - TREE_FIGURES - len(units.figure(tree.whole, tree.unit)) - 2 * row.depth
        nodes = Text("  " * row.depth, overflow="ellipsis").append_text(_way(tree, row, room))
        grid.add_row(share, Text(units.figure(row.count, tree.unit), style="dim"), nodes)
    return grid


def _way(tree: Tree, row: Path, room: int) -> Text:
    """A row of a tree: of a long one the first calls and the last, whose place is kept."""
    text = said_text(tree.said(row))
    for kept in range(len(row.nodes) - 2, 0, -1):
        if text.cell_len <= room:
            break
        text = said_text(tree.said(replace(row, nodes=(*row.nodes[:kept], Node("…"), row.nodes[-1]))))
    return text if text.cell_len <= room else Text(cut_middle(text.plain, max(room, LEAST_ROOM)))


def _drawing(drawing: Drawing, width: int, unicode: bool) -> Iterable[RenderableType]:
    if drawing.strips is not None:
        yield draw_strips(drawing.strips, width)
        return
    process = drawing.of if drawing.picture == "heap" and isinstance(drawing.of, ProcessReport) else None
    lines = () if process is None else plot_heap(process, width=width - 2, braille=unicode)
    if drawing.instead and not lines:
        yield log_text(drawing.instead)
    for line in lines:
        text = Text(no_wrap=True, overflow="crop")
        for part, role in line:
            text.append(part, style=PLOT_STYLES[role])
        yield text


def _source(source: Source) -> Iterable[RenderableType]:
    yield _indented(log_text(source.path, "bold"))
    yield _indented(log_text(source.account), 4)
    for shape in source.unread:
        row = Text("unread ", style="yellow", overflow="fold")
        row.append(f"{units.count(shape.count)} × from line {units.count(shape.first_line)}: ")
        row.append_text(log_text(shape.sample, "italic", LONGEST_QUOTE))
        row.append(f" ({cut(make_visible(shape.why), LONGEST_QUOTE)})", style="dim")
        yield _indented(row, 4)
    for note in source.notes:
        yield _indented(log_text(f"note: {note}"), 4)
