"""The level that a process's total memory calls for, line by line: each line is judged on the lines up to it only.

The counterpart of `gclog.analysis.verdict.judge`, which sees the collections of V8's heap only. Both feed `WorstOf`, whose level is
the verdict's. As long as there is no collection, what the figures say of the heap stands in for that judge.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Sequence

import numpy as np

from gclog import units
from gclog.analysis.measure.memory import PARTS, find_growth, rss_slope
from gclog.analysis.measure.robust import Floats
from gclog.analysis.verdict.heap_figures import Climb, climb_of, forecast_climb, judge_heap, reaches
from gclog.analysis.verdict.limit import LimitTracker
from gclog.analysis.verdict.outside import NEAR_SHARE, MemoryState, OutsideLevel, judge_outside
from gclog.model.not_known import NotKnown
from gclog.model.verdict import LEVELS, Forecast, Level, Limit, NoForecast, TimelineEvent
from gclog.model.witness import MemoryGrowth, MemoryLimit, NoMemoryLimit, OutsideKill

__all__ = ["MAX_READINGS", "MemoryJudge", "WorstOf"]

MAX_READINGS = 256
"""Upper bound on the readings kept. When it is exceeded, every second one is dropped. Judging them takes half a millisecond and
happens each time a reading is kept."""

NO_CLOCK = NotKnown("the lines have no clock")

CLOCKS = 2
"""Columns of `_Kept` with a clock: the wall clock, then V8's."""


class _Kept:
    """Evenly thinned readings; their count alone decides which are kept. Columns: line, wall clock, V8's clock, the parts."""

    def __init__(self) -> None:
        self._rows: Floats = np.empty((0, 1 + CLOCKS + len(PARTS)))
        self._count = self._seen = 0
        self._step = 1

    def add(self, row: Sequence[float]) -> bool:
        """Add a reading; returns whether it was kept."""
        is_kept = self._seen % self._step == 0
        self._seen += 1
        if not is_kept:
            return False
        if not len(self._rows):  # most processes print none
            self._rows = np.full((MAX_READINGS, self._rows.shape[1]), math.nan)
        if self._count == MAX_READINGS:
            half = self._rows[::2].copy()
            self._rows[: len(half)] = half
            self._count, self._step = len(half), 2 * self._step
            if (self._seen - 1) % self._step:
                return False
        self._rows[self._count] = row
        self._count += 1
        return True

    def with_last(self, row: Sequence[float]) -> Floats:
        """The kept rows, with this one at the end."""
        rows = self._rows[: self._count]
        return rows if self._count and rows[-1, 0] == row[0] else np.vstack([rows, np.asarray(row, dtype=np.float64)])


class MemoryJudge:
    """Judges one process's readings in order, in bounded memory.

    timeline        changes of the level that all memory calls for, on V8's clock (0 before that starts)
    judgement       the latest level and its reason; None while there is nothing to judge
    heap_timeline   changes of the level that the figures of the heap call for, up to the first collection
    growth          where memory has grown so far
    rss_mb, external_mb   from the last reading that has them; NaN if none has
    """

    def __init__(self, limit: MemoryLimit | NoMemoryLimit, heap_limit_mb: float | None = None) -> None:
        """`heap_limit_mb`: the heap's limit, if the user gave it."""
        self.limit = limit
        self.timeline: list[TimelineEvent] = []
        self.heap_timeline: list[TimelineEvent] = []
        self._heap_limit = LimitTracker(heap_limit_mb)
        self.judgement: OutsideLevel | None = None
        self.growth: MemoryGrowth = "too-few"
        self.because = ""
        self.rss_mb = self.external_mb = math.nan
        self.readings = 0
        self._max_mb = math.nan
        self._kept = _Kept()
        self._last: Sequence[float] = ()
        self._judged_mb = 0.0
        self._v8_ms = 0.0
        self._is_traced = False

    # ------------------------------------------------------------ input

    def reading(self, line: int, wall_ms: float, v8_ms: float, parts: Sequence[float]) -> None:
        """Add a line's figures: MB in the order of PARTS, NaN if absent. `v8_ms` is the clock of the collection before it."""
        self.readings += 1
        self._is_traced = self._is_traced or not math.isnan(v8_ms)
        self._last = (line, wall_ms, v8_ms, *parts)
        self._v8_ms = _said(v8_ms, self._v8_ms)
        by_name = dict(zip(PARTS, parts, strict=True))
        self.rss_mb = _said(by_name["rss"], self.rss_mb)
        self.external_mb = _said(by_name["external"], self.external_mb)
        self._max_mb = float(np.fmax(self._max_mb, self.rss_mb))
        is_kept = self._kept.add(self._last)
        if is_kept or self._passes_limit():
            self._judge(line)

    def set_limit(self, limit: MemoryLimit) -> None:
        """The limit on total memory has become known, from a line or from outside the log."""
        self.limit = limit
        if self._last:
            self._judge(int(self._last[0]) if limit.line is None else limit.line)

    def heap_option(self, line: int, mb: float, option: str) -> None:
        """A line names a limit of the heap: it counts for the readings from there on."""
        self._heap_limit.option(line, mb, option)

    def kill(self, kill: OutsideKill, v8_ms: float) -> None:
        """The process was killed from outside. `v8_ms` is the clock of its last collection."""
        self._v8_ms = _said(v8_ms, self._v8_ms)
        judged = judge_outside(None, kill, self.limit)
        if judged is not None:
            self._record(judged, kill.line)

    def over(self, judged: OutsideLevel, line: int) -> None:
        """A platform says that the process uses more than it may."""
        self._record(judged, line)

    # ------------------------------------------------------------ output

    def state(self) -> MemoryState | None:
        """The process's memory so far; None before the first reading."""
        if not self._last:
            return None
        rows = self._kept.with_last(self._last)
        at_ms = _moments(rows)
        slope = None
        if at_ms is not None and not isinstance(self.limit, NoMemoryLimit):
            slope = rss_slope(at_ms, rows[:, 1 + CLOCKS + PARTS.index("rss")])
        return MemoryState(
            growth=self.growth,
            because=self.because,
            rss_mb=NotKnown("no line has RSS") if math.isnan(self.rss_mb) else self.rss_mb,
            rss_max_mb=NotKnown("no line has RSS") if math.isnan(self._max_mb) else self._max_mb,
            rss_mb_per_h=NO_CLOCK if slope is None else slope[0],
            rss_low_mb_per_h=NO_CLOCK if slope is None else slope[1],
            span_ms=0.0 if at_ms is None else float(at_ms[-1] - at_ms[0]),
            nears_its_limit=isinstance(self.limit, MemoryLimit) and reaches(_climb(rows, "rss"), self.limit.mb),
        )

    @property
    def heap_level(self) -> Level:
        """The level that the figures of the heap call for."""
        return self.heap_timeline[-1].level if self.heap_timeline else LEVELS[0]

    def forecast(self) -> Forecast | NoForecast:
        """When the heap in use or RSS reaches its limit, whichever is first; counted from the first reading."""
        rows = self._rows()
        grows = self.growth in ("heap", "off-heap", "both")
        heap = forecast_climb(
            "the heap in use", _climb(rows, "heap_used"), grows=self.growth in ("heap", "both"), limit=self._heap_limit.limit
        )
        rss = forecast_climb("RSS", _climb(rows, "rss"), grows=grows, limit=self.limit)
        dated = [one for one in (heap, rss) if isinstance(one, Forecast)]
        if dated:
            return min(dated, key=lambda one: one.at_expected_ms - one.now_ms)
        return heap if isinstance(self._heap_limit.limit, Limit) or isinstance(self.limit, NoMemoryLimit) else rss

    # ------------------------------------------------------------ inside

    def _rows(self) -> Floats:
        return self._kept.with_last(self._last) if self._last else np.empty((0, 1 + CLOCKS + len(PARTS)))

    def _passes_limit(self) -> bool:
        """Whether RSS has come near the limit, or exceeded it, since the last judgement."""
        if isinstance(self.limit, NoMemoryLimit):
            return False
        return any(self._judged_mb < share * self.limit.mb <= self.rss_mb for share in (NEAR_SHARE, 1.0))

    def _judge(self, line: int) -> None:
        rows = self._kept.with_last(self._last)
        found = find_growth({name: rows[:, 1 + CLOCKS + at] for at, name in enumerate(PARTS)}, rows[:, 0].astype(np.int64))
        self.growth, self.because = found.growth, found.because
        self._judged_mb = _said(self.rss_mb, self._judged_mb)
        if not self._is_traced:
            self._judge_heap(rows, line)
        if (judged := judge_outside(self.state(), None, self.limit)) is not None:
            self._record(judged, line)

    def _judge_heap(self, rows: Floats, line: int) -> None:
        judged = judge_heap(_climb(rows, "heap_used"), self.growth, self._heap_limit.limit)
        if judged is not None and judged.level != self.heap_level:
            self.heap_timeline.append(TimelineEvent(self._v8_ms, line, judged.level, judged.because))

    def _record(self, judged: OutsideLevel, line: int) -> None:
        self.judgement = judged = self._hold(judged)
        if not self.timeline or self.timeline[-1].level != judged.level:
            self.timeline.append(TimelineEvent(self._v8_ms, line, judged.level, judged.because))

    def _hold(self, judged: OutsideLevel) -> OutsideLevel:
        """The level; an alarm is not cleared by a mere plateau this near the limit."""
        was_near = bool(self.timeline) and self.timeline[-1].level == "impending"
        if isinstance(self.limit, NoMemoryLimit) or not was_near or judged.level not in ("ok", "rising"):
            return judged
        if not self.rss_mb >= NEAR_SHARE * self.limit.mb:
            return judged
        return OutsideLevel("impending", f"RSS stays near the limit: {units.mb(self.rss_mb)} of {units.mb(self.limit.mb)}")


def _climb(rows: Floats, part: str) -> Climb | None:
    return climb_of(_moments(rows), rows[:, 1 + CLOCKS + PARTS.index(part)]) if len(rows) else None


def _moments(rows: Floats) -> Floats | None:
    """Times of the readings in ms, from the log's dates or else V8's clock; None unless every reading has one."""
    for clock in range(1, 1 + CLOCKS):
        at_ms = rows[:, clock]
        if not np.isnan(at_ms).any() and at_ms[-1] > at_ms[0]:
            return at_ms
    return None


def _said(value: float, before: float) -> float:
    return before if math.isnan(value) else value


class WorstOf:
    """The worse of the heap's level and total memory's, and its history. The heap's wins ties."""

    def __init__(self) -> None:
        self.timeline: list[TimelineEvent] = []
        self._heap: TimelineEvent | None = None
        self._outside: TimelineEvent | None = None

    @property
    def level(self) -> Level:
        """The current level."""
        return self.timeline[-1].level if self.timeline else LEVELS[0]

    @property
    def is_outside(self) -> bool:
        """Whether the level comes from total memory rather than from the heap."""
        return self._worst() is self._outside is not None

    def heap(self, event: TimelineEvent) -> None:
        """The heap's level has changed."""
        self._heap = event
        self._settle(event)

    def outside(self, event: TimelineEvent) -> None:
        """The level that total memory calls for has changed."""
        self._outside = event
        self._settle(event)

    def merge(self, heap: Iterable[TimelineEvent], outside: Iterable[TimelineEvent]) -> None:
        """Both levels have changed, each in the order of lines. Two changes on one line count as one."""
        heaps, outsides = deque(heap), deque(outside)
        while heaps or outsides:
            first = min(events[0].line for events in (heaps, outsides) if events)
            if heaps and heaps[0].line == first:
                self._heap = new = heaps.popleft()
            if outsides and outsides[0].line == first:
                self._outside = new = outsides.popleft()
            self._settle(new)

    def _settle(self, new: TimelineEvent) -> None:
        worst = self._worst() or new
        if not self.timeline or worst.level != self.level:
            self.timeline.append(TimelineEvent(new.at_ms, new.line, worst.level, worst.because))

    def _worst(self) -> TimelineEvent | None:
        both = [event for event in (self._heap, self._outside) if event is not None]
        return max(both, key=lambda event: LEVELS.index(event.level), default=None)  # the first wins ties
