"""Nodes of the DOM that are in no document any more, as DevTools finds them.

The embedder says of some nodes whether they are attached; the state of the others is that of what holds them, and who is attached by any
way is attached (`HeapSnapshot.propagateDOMState` in front_end/entrypoints/heap_snapshot_worker/HeapSnapshot.ts). It goes from native node
to native node, never through JavaScript.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from gclog.heap.graph import select, sources_of, walk
from gclog.heap.snapshot import ATTACHED, DETACHED, Snapshot
from gclog.heap.spill import blocks, release, spill

__all__ = ["spread_detachedness"]

NOT_FOLLOWED = ("hidden", "weak")
OWN = b"system / "


def spread_detachedness(snapshot: Snapshot) -> Snapshot:
    """The snapshot with the state of every node of the DOM; as it was, if it has none whose state is known."""
    attached, detached = _in_state(snapshot, ATTACHED), _in_state(snapshot, DETACHED)
    if not len(detached):
        return snapshot
    graph = select(snapshot, _native_edges(snapshot))
    held_by_attached = walk(graph, [attached]).reached
    held_by_detached = walk(graph, [detached[~held_by_attached[detached]]]).reached
    states = np.where(held_by_attached, ATTACHED, np.where(held_by_detached, DETACHED, 0)).astype(np.uint8)
    return dataclasses.replace(snapshot, detachedness=spill(states))


def _in_state(snapshot: Snapshot, state: int) -> NDArray[np.int64]:
    native = snapshot.node_type("native")
    found = [
        at.start + np.flatnonzero((states == state) & (kinds == native))
        for at, (states, kinds) in blocks(snapshot.detachedness, snapshot.types)
    ]
    return np.concatenate(found)


def _native_edges(snapshot: Snapshot) -> NDArray[np.bool_]:
    """The edges from native nodes to native nodes."""
    native, others = _embedders(snapshot), [snapshot.edge_type(kind) for kind in NOT_FOLLOWED]
    chosen = np.empty(len(snapshot.targets), np.bool_)
    for at, (kinds, targets) in blocks(snapshot.edge_types, snapshot.targets):
        chosen[at] = ~np.isin(kinds, others) & native[sources_of(snapshot.first_edge, at)] & native[targets]
    release(snapshot.first_edge)
    return chosen


def _embedders(snapshot: Snapshot) -> NDArray[np.bool_]:
    """The native nodes without V8's own, which are among them since V8 15."""
    own = [number for number in snapshot.strings.containing(OWN) if snapshot.strings.raw(number).startswith(OWN)]
    found = np.empty(len(snapshot), np.bool_)
    for at, (kinds, names) in blocks(snapshot.types, snapshot.names):
        found[at] = (kinds == snapshot.node_type("native")) & ~np.isin(names, own)
    return found
