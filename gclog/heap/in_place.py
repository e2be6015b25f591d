"""Objects that grow in place: the same object (by its id) in every snapshot, retaining more in each.

An array of samples, a Set of ids, a buffer that is replaced by a larger one: no constructor has more objects, or only strings and numbers
have. Whatever dominates such an object grows with it, so what is found is the lowest one: that whose rise is not the rise of a smaller one.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gclog.heap.classes import is_own_kind
from gclog.heap.dominators import Dominators
from gclog.heap.inventory import Inventory, positions_of
from gclog.heap.makers import keeps_ids
from gclog.heap.places import is_context, is_global
from gclog.heap.snapshot import Snapshot
from gclog.heap.spill import blocks, release
from gclog.model.heap import flattens

__all__ = ["Riser", "find_risers", "present_in"]

Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]

REPLACED_SHARE = 0.5
"""A property whose value explains this share of an object's rise is named in its place."""

EDGES_ASKED = 32
"""Upper bound on an object's properties among which the next link of a chain is looked for."""

SHELLS = frozenset({"code", "closure", "object shape"})
"""Nodes of these types take the rise of what V8 compiles and learns from what dominates them, and are not reported themselves."""


@dataclass(frozen=True, slots=True)
class Riser:
    """An object that grows in place.

    node      in the last snapshot
    bytes     what it retains in each
    rise      bytes from the first to the last that no smaller rising object explains
    value     the node of a property or variable that explains most of it, as it is replaced each time; else the object itself
    """

    node: int
    bytes: tuple[int, ...]
    rise: int
    value: int


def present_in(snapshot: Snapshot, inventory: Inventory) -> Flags:
    """The nodes whose id the inventory has."""
    found = np.empty(len(snapshot), np.bool_)
    for at, (ids, sizes) in blocks(snapshot.ids, snapshot.sizes):
        found[at] = (ids % 2 == 1) & (sizes > 0) & (positions_of(ids, inventory.ids) >= 0)
    release(inventory.ids)
    return found


def find_risers(
    snapshot: Snapshot, dominators: Dominators, earlier: list[Inventory], least: float, *, is_even: bool = True
) -> list[Riser]:
    """The objects of the program whose own rise is at least so many bytes, the largest first; if the snapshots are evenly spaced, none that flattens."""
    rising = _rising(snapshot, dominators, earlier, least, is_even)
    if not rising:
        return []
    nodes = sorted(rising, key=lambda node: int(dominators.enter[node]))
    risen = {node: row[-1] - row[0] if len(row) > 1 else row[0] for node, row in rising.items()}
    own = dict(risen)
    open_nodes: list[int] = []
    for node in nodes:
        while open_nodes and dominators.leave[open_nodes[-1]] < dominators.enter[node]:
            open_nodes.pop()
        if open_nodes:
            own[open_nodes[-1]] -= risen[node]
        open_nodes.append(node)
    owners = {
        node: _owner_of_chain(snapshot, dominators, node, rising)
        for node in nodes
        if own[node] >= least and _is_the_programs(snapshot, node)
    }
    risers = [
        Riser(node, rising[node], own[chained], _value(snapshot, dominators, earlier, node, own[chained]))
        for chained, node in owners.items()
    ]
    risers = [riser for riser in risers if riser.value != riser.node or not is_context(_name(snapshot, riser.node))]
    return sorted(risers, key=lambda riser: -riser.rise)


def _owner_of_chain(snapshot: Snapshot, dominators: Dominators, node: int, rising: Container[int]) -> int:
    """What holds the first of a chain of which the node is a link, such as the last old one, to which all new ones are tied."""
    if not _is_link(snapshot, dominators, node):
        return node
    name, above = _name(snapshot, node), int(dominators.immediate[node])
    while above != dominators.immediate[above] and _name(snapshot, above) == name:
        node, above = above, int(dominators.immediate[above])
    is_owner = above in rising and _is_the_programs(snapshot, above) and not is_context(_name(snapshot, above))
    return above if is_owner else node


def _is_link(snapshot: Snapshot, dominators: Dominators, node: int) -> bool:
    """Whether a property of an object is the next one of its constructor, which only it holds."""
    for edge in snapshot.edges_of(node)[:EDGES_ASKED]:
        after = int(snapshot.targets[edge])
        is_next = snapshot.edge_kind(edge) == "property" and dominators.immediate[after] == node
        if is_next and _name(snapshot, after) == _name(snapshot, node):
            return True
    return False


def _rising(
    snapshot: Snapshot, dominators: Dominators, earlier: list[Inventory], least: float, is_even: bool
) -> dict[int, tuple[int, ...]]:
    """What the rising nodes retain in each snapshot. Those of V8's stores of an object's contents are left to the object."""
    wanted = np.isin(np.arange(256), [snapshot.node_type(kind) for kind in (*SHELLS, "object", "native")])
    nodes, sizes = [], []
    for at, (kinds, ids, retained) in blocks(snapshot.types, snapshot.ids, dominators.retained):
        is_kept = (ids % 2 == 1) | (not keeps_ids(snapshot.maker))
        chosen = np.flatnonzero(wanted[kinds] & is_kept & (retained >= least))
        rows = np.empty((len(chosen), len(earlier) + 1), np.int64)
        rows[:, -1] = retained[chosen]
        present = np.ones(len(chosen), np.bool_)
        for number, inventory in enumerate(earlier):
            places = positions_of(ids[chosen], inventory.ids)
            present &= places >= 0
            rows[:, number] = inventory.retained[np.maximum(places, 0)] if len(inventory.retained) else 0
        present &= (np.diff(rows, axis=1) > 0).all(axis=1) & (rows[:, -1] - (rows[:, 0] if earlier else 0) >= least)
        nodes.append(at.start + chosen[present])
        sizes.append(rows[present])
    release(*(column for inventory in earlier for column in (inventory.ids, inventory.retained)))
    return {
        node: tuple(row)
        for node, row in zip(np.concatenate(nodes).tolist(), np.concatenate(sizes).tolist(), strict=True)
        if not _is_store(snapshot, node) and not (is_even and flattens(row))
    }


def _name(snapshot: Snapshot, node: int) -> str:
    return snapshot.strings[int(snapshot.names[node])]


def _is_store(snapshot: Snapshot, node: int) -> bool:
    """Whether a node is V8's or Node's, with contents that are another's."""
    kind, name = snapshot.node_types[int(snapshot.types[node])], _name(snapshot, node)
    return kind not in SHELLS and not is_context(name) and is_own_kind(name)


def _is_the_programs(snapshot: Snapshot, node: int) -> bool:
    """Not a global object: what nobody else dominates is its, and says nothing."""
    name = _name(snapshot, node)
    return snapshot.node_types[int(snapshot.types[node])] not in SHELLS and not is_global(name)


def _value(snapshot: Snapshot, dominators: Dominators, earlier: list[Inventory], node: int, rise: int) -> int:
    """What explains most of an object's rise: the value of one of its properties, if that is a new object each time."""
    edges = [edge for edge in snapshot.edges_of(node) if snapshot.edge_kind(edge) in ("context", "property")]
    if not edges:
        return node
    targets = np.unique(snapshot.targets[np.array(edges)])
    targets = targets[dominators.immediate[targets] == node]
    if not len(targets):
        return node
    heaviest = int(targets[dominators.retained[targets].argmax()])
    is_new = all(int(positions_of(snapshot.ids[[heaviest]], one.ids)[0]) < 0 for one in earlier)
    is_new &= _name(snapshot, heaviest) != _name(snapshot, node)  # the next one of a chain
    return heaviest if is_new and dominators.retained[heaviest] >= REPLACED_SHARE * rise else node
