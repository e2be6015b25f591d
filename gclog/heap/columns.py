"""The arrays of a snapshot, in which rows of several numbers follow one another, as a column for each of the fields that are wanted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gclog.heap.spill import Column, blocks
from gclog.recognise.documents.numbers import whole_numbers
from gclog.source.json_stream import JsonStream, MalformedError

__all__ = ["Columns"]

Ints = NDArray[np.int64]

WIDER: dict[str, Any] = {"id": np.uint64}
"""Columns that become wider if a number asks for it: other engines' ids are addresses."""


@dataclass(slots=True)
class Columns:
    """Rows of numbers, turned into columns as they arrive. Those in `wanted` are kept, each with the dtype named there."""

    fields: list[str]
    wanted: dict[str, Any]
    columns: dict[str, Column] = field(default_factory=dict)
    rest: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    complete: bool = False

    def read(self, stream: JsonStream) -> None:
        """An array to its end. Raises CutError after the last whole row that was kept, MalformedError, OutputError."""
        for block in whole_numbers(stream):
            numbers = np.concatenate((self.rest, block)) if len(self.rest) else block
            whole = len(numbers) // len(self.fields) * len(self.fields)
            rows = numbers[:whole].reshape(-1, len(self.fields))
            self.rest = numbers[whole:].copy()
            for name, kind in self.wanted.items():
                if name in self.fields:
                    self._append(name, kind, rows[:, self.fields.index(name)])
        if len(self.rest):
            raise MalformedError("the last row is not complete")
        self.complete = True

    def _append(self, name: str, kind: Any, values: Ints) -> None:
        column = self.columns.setdefault(name, Column(kind))
        if len(values) and values.max() > np.iinfo(column.kind).max and name in WIDER:
            column = self.columns[name] = _widened(column, WIDER[name])
        if len(values) and (values.min() < 0 or values.max() > np.iinfo(column.kind).max):
            raise MalformedError(f"a number is out of range in the column {name}")
        column.append(values)

    def take(self, name: str) -> NDArray[Any]:
        """A column; empty if the layout lacks it, or none of it was written."""
        return self.columns.pop(name, Column(self.wanted[name])).finish()


def _widened(column: Column, kind: Any) -> Column:
    wider = Column(kind)
    for _, (block,) in blocks(column.finish()):
        wider.append(block)
    return wider
