"""The part of a process's life that the log shows."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gclog.model.process import Span

__all__ = ["measure_span"]


def measure_span(collections: pd.DataFrame, first_line: int, last_line: int) -> Span:
    """From the start of the first collection to the end of the last; zero if no collection has a time.

    The wall clock at the span's start is that of the first line that has one, minus V8's time in between.
    """
    timed = collections[collections["at_ms"].notna()] if len(collections) else collections
    if not len(timed):
        return Span(0.0, 0.0, first_line, last_line, None)
    at_ms = timed["at_ms"].to_numpy(dtype=np.float64)
    pause_ms = timed["pause_ms"].fillna(0.0).to_numpy(dtype=np.float64)
    first_ms = max(0.0, float(at_ms[0] - pause_ms[0]))
    wall_ms = timed["wall_ms"].to_numpy(dtype=np.float64)
    known = np.flatnonzero(~np.isnan(wall_ms))
    wall_start_ms = float(wall_ms[known[0]] - (at_ms[known[0]] - first_ms)) if len(known) else None
    return Span(first_ms, max(float(at_ms.max()), first_ms), first_line, last_line, wall_start_ms)
