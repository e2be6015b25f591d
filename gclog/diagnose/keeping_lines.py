"""What the live set grows with, in words: which lines of the application keep memory, how much, and what to do about it."""

from __future__ import annotations

from gclog import units
from gclog.model.grows_with import GrowsWith, KeepingLines
from gclog.model.report import JudgedProcess

__all__ = ["advise_on_lines", "name_lines", "quote_line", "say_kept"]


def quote_line(line: KeepingLines) -> str:
    """The label as code, so without what would end that."""
    return f"`{line.label.replace('`', chr(39))}`"


def name_lines(grows: GrowsWith) -> str:
    """`POST /cart`, or several if the log does not tell them apart: "`GET /a` or `GET /b`"."""
    return " or ".join(map(quote_line, grows.lines))


def say_kept(grows: GrowsWith) -> str:
    """How much stays for each line: `about 122 KB (90 %: 119 to 125)`; of several, for each of the first."""
    first = grows.lines[0]
    amount, low, high = units.amounts_kb(first.kb_per_line, first.low_kb, first.high_kb)
    return f"about {amount} (90 %: {low} to {high})"


def advise_on_lines(process: JudgedProcess) -> str:
    """Where to look. Empty if no line keeps memory."""
    match process.grows_with:
        case GrowsWith() as grows:
            return f"Look at what {name_lines(grows)} keeps once it is done: {say_kept(grows)} each time."
        case _:
            return ""
