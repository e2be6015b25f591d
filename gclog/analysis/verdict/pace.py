"""How fast the floor of the live set rises, and how long that has to go on until a level is reached."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from gclog.analysis.verdict.floor import Floor

__all__ = ["LEAST_COLLECTIONS", "Pace", "find_pace", "likeliest_pace", "paces"]

WINDOW_RATIO = 2**0.5
"""Windows over which growth is looked for: the whole climb, and each by this factor shorter than the one before."""

LEAST_COLLECTIONS = 4
"""Full collections in a window, at least: three steps, so that there are a first and a second half and a step between them."""

LARGEST_STEP_SHARE = 0.5
"""No single step makes more than half of the rise: two levels are a step, not a trend."""

JITTERS = 4.0
"""The floor must have risen by so many times what the live set falls back between full collections: the least of the last few
points of a level series lies about one jitter above that of many, four are not reached by chance."""

BEND_STEPS = 2.0
"""Two halves of a staircase differ by up to two steps, one at either end: only more than that is a bend."""

LARGEST_BEND = 2.0
"""A half in which the floor rose more than twice as much as in the one before: a shorter window, in which the same growth bends
less, tells a bend from growth that began in the middle."""


class Pace(NamedTuple):
    """How the floor rises over a window that ends now.

    half_mb     growth of the second half
    ratio       growth of the second half over that of the first; 1 where the difference may come from single steps
    """

    from_ms: float
    now_ms: float
    from_mb: float
    now_mb: float
    half_mb: float
    ratio: float

    @property
    def window_ms(self) -> float:
        return self.now_ms - self.from_ms

    @property
    def mb_per_ms(self) -> float:
        """Over the whole window; over its second half where growth is speeding up or slowing down."""
        if self.ratio == 1:
            return (self.now_mb - self.from_mb) / self.window_ms
        return self.half_mb / (self.window_ms / 2)

    def reaches_after(self, mb: float) -> float:
        """ms from now until `mb` is reached, if each half window's growth is `ratio` times the last one's; inf if never.

        ratio 1 is a straight line, below 1 a filling exponential (a cache that warms up), above 1 accelerating growth.
        """
        room = mb - self.now_mb
        if room <= 0:
            return 0.0
        if self.ratio == 1:
            return room / self.mb_per_ms
        share = 1 + room * (self.ratio - 1) / (self.half_mb * self.ratio)
        return self.window_ms / 2 * math.log(share) / math.log(self.ratio) if share > 0 else math.inf

    def lasts_probability(self, mb: float) -> float:
        """How likely growth that has been seen for this long goes on until `mb`: window / (window + time left).

        The Copernican estimate: nothing else being known, the moment of looking is uniform in the life of the growth (Gott,
        Implications of the Copernican principle for our future prospects, Nature 363, 1993). For a straight line it is the
        share of the way from where the growth began to `mb` that is behind us.
        """
        left = self.reaches_after(mb)
        return 0.0 if math.isinf(left) else self.window_ms / (self.window_ms + left)


def find_pace(floor: Floor, now_ms: float, from_ms: float) -> Pace | None:
    """The pace of the floor since `from_ms`, or None if it does not rise steadily enough there to speak of one."""
    begin = floor.at(from_ms)
    return _steady(floor, now_ms, from_ms, begin) if _is_enough(floor, begin) else None


def _steady(floor: Floor, now_ms: float, from_ms: float, begin: float) -> Pace | None:
    """The pace of a floor that has risen by enough since it was at `begin`, if steadily."""
    end = floor.mb[-1]
    rise = end - begin
    step = floor.largest_step(from_ms)
    if step > LARGEST_STEP_SHARE * rise:
        return None
    middle = floor.at((from_ms + now_ms) / 2)
    first, second = middle - begin, end - middle
    if second <= 0:
        return None
    ratio = 1.0
    if abs(second - first) > BEND_STEPS * step + 2 * floor.jitter_mb:
        if first <= 0 or second > LARGEST_BEND * first:
            return None
        ratio = second / first
    return Pace(from_ms, now_ms, begin, end, second, ratio)


def _is_enough(floor: Floor, begin_mb: float) -> bool:
    """Whether the floor has risen by more than its jitter makes it rise; a shorter window never has if a longer one has not."""
    rise = floor.mb[-1] - begin_mb
    return rise > 0 and rise >= JITTERS * floor.jitter_mb


def paces(floor: Floor, now_ms: float) -> Iterator[Pace]:
    """The pace over each window that has one, the longest first."""
    window = now_ms - floor.began_ms
    while window > 0:
        from_ms = now_ms - window
        begin = floor.at(from_ms)
        if not _is_enough(floor, begin) or floor.collections_since(from_ms) < LEAST_COLLECTIONS:
            return
        pace = _steady(floor, now_ms, from_ms, begin)
        if pace is not None:
            yield pace
        window /= WINDOW_RATIO


def likeliest_pace(floor: Floor, now_ms: float, mb: float) -> Pace | None:
    """Of all windows, the pace that most likely lasts until `mb`, the longest of equals; None if no window rises steadily."""
    return max(paces(floor, now_ms), key=lambda pace: pace.lasts_probability(mb), default=None)
