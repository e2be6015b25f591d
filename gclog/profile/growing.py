"""The tree of stacks while a log is read: stacks are added in batches, level by level; beyond a bound rare ones are folded.

A folded stack keeps its outermost calls, as far as they are on other stacks too, and its innermost one; what was between them
becomes FOLDED. So the tree stays bounded however many different stacks there are, and each tick stays with the code it was in.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from gclog.profile.stacks import LOW, ROOT, Ints, StackTree, arrange

__all__ = ["DEEPEST", "FOLDED", "MAX_NODES", "GrowingTree", "fold"]

MAX_NODES = 3_000_000
"""Upper bound on the nodes kept: at 10 bytes each, up to 24 in the table of children, and as many while they are folded: 200 MB."""

KEPT_SHARE, LEFT_SHARE = 0.25, 0.5
"""Shares of the bound: the most frequent nodes that folding keeps, and what it may leave of all. More room between two foldings."""

FOLDED = (1 << 31) - 1
"""The label in place of the calls between the outermost and the innermost ones of a folded stack."""

DEEPEST = 1000
"""Upper bound on the calls of a stack, the innermost ones; V8 takes 64 to 255 (kMaxFramesCount)."""

BATCH = 1 << 19
"""Labels that wait before their stacks are added: each level of a batch costs some array operations, however few they are."""

EMPTY = -1
_MIXER = np.uint64(0x9E3779B97F4A7C15)
"""2 to the 64 by the golden ratio (Knuth's multiplicative hashing)."""


class _Children:
    """Which child of a node has a label: a hash table in arrays, with linear probing."""

    __slots__ = ("_keys", "_nodes")

    def __init__(self, room: int) -> None:
        size = 1 << max(10, (room * 3 // 2).bit_length())
        self._keys = np.full(size, EMPTY, dtype=np.int64)
        self._nodes = np.full(size, EMPTY, dtype=np.int32)

    def has_room(self, count: int) -> bool:
        return count * 3 <= len(self._keys) * 2

    def slots_of(self, keys: Ints) -> Ints:
        """The slot of each key, which is taken for it if it is new."""
        mask, shift = len(self._keys) - 1, np.uint64(65 - len(self._keys).bit_length())
        slots = ((keys.astype(np.uint64) * _MIXER) >> shift).astype(np.int64)
        waiting = np.arange(len(keys))
        while len(waiting):
            at, wanted = slots[waiting], keys[waiting]
            free = self._keys[at] == EMPTY
            self._keys[at[free]] = wanted[free]
            waiting = waiting[self._keys[at] != wanted]
            slots[waiting] = (slots[waiting] + 1) & mask
        return slots

    def put(self, keys: Ints, nodes: Ints) -> None:
        self._nodes[self.slots_of(keys)] = nodes

    def find(self, keys: Ints, next_node: int) -> tuple[npt.NDArray[np.int32], Ints]:
        """The node of each key, and the keys that are new; they are numbered from `next_node` on."""
        slots = self.slots_of(keys)
        new = np.unique(slots[self._nodes[slots] == EMPTY])
        self._nodes[new] = np.arange(next_node, next_node + len(new))
        return self._nodes[slots], self._keys[new]


class GrowingTree:
    """Stacks of labels, each of which gets a number; `nodes()` says where the stack of a number ends."""

    def __init__(self, max_nodes: int = MAX_NODES) -> None:
        self.max_nodes = max_nodes
        self.cut = 0
        self._waiting, self._lengths = array("i"), array("i")
        self._nodes = array("i")
        self._numbers = 0
        self._parent, self._label = np.zeros(1, dtype=np.int32), np.full(1, ROOT, dtype=np.int32)
        self._depth = np.zeros(1, dtype=np.uint16)
        self._parts: list[tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.uint16]]] = []
        self._count = 1
        self._children = _Children(0)

    def add(self, labels: Sequence[int]) -> int:
        """The number of a stack, innermost label first."""
        if len(labels) > DEEPEST:
            labels = labels[:DEEPEST]
            self.cut += 1
        self._waiting.extend(labels)
        self._lengths.append(len(labels))
        self._numbers += 1
        if len(self._waiting) >= BATCH:
            self._insert()
        return self._numbers - 1

    def is_full(self) -> bool:
        """Whether there are more nodes than `max_nodes`."""
        if self._count + len(self._waiting) > self.max_nodes:
            self._insert()
        return self._count > self.max_nodes

    def nodes(self) -> npt.NDArray[np.int32]:
        """The node in which the stack of each number ends."""
        self._insert()
        return np.array(self._nodes, dtype=np.int32)

    def columns(self) -> tuple[Ints, Ints, Ints]:
        """Parent, label and depth of each node."""
        self._insert()
        if self._parts:
            joined = [
                np.concatenate(column) for column in zip((self._parent, self._label, self._depth), *self._parts, strict=True)
            ]
            self._parent, self._label, self._depth = joined
            self._parts = []
        return self._parent, self._label, self._depth

    def forget_children(self) -> None:
        """Release what only adding needs."""
        self._insert()
        self._children = _Children(0)

    def restart(self, tree: StackTree, place: Ints) -> None:
        """Go on with another tree, given where each node went."""
        self._nodes = array("i", place.astype(np.int32)[self.nodes()].tobytes())
        self._parts = []
        self._parent, self._label = tree.parent, tree.key
        self._depth = tree.depth()
        self._count = len(tree)
        self._children = _Children(self._count)
        self._children.put(_keys(tree.parent[1:], tree.key[1:]), np.arange(1, self._count))

    # ------------------------------------------------------------ a batch

    def _insert(self) -> None:
        """Add the stacks that wait."""
        if not self._lengths:
            return
        labels, lengths = np.array(self._waiting, dtype=np.int64), np.array(self._lengths, dtype=np.int64)
        self._waiting, self._lengths = array("i"), array("i")
        order = np.argsort(-lengths, kind="stable")
        outermost = np.cumsum(lengths)[order] - 1
        deep_enough = np.searchsorted(-lengths[order], -np.arange(lengths.max(initial=0)), side="left")
        node = np.zeros(len(lengths), dtype=np.int32)
        for depth, active in enumerate(deep_enough.tolist()):
            node[:active] = self._below(node[:active], labels[outermost[:active] - depth], depth + 1)
        placed = np.empty(len(node), dtype=np.int32)
        placed[order] = node
        self._nodes.frombytes(placed.tobytes())

    def _below(self, parents: npt.NDArray[np.int32], labels: Ints, depth: int) -> npt.NDArray[np.int32]:
        if not self._children.has_room(self._count + len(parents)):
            parent, label, _ = self.columns()
            self._children = _Children(2 * self._count + len(parents))
            self._children.put(_keys(parent[1:], label[1:]), np.arange(1, self._count))
        found, new = self._children.find(_keys(parents, labels), self._count)
        if len(new):
            self._parts.append(
                ((new >> 32).astype(np.int32), (new & LOW).astype(np.int32), np.full(len(new), depth, np.uint16))
            )
            self._count += len(new)
        return found


def _keys(parents: npt.NDArray[np.integer], labels: npt.NDArray[np.integer]) -> Ints:
    return parents.astype(np.int64) << 32 | labels


def fold(tree: StackTree, own: Ints, max_nodes: int) -> tuple[StackTree, Ints]:
    """A smaller tree of the same ticks, and where each node went in which a stack ends. `own`: the ticks that end at each node."""
    total = tree.sum_up(own)
    keep = int(max_nodes * KEPT_SHARE)
    rare = int(np.partition(total, len(total) - keep - 1)[len(total) - keep - 1]) if keep < len(total) else 0
    while True:
        folded, place = _fold(tree, own, total > rare)
        if len(folded) <= max_nodes * LEFT_SHARE or rare >= total[0]:
            return folded, place
        rare *= 2


def _fold(tree: StackTree, own: Ints, kept: npt.NDArray[np.bool_]) -> tuple[StackTree, Ints]:
    """Fold the stacks that end in nodes that are not kept below the innermost node of theirs that is."""
    kept[0] = True
    above = np.arange(len(tree), dtype=np.int32)
    for begin, end in pairwise(tree.levels[1:]):
        above[begin:end] = np.where(kept[begin:end], above[begin:end], above[tree.parent[begin:end]])
    depth = tree.depth().astype(np.int64)
    whole = kept | ((own > 0) & kept[tree.parent])
    stays, rare = np.flatnonzero(whole), np.flatnonzero((own > 0) & ~whole)
    number = np.full(len(tree), -1, dtype=np.int64)
    number[stays] = np.arange(len(stays))
    between = len(stays) + np.arange(len(rare))
    number[rare] = between + len(rare)
    parent = np.concatenate((number[tree.parent[stays]], number[above[rare]], between))
    parent[0] = 0
    key = np.concatenate((tree.key[stays], np.full(len(rare), FOLDED), tree.key[rare]))
    depths = np.concatenate((depth[stays], depth[above[rare]] + 1, depth[above[rare]] + 2))
    folded, place = arrange(parent, key, depths)
    went = np.where(number >= 0, place[number], 0)
    return folded, went
