"""One line that a container runtime has cut into several: its parts put together, up to a length."""

from __future__ import annotations

__all__ = ["PARTIAL_LENGTH", "PartialLine"]

PARTIAL_LENGTH = 1 << 20
"""Characters of such a line that are kept, as many as of a line that was not cut. Runtimes cut at 16 KB, and some logs have no end of
parts: of those the rest is counted."""


class PartialLine:
    """The parts so far.

    cut_lines  lines that were longer than is kept
    dropped    characters of theirs that were not read
    """

    def __init__(self) -> None:
        self.cut_lines = self.dropped = 0
        self._parts: list[str] = []
        self._length = 0
        self._is_cut = False

    @property
    def is_open(self) -> bool:
        """Whether another part is to come."""
        return bool(self._parts)

    def take(self, text: str) -> None:
        """A part that is not the last."""
        room = PARTIAL_LENGTH - self._length
        kept = text[:room]
        if kept or not self._parts:
            self._parts.append(kept)
        self._length += len(kept)
        if len(text) > room:
            self.cut_lines += not self._is_cut
            self._is_cut = True
            self.dropped += len(text) - room

    def end(self, text: str) -> str:
        """The whole line, with its last part."""
        if not self._parts:
            return text
        self.take(text)
        whole = "".join(self._parts)
        self._parts, self._length, self._is_cut = [], 0, False
        return whole
