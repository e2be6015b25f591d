"""Signs that V8 is in trouble already: full collections that free almost nothing with almost no room left."""

from __future__ import annotations

from gclog import units
from gclog.analysis.verdict.signals import NO_ROOM, CollectionSeen
from gclog.analysis.verdict.strikes import FATAL_STRIKES, LOW_MU
from gclog.analysis.verdict.trend_alarm import Deadline
from gclog.model.verdict import Level

__all__ = ["Pressure"]

EFFECTIVE_SHARE = 0.05
"""A full collection that frees less than this share of the heap found no garbage to speak of."""

BUSY_SHARE = 0.5
"""Back to back: the collector takes more time than it leaves to the program."""

IN_A_ROW = 2
"""A single full collection may have come at a bad moment."""

COLLECTIONS_LEFT = 10
"""Upper bound on the full collections left before the limit, at the last step's growth: back to back, that is no time."""

CALM_INTERVALS = 2
"""Trouble is over once the program has run for twice the last interval between full collections."""

FAR_PAST_SHARE = 1.25
"""A heap this far past its limit is past it however much of it is young: the young generation is three times V8's largest
default semi space, which is 1/64 to 1/32 of the old generation."""


class Pressure:
    """Fed each full collection after its strikes have been counted.

    `futile`   full collections in a row, back to back, that freed next to nothing
    """

    def __init__(self) -> None:
        self._last: CollectionSeen | None = None
        self.futile = 0
        self._past = 0
        self._resort_before_mb: float | None = None

    def full(
        self,
        gc: CollectionSeen,
        limit_mb: float | None,
        strikes: int,
        returned_mb: float,
        known: bool,
        *,
        as_before: bool = False,
    ) -> tuple[Level, str] | None:
        """The level that this collection alone calls for, critical or impending, and the reason; else None.

        `returned_mb` is the highest level from which the live set ever came back; `known` if the limit is not inferred;
        `as_before` if earlier runs grew as far and came to no harm.
        """
        last, self._last = self._last, gc
        futile = self._is_futile(last, gc)
        self.futile = self.futile + 1 if futile else 0
        self._past = self._past + 1 if limit_mb is not None and known and gc.after_mb > limit_mb else 0
        critical = self._resort(gc) or self._strike(gc, strikes, known) or self._past_limit(gc, limit_mb, known)
        if critical is not None:
            return "critical", critical
        if strikes and (gc.mu < LOW_MU or strikes >= FATAL_STRIKES):
            return "impending", _strike_sentence(strikes)
        if gc.after_mb <= returned_mb:
            return None
        if gc.collector_reason.startswith(NO_ROOM) and _freed_share(gc) < EFFECTIVE_SHARE:
            freed = units.percent(_freed_share(gc))
            return "impending", f"the young generation no longer fits into the old one, and a full collection freed {freed}"
        if not as_before and self.futile >= IN_A_ROW and last is not None and limit_mb is not None:
            step = gc.after_mb - last.after_mb
            if step * COLLECTIONS_LEFT > limit_mb - gc.after_mb:
                return "impending", (
                    f"{self.futile} full collections back to back freed less than {units.percent(EFFECTIVE_SHARE)} each, "
                    f"and the live set of {units.mb(gc.after_mb)} still grows towards the limit"
                )
        return None

    def calm_after(self, last: CollectionSeen, gc: CollectionSeen) -> Deadline | None:
        """When a scavenge shows V8 to be out of trouble, full collections no longer being back to back; None past the limit."""
        if self._past:
            return None
        return Deadline(gc.at_ms + CALM_INTERVALS * (gc.at_ms - last.at_ms))

    def _is_futile(self, last: CollectionSeen | None, gc: CollectionSeen) -> bool:
        if last is None:
            return False
        busy = gc.gc_ms > BUSY_SHARE * max(gc.at_ms - last.at_ms, 1.0)
        return busy and _freed_share(gc) < EFFECTIVE_SHARE

    def _resort(self, gc: CollectionSeen) -> str | None:
        if not gc.reason.startswith("last resort"):
            self._resort_before_mb = None
            return None
        if self._resort_before_mb is None:
            self._resort_before_mb = gc.before_mb
        freed = (self._resort_before_mb - gc.after_mb) / self._resort_before_mb if self._resort_before_mb else 0.0
        if freed >= EFFECTIVE_SHARE:
            return None
        freed_mb = max(self._resort_before_mb - gc.after_mb, 0.0)
        freed_of = f"{units.mb(freed_mb)} of the {units.mb(self._resort_before_mb)} in use"
        return f"a last-resort collection freed {freed_of}: V8 gives up if that is not enough"

    def _strike(self, gc: CollectionSeen, strikes: int, known: bool) -> str | None:
        """The sentence if V8 gives up with this strike or the next. Against an inferred limit the strikes may not be real.

        The utilisation after this collection decides of the next strike, not of this one."""
        is_next = strikes == FATAL_STRIKES - 1 and gc.mu < LOW_MU
        return _strike_sentence(strikes) if known and (is_next or strikes >= FATAL_STRIKES) else None

    def _past_limit(self, gc: CollectionSeen, limit_mb: float | None, known: bool) -> str | None:
        if limit_mb is None or not known:
            return None
        if self._past >= IN_A_ROW or gc.after_mb > FAR_PAST_SHARE * limit_mb:
            return f"{units.mb(gc.after_mb)} are alive after a full collection, more than the limit of {units.mb(limit_mb)}"
        return None


def _strike_sentence(strikes: int) -> str:
    if strikes >= FATAL_STRIKES:
        return (
            f"{units.count(strikes)} full collections in a row freed too little near the limit: V8 gives up at {FATAL_STRIKES}"
        )
    return f"ineffective full collection {strikes} in a row near the limit: V8 gives up at {FATAL_STRIKES}"


def _freed_share(gc: CollectionSeen) -> float:
    return (gc.before_mb - gc.after_mb) / gc.before_mb if gc.before_mb > 0 else 1.0
