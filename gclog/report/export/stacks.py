"""What all exports share: a frame's name, the frame for garbage collection, and how much time a tick represents.

V8 takes no stack while it collects (TickSample::GetStackSample; in our logs of Node 6 to 26 no tick in VM state GC has one): such a
tick has the collector's own native frame and no caller. So all of them get GC_NAME for their outermost frame, which gathers them
in one tower; who was interrupted is nowhere in the log. A sample of a CPU profile has the collector on top of what it interrupted already.

Node blocks the profiler's signal while it waits for events (from libuv's UV_LOOP_BLOCK_SIGPROF; measured: a process that slept
for a second has 32 to 48 ticks, all of its start). So a gap between ticks is idle time as a rule, and nobody's on the stack.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from itertools import pairwise

from gclog.model.not_known import NotKnown
from gclog.model.profile import Frame, Profile
from gclog.report.visible import make_visible

__all__ = ["GC_NAME", "counted_stacks", "interval_us", "lacks_collector", "moments_us", "name_of", "tick_lengths_us"]

GC_NAME = "(garbage collector)"
"""As V8's own CPU profiler calls it."""

USUAL_INTERVAL_US = 1000
"""V8's default --prof-sampling-interval, used if neither the log nor its ticks give the interval."""

LONGEST_RATIO = 10
"""Ticks further apart than this many intervals are not neighbours and say nothing about the usual distance."""

GAP_RATIO = 3
"""More intervals between two ticks than this are a gap. On a busy machine a tick comes an interval or two late."""


def name_of(frame: Frame) -> str:
    """A frame's name on one line, with V8's tag if it is code but not a function: `Builtin: ArrayMap`."""
    name = f"{frame.tag}: {frame.name}" if frame.kind == "code" and frame.tag else frame.name
    return make_visible(name)


def lacks_collector(profile: Profile) -> bool:
    """Whether the stacks of collections have no frame that says so."""
    return profile.form != "cpu-profile"


def counted_stacks(profile: Profile) -> Iterator[tuple[tuple[int, ...], bool, int]]:
    """Every stack (frames, outermost first), whether GC_NAME is below it, and its ticks: they add up to all ticks."""
    if not lacks_collector(profile):
        yield from ((path.frames, False, path.ticks) for path in profile.paths)
        return
    for path in profile.paths:
        for in_gc, ticks in ((False, path.ticks - path.gc_ticks), (True, path.gc_ticks)):
            if ticks:
                yield path.frames, in_gc, ticks


def interval_us(profile: Profile) -> int:
    """The time that one tick represents: the usual time between two ticks, which is the requested interval or longer.

    506 ticks in 1069 ms at an interval of 1 ms were seen on a busy machine. Where ticks have no times, it is what was asked.
    """
    asked = profile.interval_us
    asked_us = USUAL_INTERVAL_US if isinstance(asked, NotKnown) or asked < 1 else asked
    steps = [
        after - before for before, after in pairwise(profile.samples.at_us) if 0 < after - before <= LONGEST_RATIO * asked_us
    ]
    return round(statistics.median(steps)) if steps else round(asked_us)


def moments_us(profile: Profile) -> list[int]:
    """The time of each tick, never decreasing; one interval apart if the log has no times (V8 before 3.28)."""
    if not any(profile.samples.at_us):
        return [i * interval_us(profile) for i in range(len(profile.samples.at_us))]
    moments: list[int] = []
    latest = 0
    for at_us in profile.samples.at_us:
        latest = max(latest, at_us)
        moments.append(latest)
    return moments


def tick_lengths_us(profile: Profile, moments: list[int]) -> list[tuple[int, int]]:
    """For each tick the time it represents and the gap after it, together the time to the next tick; one interval for the last."""
    weight = profile.samples.weight
    if weight is not None:
        nexts = [*moments[1:], *(moment + last for moment, last in zip(moments[-1:], weight[-1:], strict=True))]
        return [(own, after - at - own) for at, own, after in zip(moments, weight, nexts, strict=True)]
    interval = interval_us(profile)
    lengths: list[tuple[int, int]] = []
    for before, after in pairwise(moments):
        step = after - before
        lengths.append((step, 0) if step <= GAP_RATIO * interval else (interval, step - interval))
    return [*lengths, (interval, 0)] if moments else []
