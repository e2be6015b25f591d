"""From heap profiles to what is alive by call site, and, of several, to the sites that grow."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

import numpy as np

from gclog import units
from gclog.errors import faults_at
from gclog.heap.files import ENCODING
from gclog.heap.sampled.growth import Comings, find_comings, judge_growth, put_together
from gclog.heap.sampled.inlined import Group, group_sites
from gclog.heap.sampled.profile import Profile, Tree, profile_of
from gclog.heap.sampled.read import read_sampling
from gclog.heap.sampled.sampling import Sampling
from gclog.heap.sampled.sites import only_callers
from gclog.model.profile import Frame
from gclog.model.sampled import AllocationPath, FileBytes, OwnerBytes, SampledHeap, SampledMethod, Site
from gclog.source.open import Source, SourceSpec, open_source

__all__ = ["compare_samplings", "read_sampled"]

Progress = Callable[[Source], None]
Key = TypeVar("Key")


def read_sampled(specs: Sequence[SourceSpec], progress: Progress = lambda _: None) -> SampledHeap:
    """What one profile holds, or what grows between several, the earliest first. Raises InputError, which names the file.

    Those of one sampling are put in the order in which they were taken, which their samples' numbers show.
    """
    return compare_samplings(_read(spec, progress) for spec in specs)


def compare_samplings(samplings: Iterable[Sampling]) -> SampledHeap:
    """The same of profiles that were read."""
    numbers: dict[Frame, int] = {}
    given: list[Profile] = []
    for sampling in samplings:
        given.append(profile_of(sampling, numbers))
        given = _without_trees(given)
    profiles, method = _in_order(given)
    frames, tree = tuple(numbers), profiles[-1].tree
    assert tree is not None
    sites = _sites(profiles, tree, frames, method)
    return SampledHeap(
        method=method,
        profiles=tuple(one.figures for one in profiles),
        sites=tuple(sites),
        files=_files(profiles, frames),
        owners=_owners(profiles, frames),
        frames=tree.frames,
        paths=tree.stacks,
        notes=tuple(_notes(profiles, method, is_reordered=profiles != given)),
    )


def _without_trees(profiles: Sequence[Profile]) -> list[Profile]:
    """The profiles, with the trees only of those that can be the last: trees are large, and only the last one's is shown."""
    last = (max(profiles, key=_newest), max(profiles, key=_taken), profiles[-1])
    return [one if any(one is other for other in last) else one.without_tree() for one in profiles]


def _newest(profile: Profile) -> int:
    return profile.taken.newest


def _taken(profile: Profile) -> int:
    return profile.taken_ns


def _read(spec: SourceSpec, progress: Progress) -> Sampling:
    with faults_at(spec.name), open_source(spec, ENCODING) as source:
        return read_sampling(source, progress)


# ---------------------------------------------------------------- one sampling, or several


def _in_order(profiles: Sequence[Profile]) -> tuple[list[Profile], SampledMethod]:
    """The profiles as they are compared, and how."""
    if len(profiles) == 1:
        return list(profiles), "one"
    by_newest = sorted(profiles, key=_newest)
    if all(after.taken.goes_on(before.taken) for before, after in itertools.pairwise(by_newest)):
        return by_newest, "same-sampling"
    if all(one.taken_ns for one in profiles):
        return sorted(profiles, key=_taken), "by-site"
    return list(profiles), "by-site"


# ---------------------------------------------------------------- the sites


def _sites(profiles: Sequence[Profile], tree: Tree, frames: Sequence[Frame], method: SampledMethod) -> list[Site]:
    """All sites of all profiles: those that grow by their growth, then the others by what they hold in the last."""
    taken = [one.taken for one in profiles]
    samplings = [put_together(taken)] if method == "same-sampling" else taken
    used = list(dict.fromkeys(itertools.chain(*((*one.alive, *one.samples) for one in reversed(profiles)))))
    grouped = group_sites(
        [step.by_site() for step in samplings],
        [{site: one.count(site) for site in used} for one in profiles],
        only_callers(frozenset().union(*(one.calls for one in profiles)), frames),
    )
    groups = list(dict.fromkeys(grouped.get(site, Group((site,), is_chain=False)) for site in used))
    comings: Sequence[Comings | None] = [None] * len(groups)
    if method == "same-sampling":
        group_of = np.zeros(len(frames), dtype=np.int64)
        for number, group in enumerate(groups):
            group_of[list(group.members)] = number
        comings = find_comings(taken, group_of, len(groups))
    heaviest = tree.heaviest()
    found = [_site(group, profiles, heaviest, frames, moved) for group, moved in zip(groups, comings, strict=True)]
    return sorted(found, key=_order)


def _order(site: Site) -> tuple[int, int]:
    if site.growth is not None and site.growth.grows:
        return 0, site.alive_bytes[0] - site.alive_bytes[-1]
    return 1, -site.alive_bytes[-1]


def _site(
    group: Group,
    profiles: Sequence[Profile],
    heaviest: Mapping[int, AllocationPath],
    frames: Sequence[Frame],
    moved: Comings | None,
) -> Site:
    members = group.members
    alive = tuple(sum(one.alive.get(site, 0) for site in members) for one in profiles)
    newest = next(one for one in reversed(profiles) if any(site in one.alive or site in one.samples for site in members))
    largest = sorted(members, key=lambda site: -newest.alive.get(site, 0))
    site = largest[0] if group.is_chain else members[0]
    caller = newest.main_callers.get(site)
    inlined = () if group.is_chain else tuple(frames[one] for one in largest if one != site)
    growth = None
    if len(profiles) > 1:
        growth = judge_growth(alive, [sum(map(one.count, members)) for one in profiles], moved, is_mixed=bool(inlined))
    return Site(
        frame=frames[site],
        path=tuple(frames[one] for one in members) if group.is_chain else (),
        inlined=inlined,
        caller=None if caller is None else frames[caller],
        alive_bytes=alive,
        samples=tuple(sum(one.samples.get(site, 0) for site in members) for one in profiles),
        stacks=tuple(heaviest[one] for one in largest if one in heaviest),
        growth=growth,
    )


# ---------------------------------------------------------------- sums: by function, which no grouping changes


def _files(profiles: Sequence[Profile], frames: Sequence[Frame]) -> tuple[FileBytes, ...]:
    sums = _summed(profiles, frames, lambda frame: (frame.script, frame.category, frame.package))
    return tuple(
        FileBytes(script, category, package, sizes) for (script, category, package), sizes in sums if script is not None
    )


def _owners(profiles: Sequence[Profile], frames: Sequence[Frame]) -> tuple[OwnerBytes, ...]:
    sums = _summed(profiles, frames, lambda frame: (frame.category, frame.package))
    return tuple(OwnerBytes(*key, found) for key, found in sums)


def _summed(
    profiles: Sequence[Profile], frames: Sequence[Frame], key: Callable[[Frame], Key]
) -> list[tuple[Key, tuple[int, ...]]]:
    """What is alive in each profile, by whatever of its sites, the largest in the last profile first."""
    sums: dict[Key, list[int]] = {}
    for number, profile in enumerate(profiles):
        for site, size in profile.alive.items():
            sums.setdefault(key(frames[site]), [0] * len(profiles))[number] += size
    return [(one, tuple(found)) for one, found in sorted(sums.items(), key=lambda pair: -pair[1][-1])]


# ---------------------------------------------------------------- notes


def _notes(profiles: Sequence[Profile], method: SampledMethod, *, is_reordered: bool) -> list[str]:
    notes = [f"{one.figures.name} is cut off: what its end would have said is missing" for one in profiles if one.figures.cut]
    notes += [f"{one.figures.name}: {note}" for one in profiles for note in one.notes]
    if any(one.figures.gone_bytes for one in profiles):
        notes.append("samples of objects that were collected before the profile was taken are left out")
    if is_reordered:
        notes.append("the profiles were not given in the order in which they were taken, and are compared in that order")
    notes += [
        f"{one.figures.name}: {units.size(one.external_bytes)} outside V8's heap, which it counts as (external), are left out"
        for one in profiles
        if one.external_bytes
    ]
    if method == "by-site" and not any(one.has_samples for one in profiles):
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
