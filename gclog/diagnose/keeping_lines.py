"""What the live set grows with, in words: which lines of the application keep memory, how much, and what to do about it."""

from __future__ import annotations

import itertools
from operator import attrgetter

from gclog import units
from gclog.model.grows_with import GrowsWith, KeepingLines
from gclog.model.report import JudgedProcess

__all__ = ["advise_on_lines", "name_lines", "quote_line", "say_kept"]


def quote_line(text: str) -> str:
    """A label or a counter's name as code, so without what would end that."""
    return f"`{text.replace('`', chr(39))}`"


def name_lines(grows: GrowsWith) -> str:
    """`POST /cart`, or several if the log does not tell them apart: "`GET /a` or `GET /b`", "each of the `pages` or `jobs` in `… done`"."""
    names = [_names_in(label, list(lines)) for label, lines in itertools.groupby(grows.lines, attrgetter("label"))]
    return " or ".join(names)


def _names_in(label: str, lines: list[KeepingLines]) -> str:
    counters = " or ".join(quote_line(line.counter) for line in lines if line.counter)
    if not counters:
        return quote_line(label)
    own = "" if all(line.counter for line in lines) else f"{quote_line(label)} or "
    return f"{own}each of the {counters} in {quote_line(label)}"


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
