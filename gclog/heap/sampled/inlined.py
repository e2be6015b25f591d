"""Sites that are one: V8's profiler sees stack frames, and a function that is inlined has none of its own.

What `createSession` allocates counts as `handle`'s from the moment on when V8 inlines the one in the other, and as its own again when
V8 discards that code. Samples are numbered as they are taken, so this shows: while the caller allocates, the callee does not, and the
other way round. Of two functions that both allocate in every call the samples would come in any order.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from gclog.heap.sampled.sampling import Ints

__all__ = ["group_sites"]

DEVIATIONS = 2.0
"""Two sequences take turns more rarely than chance has it from here on (Wald-Wolfowitz: the number of runs)."""

FEWEST = 3
"""Samples; two come in two runs whatever the order."""


def group_sites(ordinals: Mapping[int, Ints], only_caller: Mapping[int, int]) -> dict[int, tuple[int, ...]]:
    """The path of each site that is one with others, from the outermost of them to the innermost. Sites go by number.

    ordinals      of each site that allocated its samples' numbers, in order
    only_caller   of each site that one other alone calls: which
    """
    inner: dict[int, int] = {}
    for callee in ordinals:
        caller = _next_above(callee, only_caller, ordinals)
        if caller is not None and _take_turns(ordinals[callee], ordinals[caller]):
            inner[callee] = caller
    groups: dict[int, list[tuple[int, ...]]] = {}
    for site in ordinals:
        path = _path(site, inner)
        groups.setdefault(path[0], []).append(path)
    longest = (max(paths, key=lambda path: (len(path), len(ordinals[path[-1]]))) for paths in groups.values() if len(paths) > 1)
    found = {path[0]: path for path in longest}
    return {path[-1]: found[outermost] for outermost, paths in groups.items() if outermost in found for path in paths}


def _next_above(site: int, only_caller: Mapping[int, int], ordinals: Mapping[int, Ints]) -> int | None:
    """The next of its callers that allocated, too."""
    passed = {site}
    above = only_caller.get(site)
    while above is not None and above not in ordinals and above not in passed:
        passed.add(above)
        above = only_caller.get(above)
    return above if above in ordinals and above not in passed else None


def _path(site: int, inner: Mapping[int, int]) -> tuple[int, ...]:
    """From the outermost function that it is inlined in; functions that call one another end it."""
    path = [site]
    while (above := inner.get(path[-1])) is not None and above not in path:
        path.append(above)
    return tuple(reversed(path))


def _take_turns(one: Ints, other: Ints) -> bool:
    """Whether the samples of two sites come in fewer runs than they would in any order."""
    whose = np.concatenate((np.zeros(len(one), np.int8), np.ones(len(other), np.int8)))[
        np.argsort(np.concatenate((one, other)))
    ]
    runs = 1 + int(np.count_nonzero(whose[1:] != whose[:-1]))
    pairs, count = 2 * len(one) * len(other), len(whose)
    if not pairs or count < FEWEST:
        return False
    variance = pairs * (pairs - count) / (count * count * (count - 1))
    return pairs / count + 1 - runs >= DEVIATIONS * math.sqrt(max(variance, 0.0)) > 0
