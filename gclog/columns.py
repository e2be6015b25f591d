"""The rows of one record type, by column: what the reader fills, and what records and tables are made from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gclog.records import Record, column_specs

__all__ = ["Batch", "Columns", "records_of"]


class Columns:
    """Rows of one record type: a list of values per field, all of the same length."""

    __slots__ = ("record", "values")

    def __init__(self, record: type[Record]) -> None:
        self.record = record
        self.values: dict[str, list[Any]] = {name: [] for name in column_specs(record)}

    def __len__(self) -> int:
        return len(self.values["line"])

    def append(self, row: dict[str, Any]) -> None:
        """Add one row; `row` has a value for every field."""
        for name, values in self.values.items():
            values.append(row[name])

    def extend(self, columns: dict[str, list[Any]], count: int, empty: dict[str, Any]) -> None:
        """Add `count` rows by column; fields that `columns` lacks get their value in `empty`."""
        for name, values in self.values.items():
            values.extend(columns[name] if name in columns else [empty[name]] * count)


Batch = dict[type[Record], Columns]
"""What was read from a stretch of a source."""


def records_of(batch: Batch) -> Iterator[Record]:
    """The records of a batch in the order of their lines."""
    rows = [(line, columns, row) for columns in batch.values() for row, line in enumerate(columns.values["line"])]
    rows.sort(key=lambda entry: entry[0])
    for _, columns, row in rows:
        yield columns.record(**{name: values[row] for name, values in columns.values.items()})
