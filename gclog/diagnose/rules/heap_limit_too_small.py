"""The program's steady live set is too large for its limit.

What it looks for
    A live set that does not grow but fills most of the limit, while collections take a high share of the time.

Why it matters
    V8 spends its time on collections that free little. This is the one case in which a higher limit is the remedy.

Evidence
    The last full collections and the worst window.

Known problems
    The log must be long enough to show that the live set is steady. The machine or container must have the memory: a limit
    above what it has trades a clear error for a kill without a message.

Remedy
    The finding names a --max-old-space-size at which the live set fills half of the heap.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from gclog import units
from gclog.diagnose import facts
from gclog.diagnose.thresholds import declare
from gclog.model.finding import Finding
from gclog.model.report import ProcessReport
from gclog.model.verdict import Limit

__all__ = ["DEFAULTS", "ID", "Thresholds", "check"]

ID = "heap-limit-too-small"

STEP_MB = 64
"""Recommended limits are multiples of 64 MB: finer steps would suggest a precision that a live set does not have."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    floor_share: float = declare(0.7, "from here on the limit is near (heap-limit-near)")
    gc_share: float = declare(0.1, "from here on GC is expensive (gc-share-high, warning)")
    target_share: float = declare(0.5, "a live set of half the heap: V8 itself lets a heap grow to 1.5 to 4 times its live set")


DEFAULTS = Thresholds()


def check(process: ProcessReport, thresholds: Thresholds = DEFAULTS) -> Iterable[Finding]:
    floor = facts.measure_floor(process)
    gc_share = facts.known(process.pauses.worst_window_share)
    if floor is None or floor.share is None or gc_share is None or not isinstance(process.limit, Limit) or not floor.after_full:
        return
    if process.growth not in ("none", "cyclic", "high-plateau") or (
        process.crash is not None and not facts.died_of_heap(process.crash)
    ):
        return
    if not facts.is_steady(process) or floor.share < thresholds.floor_share or gc_share < thresholds.gc_share:
        return
    wanted = math.ceil(floor.mb / thresholds.target_share / STEP_MB) * STEP_MB
    if wanted <= process.limit.mb:
        return
    yield Finding(
        id=ID,
        severity="error" if facts.died_of_heap(process.crash) else "warning",
        confidence=facts.trust_limit(process.limit),
        title=f"A steady live set of {facts.of_limit(floor.mb, process.limit)} leaves GC {units.percent(gc_share)} of the time",
        observed=f"live set {facts.GROWTH_IN_WORDS[process.growth]} at {units.percent(floor.share)} of the limit; GC took "
        f"{units.percent(gc_share)} of the worst {units.duration(process.pauses.worst_window_ms)}",
        threshold=f"{units.percent(thresholds.floor_share)} of the limit and {units.percent(thresholds.gc_share)} of the time",
        evidence=facts.pick_lines(floor.lines, process.pauses.worst_window_line, process.limit.line),
        remedy=f"Set --max-old-space-size={wanted} (MB): the live set then fills {units.percent(floor.mb / wanted)} of "
        f"the heap. On top of that, the container needs the young generation's {units.mb(facts.young_generation_mb(process))}, "
        "Buffers and code.",
    )
