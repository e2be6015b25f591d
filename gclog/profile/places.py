"""Ticks by script and by package, each with its functions: own, and in total, where a tick counts once however many are on its stack."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable

import numpy as np

from gclog.model.profile import FlatRow, Frame, Profile
from gclog.model.profile_views import PlaceTicks
from gclog.profile.stacks import StackPaths

__all__ = ["ticks_by_package", "ticks_by_script"]


def ticks_by_script(profile: Profile) -> tuple[PlaceTicks, ...]:
    """Of each script, most own ticks first."""
    return _ticks_by(profile, lambda frame: frame.script)


def ticks_by_package(profile: Profile) -> tuple[PlaceTicks, ...]:
    """Of each package in node_modules, and of the code of each other category that is in scripts."""
    return _ticks_by(profile, lambda frame: None if frame.script is None else (frame.category, frame.package))


def _ticks_by(profile: Profile, key_of: Callable[[Frame], Hashable | None]) -> tuple[PlaceTicks, ...]:
    paths = StackPaths.of(profile.paths)
    numbers: dict[Hashable, int] = {}
    group_of = np.zeros(len(profile.frames) + 1, dtype=np.int64)
    for frame, one in enumerate(profile.frames):
        key = key_of(one)
        group_of[frame] = 0 if key is None else numbers.setdefault(key, len(numbers) + 1)
    totals = paths.tree.totals_by(group_of[paths.tree.key], paths.own, len(numbers) + 1).tolist()
    rows: defaultdict[int, list[FlatRow]] = defaultdict(list)
    for row in profile.flat:
        rows[int(group_of[row.frame])].append(row)
    found = []
    for key, number in numbers.items():
        functions = tuple(rows[number])
        if not functions:
            continue
        first = profile.frames[functions[0].frame]
        script = first.script if isinstance(key, str) else None
        own = sum(row.self_ticks for row in functions)
        found.append(PlaceTicks(script, first.package, first.category, own, totals[number], functions))
    return tuple(sorted(found, key=lambda one: (-one.self_ticks, -one.total_ticks, one.script or one.package or "")))
