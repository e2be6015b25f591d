"""The pauses of a process on its timeline: how much of any stretch of time was spent in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gclog.analysis.measure.robust import Floats
from gclog.processes.mapped import allocate, blocks, release
from gclog.processes.rows import Table, rows_of

__all__ = ["PauseIntervals", "lay_out"]


SPLIT = 8
LARGEST_GROUP = SPLIT**3
"""Windows bounded together at first; then groups an eighth the size, and so on."""


@dataclass(frozen=True, slots=True, eq=False)
class PauseIntervals:
    """Non-overlapping pauses in order, in ms on V8's clock.

    start, end    start and end of each pause
    before        total of the pauses before each; one element longer than `start`, the last being the grand total
    line          line of each
    """

    start: Floats
    end: Floats
    before: Floats
    line: npt.NDArray[np.signedinteger[Any]]

    @property
    def longest_ms(self) -> float:
        """The longest pause, as it lies on the clock."""
        return max((float(np.max(self.end[part] - self.start[part])) for part in blocks(len(self.start))), default=0.0)

    def paused_until(self, moments: Floats) -> Floats:
        """Total pause time before each moment, a pause in progress counting in part. Exact, O(log n) each."""
        if not len(self.start):
            return np.zeros(moments.shape)
        started = np.searchsorted(self.start, moments, side="right")
        latest = np.maximum(started - 1, 0)
        begun = self.start[latest]
        within = np.minimum(np.maximum(moments - begun, 0.0), self.end[latest] - begun)
        return np.asarray(self.before[latest] + within, dtype=np.float64)

    def busiest_of_each(self, widths_ms: Floats, first_ms: float, last_ms: float) -> Floats:
        """The most pause time in a window of each width, as `busiest` finds it, of all candidates together: for few pauses."""
        widths = widths_ms[:, np.newaxis]
        latest = np.maximum(last_ms - widths, first_ms)
        begins = np.maximum(np.minimum(np.concatenate(([first_ms], self.start, [last_ms])), latest), first_ms)
        paused_ms = self.paused_until(np.minimum(begins + widths, last_ms)) - self.paused_until(begins)
        return np.asarray(paused_ms.max(axis=1), dtype=np.float64)

    def busiest(self, width_ms: float, first_ms: float, last_ms: float) -> tuple[float, float]:
        """(pause time, start) of the window of `width_ms` within `first_ms`..`last_ms` with the most pause time; the earliest wins.

        Exact. A worst window remains worst when slid to the right until it starts with a pause (if its right edge entered a pause
        on the way, there would be a worse one) or reaches the end of the span. So only windows that start with a pause are
        candidates, plus the first and the last. They are bounded in groups of some hundred by the pause time from the start of
        the group's first to the end of its last; only groups whose bound reaches the worst window so far are refined.
        """
        if not len(self.start):
            return 0.0, first_ms
        latest = max(last_ms - width_ms, first_ms)
        low, high = np.searchsorted(self.start, first_ms), np.searchsorted(self.start, latest, side="right")
        count = int(high - low) + 2
        edges = self.paused_until(np.array([first_ms, latest]))

        def chosen(candidates: npt.NDArray[np.int64], inner: Floats, first: float, last: float) -> Floats:
            """What belongs to some candidates: the first window, those that start with a pause, the last window."""
            found = inner[np.clip(candidates + (low - 1), 0, len(inner) - 1)]
            found[candidates == 0] = first
            found[candidates == count - 1] = last
            return np.asarray(found, dtype=np.float64)

        def begins(candidates: npt.NDArray[np.int64]) -> Floats:
            return chosen(candidates, self.start, first_ms, latest)

        def paused_in(begin: npt.NDArray[np.int64], end: npt.NDArray[np.int64]) -> Floats:
            """Pause time from the start of one window to the end of another."""
            found = np.empty(len(begin))
            for part in blocks(len(begin)):
                until = self.paused_until(np.minimum(begins(end[part]) + width_ms, last_ms))
                found[part] = until - chosen(begin[part], self.before, *edges.tolist())
            return found

        size, found = LARGEST_GROUP if count > LARGEST_GROUP else 1, 0.0
        rows = np.arange(0, count, size)
        while size > 1:
            found = max(found, float(paused_in(rows, rows).max()))
            bounds = paused_in(rows, np.minimum(rows + size, count) - 1)
            size //= SPLIT
            rows = (rows[bounds >= found, np.newaxis] + np.arange(0, SPLIT * size, size)).ravel()
            rows = rows[rows < count]
        paused = paused_in(rows, rows)
        worst = int(np.argmax(paused))
        release(self.start, self.end, self.before)
        return float(paused[worst]), float(begins(rows[worst : worst + 1])[0])


def lay_out(collections: Table) -> PauseIntervals:
    """Each collection's pause from `at_ms - pause_ms` to `at_ms`, sorted; collections without a time or a pause are dropped.

    V8 rounds `at_ms` to 1 ms (up to V8 3.14 the pause too), so a pause may seem to start before the previous one has ended. The
    earlier one is then moved back rather than shortened: the total stays what V8 printed, and a window over the whole span
    contains all of it.
    """
    known = rows_of(collections).known("at_ms", "pause_ms")
    at = known.own_numbers("at_ms")
    if bool((at[1:] < at[:-1]).any()):
        order = np.argsort(at, kind="stable")
        known, at = known.take(order), at[order]
    pause = known.own_numbers("pause_ms")
    np.maximum(pause, 0.0, out=pause)
    before = allocate(len(pause) + 1, np.float64)
    before[0] = 0.0
    np.cumsum(pause, out=before[1:])
    # A pause ends no later than its own time or the start of the next. With all pauses taken out of the clock, that is the
    # minimum of the times from here on.
    start, end = allocate(len(pause), np.float64), allocate(len(pause), np.float64)
    at -= before[1:]
    release(before)
    latest = np.inf
    for part in reversed([*blocks(len(at))]):
        start[part] = np.minimum.accumulate(at[part][::-1])[::-1]
        np.minimum(start[part], latest, out=start[part])
        latest = float(start[part][0])
    del at
    start += before[:-1]
    release(before)
    np.add(start, pause, out=end)
    release(start, end)
    return PauseIntervals(start, end, before, known.held_lines)
