"""The strings of a snapshot: kept as bytes, as they are written in the file, and decoded when one is asked for."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from gclog.heap.spill import HELD_BYTES, Column, release

__all__ = ["LOST", "StringColumn", "Strings"]

LOST = "(name lost)"
"""A name whose place in the file was never written: Node died before."""

SEARCHED_BYTES = 1 << 22
"""How much is searched in one step."""


class Strings:
    """Strings by their number, one column of bytes for all: a million Python strings would take several times the file's size."""

    def __init__(self, text: NDArray[np.uint8], ends: NDArray[np.int64]) -> None:
        self._text = text
        self._ends = ends

    def __len__(self) -> int:
        return len(self._ends)

    def __getitem__(self, number: int) -> str:
        if not 0 <= number < len(self._ends):
            return LOST
        raw = self.raw(number)
        try:
            text: str = json.loads(b'"' + raw + b'"', strict=False)
        except ValueError:
            return raw.decode("utf-8", "replace")
        return text

    def raw(self, number: int) -> bytes:
        """As it stands in the file."""
        before = int(self._ends[number - 1]) if number else 0
        return self._text[before : int(self._ends[number])].tobytes()

    def holding(self, part: bytes) -> Iterator[int]:
        """The numbers of those that hold some bytes, in order."""
        passed = 0
        for begin in range(0, len(self._text), SEARCHED_BYTES):
            searched = self._text[begin : begin + SEARCHED_BYTES + len(part) - 1].tobytes()
            release(self._text)
            at = searched.find(part, max(passed - begin, 0))
            while at >= 0:
                number = int(np.searchsorted(self._ends, begin + at, side="right"))
                yield number
                passed = int(self._ends[number])
                at = searched.find(part, passed - begin)
        release(self._ends)


class StringColumn:
    """Strings while they arrive."""

    def __init__(self) -> None:
        self._text, self._ends = Column(np.uint8), Column(np.int64)
        self._new_text, self._new_ends = bytearray(), array("q")
        self._before = 0

    def append(self, raw: bytes) -> None:
        """The next one, as it stands between its quotes. Raises OutputError."""
        self._new_text += raw
        self._new_ends.append(self._before + len(self._new_text))
        if len(self._new_text) + 8 * len(self._new_ends) >= HELD_BYTES:
            self._pass_on()

    def finish(self) -> Strings:
        """All of them. Raises OutputError."""
        self._pass_on()
        return Strings(self._text.finish(), self._ends.finish())

    def _pass_on(self) -> None:
        self._text.append(np.frombuffer(bytes(self._new_text), np.uint8))
        self._ends.append(np.array(self._new_ends, np.int64))
        self._before += len(self._new_text)
        self._new_text, self._new_ends = bytearray(), array("q")
