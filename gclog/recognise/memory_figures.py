"""Figures of memory as programs print them, in MB: which unit a number has that is printed without one, and when it was printed."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import NamedTuple

from gclog.grammar.compile import LineRule, compile_grammar
from gclog.model.records import MemoryFigure
from gclog.recognise.convert import known_number
from gclog.source.json_lines import epoch_ms
from gclog.source.unwrap import wall_of
from gclog.units import BYTES_PER_MB, KB_PER_MB

__all__ = ["LoneFigure", "column_names", "lone_figure", "moment_of", "row_cells", "usage_values"]

MB_PER_UNIT = {"b": 1 / BYTES_PER_MB, "k": 1 / KB_PER_MB, "m": 1.0, "g": 1024.0}
"""By the first letter of a unit. People divide by 1024 and write KB, KiB, kB or K."""

LEAST_IN_BYTES = 65_536
"""A number without a unit is in bytes from here on, below it in MB: no heap and no process is as small as 64 KiB, and none as
large as 64 GiB in practice. All numbers of a line have the same unit: beside `rss: 26660864`, `external: 8707` is in bytes too."""

FIGURE_OF = {"spoken_usage": "spoken_figure", "test_usage": "test_figure"}
"""The rule of the figures in the lines of a rule, if it is not `figure`."""

FIELD_OF = {"heap": "heap_used", "configured": "heap_limit"}
"""The field of MemoryUsage of a figure, if it is not its name."""

_SHARE = re.compile(r"\(?[0-9]++(?:\.[0-9]++)?[ \t]*%[^()\n]{0,40}\)?|\([0-9]{4,}[ \t]*(?:bytes|B)\)")
"""What is put after a figure: `(47.2%)`, `(47% of limit)`, `(174804992 bytes)`."""

_DRAWN = re.compile(r"[\s,;:|│┃*•·>\"'`\-–—└├]+")
"""What is drawn around a figure: bullets, the lines of a table, quotes."""

_ISO = re.compile(r"(?<!\d)\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?(?:Z|UTC|GMT|[+-]\d\d:?\d\d))?(?!\w)")

_MOMENT = re.compile(
    r"(?<![A-Za-z0-9_.])@?(?:timestamp|timeStamp|time|ts|t|date|datetime|epoch|at|now)(?:_?[mM]s)?\\*[\"']?[ \t]*[:=][ \t]*\\*[\"']?"
    r"(\d{10,19}(?:\.\d{1,9})?)(?![\d.])"
)
"""A member of an object, or a key of logfmt, that is a time since 1970."""


_LOCAL = re.compile(r"(?<![\d/])(\d{1,2})/(\d{1,2})/(\d{4}), (\d{1,2}):(\d\d):(\d\d) ([AP])M(?!\w)")
"""`new Date().toLocaleString()` in Node's default locale, which puts the month first: `8/24/2025, 4:46:59 PM`."""


def moment_of(text: str) -> float | None:
    """When a line with figures was printed, ms since 1970, if it names the moment: a date, or a time since 1970 by its key."""
    if (found := _MOMENT.search(text)) is not None:
        digits = found[1]
        return epoch_ms(int(digits) if digits.isdecimal() else float(digits))
    if (date := _ISO.search(text)) is not None:
        return wall_of(date[0])
    if (found := _LOCAL.search(text)) is not None:
        month, day, year, hour = (int(found[group]) for group in range(1, 5))
        noon = 12 if found[7] == "P" else 0
        return wall_of(f"{year:04}-{month:02}-{day:02} {hour % 12 + noon:02}:{found[5]}:{found[6]}")
    return None


@functools.cache
def _rules() -> dict[str, LineRule]:
    return {rule.name: rule for rule in compile_grammar("memory_usage").rules if rule.record is MemoryFigure}


def _figures(text: str, rule: str) -> Iterator[tuple[str, float, float | None]]:
    """The figures of a line: name, number, and MB per unit if a unit is given. Without those whose number no field holds."""
    reads = _rules()[FIGURE_OF.get(rule, "figure")]
    for found in reads.part_pattern.finditer(text):
        fields = reads.fields_of(found, text)
        unit = fields.get("unit") or fields.get("name_unit", "").strip("_ \t()")
        number = known_number(float(fields["amount"].replace(",", "").replace("_", "")))
        if number is None:
            continue
        name = fields.get("name", "heap_used")
        yield FIELD_OF.get(name, name), number, MB_PER_UNIT[unit[0].lower()] if unit else None


def usage_values(text: str, rule: str) -> dict[str, float] | None:
    """The figures of a line by the names of MemoryUsage's fields, MB; `rule` is the one that read the line.

    Of several figures with one name the first counts: `heapUsed 12 MB (was 11 MB)`. None if none of its numbers can be one.
    """
    found = list(_figures(text, rule))
    bare = max((number for _, number, unit in found if unit is None), default=0.0)
    mb_per_bare = MB_PER_UNIT["b" if bare >= LEAST_IN_BYTES else "m"]
    values: dict[str, float] = {}
    for name, number, unit in found:
        values.setdefault(f"{name}_mb", number * (mb_per_bare if unit is None else unit))
    return values or None


class LoneFigure(NamedTuple):
    """The only figure of a line. `around`: the words around it; lines with the same are of one reading."""

    name: str
    around: str


def lone_figure(text: str) -> LoneFigure | None:
    """The figure of a line that has one and no more; None for any other line."""
    rule = _rules()["figure"]
    found = list(rule.part_pattern.finditer(text))
    if len(found) != 1:
        return None
    name = rule.fields_of(found[0], text)["name"]
    around = _SHARE.sub(" ", f"{text[: found[0].start()]} {text[found[0].end() :]}")
    return LoneFigure(FIELD_OF.get(name, name), _DRAWN.sub(" ", around).strip())


def column_names(text: str) -> tuple[str, ...]:
    """The cells of a row of console.table() if it is the head of columns two of which are figures; else empty."""
    cells = row_cells(text)
    figures = [cell for cell in cells if lone_figure(f"{cell}: 1 MB") is not None]
    return cells if len(figures) > 1 else ()


def row_cells(text: str) -> tuple[str, ...]:
    """The cells of a row of console.table(); empty for any other line."""
    text = text.strip()
    return tuple(cell.strip() for cell in text[1:-1].split("│")) if text[:1] == text[-1:] == "│" and len(text) > 1 else ()
