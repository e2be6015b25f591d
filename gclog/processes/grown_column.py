"""A table's column while it is being read: it grows in place, so that a table of millions of rows is never held twice."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from gclog.model.columns import Column, Texts, unsaid

__all__ = ["GrownColumn"]

GROWTH = 1.25
"""Factor by which a full column grows; pages that were never written to take no memory."""


class GrownColumn:
    """One column, made when a row first says something. Of texts each different one is kept once."""

    __slots__ = ("_codes", "_kind", "_rows", "_values")

    def __init__(self, kind: type) -> None:
        self._kind = kind
        self._rows = 0
        self._values: npt.NDArray[Any] | None = None
        self._codes: dict[str | None, int] = {None: 0}

    def encoded(self, column: Column | None, rows: int) -> npt.NDArray[Any]:
        """Rows of a batch as they are kept: numbers, flags, and for texts their codes. None: rows that say nothing."""
        if column is None:
            return self._nothing(rows)
        if isinstance(column, Texts):
            return np.array([self._code(text) for text in column.values], dtype=np.int32)[column.codes]
        if self._kind is str:
            return np.array([self._code(text) for text in column], dtype=np.int32)
        if isinstance(column, np.ndarray):
            return column  # read in bulk: nothing but digits were numbers there
        if self._kind is bool:
            return np.array(column, dtype=bool)
        numbers = np.array([np.nan if value is None else value for value in column], dtype=np.float64)
        numbers[np.isinf(numbers)] = np.nan  # V8 prints `inf` after a division by zero
        return numbers

    def extend(self, values: npt.NDArray[Any] | None, rows: int) -> None:
        """Add `rows` rows, as `encoded` returns them; None for rows without a value."""
        begin, self._rows = self._rows, self._rows + rows
        if values is None and self._values is None:
            return
        held = self._nothing(0) if self._values is None else self._values
        if len(held) < self._rows:
            room = np.empty(max(self._rows, int(GROWTH * len(held))), dtype=held.dtype)
            room[: len(held)] = held
            if self._values is None:
                room[:begin] = self._nothing(1)
            self._values = held = room
        held[begin : self._rows] = self._nothing(1) if values is None else values

    def array(self) -> npt.NDArray[Any]:
        """All rows: float64, bool, or objects, which are None if a row has no value."""
        values = self._nothing(self._rows) if self._values is None else self._values[: self._rows]
        return np.array([*self._codes], dtype=object)[values] if self._kind is str else values

    def _nothing(self, rows: int) -> npt.NDArray[Any]:
        return np.zeros(rows, dtype=np.int32) if self._kind is str else unsaid(self._kind, rows)

    def _code(self, text: str | None) -> int:
        return self._codes.setdefault(text, len(self._codes))
