"""Slices of time, and the heap's memory in few points."""

from __future__ import annotations

from array import array

from gclog.model.profile import STATES
from gclog.profile.timeline import POINTS, SLICES, HeapSeries, slice_states

GC = STATES.index("gc")


def test_ticks_fall_into_slices_of_equal_length_and_the_last_one_into_the_last() -> None:
    slices = slice_states(array("q", range(0, 160, 10)), array("b", [0] * 8 + [GC] * 8))
    assert [(part.from_us, part.ticks[0], part.ticks[GC]) for part in slices] == [(0, 8, 0), (76, 0, 8)]


def test_there_are_never_more_slices_than_a_picture_shows() -> None:
    slices = slice_states(array("q", range(100_000)), array("b", [0] * 100_000))
    assert len(slices) == SLICES
    assert sum(part.ticks[0] for part in slices) == 100_000


def test_ticks_without_times_are_one_slice() -> None:
    assert [part.ticks[0] for part in slice_states(array("q", [0, 0, 0]), array("b", [0, 0, 0]))] == [3]


def test_no_ticks_are_no_slices() -> None:
    assert slice_states(array("q"), array("b")) == ()


def test_a_thinned_series_keeps_its_highest_and_lowest_point() -> None:
    series = HeapSeries()
    for line in range(10_000):
        series.take(line, line, {"event": "new", "address": "0x1", "bytes": str(1 << (25 if line == 4321 else 20))})
    points = series.points()
    assert len(points) <= POINTS
    assert max(point.committed_mb for point in points) == 32.0
