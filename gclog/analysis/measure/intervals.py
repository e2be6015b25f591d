"""The pauses of a process laid on its clock: how much of any stretch of time was spent in them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from gclog.analysis.measure.robust import Floats

__all__ = ["PauseIntervals", "lay_out"]


SPLIT = 8
TOGETHER = SPLIT**3
"""So many windows are bounded at once, then an eighth of them, and so on."""


@dataclass(frozen=True, slots=True, eq=False)
class PauseIntervals:
    """Pauses that do not overlap, in order. ms on V8's clock.

    start, end    begin and end of each pause
    before        sum of the pauses before each; one longer than `start`: the last is the sum of all
    line          line of each
    """

    start: Floats
    end: Floats
    before: Floats
    line: np.ndarray[tuple[int], np.dtype[np.int64]]

    def paused_until(self, moments: Floats) -> Floats:
        """Sum of all that was paused before each moment; a pause under way counts up to it. Exact, O(log n) each."""
        if not len(self.start):
            return np.zeros(len(moments))
        behind = np.searchsorted(self.start, moments, side="right")
        latest = np.maximum(behind - 1, 0)
        within = np.clip(moments - self.start[latest], 0.0, self.end[latest] - self.start[latest])
        return np.asarray(self.before[latest] + within, dtype=np.float64)

    def busiest(self, width_ms: float, first_ms: float, last_ms: float) -> tuple[float, float]:
        """(pause time, begin) of the window of `width_ms` within `first_ms`..`last_ms` that was paused most; the earliest.

        Exact. Slid to the right, a window that is the worst stays so until it begins with a pause (were its right edge to
        enter a pause on the way, there would be a worse one), or until it meets the end of the span. So only windows that
        begin with a pause are looked at, and the first and the last one. Those are bounded some hundred at a time by what was
        paused from the begin of the first to the end of the last: only where that is not below the worst window found so far
        are they looked at more closely.
        """
        latest = max(last_ms - width_ms, first_ms)
        low, high = np.searchsorted(self.start, first_ms), np.searchsorted(self.start, latest, side="right")
        begins = np.concatenate(([first_ms], self.start[low:high], [latest]))
        edges = self.paused_until(np.array([first_ms, latest]))
        until_begin = np.concatenate((edges[:1], self.before[low:high], edges[1:]))

        def paused_in(begin: npt.NDArray[np.int64], end: npt.NDArray[np.int64]) -> Floats:
            """What was paused from the begin of one window to the end of another one."""
            return self.paused_until(np.minimum(begins[end] + width_ms, last_ms)) - until_begin[begin]

        rows, size, found = np.arange(0, len(begins), TOGETHER), TOGETHER, 0.0
        while size > 1:
            found = max(found, float(paused_in(rows, rows).max()))
            bounds = paused_in(rows, np.minimum(rows + size, len(begins)) - 1)
            size //= SPLIT
            rows = (rows[bounds >= found, np.newaxis] + np.arange(0, SPLIT * size, size)).ravel()
            rows = rows[rows < len(begins)]
        paused = paused_in(rows, rows)
        worst = int(np.argmax(paused))
        return float(paused[worst]), float(begins[rows[worst]])


def lay_out(collections: pd.DataFrame) -> PauseIntervals:
    """Each collection's pause from `at_ms - pause_ms` to `at_ms`, sorted; those without a moment or a pause are left out.

    V8 rounds `at_ms` to 1 ms (and up to V8 3.14 the pause too), so that a pause may seem to begin before the one before it
    has ended. The earlier one is then moved back, not cut: the sum of all pauses stays what V8 printed, and a window over
    the whole span holds all of it.
    """
    known = collections[["at_ms", "pause_ms", "line"]].dropna()
    at = known["at_ms"].to_numpy(dtype=np.float64)
    order = np.argsort(at, kind="stable")
    at = at[order]
    pause = np.maximum(known["pause_ms"].to_numpy(dtype=np.float64)[order], 0.0)
    before = np.concatenate(([0.0], np.cumsum(pause)))
    # The latest end that each pause can have: its own moment, or the begin of the next. With all pauses taken out of the
    # clock, that is the least of the moments from here on.
    start = np.minimum.accumulate((at - before[1:])[::-1])[::-1] + before[:-1]
    return PauseIntervals(start, start + pause, before, known["line"].to_numpy(dtype=np.int64)[order])
