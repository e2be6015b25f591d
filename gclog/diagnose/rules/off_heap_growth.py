"""Memory outside the JS heap grows while the heap is flat.

What it looks for
    External memory (Buffers, ArrayBuffers, native objects that V8 knows of) that climbs, beside a live set that does not.

Why it matters
    V8 never reports it: no heap limit is reached, the container or the kernel kills the process without a message, and heap
    snapshots look small.

Evidence
    The lines with the first and the largest figure of external memory, and collections that V8 made because of it.

Known problems
    Only --trace-gc-verbose and --trace-gc-nvp logs show external memory. Memory of native addons that V8 is not told of
    shows nowhere in a GC log: only RSS has it.

Remedy
    Log process.memoryUsage() (rss, external, arrayBuffers) over time; look at who holds Buffers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gclog import units
from gclog.diagnose import facts
from gclog.diagnose.finding import Case, Finding

__all__ = ["DEFAULTS", "ID", "Thresholds", "check"]

ID = "off-heap-growth"

ARRAY_BUFFERS = 14
"""process.memoryUsage().arrayBuffers is in every Node 14 (it came with 12.17 and 13.9)."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """None: the analysis tells growth outside the heap from growth inside it."""


DEFAULTS = Thresholds()


def check(case: Case, thresholds: Thresholds = DEFAULTS) -> Iterable[Finding]:
    if case.growth != "off-heap":
        return
    growth = case.external
    most_mb = growth.to_mb if growth else facts.known(case.heap.external_max_mb)
    moved = f"grew from {units.mb(growth.from_mb)} to {units.mb(growth.to_mb)}" if growth else f"reached {units.mb(most_mb)}"
    live_mb = facts.known(case.heap.live_mb)
    heap = f" while the live set stayed at {units.mb(live_mb)}" if live_mb is not None else " while the heap stayed flat"
    figures = "rss, external and arrayBuffers" if case.node.last_major >= ARRAY_BUFFERS else "rss and external"
    yield Finding(
        id=ID,
        severity="warning",
        confidence="high" if growth else "medium",
        title=f"Memory outside the heap {moved}{heap}",
        observed=f"external memory {moved}, at most {units.mb(most_mb)}",
        threshold="external memory climbs, the live set does not",
        evidence=facts.pick_lines(
            (growth.from_line, growth.to_line) if growth else None,
            facts.spread_lines(case.external_pressure_lines, 3),
            case.span.last_line,
        ),
        remedy=f"Log process.memoryUsage() ({figures}) each minute and find who keeps Buffers, ArrayBuffers or native handles; "
        "--max-old-space-size does not bound this memory, the container's limit does.",
    )
