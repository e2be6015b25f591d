"""V8's own rule for giving up, replayed: four ineffective mark-compacts in a row near the limit."""

from __future__ import annotations

from gclog.model.verdict import Strike

__all__ = ["FATAL_STRIKES", "LOW_MU", "StrikeRule"]

FATAL_STRIKES = 4
"""V8 gives up at the fourth in a row (heap.cc, Heap::CheckIneffectiveMarkCompact, V8 6.7 on)."""

LOW_MU = 0.4
"""A full collection is ineffective if the average mutator utilisation is below this (same function; a flag from V8 14.6)."""

NEAR_LIMIT_SHARE = 0.8
"""... and the old generation at least this share of its limit."""

NEAR_LIMIT_SHARE_14_6 = 0.95
"""The same from V8 14.6 on (Node 26), --ineffective-gc-size-threshold."""

KEPT_STRIKES = 10_000
"""A process that lives on at the limit for days must not fill the memory with its strikes: the oldest go."""


class StrikeRule:
    """Counts strikes as V8 does.

    V8 looks at the average mutator utilisation before it has recorded the present collection: strike k goes by the mu that
    the *previous* full collection printed. Its old generation is at most the printed size, which has the young one in it.
    """

    def __init__(self) -> None:
        self.count = 0
        self.strikes: list[Strike] = []
        self._mu = 1.0
        self._share = NEAR_LIMIT_SHARE

    @property
    def near_limit_share(self) -> float:
        """Share of the limit from which V8 counts."""
        return self._share

    @property
    def mu_is_low(self) -> bool:
        """Whether the last full collection printed a utilisation at which the next one near the limit is a strike."""
        return self._mu < LOW_MU

    def full(self, line: int, at_ms: float, type: str, after_mb: float, mu: float, limit_mb: float | None) -> int:
        """The count after this full collection. A log without mu (before V8 6.7) or without a limit has no strikes."""
        if type.startswith("Incremental"):  # printed from V8 14.6 on
            self._share = NEAR_LIMIT_SHARE_14_6
        near = limit_mb is not None and after_mb >= self._share * limit_mb
        if near and self._mu < LOW_MU:
            self.count += 1
            self.strikes.append(Strike(at_ms=at_ms, line=line, count=self.count))
            del self.strikes[:-KEPT_STRIKES]
        else:
            self.count = 0
        self._mu = mu  # NaN, where the log has none, is not low
        return self.count
