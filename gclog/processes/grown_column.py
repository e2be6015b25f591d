"""A table's column while it is being read: it grows in place, so that a table of millions of rows is never held twice.

Numbers are held as narrow as their digits allow: a log prints sizes in tenths and times in hundredths, so that two bytes do for most.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from gclog.model.columns import Column, Texts, unsaid
from gclog.processes.held import NO_NUMBER, Held
from gclog.processes.mapped import allocate, blocks, release

__all__ = ["GrownColumn"]

GROWTH = 1.25
"""Factor by which a full column grows; pages that were never written to take no memory."""

RELEASE_BYTES = 4 << 20
"""What a mapped column may have resident while it is filled."""

SCALES = (1, 10, 100, 1000)
"""What numbers are multiplied by to be whole: three decimals at most."""

WHOLE = (np.dtype(np.int8), np.dtype(np.int16), np.dtype(np.int32))
"""Types of whole numbers, the narrowest first. The smallest value of each stands for no number."""


class GrownColumn:
    """One column, made when a row first says something. Of texts each different one is kept once."""

    __slots__ = ("_codes", "_kind", "_rows", "_scale", "_values")

    def __init__(self, kind: type) -> None:
        self._kind = kind
        self._rows = 0
        self._scale = 1
        self._values: npt.NDArray[Any] | None = None
        self._codes: dict[str | None, int] = {None: 0}

    def encoded(self, column: Column | None, rows: int) -> npt.NDArray[Any]:
        """Rows of a batch: numbers, flags, and for texts their codes. None: rows that say nothing."""
        if column is None:
            return np.zeros(rows, dtype=np.int32) if self._kind is str else unsaid(self._kind, rows)
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
        begin, end = self._rows, self._rows + rows
        if self._kind is bool and values is not None and self._values is None and not values.any():
            values = None  # no flag was ever set
        if values is not None or self._values is not None:
            packed = None if values is None else self._packed(values)
            held = self._values
            if held is None or len(held) < end:
                held = self._with_room(begin, end, packed)
            held[begin:end] = self._nothing(held.dtype) if packed is None else packed
            if end * held.itemsize // RELEASE_BYTES > begin * held.itemsize // RELEASE_BYTES:
                release(held)
        self._rows = end

    def array(self) -> npt.NDArray[Any]:
        """All rows: float64, bool, or objects, which are None if a row has no value."""
        if self._values is None:
            return unsaid(self._kind, self._rows)
        values = self._values[: self._rows]
        if self._kind is str:
            return np.asarray(np.array([*self._codes], dtype=object)[values])
        return values if self._kind is bool else Held(values, self._scale).numbers(slice(None))

    def held(self) -> Held | None:
        """All rows as they are held; None if no row says anything."""
        if self._values is None:
            return None
        return Held(self._values[: self._rows], self._scale, tuple(self._codes) if self._kind is str else ())

    def _code(self, text: str | None) -> int:
        return self._codes.setdefault(text, len(self._codes))

    def _with_room(self, begin: int, end: int, packed: npt.NDArray[Any] | None) -> npt.NDArray[Any]:
        """What is held, with room for rows up to `end`."""
        if self._values is None:
            dtype = np.dtype(np.float64) if packed is None else packed.dtype
            self._values = allocate(begin, dtype)
            self._values.fill(self._nothing(dtype))
        room = allocate(max(end, int(GROWTH * len(self._values))), self._values.dtype)
        for at in blocks(begin):
            room[at] = self._values[at]
        release(room)
        self._values = room
        return room

    def _nothing(self, dtype: np.dtype[Any]) -> Any:
        """What a row without a value holds."""
        if self._kind is str or self._kind is bool:
            return 0
        return np.nan if dtype.kind == "f" else NO_NUMBER[dtype]

    # ------------------------------------------------------------ as narrow as it goes

    def _packed(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Rows as they are held; what is held already is widened if it must be."""
        if self._kind is bool:
            return values
        if self._kind is str:
            wanted = next(dtype for dtype in WHOLE if len(self._codes) - 1 <= np.iinfo(dtype).max)
            self._widen(wanted, 1)
            return values.astype(wanted if self._values is None else self._values.dtype)
        if self._values is not None and self._values.dtype.kind == "f":
            return values
        unknown = np.isnan(values)
        for scale in SCALES[SCALES.index(self._scale) :]:
            whole = values if scale == 1 else values * scale
            whole = np.rint(whole)
            if bool(((whole / scale == values) | unknown).all()):
                return self._as_whole(whole, values, unknown, scale)
        self._as_floats()
        return values

    def _as_whole(
        self, whole: npt.NDArray[Any], values: npt.NDArray[Any], unknown: npt.NDArray[np.bool_], scale: int
    ) -> npt.NDArray[Any]:
        """Whole numbers of a scale as they are held; the values themselves if no type holds them."""
        largest = float(np.max(np.abs(whole), initial=0.0, where=~unknown))
        if self._values is not None and scale != self._scale:
            largest = max(largest, self._largest() * (scale // self._scale))
        wanted = next((dtype for dtype in WHOLE if largest <= np.iinfo(dtype).max), None)
        if wanted is None:
            self._as_floats()
            return values
        self._widen(wanted, scale)
        dtype = wanted if self._values is None else self._values.dtype
        packed = np.where(unknown, np.iinfo(dtype).min, whole).astype(dtype)
        return np.asarray(packed)

    def _largest(self) -> float:
        """The largest whole number held, whatever its sign."""
        if self._values is None:
            return 0.0
        held = self._values[: self._rows]
        largest = 0
        for at in blocks(len(held)):
            known = held[at][held[at] != NO_NUMBER[held.dtype]]
            largest = max(largest, abs(int(known.min())), abs(int(known.max()))) if len(known) else largest
        return float(largest)

    def _widen(self, wanted: np.dtype[Any], scale: int) -> None:
        """Hold what is held in a wider type, if need be, and with another scale."""
        held, factor = self._values, scale // self._scale
        self._scale = scale
        if held is None or (wanted.itemsize <= held.dtype.itemsize and factor == 1):
            return
        dtype = wanted if wanted.itemsize > held.dtype.itemsize else held.dtype
        wide = allocate(len(held), dtype)
        for at in blocks(self._rows):
            wide[at] = held[at]
            if self._kind is not str:
                wide[at] *= factor
                wide[at][held[at] == NO_NUMBER[held.dtype]] = NO_NUMBER[dtype]
        release(wide)
        self._values = wide

    def _as_floats(self) -> None:
        """Hold floats: they have too many digits, or are too large."""
        held = self._values
        floats = allocate(self._rows, np.float64)
        for at in blocks(self._rows):
            floats[at] = np.nan if held is None else Held(held, self._scale).numbers(at)
        release(floats)
        self._values = floats
        self._scale = 1
