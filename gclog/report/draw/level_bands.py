"""The levels of a timeline as the background of a picture: no more stretches than an eye can tell apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from gclog.model.verdict import LEVELS, Level, TimelineEvent

__all__ = ["MOST_STRETCHES", "Stretch", "join_levels"]

MOST_STRETCHES = 160
"""Six of 960 units each: a narrower one is a hairline, and a verdict that flickers would fill megabytes."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """From when to when a level held, in ms on V8's clock."""

    level: Level
    from_ms: float
    to_ms: float


def join_levels(events: Sequence[TimelineEvent], last_ms: float) -> tuple[list[Stretch], float]:
    """The stretches up to `last_ms`, and 0; or, of more than MOST_STRETCHES, the most severe level of each of so many equal
    slices of the time, and the length of a slice in ms."""
    ends = [event.at_ms for event in events[1:]] + [last_ms]
    stretches = [Stretch(event.level, event.at_ms, end) for event, end in zip(events, ends, strict=False) if end > event.at_ms]
    if len(stretches) <= MOST_STRETCHES:
        return stretches, 0.0
    first_ms = stretches[0].from_ms
    slice_ms = (last_ms - first_ms) / MOST_STRETCHES
    worst = [0] * MOST_STRETCHES
    for stretch in stretches:
        begin, end = int((stretch.from_ms - first_ms) / slice_ms), int((stretch.to_ms - first_ms) / slice_ms)
        for at in range(begin, min(end, MOST_STRETCHES - 1) + 1):
            worst[at] = max(worst[at], LEVELS.index(stretch.level))
    joined = []
    for rank, run in groupby(range(MOST_STRETCHES), key=lambda at: worst[at]):
        slices = list(run)
        joined.append(Stretch(LEVELS[rank], first_ms + slices[0] * slice_ms, first_ms + (slices[-1] + 1) * slice_ms))
    return joined, slice_ms
