"""The picture of what the live set grows with: what lines of one shape keep, by the fit, beside what full collections leave."""

from __future__ import annotations

import math

from gclog import units
from gclog.model.grows_with import GrowsWith
from gclog.model.report import ProcessReport
from gclog.report.draw.heap import HEADROOM, TIME_UNITS, X_TICKS, Y_TICKS, Curve, Picture
from gclog.report.draw.scale import round_ticks, time_ticks

__all__ = ["draw_grows_with"]

HEIGHT = 260


def draw_grows_with(process: ProcessReport) -> Picture | None:
    """None if no line keeps memory. The fitted share stands on what was there before the first of its lines."""
    grows = process.grows_with
    if not isinstance(grows, GrowsWith) or grows.at_ms[-1] <= grows.at_ms[0]:
        return None
    kept_mb = [count * grows.lines[0].kb_per_line / units.KB_PER_MB for count in grows.lines_so_far]
    base_mb = math.fsum(live - kept for live, kept in zip(grows.live_mb, kept_mb, strict=True)) / len(kept_mb)
    fitted = tuple(base_mb + kept for kept in kept_mb)
    first_ms, last_ms = grows.at_ms[0], grows.at_ms[-1]
    unit_ms, unit = next((unit_ms, unit) for most_ms, unit_ms, unit in TIME_UNITS if last_ms - first_ms <= most_ms)
    x = tuple(at / unit_ms for at in grows.at_ms)
    said = "its count" if len(grows.lines) == 1 else "the count of the first of them"
    return Picture(
        title="What the live set grows with",
        description=(
            f"Live set from {units.mb(grows.live_mb[0])} to {units.mb(grows.live_mb[-1])}; by {said}, from {units.mb(fitted[0])} to "
            f"{units.mb(fitted[-1])}."
        ),
        x_title=f"{unit} since the process started",
        y_title="MB",
        y_suffix=" MB",
        x_ticks=tuple(at / unit_ms for at in time_ticks(first_ms, last_ms, X_TICKS)),
        y_ticks=round_ticks(max(*grows.live_mb, *fitted) * HEADROOM, Y_TICKS),
        x_range=(x[0], x[-1]),
        logarithmic=False,
        curves=(
            Curve("interval", "kept, by the count", "area", (*x, *reversed(x)), (*fitted, *(base_mb for _ in x))),
            Curve("trend", "there before, and kept by the count", "line", x, fitted),
            Curve("live", "live set (after full GC)", "joined points", x, grows.live_mb),
        ),
        bands=(),
        marks=(),
        height=HEIGHT,
    )
