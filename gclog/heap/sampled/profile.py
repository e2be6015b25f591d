"""A heap profile by its call sites, which are numbered across all profiles that are compared."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from gclog.heap.sampled.growth import Step
from gclog.heap.sampled.sampling import Ints, Sampling
from gclog.heap.sampled.sites import Stacks, calls_between, main_callers, site_of_nodes
from gclog.model.not_known import NotKnown
from gclog.model.profile import Frame
from gclog.model.sampled import AllocationPath, SampledFigures

__all__ = ["Profile", "Tree", "profile_of"]

NO_SAMPLES = NotKnown("the file does not list its samples")

DEFAULT_INTERVAL = 512 << 10
"""Bytes between two samples if nobody asks for others: a profile without a list of samples is judged by it."""


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """The calls of a profile: what is shown of the last one only."""

    frames: tuple[Frame, ...]
    stacks: Stacks
    sites: Ints

    def heaviest(self) -> dict[int, AllocationPath]:
        """By site the stack by which most was allocated."""
        return self.stacks.heaviest(self.sites)


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """What is kept of a profile.

    alive, samples   by site: bytes, and samples
    taken            its samples, in order: number, site, bytes
    main_callers     by site that does not say enough: for whom it allocated
    calls            pairs of sites, the one that is called and its caller
    tree             None once it is known that another profile is the last
    """

    figures: SampledFigures
    notes: tuple[str, ...]
    external_bytes: int
    taken_ns: int
    has_samples: bool
    interval_bytes: int
    alive: dict[int, int]
    samples: dict[int, int]
    taken: Step
    main_callers: dict[int, int]
    calls: frozenset[tuple[int, int]]
    tree: Tree | None

    def count(self, site: int) -> float:
        """Samples of a site; what a file without a list of them must have had."""
        if self.has_samples:
            return float(self.samples.get(site, 0))
        return self.alive.get(site, 0) / (self.interval_bytes or DEFAULT_INTERVAL)

    def without_tree(self) -> Profile:
        """The same, small."""
        return dataclasses.replace(self, tree=None)


def profile_of(sampling: Sampling, numbers: dict[Frame, int]) -> Profile:
    """A sampling by its sites. `numbers`: those of all profiles so far, to which its own are added."""
    own = site_of_nodes(sampling)
    used = np.unique(own).tolist()
    place = np.zeros(len(sampling.frames), dtype=np.int64)
    place[used] = [numbers.setdefault(sampling.frames[site], len(numbers)) for site in used]

    def placed(frame: int) -> int:
        return numbers.setdefault(sampling.frames[frame], len(numbers))

    is_known = sampling.ordinals > 0
    sites = place[own]
    return Profile(
        figures=_figures(sampling),
        notes=sampling.notes,
        external_bytes=sampling.external_bytes,
        taken_ns=sampling.taken_ns,
        has_samples=sampling.has_samples,
        interval_bytes=sampling.interval_bytes,
        alive=_sums(sites, sampling.alive),
        samples=_sums(sites, sampling.samples),
        taken=Step(sampling.ordinals[is_known], sites[sampling.ordinal_node[is_known]], sampling.ordinal_bytes[is_known]),
        main_callers={placed(site): placed(caller) for site, caller in main_callers(sampling, own).items()},
        calls=frozenset((placed(callee), placed(caller)) for callee, caller in calls_between(sampling, own)),
        tree=Tree(sampling.frames, Stacks(sampling), sites),
    )


def _sums(sites: Ints, figures: Ints) -> dict[int, int]:
    """The sum of the nodes of each site, where there is any."""
    sums = np.bincount(sites, weights=figures).astype(np.int64)
    found = np.flatnonzero(sums)
    return dict(zip(found.tolist(), sums[found].tolist(), strict=True))


def _figures(sampling: Sampling) -> SampledFigures:
    sizes = sampling.ordinal_bytes[sampling.ordinal_bytes > 0]
    interval = int(sizes.min()) if len(sizes) else sampling.interval_bytes  # that of a small object is little more
    return SampledFigures(
        name=sampling.name,
        alive_bytes=sampling.alive_bytes,
        gone_bytes=sampling.gone_bytes,
        samples=int(sampling.samples.sum()) if sampling.has_samples else NO_SAMPLES,
        interval_bytes=interval or NO_SAMPLES,
        nodes=len(sampling.parent),
        cut=sampling.cut,
    )
