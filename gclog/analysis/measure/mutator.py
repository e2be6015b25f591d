"""V8's mutator utilisation, recomputed from its printed full collections."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from gclog.analysis.measure.robust import Floats
from gclog.processes.rows import Table, rows_of

__all__ = ["Utilisation", "first_cycle_counts", "recompute_mu"]

INITIAL_MU = 1.0
"""What V8 prints for both figures before it has anything to divide."""

FULL_CLOCK_FROM_START_MS = 0.0
"""E_0 from V8 11.8 on. Actually the tracer's start, 1.5 to 3 ms on the printed clock (Node 22, 24, 26): negligible."""


@dataclass(frozen=True, slots=True, eq=False)
class Utilisation:
    """Mutator utilisation after each full collection, 0..1; both are 1 while V8 has nothing to divide."""

    current: Floats
    average: Floats


def recompute_mu(fulls: Table, *, first_counts: bool) -> Utilisation:
    """Current and average mutator utilisation after each full collection.

    `fulls` has at_ms, pause_ms and incremental_ms of the full collections, in order. Each costs its atomic pause and its
    incremental marking on the main thread; the rest of the time since the end of the last one belonged to the program. The
    average divides two running means of weight 1/2. With `first_counts` the first collection counts too, from the isolate's
    start (V8 11.8 on); otherwise it only starts the clock. The clock is rounded to 1 ms, so intervals of a few ms deviate.
    Source: gc-tracer.cc, GCTracer::RecordMutatorUtilization, V8 6.7 to 14.6.
    """
    rows = rows_of(fulls)
    ends = rows.numbers("at_ms")
    cost = np.nan_to_num(rows.numbers("pause_ms")) + np.nan_to_num(rows.numbers("incremental_ms"))
    current, average = np.full(len(ends), INITIAL_MU), np.full(len(ends), INITIAL_MU)
    skipped = 0 if first_counts else 1
    if len(ends) > skipped:
        since = np.diff(ends, prepend=FULL_CLOCK_FROM_START_MS)[skipped:]
        cost = cost[skipped:]
        mutator = np.maximum(since - cost, 0.0)
        current[skipped:] = _share(mutator, cost)
        average[skipped:] = _share(_running_mean(mutator), _running_mean(cost))
    return Utilisation(current, average)


def first_cycle_counts(fulls: Table) -> bool:
    """Whether V8 counted the first full collection, as it does from 11.8 on.

    Evident from the page pool (printed from 12.2 on), otherwise from which alternative is closer to what V8 printed; `False` if
    it printed nothing (before 6.7).
    """
    fulls = rows_of(fulls)
    if fulls.says("pooled_mb"):
        return True
    printed = fulls.numbers("average_mu")
    known = ~np.isnan(printed)
    if not known.any():
        return False
    ways = [recompute_mu(fulls, first_counts=counts).average for counts in (False, True)]
    off = [float(np.mean(np.abs(way[known] - printed[known]))) for way in ways]
    return off[1] < off[0]


def _share(mutator: Floats, cost: Floats) -> Floats:
    total = mutator + cost
    return np.divide(mutator, total, out=np.ones_like(total), where=total > 0)


def _running_mean(values: Floats) -> Floats:
    """The first value, then the mean of the previous mean and each value."""
    return np.fromiter(accumulate(values.tolist(), lambda mean, value: (mean + value) / 2), np.float64, len(values))
