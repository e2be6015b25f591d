"""Sites that V8 may have counted as one another: its profiler sees stack frames, and a function that is inlined has none of its own.

What `createSession` allocates counts as `handle`'s from the moment on when V8 inlines the one in the other, and as its own again when
V8 discards that code. Samples are numbered as they are taken, so this shows: while the caller allocates, the callee does not, and the
other way round. Of two functions that both allocate in every call the samples would come in any order. Where samples have no numbers,
it shows between profiles: what the one loses, the other gains.

Such functions are judged as a group. Whose what the caller has is can be told only if one callee alone was inlined, and if as much of
it is alive, for all that was allocated meanwhile, while it counts as the caller's as while it counts as the callee's.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gclog.heap.sampled.sampling import Ints

__all__ = ["Group", "group_sites"]

DEVIATIONS = 2.0
"""Two sequences take turns more rarely than chance has it from here on (Wald-Wolfowitz: the number of runs)."""

FEWEST = 2
"""Samples of each; one comes first or last whatever the order."""

ENOUGH = 5
"""Samples of each from which their rates can be compared."""

SAME_RATE = 2.0
"""Rates are the same up to this ratio, and what chance adds."""

COMPENSATED = 0.5
"""What one site gains may have been counted as another before if that loses this part of it."""


@dataclass(frozen=True, slots=True)
class Group:
    """Sites by number, the outermost first, and whether each is inlined in the one before it and all of it is the innermost's."""

    members: tuple[int, ...]
    is_chain: bool


def group_sites(
    ordinals: Sequence[Mapping[int, Ints]], counts: Sequence[Mapping[int, float]], only_caller: Mapping[int, int]
) -> dict[int, Group]:
    """The group of each site that has one.

    ordinals      for each sampling, of each site that allocated its samples' numbers, in order
    counts        for each profile, of each site that allocated how many samples it has
    only_caller   of each site that one other alone calls: which
    """
    allocated = dict.fromkeys(itertools.chain(*ordinals, *counts))
    above = {site: caller for site in allocated if (caller := _next_above(site, only_caller, allocated)) is not None}
    moved = _moved(counts, above)
    inner = {callee: caller for callee, caller in above.items() if callee in moved or _any_turns(ordinals, callee, caller)}
    paths: dict[int, list[tuple[int, ...]]] = {}
    for site in allocated:
        path = _path(site, inner)
        paths.setdefault(path[0], []).append(path)
    groups = [_group(found, inner, ordinals) for found in paths.values() if len(found) > 1]
    return {site: group for group in groups for site in group.members}


def _group(paths: Sequence[tuple[int, ...]], inner: Mapping[int, int], ordinals: Sequence[Mapping[int, Ints]]) -> Group:
    members = tuple(path[-1] for path in sorted(paths, key=len))
    pairs = [(callee, inner[callee]) for callee in members[1:]]
    is_chain = len({caller for _, caller in pairs}) == len(pairs) and all(
        _is_same_rate(taken[callee], taken[caller])
        for taken in ordinals
        for callee, caller in pairs
        if callee in taken and caller in taken
    )
    return Group(members, is_chain and any(callee in taken for taken in ordinals for callee, _ in pairs))


def _next_above(site: int, only_caller: Mapping[int, int], allocated: Collection[int]) -> int | None:
    """The next of its callers that allocated, too."""
    passed = {site}
    above = only_caller.get(site)
    while above is not None and above not in allocated and above not in passed:
        passed.add(above)
        above = only_caller.get(above)
    return above if above in allocated and above not in passed else None


def _path(site: int, inner: Mapping[int, int]) -> tuple[int, ...]:
    """From the outermost function that it is inlined in; functions that call one another end it."""
    path = [site]
    while (above := inner.get(path[-1])) is not None and above not in path:
        path.append(above)
    return tuple(reversed(path))


# ---------------------------------------------------------------- within a sampling


def _any_turns(ordinals: Sequence[Mapping[int, Ints]], callee: int, caller: int) -> bool:
    return any(_take_turns(taken[callee], taken[caller]) for taken in ordinals if callee in taken and caller in taken)


def _in_order(one: Ints, other: Ints) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """The numbers of two sites' samples, in order, and which of them are the second one's."""
    both = np.concatenate((one, other))
    order = np.argsort(both)
    return both[order], order >= len(one)


def _take_turns(one: Ints, other: Ints) -> bool:
    """Whether the samples of two sites come in fewer runs than they would in any order."""
    if min(len(one), len(other)) < FEWEST:
        return False
    _, whose = _in_order(one, other)
    runs = 1 + int(np.count_nonzero(whose[1:] != whose[:-1]))
    pairs, count = 2 * len(one) * len(other), len(whose)
    variance = pairs * (pairs - count) / (count * count * (count - 1))
    return pairs / count + 1 - runs >= DEVIATIONS * math.sqrt(variance) > 0


def _is_same_rate(one: Ints, other: Ints) -> bool:
    """Whether as many of both are alive for all samples that were taken while V8 counted as it did."""
    fewer = min(len(one), len(other))
    if fewer < ENOUGH:
        return False
    numbers, whose = _in_order(one, other)
    spans, same = np.diff(numbers), whose[1:] == whose[:-1]
    passed = [int(spans[same & (whose[1:] == second)].sum()) for second in (False, True)]
    pairs = [int(np.count_nonzero(same & (whose[1:] == second))) for second in (False, True)]
    if not all(passed) or not all(pairs):
        return False
    ratio = math.log(pairs[0] / passed[0]) - math.log(pairs[1] / passed[1])
    return abs(ratio) <= math.log(SAME_RATE) + DEVIATIONS * math.sqrt(1 / pairs[0] + 1 / pairs[1])


# ---------------------------------------------------------------- between profiles


def _moved(counts: Sequence[Mapping[int, float]], above: Mapping[int, int]) -> set[int]:
    """The callees whose samples, from a profile to the next, may have come from or gone to their caller or others that it calls."""
    families: dict[int, list[int]] = {}
    for callee, caller in above.items():
        families.setdefault(caller, []).append(callee)
    found: set[int] = set()
    for before, after in itertools.pairwise(counts):
        for caller, callees in families.items():
            steps = {site: (before.get(site, 0.0), after.get(site, 0.0)) for site in (caller, *callees)}
            found.update(_compensated(steps) - {caller})
    return found


def _compensated(steps: Mapping[int, tuple[float, float]]) -> set[int]:
    """Of sites those that gained, beyond chance, what others lost, and these."""
    changed = {site: new - old for site, (old, new) in steps.items() if old != new and abs(new - old) >= math.sqrt(old + new)}
    lost = {site: -change for site, change in changed.items() if change < 0}
    gained = {site for site, change in changed.items() if 0 < COMPENSATED * change <= sum(lost.values())}
    return gained | set(lost) if gained else set()
