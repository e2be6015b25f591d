"""The raw bytes of a source, which can be read more than once: a file, a pipe (kept in a temporary file)."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import IO, Protocol

from gclog.files import temporary_file

__all__ = ["CHUNK_BYTES", "Feed", "FileFeed", "Note", "PipeFeed", "ReadFeed", "is_regular"]

Note = Callable[[str], None]
"""Takes a sentence on what was odd about the source."""

CHUNK_BYTES = 1 << 20
"""Bytes per read: large enough that the call costs nothing compared to the copy."""


class Feed(Protocol):
    """Raw bytes.

    bytes_read    how far reading has come
    total_bytes   how many there are, if that is known
    seekable      they can be read from any offset, not only from the beginning
    """

    seekable: bool

    bytes_read: int
    total_bytes: int | None

    def chunks(self, offset: int, note: Note) -> Iterator[bytes]:
        """The bytes from an offset to the end. A read error ends them and is noted; at the first byte it raises OSError."""
        ...

    def close(self) -> None:
        """Close the file, and the temporary one."""
        ...


def is_regular(handle: IO[bytes]) -> bool:
    """Whether an open file is a regular one on a disk."""
    return stat.S_ISREG(os.fstat(handle.fileno()).st_mode)


class FileFeed:
    """A regular file, also one redirected to stdin."""

    seekable = True

    def __init__(self, handle: IO[bytes]) -> None:
        self._handle = handle
        self.bytes_read = 0
        self.total_bytes: int | None = os.fstat(handle.fileno()).st_size

    def chunks(self, offset: int, note: Note) -> Iterator[bytes]:
        position = offset
        while True:
            try:
                self._handle.seek(position)
                chunk = self._handle.read(CHUNK_BYTES)
            except OSError as error:
                if position == 0:
                    raise
                note(f"reading failed after {position:,} bytes ({error.strerror}); the rest is missing")
                return
            if not chunk:
                return
            position += len(chunk)
            self.bytes_read = max(self.bytes_read, position)
            yield chunk

    def close(self) -> None:
        self._handle.close()


class PipeFeed:
    """A pipe, FIFO, terminal or socket. What was read is kept in a temporary file, so that it can be read again."""

    seekable = True

    def __init__(self, handle: IO[bytes], *, own: bool = True) -> None:
        self._handle = handle
        self._own = own
        self._spool: IO[bytes] = temporary_file()
        self._at_end = False
        self.bytes_read = 0
        self.total_bytes: int | None = None

    def chunks(self, offset: int, note: Note) -> Iterator[bytes]:
        position = offset
        while True:
            chunk = self._spooled(position) if position < self.bytes_read else self._next(note)
            if not chunk:
                return
            position += len(chunk)
            yield chunk

    def _spooled(self, position: int) -> bytes:
        self._spool.seek(position)
        return self._spool.read(min(CHUNK_BYTES, self.bytes_read - position))

    def _next(self, note: Note) -> bytes:
        if self._at_end:
            return b""
        try:
            chunk = self._handle.read(CHUNK_BYTES) or b""
        except OSError as error:
            if self.bytes_read == 0:
                raise
            note(f"reading failed after {self.bytes_read:,} bytes ({error.strerror}); the rest is missing")
            chunk = b""
        if chunk:
            self._spool.seek(self.bytes_read)
            self._spool.write(chunk)
            self.bytes_read += len(chunk)
        else:
            self._at_end = True
            self.total_bytes = self.bytes_read
        return chunk

    def close(self) -> None:
        self._spool.close()
        if self._own:
            self._handle.close()


class ReadFeed:
    """What is known of a feed that was read and closed. `open_again`: how to come by its bytes once more, if there is a way."""

    def __init__(
        self,
        seekable: bool,
        bytes_read: int,
        total_bytes: int | None,
        first_lines: dict[str, int],
        open_again: Callable[[], Feed] | None = None,
    ) -> None:
        self.seekable = seekable
        self.bytes_read = bytes_read
        self.total_bytes = total_bytes
        self.first_lines = first_lines
        self._open_again = open_again

    def chunks(self, offset: int, note: Note) -> Iterator[bytes]:
        if self._open_again is None:
            raise ValueError("read from a closed source")
        with closing(self._open_again()) as feed:
            yield from feed.chunks(offset, note)

    def close(self) -> None:
        """Nothing to close: it is open only while it is read."""
