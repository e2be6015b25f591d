"""Memory outside the JS heap grows while the heap is flat.

What it looks for
    External memory (Buffers, ArrayBuffers, native objects that V8 knows of), or RSS minus the heap in the program's own
    memoryUsage() lines, that climbs to the end of the log while the heap does not.

Why it matters
    V8 never reports it: no heap limit is reached, the container or the kernel kills the process without a message, and heap
    snapshots look small.

Evidence
    The lines with the first and the largest figure, and collections that V8 made because of it.

Known problems
    Of GC logs, only those of --trace-gc-verbose and --trace-gc-nvp show external memory. Memory of native addons that V8
    does not know of, and memory lost to fragmentation in malloc, show only in RSS.

Remedy
    Log process.memoryUsage() (rss, external, arrayBuffers) over time; find what holds Buffers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gclog import units
from gclog.diagnose import facts
from gclog.model.finding import Finding
from gclog.model.not_known import NotKnown
from gclog.model.report import ProcessReport
from gclog.model.witness import MemoryFigures, OutsideSource

__all__ = ["DEFAULTS", "ID", "Thresholds", "check"]

ID = "off-heap-growth"

ARRAY_BUFFERS = 14
"""process.memoryUsage().arrayBuffers is in every Node 14 (it came with 12.17 and 13.9)."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """None: the analysis separates growth outside the heap from growth inside it."""


DEFAULTS = Thresholds()


SOURCES: dict[OutsideSource, str] = {
    "array-buffers": "it is Buffers and ArrayBuffers",
    "external": "it is native objects that V8 knows of (external)",
    "unknown-to-v8": "V8 does not know of it: native addons, threads, or fragmentation in malloc",
    "not-said": "the lines do not say what it is",
}

REMEDIES: dict[OutsideSource, str] = {
    "array-buffers": "Find what keeps Buffers: look for caches, queues and sliced Buffers that hold a whole chunk "
    "(Buffer.from(slice) copies the part)",
    "external": "Find what keeps native objects: contexts, cursors, images, sockets that are never closed",
    "unknown-to-v8": "Look at native addons (heap of malloc: start it with LD_PRELOAD of jemalloc to tell a leak from fragmentation, "
    "or with MALLOC_ARENA_MAX=2)",
    "not-said": "Log all of process.memoryUsage(): external and arrayBuffers separate Buffers from native code",
}


def check(process: ProcessReport, thresholds: Thresholds = DEFAULTS) -> Iterable[Finding]:
    if process.memory is not None and process.memory.growth in ("off-heap", "both"):
        yield _from_figures(process, process.memory)
        return
    if process.growth != "off-heap":
        return
    growth = process.signs.external
    most_mb = growth.to_mb if growth else facts.known(process.heap.external_max_mb)
    moved = f"grew from {units.mb(growth.from_mb)} to {units.mb(growth.to_mb)}" if growth else f"reached {units.mb(most_mb)}"
    live_mb = facts.known(process.heap.live_mb)
    heap = f" while the live set stayed at {units.mb(live_mb)}" if live_mb is not None else " while the heap stayed flat"
    figures = "rss, external and arrayBuffers" if process.node.last_major >= ARRAY_BUFFERS else "rss and external"
    yield Finding(
        id=ID,
        severity="warning",
        confidence="high" if growth else "medium",
        title=f"Memory outside the heap {moved}{heap}",
        observed=f"external memory {moved}, at most {units.mb(most_mb)}",
        threshold="external memory climbs, the live set does not",
        evidence=facts.pick_lines(
            (growth.from_line, growth.to_line) if growth else None,
            facts.spread_lines(process.signs.external_pressure_lines, 3),
            process.span.last_line,
        ),
        remedy=f"Log process.memoryUsage() ({figures}) each minute and find what keeps Buffers, ArrayBuffers or native handles; "
        "--max-old-space-size does not bound this memory, the container's limit does.",
    )


def _from_figures(process: ProcessReport, memory: MemoryFigures) -> Finding:
    """By what the program itself printed."""
    part = memory.parts.get("outside") or memory.parts.get("external") or memory.parts["array_buffers"]
    rss = memory.parts.get("rss", part)
    source = memory.outside_source
    rate = memory.rss_mb_per_h
    speed = "" if isinstance(rate, NotKnown) else f", RSS {units.rates(rate)[0]}"
    both = "Memory grows outside the heap as well as inside" if memory.growth == "both" else "Memory grows outside the heap"
    return Finding(
        id=ID,
        severity="warning",
        confidence="high" if "outside" in memory.parts else "medium",
        title=f"{both}: {memory.because}",
        observed=f"memory outside the heap from {units.mb(part.first_mb)} to {units.mb(part.last_mb)}{speed}; {SOURCES[source]}",
        threshold="RSS climbs to the end of the log by a fifth, or steadily by a twentieth, and at least a third of that is not V8's heap",
        evidence=facts.pick_lines(memory.first_line, rss.most_line, part.most_line, memory.last_line),
        remedy=f"{REMEDIES[source]}. --max-old-space-size does not bound this memory; the container's limit does.",
    )
