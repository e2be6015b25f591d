"""The levels of a timeline as the background of a picture, in no more stretches than the eye can distinguish."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from gclog.model.verdict import LEVELS, Level, TimelineEvent

__all__ = ["MAX_STRETCHES", "Stretch", "join_levels"]

MAX_STRETCHES = 160
"""Upper bound on the stretches, six of 960 units each: narrower ones are hairlines, and a flickering verdict would fill megabytes."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """The time during which a level held, in ms on V8's clock."""

    level: Level
    from_ms: float
    to_ms: float


def join_levels(events: Sequence[TimelineEvent], last_ms: float) -> tuple[list[Stretch], float]:
    """The stretches up to `last_ms`, and 0. If there are more than MAX_STRETCHES, the time is divided into that many equal slices,
    each with its most severe level, and the length of a slice in ms is returned with them."""
    ends = [event.at_ms for event in events[1:]] + [last_ms]
    stretches = [Stretch(event.level, event.at_ms, end) for event, end in zip(events, ends, strict=False) if end > event.at_ms]
    if len(stretches) <= MAX_STRETCHES:
        return stretches, 0.0
    first_ms = stretches[0].from_ms
    slice_ms = (last_ms - first_ms) / MAX_STRETCHES
    worst = [0] * MAX_STRETCHES
    for stretch in stretches:
        begin, end = int((stretch.from_ms - first_ms) / slice_ms), int((stretch.to_ms - first_ms) / slice_ms)
        for at in range(begin, min(end, MAX_STRETCHES - 1) + 1):
            worst[at] = max(worst[at], LEVELS.index(stretch.level))
    joined = []
    for rank, run in groupby(range(MAX_STRETCHES), key=lambda at: worst[at]):
        slices = list(run)
        joined.append(Stretch(LEVELS[rank], first_ms + slices[0] * slice_ms, first_ms + (slices[-1] + 1) * slice_ms))
    return joined, slice_ms
