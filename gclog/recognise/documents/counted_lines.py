"""Text in chunks, its lines counted as they pass: a document is read as a whole, and accounted for line by line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from gclog.source.json_stream import CutError, JsonStream

__all__ = ["CountedLines", "read_as_far_as_it_goes"]


class CountedLines:
    """Text in chunks, its lines counted as they pass."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._ends = 0
        self._last = b"\n"

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self._ends += chunk.count(b"\n")
            self._last = chunk[-1:] or self._last
            yield chunk

    def count_to_the_end(self) -> int:
        """How many lines there are, those included that were not asked for."""
        for _ in self:
            continue
        return self._ends + (self._last != b"\n")


def read_as_far_as_it_goes(chunks: Iterable[bytes], read: Callable[[JsonStream], None]) -> tuple[int, bool]:
    """Have `read` take a JSON document: how many lines it has, and whether it is cut off. Raises MalformedError."""
    text, cut = CountedLines(chunks), False
    try:
        read(JsonStream(text))
    except CutError:
        cut = True
    return text.count_to_the_end(), cut
