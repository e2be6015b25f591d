"""The points of a process's plots, thinned without losing extremes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import cast

import numpy as np

from gclog.analysis.measure.intervals import PauseIntervals, lay_out
from gclog.analysis.measure.robust import Floats
from gclog.model.process import Series, Span
from gclog.model.records import Collector
from gclog.processes.rows import Rows, Table, rows_of

__all__ = ["MAX_POINTS", "SHARE_SLICES", "thin"]

MAX_POINTS = 2000
"""Upper bound on the points of a plot: about two per pixel across a wide screen."""

SHARE_SLICES = 200
"""Slices of the span for GC's share: bars of a few pixels each."""

PLOTTED = ("used_before_mb", "used_after_mb", "committed_after_mb", "pause_ms")


def thin(collections: Table, span: Span, at_most: int = MAX_POINTS, *, laid_out: PauseIntervals | None = None) -> Series:
    """Points for the plots: at most `at_most` of all collections, and as many of the full ones (but never fewer than ten).

    Rows are divided into equal buckets; each keeps the rows with the smallest and the largest value of every plotted column. The
    first and the last row are kept too. Deterministic. `laid_out`: its pauses, if they are laid out already.
    """
    timed = rows_of(collections).known("at_ms")
    kept = _extremes(timed, PLOTTED, at_most)
    fulls = timed.fulls.known("used_after_mb")
    fulls = _extremes(fulls, ("used_after_mb",), at_most)
    share_at_ms, share = _gc_share(lay_out(timed) if laid_out is None else laid_out, span)
    return Series(
        at_ms=tuple(kept.numbers("at_ms").tolist()),
        line=tuple(kept.lines.tolist()),
        collector=tuple(cast(Collector, name) for name in kept.texts("collector").tolist()),
        used_before_mb=tuple(kept.numbers("used_before_mb").tolist()),
        used_after_mb=tuple(kept.numbers("used_after_mb").tolist()),
        committed_after_mb=tuple(kept.numbers("committed_after_mb").tolist()),
        pause_ms=tuple(kept.numbers("pause_ms").tolist()),
        full_at_ms=tuple(fulls.numbers("at_ms").tolist()),
        full_after_mb=tuple(fulls.numbers("used_after_mb").tolist()),
        gc_share_at_ms=tuple(share_at_ms.tolist()),
        gc_share=tuple(share.tolist()),
        thinned_from=len(collections),
    )


def _extremes(rows: Rows, names: Sequence[str], at_most: int) -> Rows:
    """The rows to keep; NaN never counts as an extreme."""
    if len(rows) <= at_most:
        return rows
    buckets = max((at_most - 2) // (2 * len(names)), 1)
    edges = np.linspace(0, len(rows), buckets + 1).round().astype(np.intp)
    kept = {0, len(rows) - 1}
    for column in map(rows.numbers, names):
        for beyond, pick in ((np.inf, np.argmin), (-np.inf, np.argmax)):
            for low, high in pairwise(edges.tolist()):
                bucket = column[low:high]
                kept.add(int(low + pick(np.where(np.isnan(bucket), beyond, bucket))))
    return rows.take(np.array(sorted(kept), dtype=np.intp))


def _gc_share(intervals: PauseIntervals, span: Span) -> tuple[Floats, Floats]:
    """End of each slice of the span and its paused share; a pause across an edge is split between the slices."""
    if not span.duration_ms > 0:
        return np.empty(0), np.empty(0)
    edges = np.linspace(span.first_ms, span.last_ms, SHARE_SLICES + 1)
    until = intervals.paused_until(edges)
    share = (until[1:] - until[:-1]) / (edges[1:] - edges[:-1])
    return edges[1:], np.minimum(np.maximum(share, 0.0), 1.0)
