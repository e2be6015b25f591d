"""Which of the earlier runs is the one that is judged, added to the history before, or while it was under way."""

from __future__ import annotations

from collections.abc import Sequence

from gclog.model.history import EarlierRun

__all__ = ["OwnRun"]

SAME_POINTS = 2
"""Two runs of a program may begin with the same collection by chance. That the next one kept is also at the same millisecond and size does
not happen."""

SAME_MS, SAME_MB = 0.06, 0.006
"""The file has a tenth of a ms and a hundredth of a MB."""


class OwnRun:
    """Fed each full collection of a run: the earlier runs that agree with it in all points so far are the run itself."""

    def __init__(self, runs: Sequence[EarlierRun]) -> None:
        self._next = [(run, 0) for run in runs]

    def full(self, at_ms: float, live_mb: float) -> frozenset[str]:
        """A full collection; the ids of the runs that have just been shown to be this one."""
        if not self._next:
            return frozenset()
        self._next = [(run, _after(run, at, at_ms, live_mb)) for run, at in self._next]
        found = frozenset(run.id for run, at in self._next if at >= min(SAME_POINTS, len(run.live)))
        self._next = [(run, at) for run, at in self._next if at >= 0 and run.id not in found]
        return found


def _after(run: EarlierRun, at: int, at_ms: float, live_mb: float) -> int:
    """The place of the run's next point after a collection of the judged one; negative if they differ."""
    point = run.live[at]
    if at_ms < point.at_ms - SAME_MS:
        return at
    return at + 1 if at_ms <= point.at_ms + SAME_MS and abs(live_mb - point.live_mb) <= SAME_MB else -1
