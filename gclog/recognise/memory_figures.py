"""Figures of memory as programs print them, in MB: which unit a number has that is printed without one."""

from __future__ import annotations

import functools
from collections.abc import Iterator

from gclog.grammar.compile import LineRule, compile_grammar
from gclog.model.records import MemoryFigure
from gclog.recognise.convert import known_number
from gclog.units import BYTES_PER_MB, KB_PER_MB

__all__ = ["figure_names", "usage_values"]

MB_PER_UNIT = {"b": 1 / BYTES_PER_MB, "k": 1 / KB_PER_MB, "m": 1.0, "g": 1024.0}
"""By the first letter of a unit. People divide by 1024 and write KB, KiB, kB or K."""

LEAST_IN_BYTES = 65_536
"""A number without a unit is in bytes from here on, below it in MB: no heap and no process is as small as 64 KiB, and none as
large as 64 GiB in practice. All numbers of a line have the same unit: beside `rss: 26660864`, `external: 8707` is in bytes too."""


@functools.cache
def _rules() -> dict[str, LineRule]:
    return {rule.name: rule for rule in compile_grammar("memory_usage").rules if rule.record is MemoryFigure}


def _figures(text: str, rule: str) -> Iterator[tuple[str, float, float | None]]:
    """The figures of a line: name, number, and MB per unit if a unit is given. Without those whose number no field holds."""
    reads = _rules()["spoken_figure" if rule == "spoken_usage" else "figure"]
    for found in reads.part_pattern.finditer(text):
        fields = reads.fields_of(found, text)
        unit = fields.get("unit") or fields.get("name_unit", "").strip("_ \t()")
        number = known_number(float(fields["amount"].replace(",", "").replace("_", "")))
        if number is None:
            continue
        yield fields.get("name", "heap_used"), number, MB_PER_UNIT[unit[0].lower()] if unit else None


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


def figure_names(text: str) -> set[str]:
    """The names of the figures in a line that is nothing but figures; empty for any other line."""
    rule = _rules()["figure"]
    names = {rule.fields_of(found, text)["name"] for found in rule.part_pattern.finditer(text)}
    rest = rule.part_pattern.sub("", text)
    return names if not rest.strip(" \t,;") else set()
