"""Dominators and retained sizes: what would be freed with an object.

SEMI-NCA (Georgiadis, "Linear-Time Algorithms for Dominators and Related Problems", Princeton 2005, chapter 2; also used by LLVM):
semidominators as in Lengauer and Tarjan, with path compression, then the nearest common ancestor in the tree built so far. All loops are
iterative (a linked list of a million nodes is that deep). All arrays are plain, with 4 bytes per number, and released after use. Peak
memory is some 24 bytes per node and 4 per edge.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from gclog.heap.graph import ROOT, Graph, look_up, sources_of
from gclog.heap.spill import blocks, release, spans, spill

__all__ = ["Dominators", "find_dominators", "topmost"]

Ints = NDArray[np.int64]
Number = TypeVar("Number", np.int32, np.int64)

LOW_HALF = 0xFFFFFFFF


@dataclass(frozen=True, slots=True, eq=False)
class Dominators:
    """The dominator tree.

    immediate      each node's immediate dominator, the last node common to all paths from the root; the root's is itself
    retained       bytes that would be freed with the node: its own and those of all nodes that it dominates
    enter, leave   node n dominates the nodes whose `enter` is in enter[n] .. leave[n], starting with n itself
    unreached      number of nodes that nothing retains; they are attached to the root
    """

    immediate: NDArray[np.int32]
    retained: Ints
    enter: NDArray[np.int32]
    leave: NDArray[np.int32]
    unreached: int


def find_dominators(graph: Graph, sizes: Ints) -> Dominators:
    """The dominator tree and the retained sizes."""
    number, order, parent, unreached = _number_nodes(graph)
    first, preds = _predecessors(graph, number, len(graph) - unreached)
    del number
    semi = _semidominators(first, preds, parent)
    del first, preds
    _find_nearest_common_ancestors(parent, semi)
    del semi
    return _build_tree(parent, order, sizes, unreached)


def _number_nodes(graph: Graph) -> tuple[NDArray[np.int32], array[int], array[int], int]:
    """Depth-first preorder numbers from 1; unreachable nodes follow, from those without predecessors down.

    Returns each node's number; each number's node and its parent's number in the depth-first tree; the count of unreachable nodes.
    """
    size = len(graph)
    number = array("i", [0]) * size
    order, parent = array("i", [-1]), array("i", [0])
    first, targets = _plain(graph.first), _plain(graph.targets)
    place = first[:]

    def descend(node: int, above: int) -> None:
        """Backtracks by `parent`; `place` is the next edge to follow at each node."""
        order.append(node)
        parent.append(above)
        number[node] = mine = top = len(order) - 1
        while True:
            for edge in range(place[node], first[node + 1]):
                child = targets[edge]
                if not number[child]:
                    order.append(child)
                    parent.append(mine)
                    number[child] = below = len(order) - 1
                    if place[child] != first[child + 1]:
                        place[node] = edge + 1
                        node, mine = child, below
                        break
            else:
                if mine == top:
                    return
                mine = parent[mine]
                node = order[mine]

    descend(ROOT, 0)
    reached = len(order) - 1
    if reached < size:
        for node in _tops(graph, number):
            if not number[node]:
                descend(node, 1)
        for node in range(size):
            if not number[node]:
                descend(node, 1)
    return np.frombuffer(number, np.int32), order, parent, size - reached


def _plain(column: NDArray[Any]) -> array[int]:
    """A column as a plain array, over which loops in Python are several times faster."""
    plain = array("i")
    for _, (block,) in blocks(column):
        plain.frombytes(block.astype(np.int32).tobytes())
    return plain


def _tops(graph: Graph, number: array[int]) -> list[int]:
    """The nodes without a number to which no edge leads."""
    has_predecessor = np.zeros(len(graph), np.bool_)
    for _, (targets,) in blocks(graph.targets):
        has_predecessor[targets] = True
    return [int(node) for node in np.flatnonzero((np.frombuffer(number, np.int32) == 0) & ~has_predecessor)]


def _predecessors(graph: Graph, number: NDArray[np.int32], reached: int) -> tuple[array[int], array[int]]:
    """Predecessors by number, in any order: those of n are preds[first[n]] up to preds[first[n + 1]].

    What nothing retains retains nothing: edges from unreachable nodes to reachable ones are omitted.
    """
    first = array("i", [0]) * (len(graph) + 3)
    begins = np.frombuffer(first, np.int32)[1:]  # while filling, begins[n] is where the next predecessor of n goes
    for keys in _edges_by_number(graph, number, reached):
        places, counts = np.unique(keys >> 32, return_counts=True)
        begins[places + 1] += counts.astype(np.int32)
    np.cumsum(begins, out=begins)
    preds = array("i", [0]) * int(begins[-1])
    put = np.frombuffer(preds, np.int32) if preds else np.empty(0, np.int32)
    for keys in _edges_by_number(graph, number, reached):
        keys.sort()
        places, starts, counts = np.unique(keys >> 32, return_index=True, return_counts=True)
        put[np.repeat(begins[places] - starts, counts) + np.arange(len(keys))] = keys & LOW_HALF
        begins[places] += counts.astype(np.int32)
    return first, preds


def _edges_by_number(graph: Graph, number: NDArray[np.int32], reached: int) -> Iterator[Ints]:
    """The relevant edges, a block at a time, as keys: the target's number in the upper half, the source's in the lower."""
    for at, (targets,) in blocks(graph.targets):
        sources, leads_to = number[sources_of(graph.first, at)], number[targets]
        if reached < len(graph):
            counts = (sources <= reached) | (leads_to > reached)
            sources, leads_to = sources[counts], leads_to[counts]
        yield leads_to.astype(np.int64) << 32 | sources
        release(graph.first)


def _semidominators(first: array[int], preds: array[int], parent: array[int]) -> array[int]:
    """Each number's semidominator. Vertices above `vertex` are linked; `best` is the smallest semidominator on the path up."""
    count = len(parent) - 1
    above = array("i", parent)
    semi = array("i", parent)
    best = array("i", range(count + 1))
    for vertex in range(count, 1, -1):
        least = parent[vertex]
        for source in preds[first[vertex] : first[vertex + 1]]:
            if source < vertex:
                if source < least:
                    least = source
                continue
            up = above[source]
            if up > vertex:
                path = [source]
                while above[up] > vertex:
                    path.append(up)
                    up = above[up]
                low, top = best[up], above[up]
                for node in reversed(path):
                    if best[node] > low:
                        best[node] = low
                    else:
                        low = best[node]
                    above[node] = top
            if best[source] < least:
                least = best[source]
        semi[vertex] = best[vertex] = least
    return semi


def _find_nearest_common_ancestors(parent: array[int], semi: array[int]) -> None:
    """Turn each parent in the depth-first tree into the immediate dominator, in place."""
    for vertex in range(2, len(parent)):
        above, limit = parent[vertex], semi[vertex]
        while above > limit:
            above = parent[above]
        parent[vertex] = above


def _build_tree(dominator: array[int], order: array[int], sizes: Ints, unreached: int) -> Dominators:
    """Sizes summed from the leaves up; preorder positions in the dominator tree assigned from the root down."""
    count = len(order) - 1
    nodes = np.frombuffer(order, np.int32)[1:]
    total = array("q", [0]) * (count + 1)
    for at in spans(count):
        np.frombuffer(total, np.int64)[1:][at] = sizes[nodes[at]]
    release(sizes)
    below = array("i", [1]) * (count + 1)
    for vertex in range(count, 1, -1):
        above = dominator[vertex]
        total[above] += total[vertex]
        below[above] += below[vertex]
    retained = _by_node(nodes, np.frombuffer(total, np.int64)[1:])
    del total
    enter = array("i", [0]) * (count + 1)
    free = array("i", [0]) * (count + 1)
    free[1] = 1
    for vertex in range(2, count + 1):
        above = dominator[vertex]
        enter[vertex] = place = free[above]
        free[above] = place + below[vertex]
        free[vertex] = place + 1
    del free
    dominator[1] = 1
    begins = np.frombuffer(enter, np.int32)[1:]
    return Dominators(
        immediate=_by_node(nodes, look_up(np.frombuffer(order, np.int32), np.frombuffer(dominator, np.int32)[1:])),
        retained=retained,
        enter=_by_node(nodes, begins),
        leave=_by_node(nodes, begins + np.frombuffer(below, np.int32)[1:] - np.int32(1)),
        unreached=unreached,
    )


def _by_node(nodes: NDArray[np.int32], values: NDArray[Number]) -> NDArray[Number]:
    column = np.empty_like(values)
    for at in spans(len(nodes)):
        column[nodes[at]] = values[at]
    return spill(column)


def topmost(dominators: Dominators, groups: NDArray[np.int32]) -> NDArray[np.bool_]:
    """The nodes that no other node of their group dominates; group -1 is ignored.

    In preorder, a node is below another of its group exactly if the group's last topmost node has not been left yet.
    """
    node_at = np.empty(len(groups), np.int32)
    for at, (enter,) in blocks(dominators.enter):
        node_at[enter] = np.arange(at.start, at.stop, dtype=np.int32)
    found = np.zeros(len(groups), np.bool_)
    left = [-1] * (int(groups.max()) + 1)
    for at in spans(len(groups)):
        nodes = node_at[at]
        nodes = nodes[groups[nodes] >= 0]
        places, ends = dominators.enter[nodes], dominators.leave[nodes]
        top = []
        for group, place, end in zip(groups[nodes].tolist(), places.tolist(), ends.tolist(), strict=True):
            above = left[group] >= place
            top.append(not above)
            if not above:
                left[group] = end
        found[nodes] = top
    release(dominators.enter, dominators.leave)
    return found
