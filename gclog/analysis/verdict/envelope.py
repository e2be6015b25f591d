"""What earlier runs of the program did that ended well: the envelope of their live sets, and where a run stands beside it."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Literal, NamedTuple

from gclog import units
from gclog.analysis.verdict.floor import MAX_LEVELS
from gclog.analysis.verdict.own_run import OwnRun
from gclog.analysis.verdict.trend_alarm import Deadline
from gclog.model.history import BesideEarlier, EarlierRun, StandsBeside
from gclog.model.not_known import NotKnown
from gclog.model.verdict import Limit, NoLimit

__all__ = ["BesideTracker", "Envelope", "levelled_off"]

MARGIN_SHARE, MARGIN_MB = 0.05, 3.0
"""A healthy run is within the envelope of the others if its live set is at most this much above it, or the range of n of them by n - 1,
whichever is more."""

HASTE = 2.0
"""... as far as they came in twice the time, or work: the same program starts and fills at another pace under another load."""

LOW_SHARE = 0.5
"""The low of a run is the smallest live set in this share of its age, the latest: of a heap that comes and goes, the low grows."""

WAY_SHARE = 0.1
"""The alarm is raised above the envelope after this share of the way from there to the limit ..."""

ALARM_LEVEL_SHARE = 0.5
"""... if this share of the limit was ever alive, ..."""

LULL_SHARE, STALL_SHARE = 0.2, 0.75
"""... until it has been within the envelope for as long as it was above, a fifth of its age at least, or rose no further above it for three
quarters of its age."""

NEWS_SHARE = 0.05
"""By less than this share of what it was, a rise above the envelope is no news."""

LEVEL_SHARE = 0.9
LEVELLED_SHARE = 0.5
"""A run had levelled off if it was at this share of its highest live set for half as long again as it took to get there."""

SUSTAINED = 2
"""Full collections in a row that must agree that a run has left the envelope, or is back in it: floating garbage lifts a single one."""

FITS_SHARE = 0.9
"""What earlier runs had alive must fit into the limit, or a run within their envelope may die there."""

LEAST_RUNS = 2
"""For that alarm: one run does not show by how much they differ."""

OTHER_LOAD, SAME_LOAD = 2.0, 1.5
"""An allocation rate that differs by this factor is another load, until it comes nearer than the second."""

OTHER_LIMIT_SHARE = 0.1

BAND_POINTS = 48


Clock = Literal["age", "work"]


class _Lows:
    """The smallest live set since any moment, in bounded memory, as in `Floor`, which begins anew when the live set comes back."""

    def __init__(self) -> None:
        self._at: list[float] = []
        self._mb: list[float] = []

    def add(self, at_ms: float, mb: float) -> float:
        """A live set; the low of the run now."""
        while self._mb and self._mb[-1] >= mb:
            del self._at[-1], self._mb[-1]
        self._at.append(at_ms)
        self._mb.append(mb)
        if len(self._mb) > MAX_LEVELS:
            for points in (self._at, self._mb):
                del points[1 : MAX_LEVELS // 2 : 2]
        return self._mb[bisect_left(self._at, at_ms * (1 - LOW_SHARE))]


class _Bound(NamedTuple):
    """What earlier runs had at some point, MB.

    least_mb, most_mb   the lowest of them there, and the highest that any had had up to there
    high_mb, low_mb     the highest live set, and the highest low, of comparable points; each with the margin that a healthy run is given
    is_known            they came that far, or had levelled off before
    """

    least_mb: float
    most_mb: float
    high_mb: float
    margin_mb: float
    low_mb: float
    low_margin_mb: float
    is_known: bool

    def is_far(self, live_mb: float, low_mb: float) -> bool:
        """Whether a run is above them by more than a single collection can show by chance."""
        return live_mb > self.high_mb + SUSTAINED * self.margin_mb or low_mb > self.low_mb + SUSTAINED * self.low_margin_mb

    def holds(self, live_mb: float, low_mb: float) -> bool:
        """Whether a run is within."""
        return live_mb <= self.high_mb + self.margin_mb and low_mb <= self.low_mb + self.low_margin_mb


class _Course:
    """A run by one clock: the highest live set that it had had up to each point, and its lows."""

    def __init__(self, at: Sequence[float], run: EarlierRun, end: float) -> None:
        self.at, self.live, self.end = at, [point.live_mb for point in run.live], end
        lows = _Lows()
        self.highest = list(accumulate(self.live, max))
        self.lows = [lows.add(point.at_ms, point.live_mb) for point in run.live]
        self.levelled = run.plateau_mb is not None
        flat_ms = min((1 + LEVELLED_SHARE) * run.grew_ms, run.live[-1].at_ms)
        settled = [point.live_mb for point in run.live if point.at_ms >= flat_ms]
        self.settled_low_mb = min(settled) if self.levelled else math.inf

    def low_about(self, x: float) -> float:
        """The highest low in the time, or work, that is comparable with some point."""
        begin = min(bisect_left(self.at, x / HASTE), bisect_left(self.at, self.end / HASTE), len(self.at) - 1)
        low_mb = max(self.lows[begin : max(bisect_left(self.at, x * HASTE), begin + 1)])
        return low_mb if x * HASTE <= self.end else max(low_mb, self.settled_low_mb)


def _between(at: Sequence[float], mb: Sequence[float], x: float) -> float:
    """A value of a series of points, straight between two of them, level before the first and after the last."""
    i = bisect_left(at, x)
    if i == 0 or i == len(at):
        return mb[min(i, len(at) - 1)]
    share = (x - at[i - 1]) / (at[i] - at[i - 1])
    return mb[i - 1] + share * (mb[i] - mb[i - 1])


def levelled_off(at_ms: Sequence[float], live_mb: Sequence[float], age_ms: float) -> tuple[float | None, float]:
    """The level up to which a live set has levelled off, None if it has not; and the age until which it rose, ms."""
    top = max(live_mb)
    grew_ms = next(at for at, mb in zip(at_ms, live_mb, strict=True) if mb >= LEVEL_SHARE * top)
    return (top if age_ms >= (1 + LEVELLED_SHARE) * grew_ms else None), grew_ms


def _margin(values: Sequence[float]) -> float:
    spread = (max(values) - min(values)) / (len(values) - 1) if len(values) > 1 else 0.0
    return max(MARGIN_MB, MARGIN_SHARE * max(values), spread)


class Envelope:
    """Of the runs that ended well, by age and by work."""

    def __init__(self, runs: Sequence[EarlierRun]) -> None:
        self.healthy = [run for run in runs if run.ended == "well" and run.live]
        self.top_mb = max((point.live_mb for run in self.healthy for point in run.live), default=math.nan)
        self._by_age = [_Course([p.at_ms for p in run.live], run, run.age_ms) for run in self.healthy]
        self._by_work = [
            _Course([p.work_mb for p in run.live], run, run.work_mb) for run in self.healthy if not math.isnan(run.work_mb)
        ]

    def bound(self, by: Clock, x: float) -> _Bound | None:
        """What they did at an age in ms, or after some MB of work; None if none of them says."""
        courses = self._by_age if by == "age" else self._by_work
        if not courses or math.isnan(x):
            return None
        oldest = max(courses, key=lambda course: course.end)
        highest = [_between(course.at, course.highest, x * HASTE) for course in courses]
        lows = [low for low in (course.low_about(x) for course in courses) if low < math.inf] or [math.inf]
        return _Bound(
            least_mb=min(_between(course.at, course.live, x) for course in courses),
            most_mb=max(_between(course.at, course.highest, x) for course in courses),
            high_mb=max(highest),
            margin_mb=_margin(highest),
            low_mb=max(lows),
            low_margin_mb=_margin(lows),
            is_known=x <= oldest.end or oldest.levelled,
        )

    def rates(self, age_ms: float) -> tuple[float, float] | None:
        """The lowest and highest amount of work that they had done at this age, MB; None if none says. Of those that were never so old,
        what they would have done at their pace."""
        works = [
            _between([p.at_ms for p in run.live], [p.work_mb for p in run.live], age_ms) * max(age_ms / run.age_ms, 1.0)
            for run in self.healthy
            if not math.isnan(run.work_mb) and run.live[0].at_ms <= age_ms
        ]
        return (min(works), max(works)) if works else None

    def band(self, to_ms: float) -> tuple[tuple[float, float, float], ...]:
        """Ages up to one, with the lowest and highest of them there, as far as they say something."""
        found = []
        for i in range(BAND_POINTS + 1):
            at_ms = to_ms * i / BAND_POINTS
            bound = self.bound("age", at_ms)
            if bound is not None and bound.is_known:
                found.append((at_ms, bound.least_mb, bound.most_mb))
        return tuple(found)


class BesideTracker:
    """Fed each full collection of a run: where it stands beside earlier ones, by the lines up to it.

    stands       as above, held until two full collections agree on another
    leads_away   it is above them, and still grows towards the limit
    """

    def __init__(self, runs: Sequence[EarlierRun]) -> None:
        self.envelope = Envelope(runs)
        self._own = OwnRun(self.envelope.healthy)
        self._load = 1.0
        self.stands: StandsBeside = "unknown"
        self.leads_away = False
        self._by: Clock = "age"
        self._other: StandsBeside = "unknown"
        self._for = 0
        self._lows = _Lows()
        self._above_ms: float | None = None
        self._top_mb = self._excess_mb = self._last_ms = self._risen_ms = 0.0
        self._at_ms = self._work_mb = self._live_mb = self._low_mb = math.nan
        self._majors: tuple[float, float] = (0, math.inf)
        self._limit: Limit | NoLimit = NoLimit("not known yet")

    def full(
        self,
        at_ms: float,
        work_mb: float,
        live_mb: float,
        majors: tuple[float, float],
        limit: Limit | NoLimit,
        end_mb: float | None,
    ) -> None:
        """A full collection, with the first and last major of Node and the limit as far as they are known then.
        `end_mb`: the level at which V8 is expected to give up."""
        self._at_ms, self._work_mb, self._live_mb, self._majors, self._limit = at_ms, work_mb, live_mb, majors, limit
        if own := self._own.full(at_ms, live_mb):
            self.envelope = Envelope([run for run in self.envelope.healthy if run.id not in own])
        self._load = self._measure_load()
        self._low_mb = low_mb = self._lows.add(at_ms, live_mb)
        self._top_mb = max(self._top_mb, live_mb)
        by_age, by_work = self.envelope.bound("age", at_ms), self.envelope.bound("work", work_mb)
        self._by = (
            "work" if by_work is not None and by_work.holds(live_mb, low_mb) and not _holds(by_age, live_mb, low_mb) else "age"
        )
        bound = by_work if self._by == "work" else by_age
        self._vote(_stand(bound, live_mb, low_mb), bound is not None and bound.is_far(live_mb, low_mb))
        self._follow(bound, live_mb, low_mb, end_mb)

    def _vote(self, now: StandsBeside, is_far: bool) -> None:
        self._for = 0 if now == self.stands else self._for + 1 if now == self._other else 1
        self._other = now
        if self._for >= SUSTAINED or self.stands == "unknown" or is_far:
            self.stands, self._for = now, 0

    def _follow(self, bound: _Bound | None, live_mb: float, low_mb: float, end_mb: float | None) -> None:
        """Whether the run leads away: raised by a live set above the envelope, held through lulls, over if growth is."""
        if bound is None or end_mb is None or self.stands != "above" or bound.holds(live_mb, low_mb):
            self.leads_away = self.leads_away and self._at_ms <= self._stops_ms
            if self._at_ms > self._lull_ms:
                self._above_ms, self._excess_mb = None, 0.0
            return
        top_mb = self.envelope.top_mb
        excess_mb = max(live_mb - top_mb, low_mb - bound.low_mb)
        self._above_ms = self._above_ms or self._at_ms
        self._last_ms = self._at_ms
        if excess_mb > (1 + NEWS_SHARE) * self._excess_mb:
            self._risen_ms, self._excess_mb = self._at_ms, excess_mb
        sure = len(self.envelope.healthy) >= LEAST_RUNS and not self.differences
        way_mb = max(WAY_SHARE * (end_mb - top_mb), 0.0)
        near = self._top_mb >= ALARM_LEVEL_SHARE * end_mb and excess_mb > way_mb
        self.leads_away = self._at_ms <= self._stops_ms and (self.leads_away or (sure and near))

    @property
    def _lull_ms(self) -> float:
        return self._last_ms + max(self._last_ms - (self._above_ms or self._last_ms), LULL_SHARE * self._last_ms)

    @property
    def _stops_ms(self) -> float:
        return min(self._lull_ms, self._risen_ms * (1 + STALL_SHARE))

    @property
    def stops(self) -> Deadline | None:
        """When a scavenge shows that the run no longer leads away; what is in use beyond the last live set may be a rise."""
        return Deadline(self._stops_ms, self._live_mb, self._risen_ms / self._excess_mb) if self.leads_away else None

    def take_back(self) -> None:
        """It no longer leads away; later collections may show that it does."""
        self.leads_away = False

    @property
    def is_within(self) -> bool:
        """Whether growth towards the limit is what earlier runs did, too, and came to no harm."""
        fits = isinstance(self._limit, NoLimit) or self.envelope.top_mb <= FITS_SHARE * self._limit.mb
        return self.stands == "within" and fits

    @property
    def differences(self) -> tuple[str, ...]:
        """In what this run is unlike the earlier ones."""
        return tuple(filter(None, (self._other_limit(), self._other_node(), self._other_load())))

    def _other_limit(self) -> str:
        limit, known = self._limit, [run.limit_mb for run in self.envelope.healthy if run.limit_mb is not None]
        if not known or isinstance(limit, NoLimit) or limit.source == "inferred":
            return ""
        if any(abs(mb - limit.mb) <= OTHER_LIMIT_SHARE * mb for mb in known):
            return ""
        return f"their limit was {_say_range(min(known), max(known))}, not {units.mb(limit.mb)}"

    def _other_node(self) -> str:
        (first, last), runs = self._majors, self.envelope.healthy
        if not runs or any(run.first_major <= last and run.last_major >= first for run in runs):
            return ""
        return f"they ran on Node {', '.join(sorted({run.node for run in runs}))}"

    def _measure_load(self) -> float:
        """How many times as much it has allocated as any of them had at its age, or as the one that had allocated least; 1 if that is
        about what they did."""
        rates = self.envelope.rates(self._at_ms)
        if rates is None or math.isnan(self._work_mb) or rates[0] <= self._work_mb <= rates[1]:
            return 1.0
        load = self._work_mb / (rates[1] if self._work_mb > rates[1] else rates[0])
        least = OTHER_LOAD if self._load == 1.0 else SAME_LOAD
        return 1.0 if 1 / least <= load <= least else load

    def _other_load(self) -> str:
        return "" if self._load == 1.0 else f"it allocates {units.times(self._load)} as fast"

    @property
    def _bound(self) -> _Bound | None:
        return self.envelope.bound(self._by, self._at_ms if self._by == "age" else self._work_mb)

    def beside(self) -> BesideEarlier:
        """Where it stands now, in words and figures."""
        bound, unknown = self._bound, NotKnown("earlier runs say nothing of it")
        return BesideEarlier(
            stands=self.stands,
            by=self._by,
            runs=len(self.envelope.healthy),
            live_mb=unknown if math.isnan(self._live_mb) else self._live_mb,
            least_mb=unknown if bound is None else bound.least_mb,
            highest_mb=unknown if bound is None else bound.most_mb,
            differences=self.differences,
            because=self.because,
            band=() if math.isnan(self._at_ms) else self.envelope.band(self._at_ms),
        )

    @property
    def because(self) -> str:
        """Where it stands now, as a clause; empty if earlier runs say nothing of it."""
        bound, count = self._bound, len(self.envelope.healthy)
        if bound is None or self.stands == "unknown":
            return ""
        runs, there = units.several(count, "earlier run"), WHERE[self._by]
        unlike = f" (but {', and '.join(self.differences)})" if self.differences else ""
        did = f"what {runs} did {there}: {_say_range(bound.least_mb, bound.most_mb)}"
        if self.stands == "within":
            return f"{'within' if self._live_mb <= bound.most_mb else 'close to'} {did}{unlike}"
        if self._live_mb > bound.high_mb:
            return f"above: {units.mb(self._live_mb)} where {runs} had at most {units.mb(bound.most_mb)} {there}{unlike}"
        if self._low_mb > bound.low_mb:
            low = f"above: no less than {units.mb(self._low_mb)} for half of its age"
            return f"{low}, where {runs} came down to {units.mb(bound.low_mb)}{unlike}"
        return f"lately above {did}{unlike}"


WHERE: Mapping[Clock, str] = {"age": "at this age", "work": "after as much work"}


def _holds(bound: _Bound | None, live_mb: float, low_mb: float) -> bool:
    return bound is not None and bound.holds(live_mb, low_mb)


def _stand(bound: _Bound | None, live_mb: float, low_mb: float) -> StandsBeside:
    if bound is None:
        return "unknown"
    return "within" if bound.holds(live_mb, low_mb) else "above" if bound.is_known else "unknown"


def _say_range(low_mb: float, high_mb: float) -> str:
    low, high = units.mb(low_mb), units.mb(high_mb)
    if low == high:
        return low
    unit = f" {high.rpartition(' ')[2]}"
    return f"{low.removesuffix(unit)} to {high}"
