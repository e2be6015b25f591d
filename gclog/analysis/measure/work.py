"""How much a program has allocated so far: a clock that runs with its load."""

from __future__ import annotations

import math

from gclog.analysis.measure.gaps import is_late
from gclog.model.not_known import or_nan
from gclog.processes.rows import Rows
from gclog.processes.runs import CollectionRow

__all__ = ["Work", "work_of"]


class Work:
    """Adds up what was allocated between collections; NaN if the first of them shows that the process had run before.

    The size before a collection less that after the one before it; what was freed in between is not counted.
    """

    def __init__(self) -> None:
        self.mb = 0.0
        self._after_mb: float | None = None

    def add(self, at_ms: float, before_mb: float, after_mb: float) -> float:
        """A collection, NaN for what its line lacks; what was allocated up to it, MB."""
        if math.isnan(at_ms) or math.isnan(after_mb):
            return self.mb
        if self._after_mb is None:
            self.mb = math.nan if is_late(at_ms, before_mb) else 0.0
            self._after_mb = 0.0
        if before_mb > self._after_mb:
            self.mb += before_mb - self._after_mb
        self._after_mb = after_mb
        return self.mb

    def add_row(self, row: CollectionRow) -> float:
        """A collection as `watch` has it."""
        return self.add(or_nan(row.at_ms), or_nan(row.used_before_mb), or_nan(row.used_after_mb))


def work_of(rows: Rows) -> list[float]:
    """What was allocated up to each collection, MB."""
    work = Work()
    columns = (rows.numbers(name).tolist() for name in ("at_ms", "used_before_mb", "used_after_mb"))
    return list(map(work.add, *columns))
