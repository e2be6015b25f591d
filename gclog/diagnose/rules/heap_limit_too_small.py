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
from gclog.diagnose import evidence, facts, limit_words
from gclog.diagnose.rules import slow_collections
from gclog.diagnose.thresholds import declare
from gclog.model.finding import Finding
from gclog.model.report import ProcessReport
from gclog.model.verdict import Limit
from gclog.model.witness import MemoryLimit

__all__ = ["DEFAULTS", "ID", "Thresholds", "check"]

ID = "heap-limit-too-small"

IN_NODE_OPTIONS = 8
"""Every Node 8 takes --max-old-space-size in NODE_OPTIONS."""

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
    if any(slow_collections.check(process)):
        return  # GC takes its time for want of CPU or memory, not of heap
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
        confidence=limit_words.trust_limit(process.limit),
        title=f"A steady live set of {limit_words.of_limit(floor.mb, process.limit)} leaves GC {units.percent(gc_share)} of the time",
        observed=f"live set {facts.GROWTH_IN_WORDS[process.growth]} at {limit_words.say_share(floor.mb, process.limit)} of the limit; GC took "
        f"{units.percent(gc_share)} of the worst {units.duration(process.pauses.worst_window_ms)}",
        threshold=f"{units.percent(thresholds.floor_share)} of the limit and {units.percent(thresholds.gc_share)} of the time",
        evidence=facts.pick_lines(floor.lines, process.pauses.worst_window_line, process.limit.line),
        remedy=_remedy(process, floor.mb, wanted),
    )


def _remedy(process: ProcessReport, live_mb: float, wanted_mb: int) -> str:
    """The larger limit, if its container has the memory for it; else what must come first."""
    total_mb = wanted_mb + facts.young_generation_mb(process) + evidence.NODES_OWN_MB
    if not process.main:
        return f"Give the worker resourceLimits.maxOldGenerationSizeMb: {wanted_mb}; its live set then fills {units.percent(live_mb / wanted_mb)} of it."
    where = "allowed in NODE_OPTIONS" if process.node.first_major >= IN_NODE_OPTIONS else "before the script's name"
    flag = f"`node --max-old-space-size={wanted_mb}` (MB, {where})"
    container = process.memory_limit
    if isinstance(container, MemoryLimit) and total_mb > container.mb:
        return (
            f"Give the container {units.mb(total_mb)} first, now {units.mb(container.mb)}, and then start it with {flag}: a limit that the "
            "container cannot hold gets it killed without a message."
        )
    return (
        f"Start it with {flag}: the live set then fills {units.percent(live_mb / wanted_mb)} of the heap. Its container must have "
        f"{units.mb(total_mb)} with the young generation and code, Buffers not counted."
    )
