"""Collections as they arrive: light rows, and runs of them that are of one process.

A log that grows is read in small batches, of which no table is made: a row has only what decides whose it is and what the judge looks at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from gclog.model.columns import Columns
from gclog.model.records import COLLECTOR_OF_TYPE, Collection, Collector, column_specs
from gclog.processes.attribution import went_back
from gclog.processes.tables import SIZES, UNDERFLOW_MB

__all__ = ["CollectionRow", "columns_of_rows", "cut_runs", "row_of", "rows_of_columns"]


class CollectionRow(NamedTuple):
    """A collection; the fields are those of `Collection`, without the sizes that V8 prints after an underflow."""

    line: int
    wall_ms: float | None
    pid: int | None
    isolate: str | None
    isolate_id: int | None
    at_ms: float | None
    type: str
    reduce: bool
    used_before_mb: float | None
    committed_before_mb: float | None
    used_after_mb: float | None
    committed_after_mb: float | None
    pause_ms: float | None
    incremental_ms: float | None
    average_mu: float | None
    reason: str | None
    collector_reason: str | None
    form: str

    @property
    def collector(self) -> Collector:
        """Which of the three collectors ran."""
        return COLLECTOR_OF_TYPE[self.type]

    @property
    def is_assessable(self) -> bool:
        """Whether it has the clock and the size without which nothing can be judged."""
        return self.at_ms is not None and self.used_after_mb is not None


def row_of(record: Collection) -> CollectionRow:
    """The row of a record."""
    return _sane(CollectionRow(*(getattr(record, name) for name in CollectionRow._fields)))


def rows_of_columns(parts: Sequence[Columns]) -> list[CollectionRow]:
    """The rows of collections that were read by column, in the order of their lines."""
    rows: list[CollectionRow] = []
    for part in parts:
        columns = part.as_lists(CollectionRow._fields)
        found = map(CollectionRow._make, zip(*columns.values(), strict=True))
        is_sane = all(max((mb for mb in columns[name] if mb is not None), default=0.0) < UNDERFLOW_MB for name in SIZES)
        rows += found if is_sane else map(_sane, found)
    if len(parts) > 1:
        rows.sort(key=lambda row: row.line)
    return rows


def columns_of_rows(rows: Sequence[CollectionRow]) -> Columns:
    """The rows by column, for a table."""
    said = dict(zip(CollectionRow._fields, zip(*rows, strict=True), strict=True))
    nothing = [None] * len(rows)
    flags = [False] * len(rows)
    specs = column_specs(Collection).items()
    return Columns(
        Collection,
        {name: list(said.get(name, flags if spec.metadata["kind"] is bool else nothing)) for name, spec in specs},
    )


def cut_runs(rows: Sequence[CollectionRow]) -> Iterator[Sequence[CollectionRow]]:
    """The rows, cut wherever another process begins to speak: another pid or isolate, or a clock that has gone back."""
    begin = 0
    before: CollectionRow | None = None
    for place, row in enumerate(rows):
        if before is not None and (
            row.pid != before.pid or row.isolate != before.isolate or went_back(before.at_ms, row.at_ms)
        ):
            yield rows[begin:place]
            begin = place
        before = row
    if before is not None:
        yield rows[begin:] if begin else rows


def _sane(row: CollectionRow) -> CollectionRow:
    """Without the sizes that V8 printed after an underflow."""
    if all((getattr(row, name) or 0.0) < UNDERFLOW_MB for name in SIZES):
        return row
    return row._replace(
        used_before_mb=_printed(row.used_before_mb),
        committed_before_mb=_printed(row.committed_before_mb),
        used_after_mb=_printed(row.used_after_mb),
        committed_after_mb=_printed(row.committed_after_mb),
    )


def _printed(mb: float | None) -> float | None:
    """A size as V8 meant it: none after an underflow."""
    return None if mb is None or mb >= UNDERFLOW_MB else mb
