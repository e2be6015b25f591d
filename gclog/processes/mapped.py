"""Room for long columns: in memory up to a bound, beyond it in a temporary file that is mapped.

Mapped pages are resident only from being touched until `release`, and the system may write them out before that. The file has no
name if the system allows it, and disappears with the array: at the process's end too, and if it is interrupted or killed.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from gclog.files import temporary_file

__all__ = ["BLOCK_ROWS", "allocate", "blocks", "release"]

SPILL_BYTES = 16 << 20
"""A column up to this size is held in memory: two million numbers of eight bytes."""

BLOCK_ROWS = 1 << 19
"""Rows of a long column that are computed with at a time: 4 MB of the widest numbers."""


def allocate(count: int, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """An array whose values are not set yet. If the temporary folder has no room for it, it is held in memory all the same."""
    kind = np.dtype(dtype)
    if count * kind.itemsize <= SPILL_BYTES or not count:
        return np.empty(count, dtype=kind)
    try:
        return np.frombuffer(_mapped(count * kind.itemsize), dtype=kind)
    except OSError:
        return np.empty(count, dtype=kind)


def _mapped(size: int) -> mmap.mmap:
    """A mapped file of `size` bytes, which the disk has set aside: a write to a page without room would end the process."""
    with temporary_file() as file:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, size)
        else:
            file.truncate(size)
        return mmap.mmap(file.fileno(), size)


def release(*arrays: npt.NDArray[Any]) -> None:
    """Release the resident memory of mapped arrays; touching them loads it again. Windows evicts it by itself when memory is short."""
    for array in arrays:
        owner = array.base
        while isinstance(owner, np.ndarray | memoryview):
            owner = owner.base if isinstance(owner, np.ndarray) else owner.obj
        if isinstance(owner, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
            owner.madvise(mmap.MADV_DONTNEED)


def blocks(count: int) -> Iterator[slice]:
    """Consecutive slices of BLOCK_ROWS; the last may be shorter."""
    for begin in range(0, count, BLOCK_ROWS):
        yield slice(begin, min(begin + BLOCK_ROWS, count))
