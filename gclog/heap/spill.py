"""Long columns of numbers: written to temporary files block by block, mapped to memory, read block by block.

A snapshot has tens of millions of numbers. What is mapped counts as resident only from its reading to `release`, and the system may take it
back before that. A column's file has no name where the system allows that, and goes with the column: nothing is left behind.
"""

from __future__ import annotations

import mmap
import tempfile
from collections.abc import Iterator
from typing import IO, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from gclog.errors import OutputError

__all__ = ["AT_ONCE", "HELD_BYTES", "Column", "blocks", "release", "spans", "spill"]

AT_ONCE = 1 << 19
"""Rows of a column that are worked on in one step: 4 MB of the widest numbers."""

HELD_BYTES = 1 << 20
"""What is shorter needs no file."""

Number = TypeVar("Number", bound=np.generic)


class Column:
    """A column while it is written. `kind` is the type of its numbers; the caller sees to it that they fit."""

    def __init__(self, kind: Any) -> None:
        self._kind = np.dtype(kind)
        self._held = bytearray()
        self._file: IO[bytes] | None = None

    def append(self, values: NDArray[Any]) -> None:
        """More numbers. Raises OutputError where the temporary folder takes no more."""
        self._held += np.ascontiguousarray(values, self._kind).tobytes()
        if len(self._held) >= HELD_BYTES:
            self._write()

    def finish(self) -> NDArray[Any]:
        """The whole column, to be read only. Raises OutputError."""
        if self._file is None:
            return np.frombuffer(bytes(self._held), self._kind)
        self._write()
        with self._file as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        return np.frombuffer(mapped, self._kind)

    def _write(self) -> None:
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(prefix="gclog-", buffering=0)  # noqa: SIM115 -- closed by finish()
            rest = memoryview(self._held)
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            raise OutputError(
                f"a temporary file cannot be written: {error.strerror or error}",
                where=tempfile.tempdir,  # None where no folder could be written to
                remedy="A heap snapshot takes up to twice its size there while it is read. Make room, or name another folder in TMPDIR.",
            ) from error
        self._held = bytearray()


def spill(values: NDArray[Number]) -> NDArray[Number]:
    """A finished column of numbers that are in memory."""
    column = Column(values.dtype)
    for at in spans(len(values)):
        column.append(values[at])
    return column.finish()


def release(*columns: NDArray[Any]) -> None:
    """Give back the memory that the columns take; reading on brings it in again. Windows does that by itself when it is short."""
    for column in columns:
        owner = column.base
        while isinstance(owner, np.ndarray | memoryview):
            owner = owner.base if isinstance(owner, np.ndarray) else owner.obj
        if isinstance(owner, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
            owner.madvise(mmap.MADV_DONTNEED)


def spans(count: int) -> Iterator[slice]:
    """Slices of AT_ONCE, one after the other; the last may be shorter."""
    for begin in range(0, count, AT_ONCE):
        yield slice(begin, min(begin + AT_ONCE, count))


def blocks(*columns: NDArray[Any]) -> Iterator[tuple[slice, tuple[NDArray[Any], ...]]]:
    """Columns of one length, a block of each at a time, with its place. Each is released when the next is asked for."""
    for at in spans(len(columns[0])):
        yield at, tuple(column[at] for column in columns)
        release(*columns)
