"""A profile changed consistently in every view as the user asked: without unknown ticks, or with a source map's locations."""

from __future__ import annotations

import dataclasses
from array import array
from collections import Counter

import numpy as np

from gclog import units
from gclog.model.not_known import NotKnown
from gclog.model.profile import CategoryTicks, Frame, Profile, Samples, StateSlice
from gclog.profile.source_map import SourceMap
from gclog.profile.stacks import Ints, StackPaths
from gclog.profile.timeline import slices_without
from gclog.profile.tree import bottom_up, flat_rows, top_down

__all__ = ["with_original_places", "without_unknown"]


def without_unknown(profile: Profile) -> Profile:
    """The profile without ticks whose top frame is unknown; they count as excluded."""
    if not profile.unaccounted:
        return profile
    paths = StackPaths.of(profile.paths)
    known_frame = np.array([frame.kind != "unknown" for frame in profile.frames])
    is_known = known_frame[paths.tops()]
    dropped, dropped_gc = (np.where(is_known, 0, ticks[paths.ends]) for ticks in (paths.own, paths.gc))
    own, gc = paths.own.copy(), paths.gc.copy()
    own[paths.ends] -= dropped
    gc[paths.ends] -= dropped_gc
    left = StackPaths(paths.tree, own, gc)
    index = np.full(len(paths.tree), -1, dtype=np.int32)
    index[left.ends] = np.arange(len(left), dtype=np.int32)
    samples = profile.samples
    path_of = index[paths.ends][np.array(samples.path, dtype=np.int64)]
    chosen = path_of >= 0
    all_us, all_states = np.array(samples.at_us, dtype=np.int64), np.array(samples.state, dtype=np.int8)
    at_us, state = all_us[chosen], all_states[chosen]
    weight = None if samples.weight is None else np.array(samples.weight, dtype=np.int64)[chosen]
    gone = Counter(paths.total_ticks(dropped))
    return dataclasses.replace(
        profile,
        excluded=profile.excluded + profile.unaccounted,
        unaccounted=0,
        summary=dataclasses.replace(
            profile.summary, unaccounted=0, excluded=profile.summary.excluded + profile.summary.unaccounted
        ),
        categories=_without(profile.categories, int(dropped_gc.sum())),
        flat=flat_rows(
            {row.frame: row.self_ticks for row in profile.flat if known_frame[row.frame]},
            {row.frame: row.total_ticks - gone[row.frame] for row in profile.flat},
        ),
        top_down=top_down(left),
        bottom_up=bottom_up(left),
        paths=left,
        samples=Samples(
            array("q", at_us.tobytes()),
            array("i", path_of[chosen].tobytes()),
            array("b", state.tobytes()),
            None if weight is None else array("q", weight.tobytes()),
        ),
        states=_less(profile, all_us[~chosen], all_states[~chosen]) if weight is None else profile.states,
    )


def _less(profile: Profile, at_us: Ints, state: Ints) -> tuple[StateSlice, ...]:
    """What V8 was doing, without these ticks."""
    first_us = profile.states[0].from_us
    length_ms = 0.0 if isinstance(profile.duration_ms, NotKnown) else profile.duration_ms
    return slices_without(profile.states, first_us + round(length_ms * units.US_PER_MS), at_us, state)


def _without(categories: tuple[CategoryTicks, ...], dropped_gc: int) -> tuple[CategoryTicks, ...]:
    ticks = Counter({(row.category, row.package): row.self_ticks for row in categories if row.category != "unknown"})
    ticks[("gc", None)] -= dropped_gc
    rows = (CategoryTicks(category, package, count) for (category, package), count in ticks.items() if count > 0)
    return tuple(sorted(rows, key=lambda row: (-row.self_ticks, row.category, row.package or "")))


def with_original_places(profile: Profile, source_map: SourceMap) -> Profile:
    """The profile with every function at its location in the map's sources, if it has one."""
    return dataclasses.replace(profile, frames=tuple(_moved(frame, source_map) for frame in profile.frames))


def _moved(frame: Frame, source_map: SourceMap) -> Frame:
    if frame.line is None or frame.column is None:
        return frame
    found = source_map.place(frame.line, frame.column)
    return frame if found is None else dataclasses.replace(frame, script=found[0], line=found[1], column=found[2])
