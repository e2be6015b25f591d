"""Which call sites grow from profile to profile, by more than the chance of sampling explains."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gclog.heap.sampled.sampling import Ints
from gclog.model.not_known import NotKnown
from gclog.model.sampled import SiteGrowth

__all__ = ["Comings", "Step", "find_comings", "judge_growth", "put_together"]

CERTAIN, LIKELY = 3.0, 1.0
"""Standard deviations: what a site must have risen by from the first profile to the last, and from each to the next."""

STAYED_SHARE = 0.5
"""Of three profiles: of what was new in the second, this much has to be alive in the last."""

STEADY_SHARE = 0.25
"""From profile to profile a leak rises by no less than this part of an even rise."""

OTHER_SAMPLING = NotKnown("the profiles have no sample in common")
TWO_ALONE = NotKnown("takes three profiles")


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """The samples of a profile that are alive: their numbers within the sampling, in order, their sites and their bytes."""

    ordinals: Ints
    sites: Ints
    sizes: Ints

    @property
    def newest(self) -> int:
        """The largest number; 0 if there is none."""
        return int(self.ordinals[-1]) if len(self.ordinals) else 0

    def goes_on(self, before: Step) -> bool:
        """Whether this is a later profile of the same sampling.

        V8 numbers samples as they are taken. What is alive later and was taken before was alive then, at the same site.
        """
        old = self.ordinals <= before.newest
        at = np.searchsorted(before.ordinals, self.ordinals[old])
        same = (before.ordinals[at] == self.ordinals[old]) & (before.sites[at] == self.sites[old])
        return bool(old.any() and (same & (before.sizes[at] == self.sizes[old])).all())

    def lacks(self, other: Step) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Which of its samples another profile has not."""
        return ~np.isin(self.ordinals, other.ordinals, assume_unique=True)

    def by_site(self) -> dict[int, Ints]:
        """The numbers of the samples of each site."""
        order = np.argsort(self.sites, kind="stable")
        sites, begins = np.unique(self.sites[order], return_index=True)
        return dict(zip(sites.tolist(), np.split(self.ordinals[order], begins[1:]), strict=True)) if len(sites) else {}


def put_together(steps: Sequence[Step]) -> Step:
    """All samples of the profiles of one sampling, each once."""
    ordinals, first = np.unique(np.concatenate([step.ordinals for step in steps]), return_index=True)
    sites, sizes = (np.concatenate(column)[first] for column in zip(*((one.sites, one.sizes) for one in steps), strict=True))
    return Step(ordinals, sites, sizes)


@dataclass(frozen=True, slots=True)
class Comings:
    """Samples of a site in profiles of one sampling: those that came or went from each to the next, and from the first to the last.

    first_new, stayed   of those that were new in the last but one: how many, and how many of them the last has
    """

    moved: tuple[int, ...]
    new: int
    gone: int
    first_new: int
    stayed: int
    stayed_bytes: int


def find_comings(steps: Sequence[Step], group_of: Ints, groups: int) -> list[Comings]:
    """For each group of sites, by its number, how its samples came and went. `group_of`: the group of each site."""

    def counted(step: Step, which: Ints | np.ndarray[tuple[int], np.dtype[np.bool_]], sizes: bool = False) -> Ints:
        weights = step.sizes[which] if sizes else None
        return np.bincount(group_of[step.sites[which]], weights=weights, minlength=groups).astype(np.int64)

    moved = [
        counted(after, after.lacks(before)) + counted(before, before.lacks(after))
        for before, after in itertools.pairwise(steps)
    ]
    first, late, last = steps[0], steps[-2], steps[-1]
    is_new = late.lacks(first)
    stays = is_new & ~late.lacks(last)
    columns = (
        counted(last, last.lacks(first)),
        counted(first, first.lacks(last)),
        counted(late, is_new),
        counted(late, stays),
        counted(late, stays, sizes=True),
    )
    rows = zip(np.stack(moved, axis=1).tolist(), *(column.tolist() for column in columns), strict=True)
    return [Comings(tuple(steps_moved), *row) for steps_moved, *row in rows]


def judge_growth(alive: Sequence[int], counts: Sequence[float], moved: Comings | None, *, is_mixed: bool = False) -> SiteGrowth:
    """What came of a site, and whether it grows. `counts`: its samples in each profile.

    is_mixed   it is several functions, of which one may come and go while another grows: what stays has to explain the rise alone

    In profiles of one sampling a sample that stays is the same one: only those that came or went are left to chance.
    """
    if moved is None:
        noise = [before + after for before, after in itertools.pairwise(counts)]
        grows = _grows(alive, counts, noise, counts[0] + counts[-1])
        return SiteGrowth(OTHER_SAMPLING, OTHER_SAMPLING, OTHER_SAMPLING, OTHER_SAMPLING, grows)
    grows = _grows(alive, counts, moved.moved, moved.new + moved.gone)
    if len(alive) == 2:
        return SiteGrowth(moved.new, moved.gone, TWO_ALONE, TWO_ALONE, grows)
    risen = counts[-2] - counts[0] if is_mixed else moved.first_new
    stays = moved.stayed >= STAYED_SHARE * risen
    return SiteGrowth(moved.new, moved.gone, moved.stayed, moved.stayed_bytes, grows and stays)


def _grows(alive: Sequence[int], counts: Sequence[float], noise: Sequence[float], whole: float) -> bool:
    rise = counts[-1] - counts[0]
    if alive[-1] <= alive[0] or not _exceeds(rise, whole, CERTAIN):
        return False
    least = STEADY_SHARE * rise / len(noise)
    steps = (after - before for before, after in itertools.pairwise(counts))
    return all(step >= least and _exceeds(step, left, LIKELY) for step, left in zip(steps, noise, strict=True))


def _exceeds(rise: float, counted: float, deviations: float) -> bool:
    """Whether a count rose by more than chance: it is Poisson's, whose variance is the count itself."""
    return rise > 0 and rise >= deviations * math.sqrt(counted)
