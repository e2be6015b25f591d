"""Collections as arrays: the columns of a whole source, and which of their rows are meant.

Rows of a process are a view: the columns are held once for all processes of a source, and a row is a number. Nothing is copied until a
column is asked for, and a data frame is made only for those who want one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from gclog.model.records import COLLECTORS, DetailedCollection, column_specs

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["COLUMNS", "Held", "Rows", "Table", "TextColumn", "joined", "rows_of"]

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Places = npt.NDArray[np.intp]

COLUMNS: Mapping[str, type] = {
    **{name: spec.metadata["kind"] for name, spec in column_specs(DetailedCollection).items() if name != "values"},
    "ring": bool,
    "collector": str,
}
"""All columns of collections, with the kinds of their values."""

CATEGORIES = ("type", "form", "collector")
"""Texts that every row has, one of a handful: categories in a frame."""

FULL = "mark_compact"

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
        found = held.astype(np.float64)
        if self.scale != 1:
            found /= self.scale
        found[held == np.iinfo(held.dtype).min] = np.nan
        return found

    def has_numbers(self, at: slice | Places) -> bool:
        """Whether any of some rows has a number."""
        held = self.values[at]
        return not bool(np.isnan(held).all() if held.dtype.kind == "f" else (held == np.iinfo(held.dtype).min).all())


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
        few = len(self.texts) < FEW_TEXTS and len(self.codes) > FEW_TEXTS
        codes = (
            [code for code in range(len(self.texts)) if (self.codes == code).any()] if few else np.unique(self.codes).tolist()
        )
        return [text for code in codes if (text := self.texts[code]) is not None]

    def tolist(self) -> list[str | None]:
        """The text of each row, None if a line does not say."""
        return [self.texts[code] for code in self.codes.tolist()]


NO_TEXT = (None,)


class Rows:
    """Some rows of a source's collections, in the order of their lines. A column in which no line says anything is not held."""

    __slots__ = ("_at", "_columns", "_count", "_frame")

    def __init__(self, columns: Mapping[str, Held], at: slice | Places, count: int) -> None:
        self._columns = columns
        self._at = at
        self._count = count
        self._frame: pd.DataFrame | None = None

    @staticmethod
    def whole(columns: Mapping[str, Held], count: int) -> Rows:
        """All rows of a source."""
        return Rows(columns, slice(0, count), count)

    @staticmethod
    def of(frame: pd.DataFrame) -> Rows:
        """The rows of a data frame, which may lack columns."""
        return Rows.whole({str(name): _held(str(name), frame[name]) for name in frame.columns}, len(frame))

    def __len__(self) -> int:
        return self._count

    # ------------------------------------------------------------ columns

    @property
    def lines(self) -> npt.NDArray[np.int64]:
        """The number of each row's line."""
        held = self._columns.get("line")
        return np.zeros(self._count, dtype=np.int64) if held is None else held.values[self._at].astype(np.int64, copy=False)

    def line(self, row: int) -> int:
        """The line of one row; negative ones count from the end."""
        return int(self._columns["line"].values[self._place(row)])

    def numbers(self, name: str) -> Floats:
        """A column of numbers, NaN if a line does not say."""
        held = self._columns.get(name)
        return np.full(self._count, np.nan) if held is None else held.numbers(self._at)

    def number(self, name: str, row: int) -> float:
        """One number; rows with a negative number count from the end."""
        held = self._columns.get(name)
        place = self._place(row)
        return np.nan if held is None else float(held.numbers(slice(place, place + 1))[0])

    def last(self, name: str) -> float | None:
        """The last number of a column; None if no line has one."""
        found = self.numbers(name) if name in self._columns else np.zeros(0)
        known = np.flatnonzero(~np.isnan(found))
        return float(found[known[-1]]) if len(known) else None

    def flags(self, name: str) -> Flags:
        """A column of flags."""
        held = self._columns.get(name)
        return np.zeros(self._count, dtype=bool) if held is None else held.values[self._at]

    def texts(self, name: str) -> TextColumn:
        """A column of texts."""
        held = self._columns.get(name)
        if held is None:
            return TextColumn(np.zeros(self._count, dtype=np.int8), NO_TEXT)
        return TextColumn(held.values[self._at], held.texts)

    def says(self, name: str) -> bool:
        """Whether any row has a value in a column; of flags, whether any is set."""
        held = self._columns.get(name)
        if held is None:
            return False
        if held.texts or held.values.dtype.kind == "b":
            return bool(held.values[self._at].any())
        return held.has_numbers(self._at)

    @property
    def full(self) -> Flags:
        """Which rows are full collections."""
        return self.texts("collector").is_in((FULL,))

    @property
    def places(self) -> Places:
        """The numbers of the rows in their source."""
        return np.arange(self._at.start, self._at.stop) if isinstance(self._at, slice) else self._at

    def at_lines(self, lines: Collection[int]) -> Flags:
        """Which rows are of these lines."""
        return np.isin(self.lines, list(lines))

    # ------------------------------------------------------------ fewer rows

    def where(self, wanted: Flags) -> Rows:
        """The rows for which it is true."""
        return self if wanted.all() else self.take(np.flatnonzero(wanted))

    def take(self, rows: Places) -> Rows:
        """The rows with these numbers, in this order."""
        count = len(rows)
        if count and int(rows[-1]) - int(rows[0]) == count - 1 and (count < 3 or bool((np.diff(rows) == 1).all())):
            return self.part(int(rows[0]), int(rows[-1]) + 1)
        return Rows(self._columns, rows + self._at.start if isinstance(self._at, slice) else self._at[rows], count)

    def part(self, begin: int, end: int) -> Rows:
        """The rows from one to another, which is left out."""
        begin, end = max(0, begin), min(end, self._count)
        count = max(0, end - begin)
        if isinstance(self._at, slice):
            return Rows(self._columns, slice(self._at.start + begin, self._at.start + begin + count), count)
        return Rows(self._columns, self._at[begin : begin + count], count)

    def tail(self, count: int) -> Rows:
        """The last `count` rows."""
        return self.part(self._count - count, self._count)

    def known(self, *names: str) -> Rows:
        """The rows that have all of these numbers."""
        known = ~np.isnan(self.numbers(names[0]))
        for name in names[1:]:
            known &= ~np.isnan(self.numbers(name))
        return self.where(known)

    # ------------------------------------------------------------ as a frame

    def frame(self) -> pd.DataFrame:
        """The rows as a data frame with every column: numbers float64, texts object or categories."""
        import pandas as pd

        if self._frame is None:
            columns = {name: self._series(name, kind) for name, kind in COLUMNS.items()}
            self._frame = pd.DataFrame(columns, index=pd.RangeIndex(self._count), copy=False)
        return self._frame

    def _series(self, name: str, kind: type) -> Any:
        if name == "line":
            return self.lines
        if kind is bool:
            return self.flags(name)
        if kind is not str:
            return self.numbers(name)
        import pandas as pd

        texts = self.texts(name)
        if name not in CATEGORIES:
            return pd.Series(np.array(texts.texts, dtype=object)[texts.codes], dtype=object, copy=False)
        known: list[str] = [*COLLECTORS] if name == "collector" else sorted(text for text in texts.texts if text is not None)
        places = np.array([-1 if text is None else known.index(text) for text in texts.texts], dtype=np.int64)
        categories = pd.Index(known, dtype=None if known else object)
        return pd.Categorical.from_codes(places[texts.codes], categories=categories)

    def _place(self, row: int) -> int:
        row = row + self._count if row < 0 else row
        return self._at.start + row if isinstance(self._at, slice) else int(self._at[row])


Table: TypeAlias = "Rows | pd.DataFrame"
"""Collections as arrays, or as the frame that somebody has made of them."""


def rows_of(table: Table) -> Rows:
    """A table as arrays."""
    return table if isinstance(table, Rows) else Rows.of(table)


def _held(name: str, column: pd.Series[Any]) -> Held:
    """A frame's column as it is held."""
    import pandas as pd

    if isinstance(column.dtype, pd.CategoricalDtype):
        texts = (None, *(str(text) for text in column.cat.categories))
        return Held(column.cat.codes.to_numpy().astype(np.int32) + 1, texts=texts)
    if name == "line":
        return Held(column.to_numpy(dtype=np.int64))
    kind = COLUMNS.get(name, float if column.dtype.kind in "fiu" else str)
    if kind is bool:
        return Held(column.to_numpy(dtype=bool))
    if kind is str:
        codes, found = pd.factorize(column)
        return Held(codes.astype(np.int32) + 1, texts=(None, *(str(text) for text in found)))
    return Held(column.to_numpy(dtype=np.float64))


def joined(parts: Sequence[Rows]) -> Rows:
    """Rows one after the other. Those of one source stay a view of it."""
    parts = [part for part in parts if len(part)] or list(parts[:1])
    if len(parts) == 1:
        return parts[0]
    if all(part._columns is parts[0]._columns for part in parts):
        places = np.concatenate([part.places for part in parts])
        return Rows(parts[0]._columns, places, len(places))
    import pandas as pd

    return Rows.of(pd.concat([part.frame() for part in parts], ignore_index=True))
