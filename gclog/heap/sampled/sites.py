"""Call sites of a heap profile: who allocated what is alive."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import overload

import numpy as np
import numpy.typing as npt

from gclog.heap.sampled.sampling import NO_PARENT, Ints, Sampling
from gclog.model.profile import Category, Frame
from gclog.model.sampled import AllocationPath
from gclog.recognise.scripts import ANONYMOUS

__all__ = ["NO_SITE", "Stacks", "calls_between", "main_callers", "only_callers", "site_of_nodes"]

SITES: tuple[Category, ...] = ("application", "node_modules")
"""Whose functions are call sites: what their owner can change, or change for another."""

NO_SITE = -1


def site_of_nodes(sampling: Sampling) -> Ints:
    """Of each node the index of the frame that is its site: the innermost on its stack that is a call site, or else its own."""
    found = _innermost(sampling, _are_sites(sampling))
    return np.where(found == NO_SITE, sampling.frame, found)


def _are_sites(sampling: Sampling) -> npt.NDArray[np.bool_]:
    return np.array([frame.category in SITES for frame in sampling.frames])


def _innermost(sampling: Sampling, wanted: npt.NDArray[np.bool_]) -> Ints:
    """Of each node the index of the innermost frame on its stack that is wanted, or NO_SITE.

    Each round looks twice as far up as the one before.
    """
    found: Ints = np.where(wanted[sampling.frame], sampling.frame, NO_SITE)
    above = sampling.parent.copy()
    while len(open_ones := np.flatnonzero((found == NO_SITE) & (above != NO_PARENT))):
        at = above[open_ones]
        found[open_ones], above[open_ones] = found[at], above[at]
    return found


def main_callers(sampling: Sampling, sites: Ints) -> dict[int, int]:
    """By the index of a site that does not say enough, a package's or a function without a name: the one that most of it was for."""
    says_enough = np.array([frame.category == "application" and frame.name != ANONYMOUS for frame in sampling.frames])
    callers = _innermost(sampling, says_enough)
    nodes = np.flatnonzero((sampling.alive > 0) & (callers != NO_SITE) & ~says_enough[sites])
    pairs, which = np.unique(np.stack((sites[nodes], callers[nodes]), axis=1), axis=0, return_inverse=True)
    sizes = np.bincount(which.reshape(-1), weights=sampling.alive[nodes], minlength=len(pairs))
    return dict(pairs[np.argsort(sizes, kind="stable")].tolist())


def calls_between(sampling: Sampling, sites: Ints) -> set[tuple[int, int]]:
    """Pairs of sites, by their indices: one that is called, and one that calls it."""
    are_sites = _are_sites(sampling)
    nodes = np.flatnonzero((sampling.frame == sites) & (sampling.parent != NO_PARENT) & are_sites[sites])
    callees, callers = sites[nodes], sites[sampling.parent[nodes]]
    others = callees != callers
    return set(zip(callees[others].tolist(), callers[others].tolist(), strict=True))


def only_callers(calls: Iterable[tuple[int, int]], frames: Sequence[Frame]) -> dict[int, int]:
    """By site that one other site alone calls: that one. If V8 has inlined that, too, its caller calls in its place."""
    found: defaultdict[int, set[int]] = defaultdict(set)
    for callee, caller in sorted(calls):
        found[callee].add(caller)
    single = {callee: next(iter(above)) for callee, above in found.items() if len(above) == 1}
    for callee, above in found.items():
        inner = above - {one for other in above for one in _callers_of(other, single)}
        if len(inner) == 1:
            single[callee] = inner.pop()
    return {callee: caller for callee, caller in single.items() if frames[caller].category in SITES}


def _callers_of(site: int, single: Mapping[int, int]) -> Iterator[int]:
    """The only callers above a site."""
    passed = {site}
    while (site := single.get(site, NO_SITE)) != NO_SITE and site not in passed:
        passed.add(site)
        yield site


class Stacks(Sequence[AllocationPath]):
    """The stacks at whose ends something is alive, without the outermost node that all share; each is made when it is asked for."""

    __slots__ = ("_alive", "_ends", "_frame", "_parent")

    def __init__(self, sampling: Sampling) -> None:
        self._frame, self._parent, self._alive = sampling.frame, sampling.parent, sampling.alive
        self._ends = np.flatnonzero(sampling.alive > 0)

    def __len__(self) -> int:
        return len(self._ends)

    @overload
    def __getitem__(self, index: int) -> AllocationPath: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[AllocationPath, ...]: ...
    def __getitem__(self, index: int | slice) -> AllocationPath | tuple[AllocationPath, ...]:
        if isinstance(index, slice):
            return tuple(map(self._path, self._ends[index].tolist()))
        return self._path(int(self._ends[index]))

    def __iter__(self) -> Iterator[AllocationPath]:
        return map(self._path, self._ends.tolist())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def heaviest(self, sites: Ints) -> dict[int, AllocationPath]:
        """By the site of its end, the stack by which most was allocated. `sites`: of each node."""
        order = self._ends[np.argsort(self._alive[self._ends], kind="stable")]
        return {site: self._path(end) for site, end in dict(zip(sites[order].tolist(), order.tolist(), strict=True)).items()}

    def _path(self, end: int) -> AllocationPath:
        node, stack = end, []
        while self._parent[node] != NO_PARENT:
            stack.append(int(self._frame[node]))
            node = int(self._parent[node])
        return AllocationPath(tuple(reversed(stack)), int(self._alive[end]))
