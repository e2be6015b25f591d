"""The part of a process's life that the log shows."""

from __future__ import annotations

import numpy as np

from gclog.model.process import Span
from gclog.processes.rows import Table, rows_of

__all__ = ["measure_span"]


def measure_span(collections: Table, first_line: int, last_line: int) -> Span:
    """From the start of the first collection to the end of the last; zero if no collection has a time.

    The wall clock at the span's start is that of the first line that has one, minus V8's time in between.
    """
    timed = rows_of(collections).known("at_ms")
    if not len(timed):
        return Span(0.0, 0.0, first_line, last_line, None)
    at_ms, pause_ms = timed.numbers("at_ms"), timed.number("pause_ms", 0)
    first_ms = max(0.0, float(at_ms[0]) - (0.0 if np.isnan(pause_ms) else pause_ms))
    wall_start_ms = None
    if timed.says("wall_ms"):
        wall_ms = timed.numbers("wall_ms")
        known = int(np.argmin(np.isnan(wall_ms)))
        wall_start_ms = float(wall_ms[known] - (at_ms[known] - first_ms))
    return Span(first_ms, max(float(at_ms.max()), first_ms), first_line, last_line, wall_start_ms)
