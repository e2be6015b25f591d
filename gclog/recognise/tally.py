"""Every line counted once, by what became of it; unread lines grouped by shape."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from enum import IntEnum

from gclog.model.process import LineCounts, UnreadShape

__all__ = ["SAMPLE_LENGTH", "LineStatus", "LineTally"]

SHAPES_KEPT = 200
SAMPLE_LENGTH = 400
"""Characters of an unread line that are shown."""


class LineStatus(IntEnum):
    """What became of a line, or of a part of one; a line with several parts counts as the highest of them."""

    FOREIGN = 0
    CONTINUATION = 1
    UNREAD = 2
    RECOGNISED = 3


class LineTally:
    """The lines of one source.

    foreign_lines  numbers of foreign lines; kept only if a list is put here to take them
    """

    def __init__(self, shape_of: Callable[[str], str]) -> None:
        """`shape_of`: what unread lines have in common that differ in their numbers only."""
        self.counts: Counter[LineStatus] = Counter()
        self.foreign_lines: list[int] | None = None
        self._shape_of = shape_of
        self._shapes: dict[str, tuple[int, int, str]] = {}

    def add(self, status: LineStatus, number: int, line: bytes | str) -> None:
        """Count a line."""
        self.counts[status] += 1
        if status is LineStatus.FOREIGN and self.foreign_lines is not None:
            self.foreign_lines.append(number)
        if status is LineStatus.UNREAD:
            text = line.decode("utf-8", "replace") if isinstance(line, bytes) else line
            shape = self._shape_of(text)
            count, first, sample = self._shapes.get(shape, (0, number, text[:SAMPLE_LENGTH]))
            if count or len(self._shapes) < SHAPES_KEPT:
                self._shapes[shape] = (count + 1, first, sample)

    def pass_over(self, numbers: range) -> None:
        """Count lines that are foreign."""
        self.counts[LineStatus.FOREIGN] += len(numbers)
        if self.foreign_lines is not None:
            self.foreign_lines.extend(numbers)

    @property
    def line_counts(self) -> LineCounts:
        """Every line so far, counted once."""
        counts = self.counts
        return LineCounts(
            counts.total(),
            counts[LineStatus.RECOGNISED],
            counts[LineStatus.FOREIGN],
            counts[LineStatus.CONTINUATION],
            counts[LineStatus.UNREAD],
        )

    def unread_shapes(self, why: Callable[[str], str]) -> tuple[UnreadShape, ...]:
        """Unread lines by shape, the most frequent first. `why` explains a line."""
        shapes = sorted(self._shapes.items(), key=lambda item: (-item[1][0], item[1][1]))
        return tuple(UnreadShape(shape, count, line, sample, why(sample)) for shape, (count, line, sample) in shapes)
