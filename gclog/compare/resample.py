"""The uncertainty of a figure: the stationary bootstrap.

Garbage collections are not independent: a full one follows some scavenges, a busy minute causes many. So blocks of time are
resampled instead of collections, long enough to keep dependent ones together.
Politis and Romano, The stationary bootstrap, JASA 89 (1994).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gclog.analysis.measure.robust import Floats

__all__ = ["DRAWS", "weighted_quantiles", "weights_of_draws"]

DRAWS = 400
"""A standard error from 400 draws is itself accurate to 4 %: more draws would not change a digit on display."""

SEED = 1_618_033
"""Fixed, so that the same logs give the same report."""

CHUNK = 50
"""Draws processed at a time, so that a quantile of 5000 pauses needs 2 MB."""


def weights_of_draws(slices: int, mean_block: float, draws: int = DRAWS) -> Floats:
    """How often each slice of time occurs in each draw: an array of (draws, slices) whose rows add up to `slices`.

    After each slice a draw continues with the next one (the first follows the last) or, once in `mean_block` times on average,
    jumps to a random slice.
    """
    random = np.random.default_rng(SEED)
    jumps = random.random((draws, slices)) < 1.0 / mean_block
    landings = random.integers(0, slices, (draws, slices))
    steps = np.arange(slices)
    begun = np.maximum.accumulate(np.where(jumps, steps, 0), axis=1)
    drawn = (np.take_along_axis(landings, begun, axis=1) + steps - begun) % slices
    flat = (np.arange(draws)[:, None] * slices + drawn).ravel()
    return np.bincount(flat, minlength=draws * slices).reshape(draws, slices).astype(np.float64)


def weighted_quantiles(values: Floats, slice_of: npt.NDArray[np.intp], weights: Floats, q: float) -> Floats:
    """Nearest-rank quantile of each draw, each value weighted by how often its slice was drawn; NaN if none was."""
    order = np.argsort(values, kind="stable")
    ordered, slice_of = values[order], slice_of[order]
    found = np.empty(len(weights))
    for begin in range(0, len(weights), CHUNK):
        reached = np.cumsum(weights[begin : begin + CHUNK][:, slice_of], axis=1)
        total = reached[:, -1]
        rank = np.argmax(reached >= q * total[:, None] - 1e-9, axis=1)
        found[begin : begin + CHUNK] = np.where(total > 0, ordered[rank], np.nan)
    return found
