"""Shares and series drawn in characters: a bar a row, a character a slice of time."""

from __future__ import annotations

from rich.table import Table as Grid
from rich.text import Text

from gclog import units
from gclog.report.document import Shares, Strips
from gclog.report.render.text_inline import log_text, said_text

__all__ = ["RAMP", "draw_shares", "draw_strips"]

LABEL_WIDTH, BAR_WIDTH = 24, 24
STRIP_LABEL_WIDTH, STRIP_FIGURE_WIDTH = 16, 12

RAMP = "▁▂▃▄▅▆▇█"
"""Shares from little to all; none is a blank."""


def draw_shares(shares: Shares) -> Grid:
    grid = Grid.grid(padding=(0, 2))
    grid.add_column(no_wrap=True, overflow="ellipsis", min_width=LABEL_WIDTH)
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column(no_wrap=True, width=BAR_WIDTH)
    grid.add_column(overflow="fold")
    for row in shares.rows:
        figure = units.figure(row.count, shares.unit)
        if row.share is None:
            grid.add_row(log_text(f"  {row.label}", "dim"), Text(figure, style="dim"))
        else:
            share, bar = Text(units.percent(row.share), style="bold"), Text(_bar(row.share), style="blue")
            grid.add_row(said_text(row.label, "ellipsis"), Text(figure), share, bar, log_text(row.note, "dim"))
    return grid


def _bar(share: float) -> str:
    """What is too little for one character is a thin line, nothing is nothing."""
    filled = round(min(share, 1.0) * BAR_WIDTH)
    return RAMP[-1] * filled if filled else ("▏" if share > 0 else "")


def draw_strips(strips: Strips, width: int) -> Grid:
    """A character a slice; neighbouring slices are put together until they fit."""
    slices = len(strips.whole)
    step = -(-slices // max(width - 2 - LABEL_WIDTH - STRIP_FIGURE_WIDTH, 1)) or 1
    groups = [slice(at, at + step) for at in range(0, slices, step)]
    grid = Grid.grid(padding=(0, 2))
    grid.add_column(no_wrap=True, min_width=STRIP_LABEL_WIDTH)
    has_figures = any(row.figure for row in strips.rows)
    if has_figures:
        grid.add_column(justify="right", no_wrap=True)
    grid.add_column(no_wrap=True)
    for row in strips.rows:
        drawn = "".join(_spark(sum(row.values[group]) / (sum(strips.whole[group]) or 1)) for group in groups)
        figure = [log_text(row.figure, "bold")] if has_figures else []
        grid.add_row(log_text(row.label), *figure, Text(drawn, style="red" if row.tone == "bad" else "blue"))
    if strips.first or strips.last:
        axis = Text(f"{strips.first}  {strips.last.rjust(len(groups) - len(strips.first) - 2)}", style="dim")
        grid.add_row(*[Text()] * (1 + has_figures), axis)
    return grid


def _spark(share: float) -> str:
    return RAMP[min(int(share * len(RAMP)), len(RAMP) - 1)] if share > 0 else " "
