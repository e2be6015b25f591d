"""Which edges retain, and the walks over them. The rules are those of Chrome's DevTools, so that its figures come out.

`HeapSnapshot.isEssentialEdge` and `markPageOwnedNodes` in front_end/entrypoints/heap_snapshot_worker/HeapSnapshot.ts:
weak edges retain nothing, nor do shortcuts but those of the root; what a global object reaches is the program's own, and an edge from
elsewhere (but the root) to it does not count; of the pair of edges that a WeakMap's entry has, the one from the table does not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from gclog.heap.snapshot import Snapshot

__all__ = ["ROOT", "Graph", "Walk", "look_up", "retaining_graph", "strong_graph", "walk"]

Ints = NDArray[np.int64]
Rows = NDArray[np.int32]
Flags = NDArray[np.bool_]
Value = TypeVar("Value", np.bool_, np.int32)

ROOT = 0

AT_ONCE = 1 << 20
"""Edges that are looked up in one step."""

NARROW = 32
"""A frontier of fewer nodes is walked one by one: numpy's calls cost more than they save, and a linked list has one node a level."""

_EPHEMERON = re.compile(r"part of key \(.*? @\d+\) -> value \(.*? @\d+\) pair in WeakMap \(table @(\d+)\)$")
"""The name of both edges to the value of a WeakMap's entry, from its key and from the table (V8 from 9.1, Node 16)."""


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """Edges that retain: those of node n are first[n] up to first[n + 1]; `edges` are their numbers in the snapshot."""

    first: Ints
    targets: Rows
    edges: Rows

    def __len__(self) -> int:
        return len(self.first) - 1


@dataclass(frozen=True, slots=True, eq=False)
class Walk:
    """A walk in breadth: the edge (a place in the graph) by which each node was first reached, -1 for none; and from where."""

    by: Rows
    parents: Rows
    reached: Flags


def retaining_graph(snapshot: Snapshot) -> Graph:
    """The edges that retain."""
    sources = np.repeat(np.arange(len(snapshot), dtype=np.int32), np.diff(snapshot.first_edge))
    kinds = snapshot.edge_types
    strong = kinds != snapshot.edge_type("weak")
    strong &= sources != snapshot.targets
    own = _program_owned(snapshot, strong, sources)
    strong &= (kinds != snapshot.edge_type("shortcut")) | (sources == ROOT)
    if own is not None:
        strong &= (sources == ROOT) | np.repeat(own, np.diff(snapshot.first_edge)) | ~look_up(own, snapshot.targets)
    for edge in _entries_of_weak_tables(snapshot, sources):
        strong[edge] = False
    del sources
    return _select(snapshot, strong)


def strong_graph(snapshot: Snapshot) -> Graph:
    """All edges but the weak ones: for ways to what the rules of DevTools leave without any."""
    return _select(snapshot, snapshot.edge_types != snapshot.edge_type("weak"))


def _select(snapshot: Snapshot, chosen: Flags) -> Graph:
    before = np.zeros(len(chosen) + 1, np.int32)
    np.cumsum(chosen, out=before[1:])
    first = before[snapshot.first_edge].astype(np.int64)
    del before
    return Graph(first, snapshot.targets[chosen], np.arange(len(chosen), dtype=np.int32)[chosen])


def look_up(values: NDArray[Value], places: Rows) -> NDArray[Value]:
    """`values[places]`, a block at a time: numpy makes all places 64 bits wide first, and there may be tens of millions."""
    found = np.empty(len(places), values.dtype)
    for begin in range(0, len(places), AT_ONCE):
        found[begin : begin + AT_ONCE] = values[places[begin : begin + AT_ONCE]]
    return found


def _program_owned(snapshot: Snapshot, strong: Flags, sources: Rows) -> Flags | None:
    """What the global objects reach; None where the snapshot names none."""
    of_root = np.arange(snapshot.first_edge[ROOT], snapshot.first_edge[ROOT + 1])
    shortcuts = of_root[snapshot.edge_types[of_root] == snapshot.edge_type("shortcut")]
    if not len(shortcuts):
        return None
    graph = _select(snapshot, strong & (sources != ROOT))
    return walk(graph, [snapshot.targets[shortcuts].astype(np.int64)]).reached


def _entries_of_weak_tables(snapshot: Snapshot, sources: Rows) -> list[int]:
    tables: dict[int, int] = {}
    for number in snapshot.strings.holding(b"pair in WeakMap (table @"):
        found = _EPHEMERON.search(snapshot.strings[number])
        if found is not None:
            tables[number] = int(found[1])
    if not tables:
        return []
    internal = snapshot.edge_types == snapshot.edge_type("internal")
    edges = np.flatnonzero(internal & np.isin(snapshot.edge_names, np.fromiter(tables, np.int32)))
    return [edge for edge in edges.tolist() if snapshot.ids[sources[edge]] == tables[int(snapshot.edge_names[edge])]]


def walk(graph: Graph, starts: list[Ints]) -> Walk:
    """From the first nodes as far as it goes, then on from the next ones: what both reach belongs to the first."""
    size = len(graph)
    by = np.full(size, -1, np.int32)
    parents = np.full(size, -1, np.int32)
    reached = np.zeros(size, np.bool_)
    for start in starts:
        frontier = np.unique(start[~reached[start]])
        reached[frontier] = True
        while len(frontier):
            step = _step_by_one if len(frontier) < NARROW else _step_at_once
            frontier = step(graph, frontier, by, parents, reached)
    return Walk(by, parents, reached)


def _step_at_once(graph: Graph, frontier: Ints, by: Rows, parents: Rows, reached: Flags) -> Ints:
    counts = graph.first[frontier + 1] - graph.first[frontier]
    before = np.cumsum(counts) - counts
    edges = np.repeat(graph.first[frontier] - before, counts) + np.arange(counts.sum())
    targets = graph.targets[edges]
    new = ~reached[targets]
    found, at = np.unique(targets[new], return_index=True)
    reached[found] = True
    by[found] = edges[new][at]
    parents[found] = np.repeat(frontier, counts)[new][at]
    return found.astype(np.int64)


def _step_by_one(graph: Graph, frontier: Ints, by: Rows, parents: Rows, reached: Flags) -> Ints:
    found: list[int] = []
    for node in frontier.tolist():
        begin = int(graph.first[node])
        targets = graph.targets[begin : int(graph.first[node + 1])]
        for place in np.flatnonzero(~reached[targets]).tolist():
            target = int(targets[place])
            if not reached[target]:
                reached[target] = True
                by[target], parents[target] = begin + place, node
                found.append(target)
    return np.array(found, np.int64)
