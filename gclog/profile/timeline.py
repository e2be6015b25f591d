"""A profile over time: what V8 was doing, slice by slice, and how much memory its heap held."""

from __future__ import annotations

from array import array

import numpy as np
import numpy.typing as npt

from gclog import units
from gclog.model.profile import STATES, HeapPoint, StateSlice
from gclog.profile.stacks import Ints

__all__ = ["SLICES", "HeapSeries", "slice_states", "slice_times", "slices_without"]

SLICES = 120
"""Upper bound on the slices: about the width of a terminal, and what a picture can show."""

TICKS_PER_SLICE = 8
"""Fewer ticks in a slice say nothing about shares."""

POINTS = 2000


def slice_states(at_us: array[int], state: array[int]) -> tuple[StateSlice, ...]:
    """Slices of equal length from the first tick to the last; a tick at the very end is in the last slice."""
    if not at_us:
        return ()
    moments, states = np.frombuffer(at_us, dtype=np.int64), np.frombuffer(state, dtype=np.int8)
    first, last = int(moments.min()), int(moments.max())
    count = max(1, min(SLICES, len(at_us) // TICKS_PER_SLICE))
    length = _length(first, last, count)
    table = _counts(moments, states, first, length, count)
    return tuple(StateSlice(first + round(i * length), tuple(row)) for i, row in enumerate(table.tolist()))


def slices_without(slices: tuple[StateSlice, ...], last_us: int, at_us: Ints, state: Ints) -> tuple[StateSlice, ...]:
    """The slices of `slice_states`, whose last tick was at `last_us`, without these ticks of theirs."""
    first, count = slices[0].from_us, len(slices)
    table = np.array([part.ticks for part in slices]) - _counts(at_us, state, first, _length(first, last_us, count), count)
    return tuple(StateSlice(part.from_us, tuple(row)) for part, row in zip(slices, table.tolist(), strict=True))


def _length(first: int, last: int, count: int) -> float:
    return max(1.0, (last - first + 1) / count)


def _counts(at_us: Ints, state: Ints, first: int, length: float, count: int) -> Ints:
    """Ticks by slice and state."""
    place = np.minimum(((at_us - first) / length).astype(np.int64), count - 1)
    return np.bincount(place * len(STATES) + state, minlength=count * len(STATES)).reshape(count, len(STATES))


def slice_times(at_us: Ints, state: npt.NDArray[np.int8], weight: Ints) -> tuple[StateSlice, ...]:
    """Slices of equal length, of samples in the order of time that last `weight` µs each: one that is in two slices counts in both."""
    if not len(at_us):
        return ()
    first, last = int(at_us[0]), int(at_us[-1] + weight[-1])
    count = max(1, min(SLICES, len(at_us) // TICKS_PER_SLICE))
    edges = [first + (last - first) * number // count for number in range(count + 1)]
    begins = np.searchsorted(at_us, edges[:-1]).tolist()
    slices: list[StateSlice] = []
    waiting, rest = 0, 0  # of a sample that reaches into the next slice: its state, and how long it still lasts
    for at, (begin, end) in enumerate(zip(begins, [*begins[1:], len(at_us)], strict=True)):
        room = edges[at + 1] - edges[at]
        spent = np.bincount(state[begin:end], weights=weight[begin:end], minlength=len(STATES)).astype(np.int64)
        spent[waiting] += (carried := min(rest, room))
        rest -= carried
        over = int(spent.sum()) - room
        if over > 0 and end > begin:
            waiting, rest = int(state[end - 1]), over
            spent[waiting] -= over
        slices.append(StateSlice(edges[at], tuple(spent.tolist())))
    return tuple(slices)


class HeapSeries:
    """Memory in V8's chunks, from their `new` and `delete` events."""

    def __init__(self) -> None:
        self._sizes: dict[str, int] = {}
        self._bytes = 0
        self._points: list[HeapPoint] = []

    def take(self, line: int, at_us: int, fields: dict[str, str]) -> None:
        """Add one event. The reservation of a CodeRange has no bytes."""
        address = fields["address"]
        if fields["event"] == "new":
            size = int(fields.get("bytes", "0"))
            self._bytes += size - self._sizes.get(address, 0)
            self._sizes[address] = size
        elif address in self._sizes:
            self._bytes -= self._sizes.pop(address)
        else:
            return
        self._points.append(HeapPoint(line, at_us, self._bytes / units.BYTES_PER_MB))

    def points(self) -> tuple[HeapPoint, ...]:
        """All points, or the minimum and the maximum of each of POINTS / 2 stretches."""
        if len(self._points) <= POINTS:
            return tuple(self._points)
        step = -(-len(self._points) // (POINTS // 2))
        kept: list[HeapPoint] = []
        for at in range(0, len(self._points), step):
            part = self._points[at : at + step]
            ends = {min(part, key=lambda point: point.committed_mb), max(part, key=lambda point: point.committed_mb)}
            kept += sorted(ends, key=lambda point: point.line)
        return tuple(kept)
