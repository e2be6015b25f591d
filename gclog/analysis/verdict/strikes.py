"""V8's own rule for giving up, replayed: four ineffective mark-compacts in a row near the heap limit."""

from __future__ import annotations

from collections.abc import Sequence

from gclog.model.verdict import Strike

__all__ = ["FATAL_STRIKES", "LOW_MU", "NEAR_LIMIT_SHARE", "NEAR_LIMIT_SHARE_14_6", "StrikeRule", "last_strike"]

FATAL_STRIKES = 4
"""V8 gives up at the fourth in a row (heap.cc, Heap::CheckIneffectiveMarkCompact, V8 6.7 on)."""

LOW_MU = 0.4
"""A full collection is ineffective if the average mutator utilisation is below this (same function; a flag from V8 14.6)."""

NEAR_LIMIT_SHARE = 0.8
"""... and the old generation at least this share of its limit."""

NEAR_LIMIT_SHARE_14_6 = 0.95
"""The same from V8 14.6 on (Node 26), --ineffective-gc-size-threshold."""

MAX_STRIKES = 10_000
"""Upper bound on the strikes kept: a process may live at its limit for days. The oldest are dropped."""


class StrikeRule:
    """Counts strikes as V8 does.

    V8 checks the average mutator utilisation before it records the current collection, so strike k depends on the mu printed
    by the *previous* full collection. Its old generation is no larger than the printed size, which includes the young one.
    """

    def __init__(self) -> None:
        self.count = 0
        self.strikes: list[Strike] = []
        self._mu = 1.0
        self._share = NEAR_LIMIT_SHARE

    @property
    def near_limit_share(self) -> float:
        """Share of the limit above which V8 counts strikes."""
        return self._share

    @property
    def mu_is_low(self) -> bool:
        """Whether the last full collection printed a utilisation low enough to make the next one near the limit a strike."""
        return self._mu < LOW_MU

    def full(self, line: int, at_ms: float, type: str, after_mb: float, mu: float, limit_mb: float | None) -> int:
        """Record a full collection and return the count after it. No mu (before V8 6.7) or no limit means no strikes."""
        if type.startswith("Incremental"):  # printed from V8 14.6 on
            self._share = NEAR_LIMIT_SHARE_14_6
        near = limit_mb is not None and after_mb >= self._share * limit_mb
        if near and self._mu < LOW_MU:
            self.count += 1
            self.strikes.append(Strike(at_ms=at_ms, line=line, count=self.count))
            del self.strikes[:-MAX_STRIKES]
        else:
            self.count = 0
        self._mu = mu  # NaN, if the log has none, is not low
        return self.count


def last_strike(strikes: Sequence[Strike], last_full_line: int | None) -> Strike | None:
    """The strike of the last full collection; None if that did not count."""
    return strikes[-1] if strikes and strikes[-1].line == last_full_line else None
