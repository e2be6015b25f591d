"""Source maps (version 3): the origin of a line and column of generated JavaScript."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gclog.errors import InputError

__all__ = ["SourceMap"]

_DIGITS = {c: i for i, c in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")}
_PLACE = re.compile(r":([0-9]+):([0-9]+)$")
CONTINUES, VALUE_BITS = 32, 5


class SourceMap:
    """One source map. Raises InputError if the file is not one."""

    def __init__(self, path: Path) -> None:
        try:
            found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8").removeprefix(")]}'"))
            self._sources = [str(found.get("sourceRoot") or "") + str(source) for source in found["sources"]]
            self._entries = sorted(_entries(str(found["mappings"])))
        except OSError as error:
            raise InputError(f"cannot be read: {error.strerror or error}", where=str(path), remedy="Check the file.") from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(
                "is not a version 3 source map", where=str(path), remedy="Give the .map file of the script."
            ) from error

    def original(self, name: str) -> str:
        """A name ending in `:line:column`, prefixed with its location in the sources, as by node's tool."""
        found = _PLACE.search(name)
        if found is None:
            return name
        place = self.place(int(found[1]), int(found[2]))
        return name if place is None else f"{place[0]}:{place[1]}:{place[2]} -> {name}"

    def place(self, line: int, column: int) -> tuple[str, int, int] | None:
        """Source, line and column of a generated line and column, all from 1; None before the map's first entry."""
        position = bisect_right(self._entries, (line - 1, column - 1, 1 << 60)) - 1
        if position < 0:
            return None
        _, _, source, there, column_there = self._entries[position]
        return self._sources[source], there + 1, column_there + 1


def _entries(mappings: str) -> Iterator[tuple[int, int, int, int, int]]:
    """(generated line, generated column, source, line, column), all from 0."""
    source = line = column = 0
    for generated_line, segments in enumerate(mappings.split(";")):
        generated_column = 0
        for segment in filter(None, segments.split(",")):
            values = list(_values(segment))
            generated_column += values[0]
            if len(values) >= 4:
                source, line, column = source + values[1], line + values[2], column + values[3]
                yield generated_line, generated_column, source, line, column


def _values(segment: str) -> Iterator[int]:
    """The numbers of a segment in base64 VLQ: least significant digit first, sign in the lowest bit."""
    value = shift = 0
    for character in segment:
        digit = _DIGITS[character]
        value |= (digit & (CONTINUES - 1)) << shift
        shift += VALUE_BITS
        if not digit & CONTINUES:
            yield -(value >> 1) if value & 1 else value >> 1
            value = shift = 0
