"""The stacks of a profile in the order of time, as boxes of a flame graph: neighbours with the same callers are one box."""

from __future__ import annotations

from itertools import groupby

import numpy as np

from gclog.model.profile import Profile
from gclog.report.draw.flame import ALL, Flame, FlameNode

__all__ = ["time_order_flame"]

MOMENTS = 2000
"""Moments that are shown, evenly spread over the work, of a profile with more samples: as many as a wide screen has pixels."""

FEWEST_SAMPLES = 2


def time_order_flame(profile: Profile, at_most: int) -> Flame | None:
    """At most so many boxes, from fewer moments if it takes that; None if the samples have no order."""
    samples = profile.samples
    if len(samples.path) < FEWEST_SAMPLES:
        return None
    moments = min(MOMENTS, len(samples.path))
    while True:
        nodes = _boxes(profile, _runs(profile, moments))
        if len(nodes) <= at_most or moments <= FEWEST_SAMPLES:
            return Flame(tuple(nodes[:at_most]), len(nodes), 1)
        moments //= 2


def _runs(profile: Profile, moments: int) -> list[tuple[int, int]]:
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


def _boxes(profile: Profile, runs: list[tuple[int, int]]) -> list[FlameNode]:
    """The boxes, each before those below it."""
    frames_of = {stack: profile.paths[stack].frames for stack in {stack for stack, _ in runs}}
    whole = sum(weight for _, weight in runs)
    begun: list[tuple[int, int, int]] = [(0, 0, ALL)]
    ended: dict[int, int] = {0: whole}
    own: dict[int, int] = {}
    way: list[int] = []
    at = 0
    for stack, weight in runs:
        frames = frames_of[stack]
        common = 0
        while common < min(len(way), len(frames)) and begun[way[common]][2] == frames[common]:
            common += 1
        ended.update(dict.fromkeys(way[common:], at))
        del way[common:]
        for frame in frames[common:]:
            way.append(len(begun))
            begun.append((len(way), at, frame))
        top = way[-1] if way else 0
        own[top] = own.get(top, 0) + weight
        at += weight
    ended.update(dict.fromkeys(way, at))
    return [
        FlameNode(depth, begin, frame, own.get(number, 0), ended[number] - begin, 0)
        for number, (depth, begin, frame) in enumerate(begun)
    ]
