"""The kind of growth that the live set shows, in one word."""

from __future__ import annotations

from gclog import units
from gclog.analysis.verdict.floor import Climb, Floor
from gclog.analysis.verdict.pace import JITTERS, LARGEST_STEP_SHARE, MIN_COLLECTIONS, Pace, paces
from gclog.analysis.verdict.trend_alarm import TrendAlarm
from gclog.model.verdict import GrowthKind, Rise

__all__ = ["GREW_SHARE", "GrowthTracker", "rests_between_steps"]

GREW_SHARE = 0.1
"""The live set "grew" if it rose by a tenth of what it is now, and beyond its jitter: V8 lets a heap grow by that between any two
full collections."""

EDGE_SHARE = 0.1
"""A climb is under way between a tenth and nine tenths of its rise: its ends may rest for long."""

LEVEL_SHARE = 0.04
"""The floor is level while it rises by less than this share of the climb: over LEVELLED_SHARE of its time, a quarter of its pace."""

LEVELLED_SHARE = 0.2
"""A climb is over if the live set has been level since for a fifth of the time that it took; after as long as it took, it is flat."""

LEVEL_AT_LIMIT_SHARE = 1.0
"""Near the limit collections brake the program, and growth with it: there a climb is over only after as long as it took."""

SUDDEN_SHARE = 0.1
"""A climb that took less than a tenth of the process's life came suddenly: it is a burst of work, not what was kept all along."""

SETTLED_CLIMB_MS = 100.0
"""A climb shorter than this cannot be timed by collections some tens of ms apart."""

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

SLOWER_SHARE = 0.5
"""A climb slows down if its second half rises by less than this share of its first half."""


class GrowthTracker:
    """Tracks completed climbs and the latest step of the live set."""

    def __init__(self) -> None:
        self._cycles = 0
        self._live_mb = self._step_mb = 0.0
        self._step_from_ms = self._last_ms = self._first_ms = 0.0
        self._count = 0

    def full(self, at_ms: float, live_mb: float, over: Climb | None) -> None:
        """Add the live set after a full collection, and the climb that ended with it, if any."""
        self._step_mb = live_mb - self._live_mb if self._count else 0.0
        self._step_from_ms, self._last_ms = self._last_ms, at_ms
        self._live_mb = live_mb
        self._first_ms = self._first_ms if self._count else at_ms
        self._count += 1
        if over is not None and over.top_mb - over.base_mb >= CYCLE_SHARE * over.top_mb:
            self._cycles += 1

    def kind(
        self,
        floor: Floor,
        trend: TrendAlarm,
        futile: int,
        limit_mb: float | None,
        now: tuple[float, float],
        *,
        at_limit: bool = False,
    ) -> tuple[GrowthKind, Rise | None]:
        """The kind so far and the rise that it speaks of, if any; never `off-heap`, which collections alone cannot show.

        futile     full collections in a row, up to now, that freed nothing
        now        V8's clock and the memory in use
        at_limit   the heap is exhausted, or about to be: growth that has stopped or slowed down there was braked by the limit
        """
        if self._count < MIN_COLLECTIONS:
            return "not-known", None
        climb = _climb(floor, now[0])
        if trend.raised and trend.by_tops:
            return "steady", climb
        if self._cycles >= CYCLES:
            return "cyclic", None
        led = self._kind_at_limit(climb, floor) if at_limit and climb is not None else None
        if led in ("one-allocation", "sudden"):
            return led, climb
        pace = (next(paces(floor, floor.last[-1]), None) or trend.rise) if floor.mb and trend.rising else None
        if pace is not None:
            kind = _kind_of(pace, floor)
            return ("steady" if at_limit and kind == "decelerating" else kind), climb or _rise_of(pace)
        if led is not None:
            return led, climb
        if futile >= SPIRAL_COLLECTIONS:
            return "death-spiral", None
        if self._is_one_step(floor):
            return "one-allocation", _rise(
                self._step_from_ms, self._last_ms, self._live_mb - self._step_mb, self._live_mb, self._step_mb, 0.0
            )
        near = limit_mb is not None and self._live_mb >= PLATEAU_SHARE * limit_mb
        if near and climb is not None and climb.level_ms < LEVELLED_SHARE * _climbed_ms(climb):
            return self._kind_at_limit(climb, floor) or "steady", climb
        if near:
            return "high-plateau", None
        if climb is None or climb.level_ms >= _climbed_ms(climb):
            return "none", climb
        if climb.level_ms >= LEVELLED_SHARE * _climbed_ms(climb):
            return "levelled-off", climb
        return ("decelerating" if _slows_down(climb, floor) else "uneven"), climb

    def _kind_at_limit(self, climb: Rise, floor: Floor) -> GrowthKind | None:
        """The kind of a climb that the limit has stopped, or is about to; None if it had been over for long."""
        rise, took_ms = climb.to_mb - climb.from_mb, _climbed_ms(climb)
        if climb.level_ms >= LEVEL_AT_LIMIT_SHARE * took_ms:
            return None
        if floor.largest_step(floor.began_ms) > LARGEST_STEP_SHARE * rise:
            at_once = floor.time_of_largest_step() < SUDDEN_SHARE * (self._last_ms - self._first_ms)
            return "one-allocation" if at_once else "stepwise"
        if took_ms < SUDDEN_SHARE * (self._last_ms - self._first_ms):
            return "sudden"
        pace = Pace(climb.from_ms, climb.to_ms, climb.from_mb, climb.to_mb, rise / 2, 1.0)
        return "stepwise" if rests_between_steps(pace, floor) else "steady"

    def _is_one_step(self, floor: Floor) -> bool:
        """Whether the last full collection's step exceeds half of the live set and half of all that was ever gained."""
        gained = self._live_mb - floor.mb[0] if floor.mb else 0.0
        return (
            self._count >= MIN_COLLECTIONS
            and self._step_mb > LARGEST_STEP_SHARE * self._live_mb
            and self._step_mb > LARGEST_STEP_SHARE * gained
        )


def _climb(floor: Floor, now_ms: float) -> Rise | None:
    """The climb of the floor since the live set last came back; None if it is within what a steady program does."""
    if not floor.mb:
        return None
    from_mb, to_mb = floor.mb[0], floor.mb[-1]
    rise = to_mb - from_mb
    if rise < GREW_SHARE * to_mb or rise < JITTERS * floor.jitter_mb:
        return None
    from_ms, to_ms = floor.reached(from_mb + EDGE_SHARE * rise), floor.reached(to_mb - EDGE_SHARE * rise)
    level_ms = max(now_ms - floor.reached(to_mb - LEVEL_SHARE * rise), 0.0)
    return _rise(min(from_ms, to_ms), to_ms, from_mb, to_mb, (1 - 2 * EDGE_SHARE) * rise, level_ms)


def _rise(from_ms: float, to_ms: float, from_mb: float, to_mb: float, risen_mb: float, level_ms: float) -> Rise:
    """A rise of which `risen_mb` took from `from_ms` to `to_ms`."""
    took_ms = max(to_ms - from_ms, 1.0)
    return Rise(from_ms, to_ms, from_mb, to_mb, risen_mb / took_ms * units.MS_PER_HOUR, level_ms)


def _slows_down(climb: Rise, floor: Floor) -> bool:
    """Whether the second half of a climb rose by less than half as much as the first."""
    middle_mb = floor.at((climb.from_ms + floor.last[-1]) / 2)
    return 0 < climb.to_mb - middle_mb < SLOWER_SHARE * (middle_mb - climb.from_mb)


def _rise_of(pace: Pace) -> Rise:
    return _rise(pace.from_ms, pace.now_ms, pace.from_mb, pace.now_mb, pace.now_mb - pace.from_mb, 0.0)


def _climbed_ms(climb: Rise) -> float:
    return max(climb.to_ms - climb.from_ms, SETTLED_CLIMB_MS)


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
