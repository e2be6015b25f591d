"""When the collections of a process were, by the wall clock: by the dates of their lines, or of the application's lines between them."""

from __future__ import annotations

from gclog.incident.context import SourceContext
from gclog.processes.rows import Rows
from gclog.processes.wall_clock import start_by_dates, start_by_lines
from gclog.source.unwrap import unwrap

__all__ = ["start_of"]

MOST_DATED = 500
"""Upper bound on the application's lines whose dates are compared with the collections beside them."""

MOST_LINES = 20_000
"""Upper bound on the lines among which these are looked for."""


def start_of(context: SourceContext, rows: Rows) -> float | None:
    """When V8's clock was 0, ms since 1970 UTC; None if no line says."""
    rows = rows.known("at_ms")
    if rows.says("wall_ms"):
        return start_by_dates(rows.known("wall_ms"))
    if not len(rows) or not context.counted.lines.foreign:
        return None
    return start_by_lines(rows, _dated_lines(context, rows.line(0), rows.line(-1)))


def _dated_lines(context: SourceContext, first: int, last: int) -> list[tuple[int, float]]:
    """The application's lines with a date between two lines of the source; the collections have none."""
    found: list[tuple[int, float]] = []
    for block in context.source.blocks():
        for place, text in enumerate(block.data.split(b"\n")):
            line = block.first_line + place
            if line >= min(last, first + MOST_LINES) or len(found) == MOST_DATED:
                return found
            if line > first and (wall_ms := _date(text)) is not None:
                found.append((line, wall_ms))
    return found


def _date(text: bytes) -> float | None:
    return unwrap(text)[0].wall_ms if text.strip() else None
