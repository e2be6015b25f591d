"""Native time charged to the JavaScript that called it: JSON.parse, a regular expression, a read from disk."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from gclog.model.profile import Profile
from gclog.model.profile_views import NativeCall
from gclog.profile.stacks import LOW, StackPaths

__all__ = ["native_calls"]

NATIVE = ("code", "native", "shared_library")


def native_calls(profile: Profile) -> tuple[NativeCall, ...]:
    """By caller and what it called, most ticks first. Garbage collection is nobody's call, and left out, as is code that is not known."""
    paths = StackPaths.of(profile.paths)
    tree = paths.tree
    is_function = np.array([*(frame.kind == "function" for frame in profile.frames), False])[tree.key]
    is_native = np.array([*(frame.kind in NATIVE for frame in profile.frames), False])[tree.key]
    caller, called = np.full(len(tree), -1, dtype=np.int64), np.full(len(tree), -1, dtype=np.int64)
    for begin, end in pairwise(tree.levels[1:]):
        above, key, own = tree.parent[begin:end], tree.key[begin:end], is_function[begin:end]
        caller[begin:end] = np.where(own, key, caller[above])
        called[begin:end] = np.where(own, -1, np.where(called[above] >= 0, called[above], key))
    ticks = np.where(is_native, paths.own - paths.gc, 0)
    nodes = np.flatnonzero(ticks)
    pairs, which = np.unique((caller[nodes] + 1) << 32 | called[nodes], return_inverse=True)
    sums = np.bincount(which, weights=ticks[nodes], minlength=len(pairs)).astype(np.int64).tolist()
    calls = (NativeCall(int(pair >> 32) - 1, int(pair & LOW), count) for pair, count in zip(pairs.tolist(), sums, strict=True))
    return tuple(sorted(calls, key=lambda one: (-one.ticks, one.caller, one.called)))
