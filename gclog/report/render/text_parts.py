"""The pieces that a text report is put together from, by rich. Text of the log enters through `log_text` alone."""

from __future__ import annotations

import io
from collections.abc import Iterable

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gclog.report.visible import cut, make_visible

__all__ = ["LONGEST_TEXT", "ascii_only", "bar", "grid", "heading", "indented", "log_text", "print_parts", "spark"]

LONGEST_TEXT = 2000
"""Characters of a message shown in full before it is cut."""

RAMP = "▁▂▃▄▅▆▇█"
"""Shares from little to all; none is a blank."""

ASCII_FOR = str.maketrans(
    {"–": "-", "…": ".", "→": ">", "←": "<", "·": "|", "─": "-", "×": "x", "▏": "|"} | dict(zip(RAMP, ".:-=+*%#", strict=True))
)
"""One character for one, so that no line gets longer than the width; what else is not ASCII becomes `?`."""


def print_parts(parts: Iterable[RenderableType], *, width: int, colour: bool, unicode: bool) -> str:
    """The parts one below the other, lines of at most `width` columns.

    colour   with ANSI colours (the sixteen that follow the terminal's theme)
    unicode  the output can carry characters beyond ASCII
    """
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
    for part in parts:
        console.print(part)
    text = "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"
    return text if unicode else ascii_only(text)


def ascii_only(text: str) -> str:
    """The text for an output that carries nothing beyond ASCII."""
    return text.translate(ASCII_FOR).encode("ascii", "replace").decode("ascii")


def log_text(text: str, style: str = "", length: int = LONGEST_TEXT) -> Text:
    """Text that may come from the log."""
    return Text(cut(make_visible(text), length), style=style, overflow="fold")


def heading(title: str) -> Text:
    """The title of a section."""
    return Text(f"\n{title}", style="bold underline")


def indented(part: RenderableType, by: int = 2) -> Padding:
    """A part moved to the right."""
    return Padding(part, (0, 0, 0, by))


def grid(rows: Iterable[tuple[Text, ...]]) -> Table:
    """Rows whose first column is never broken."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    for row in rows:
        table.add_row(*row)
    return table


def bar(share: float, width: int) -> str:
    """A bar of at most `width` characters; what is too little for one is a thin line, nothing is nothing."""
    filled = round(min(share, 1.0) * width)
    return RAMP[-1] * filled if filled else ("▏" if share > 0 else "")


def spark(share: float) -> str:
    """A share as one character."""
    return RAMP[min(int(share * len(RAMP)), len(RAMP) - 1)] if share > 0 else " "
