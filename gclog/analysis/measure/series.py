"""The points of a process's plots, thinned without losing extremes."""

from __future__ import annotations

from itertools import pairwise
from typing import cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from gclog.analysis.measure.intervals import lay_out
from gclog.analysis.measure.robust import Floats
from gclog.model.process import Series, Span
from gclog.model.records import Collector

__all__ = ["MAX_POINTS", "SHARE_SLICES", "thin"]

MAX_POINTS = 2000
"""Upper bound on the points of a plot: about two per pixel across a wide screen."""

SHARE_SLICES = 200
"""Slices of the span for GC's share: bars of a few pixels each."""

PLOTTED = ("used_before_mb", "used_after_mb", "committed_after_mb", "pause_ms")


def thin(collections: pd.DataFrame, span: Span, at_most: int = MAX_POINTS) -> Series:
    """Points for the plots: at most `at_most` of all collections, and as many of the full ones (but never fewer than ten).

    Rows are divided into equal buckets; each keeps the rows with the smallest and the largest value of every plotted column. The
    first and the last row are kept too. Deterministic.
    """
    timed = collections[collections["at_ms"].notna()]
    kept = timed.iloc[_extremes([timed[name].to_numpy(dtype=np.float64) for name in PLOTTED], at_most)]
    fulls = timed[(timed["collector"] == "mark_compact") & timed["used_after_mb"].notna()]
    fulls = fulls.iloc[_extremes([fulls["used_after_mb"].to_numpy(dtype=np.float64)], at_most)]
    share_at_ms, share = _gc_share(timed, span)
    return Series(
        at_ms=tuple(kept["at_ms"].tolist()),
        line=tuple(kept["line"].tolist()),
        collector=tuple(cast(Collector, name) for name in kept["collector"].tolist()),
        used_before_mb=tuple(kept["used_before_mb"].tolist()),
        used_after_mb=tuple(kept["used_after_mb"].tolist()),
        committed_after_mb=tuple(kept["committed_after_mb"].tolist()),
        pause_ms=tuple(kept["pause_ms"].tolist()),
        full_at_ms=tuple(fulls["at_ms"].tolist()),
        full_after_mb=tuple(fulls["used_after_mb"].tolist()),
        gc_share_at_ms=tuple(share_at_ms.tolist()),
        gc_share=tuple(share.tolist()),
        thinned_from=len(collections),
    )


def _extremes(columns: list[Floats], at_most: int) -> npt.NDArray[np.intp]:
    """Positions to keep, in order; NaN never counts as an extreme."""
    rows = len(columns[0])
    if rows <= at_most:
        return np.arange(rows)
    buckets = max((at_most - 2) // (2 * len(columns)), 1)
    edges = np.linspace(0, rows, buckets + 1).round().astype(np.intp)
    kept = {0, rows - 1}
    for column in columns:
        for beyond, pick in ((np.inf, np.argmin), (-np.inf, np.argmax)):
            filled = np.where(np.isnan(column), beyond, column)
            kept.update(int(low + pick(filled[low:high])) for low, high in pairwise(edges.tolist()))
    return np.array(sorted(kept), dtype=np.intp)


def _gc_share(timed: pd.DataFrame, span: Span) -> tuple[Floats, Floats]:
    """End of each slice of the span and its paused share; a pause across an edge is split between the slices."""
    if not span.duration_ms > 0:
        return np.empty(0), np.empty(0)
    edges = np.linspace(span.first_ms, span.last_ms, SHARE_SLICES + 1)
    paused = np.diff(lay_out(timed).paused_until(edges))
    return edges[1:], np.clip(paused / np.diff(edges), 0.0, 1.0)
