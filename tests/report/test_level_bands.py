"""The levels behind a picture: as they are while an eye can tell them apart, and by the most severe one of each slice beyond."""

from __future__ import annotations

from itertools import pairwise

import pytest

from gclog.model.verdict import Level, TimelineEvent
from gclog.report.draw.level_bands import MAX_STRETCHES, Stretch, join_levels


def event(at_ms: float, level: Level) -> TimelineEvent:
    return TimelineEvent(at_ms, int(at_ms), level, "because")


def test_few_stretches_are_as_they_are_and_empty_ones_are_left_out() -> None:
    events = [event(0, "ok"), event(10, "rising"), event(10, "critical"), event(30, "exhausted")]
    assert join_levels(events, 30) == ([Stretch("ok", 0, 10), Stretch("critical", 10, 30)], 0.0)


def test_no_event_has_no_stretch() -> None:
    assert join_levels([], 30) == ([], 0.0)


def test_many_stretches_become_the_most_severe_level_of_each_slice() -> None:
    """1,600 events, one each ms, that alternate: each of the 160 slices of 10 ms holds both; one slice holds a critical one."""
    levels: list[Level] = ["ok", "rising"]
    events = [event(at, levels[at % 2]) for at in range(1600)]
    events[805] = event(805, "critical")
    stretches, slice_ms = join_levels(events, 1600)
    assert (MAX_STRETCHES, slice_ms) == (160, 10.0)
    assert stretches == [Stretch("rising", 0, 800), Stretch("critical", 800, 810), Stretch("rising", 810, 1600)]


@pytest.mark.parametrize("count", [160, 161, 5000])
def test_there_are_never_more_than_so_many(count: int) -> None:
    levels: list[Level] = ["ok", "impending", "not-assessable"]
    stretches, _ = join_levels([event(at, levels[at % 3]) for at in range(count)], count)
    assert len(stretches) <= MAX_STRETCHES
    assert stretches[0].from_ms == 0 and stretches[-1].to_ms == pytest.approx(count)
    assert all(one.to_ms == pytest.approx(other.from_ms) for one, other in pairwise(stretches))
