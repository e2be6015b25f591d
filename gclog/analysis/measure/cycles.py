"""The full collections of a process, one by one."""

from __future__ import annotations

import numpy as np

from gclog.model.process import Cycle
from gclog.processes.rows import Table, rows_of

__all__ = ["cycles"]


def cycles(collections: Table) -> tuple[Cycle, ...]:
    """Every full collection with a size before and after it, in order. `reclaim_share` is 0 for an empty heap."""
    rows = rows_of(collections)
    fulls = rows.fulls
    if not len(fulls):
        return ()
    fulls = fulls.known("at_ms", "used_before_mb", "used_after_mb")
    before, after = fulls.numbers("used_before_mb"), fulls.numbers("used_after_mb")
    reclaim = np.divide(before - after, before, out=np.zeros_like(before), where=before > 0)
    mu = [None if value != value else value for value in fulls.numbers("average_mu").tolist()]
    columns = (fulls.numbers("at_ms").tolist(), fulls.lines.tolist(), before.tolist(), after.tolist(), reclaim.tolist())
    return tuple(map(Cycle, *columns, fulls.numbers("pause_ms").tolist(), mu))
