"""What is kept of a snapshot after its graph is released: object ids and constructors, and whether two are of the same process.

V8 assigns an object's id in the first snapshot that sees it, counting up by two (`HeapObjectsMap` in
src/profiler/heap-snapshot-generator.cc). Within a process an id always denotes the same object, and later objects have higher ids.
Another process counts from the same start.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gclog.heap.classes import ClassNames, Tally
from gclog.heap.makers import keeps_ids
from gclog.heap.snapshot import DETACHED, Snapshot
from gclog.heap.spill import Column, blocks, release, spans
from gclog.model.heap import SnapshotFigures

__all__ = ["Inventory", "are_of_one_process", "describe", "positions_of", "take_inventory"]

Ids = NDArray[np.uint32]
Ints = NDArray[np.int64]

SAME_SHARE = 0.95
"""An object keeps its constructor, so all ids shared by two snapshots of one process have the same constructor: measured 100 % with
Node 12, 16, 20 and 24. With two processes, at most 81 % did (Node 12 twice, the same program)."""

ID_BITS = 32
PLACE_MASK = 2**ID_BITS - 1
"""For packing an id and a node's number into one sortable integer."""

MIN_COMMON = 0.2
"""Lower bound on the smaller one's ids in common: below it, it is another heap, or one replaced almost entirely, in which case nothing is lost."""


@dataclass(frozen=True, slots=True, eq=False)
class Inventory:
    """The objects on V8's heap, sorted by id, with their constructors' numbers and what they retain; and the sums.

    retained   empty if it was not computed
    """

    figures: SnapshotFigures
    tally: Tally
    ids: Ids
    classes: NDArray[np.int32]
    retained: Ints

    @property
    def last_id(self) -> int:
        return int(self.ids[-1]) if len(self.ids) else 0


def describe(snapshot: Snapshot) -> SnapshotFigures:
    """Figures of the snapshot as a whole."""
    detached = detached_bytes = 0
    if snapshot.maker != "Node":  # there the word is of native objects whose JavaScript one is gone
        for _, (states, sizes) in blocks(snapshot.detachedness, snapshot.sizes):
            detached += int((states == DETACHED).sum())
            detached_bytes += int(sizes[states == DETACHED].sum())
    return SnapshotFigures(
        name=snapshot.name,
        nodes=len(snapshot),
        edges=len(snapshot.targets),
        declared_nodes=snapshot.declared_nodes,
        total_bytes=sum(int(sizes.sum()) for _, (sizes,) in blocks(snapshot.sizes)),
        missing=snapshot.missing,
        notes=snapshot.notes,
        extra_native_bytes=snapshot.extra_native_bytes,
        maker=snapshot.maker,
        detached=detached,
        detached_bytes=detached_bytes,
    )


def take_inventory(snapshot: Snapshot, classes: NDArray[np.int32], sums: Tally, retained: Ints | None = None) -> Inventory:
    """Objects with a size and an odd id, without duplicates. Even ids are made up for native objects from their addresses.

    No objects, if the snapshot's maker does not keep ids.
    """
    if not keeps_ids(snapshot.maker):
        return Inventory(describe(snapshot), sums, np.empty(0, np.uint32), np.empty(0, np.int32), np.empty(0, np.int64))
    keys = np.empty(
        sum(int(chosen.sum()) for _, chosen in _objects(snapshot)), np.uint64
    )  # 8 bytes per object, sorted in place
    filled = 0
    for at, chosen in _objects(snapshot):
        places = np.flatnonzero(chosen)
        part = keys[filled : filled + len(places)]
        part[:] = snapshot.ids[at][places]
        part <<= np.uint64(ID_BITS)
        part |= (at.start + places).astype(np.uint64)
        filled += len(places)
    keys.sort()
    ids, numbers, weights = Column(np.uint32), Column(np.int32), Column(np.int64)
    before = -1
    for at in spans(len(keys)):
        found = (keys[at] >> np.uint64(ID_BITS)).astype(np.int64)
        first = found != np.concatenate(([before], found[:-1]))
        ids.append(found[first])
        nodes = (keys[at][first] & np.uint64(PLACE_MASK)).astype(np.int64)
        numbers.append(classes[nodes])
        if retained is not None:
            weights.append(retained[nodes])
        before = int(found[-1])
    release(snapshot.ids, classes)
    if retained is not None:
        release(retained)
    return Inventory(describe(snapshot), sums, ids.finish(), numbers.finish(), weights.finish())


def _objects(snapshot: Snapshot) -> Iterator[tuple[slice, NDArray[np.bool_]]]:
    for at, (sizes, ids) in blocks(snapshot.sizes, snapshot.ids):
        yield at, (sizes > 0) & (ids % 2 == 1)


def are_of_one_process(first: Inventory, second: Inventory, names: ClassNames) -> bool:
    """Whether both use the same ids for the same objects."""
    coarse = np.array(names.coarse, np.int32)
    smaller = min(len(first.ids), len(second.ids))
    common = alike = 0
    for _, (ids, classes) in blocks(first.ids, first.classes):
        places = positions_of(ids, second.ids)
        found = places >= 0
        common += int(found.sum())
        alike += int((coarse[classes[found]] == coarse[second.classes[places[found]]]).sum())
    release(second.ids, second.classes)
    return common > 0 and common >= MIN_COMMON * smaller and alike / common >= SAME_SHARE


def positions_of(ids: Ids | NDArray[np.uint64], among: Ids) -> Ints:
    """Each id's index in `among`, which is sorted; -1 if absent."""
    if not len(among):
        return np.full(len(ids), -1, np.int64)
    places = np.minimum(np.searchsorted(among, ids), len(among) - 1)
    return np.where(among[places] == ids, places, -1)
