"""A process under watch at a moment: what is shown, sent and written of it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from gclog.model.records import Collector, MemoryUsage
from gclog.model.verdict import Forecast, GrowthKind, Level, Limit, NoForecast, NoLimit
from gclog.units import MS_PER_SECOND

__all__ = ["LastMinute", "View", "size_mb"]

SECONDS = 60


class LastMinute:
    """The share of the last minute, on V8's clock, that was spent in pauses, in slots of a second."""

    def __init__(self) -> None:
        self._pauses_ms = [0.0] * SECONDS
        self._second: int | None = None
        self._first_ms = self._last_ms = 0.0

    def add(self, at_ms: float, pause_ms: float) -> None:
        """A collection that ended at `at_ms`. Moments do not go back."""
        second = int(at_ms // MS_PER_SECOND)
        if second == self._second:
            self._pauses_ms[second % SECONDS] += pause_ms
            self._last_ms = at_ms
            return
        if self._second is None:
            self._second, self._first_ms = second, at_ms - pause_ms
        for passed in range(self._second + 1, min(second, self._second + SECONDS) + 1):
            self._pauses_ms[passed % SECONDS] = 0.0
        if second - self._second >= SECONDS:
            self._pauses_ms = [0.0] * SECONDS
        self._second = max(second, self._second)
        self._pauses_ms[second % SECONDS] += pause_ms
        self._last_ms = at_ms

    @property
    def share(self) -> float:
        """0..1, NaN before any time has passed. For a process younger than a minute: the share of its life."""
        passed_ms = min(SECONDS * MS_PER_SECOND, self._last_ms - self._first_ms)
        return min(sum(self._pauses_ms) / passed_ms, 1.0) if passed_ms > 0 else math.nan


@dataclass(frozen=True, slots=True)
class View:
    """A process at a moment. Sizes are MB, NaN if not known; `at_ms` is of its last collection, `wall_ms` of its last line.

    live_mb      left by the last full collection
    growth       of the live set; `off-heap` if only memory outside the heap grows
    strikes      ineffective full collections in a row now, by V8's own rule
    pause_ms     sum of all pauses so far
    rss_mb, external_mb, memory_limit_mb   as the program last printed them, and the limit of all memory
    is_outside   the level comes from all memory, not from the heap
    memory_left_ms   until all memory reaches its limit, if that is known and the level comes from it
    """

    pid: int | None
    isolate: str | None
    run: int
    worker: bool
    level: Level
    at_ms: float
    wall_ms: float | None
    live_mb: float
    limit: Limit | NoLimit
    forecast: Forecast | NoForecast
    growth: GrowthKind
    strikes: int
    pause_ms: float
    minute_share: float
    collections: dict[Collector, int]
    rss_mb: float = math.nan
    external_mb: float = math.nan
    memory_limit_mb: float = math.nan
    is_outside: bool = False
    memory_left_ms: float | None = None

    @property
    def is_traced(self) -> bool:
        """Whether any of its collections is known."""
        return any(self.collections.values())

    @property
    def is_dated(self) -> bool:
        """Whether the forecast is that of what the level comes from: by collections it is the heap's, else that of the figures."""
        return isinstance(self.forecast, Forecast) and not (self.is_outside and self.is_traced)

    @property
    def seconds_left(self) -> float:
        """From the last line until what the level comes from is exhausted; NaN if that is not known."""
        if self.memory_left_ms is not None:
            return self.memory_left_ms / MS_PER_SECOND
        if isinstance(self.forecast, Forecast) and self.is_dated:
            return max(self.forecast.at_expected_ms - self.forecast.now_ms, 0.0) / MS_PER_SECOND
        return math.nan


def size_mb(row: MemoryUsage) -> float:
    """The largest figure given: RSS, else the heap's; NaN if there is none."""
    return next((mb for mb in (row.rss_mb, row.heap_total_mb, row.heap_used_mb) if mb is not None), math.nan)
