"""The alarm on level, trend and horizon of the live set: raised when growth will more likely than not reach the limit."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from gclog.analysis.verdict.floor import Climb, Floor
from gclog.analysis.verdict.pace import Pace, likeliest_pace
from gclog.model.levels import Warn

__all__ = ["Deadline", "TrendAlarm"]

IMPENDING_PROBABILITY: Mapping[Warn, float] = {"early": 0.55, "balanced": 0.65, "late": 0.75}
"""Impending: growth lasts until the limit with this probability, i.e. that share of the way there has been observed. Which one is a
choice of how many alarms for nothing an earlier warning is worth."""

KEEP_PROBABILITY = 0.3
"""... and the alarm holds down to this: near its limit V8 collects more often and slows growth down, which is no all-clear."""

MIN_LEVEL_SHARE = 0.5
"""... and the live set takes at least half of the limit: below that, V8 has room for a heap twice as large."""

SUSTAINED = 2
"""Full collections that must agree to raise or clear the alarm, since floating garbage may lift a single one. It never lowers
one, so a live set that has fallen clears the alarm at once."""

RECORD_SHARE = 0.25
"""A level from which the live set has come back before is no news. A climb counts again once it exceeds the highest of them by
a quarter of the room that was left: of several climbs to about the same level, one is always the highest."""

STALL_SHARE = 0.1
"""Growth has stopped when, over a tenth of the window, the floor has risen by less than half of what its pace promised (or over
PATIENCE times its step or its longest rest so far, if that is longer)."""

PATIENCE = 4.0
"""A staircase rests for the length of a step, sometimes much longer: a day's growth has a night."""

MIN_RISE_SHARE = 0.1
"""Rising: at its pace of now the floor gains at least a tenth in the time looked at, which is what V8 lets the heap grow by between any
two full collections. A cache that has filled, and is level since, has gained more, but not of late."""


GIVEN_BACK_SHARE = 0.25
"""A rise goes on, even if no window shows it for a few collections, until it has stopped or a quarter of it has been given back."""


class Deadline(NamedTuple):
    """Met by a scavenge after `ms` that leaves at most `mb` in use; each further MB moves the deadline by `ms_per_mb`."""

    ms: float
    mb: float = 0.0
    ms_per_mb: float = 0.0

    def is_met(self, at_ms: float, used_mb: float) -> bool:
        """Whether a scavenge meets it."""
        return at_ms > self.ms + self.ms_per_mb * max(used_mb - self.mb, 0.0)


class TrendAlarm:
    """Fed each full collection after the floor; a scavenge may clear it (`stops`).

    raised    on the current trend the limit is reached within the horizon
    rising    the floor rises, whether or not the limit is near or known; until it has stopped, however little it rose of late
    pace      the pace of now, or None
    rise      the last pace by which the floor rose, or None
    by_tops   raised because the tops of climbs that come back rise towards the limit
    """

    def __init__(self, warn: Warn = "balanced") -> None:
        self._probability = IMPENDING_PROBABILITY[warn]
        self.raised = self.rising = self.by_tops = False
        self.pace: Pace | None = None
        self.rise: Pace | None = None
        self._tops = Floor()
        self._for = self._against = self._rises = 0
        self._stops_ms = math.inf
        self._rise_stops_ms = -math.inf
        self._live_mb = 0.0

    def full(self, floor: Floor, at_ms: float, live_mb: float, limit_mb: float | None, over: Climb | None) -> None:
        """Judge again. `limit_mb` is the level to be reached; `over` is the climb that ended with this collection."""
        fallen = live_mb < self._live_mb - floor.jitter_mb
        self._live_mb = live_mb
        if over is not None:
            self._tops.add(at_ms, over.top_mb)
            self._for = self._rises = 0
        self.pace = likeliest_pace(floor, at_ms, math.inf if limit_mb is None else limit_mb)
        self._stops_ms = math.inf if self.pace is None else _stops_after(floor, self.pace)
        stopped = at_ms > self._stops_ms
        if stopped:
            self._for = self._rises = 0
        if self.pace is not None and not stopped and _is_rise(self.pace):
            self._rises += 1
            if self._rises == 1 or self.rise is None or self.pace.now_mb > self.rise.now_mb:
                self.rise, self._rise_stops_ms = self.pace, self._stops_ms
        else:
            self._rises = 0
        self.rising = self._rises >= SUSTAINED or (self.rising and self._still_rises(at_ms, live_mb))
        self.by_tops = limit_mb is not None and self._tops_climb(at_ms, limit_mb)
        near = limit_mb is not None and not stopped and self._is_near(floor, live_mb, limit_mb)
        self._vote(self.by_tops or near, fallen)

    @property
    def stops(self) -> Deadline | None:
        """When a scavenge shows that growth has stopped, given that the live set is at most what is in use.

        What is in use beyond the last live set may be garbage or growth, so it is allowed the time that growth would take.
        """
        if self.raised:
            return (
                None if self.by_tops or self.pace is None else Deadline(self._stops_ms, self._live_mb, 2 / self.pace.mb_per_ms)
            )
        if self.rising and self.rise is not None:
            return Deadline(self._rise_stops_ms, self._live_mb, 2 / self.rise.mb_per_ms)
        return None

    def has_stopped(self, at_ms: float, used_mb: float) -> bool:
        """Whether growth has stopped by now, whether or not the alarm was raised."""
        return self.pace is not None and Deadline(self._stops_ms, self._live_mb, 2 / self.pace.mb_per_ms).is_met(at_ms, used_mb)

    def take_back(self) -> None:
        """Clear `raised` and `rising`, because growth has stopped; later collections may set them again."""
        self._for = self._rises = 0
        self.raised = self.rising = False

    def _still_rises(self, at_ms: float, live_mb: float) -> bool:
        """Whether the last rise has neither stopped nor been given back."""
        rise = self.rise
        return (
            rise is not None
            and at_ms <= self._rise_stops_ms
            and rise.now_mb - live_mb <= GIVEN_BACK_SHARE * (rise.now_mb - rise.from_mb)
        )

    def _is_near(self, floor: Floor, live_mb: float, limit_mb: float) -> bool:
        known = floor.highest_return_mb
        return (
            self.pace is not None
            and _is_rise(self.pace)
            and live_mb >= MIN_LEVEL_SHARE * limit_mb
            and live_mb > known + RECORD_SHARE * max(limit_mb - known, 0.0)
            and self.pace.lasts_probability(limit_mb) >= (KEEP_PROBABILITY if self.raised else self._probability)
        )

    def _tops_climb(self, at_ms: float, limit_mb: float) -> bool:
        tops = self._tops
        if not tops.mb or tops.mb[-1] < MIN_LEVEL_SHARE * limit_mb:
            return False
        pace = likeliest_pace(tops, tops.last[-1], limit_mb)
        if pace is None or pace.lasts_probability(limit_mb) < self._probability:
            return False
        return at_ms - tops.last[-1] <= PATIENCE * _longest_gap(tops.last)

    def _vote(self, near: bool, fallen: bool) -> None:
        self._for = self._for + 1 if near else self._for
        self._against = 0 if near else self._against + 1
        if self._against >= SUSTAINED or (fallen and not near):
            self._for = 0
        self.raised = self._for >= SUSTAINED


def _stops_after(floor: Floor, pace: Pace) -> float:
    step_mb = floor.largest_step((pace.from_ms + pace.now_ms) / 2)
    span = max(
        PATIENCE * step_mb / pace.mb_per_ms,
        STALL_SHARE * pace.window_ms,
        PATIENCE * floor.longest_rest(pace.from_ms, step_mb / 2),
    )
    return floor.reached(floor.mb[-1] - pace.mb_per_ms * span / 2) + span


def _is_rise(pace: Pace) -> bool:
    return pace.mb_per_ms * pace.window_ms >= MIN_RISE_SHARE * pace.now_mb


def _longest_gap(times: Sequence[float]) -> float:
    return max((b - a for a, b in itertools.pairwise(times)), default=0.0)
