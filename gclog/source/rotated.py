"""The pieces of a rotated log as one text: each is opened when its turn comes, unpacked, decoded, and closed again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from gclog.errors import InputError
from gclog.source.expand import SourceSpec
from gclog.source.feed import Note

__all__ = ["OpenPiece", "PieceSource", "RotatedFeed"]


class PieceSource(Protocol):
    """An open piece: what is asked of a `Source`."""

    notes: list[str]

    @property
    def bytes_read(self) -> int: ...

    def chunks(self) -> Iterator[bytes]:
        """Its text, UTF-8."""
        ...


OpenPiece = Callable[[SourceSpec], AbstractContextManager[PieceSource]]
"""Raises InputError where a piece cannot be read."""


class RotatedFeed:
    """The text of all pieces, the oldest first. A line that was cut by the rotation is whole again.

    A piece that cannot be read is left out and noted; the lines around it, and around damage, are not put together.
    Raises InputError, that of the first piece, where none can be read. `first_lines`: where each piece that was read begins.
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
        """Nothing: a piece is closed when it has been read."""
