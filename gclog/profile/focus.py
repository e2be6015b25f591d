"""One function with all its callers and all its callees, from every place where it is on a stack."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from gclog.model.profile import Frame, Profile
from gclog.model.profile_views import Focus
from gclog.profile.stacks import Ints, StackPaths, arrange
from gclog.profile.tree import bottom_up, top_down

__all__ = ["focus_on"]


def focus_on(profile: Profile, text: str) -> Focus | None:
    """The function that a text means: its name, its place (`app.js:12`), or both; else a part of its name. None: there is none.

    Of several the one with the most total ticks; the others are named.
    """
    rows = {row.frame: row for row in profile.flat}
    wanted = text.strip()
    meant = [frame for frame in rows if _is(profile.frames[frame], wanted)]
    meant = meant or [frame for frame in rows if wanted.lower() in profile.frames[frame].name.lower()]
    if not meant or not wanted:
        return None
    frame, *others = sorted(meant, key=lambda one: (-rows[one].total_ticks, -rows[one].self_ticks, one))
    paths = StackPaths.of(profile.paths)
    outer = paths.tree.outermost(paths.tree.key)
    outer = outer[paths.tree.key[outer] == frame]
    return Focus(
        frame,
        rows[frame].self_ticks,
        rows[frame].total_ticks,
        bottom_up(_above(paths, outer)),
        top_down(_below(paths, outer)),
        tuple(others),
    )


def _is(frame: Frame, text: str) -> bool:
    places = [f"{frame.script}:{frame.line}"] if frame.script else []
    places += [f"{place}:{frame.column}" for place in places]
    shown = [place.rpartition("/")[2] for place in places]
    return text in (frame.name, *places, *shown, *(f"{frame.name} {place}" for place in (*places, *shown)))


def _above(paths: StackPaths, outer: Ints) -> StackPaths:
    """The stacks up to the function, each with the ticks of all that it was on."""
    own, gc = np.zeros(len(paths.tree), dtype=np.int64), np.zeros(len(paths.tree), dtype=np.int64)
    own[outer], gc[outer] = paths.tree.sum_up(paths.own)[outer], paths.tree.sum_up(paths.gc)[outer]
    return StackPaths(paths.tree, own, gc)


def _below(paths: StackPaths, outer: Ints) -> StackPaths:
    """The stacks from the function on."""
    tree = paths.tree
    top = np.full(len(tree), -1, dtype=np.int64)
    top[outer] = tree.depth()[outer]
    for begin, end in pairwise(tree.levels[1:]):
        own = top[begin:end]
        top[begin:end] = np.where(own >= 0, own, top[tree.parent[begin:end]])
    nodes = np.flatnonzero(top >= 0)
    place = np.zeros(len(tree), dtype=np.int64)
    place[nodes] = np.arange(1, len(nodes) + 1)
    depth = tree.depth()[nodes].astype(np.int64) - top[nodes] + 1
    parent = np.where(depth == 1, 0, place[tree.parent[nodes]])
    found, went = arrange(np.concatenate(([0], parent)), np.concatenate(([-1], tree.key[nodes])), np.concatenate(([0], depth)))
    own, gc = (
        np.bincount(went[1:], weights=ticks[nodes], minlength=len(found)).astype(np.int64) for ticks in (paths.own, paths.gc)
    )
    return StackPaths(found, own, gc)
