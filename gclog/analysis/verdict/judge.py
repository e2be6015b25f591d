"""The verdict on V8's heap, line by line: each line is judged on the lines up to it only."""

from __future__ import annotations

import math
from collections.abc import Sequence

from gclog import units
from gclog.analysis.verdict.envelope import BesideTracker
from gclog.analysis.verdict.floor import Floor
from gclog.analysis.verdict.forecast import Outlook, forecast, more_limit_gains
from gclog.analysis.verdict.growth import GrowthTracker
from gclog.analysis.verdict.limit import LimitTracker
from gclog.analysis.verdict.limit_size import say_size
from gclog.analysis.verdict.pace import Pace
from gclog.analysis.verdict.pressure import Pressure
from gclog.analysis.verdict.signals import CollectionSeen, collection_seen
from gclog.analysis.verdict.strikes import StrikeRule
from gclog.analysis.verdict.trend_alarm import Deadline, TrendAlarm
from gclog.model.history import BesideEarlier, EarlierRun
from gclog.model.levels import Warn
from gclog.model.records import Collection
from gclog.model.verdict import (
    LEVELS,
    Forecast,
    GrowthKind,
    Level,
    Limit,
    NoForecast,
    NoLimit,
    Rise,
    Strike,
    TimelineEvent,
    WhatIf,
)

__all__ = ["Judge"]

MIN_ASSESSABLE = 3
"""Full collections before a verdict: it takes two for a difference, and the first often catches the program's start."""

NEAR_LIMIT_SHARE = 0.92
"""An alarm is not cleared by a mere plateau this near the limit. A process that levels off further below may live on; the findings cover
those."""

BRAKED_SHARE = 0.75
BRAKED_MU = 0.5
BRAKED_INTERVALS = 4
"""Nor at this share of the limit while collections leave the program less than half of the time: growth has not ended there, it is
braked. That is over once no full collection has come for this many times the last interval between two."""

FULL_SHARE = 0.95
"""A live set at this share of a limit that is known is an alarm by itself: no healthy labelled run has reached 0.9."""

OF_EACH_SPACE = 1.5
"""The size of a full heap, in limits, if the limit is that of each space."""

NEVER_MS = 1e12
"""For a deadline that only a low enough level can meet: thirty years for each MB above it."""

TOO_FEW = "fewer than three full collections so far"


class Judge:
    """Judges a process's lines in order, in bounded memory.

    `level` is the current verdict, `timeline` its history. Two independent alarms raise it: `Pressure` (V8's own rule for
    giving up, and other signs of trouble) and `TrendAlarm` (level, trend and horizon of the live set). Within the envelope of
    earlier runs (`history`) the latter is not heard; above it, it comes earlier.
    """

    def __init__(self, limit_mb: float | None = None, warn: Warn = "balanced", history: Sequence[EarlierRun] = ()) -> None:
        self.level: Level = "not-assessable"
        self.timeline: list[TimelineEvent] = []
        self._limit = LimitTracker(limit_mb)
        self._floor = Floor()
        self._rule = StrikeRule()
        self._pressure = Pressure()
        self._trend = TrendAlarm(warn)
        self._growth = GrowthTracker()
        self._beside = BesideTracker(history) if history else None
        self._last: CollectionSeen | None = None
        self._trouble: tuple[Level, str] | None = None
        self._calm: Deadline | None = None
        self._held: Deadline | None = None
        self._braked: Deadline | None = None
        self.last_ms = self._used_mb = math.nan

    # ------------------------------------------------------------ input

    def collection(self, row: Collection) -> None:
        """A collection."""
        self.see(collection_seen(row))

    def see(self, gc: CollectionSeen) -> None:
        """A collection reduced to what is judged. Without a clock or sizes it is ignored."""
        if math.isnan(gc.at_ms) or math.isnan(gc.after_mb):
            return
        if gc.full:
            self._full(gc)
        else:
            self.young(gc.line, gc.at_ms, gc.after_mb)

    def young(self, line: int, at_ms: float, after_mb: float) -> None:
        """A scavenge (or minor mark-sweep): it bounds the live set from above."""
        self.last_ms, self._used_mb = at_ms, after_mb
        if not self.timeline:
            self._set("not-assessable", TOO_FEW, line, at_ms)
        for deadline in self.deadlines:
            if deadline.is_met(at_ms, after_mb):
                self._relax(deadline, line, at_ms, after_mb)

    def option(self, line: int, mb: float, option: str = "max_old_space_size") -> None:
        """A heap limit named on a line."""
        self._limit.option(line, mb, option)

    def reported(self, limit: Limit) -> None:
        """A limit that another document names."""
        self._limit.reported(limit)

    def memory(self, mb: float) -> None:
        """The limit of all memory, a container's, on which the default of the heap's depends."""
        self._limit.memory(mb)

    def fatal(self, line: int, at_ms: float | None, because: str) -> None:
        """V8's fatal error, dated by the last collection if it has no clock of its own."""
        self._set("exhausted", because, line, self.last_ms if at_ms is None else at_ms)

    def forget_earlier(self) -> None:
        """It is a worker, and earlier runs are those of main isolates."""
        self._beside = None

    # ------------------------------------------------------------ output

    @property
    def limit(self) -> Limit | NoLimit:
        """The limit of the old generation."""
        return self._limit.limit

    @property
    def strikes(self) -> tuple[Strike, ...]:
        """The strikes counted by V8's own rule."""
        return tuple(self._rule.strikes)

    @property
    def growth(self) -> GrowthKind:
        """The kind of growth that the live set shows."""
        return self.grown[0]

    @property
    def grown(self) -> tuple[GrowthKind, Rise | None]:
        """The kind of growth, and the rise that it speaks of, if any."""
        now = (self.last_ms, self._used_mb)
        at_limit = LEVELS.index(self.level) >= LEVELS.index("impending")
        return self._growth.kind(self._floor, self._trend, self._pressure.futile, self._limit.mb, now, at_limit=at_limit)

    @property
    def because(self) -> str:
        """The reason for the level, with the figures of now."""
        if self.level == "exhausted" or not self.timeline:
            return self.timeline[-1].because if self.timeline else TOO_FEW
        return self._because(self.level, self._used_mb)

    @property
    def beside(self) -> BesideEarlier | None:
        """Where the run stands beside earlier ones; None without any."""
        return None if self._beside is None else self._beside.beside()

    @property
    def is_as_before(self) -> bool:
        """Whether growth is what earlier runs did, too, and came to no harm."""
        return self._beside is not None and self._beside.is_within

    @property
    def since(self) -> TimelineEvent | None:
        """The event from which the level has continuously been the current one or worse."""
        begin: TimelineEvent | None = None
        for event in self.timeline:
            begin = (begin or event) if LEVELS.index(event.level) >= LEVELS.index(self.level) else None
        return begin

    def forecast(self, now_ms: float | None = None) -> Forecast | NoForecast:
        """When the heap is exhausted on the current trend; `now_ms` defaults to the last line's clock."""
        if self.level == "exhausted":
            return NoForecast("the heap is exhausted")
        found = forecast(self._outlook(), self.last_ms if now_ms is None else now_ms)
        is_at_hand = self.level == "critical" and isinstance(found, Forecast)
        return NoForecast("V8 may give up at any time") if is_at_hand else found

    def what_if(self) -> tuple[WhatIf, ...]:
        """What a higher limit would buy on the current trend."""
        return more_limit_gains(self._outlook())

    @property
    def deadlines(self) -> tuple[Deadline, ...]:
        """The deadlines of which a scavenge must meet one to change the verdict."""
        held = (self._held, self._braked) if self._held is not None else ()
        left = None if self._beside is None else self._beside.stops
        return tuple(deadline for deadline in (self._calm, *held, left, self._trend.stops) if deadline is not None)

    # ------------------------------------------------------------ inside

    def _relax(self, deadline: Deadline, line: int, at_ms: float, after_mb: float) -> None:
        """Clear the alarm that a scavenge has shown to be over."""
        if deadline is self._calm:
            self._trouble = self._calm = None
        elif deadline is self._braked:
            self._braked = None
        elif self._beside is not None and deadline == self._beside.stops:
            self._beside.take_back()
        elif deadline is not self._held:
            self._trend.take_back()
        self._settle(after_mb, line, at_ms)

    def _outlook(self) -> Outlook:
        return Outlook(
            floor=self._floor,
            limit=self._limit.limit,
            last=self._last,
            used_mb=self._used_mb,
            near_limit_share=self._rule.near_limit_share,
            mu_is_low=self._rule.mu_is_low,
            limit_is_passed=self._limit.is_passed,
            trend=self._trend,
        )

    def _full(self, gc: CollectionSeen) -> None:
        last, self._last = self._last, gc
        self.last_ms, self._used_mb = gc.at_ms, gc.after_mb
        self._limit.full(gc)
        strikes = self._rule.full(gc.line, gc.at_ms, gc.type, gc.after_mb, gc.mu, self._limit.mb)
        over = self._floor.add(gc.at_ms, gc.after_mb)
        self._growth.full(gc.at_ms, gc.after_mb, over)
        returned_mb = self._floor.highest_return_mb
        reach_mb = self._reach_mb(gc.after_mb)
        if self._beside is not None:
            self._beside.full(gc.at_ms, gc.work_mb, gc.after_mb, self._limit.majors, self._limit.limit, reach_mb)
        self._trouble = self._pressure.full(
            gc, self._limit.mb, strikes, returned_mb, self._limit.is_known, as_before=self.is_as_before
        )
        self._trend.full(self._floor, gc.at_ms, gc.after_mb, reach_mb, over)
        self._calm = None if self._trouble is None or last is None else self._pressure.calm_after(last, gc)
        self._braked = None
        if last is not None and gc.mu < BRAKED_MU:
            self._braked = Deadline(gc.at_ms + BRAKED_INTERVALS * (gc.at_ms - last.at_ms))
        self._settle(gc.after_mb, gc.line, gc.at_ms)

    @property
    def _end_mb(self) -> float | None:
        """The size at which the heap is full, for alarms. V8 up to 4.3 applies the limit to each of its spaces: a heap of pointers and
        of data in equal parts takes twice as much, one of either kind no more, and the alarm lies halfway. An inferred limit is one of
        the whole heap. Of a default that is only a range the upper end counts."""
        mb, default = self._limit.cautious_mb, self._limit.default
        if mb is None and default is not None:
            return default.high_mb
        is_of_each_space = self._limit.is_known and self._last is not None and not self._last.isolated
        return mb * OF_EACH_SPACE if mb is not None and is_of_each_space else mb

    def _reach_mb(self, live_mb: float) -> float | None:
        """The level at which V8 is expected to give up: with mutator utilisation in the log, midway between strikes and the limit."""
        limit_mb = self._end_mb
        if limit_mb is None or self._last is None or math.isnan(self._last.mu):
            return limit_mb
        return max(limit_mb * (1 + self._rule.near_limit_share) / 2, min(live_mb, limit_mb))

    def _settle(self, used_mb: float, line: int, at_ms: float) -> None:
        """Judge, and give the reason only if the level changed: the sentence costs as much as the judgement."""
        level = self._decide(used_mb)
        if level != self.level or not self.timeline:
            self._set(level, self._because(level, used_mb), line, at_ms)

    def _decide(self, used_mb: float) -> Level:
        self._held = None
        if self._trouble is not None:
            return self._trouble[0]
        if self._is_raised or self._stays_near(used_mb):
            return "impending"
        if self._floor.count < MIN_ASSESSABLE:
            return "not-assessable"
        return "rising" if self._trend.rising else "ok"

    @property
    def _is_raised(self) -> bool:
        """Whether the alarm of the trend is raised, and no earlier run would have raised it as well; or the run leads away from them."""
        return self._leads_away or (self._trend.raised and not self.is_as_before)

    @property
    def _leads_away(self) -> bool:
        return self._beside is not None and self._beside.leads_away

    def _because(self, level: Level, used_mb: float) -> str:
        """The reason for the level that `_decide` returned, and where the run stands beside earlier ones."""
        said, beside = self._alone(level, used_mb), "" if self._beside is None else self._beside.because
        return f"{said}; {beside}" if beside else said

    def _alone(self, level: Level, used_mb: float) -> str:
        if self._trouble is not None:
            return self._trouble[1]
        if self._leads_away:
            return "the live set has left the envelope of earlier runs, and still grows towards the limit"
        if self._is_raised:
            return self._trend_sentence(used_mb)
        if self._held is not None:
            return f"the live set stays near the limit: {units.mb(used_mb)} of {self._say_limit()}"
        if level == "not-assessable":
            return TOO_FEW
        if level == "rising" and self._trend.rise is not None:
            return f"the live set has risen {_path(self._trend.rise)}"
        return f"the live set does not keep rising; {units.mb(used_mb)} in use after the collection"

    def _stays_near(self, used_mb: float) -> bool:
        """Whether the live set is so near the limit that an alarm holds although growth has stopped, or is raised without growth."""
        limit_mb, last = self._end_mb, self._last
        if limit_mb is None or last is None:
            return False
        if self.level not in ("impending", "critical"):
            full = self._limit.is_known and self._floor.count >= MIN_ASSESSABLE and last.after_mb >= FULL_SHARE * limit_mb
            share = FULL_SHARE if full else math.inf
        else:
            share = NEAR_LIMIT_SHARE if self._braked is None else BRAKED_SHARE
        if used_mb < share * limit_mb:
            return False
        self._held = Deadline(self.last_ms, share * limit_mb, NEVER_MS)
        return True

    def _trend_sentence(self, used_mb: float) -> str:
        limit_mb, pace = self._limit.mb, self._trend.pace
        if limit_mb is None:
            return self._default_sentence(used_mb)
        name = f"{'' if self._limit.is_known else 'inferred '}limit of {self._say_limit()}"
        if pace is None or self._trend.by_tops:
            return f"the tops from which the live set comes back rise towards the {name}; {units.mb(used_mb)} alive now"
        is_sure = self._limit.is_known and isinstance(forecast(self._outlook(), self.last_ms), Forecast)
        return f"on the current trend, {_path(pace)}, the {name} {'will' if is_sure else 'may'} be reached"

    def _say_limit(self) -> str:
        limit = self._limit.limit
        return say_size(limit) if isinstance(limit, Limit) else units.mb(self._limit.mb)

    def _default_sentence(self, used_mb: float) -> str:
        default, pace = self._limit.default, self._trend.pace
        assert default is not None
        moved = f"{units.mb(used_mb)} alive now" if pace is None else _path(pace)
        return f"on the current trend, {moved}, the limit will be reached if it is {units.mb(default.high_mb)}, {default.why}"

    def _set(self, level: Level, because: str, line: int, at_ms: float) -> None:
        if self.level == "exhausted" or (level == self.level and self.timeline):
            return
        self.level = level
        self.timeline.append(TimelineEvent(at_ms=at_ms, line=line, level=level, because=because))


def _path(pace: Pace) -> str:
    return f"from {units.mb(pace.from_mb)} to {units.mb(pace.now_mb)} in {units.duration(pace.window_ms)}"
