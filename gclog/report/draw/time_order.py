"""The stacks of a profile in the order of time, as boxes of a flame graph: neighbours with the same callers are one box."""

from __future__ import annotations

from gclog.model.profile import Profile
from gclog.profile.stacks_in_order import stacks_in_order
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
        nodes = _boxes(profile, stacks_in_order(profile, moments))
        if len(nodes) <= at_most or moments <= FEWEST_SAMPLES:
            return Flame(tuple(nodes[:at_most]), len(nodes), 1)
        moments //= 2


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
