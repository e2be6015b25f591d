"""The kind of growth that the live set shows, in one word."""

from __future__ import annotations

from gclog.analysis.verdict.floor import Climb, Floor
from gclog.analysis.verdict.pace import LARGEST_STEP_SHARE, MIN_COLLECTIONS, Pace, paces
from gclog.analysis.verdict.trend_alarm import TrendAlarm
from gclog.model.verdict import GrowthKind

__all__ = ["GrowthTracker", "rests_between_steps"]

CYCLES = 3
"""Climbs that must have come back down: one is an event, two may be chance."""

CYCLE_SHARE = 0.25
"""A climb counts as a cycle if it rose by at least a quarter of its top; less is a heap's ordinary jitter."""

SPIRAL_COLLECTIONS = 10
"""This many futile full collections back to back are a spiral. V8 gives up after four, if it counts them at all."""

PLATEAU_SHARE = 0.7
"""A level live set at this share of the limit or above is a high plateau (heap-limit-near fires from there on)."""

REST_SHARE = 0.5
"""A floor rises in steps if it rests for half of the time that one step's growth takes at its pace."""


class GrowthTracker:
    """Tracks completed climbs and the latest step of the live set."""

    def __init__(self) -> None:
        self._cycles = 0
        self._live_mb = self._step_mb = 0.0
        self._count = 0

    def full(self, live_mb: float, over: Climb | None) -> None:
        """Add the live set after a full collection, and the climb that ended with it, if any."""
        self._step_mb = live_mb - self._live_mb if self._count else 0.0
        self._live_mb = live_mb
        self._count += 1
        if over is not None and over.top_mb - over.base_mb >= CYCLE_SHARE * over.top_mb:
            self._cycles += 1

    def kind(
        self, floor: Floor, trend: TrendAlarm, futile: int, limit_mb: float | None, now: tuple[float, float]
    ) -> GrowthKind:
        """The kind so far, never `off-heap`, which collections alone cannot show.

        futile   full collections in a row, up to now, that freed nothing
        now      V8's clock and the memory in use
        """
        if trend.by_tops:
            return "steady"
        if self._cycles >= CYCLES:
            return "cyclic"
        pace = next(paces(floor, floor.last[-1]), None) if floor.mb else None
        if pace is not None and trend.rising and not trend.has_stopped(*now):
            return _kind_of(pace, floor)
        if futile >= SPIRAL_COLLECTIONS:
            return "death-spiral"
        if self._is_one_step(floor):
            return "one-allocation"
        if limit_mb is not None and self._live_mb >= PLATEAU_SHARE * limit_mb:
            return "high-plateau"
        return "none"

    def _is_one_step(self, floor: Floor) -> bool:
        """Whether the last full collection's step exceeds half of the live set and half of all that was ever gained."""
        gained = self._live_mb - floor.mb[0] if floor.mb else 0.0
        return (
            self._count >= MIN_COLLECTIONS
            and self._step_mb > LARGEST_STEP_SHARE * self._live_mb
            and self._step_mb > LARGEST_STEP_SHARE * gained
        )


def rests_between_steps(pace: Pace, floor: Floor) -> bool:
    """Whether the floor rests between its steps rather than rising all the time."""
    step = floor.largest_step(pace.from_ms)
    return floor.longest_rest(pace.from_ms, step / 2) > REST_SHARE * step / pace.mb_per_ms


def _kind_of(pace: Pace, floor: Floor) -> GrowthKind:
    if pace.ratio > 1:
        return "accelerating"
    if pace.ratio < 1:
        return "decelerating"
    return "stepwise" if rests_between_steps(pace, floor) else "steady"
