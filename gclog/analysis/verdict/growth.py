"""What kind of growth the live set shows, in one word."""

from __future__ import annotations

from gclog.analysis.verdict.floor import Climb, Floor
from gclog.analysis.verdict.pace import LARGEST_STEP_SHARE, LEAST_COLLECTIONS, Pace, paces
from gclog.analysis.verdict.trend_alarm import TrendAlarm
from gclog.model.verdict import GrowthKind

__all__ = ["GrowthSight", "rests_between_steps"]

CYCLES = 3
"""Climbs that came back, at least: once is an event, twice may be chance."""

CYCLE_SHARE = 0.25
"""A climb counts as a cycle if it was a quarter of its top, at least; less is the common jitter of a heap."""

SPIRAL_COLLECTIONS = 10
"""So many futile full collections back to back are a spiral: V8 has its fill of them at four where it counts at all."""

PLATEAU_SHARE = 0.7
"""A level live set that takes this share of the limit is a high plateau (from there on heap-limit-near tells it)."""

REST_SHARE = 0.5
"""A floor that rests for half of the time that a step stands for rises in steps."""


class GrowthSight:
    """Counts what is over: climbs that came back, and single steps."""

    def __init__(self) -> None:
        self._cycles = 0
        self._live_mb = self._step_mb = 0.0
        self._count = 0

    def full(self, live_mb: float, over: Climb | None) -> None:
        """Take in the live set that a full collection left, and the climb that is over with it."""
        self._step_mb = live_mb - self._live_mb if self._count else 0.0
        self._live_mb = live_mb
        self._count += 1
        if over is not None and over.top_mb - over.base_mb >= CYCLE_SHARE * over.top_mb:
            self._cycles += 1

    def kind(
        self, floor: Floor, trend: TrendAlarm, futile: int, limit_mb: float | None, now: tuple[float, float]
    ) -> GrowthKind:
        """The kind so far. `futile` full collections in a row freed nothing; `now` is the clock and what is in use.

        `off-heap` is none of the kinds that collections alone can show.
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
        """The last full collection found more alive than all before it together had gained, and half of all there is."""
        gained = self._live_mb - floor.mb[0] if floor.mb else 0.0
        return (
            self._count >= LEAST_COLLECTIONS
            and self._step_mb > LARGEST_STEP_SHARE * self._live_mb
            and self._step_mb > LARGEST_STEP_SHARE * gained
        )


def rests_between_steps(pace: Pace, floor: Floor) -> bool:
    """Whether the floor was found resting between its steps, rather than rising all the time."""
    step = floor.largest_step(pace.from_ms)
    return floor.longest_rest(pace.from_ms, step / 2) > REST_SHARE * step / pace.mb_per_ms


def _kind_of(pace: Pace, floor: Floor) -> GrowthKind:
    if pace.ratio > 1:
        return "accelerating"
    if pace.ratio < 1:
        return "decelerating"
    return "stepwise" if rests_between_steps(pace, floor) else "steady"
