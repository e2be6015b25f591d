"""Retaining edges, and traversals over them. The rules are those of Chrome's DevTools, so that the figures agree.

`HeapSnapshot.isEssentialEdge`, `markPageOwnedNodes` and `isDocumentDOMTreesRoot` in front_end/entrypoints/heap_snapshot_worker/HeapSnapshot.ts: weak edges
retain nothing, nor do shortcuts except the root's; what a global object reaches belongs to the program, and an edge to it from
elsewhere (except the root) does not count; of the two edges to a WeakMap entry's value, the one from the table does not count.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from gclog.heap.snapshot import Snapshot
from gclog.heap.spill import BLOCK_ROWS, Column, blocks, release, spans

__all__ = [
    "ROOT",
    "Graph",
    "Walk",
    "look_up",
    "node_from",
    "not_walked",
    "program_roots",
    "retaining_graph",
    "select",
    "sources_of",
    "strong_graph",
    "walk",
    "walk_from",
    "walk_on",
]

Ints = NDArray[np.int64]
Rows = NDArray[np.int32]
Flags = NDArray[np.bool_]
Value = TypeVar("Value", np.bool_, np.int32)

ROOT = 0

DOCUMENTS = "(Document DOM trees)"

NARROW = 32
"""Smaller frontiers are walked node by node: numpy's calls would cost more than they save, and a linked list has one node per level."""

_EPHEMERON = re.compile(r"part of key \(.*? @\d+\) -> value \(.*? @\d+\) pair in WeakMap \(table @(\d{1,10})\)$")
"""Name of both edges to the value of a WeakMap entry, from its key and from the table (V8 9.1 on, Node 16)."""


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """Retaining edges: those of node n are first[n] up to first[n + 1]; `edges` are their numbers in the snapshot."""

    first: Rows
    targets: Rows
    edges: Rows

    def __len__(self) -> int:
        return len(self.first) - 1


@dataclass(frozen=True, slots=True, eq=False)
class Walk:
    """A breadth-first walk: the edge (index in the graph) by which each node was first reached, -1 for none, and its source."""

    by: Rows
    parents: Rows
    reached: Flags


def retaining_graph(snapshot: Snapshot) -> Graph:
    """The retaining edges by DevTools' rules."""
    weak, shortcut = snapshot.edge_type("weak"), snapshot.edge_type("shortcut")
    strong = np.empty(len(snapshot.targets), np.bool_)
    for at, sources, kinds, targets in _edges(snapshot):
        strong[at] = (kinds != weak) & (sources != targets)
    own = _program_owned(snapshot, strong)
    for at, sources, kinds, targets in _edges(snapshot):
        of_root = sources == ROOT
        strong[at] &= (kinds != shortcut) | of_root
        if own is not None:
            strong[at] &= of_root | own[sources] | ~own[targets]
    for edges in _entries_of_weak_tables(snapshot):
        strong[edges] = False
    return select(snapshot, strong)


def strong_graph(snapshot: Snapshot) -> Graph:
    """All edges except weak ones, for paths to nodes that have none by DevTools' rules."""
    strong = np.empty(len(snapshot.targets), np.bool_)
    for at, (kinds,) in blocks(snapshot.edge_types):
        strong[at] = kinds != snapshot.edge_type("weak")
    return select(snapshot, strong)


def sources_of(first: Rows | Ints, at: slice) -> Rows:
    """The source nodes of a slice of edges, given that those of node n are first[n] up to first[n + 1]."""
    begin = node_from(first, at.start + 1) - 1
    end = node_from(first, at.stop)
    bounds: NDArray[Any] = np.clip(first[begin : end + 1], at.start, at.stop)
    return np.repeat(np.arange(begin, end, dtype=np.int32), bounds[1:] - bounds[:-1])


def node_from(first: Rows | Ints, edge: int) -> int:
    """The first node whose edges start at this one or later. An integer of another width would make numpy copy the whole column."""
    return int(np.searchsorted(first, first.dtype.type(edge)))


def _edges(snapshot: Snapshot) -> Iterator[tuple[slice, Rows, NDArray[np.uint8], Rows]]:
    """All edges, a block at a time: their numbers, sources, types, targets."""
    for at, (kinds, targets) in blocks(snapshot.edge_types, snapshot.targets):
        yield at, sources_of(snapshot.first_edge, at), kinds, targets
        release(snapshot.first_edge)


def select(snapshot: Snapshot, chosen: Flags) -> Graph:
    """The graph of the chosen edges."""
    first, targets, edges = Column(np.int32), Column(np.int32), Column(np.int32)
    node, before = 0, 0
    for at, (flags, leads_to) in blocks(chosen, snapshot.targets):
        end = node_from(snapshot.first_edge, at.stop)
        counted = np.concatenate(([before], before + np.cumsum(flags, dtype=np.int64)))
        for part in spans(end - node):
            begins = snapshot.first_edge[node:end][part]
            first.append(counted[begins - at.start])
        targets.append(leads_to[flags])
        edges.append(np.flatnonzero(flags) + at.start)
        node, before = end, int(counted[-1])
    first.append(np.full(len(snapshot) + 1 - node, before))
    release(snapshot.first_edge)
    return Graph(first.finish(), targets.finish(), edges.finish())


def look_up(values: NDArray[Value], places: Rows) -> NDArray[Value]:
    """`values[places]`, a block at a time: numpy first widens all indices to 64 bits, and there may be tens of millions."""
    found = np.empty(len(places), values.dtype)
    for at in spans(len(places)):
        found[at] = values[places[at]]
    return found


def _program_owned(snapshot: Snapshot, strong: Flags) -> Flags | None:
    """What the global objects reach; None if the snapshot names none."""
    roots = program_roots(snapshot)
    if not len(roots):
        return None
    without_root = strong.copy()
    without_root[snapshot.first_edge[ROOT] : snapshot.first_edge[ROOT + 1]] = False
    graph = select(snapshot, without_root)
    del without_root
    return walk(graph, [roots]).reached


def program_roots(snapshot: Snapshot) -> Ints:
    """The nodes from which the program's objects hang: the global objects and, of Chrome, the trees of its documents; none since V8 15."""
    of_root = np.arange(snapshot.first_edge[ROOT], snapshot.first_edge[ROOT + 1])
    is_root = snapshot.edge_types[of_root] == snapshot.edge_type("shortcut")
    for place, target in enumerate(snapshot.targets[of_root].tolist()):
        is_synthetic = snapshot.types[target] == snapshot.node_type("synthetic")
        is_root[place] |= bool(is_synthetic and snapshot.strings[int(snapshot.names[target])] == DOCUMENTS)
    found: Ints = snapshot.targets[of_root[is_root]].astype(np.int64)
    return found


def _entries_of_weak_tables(snapshot: Snapshot) -> Iterator[Ints]:
    """The numbers of the edges from WeakMap tables to the values of their entries."""
    names, tables = array("q"), array("q")
    for number in snapshot.strings.containing(b"pair in WeakMap (table @"):
        found = _EPHEMERON.search(snapshot.strings[number])
        if found is not None:
            names.append(number)
            tables.append(int(found[1]))
    if not names:
        return
    known, owners = np.array(names, np.int64), np.array(tables, np.int64)
    internal = snapshot.edge_type("internal")
    for at, (kinds, numbers) in blocks(snapshot.edge_types, snapshot.edge_names):
        places = np.minimum(np.searchsorted(known, numbers), len(known) - 1)
        chosen = np.flatnonzero((kinds == internal) & (known[places] == numbers))
        if len(chosen):
            ids = snapshot.ids[sources_of(snapshot.first_edge, at)[chosen]]
            yield at.start + chosen[ids == owners[places[chosen]]]
    release(snapshot.first_edge, snapshot.ids)


def walk(graph: Graph, starts: list[Ints]) -> Walk:
    """Walk exhaustively from the first group of nodes, then from the next; what both reach belongs to the first."""
    found = not_walked(graph)
    for start in starts:
        walk_on(graph, found, start)
    return found


def not_walked(graph: Graph) -> Walk:
    """A walk that has not begun."""
    size = len(graph)
    return Walk(np.full(size, -1, np.int32), np.full(size, -1, np.int32), np.zeros(size, np.bool_))


def walk_on(graph: Graph, found: Walk, start: Ints, shut: Flags | None = None) -> Ints:
    """Continue a walk, in place, from nodes not reached yet. `shut`: nodes that are reached but not left; those met are returned."""
    frontier = np.unique(start[~found.reached[start]])
    found.reached[frontier] = True
    return walk_from(graph, found, frontier, shut)


def walk_from(graph: Graph, found: Walk, frontier: Ints, shut: Flags | None = None) -> Ints:
    """`walk_on` from nodes that are reached and were not left yet."""
    met = [np.empty(0, np.int64)]
    while len(frontier):
        if shut is not None:
            is_shut = shut[frontier]
            met.append(frontier[is_shut])
            frontier = frontier[~is_shut]
        step = _step_by_one if len(frontier) < NARROW else _step_at_once
        frontier = step(graph, frontier, found)
    release(graph.first, graph.targets)
    return np.concatenate(met)


def _step_at_once(graph: Graph, frontier: Ints, found: Walk) -> Ints:
    by, parents, reached = found.by, found.parents, found.reached
    begins = graph.first[frontier]
    before = np.concatenate(([0], np.cumsum(graph.first[frontier + 1] - begins, dtype=np.int64)))
    news = []
    for at in spans(int(before[-1])):
        sources = sources_of(before, at)
        edges = (begins - before[:-1])[sources] + np.arange(at.start, at.stop)
        targets = graph.targets[edges]
        new = np.flatnonzero(~reached[targets])
        nodes, first = np.unique(targets[new], return_index=True)
        reached[nodes] = True
        by[nodes] = edges[new[first]]
        parents[nodes] = frontier[sources[new[first]]]
        news.append(nodes)
        if at.stop - at.start == BLOCK_ROWS:
            release(graph.first, graph.targets)
    return np.sort(np.concatenate(news)).astype(np.int64) if news else np.empty(0, np.int64)


def _step_by_one(graph: Graph, frontier: Ints, found: Walk) -> Ints:
    by, parents, reached = found.by, found.parents, found.reached
    nodes: list[int] = []
    for node in frontier.tolist():
        begin = int(graph.first[node])
        targets = graph.targets[begin : int(graph.first[node + 1])]
        for place in np.flatnonzero(~reached[targets]).tolist():
            target = int(targets[place])
            if not reached[target]:
                reached[target] = True
                by[target], parents[target] = begin + place, node
                nodes.append(target)
    return np.array(nodes, np.int64)
