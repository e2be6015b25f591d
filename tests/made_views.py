"""A process under watch, made by hand."""

from __future__ import annotations

import math

from gclog.model.verdict import Forecast, Limit
from gclog.watch.view import View

VIEW = View(
    pid=7,
    isolate="0x10",
    run=1,
    worker=False,
    level="impending",
    at_ms=61_500.0,
    wall_ms=None,
    live_mb=60.5,
    limit=Limit(mb=96, low_mb=96, high_mb=96, source="option", why="given by the user", line=None),
    forecast=Forecast(at_low_ms=70_000, at_expected_ms=91_500, at_high_ms=math.inf, now_ms=61_500, basis=""),
    growth="steady",
    strikes=2,
    pause_ms=1250.0,
    minute_share=0.125,
    collections={"scavenge": 40, "mark_compact": 5, "minor_mark_sweep": 0},
)
