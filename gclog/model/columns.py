"""The rows of one record type, by column: what the reader fills, and what records and tables are made from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gclog.model.records import Record, column_specs

__all__ = ["Batch", "Column", "Columns", "Texts", "records_of", "unsaid"]


@dataclass(slots=True)
class Texts:
    """Texts of rows that have few different ones: `codes` are places in `values`, whose first is None."""

    codes: npt.NDArray[np.int32]
    values: list[str | None]

    def tolist(self) -> list[str | None]:
        """The text of each row."""
        return [self.values[code] for code in self.codes.tolist()]


Column = list[Any] | npt.NDArray[Any] | Texts


class Columns:
    """Rows of one record type: a column per field, all of the same length.

    A column is a list of values, None if a line does not say. Of rows that were read in bulk it is an array, float64 for
    numbers, whole ones too, NaN if a line does not say, and bool for flags; or `Texts`; or it is missing, if no line says
    anything.
    """

    __slots__ = ("record", "values")

    def __init__(self, record: type[Record], values: Mapping[str, Column] | None = None) -> None:
        self.record = record
        self.values: dict[str, Any] = {name: [] for name in column_specs(record)} if values is None else dict(values)

    def __len__(self) -> int:
        return len(self.values["line"])

    def append(self, row: dict[str, Any]) -> None:
        """Add one row; `row` has a value for every field."""
        for name, values in self.values.items():
            values.append(row[name])

    def as_lists(self, names: Iterable[str] | None = None) -> dict[str, list[Any]]:
        """The columns, or those with these names, as values of the record's own types."""
        specs = column_specs(self.record)
        kinds = {name: specs[name].metadata["kind"] for name in (specs if names is None else names)}
        return {
            name: _as_list(self.values[name], kind) if name in self.values else [False if kind is bool else None] * len(self)
            for name, kind in kinds.items()
        }


def _as_list(values: Column, kind: type) -> list[Any]:
    if isinstance(values, list):
        return values
    if not (isinstance(values, np.ndarray) and (kind is float or kind is int)):
        return list(values.tolist())
    missing = np.isnan(values)
    if not missing.any():
        return values.tolist() if kind is float else [int(value) for value in values.tolist()]
    if missing.all():
        return [None] * len(values)
    return [None if gone else kind(value) for value, gone in zip(values.tolist(), missing.tolist(), strict=True)]


def unsaid(kind: type, count: int) -> npt.NDArray[Any]:
    """A column of rows that say nothing: NaN for numbers, False for flags, None for the rest."""
    if kind is float or kind is int:
        return np.full(count, np.nan)
    return np.zeros(count, dtype=bool) if kind is bool else np.full(count, None, dtype=object)


Batch = dict[type[Record], list[Columns]]
"""What was read from a stretch of a source."""


def records_of(batch: Batch) -> Iterator[Record]:
    """The records of a batch in the order of their lines."""
    rows: list[tuple[int, type[Record], dict[str, list[Any]], int]] = []
    for record, parts in batch.items():
        for part in parts:
            values = part.as_lists()
            rows += [(line, record, values, row) for row, line in enumerate(values["line"])]
    rows.sort(key=lambda entry: entry[0])
    for _, record, values, row in rows:
        yield record(**{name: column[row] for name, column in values.items()})
