"""Dominators and retained sizes: what would be freed with an object.

SEMI-NCA (Georgiadis, "Linear-Time Algorithms for Dominators and Related Problems", Princeton 2005, chapter 2; LLVM uses it too): semidominators
as Lengauer and Tarjan find them, with path compression, then the nearest common ancestor in the tree made so far. All loops are iterative
(a linked list of a million nodes is as deep), all arrays plain: 4 bytes a number.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from gclog.heap.graph import ROOT, Graph, look_up

__all__ = ["Dominators", "find_dominators", "topmost"]

Ints = NDArray[np.int64]
Number = TypeVar("Number", np.int32, np.int64)

LOW_HALF = 0xFFFFFFFF
AT_ONCE = 1 << 20
"""Keys taken apart at once."""


@dataclass(frozen=True, slots=True, eq=False)
class Dominators:
    """The tree of dominators.

    immediate  of each node the one that all ways from the root to it pass last; the root's own is the root
    retained   bytes that would be freed with the node: its own and those of all nodes that it dominates
    enter, leave   the nodes that node n dominates are those whose `enter` lies in enter[n] .. leave[n], n itself first
    unreached  how many nodes nothing retains: they hang on the root
    """

    immediate: NDArray[np.int32]
    retained: Ints
    enter: NDArray[np.int32]
    leave: NDArray[np.int32]
    unreached: int


def find_dominators(graph: Graph, sizes: Ints) -> Dominators:
    """The tree of dominators, and the retained sizes."""
    number, order, parent, unreached = _number(graph)
    first, preds = _predecessors(graph, number, len(graph) - unreached)
    semi = _semidominators(first, preds, parent)
    dominator = _nearest_common_ancestors(parent, semi)
    return _sum_up(dominator, order, sizes, unreached)


def _number(graph: Graph) -> tuple[NDArray[np.int32], array[int], array[int], int]:
    """Nodes numbered from 1 in the order in which a walk in depth meets them; what it never meets follows, from its tops down.

    Gives the number of each node; of each number its node, and the number of its parent in the tree of the walk.
    """
    size = len(graph)
    number = array("i", bytes(4 * size))
    order, parent = array("i", [-1]), array("i", [0])
    first = array("q", graph.first.tobytes())
    targets = array("i", graph.targets.tobytes())

    def descend(start: int, above: int) -> None:
        order.append(start)
        parent.append(above)
        number[start] = mine = len(order) - 1
        stack = [(iter(targets[first[start] : first[start + 1]]), mine)]
        while stack:
            children, mine = stack[-1]
            for child in children:
                if not number[child]:
                    order.append(child)
                    parent.append(mine)
                    number[child] = below = len(order) - 1
                    begin, end = first[child], first[child + 1]
                    if begin != end:
                        stack.append((iter(targets[begin:end]), below))
                        break
            else:
                stack.pop()

    descend(ROOT, 0)
    reached = len(order) - 1
    if reached < size:
        for node in _tops(graph, number):
            if not number[node]:
                descend(node, 1)
        for node in range(size):
            if not number[node]:
                descend(node, 1)
    return np.array(number, np.int32), order, parent, size - reached


def _tops(graph: Graph, number: array[int]) -> list[int]:
    """Of the nodes without a number those that no edge leads to."""
    led_to = np.zeros(len(graph), np.bool_)
    led_to[graph.targets] = True
    return [int(node) for node in np.flatnonzero((np.array(number, np.int32) == 0) & ~led_to)]


def _predecessors(graph: Graph, number: NDArray[np.int32], reached: int) -> tuple[array[int], array[int]]:
    """Of each number the numbers of those with an edge to it, sorted: those of n are first[n] up to first[n + 1].

    What nothing retains retains nothing: edges from it to what the root reaches are left out.
    """
    sources = np.repeat(number, np.diff(graph.first))
    targets = look_up(number, graph.targets)
    if reached < len(graph):
        counts = (sources <= reached) | (targets > reached)
        sources, targets = sources[counts], targets[counts]
    keys = targets.astype(np.int64)  # in place from here: there may be tens of millions
    keys <<= 32
    keys |= sources
    del sources, targets
    keys.sort()
    first = np.searchsorted(keys, np.arange(len(graph) + 2, dtype=np.int64) << 32)
    preds = array("i")
    for begin in range(0, len(keys), AT_ONCE):
        preds.frombytes((keys[begin : begin + AT_ONCE] & LOW_HALF).astype(np.int32).tobytes())
    return array("q", first.astype(np.int64).tobytes()), preds


def _semidominators(first: array[int], preds: array[int], parent: array[int]) -> array[int]:
    """Of each number its semidominator's. Vertices above `vertex` are linked; `best` is the least semidominator on the way up."""
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


def _nearest_common_ancestors(parent: array[int], semi: array[int]) -> array[int]:
    dominator = array("i", parent)
    for vertex in range(2, len(parent)):
        above, limit = dominator[vertex], semi[vertex]
        while above > limit:
            above = dominator[above]
        dominator[vertex] = above
    return dominator


def _sum_up(dominator: array[int], order: array[int], sizes: Ints, unreached: int) -> Dominators:
    """Sizes from the leaves up; places of a walk in depth over the tree of dominators from the root down."""
    count = len(order) - 1
    nodes = np.array(order, np.int64)[1:]
    total = array("q", np.concatenate(([0], sizes[nodes])).tobytes())
    below = array("i", [1]) * (count + 1)
    for vertex in range(count, 1, -1):
        above = dominator[vertex]
        total[above] += total[vertex]
        below[above] += below[vertex]
    enter = array("i", bytes(4 * (count + 1)))
    free = array("i", bytes(4 * (count + 1)))
    free[1] = 1
    for vertex in range(2, count + 1):
        above = dominator[vertex]
        enter[vertex] = place = free[above]
        free[above] = place + below[vertex]
        free[vertex] = place + 1
    return Dominators(
        immediate=_by_node(nodes, np.array(order, np.int32)[np.maximum(np.array(dominator, np.int32)[1:], 1)]),
        retained=_by_node(nodes, np.array(total, np.int64)[1:]),
        enter=_by_node(nodes, np.array(enter, np.int32)[1:]),
        leave=_by_node(nodes, (np.array(enter, np.int32) + np.array(below, np.int32) - 1)[1:]),
        unreached=unreached,
    )


def _by_node(nodes: Ints, values: NDArray[Number]) -> NDArray[Number]:
    column = np.empty_like(values)
    column[nodes] = values
    return column


def topmost(dominators: Dominators, groups: NDArray[np.int32]) -> NDArray[np.bool_]:
    """The nodes that no other node of their group dominates; group -1 takes no part.

    Sorted by group and place, a node lies below another of its group just where one before it has not been left yet.
    """
    chosen = np.flatnonzero(groups >= 0)
    stride = np.int64(len(groups))
    order = chosen[np.argsort(groups[chosen] * stride + dominators.enter[chosen], kind="stable")]
    base = groups[order] * stride
    left = np.maximum.accumulate(base + dominators.leave[order])
    top = np.ones(len(order), np.bool_)
    top[1:] = left[:-1] < base[1:] + dominators.enter[order][1:]
    found = np.zeros(len(groups), np.bool_)
    found[order[top]] = True
    return found
