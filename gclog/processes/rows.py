"""Collections as arrays: the columns of a whole source, and which of their rows are meant.

Rows of a process are a view: the columns are held once for all processes of a source, and a row is a number. Nothing is copied until a
column is asked for, and a data frame is made only for those who want one.
"""

from __future__ import annotations

from collections.abc import Collection, KeysView, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from gclog.model.records import COLLECTORS, DetailedCollection, column_specs
from gclog.processes.held import Flags, Floats, Held, Places, TextColumn

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["COLUMNS", "Rows", "Table", "joined", "merged", "rows_of"]

COLUMNS: Mapping[str, type] = {
    **{name: spec.metadata["kind"] for name, spec in column_specs(DetailedCollection).items() if name != "values"},
    "ring": bool,
    "collector": str,
}
"""All columns of collections, with the kinds of their values."""

CATEGORIES = ("type", "form", "collector")
"""Texts that every row has, one of a handful: categories in a frame."""

FULL = "mark_compact"

FEW_ROWS = 4096
"""Up to this many rows, what was asked for once is kept: converting a short column costs more than holding it."""


NO_TEXT = (None,)


class Rows:
    """Some rows of a source's collections, in the order of their lines. A column in which no line says anything is not held."""

    __slots__ = ("_at", "_columns", "_count", "_frame", "_kept")

    def __init__(self, columns: Mapping[str, Held], at: slice | Places, count: int) -> None:
        self._columns = columns
        self._at = at
        self._count = count
        self._frame: pd.DataFrame | None = None
        self._kept: dict[Any, Any] | None = None

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

    def keeping(self) -> Rows:
        """The same rows, which keep what is asked of them if they are few: for a caller that asks often and then lets them go."""
        if self._count > FEW_ROWS:
            return self
        rows = Rows(self._columns, self._at, self._count)
        rows._kept = {}
        return rows

    def _view(self, at: slice | Places, count: int) -> Rows:
        rows = Rows(self._columns, at, count)
        rows._kept = None if self._kept is None else {}
        return rows

    # ------------------------------------------------------------ columns

    @property
    def lines(self) -> npt.NDArray[np.int64]:
        """The number of each row's line."""
        held = self._columns.get("line")
        return np.zeros(self._count, dtype=np.int64) if held is None else held.values[self._at].astype(np.int64, copy=False)

    @property
    def held_lines(self) -> npt.NDArray[Any]:
        """The number of each row's line, in the type that it is held in."""
        held = self._columns.get("line")
        return self.lines if held is None else held.values[self._at]

    def line(self, row: int) -> int:
        """The line of one row; negative ones count from the end."""
        return int(self._columns["line"].values[self._place(row)])

    def numbers(self, name: str) -> Floats:
        """A column of numbers, NaN if a line does not say; not to be written to."""
        if self._kept is None:
            return self._read_numbers(name)
        found: Floats | None = self._kept.get(name)
        if found is None:
            found = self._kept[name] = self._read_numbers(name)
        return found

    def own_numbers(self, name: str) -> Floats:
        """A column of numbers that may be written to."""
        found = self.numbers(name)
        held = self._columns.get(name)
        is_copy = self._kept is None and (held is None or held.values.dtype.kind != "f" or not isinstance(self._at, slice))
        return found if is_copy else found.copy()

    def _read_numbers(self, name: str) -> Floats:
        held = self._columns.get(name)
        return np.full(self._count, np.nan) if held is None else held.numbers(self._at)

    def number(self, name: str, row: int) -> float:
        """One number; rows with a negative number count from the end."""
        if self._kept is not None:
            return float(self.numbers(name)[row])
        held = self._columns.get(name)
        place = self._place(row)
        return np.nan if held is None else float(held.numbers(slice(place, place + 1))[0])

    def last(self, name: str) -> float | None:
        """The last number of a column; None if no line has one."""
        if name not in self._columns:
            return None
        found = self.numbers(name)
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
            return bool(np.count_nonzero(held.values[self._at]))
        return held.has_numbers(self._at) if self._kept is None or not self._is_complete(name) else self._count > 0

    @property
    def full(self) -> Flags:
        """Which rows are full collections; not to be written to."""
        if self._kept is None:
            return self.texts("collector").is_in((FULL,))
        found: Flags | None = self._kept.get(FULL)
        if found is None:
            found = self._kept[FULL] = self.texts("collector").is_in((FULL,))
        return found

    @property
    def fulls(self) -> Rows:
        """The full collections."""
        if self._kept is None:
            return self.where(self.full)
        key = (FULL, "rows")
        if key in self._kept:
            kept: Rows | None = self._kept[key]
            return self if kept is None else kept
        found = self.where(self.full)
        self._kept[key] = None if found is self else found
        return found

    @property
    def places(self) -> Places:
        """The numbers of the rows in their source."""
        return np.arange(self._at.start, self._at.stop) if isinstance(self._at, slice) else self._at

    @property
    def names(self) -> KeysView[str]:
        """The columns in which any line of the source says something."""
        return self._columns.keys()

    def at_lines(self, lines: Collection[int]) -> Flags:
        """Which rows are of these lines."""
        return np.isin(self.lines, list(lines))

    # ------------------------------------------------------------ fewer rows

    def where(self, wanted: Flags) -> Rows:
        """The rows for which it is true."""
        return self if np.count_nonzero(wanted) == len(wanted) else self.take(np.flatnonzero(wanted))

    def take(self, rows: Places) -> Rows:
        """The rows with these numbers, in this order."""
        count = len(rows)
        if count and int(rows[-1]) - int(rows[0]) == count - 1 and (count < 3 or bool((np.diff(rows) == 1).all())):
            return self.part(int(rows[0]), int(rows[-1]) + 1)
        return self._view(rows + self._at.start if isinstance(self._at, slice) else self._at[rows], count)

    def part(self, begin: int, end: int) -> Rows:
        """The rows from one to another, which is left out."""
        begin, end = max(0, begin), min(end, self._count)
        count = max(0, end - begin)
        if isinstance(self._at, slice):
            return self._view(slice(self._at.start + begin, self._at.start + begin + count), count)
        return self._view(self._at[begin : begin + count], count)

    def tail(self, count: int) -> Rows:
        """The last `count` rows."""
        return self.part(self._count - count, self._count)

    def known(self, *names: str) -> Rows:
        """The rows that have all of these numbers."""
        if self._kept is None:
            return self._find_known(names)
        if names in self._kept:
            kept: Rows | None = self._kept[names]
            return self if kept is None else kept
        found = self if all(map(self._is_complete, names)) else self._find_known(names)
        self._kept[names] = None if found is self else found  # itself would be a circle
        return found

    def _is_complete(self, name: str) -> bool:
        """Whether every row has this number."""
        if self._kept is None:
            return not np.count_nonzero(np.isnan(self.numbers(name)))
        key = (name, "complete")
        if key not in self._kept:
            self._kept[key] = not np.count_nonzero(np.isnan(self.numbers(name)))
        return bool(self._kept[key])

    def _find_known(self, names: tuple[str, ...]) -> Rows:
        known = np.ones(self._count, dtype=bool)
        for name in names:
            held = self._columns.get(name)
            if held is None:
                return self.part(0, 0)
            known &= held.known(self._at)
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


def merged(runs: Sequence[tuple[int, Rows]]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The lines of runs in order, and the run of each."""
    if not runs:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    if len(runs) == 1:
        return runs[0][1].lines, np.broadcast_to(np.int64(runs[0][0]), len(runs[0][1]))
    lines = np.concatenate([rows.lines for _, rows in runs])
    owners = np.repeat([run for run, _ in runs], [len(rows) for _, rows in runs])
    order = np.argsort(lines, kind="stable")
    return lines[order], owners[order]
