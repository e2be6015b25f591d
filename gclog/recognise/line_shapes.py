"""The application's own lines by shape: what lines have in common that differ in numbers, ids and values, counted between collections."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gclog.recognise.formats import load_formats
from gclog.recognise.line_counters import CounterSeries, LineCounters
from gclog.recognise.reader import Reader
from gclog.source.open import Block

__all__ = ["ANY", "LineShapes", "ShapeCounts", "shape_of"]

ANY = "…"
"""In place of a value."""

MOST_SHAPES = 1000
"""Upper bound on the shapes that are counted apart. Lines of any further one are counted together."""

MOST_REMEMBERED = 50_000
"""Upper bound on lines, digits left out, whose shape is remembered."""

SHAPE_BYTES = 300
"""How much of a line is looked at."""

RARE_SHARE = 0.01
"""A shape with less than a hundredth of the lines is rare: it may be one of many that differ in a value without a digit."""

SIBLINGS = 8
"""More rare shapes than this that differ in one word are one: the word is a value, a name of a user or a product."""

FIRST_ROWS = 16
"""Rows to begin with; their number is doubled when they are full."""

NOT_COUNTED, OTHER = -1, 0
"""Rows of lines that are not counted, and of those that are counted together."""

UNKNOWN_SHARE, UNKNOWN_LINES = 0.1, 100
"""If a block has more lines than a tenth, and a hundred, that are new even without their digits, ids with letters are left out, too,
which takes longer."""

DIGITS = b"0123456789"
IDS = re.compile(rb"\b(?:[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F-]{22}|[0-9a-fA-F]{12,})\b")
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
VALUE = re.compile(
    r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
    r"|(?<=[\w/])\?[^\s\"']+"
    r"|[\w.+-]+@\w[\w.-]+"
    r"|\b[A-Za-z_]*\d\w*(?:[.,:+-]\w*\d\w*)*"
)
"""A UUID, the query of a URL, an address of mail, or anything with a digit: numbers, dates, durations, hashes."""

WORDS = re.compile(rf"\w+|[^\w{ANY}]+|{ANY}+")

Shape = tuple[str, ...]


def shape_of(text: str) -> str:
    """The line with a mark in place of each value."""
    return " ".join(VALUE.sub(ANY, COLOURS.sub("", text) if "\x1b" in text else text).split())


@dataclass(frozen=True, slots=True, eq=False)
class ShapeCounts:
    """How many lines of each shape were printed in each stretch of a log.

    shapes       their texts
    first_lines  the first line of each
    counts       lines by shape (rows) and stretch (columns)
    other        lines by stretch that have none of these shapes, for there are too many
    counters     numbers in lines of these shapes that count something
    files        where the lines of each shape are, if not in the log itself: empty for those; none at all if all of them are
    """

    shapes: tuple[str, ...]
    first_lines: tuple[int, ...]
    counts: npt.NDArray[np.int64]
    other: npt.NDArray[np.int64]
    counters: tuple[CounterSeries, ...] = ()
    files: tuple[str, ...] = ()

    def beside(self, more: ShapeCounts, file: str) -> ShapeCounts:
        """These, and those of another file."""
        return ShapeCounts(
            (*self.shapes, *more.shapes),
            (*self.first_lines, *more.first_lines),
            np.vstack([self.counts, more.counts]),
            self.other + more.other,
            self.counters,
            (*(self.files or ("",) * len(self.shapes)), *(file,) * len(more.shapes)),
        )

    def file(self, shape: int) -> str:
        """Where the lines of a shape are; empty: in the log itself."""
        return self.files[shape] if self.files else ""


class LineShapes:
    """Counts the application's lines of one source by shape, in stretches that end with given lines.

    Every line is looked up with its digits left out, which is fast; what is not known yet is masked, and only the first line of a
    shape is given to a reader: if that knows it, the lines of this shape are not the application's.
    """

    def __init__(self, ends: npt.NDArray[np.int64]) -> None:
        """`ends`: the last line of each stretch, ascending. The first stretch begins with the first line."""
        self._ends = ends
        self._counts = np.zeros((FIRST_ROWS, len(ends)), dtype=np.int32)
        self._counters = LineCounters(len(ends))
        self._shapes: dict[str, int] = {}
        self._first_lines: list[int] = []
        self._remembered: dict[bytes, int] = {b"": NOT_COUNTED}
        self._has_ids = False

    def read(self, block: Block) -> None:
        """Count the lines of a block, in the stretches that their numbers fall into."""
        lines = np.arange(block.data.count(b"\n") + 1) + block.first_line
        self.count(block, np.searchsorted(self._ends, lines))

    def count(self, block: Block, stretches: npt.NDArray[np.intp]) -> None:
        """Count the lines of a block, each in its stretch; past the last one it is left out."""
        texts = self._keys(block.data)
        if not self._has_ids and len(set(texts) - self._remembered.keys()) > UNKNOWN_SHARE * len(texts) + UNKNOWN_LINES:
            self._has_ids, self._remembered = True, {b"": NOT_COUNTED}
            texts = self._keys(block.data)
        rows = list(map(self._remembered.get, texts))
        unknown = [place for place, row in enumerate(rows) if row is None]
        originals = block.data.split(b"\n") if unknown or self._counters.rows else []
        for place in unknown:
            rows[place] = self._learn(texts[place], originals[place], block.first_line + place)
        known = np.array(rows, dtype=np.int64)
        wanted = (known >= 0) & (stretches < len(self._ends))
        np.add.at(self._counts, (known[wanted], stretches[wanted]), 1)
        for row in self._counters.rows:
            places = np.flatnonzero(known == row)
            self._counters.add(row, (originals[place][:SHAPE_BYTES] for place in places.tolist()), stretches[places])

    def _keys(self, data: bytes) -> list[bytes]:
        """The lines without their digits, by which their shapes are remembered."""
        return (IDS.sub(b"", data) if self._has_ids else data).translate(None, DIGITS).split(b"\n")

    def _learn(self, text: bytes, original: bytes, line: int) -> int:
        """The row of a line."""
        row = self._remembered.get(text)
        if row is not None:
            return row
        shape = shape_of(original[:SHAPE_BYTES].decode("utf-8", "replace"))
        row = self._shapes.get(shape)
        if row is None:
            if len(self._shapes) == MOST_SHAPES:
                return OTHER
            row = self._shapes[shape] = self._new_row(original, line)
        if len(self._remembered) < MOST_REMEMBERED:
            self._remembered[text] = row
        return row

    def _new_row(self, original: bytes, line: int) -> int:
        """The row of a new shape."""
        if not is_foreign(original):
            return NOT_COUNTED
        self._first_lines.append(line)
        row = len(self._first_lines)
        if row == len(self._counts):
            self._counts = np.vstack([self._counts, np.zeros_like(self._counts)])
        self._counters.learn(row, original[:SHAPE_BYTES])
        return row

    def finish(self) -> ShapeCounts:
        """The counts, shapes that differ in a value put together."""
        own = {shape: row for shape, row in self._shapes.items() if row > OTHER}
        totals = self._counts.sum(axis=1)
        rare = totals[list(own.values())] < RARE_SHARE * totals.sum()
        merged: dict[Shape, list[int]] = defaultdict(list)
        for shape, row in zip(_without_values([tuple(WORDS.findall(shape)) for shape in own], rare), own.values(), strict=True):
            merged[shape].append(row)
        counts = [self._counts[rows].sum(axis=0, dtype=np.int64) for rows in merged.values()]
        return ShapeCounts(
            tuple("".join(shape) for shape in merged),
            tuple(min(self._first_lines[row - 1] for row in rows) for rows in merged.values()),
            np.array(counts, dtype=np.int64).reshape(len(merged), len(self._ends)),
            self._counts[OTHER].astype(np.int64),
            self._counters.series({rows[0]: shape for shape, rows in enumerate(merged.values()) if len(rows) == 1}),
        )


def is_foreign(line: bytes) -> bool:
    """Whether a line by itself is the application's own."""
    if not load_formats().gate.opens(line):
        return True
    reader = Reader()
    reader.read(Block(line + b"\n", 1))
    reader.finish()
    return reader.line_counts.foreign == 1


def _without_values(shapes: list[Shape], rare: npt.NDArray[np.bool_]) -> list[Shape]:
    """The shapes, each word that is one of many in its place left open in those that are rare."""
    for place in range(max(map(len, shapes), default=0)):
        siblings: dict[Shape, list[int]] = defaultdict(list)
        for number, shape in enumerate(shapes):
            if rare[number] and place < len(shape) and shape[place][0].isalpha():
                siblings[(*shape[:place], ANY, *shape[place + 1 :])].append(number)
        for merged, numbers in siblings.items():
            if len({shapes[number] for number in numbers}) > SIBLINGS:
                for number in numbers:
                    shapes[number] = merged
    return shapes
