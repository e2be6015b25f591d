"""What is kept of a snapshot when its graph has been given up: its objects' ids and constructors, and whether it is of the same process.

V8 gives an object its id at the first snapshot that sees it, counting up by two (`HeapObjectsMap` in src/profiler/heap-snapshot-generator.cc): within a
process an id means the same object for good, and what came later has a higher one. Another process counts from the same beginning.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gclog.heap.classes import Tally
from gclog.heap.snapshot import Snapshot
from gclog.heap_results import SnapshotFigures

__all__ = ["Inventory", "are_of_one_process", "describe", "take_inventory"]

SAME_SHARE = 0.95
"""An object keeps its constructor, so of the ids that two snapshots of a process share all mean the same: measured 100 % with Node 12, 16, 20
and 24. Of two processes, at most 81 % did (Node 12 twice, the same program)."""

LEAST_COMMON = 0.2
"""Fewer of the smaller one's ids in common: not the same heap, or a heap that was exchanged nearly whole; then nothing is lost."""


@dataclass(frozen=True, slots=True, eq=False)
class Inventory:
    """The objects on V8's heap, sorted by id, with the numbers of their constructors; and the sums."""

    figures: SnapshotFigures
    tally: Tally
    ids: NDArray[np.int64]
    classes: NDArray[np.int32]

    @property
    def last_id(self) -> int:
        return int(self.ids[-1]) if len(self.ids) else 0


def describe(snapshot: Snapshot) -> SnapshotFigures:
    """The snapshot as a whole."""
    return SnapshotFigures(
        name=snapshot.name,
        nodes=len(snapshot),
        edges=len(snapshot.targets),
        declared_nodes=snapshot.declared_nodes,
        total_bytes=int(snapshot.sizes.sum()),
        missing=snapshot.missing,
        notes=snapshot.notes,
    )


def take_inventory(snapshot: Snapshot, classes: NDArray[np.int32], sums: Tally) -> Inventory:
    """Objects with a size and an odd id: even ones are made up for native objects, from their addresses. No id twice."""
    objects = np.flatnonzero((snapshot.sizes > 0) & (snapshot.ids % 2 == 1))
    ids, places = np.unique(snapshot.ids[objects], return_index=True)
    return Inventory(describe(snapshot), sums, ids, classes[objects[places]])


def are_of_one_process(first: Inventory, second: Inventory) -> bool:
    """Whether the ids of both mean the same objects."""
    _, at_first, at_second = np.intersect1d(first.ids, second.ids, assume_unique=True, return_indices=True)
    smaller = min(len(first.ids), len(second.ids))
    if not smaller or len(at_first) < LEAST_COMMON * smaller:
        return False
    return bool((first.classes[at_first] == second.classes[at_second]).mean() >= SAME_SHARE)
