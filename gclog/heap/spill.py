"""Long columns of numbers, written to temporary files block by block, memory-mapped, and read block by block.

A snapshot has tens of millions of numbers. Mapped pages are resident only from being read until `release`, and the system may evict
them before that. A column's file is anonymous if the system allows it, and disappears with the column.
"""

from __future__ import annotations

import mmap
import tempfile
from collections.abc import Iterator
from typing import IO, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from gclog.errors import OutputError
from gclog.files import temporary_file
from gclog.processes.mapped import release

__all__ = ["BLOCK_ROWS", "BUFFER_BYTES", "Column", "blocks", "release", "spans", "spill"]

BLOCK_ROWS = 1 << 19
"""Rows of a column processed at a time: 4 MB of the widest numbers."""

BUFFER_BYTES = 1 << 20
"""Size of the write buffer; a column that fits into it needs no file."""

Number = TypeVar("Number", bound=np.generic)


class Column:
    """A column being written. `kind` is its dtype; the caller ensures that the numbers fit."""

    def __init__(self, kind: Any) -> None:
        self.kind = np.dtype(kind)
        self._held = bytearray()
        self._file: IO[bytes] | None = None

    def append(self, values: NDArray[Any]) -> None:
        """Append numbers. Raises OutputError if the temporary folder is full."""
        self._held += np.ascontiguousarray(values, self.kind).tobytes()
        if len(self._held) >= BUFFER_BYTES:
            self._write()

    def finish(self) -> NDArray[Any]:
        """The whole column, read-only. Raises OutputError."""
        if self._file is None:
            return np.frombuffer(bytes(self._held), self.kind)
        self._write()
        with self._file as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        return np.frombuffer(mapped, self.kind)

    def _write(self) -> None:
        try:
            if self._file is None:
                self._file = temporary_file(buffered=False)
            rest = memoryview(self._held)
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            raise OutputError(
                f"a temporary file cannot be written: {error.strerror or error}",
                where=tempfile.tempdir,  # None if no folder is writable
                remedy="Reading a heap snapshot takes up to twice its size there. Make room, or set TMPDIR to another folder.",
            ) from error
        self._held = bytearray()


def spill(values: NDArray[Number]) -> NDArray[Number]:
    """Numbers in memory as a finished column."""
    column = Column(values.dtype)
    for at in spans(len(values)):
        column.append(values[at])
    return column.finish()


def spans(count: int) -> Iterator[slice]:
    """Consecutive slices of BLOCK_ROWS; the last may be shorter."""
    for begin in range(0, count, BLOCK_ROWS):
        yield slice(begin, min(begin + BLOCK_ROWS, count))


def blocks(*columns: NDArray[Any]) -> Iterator[tuple[slice, tuple[NDArray[Any], ...]]]:
    """Equally long columns, a block of each at a time, with its slice. A block is released when the next is requested."""
    for at in spans(len(columns[0])):
        yield at, tuple(column[at] for column in columns)
        release(*columns)
