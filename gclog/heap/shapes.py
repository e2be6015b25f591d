"""Plain objects told apart by their properties, as DevTools does: `{orderId, customer, lines}` in place of `Object`.

A property whose value is a small integer is not in a snapshot, so what is compared is the set of those that are.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from gclog.heap.graph import sources_of
from gclog.heap.snapshot import Snapshot
from gclog.heap.spill import blocks, release

__all__ = ["MIN_ALIKE", "PLAIN", "find_shapes"]

PLAIN = "Object"

MIN_ALIKE = 10
"""Lower bound on the objects of a shape. Fewer stay `Object`, unless an earlier snapshot had the shape."""

MAX_PROPERTIES = 24
"""Upper bound on the properties of a shape; an object with more is a table of some data."""

NAMES_SHOWN = 6
PART_LENGTH = 40
"""Characters of a property's name."""

Hashes = NDArray[np.uint64]


def find_shapes(snapshot: Snapshot, known: frozenset[int]) -> tuple[NDArray[np.int64], Hashes, dict[int, str]]:
    """The plain objects of a shape, in order; a number for the shape of each, the same in every snapshot; and the shapes' names.

    known   numbers of shapes in earlier snapshots
    """
    nodes = _plain(snapshot)
    if not len(nodes):
        return nodes, np.empty(0, np.uint64), {}
    sums, counts = _sums(snapshot, nodes)
    shapes, first, alike = np.unique(sums, return_index=True, return_counts=True)
    old = np.isin(shapes, np.fromiter(known, np.uint64, len(known)))
    wanted = ((alike >= MIN_ALIKE) | old) & (counts[first] > 0) & (counts[first] <= MAX_PROPERTIES)
    names = {
        number: _name(snapshot, int(nodes[place]))
        for number, place in zip(shapes[wanted].tolist(), first[wanted].tolist(), strict=True)
    }
    chosen = np.isin(sums, shapes[wanted])
    return nodes[chosen], sums[chosen], names


def _plain(snapshot: Snapshot) -> NDArray[np.int64]:
    names = [number for number in snapshot.strings.containing(PLAIN.encode()) if snapshot.strings.raw(number) == PLAIN.encode()]
    kind = snapshot.node_type("object")
    found = [
        at.start + np.flatnonzero((kinds == kind) & np.isin(numbers, names) & (sizes > 0))
        for at, (kinds, numbers, sizes) in blocks(snapshot.types, snapshot.names, snapshot.sizes)
    ]
    return np.concatenate(found)


def _sums(snapshot: Snapshot, nodes: NDArray[np.int64]) -> tuple[Hashes, NDArray[np.int32]]:
    """For each node the sum of its properties' hashes, in any order, and their number."""
    is_plain = np.zeros(len(snapshot), np.bool_)
    is_plain[nodes] = True
    sums, counts = np.zeros(len(nodes), np.uint64), np.zeros(len(nodes), np.int32)
    kind = snapshot.edge_type("property")
    hashes: dict[int, int] = {}
    for at, (kinds, numbers) in blocks(snapshot.edge_types, snapshot.edge_names):
        sources = sources_of(snapshot.first_edge, at)
        chosen = np.flatnonzero((kinds == kind) & is_plain[sources])
        if not len(chosen):
            continue
        used, inverse = np.unique(numbers[chosen], return_inverse=True)
        for number in used.tolist():
            if number not in hashes:
                hashes[number] = _hash(snapshot, number)
        values = np.fromiter((hashes[number] for number in used.tolist()), np.uint64, len(used))[inverse]
        owners = np.searchsorted(nodes, sources[chosen])
        starts = np.flatnonzero(np.concatenate(([True], owners[1:] != owners[:-1])))
        sums[owners[starts]] += np.add.reduceat(values, starts)
        counts[owners[starts]] += np.add.reduceat((values != 0).astype(np.int32), starts)
    release(snapshot.first_edge)
    return sums, counts


def _hash(snapshot: Snapshot, number: int) -> int:
    """A number for a property's name; 0 for the prototype, which is no property of a shape."""
    raw = snapshot.strings.raw(number) if number < len(snapshot.strings) else b""
    return 0 if raw == b"__proto__" else int.from_bytes(hashlib.blake2b(raw, digest_size=8).digest(), "little")


def _name(snapshot: Snapshot, node: int) -> str:
    names = [snapshot.edge_name(edge) for edge in snapshot.edges_of(node) if snapshot.edge_kind(edge) == "property"]
    names = [name[:PART_LENGTH] for name in names if name != "__proto__"]
    return "{" + ", ".join(names[:NAMES_SHOWN]) + (", …}" if len(names) > NAMES_SHOWN else "}")
