"""The collections by which growth is compared with what the application printed."""

from __future__ import annotations

import numpy as np

from gclog.model.verdict import Rise
from gclog.processes.rows import Rows

__all__ = ["while_it_grows"]

MOST_COLLECTIONS = 4000
"""Upper bound on the collections between which lines are counted: with the most shapes 16 MB."""


def while_it_grows(rows: Rows, rise: Rise | None) -> Rows:
    """The collections from the end of the climb's first tenth on: at its foot a program still loads its code and fills its caches."""
    return _thinned(rows if rise is None else rows.where(rows.numbers("at_ms") >= rise.from_ms))


def _thinned(rows: Rows) -> Rows:
    """At most `MOST_COLLECTIONS`, so that the counts between them take little memory. All full ones are among them, or no others."""
    if len(rows) <= MOST_COLLECTIONS:
        return rows
    full = rows.full
    if (count := int(full.sum())) > MOST_COLLECTIONS // 2:
        return rows.take(np.flatnonzero(full)[np.linspace(0, count - 1, MOST_COLLECTIONS // 2).round().astype(np.intp)])
    others = np.flatnonzero(~full)
    kept = others[np.linspace(0, len(others) - 1, MOST_COLLECTIONS - count).round().astype(np.intp)]
    return rows.take(np.sort(np.concatenate([np.flatnonzero(full), kept])))
