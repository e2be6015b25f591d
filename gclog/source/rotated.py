"""The pieces of a rotated log as one text: each is opened, unpacked, decoded and closed in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from gclog.errors import InputError
from gclog.source.expand import SourceSpec
from gclog.source.feed import Note

__all__ = ["OpenPiece", "PieceSource", "RotatedFeed"]


class PieceSource(Protocol):
    """An open piece: what is needed of a `Source`."""

    notes: list[str]

    @property
    def bytes_read(self) -> int: ...

    def chunks(self) -> Iterator[bytes]:
        """Its text, UTF-8."""
        ...


OpenPiece = Callable[[SourceSpec], AbstractContextManager[PieceSource]]
"""Raises InputError if a piece cannot be read."""


class RotatedFeed:
    """The text of all pieces, oldest first. A line that the rotation has split is whole again.

    A piece that cannot be read is left out and noted; the lines before and after it, or before and after damage, are not joined.
    Raises the InputError of the first piece if none can be read. `first_lines`: the line at which each piece begins.
    """

    seekable = False

    def __init__(self, pieces: Sequence[SourceSpec], open_piece: OpenPiece) -> None:
        self._pieces = tuple(pieces)
        self._open = open_piece
        self._read = dict.fromkeys((piece.name for piece in pieces), 0)
        self.bytes_read = 0
        self.total_bytes: int | None = sum(piece.path.stat().st_size for piece in pieces if piece.path is not None)
        self.first_lines: dict[str, int] = {}

    def chunks(self, offset: int, note: Note) -> Iterator[bytes]:
        assert offset == 0
        refused: list[InputError] = []
        newlines, last, whole = 0, b"", True
        for piece in self._pieces:
            try:
                with self._open(piece) as source:
                    if last and not whole and last != b"\n":
                        newlines += 1
                        yield b"\n"
                    self.first_lines[piece.name] = newlines + 1
                    for chunk in source.chunks():
                        self._read[piece.name] = max(self._read[piece.name], source.bytes_read)
                        self.bytes_read = sum(self._read.values())
                        newlines += chunk.count(b"\n")
                        last = chunk[-1:] or last
                        yield chunk
                    whole = not source.notes
                    for text in source.notes:
                        note(f"{piece.name}: {text}")
            except InputError as error:
                refused.append(error)
                note(f"left out, and missing in all figures: {error.where}: {error.what}")
                whole = False
        if len(refused) == len(self._pieces):
            raise refused[0]

    def close(self) -> None:
        """Nothing to close: each piece is closed once it has been read."""
