"""The level that all memory of a process asks for, as the log goes on: each line is judged with nothing but the lines up to it in view.

Beside `gclog.analysis.verdict.judge`, which knows V8's heap alone. Both feed `WorstOf`, whose level is the verdict's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from gclog import units
from gclog.analysis.measure.memory import PARTS, find_growth, rss_slope
from gclog.analysis.measure.robust import Floats
from gclog.analysis.verdict.outside import NEAR_SHARE, MemorySight, OutsideLevel, judge_outside
from gclog.model.not_known import NotKnown
from gclog.model.verdict import LEVELS, Level, TimelineEvent
from gclog.model.witness import MemoryGrowth, MemoryLimit, NoMemoryLimit, OutsideKill

__all__ = ["KEPT_READINGS", "MemoryJudge", "WorstOf"]

KEPT_READINGS = 256
"""Readings that a judgement looks at: of more every second is left out, evenly over all, until they fit. A judgement on them takes
half a millisecond, and is due as often as a reading is kept."""

NO_CLOCK = NotKnown("the lines have no clock")

CLOCKS = 2


class _Kept:
    """Readings, evenly thinned: which are kept depends on their number alone. A row has line, wall clock, V8's clock and the parts."""

    def __init__(self) -> None:
        self._rows: Floats = np.full((KEPT_READINGS, 1 + CLOCKS + len(PARTS)), math.nan)
        self._count = self._seen = 0
        self._step = 1

    def add(self, row: Sequence[float]) -> bool:
        """Take in a reading; whether it is kept."""
        is_kept = self._seen % self._step == 0
        self._seen += 1
        if not is_kept:
            return False
        if self._count == KEPT_READINGS:
            half = self._rows[::2].copy()
            self._rows[: len(half)] = half
            self._count, self._step = len(half), 2 * self._step
            if (self._seen - 1) % self._step:
                return False
        self._rows[self._count] = row
        self._count += 1
        return True

    def with_last(self, row: Sequence[float]) -> Floats:
        """The rows that are kept, with this one at the end."""
        rows = self._rows[: self._count]
        return rows if self._count and rows[-1, 0] == row[0] else np.vstack([rows, np.asarray(row, dtype=np.float64)])


class MemoryJudge:
    """Takes in the readings of one process in order; its memory stays bounded however many there are.

    timeline   the changes of the level that they ask for, on V8's clock, 0 where that has not begun; `told` the last judgement
    growth     where it grew as far as is known; `rss_mb` and `external_mb` are those of the last reading that has
               them, NaN where none has
    """

    def __init__(self, limit: MemoryLimit | NoMemoryLimit) -> None:
        self.limit = limit
        self.timeline: list[TimelineEvent] = []
        self.told: OutsideLevel | None = None
        self.growth: MemoryGrowth = "too-few"
        self.because = ""
        self.rss_mb = self.external_mb = math.nan
        self.readings = 0
        self._most_mb = math.nan
        self._kept = _Kept()
        self._last: Sequence[float] = ()
        self._judged_mb = 0.0
        self._v8_ms = 0.0

    # ------------------------------------------------------------ what comes

    def reading(self, line: int, wall_ms: float, v8_ms: float, parts: Sequence[float]) -> None:
        """Figures on a line, MB, NaN where it does not say, in the order of PARTS; V8's clock is that of the collection before it."""
        self.readings += 1
        self._last = (line, wall_ms, v8_ms, *parts)
        self._v8_ms = _said(v8_ms, self._v8_ms)
        by_name = dict(zip(PARTS, parts, strict=True))
        self.rss_mb = _said(by_name["rss"], self.rss_mb)
        self.external_mb = _said(by_name["external"], self.external_mb)
        self._most_mb = float(np.fmax(self._most_mb, self.rss_mb))
        is_kept = self._kept.add(self._last)
        if is_kept or self._passes_limit():
            self._judge(line)

    def set_limit(self, limit: MemoryLimit) -> None:
        """The limit of all memory has become known, on a line or beside the log."""
        self.limit = limit
        if self._last:
            self._judge(int(self._last[0]) if limit.line is None else limit.line)

    def kill(self, kill: OutsideKill, v8_ms: float) -> None:
        """The process was killed from outside; V8's clock is that of its last collection."""
        self._v8_ms = _said(v8_ms, self._v8_ms)
        told = judge_outside(None, kill, self.limit)
        if told is not None:
            self._tell(told, kill.line)

    # ------------------------------------------------------------ what is known so far

    def sight(self) -> MemorySight | None:
        """What is known of the process's memory; None before any reading."""
        if not self._last:
            return None
        rows = self._kept.with_last(self._last)
        at_ms = _moments(rows)
        slope = None
        if at_ms is not None and not isinstance(self.limit, NoMemoryLimit):
            slope = rss_slope(at_ms, rows[:, 1 + CLOCKS + PARTS.index("rss")])
        return MemorySight(
            growth=self.growth,
            because=self.because,
            rss_mb=NotKnown("no line has RSS") if math.isnan(self.rss_mb) else self.rss_mb,
            rss_most_mb=NotKnown("no line has RSS") if math.isnan(self._most_mb) else self._most_mb,
            rss_mb_per_h=NO_CLOCK if slope is None else slope[0],
            rss_low_mb_per_h=NO_CLOCK if slope is None else slope[1],
            span_ms=0.0 if at_ms is None else float(at_ms[-1] - at_ms[0]),
        )

    # ------------------------------------------------------------ inside

    def _passes_limit(self) -> bool:
        """Whether RSS has come near the limit, or over it, since the last judgement."""
        if isinstance(self.limit, NoMemoryLimit):
            return False
        return any(self._judged_mb < share * self.limit.mb <= self.rss_mb for share in (NEAR_SHARE, 1.0))

    def _judge(self, line: int) -> None:
        rows = self._kept.with_last(self._last)
        found = find_growth({name: rows[:, 1 + CLOCKS + at] for at, name in enumerate(PARTS)}, rows[:, 0].astype(np.int64))
        self.growth, self.because = found.growth, found.because
        self._judged_mb = _said(self.rss_mb, self._judged_mb)
        if (told := judge_outside(self.sight(), None, self.limit)) is not None:
            self._tell(told, line)

    def _tell(self, told: OutsideLevel, line: int) -> None:
        self.told = told = self._held(told)
        if not self.timeline or self.timeline[-1].level != told.level:
            self.timeline.append(TimelineEvent(self._v8_ms, line, told.level, told.because))

    def _held(self, told: OutsideLevel) -> OutsideLevel:
        """The level, which is not taken back for a mere rest so near the limit."""
        was_near = bool(self.timeline) and self.timeline[-1].level == "impending"
        if isinstance(self.limit, NoMemoryLimit) or not was_near or told.level not in ("ok", "rising"):
            return told
        if not self.rss_mb >= NEAR_SHARE * self.limit.mb:
            return told
        return OutsideLevel("impending", f"RSS stays near the limit: {units.mb(self.rss_mb)} of {units.mb(self.limit.mb)}")


def _moments(rows: Floats) -> Floats | None:
    """The moments of readings by the log's dates, else by V8's clock, where all of them have one; ms."""
    for clock in range(1, 1 + CLOCKS):
        at_ms = rows[:, clock]
        if not np.isnan(at_ms).any() and at_ms[-1] > at_ms[0]:
            return at_ms
    return None


def _said(value: float, before: float) -> float:
    return before if math.isnan(value) else value


class WorstOf:
    """The worse of two levels, that of the heap and that of all memory, with the changes of it. The heap's stands where both are alike."""

    def __init__(self) -> None:
        self.timeline: list[TimelineEvent] = []
        self._heap: TimelineEvent | None = None
        self._outside: TimelineEvent | None = None

    @property
    def level(self) -> Level:
        """The level now."""
        return self.timeline[-1].level if self.timeline else LEVELS[0]

    @property
    def is_outside(self) -> bool:
        """Whether the level is asked for by all memory, and not by the heap."""
        return self._worst() is self._outside is not None

    def heap(self, event: TimelineEvent) -> None:
        """The heap's level has changed."""
        self._heap = event
        self._settle(event)

    def outside(self, event: TimelineEvent) -> None:
        """The level that all memory asks for has changed."""
        self._outside = event
        self._settle(event)

    def _settle(self, new: TimelineEvent) -> None:
        worst = self._worst() or new
        if not self.timeline or worst.level != self.level:
            self.timeline.append(TimelineEvent(new.at_ms, new.line, worst.level, worst.because))

    def _worst(self) -> TimelineEvent | None:
        both = [event for event in (self._heap, self._outside) if event is not None]
        return max(both, key=lambda event: LEVELS.index(event.level), default=None)  # the first of equals
