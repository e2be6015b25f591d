"""The full collections of a process, one by one."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gclog.model.process import Cycle

__all__ = ["cycles"]


def cycles(collections: pd.DataFrame) -> tuple[Cycle, ...]:
    """Every full collection with a size before and after it, in order. `reclaim_share` is 0 for an empty heap."""
    fulls = collections[collections["collector"] == "mark_compact"].dropna(subset=["at_ms", "used_before_mb", "used_after_mb"])
    before = fulls["used_before_mb"].to_numpy(dtype=np.float64)
    after = fulls["used_after_mb"].to_numpy(dtype=np.float64)
    reclaim = np.divide(before - after, before, out=np.zeros_like(before), where=before > 0)
    mu = [None if value != value else value for value in fulls["average_mu"].tolist()]
    columns = (fulls["at_ms"].tolist(), fulls["line"].tolist(), before.tolist(), after.tolist(), reclaim.tolist())
    return tuple(map(Cycle, *columns, fulls["pause_ms"].tolist(), mu))
