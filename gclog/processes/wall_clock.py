"""When V8's clock began, by the wall clock."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gclog.processes.rows import Rows

__all__ = ["start_by_dates", "start_by_lines"]

MOST_APART_MS = 2000.0
"""Dates that contradict V8's clock by more than this, over all lines, are of something else than when a line was printed."""


def start_by_dates(rows: Rows) -> float:
    """By the dates of its collections, all of which have one; ms since 1970 UTC."""
    return float(np.median(rows.numbers("wall_ms") - rows.numbers("at_ms")))


def start_by_lines(rows: Rows, dated: Sequence[tuple[int, float]]) -> float | None:
    """By lines with dates between its first collection and its last: each was printed after the one before it and before the next.

    None if there are none, or they contradict V8's clock.
    """
    if not dated:
        return None
    lines, at_ms = rows.lines, rows.numbers("at_ms")
    own, wall_ms = np.array(dated).T
    after = np.searchsorted(lines, own)
    earliest, latest = float((wall_ms - at_ms[after]).max()), float((wall_ms - at_ms[after - 1]).min())
    return (earliest + latest) / 2 if earliest - latest < MOST_APART_MS else None
