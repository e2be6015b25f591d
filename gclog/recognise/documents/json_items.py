"""The items of one array in a large JSON document, one at a time, from text that comes in pieces; also where its end is missing."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterable, Iterator
from typing import Any

__all__ = ["JsonItems"]

MOST_PENDING = 1 << 26
"""Characters of one item at most: more is no item of the documents read here."""


class JsonItems:
    """Iterates the objects of the array behind `"key": [`. `head` is the text before the array, `rest` what stands behind it.

    complete   the array was closed; known when the iteration is over
    lines      of the text that was read
    """

    def __init__(self, chunks: Iterable[bytes], key: str) -> None:
        self._chunks = iter(chunks)
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._begin = f'"{key}"'
        self._buffer = ""
        self._ended = False
        self.head = ""
        self.rest = ""
        self.complete = False
        self.lines = 0
        self._line_is_open = False

    def _more(self) -> bool:
        chunk = next(self._chunks, None)
        if chunk is None:
            self._ended = True
            return False
        self.lines += chunk.count(b"\n") + (not chunk.endswith(b"\n")) - self._line_is_open
        self._line_is_open = not chunk.endswith(b"\n")
        self._buffer += self._decode(chunk)
        return True

    def __iter__(self) -> Iterator[dict[str, Any]]:
        at = self._find_array()
        if at < 0:
            return
        decoder = json.JSONDecoder()
        at += 1
        while True:
            while at < len(self._buffer) and self._buffer[at] in " \t\r\n,":
                at += 1
            if at >= len(self._buffer):
                self._buffer, at = "", 0
                if not self._more():
                    return
                continue
            if self._buffer[at] == "]":
                self.complete = True
                self._read_rest(at + 1)
                return
            try:
                item, end = decoder.raw_decode(self._buffer, at)
            except (ValueError, RecursionError):
                self._buffer, at = self._buffer[at:], 0
                if len(self._buffer) > MOST_PENDING or not self._more():
                    return
                continue
            at = end
            if isinstance(item, dict):
                yield item
            if at > len(self._buffer) // 2:
                self._buffer, at = self._buffer[at:], 0

    def _find_array(self) -> int:
        while (found := self._buffer.find(self._begin)) < 0 or (at := self._buffer.find("[", found)) < 0:
            if len(self._buffer) > MOST_PENDING or not self._more():
                return -1
        self.head = self._buffer[:found]
        return at

    def _read_rest(self, at: int) -> None:
        while len(self._buffer) - at < MOST_PENDING and self._more():
            continue
        self.rest = self._buffer[at:]
