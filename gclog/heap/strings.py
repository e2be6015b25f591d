"""The strings of a snapshot, kept as raw bytes from the file and decoded on demand."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from gclog.heap.spill import BUFFER_BYTES, Column, release

__all__ = ["LOST", "StringColumn", "Strings"]

LOST = "(name lost)"
"""A name that was never written to the file, because Node died first."""

SEARCHED_BYTES = 1 << 22
"""Bytes searched at a time."""


class Strings:
    """Strings by number, all in one column of bytes: a million Python strings would take several times the file's size."""

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
        """The string as written in the file, escapes included."""
        before = int(self._ends[number - 1]) if number else 0
        return self._text[before : int(self._ends[number])].tobytes()

    def containing(self, part: bytes) -> Iterator[int]:
        """The numbers of the strings that contain `part`, in order."""
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
    """Strings being read."""

    def __init__(self) -> None:
        self._text, self._ends = Column(np.uint8), Column(np.int64)
        self._new_text, self._new_ends = bytearray(), array("q")
        self._before = 0

    def append(self, raw: bytes) -> None:
        """Append the next one, raw as between its quotes. Raises OutputError."""
        self._new_text += raw
        self._new_ends.append(self._before + len(self._new_text))
        if len(self._new_text) + 8 * len(self._new_ends) >= BUFFER_BYTES:
            self._flush()

    def finish(self) -> Strings:
        """All strings. Raises OutputError."""
        self._flush()
        return Strings(self._text.finish(), self._ends.finish())

    def _flush(self) -> None:
        self._text.append(np.frombuffer(bytes(self._new_text), np.uint8))
        self._ends.append(np.array(self._new_ends, np.int64))
        self._before += len(self._new_text)
        self._new_text, self._new_ends = bytearray(), array("q")
