"""The strings of a snapshot: kept as bytes, as they are written in the file, and decoded when one is asked for."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator

__all__ = ["Strings"]

LOST = "(name lost)"
"""A name whose place in the file was never written: Node died before."""


class Strings:
    """Strings by their number, one byte string for all: a million Python strings would take several times the file's size."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._ends = array("q")

    def append(self, raw: bytes) -> None:
        """The next one, as it stands between its quotes."""
        self._bytes += raw
        self._ends.append(len(self._bytes))

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
        before = self._ends[number - 1] if number else 0
        return bytes(memoryview(self._bytes)[before : self._ends[number]])

    def holding(self, part: bytes) -> Iterator[int]:
        """The numbers of those that hold some bytes."""
        from bisect import bisect_right

        at = self._bytes.find(part)
        while at >= 0:
            number = bisect_right(self._ends, at)
            yield number
            at = self._bytes.find(part, self._ends[number])
