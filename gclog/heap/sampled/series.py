"""From heap profiles to what is alive by call site, and, of several, to the sites that grow."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from gclog import units
from gclog.heap.files import ENCODING
from gclog.heap.sampled.growth import Comings, Step, find_comings, judge_growth
from gclog.heap.sampled.inlined import group_sites
from gclog.heap.sampled.read import read_sampling
from gclog.heap.sampled.sampling import Ints, Sampling
from gclog.heap.sampled.sites import Stacks, main_callers, only_callers, site_of_nodes
from gclog.model.not_known import NotKnown
from gclog.model.profile import Category, Frame
from gclog.model.sampled import AllocationPath, FileBytes, OwnerBytes, SampledFigures, SampledHeap, SampledMethod, Site
from gclog.source.open import Source, SourceSpec, open_source

__all__ = ["compare_samplings", "read_sampled"]

NO_SAMPLES = NotKnown("the file does not list its samples")

DEFAULT_INTERVAL = 512 << 10
"""Bytes between two samples if nobody asks for others: a profile without a list of samples is judged by it."""

Progress = Callable[[Source], None]
Key = TypeVar("Key")


@dataclass(frozen=True, slots=True, eq=False)
class _Profile:
    """A profile by its sites, which are numbered across all profiles.

    heaviest         by site the stack by which most was allocated
    alive, samples   by site: bytes, and samples
    taken            its samples, in order: number, site, bytes
    callers, only    by site: for whom it allocated, who alone calls it
    """

    sampling: Sampling
    stacks: Stacks
    heaviest: dict[int, AllocationPath]
    alive: dict[int, int]
    samples: dict[int, int]
    taken: Step
    callers: dict[int, int]
    only: dict[int, int]


def read_sampled(specs: Sequence[SourceSpec], progress: Progress = lambda _: None) -> SampledHeap:
    """What one profile holds, or what grows between several, the earliest first. Raises InputError, which names the file.

    Those of one sampling are put in the order in which they were taken, which their samples' numbers show.
    """
    return compare_samplings(_read(spec, progress) for spec in specs)


def compare_samplings(samplings: Iterable[Sampling]) -> SampledHeap:
    """The same of profiles that were read."""
    numbers: dict[Frame, int] = {}
    given = [_profile(sampling, numbers) for sampling in samplings]
    profiles, method = _in_order(given)
    sites = _sites(profiles, tuple(numbers), method)
    last = profiles[-1].sampling
    return SampledHeap(
        method=method,
        profiles=tuple(_figures(one.sampling) for one in profiles),
        sites=tuple(sites),
        files=_files(sites),
        owners=_owners(sites),
        frames=last.frames,
        paths=profiles[-1].stacks,
        notes=tuple(_notes(profiles, method, is_reordered=profiles != given)),
    )


def _read(spec: SourceSpec, progress: Progress) -> Sampling:
    with open_source(spec, ENCODING) as source:
        return read_sampling(source, progress)


def _profile(sampling: Sampling, numbers: dict[Frame, int]) -> _Profile:
    own = site_of_nodes(sampling)
    used = np.unique(own).tolist()
    place = np.zeros(len(sampling.frames), dtype=np.int64)
    place[used] = [numbers.setdefault(sampling.frames[site], len(numbers)) for site in used]

    def placed(pairs: dict[int, int]) -> dict[int, int]:
        return {int(place[site]): numbers.setdefault(sampling.frames[other], len(numbers)) for site, other in pairs.items()}

    is_known = sampling.ordinals > 0
    taken = Step(sampling.ordinals[is_known], place[own[sampling.ordinal_node[is_known]]], sampling.ordinal_bytes[is_known])
    sites, stacks = place[own], Stacks(sampling)
    return _Profile(
        sampling,
        stacks,
        stacks.heaviest(sites),
        _sums(sites, sampling.alive),
        _sums(sites, sampling.samples),
        taken,
        placed(main_callers(sampling, own)),
        placed(only_callers(sampling, own)),
    )


def _sums(sites: Ints, figures: Ints) -> dict[int, int]:
    """The sum of the nodes of each site, where there is any."""
    sums = np.bincount(sites, weights=figures).astype(np.int64)
    found = np.flatnonzero(sums)
    return dict(zip(found.tolist(), sums[found].tolist(), strict=True))


# ---------------------------------------------------------------- one sampling, or several


def _in_order(profiles: Sequence[_Profile]) -> tuple[list[_Profile], SampledMethod]:
    """The profiles as they are compared, and how."""
    if len(profiles) == 1:
        return list(profiles), "one"
    by_newest = sorted(profiles, key=lambda one: one.taken.newest)
    if all(after.taken.goes_on(before.taken) for before, after in itertools.pairwise(by_newest)):
        return by_newest, "same-sampling"
    if all(one.sampling.taken_ns for one in profiles):
        return sorted(profiles, key=lambda one: one.sampling.taken_ns), "by-site"
    return list(profiles), "by-site"


# ---------------------------------------------------------------- the sites


def _sites(profiles: Sequence[_Profile], frames: Sequence[Frame], method: SampledMethod) -> list[Site]:
    """All sites of all profiles: those that grow by their growth, then the others by what they hold in the last."""
    last = profiles[-1]
    paths = group_sites(last.taken.by_site(), last.only)
    members: dict[tuple[int, ...], list[int]] = {}
    for site in dict.fromkeys(itertools.chain(*((*one.alive, *one.samples) for one in reversed(profiles)))):
        members.setdefault(paths.get(site, (site,)), []).append(site)
    comings: Sequence[Comings | None] = [None] * len(members)
    if method == "same-sampling":
        group_of = np.zeros(len(frames), dtype=np.int64)
        for number, own in enumerate(members.values()):
            group_of[own] = number
        comings = find_comings([one.taken for one in profiles], group_of, len(members))
    found = [_site(path, own, profiles, frames, moved) for (path, own), moved in zip(members.items(), comings, strict=True)]
    return sorted(found, key=_order)


def _order(site: Site) -> tuple[int, int]:
    if site.growth is not None and site.growth.grows:
        return 0, site.alive_bytes[0] - site.alive_bytes[-1]
    return 1, -site.alive_bytes[-1]


def _site(
    path: tuple[int, ...],
    members: Sequence[int],
    profiles: Sequence[_Profile],
    frames: Sequence[Frame],
    moved: Comings | None,
) -> Site:
    alive = tuple(sum(one.alive.get(site, 0) for site in members) for one in profiles)
    counted = tuple(sum(one.samples.get(site, 0) for site in members) for one in profiles)
    newest = next(one for one in reversed(profiles) if any(site in one.alive or site in one.samples for site in members))
    largest = max(members, key=lambda site: newest.alive.get(site, 0))
    caller = newest.callers.get(largest)
    growth = None
    if len(profiles) > 1:
        growth = judge_growth(alive, _counts(alive, counted, profiles), moved)
    return Site(
        frame=frames[largest],
        path=tuple(frames[site] for site in path) if len(path) > 1 else (),
        caller=None if caller is None else frames[caller],
        alive_bytes=alive,
        samples=counted,
        stack=profiles[-1].heaviest.get(largest),
        growth=growth,
    )


def _counts(alive: Sequence[int], counted: Sequence[int], profiles: Sequence[_Profile]) -> list[float]:
    """Samples of a site in each profile; what a file without a list of them must have had."""
    return [
        float(count) if one.sampling.has_samples else size / (one.sampling.interval_bytes or DEFAULT_INTERVAL)
        for size, count, one in zip(alive, counted, profiles, strict=True)
    ]


# ---------------------------------------------------------------- sums


def _files(sites: Sequence[Site]) -> tuple[FileBytes, ...]:
    sums: dict[tuple[str, Category, str | None], list[int]] = {}
    for site in sites:
        if site.frame.script is not None:
            _add(sums, (site.frame.script, site.frame.category, site.frame.package), site)
    return tuple(sorted((FileBytes(*key, tuple(found)) for key, found in sums.items()), key=lambda one: -one.alive_bytes[-1]))


def _owners(sites: Sequence[Site]) -> tuple[OwnerBytes, ...]:
    sums: dict[tuple[Category, str | None], list[int]] = {}
    for site in sites:
        _add(sums, (site.frame.category, site.frame.package), site)
    return tuple(sorted((OwnerBytes(*key, tuple(found)) for key, found in sums.items()), key=lambda one: -one.alive_bytes[-1]))


def _add(sums: dict[Key, list[int]], key: Key, site: Site) -> None:
    found = sums.setdefault(key, [0] * len(site.alive_bytes))
    for at, size in enumerate(site.alive_bytes):
        found[at] += size


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


# ---------------------------------------------------------------- notes


def _notes(profiles: Sequence[_Profile], method: SampledMethod, *, is_reordered: bool) -> list[str]:
    notes = [f"{one.sampling.name} is cut off: what its end would have said is missing" for one in profiles if one.sampling.cut]
    notes += [f"{one.sampling.name}: {note}" for one in profiles for note in one.sampling.notes]
    if any(one.sampling.gone_bytes for one in profiles):
        notes.append("samples of objects that were collected before the profile was taken are left out")
    if is_reordered:
        notes.append("the profiles were not given in the order in which they were taken, and are compared in that order")
    notes += [
        f"{one.sampling.name}: {units.size(one.sampling.external_bytes)} outside V8's heap, which it counts as (external), are left out"
        for one in profiles
        if one.sampling.external_bytes
    ]
    if method == "by-site" and not any(one.sampling.has_samples for one in profiles):
        notes.append("the files do not list their samples: sites are compared by what is alive, not sample by sample")
    elif method == "by-site":
        notes.append(
            "the profiles are of different samplings: each has only what was allocated since its own began, so sites are compared by "
            "what is alive, not sample by sample"
        )
    if len(profiles) == 2:
        notes.append(
            "two profiles cannot distinguish a leak from a cache warming up: take a third one later and give all three"
        )
    notes.append(
        "sizes are estimates from samples; memory outside V8's heap (the content of Buffers) is not sampled; V8 counts a function that "
        "it has inlined as its caller"
    )
    return notes
