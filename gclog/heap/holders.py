"""What holds the objects that pile up: not that of one example, but that of each of them, counted.

From every object the shortest path is climbed to the first object of the program that was there before: from the values of a Map to the
Map, from a listener to the emitter. If each has a holder of its own, such as a closure or an entry, those are climbed from in turn.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gclog.heap.classes import ClassNames, is_own_kind, name_of
from gclog.heap.graph import Graph, Walk, look_up
from gclog.heap.places import CONTEXT, file_above, is_context, is_of_the_program, script_of
from gclog.heap.snapshot import Snapshot
from gclog.heap.spill import blocks, release
from gclog.model.heap import Holder, HolderShare

__all__ = ["NAME_LENGTH", "Held", "Holders", "may_hold"]

Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]

NAME_LENGTH = 200

SINGLE_STEPS = 32
"""Steps that are climbed one by one; who is farther away, as behind the links of a list, is found for all nodes at once by doubling."""

MAX_LEVELS = 6
"""Upper bound on the times that holders are asked who holds them."""

LEAST_SHARE = 0.2
"""The first holder's least share of the objects. Below it each has its own."""

SHARES_SHOWN = 3
OWNERS_SHOWN = 2
LOCALS_WITHIN = 4
"""Steps from a local variable to the suspended function that has it."""

NAMED = ("context", "property")
ORDINARY = frozenset({"exports", "__proto__", "prototype"})
"""Properties that say nothing of who owns an object."""


def may_hold(classes: NDArray[np.int32], names: ClassNames, old: Flags | None, piling: frozenset[str]) -> Flags:
    """The nodes that may be named as holders: objects and functions of the program, and scopes.

    old      those that were there in the first snapshot, if that is known: what came later grew itself
    piling   constructors that pile up themselves, so that an early one holding later ones says nothing
    """
    named = (
        name in ("(closure)", CONTEXT) or not (name.startswith("(") or is_own_kind(name) or name in piling)
        for name in names.names
    )
    kinds = np.fromiter(named, np.bool_, len(names))
    found = np.empty(len(classes), np.bool_)
    for at, (numbers,) in blocks(classes):
        found[at] = kinds[numbers]
    return found if old is None else found & old


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """The holders of some objects, that of the most first, and which of the objects that one holds."""

    shares: tuple[HolderShare, ...]
    members: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Holders:
    """Paths through a snapshot, and which objects may be named as holders.

    may_hold   the program's objects and scopes that did not grow themselves
    """

    snapshot: Snapshot
    graph: Graph
    paths: Walk
    classes: NDArray[np.int32]
    may_hold: Flags

    def find(self, members: Ints, kind: int) -> Held:
        """The holders of objects of a constructor. A link of a list holds the next one, but what holds the list is asked."""
        best: tuple[HolderShare, ...] = ()
        held = members
        nodes, counts, group = members, np.ones(len(members), np.int64), np.arange(len(members))
        for _ in range(MAX_LEVELS):
            below = self._climb(nodes, kind)
            found = np.flatnonzero(below >= 0)
            if not len(found):
                break
            keys, inverse = np.unique(self._keys(below[found]), return_inverse=True)
            sums = np.bincount(inverse, weights=counts[found]).astype(np.int64)
            places = np.full(len(nodes) + 1, -1, np.int64)
            places[found] = inverse
            group = places[group]  # -1 stays -1: the last place is nobody's
            order = np.argsort(-sums, kind="stable")
            enough = sums[order[0]] >= LEAST_SHARE * len(members)
            if enough or not best:
                parts = [
                    (np.unique(below[found][inverse == number]), int(sums[number])) for number in order[:SHARES_SHOWN].tolist()
                ]
                best = tuple(HolderShare(self._name(nodes_below), count) for nodes_below, count in parts)
                held = members[group == order[0]]
            if enough:
                break
            anchors = np.empty(len(keys), np.int64)
            anchors[inverse] = self.paths.parents[below[found]]
            nodes, counts = anchors, sums
        release(self.classes, self.graph.edges, self.snapshot.edge_types)
        return Held(best, held)

    def _climb(self, nodes: Ints, kind: int) -> Ints:
        """For each node the one on its path to which its holder refers; -1 without a holder."""
        below = nodes.copy()
        left = np.arange(len(nodes))
        for _ in range(SINGLE_STEPS):
            above = self.paths.parents[below[left]]
            go_on = (above >= 0) & ~self._holds(np.maximum(above, 0), kind)
            left = left[go_on]
            if not len(left):
                break
            below[left] = above[go_on]
        else:
            below[left] = self._leaps(kind)[below[left]]
        below[self.paths.parents[below] < 0] = -1
        return below

    def _leaps(self, kind: int) -> NDArray[np.int32]:
        """For every node what `_climb` finds, or the root of its path."""
        lands = np.arange(len(self.classes), dtype=np.int32)
        for at, (above,) in blocks(self.paths.parents):
            go_on = (above >= 0) & ~self._holds(np.maximum(above, 0), kind)
            lands[at] = np.where(go_on, above, lands[at])
        while True:
            farther = look_up(lands, lands)
            if (farther == lands).all():
                return lands
            lands = farther

    def _holds(self, nodes: NDArray[Any], kind: int) -> Flags:
        holds: Flags = self.may_hold[nodes] & (self.classes[nodes] != kind)
        return holds

    def _keys(self, below: Ints) -> Ints:
        """One number for each holder: an object, or a variable of a scope."""
        anchors = self.paths.parents[below].astype(np.int64)
        edges = self.graph.edges[self.paths.by[below]]
        is_variable = self.snapshot.edge_types[edges] == self.snapshot.edge_type("context")
        return np.where(is_variable, len(self.classes) + below, anchors)

    def _name(self, below: Ints) -> Holder:
        """The holder of nodes to which it refers. If there is only one, in a field, the field is what is named."""
        node = int(below[0])
        edge = self.edge_to(node)
        if len(below) == 1 and edge is not None and self.snapshot.edge_kind(edge) in NAMED:
            return self.holder(node)
        return self.holder(int(self.paths.parents[node]))

    def holder(self, node: int) -> Holder:
        """An object as a holder: what it is called, of what, and the file."""
        above = list(self.up(node))
        names = list(self._names(above))
        edge = self.edge_to(node)
        has_name = edge is not None and self.snapshot.edge_kind(edge) in NAMED
        name = names.pop(0) if has_name and names else ""
        owners = tuple(names[:OWNERS_SHOWN])
        file = file_above(self.snapshot, above)
        if not names and not has_name and (function := self._suspended(above)) is not None:
            owners, file = (name_of(self.snapshot, function)[:NAME_LENGTH],), script_of(self.snapshot, function)
        return Holder(name, self._constructor(node), file, owners, bool(file) and not is_of_the_program(file))

    def _constructor(self, node: int) -> str:
        """What an object is, without what it says: a string's text is anybody's data."""
        kind = self.snapshot.node_types[int(self.snapshot.types[node])]
        return kind if kind.endswith("string") else name_of(self.snapshot, node)[:NAME_LENGTH]

    def _names(self, above: list[int]) -> Iterator[str]:
        """What the nodes are called, up to a variable, a function or a module."""
        for number, node in enumerate(above):
            if number and self.snapshot.types[node] == self.snapshot.node_type("closure"):
                if name := self.snapshot.strings[int(self.snapshot.names[node])]:
                    yield name[:NAME_LENGTH]
                return
            edge = self.edge_to(node)
            if edge is None or name_of(self.snapshot, node) == "Module":
                return
            kind, name = self.snapshot.edge_kind(edge), self.snapshot.edge_name(edge)
            if kind in NAMED and name not in ORDINARY:
                yield name[:NAME_LENGTH]
            if kind == "context" or is_context(name_of(self.snapshot, node)):
                return

    def _suspended(self, above: list[int]) -> int | None:
        """The function among whose local variables the first node is: an async one or a generator, which waits."""
        for node in above[1:LOCALS_WITHIN]:
            function = self.snapshot.follow(node, "function")
            if function is not None and self.snapshot.types[function] == self.snapshot.node_type("closure"):
                return function
        return None

    def up(self, node: int) -> Iterator[int]:
        """The node, and those on its path up to a root."""
        yield node
        while self.paths.by[node] >= 0:
            node = int(self.paths.parents[node])
            yield node

    def edge_to(self, node: int) -> int | None:
        """The number of the edge by which a node is reached; None if it is a root."""
        by = int(self.paths.by[node])
        return None if by < 0 else int(self.graph.edges[by])
