"""Columns as they are held: whole numbers of the narrowest type that is exact, and texts as places in a list."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gclog.processes.mapped import blocks, release

__all__ = ["NO_NUMBER", "Flags", "Floats", "Held", "Places", "TextColumn"]

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Places = npt.NDArray[np.intp]

NO_NUMBER = {np.dtype(kind): np.iinfo(kind).min for kind in (np.int8, np.int16, np.int32, np.int64)}
"""What stands for no number in a column of whole ones."""

FEW_ROWS = 4096
"""Reading more rows than this releases the column: what is read of it again costs less than what it would keep resident."""

FEW_TEXTS = 64
"""With fewer different texts than this, looking for each is cheaper than sorting."""


@dataclass(frozen=True, slots=True)
class Held:
    """A column of a source as it is held. Numbers are `values / scale`: whole ones of the narrowest type, whose smallest value stands
    for no number, or floats. Texts are places in `texts`, whose first is None."""

    values: npt.NDArray[Any]
    scale: int = 1
    texts: tuple[str | None, ...] = ()

    def numbers(self, at: slice | Places) -> Floats:
        """The numbers of some rows, NaN if a line does not say."""
        held = self.values[at]
        if held.dtype.kind == "f":
            return held
        if len(held) <= FEW_ROWS:
            return self._floats(held)
        found = np.empty(len(held))
        for part in blocks(len(held)):
            found[part] = self._floats(held[part])
        release(self.values)
        return found

    def _floats(self, held: npt.NDArray[Any]) -> Floats:
        found: Floats = np.divide(held, self.scale, dtype=np.float64)
        np.putmask(found, held == NO_NUMBER[held.dtype], np.nan)
        return found

    def known(self, at: slice | Places) -> Flags:
        """Which of some rows have a number."""
        held = self.values[at]
        found = np.asarray(~np.isnan(held) if held.dtype.kind == "f" else held != NO_NUMBER[held.dtype])
        release(self.values)
        return found

    def has_numbers(self, at: slice | Places) -> bool:
        """Whether any of some rows has a number."""
        return bool(self.known(at).any())


@dataclass(frozen=True, slots=True)
class TextColumn:
    """The texts of some rows: each is a place in `texts`, whose first is None."""

    codes: npt.NDArray[Any]
    texts: tuple[str | None, ...]

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def said(self) -> Flags:
        """Which rows have a text."""
        return np.asarray(self.codes != 0)

    def is_in(self, wanted: Collection[str]) -> Flags:
        """Which rows have one of these texts."""
        codes = [code for code, text in enumerate(self.texts) if code and text in wanted]
        if not codes:
            return np.zeros(len(self.codes), dtype=bool)
        found = np.asarray(self.codes == codes[0])
        for code in codes[1:]:
            found |= self.codes == code
        return found

    def present(self) -> list[str]:
        """The different texts, in no certain order."""
        if len(self.codes) <= FEW_TEXTS:
            codes = sorted(set(self.codes.tolist()))
        elif len(self.texts) < FEW_TEXTS:
            codes = [code for code in range(len(self.texts)) if (self.codes == code).any()]
        else:
            codes = np.unique(self.codes).tolist()
        return [text for code in codes if (text := self.texts[code]) is not None]

    def tolist(self) -> list[str | None]:
        """The text of each row, None if a line does not say."""
        return [self.texts[code] for code in self.codes.tolist()]
