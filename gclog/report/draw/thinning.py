"""Fewer points for drawing, keeping every extreme: a plot of a thousand pixels needs no million points."""

from __future__ import annotations

import math
from collections.abc import Sequence

from gclog.model.process import Cycle

__all__ = ["thin", "thin_cycles"]


def thin(values: Sequence[float], at_most: int) -> list[int]:
    """Indices of at most `at_most` values (4 or more): the first, the last, and the extremes of equal slices in between.

    NaN is kept only if a slice has nothing else.
    """
    n = len(values)
    if n <= at_most:
        return list(range(n))
    kept = {0, n - 1}
    slices = (at_most - 2) // 2
    for number in range(slices):
        indices = range(1 + number * (n - 2) // slices, 1 + (number + 1) * (n - 2) // slices)
        known = [i for i in indices if not math.isnan(values[i])] or list(indices[:1])
        if known:
            kept.add(min(known, key=lambda i: values[i]))
            kept.add(max(known, key=lambda i: values[i]))
    return sorted(kept)


def thin_cycles(cycles: Sequence[Cycle], at_most: int) -> list[Cycle]:
    """At most `at_most` full collections, including the extremes of the size after them."""
    return [cycles[i] for i in thin([cycle.after_mb for cycle in cycles], at_most)]
