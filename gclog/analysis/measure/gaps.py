"""Parts of a process's life that its log does not show: a late start, or a silence in between."""

from __future__ import annotations

import numpy as np

from gclog.processes.rows import Table, rows_of

__all__ = ["find_gaps", "starts_late"]

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

YOUNG_HEAP_MB = 10.0
"""The first collection finds 2 to 5 MB (Node 0.8 to 26, default flags, within the first second)."""


def find_gaps(collections: Table) -> tuple[tuple[float, float, int], ...]:
    """(from_ms, to_ms, line) of each silence much longer than the process's own rhythm; `line` is the first after it.

    Either lines are missing or the process was idle: the log alone cannot tell.
    """
    timed = rows_of(collections).known("at_ms")
    at_ms = timed.numbers("at_ms")
    intervals = at_ms[1:] - at_ms[:-1]
    if len(intervals) < LEAST_INTERVALS and not (intervals < 0).any():
        return ()
    usual_ms = float(np.percentile(intervals, RHYTHM_PERCENT))
    silent = intervals > max(GAP_FACTOR * usual_ms, GAP_SHARE * float(at_ms[-1] - at_ms[0]))
    line = timed.lines
    return tuple((float(at_ms[i]), float(at_ms[i + 1]), int(line[i + 1])) for i in np.flatnonzero(silent))


def starts_late(collections: Table) -> bool:
    """Whether the log starts well after the process: its first collection comes late and finds a heap that has grown."""
    timed = rows_of(collections).known("at_ms")
    if not len(timed):
        return False
    return timed.number("at_ms", 0) > LATE_MS and not timed.number("used_before_mb", 0) < YOUNG_HEAP_MB
