"""The picture of a process's memory: RSS, the heap, and external memory known to V8."""

from __future__ import annotations

import math

from gclog import units
from gclog.model.report import ProcessReport
from gclog.model.witness import MemoryLimit
from gclog.report.draw.heap import HEADROOM, X_TICKS, Y_TICKS, Curve, Mark, Picture
from gclog.report.draw.scale import LIMIT_IN_VIEW, round_ticks, time_ticks
from gclog.report.say.witness import PART_NAMES

__all__ = ["draw_memory"]

MIN_POINTS = 2
ROLES = (("rss", "committed"), ("heap_total", "after"), ("external", "live"))
"""Figures and the roles whose colours they share, those of the similar curves in the picture of the heap."""


def draw_memory(process: ProcessReport) -> Picture | None:
    """RSS, heap and external memory from the program's own lines. None with fewer than two readings."""
    memory = process.memory
    if memory is None or len(memory.series.line) < MIN_POINTS or memory.series.at_ms[-1] <= memory.series.at_ms[0]:
        return None
    series = memory.series
    first_ms = 0.0 if memory.clock == "none" else series.at_ms[0]
    by_number = memory.clock == "none"
    unit_ms, unit = (1.0, "reading") if by_number else (units.MS_PER_SECOND, "seconds since the first reading")
    x = tuple((at - first_ms) / unit_ms for at in series.at_ms)
    curves = []
    for name, role in ROLES:
        y = {"rss": series.rss_mb, "heap_total": series.heap_total_mb, "external": series.external_mb}[name]
        if any(math.isfinite(mb) for mb in y):
            curves.append(Curve(role, PART_NAMES[name], "line", x, y, series.line))
    top = max((mb for curve in curves for mb in curve.y if math.isfinite(mb)), default=0.0)
    if top <= 0:
        return None
    limit = process.memory_limit
    marks: tuple[Mark, ...] = ()
    if isinstance(limit, MemoryLimit) and limit.mb <= LIMIT_IN_VIEW * top:
        marks, top = (Mark("limit", f"container limit {units.mb(limit.mb)}", limit.mb, False),), max(top, limit.mb)
    return Picture(
        title="Memory of the process",
        description=f"{units.count(memory.readings)} readings; {memory.because}.",
        x_title=unit,
        y_title="MB",
        y_suffix=" MB",
        x_ticks=tuple(tick for tick in round_ticks(x[-1], X_TICKS) if tick <= x[-1])
        if by_number
        else tuple(at / unit_ms for at in time_ticks(0.0, x[-1] * unit_ms, X_TICKS)),
        y_ticks=round_ticks(top * HEADROOM, Y_TICKS),
        x_range=(x[0], x[-1]),
        logarithmic=False,
        curves=tuple(curves),
        bands=(),
        marks=marks,
    )
