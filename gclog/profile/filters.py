"""A profile changed consistently in every view as the user asked: without unknown ticks, or with a source map's locations."""

from __future__ import annotations

import dataclasses
from array import array
from collections import Counter

from gclog.model.profile import CategoryTicks, Frame, Profile, Samples
from gclog.profile.source_map import SourceMap
from gclog.profile.timeline import slice_states
from gclog.profile.tree import bottom_up, flat, top_down

__all__ = ["with_original_places", "without_unknown"]


def without_unknown(profile: Profile) -> Profile:
    """The profile without ticks whose top frame is unknown; they count as excluded."""
    if not profile.unaccounted:
        return profile
    kept = [number for number, path in enumerate(profile.paths) if profile.frames[path.frames[-1]].kind != "unknown"]
    place = {number: i for i, number in enumerate(kept)}
    paths = tuple(profile.paths[number] for number in kept)
    samples = profile.samples
    rows = [i for i, number in enumerate(samples.path) if number in place]
    at_us, state = array("q", [samples.at_us[i] for i in rows]), array("b", [samples.state[i] for i in rows])
    dropped_gc = sum(path.gc_ticks for number, path in enumerate(profile.paths) if number not in place)
    return dataclasses.replace(
        profile,
        excluded=profile.excluded + profile.unaccounted,
        unaccounted=0,
        summary=dataclasses.replace(
            profile.summary, unaccounted=0, excluded=profile.summary.excluded + profile.summary.unaccounted
        ),
        categories=_without(profile.categories, dropped_gc),
        flat=flat(paths),
        top_down=top_down(paths),
        bottom_up=bottom_up(paths),
        paths=paths,
        samples=Samples(at_us, array("i", [place[samples.path[i]] for i in rows]), state),
        states=slice_states(at_us, state),
    )


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
