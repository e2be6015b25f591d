"""Parts of a process's life that its log does not show: a late start, or a silence in which collections must have run."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gclog.processes.rows import Rows, Table, rows_of

__all__ = ["find_gaps", "is_late", "starts_late"]

RHYTHM_PERCENT = 95
"""The percentile that defines the process's own long intervals. With fewer than forty intervals, a gap would itself be one."""

GAP_FACTOR = 20.0
"""A gap is at least 20 times as long as that: requests come in waves, with lulls of a few times the usual interval."""

LEAST_INTERVALS = 20
"""With fewer intervals than this, even the longest is less than twenty times their 95th percentile."""

GAP_SHARE = 0.02
"""... and at least 2 % of the span: anything shorter hides little."""

LATE_MS = 10_000.0
"""A starting process collects within seconds, because loading modules fills the young generation several times."""

SHRUNK_MB = 1.0
SHRUNK_SHARE = 0.05
"""Without a collection no heap shrinks; sizes are rounded, though, and arrays are trimmed in place."""

GROWN_FACTOR = 2.0
YOUNG_MB = 64.0
"""Without a collection no heap grows by more than its semi space, which is 64 MB at the most (Node 24, by default), or twice what it
ever did from one to the next: V8 would have collected."""

YOUNG_HEAP_MB = 10.0
"""The first collection finds 2 to 5 MB (Node 0.8 to 26, default flags, within the first second)."""


def find_gaps(collections: Table) -> tuple[tuple[float, float, int], ...]:
    """(from_ms, to_ms, line) of each silence from which lines are missing; `line` is the first after it.

    Such a silence is much longer than the process's own rhythm, and collections must have run in it, as the sizes before and after
    show. A process that is idle is silent as well, but its heap is afterwards what it was. Without sizes both are taken for gaps.
    """
    timed = rows_of(collections).known("at_ms")
    at_ms = timed.numbers("at_ms")
    intervals = at_ms[1:] - at_ms[:-1]
    if len(intervals) < LEAST_INTERVALS and not (intervals < 0).any():
        return ()
    usual_ms = float(np.percentile(intervals, RHYTHM_PERCENT))
    silent = intervals > max(GAP_FACTOR * usual_ms, GAP_SHARE * float(at_ms[-1] - at_ms[0]))
    if silent.any():
        silent &= _collected_between(timed, silent)
    line = timed.lines
    return tuple((float(at_ms[i]), float(at_ms[i + 1]), int(line[i + 1])) for i in np.flatnonzero(silent))


def _collected_between(timed: Rows, silent: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Between which collections others must have run, or may have because the sizes are not known."""
    before, after = timed.numbers("used_before_mb"), timed.numbers("used_after_mb")
    grown = before[1:] - after[:-1]
    usual = grown[~silent & ~np.isnan(grown)]
    most_mb = max(GROWN_FACTOR * float(usual.max(initial=0.0)), YOUNG_MB)
    shrunk = grown < -np.maximum(SHRUNK_MB, SHRUNK_SHARE * after[:-1])
    return np.asarray(shrunk | (grown > most_mb) | np.isnan(grown))


def starts_late(collections: Table) -> bool:
    """Whether the log starts well after the process: its first collection comes late and finds a heap that has grown."""
    timed = rows_of(collections).known("at_ms")
    if not len(timed):
        return False
    return is_late(timed.number("at_ms", 0), timed.number("used_before_mb", 0))


def is_late(at_ms: float, before_mb: float) -> bool:
    """Whether a log that begins with this collection starts well after the process; `before_mb` is NaN if it does not say."""
    return at_ms > LATE_MS and not before_mb < YOUNG_HEAP_MB
