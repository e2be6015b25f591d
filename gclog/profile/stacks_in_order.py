"""The stacks of a profile in the order of time."""

from __future__ import annotations

from itertools import groupby

import numpy as np

from gclog.model.profile import Profile

__all__ = ["stacks_in_order"]


def stacks_in_order(profile: Profile, moments: int) -> list[tuple[int, int]]:
    """Stacks one after the other, each with what it weighs: those at so many moments."""
    samples = profile.samples
    count = len(samples.path)
    weight = np.ones(count, np.int64) if samples.weight is None else np.array(samples.weight, dtype=np.int64)
    ends = np.cumsum(weight)
    whole = int(ends[-1])
    if moments < count:
        edges = whole * np.arange(moments + 1, dtype=np.float64) / moments
        at = np.searchsorted(ends, (edges[:-1] + edges[1:]) / 2, side="right")
        path = np.array(samples.path, dtype=np.int64)[np.minimum(at, count - 1)]
        begins = np.rint(edges).astype(np.int64)
        weight = begins[1:] - begins[:-1]
    else:
        path = np.array(samples.path, dtype=np.int64)
    together = groupby(zip(path.tolist(), weight.tolist(), strict=True), lambda one: one[0])
    return [(stack, sum(part for _, part in parts)) for stack, parts in together]
