"""Which evidence of what fills the heap a process can afford: what a heap snapshot costs, and how much memory is left for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gclog import units
from gclog.model.not_known import NotKnown
from gclog.model.process import NodeVersion
from gclog.model.report import ProcessReport
from gclog.model.verdict import Limit
from gclog.model.witness import MemoryLimit

__all__ = ["SNAPSHOT_COSTS", "Room", "SnapshotCost", "fits", "is_alive", "room_of", "say_cost", "snapshot_cost"]

HeapKind = Literal["objects", "strings", "maps", "arrays"]

SNAPSHOT_COSTS: dict[int, dict[HeapKind, float]] = {
    18: {"objects": 8.6, "strings": 6.7, "maps": 4.7, "arrays": 2.8},
    20: {"objects": 8.7, "strings": 6.9, "maps": 5.0, "arrays": 2.9},
    22: {"objects": 7.5, "strings": 6.2, "maps": 4.2, "arrays": 2.5},
    24: {"objects": 7.6, "strings": 4.9, "maps": 3.8, "arrays": 1.8},
    26: {"objects": 7.6, "strings": 5.5, "maps": 4.0, "arrays": 1.9},
}
"""Node's major version -> what the heap consists of -> how many times its size v8.writeHeapSnapshot() adds to RSS at most.

Measured on 2026-12-01 with Node 18.20.8, 20.20.2, 22.23.3, 24.22.3 and 26.12.1, means of heaps of 64, 128 and 256 MB (arrays: 64), by
`samples/programs/measure_snapshots.sh NODES 64 128 256`: RSS before, and VmHWM while it was written. What counts is the number of
objects and of references, not their size: numbers and long strings cost next to nothing (0.1 to 0.3), and an array of a million
references three times as much as the same in slabs of a thousand (22 times the heap, Node 22).
"""

NODES_OWN_MB = 45.0
"""RSS of Node 18 to 26 beside its heap, at the least: code, stacks, libraries."""


@dataclass(frozen=True, slots=True)
class SnapshotCost:
    """What a heap snapshot adds to RSS at most, from a heap of few large objects to one of many small ones."""

    heap_mb: float
    low_mb: float
    high_mb: float


@dataclass(frozen=True, slots=True)
class Room:
    """Memory that the process may still take; `of` what: its container or its machine."""

    mb: float
    of: Literal["container", "machine"]


def snapshot_cost(node: NodeVersion, heap_mb: float) -> SnapshotCost:
    """What a heap snapshot of this heap costs; of a version that was not measured, what the nearest one does."""
    nearest = {min(SNAPSHOT_COSTS, key=lambda known: abs(known - major)) for major in (node.first_major, node.last_major)}
    factors = [factor for major in range(min(nearest), max(nearest) + 1) for factor in SNAPSHOT_COSTS.get(major, {}).values()]
    return SnapshotCost(heap_mb, min(factors) * heap_mb, max(factors) * heap_mb)


def room_of(process: ProcessReport) -> Room | NotKnown:
    """What is left of the container's or the machine's memory; for a process that died, what was left when it did."""
    rss_mb = _rss_mb(process)
    if isinstance(process.memory_limit, MemoryLimit):
        if rss_mb is None:
            return NotKnown("RSS is not known")
        return Room(max(process.memory_limit.mb - rss_mb, 0.0), "container")
    for report in reversed(process.reported):
        if not isinstance(report.constrained_mb, NotKnown) and rss_mb is not None:
            return Room(max(report.constrained_mb - rss_mb, 0.0), "container")
        if not isinstance(report.machine_mb, NotKnown) and rss_mb is not None:
            return Room(max(report.machine_mb - rss_mb, 0.0), "machine")
    return NotKnown("neither the container's limit nor the machine's memory is known")


def fits(process: ProcessReport) -> bool | None:
    """Whether a heap snapshot fits into the room that is left, even if it is of many small objects; None if that is not known."""
    room, heap_mb = room_of(process), _heap_mb(process)
    if isinstance(room, NotKnown) or heap_mb is None:
        return None
    return room.mb >= snapshot_cost(process.node, heap_mb).high_mb


def say_cost(process: ProcessReport) -> str:
    """`needs about 350 to 680 MB more for a heap of 90.0 MB, and the container has 120.0 MB left`, as far as it is known."""
    heap_mb, room = _heap_mb(process), room_of(process)
    if heap_mb is None:
        factors = snapshot_cost(process.node, 1.0)
        said = f"needs {factors.low_mb:.0f} to {factors.high_mb:.0f} times the heap's size more"
    else:
        cost = snapshot_cost(process.node, heap_mb)
        said = f"needs about {units.about_mb(cost.low_mb, cost.high_mb)} more for a heap of {units.mb(heap_mb)}"
    return said if isinstance(room, NotKnown) else f"{said}, and the {room.of} {_had(process)} {units.mb(room.mb)} left"


def _had(process: ProcessReport) -> str:
    return "has" if is_alive(process) else "had"


def is_alive(process: ProcessReport) -> bool:
    """Whether nothing says that the process, or the worker, has ended."""
    return process.crash is None and process.kill is None


def _heap_mb(process: ProcessReport) -> float | None:
    """What a snapshot would have to describe: what is alive; for a heap that was full, all that its limit allows."""
    heap = process.heap
    live_mb = next((mb for mb in (heap.live_mb, heap.used_max_mb) if not isinstance(mb, NotKnown) and mb > 0), None)
    if not is_alive(process) and isinstance(process.limit, Limit):
        return max(live_mb or 0.0, process.limit.mb)
    return live_mb


def _rss_mb(process: ProcessReport) -> float | None:
    """The last RSS that is known; else the least that it can be, by what V8 has committed."""
    if process.memory is not None and "rss" in process.memory.parts:
        return process.memory.parts["rss"].last_mb
    for report in reversed(process.reported):
        if not isinstance(report.rss_mb, NotKnown):
            return report.rss_mb
    committed_mb = process.heap.committed_max_mb
    return None if isinstance(committed_mb, NotKnown) else committed_mb + NODES_OWN_MB
