"""The full collections of a process, one by one."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd

from gclog.results import Cycle, LeakEvent

__all__ = ["GROWING_COLLECTIONS", "cycles", "find_leak_events"]

GROWING_COLLECTIONS = 5
"""memwatch's: so many full collections in a row must each leave more than the one before."""

MS_PER_HOUR = 3_600_000.0


def cycles(collections: pd.DataFrame) -> tuple[Cycle, ...]:
    """Every full collection that says what it found and what it left, in order. `reclaim_share` is 0 for an empty heap."""
    fulls = collections[collections["collector"] == "mark_compact"].dropna(subset=["at_ms", "used_before_mb", "used_after_mb"])
    before = fulls["used_before_mb"].to_numpy(dtype=np.float64)
    after = fulls["used_after_mb"].to_numpy(dtype=np.float64)
    reclaim = np.divide(before - after, before, out=np.zeros_like(before), where=before > 0)
    mu = [None if value != value else value for value in fulls["average_mu"].tolist()]
    columns = (fulls["at_ms"].tolist(), fulls["line"].tolist(), before.tolist(), after.tolist(), reclaim.tolist())
    return tuple(map(Cycle, *columns, fulls["pause_ms"].tolist(), mu))


def find_leak_events(found: tuple[Cycle, ...]) -> tuple[LeakEvent, ...]:
    """What memwatch would have reported: after each five growing full collections in a row, their growth and its rate per hour.

    Its count begins anew after each report. `mb_per_h` is infinite where the clock did not move. A poor alarm: 26 false ones
    on 40 healthy processes; people know it, so it is given as a detail.
    Source: node-memwatch, src/memwatch.cc.
    """
    events = []
    growing = 0
    for at, (last, this) in enumerate(pairwise(found), start=1):
        growing = growing + 1 if this.after_mb > last.after_mb else 0
        if growing == GROWING_COLLECTIONS:
            first = found[at - GROWING_COLLECTIONS]
            growth_mb, run_ms = this.after_mb - first.after_mb, this.at_ms - first.at_ms
            rate = growth_mb / (run_ms / MS_PER_HOUR) if run_ms > 0 else float("inf")
            events.append(LeakEvent(this.at_ms, this.line, growth_mb, rate))
            growing = 0
    return tuple(events)
