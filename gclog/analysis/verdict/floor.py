"""The floor under the live set, the level it never fell below again, updated at each full collection in bounded memory."""

from __future__ import annotations

import itertools
import math
from bisect import bisect_left
from collections import deque
from typing import NamedTuple

__all__ = ["Climb", "Floor"]

MAX_LEVELS = 512
"""Upper bound on the levels kept. When it is exceeded, every other level of the older half is dropped. So resolution follows
age: some hundred levels for the last hour as for the last minute, whether the log spans seconds or weeks."""

JITTER_STEPS = 15
"""Steps from which the jitter of the live set between full collections is estimated."""

RETURN_SHARE = 0.5
"""A climb is over once the live set has given back half of it, and so is nearer to its base than to its top."""


class Climb(NamedTuple):
    """A completed climb of the live set: its base and its top."""

    base_mb: float
    top_mb: float


class Floor:
    """The suffix minimum of the live set since it last came back: its value at `t` is the smallest live set from `t` on.

    It only rises: small ups and downs (floating garbage, small cycles) leave it level. It is a stack of increasing levels with
    the times at which each was first and last seen, so adding a point is O(1) amortised and a look-up O(log n). When the live
    set gives back half of its climb, the floor starts afresh.
    """

    def __init__(self) -> None:
        self.first: list[float] = []
        self.last: list[float] = []
        self.mb: list[float] = []
        self._ordinal: list[int] = []
        self._falls: deque[float] = deque(maxlen=JITTER_STEPS)
        self._jitter: float | None = None
        self._steps: list[float] | None = None
        self._last_mb = 0.0
        self._base_mb = self._top_mb = 0.0
        self.count = 0
        self.highest_return_mb = 0.0

    def add(self, at_ms: float, mb: float) -> Climb | None:
        """Add the live set after a full collection; returns the climb that ended with it, if any."""
        over: Climb | None = None
        if not self.mb:
            self._base_mb = self._top_mb = mb
        else:
            self._falls.append(max(self._last_mb - mb, 0.0))
            if mb < self._top_mb - RETURN_SHARE * (self._top_mb - self._base_mb):
                over = self._begin_anew(mb)
            self._top_mb, self._base_mb = max(self._top_mb, mb), min(self._base_mb, mb)
        self._jitter = self._steps = None
        self._push(at_ms, mb)
        self._last_mb = mb
        return over

    @property
    def began_ms(self) -> float:
        """When the current climb began."""
        return self.first[0]

    @property
    def jitter_mb(self) -> float:
        """How much the live set falls back from one full collection to the next: the upper quartile of the last steps."""
        if self._jitter is None:
            falls = sorted(self._falls)
            self._jitter = falls[(3 * len(falls)) // 4] if falls else 0.0
        return self._jitter

    def at(self, t: float) -> float:
        """The floor at `t`, interpolated linearly between two levels."""
        i = bisect_left(self.last, t)
        if i == 0:
            return self.mb[0]
        if i == len(self.mb):
            return self.mb[-1]
        if t >= self.first[i]:
            return self.mb[i]
        share = (t - self.last[i - 1]) / (self.first[i] - self.last[i - 1])
        return self.mb[i - 1] + share * (self.mb[i] - self.mb[i - 1])

    def reached(self, mb: float) -> float:
        """When the floor reached `mb`, which lies between its lowest and its highest level."""
        i = min(bisect_left(self.mb, mb), len(self.mb) - 1)
        if i == 0 or self.mb[i] <= mb:
            return self.first[i]
        share = (mb - self.mb[i - 1]) / (self.mb[i] - self.mb[i - 1])
        return self.last[i - 1] + share * (self.first[i] - self.last[i - 1])

    def collections_since(self, t: float) -> int:
        """Number of full collections since `t`, including the last one before it."""
        return self.count - self._ordinal[self._index(t)]

    def largest_step(self, t: float) -> float:
        """The largest single rise of the floor from `t` on."""
        if self._steps is None:
            rises = (higher - lower for higher, lower in itertools.pairwise(reversed(self.mb)))
            self._steps = list(itertools.accumulate(rises, max, initial=0.0))[::-1]
        return self._steps[self._index(t)]

    def time_of_largest_step(self, t: float = -math.inf) -> float:
        """The time in ms between the two full collections of the largest single rise from `t` on; 0 if the floor has not risen."""
        steps = range(self._index(t) + 1, len(self.mb))
        largest = max(steps, key=lambda i: self.mb[i] - self.mb[i - 1], default=0)
        return self.first[largest] - self.last[largest - 1] if largest else 0.0

    def longest_rest(self, t: float, rise_mb: float) -> float:
        """The longest time in ms, from `t` on, that the floor stayed level before rising by more than `rise_mb`."""
        first, last, end = self.first, self.last, bisect_left(self.mb, self.mb[-1] - rise_mb)
        return max((last[i] - first[i] for i in range(self._index(t), end)), default=0.0)

    def _index(self, t: float) -> int:
        return min(bisect_left(self.last, t), len(self.mb) - 1)

    def _begin_anew(self, mb: float) -> Climb:
        over = Climb(self._base_mb, self._top_mb)
        self.highest_return_mb = max(self.highest_return_mb, self._top_mb)
        for points in (self.first, self.last, self.mb, self._ordinal):
            points.clear()
        self._base_mb = self._top_mb = mb
        return over

    def _push(self, at_ms: float, mb: float) -> None:
        first = at_ms
        while self.mb and self.mb[-1] >= mb:
            first = self.first.pop()
            del self.last[-1], self.mb[-1], self._ordinal[-1]
        self.first.append(first)
        self.last.append(at_ms)
        self.mb.append(mb)
        self._ordinal.append(self.count)
        self.count += 1
        if len(self.mb) > MAX_LEVELS:
            half = MAX_LEVELS // 2
            for points in (self.first, self.last, self.mb, self._ordinal):
                del points[1:half:2]
