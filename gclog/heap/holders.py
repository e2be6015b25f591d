"""What holds the objects that pile up: not that of one example, but that of each of them, counted.

From every object the shortest path is climbed to the first object of the program that was there before: from the values of a Map to the
Map, from a listener to the emitter. If each has a holder of its own, such as a closure or an entry, those are climbed from in turn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gclog.heap.classes import ClassNames, is_own_kind, name_of
from gclog.heap.climb import above_of, climb
from gclog.heap.dominators import Dominators
from gclog.heap.graph import Graph, Walk
from gclog.heap.places import CONTEXT, file_above, is_context, is_global, is_of_the_program, script_of
from gclog.heap.snapshot import Snapshot
from gclog.heap.spill import blocks, release
from gclog.model.heap import Holder, HolderShare

__all__ = ["NAME_LENGTH", "Held", "Holders", "is_function", "may_hold"]

Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]

NAME_LENGTH = 200

MAX_LEVELS = 12
"""Upper bound on the times that holders are asked who holds them."""

LEAST_SHARE = 0.2
"""The first holder's least share of the objects. Below it each has its own, and what holds those is asked."""

LEAST_NAMED = 0.05
"""If even the first one has less, there is no holder to speak of."""

MOST_ENDS = 3
"""A list begins and ends at its owner; an object that leads into it at more places is an index of some of its links."""

SHARES_SHOWN = 3
OWNERS_SHOWN = 2
LOCALS_WITHIN = 4
"""Steps from a local variable to the suspended function that has it."""

NAMED = ("context", "property")
ORDINARY = frozenset({"exports", "__proto__", "prototype"})
"""Properties that say nothing of who owns an object."""
INNER_SYMBOL = "<symbol k"
"""How the names of Node's own hidden properties begin."""


def is_function(name: str) -> bool:
    """Whether a constructor's name is that of functions or of scopes."""
    return name in ("(closure)", CONTEXT)


def may_hold(classes: NDArray[np.int32], names: ClassNames, old: Flags | None, piling: frozenset[str]) -> Flags:
    """The nodes that may be named as holders: objects and functions of the program, and scopes.

    old      those that were there in the first snapshot, if that is known: what came later grew itself
    piling   constructors that pile up themselves, so that an early one holding later ones says nothing
    """
    kinds = names.where(lambda name: is_function(name) or not (name.startswith("(") or is_own_kind(name) or name in piling))
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
    kinds      gives the kind of each node, see `find_kinds`
    """

    snapshot: Snapshot
    graph: Graph
    paths: Walk
    classes: NDArray[np.int32]
    may_hold: Flags
    dominators: Dominators | None
    kinds: Callable[[], NDArray[np.int32]]

    def find(self, members: Ints, kind: int) -> Held:
        """The holders of objects of a constructor. A link of a list holds the next one, but what holds the list is asked."""
        best = Held((), members)
        most = LEAST_NAMED * len(members)
        stops = self.may_hold & (self.classes != kind)
        met: set[int] = set()
        nodes, counts, group = members, np.ones(len(members), np.int64), np.arange(len(members))
        for level in range(MAX_LEVELS):
            below = climb(self.paths.parents, nodes, stops)
            anchors = above_of(self.paths.parents, below)
            if not level:
                owners = self._owners_of_lists(members, kind, anchors, stops)
                anchors, below = np.where(owners < 0, anchors, owners), np.where(owners < 0, below, -1)
            found = np.flatnonzero(anchors >= 0)
            if not len(found):
                break
            of_holders = self._keys(anchors[found], below[found])
            _, first, inverse = np.unique(of_holders, return_index=True, return_inverse=True)
            sums = np.bincount(inverse, weights=counts[found]).astype(np.int64)
            places = np.full(len(nodes) + 1, -1, np.int64)
            places[found] = inverse
            group = places[group]  # -1 stays -1: the last place is nobody's
            order = np.argsort(-sums, kind="stable")
            if sums[order[0]] >= most:
                most = int(sums[order[0]]) + 1
                shares = (
                    HolderShare(self._name(anchors[found[inverse == one]], below[found[inverse == one]]), int(sums[one]))
                    for one in order[:SHARES_SHOWN].tolist()
                )
                best = Held(tuple(shares), members[group == order[0]])
            if sums[order[0]] >= LEAST_SHARE * len(members):
                break
            nodes, counts = anchors[found[first]], sums
            stops = self._without_links(nodes, met, stops)
        release(self.classes, self.graph.edges, self.snapshot.edge_types)
        return best

    def _owners_of_lists(self, members: Ints, kind: int, anchors: Ints, stops: Flags) -> Ints:
        """For each member behind another of its constructor, which an index of the list led to, what alone holds the whole list; else -1."""
        owners = np.full(len(members), -1, np.int64)
        if self.dominators is None:
            return owners
        is_link = self.classes == kind
        above = self.paths.parents
        held_at_once = ~is_link[above_of(above, climb(above, members, stops | is_link))]
        links = np.flatnonzero(is_link)
        holding = above_of(above, climb(above, links, stops | is_link))
        entered, entries = np.unique(holding[(holding >= 0) & ~is_link[holding]], return_counts=True)
        indexes = entered[entries > MOST_ENDS]
        behind = np.flatnonzero(~held_at_once & np.isin(anchors, indexes))
        if len(behind):
            immediate = self.dominators.immediate
            found = above_of(immediate, climb(immediate, members[behind], stops))
            owners[behind] = np.where((found >= 0) & self._is_object(found), found, -1)
        return owners

    def _is_object(self, nodes: Ints) -> Flags:
        """Whether nodes are objects, not scopes, functions or the global object, that hold whatever there is."""
        return np.array([not self._is_scope(node) for node in nodes.tolist()], np.bool_)

    def _is_scope(self, node: int) -> bool:
        name = self.snapshot.strings[int(self.snapshot.names[node])]
        return is_context(name) or is_global(name) or bool(self.snapshot.types[node] == self.snapshot.node_type("closure"))

    def _without_links(self, holders: Ints, met: set[int], stops: Flags) -> Flags:
        """What may be named, without objects of a kind that was met before: each holds the next one, and none of them many."""
        kinds = self.kinds()
        now = set(np.unique(kinds[holders]).tolist())
        again = now & met
        met |= now
        return stops & ~np.isin(kinds, list(again)) if again else stops

    def _keys(self, anchors: Ints, below: Ints) -> Ints:
        """One number for each holder: an object, or a variable of a scope."""
        edges = self.graph.edges[self.paths.by[np.maximum(below, 0)]]
        is_variable = (below >= 0) & (self.snapshot.edge_types[edges] == self.snapshot.edge_type("context"))
        return np.where(is_variable, len(self.classes) + below, anchors)

    def _name(self, anchors: Ints, below: Ints) -> Holder:
        """A holder by the nodes to which it refers. If there is only one, in a field, the field is what is named."""
        node = int(below[0])
        edge = self.edge_to(node) if node >= 0 and (below == node).all() else None
        if edge is not None and self.snapshot.edge_kind(edge) in NAMED:
            return self.holder(node)
        return self.holder(int(anchors[0]))

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
        """What the nodes are called, up to a variable, a function or a module. The `next` of many in a row is given once."""
        before = ""
        for number, node in enumerate(above):
            if number and self.snapshot.types[node] == self.snapshot.node_type("closure"):
                if name := self.snapshot.strings[int(self.snapshot.names[node])]:
                    yield name[:NAME_LENGTH]
                return
            edge = self.edge_to(node)
            if edge is None or name_of(self.snapshot, node) == "Module":
                return
            kind, name = self.snapshot.edge_kind(edge), self.snapshot.edge_name(edge)
            is_inner = number > 0 and name.startswith(INNER_SYMBOL)
            if kind in NAMED and name not in ORDINARY and name != before and not is_inner:
                yield name[:NAME_LENGTH]
                before = name
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
