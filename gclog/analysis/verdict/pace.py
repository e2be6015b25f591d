"""How fast the floor of the live set rises, and how long until it reaches a level at that pace."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from gclog.analysis.verdict.floor import Floor

__all__ = ["JITTERS", "LARGEST_STEP_SHARE", "MIN_COLLECTIONS", "Pace", "likeliest_pace", "paces"]

WINDOW_RATIO = 2**0.5
"""Growth is sought over the whole climb, then over windows each shorter than the last by this factor."""

MIN_COLLECTIONS = 4
"""Lower bound on the full collections in a window: three steps, so a first and a second half with a step between them."""

LARGEST_STEP_SHARE = 0.4
"""No single step may make up more than two fifths of the rise: two or three levels are steps, not a trend."""

STEP_HASTE = 1.25
"""... unless it took as long as it should: a heap that V8 lets double between two full collections gains half of all at once, and a steady
program takes half of the time for that. Faster than this multiple of the rest is a step."""

JITTERS = 4.0
"""The floor must have risen by this multiple of its jitter (how far the live set falls back between full collections). In a
level series the minimum of the last few points lies about one jitter above that of many; four are beyond chance."""

BEND_STEPS = 1.0
"""Two halves of a staircase may differ by a step; only a larger difference is a bend. (A step more may fall into one of them by chance,
but if that were allowed, a start in two steps and a plateau after it would be growth that goes on.)"""

LARGEST_BEND = 2.0
"""A window whose second half rose more than this many times as much as its first is rejected. A shorter window, in which the
same growth bends less, distinguishes a bend from growth that began midway."""


class Pace(NamedTuple):
    """How the floor rises over a window that ends now.

    half_mb     growth of the second half
    ratio       growth of the second half over that of the first; 1 if single steps could explain the difference
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
        """Slope over the whole window, or over its second half if growth is speeding up or slowing down."""
        if self.ratio == 1:
            return (self.now_mb - self.from_mb) / self.window_ms
        return self.half_mb / (self.window_ms / 2)

    def reaches_after(self, mb: float) -> float:
        """Time in ms until `mb` is reached, if each half window grows `ratio` times as much as the last; inf if never.

        A ratio of 1 is a straight line, below 1 a saturating exponential (a cache warming up), above 1 accelerating growth.
        """
        room = mb - self.now_mb
        if room <= 0:
            return 0.0
        if self.ratio == 1:
            return room / self.mb_per_ms
        share = 1 + room * (self.ratio - 1) / (self.half_mb * self.ratio)
        return self.window_ms / 2 * math.log(share) / math.log(self.ratio) if share > 0 else math.inf

    def lasts_probability(self, mb: float) -> float:
        """Probability that growth observed for this long continues until `mb`: window / (window + time left).

        The Copernican estimate: lacking other knowledge, the moment of looking is uniform over the life of the growth (Gott,
        Implications of the Copernican principle for our future prospects, Nature 363, 1993). For a straight line it is the
        fraction of the way from the start of the growth to `mb` that has been covered.
        """
        left = self.reaches_after(mb)
        return 0.0 if math.isinf(left) else self.window_ms / (self.window_ms + left)


def _steady(floor: Floor, now_ms: float, from_ms: float, begin: float) -> Pace | None:
    """The pace of a floor that has risen by enough since it was at `begin`; None unless the rise is steady."""
    end = floor.mb[-1]
    rise = end - begin
    step = floor.largest_step(from_ms)
    if step > LARGEST_STEP_SHARE * rise and not _is_as_slow(floor, step, rise, from_ms, now_ms):
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


def _is_as_slow(floor: Floor, step_mb: float, rise_mb: float, from_ms: float, now_ms: float) -> bool:
    """Whether the largest step took its time: in it the floor rose at most STEP_HASTE times as fast as in the rest of the window."""
    took_ms = floor.time_of_largest_step(from_ms)
    return step_mb * (now_ms - from_ms - took_ms) <= STEP_HASTE * (rise_mb - step_mb) * took_ms


def _is_enough(floor: Floor, begin_mb: float) -> bool:
    """Whether the floor has risen by more than jitter explains. If a long window has not, no shorter one has."""
    rise = floor.mb[-1] - begin_mb
    return rise > 0 and rise >= JITTERS * floor.jitter_mb


def paces(floor: Floor, now_ms: float) -> Iterator[Pace]:
    """The pace over each window that has one, longest first."""
    window = now_ms - floor.began_ms
    while window > 0:
        from_ms = now_ms - window
        begin = floor.at(from_ms)
        if not _is_enough(floor, begin) or floor.collections_since(from_ms) < MIN_COLLECTIONS:
            return
        pace = _steady(floor, now_ms, from_ms, begin)
        if pace is not None:
            yield pace
        window /= WINDOW_RATIO


def likeliest_pace(floor: Floor, now_ms: float, mb: float) -> Pace | None:
    """The pace most likely to last until `mb`, the longest window winning ties; None if no window rises steadily."""
    return max(paces(floor, now_ms), key=lambda pace: pace.lasts_probability(mb), default=None)
