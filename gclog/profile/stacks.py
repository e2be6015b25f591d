"""Stacks as paths of one tree, held in arrays.

The tree of stacks that are all different has nearly as many nodes as the log has addresses: an object for each would take half a
kilobyte, a row of the arrays takes a few bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from gclog.model.profile import StackPath

__all__ = ["LOW", "ROOT", "Ints", "StackPaths", "StackTree", "arrange"]

ROOT = -1

LOW = 0xFFFFFFFF
"""The lower half of two numbers of 32 bits that are sorted as one."""

AT_ONCE = 4096
"""Stacks whose frames are looked up together."""

Ints = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class StackTree:
    """A tree in arrays, level by level from the root, which is node 0; siblings are neighbours in the order of their keys.

    parent, key    of each node: its key is a frame or a label; the root's is -1
    levels         the first node of each level, and the number of nodes
    first_child    the children of node n are first_child[n] to first_child[n + 1]
    """

    parent: npt.NDArray[np.int32]
    key: npt.NDArray[np.int32]
    levels: tuple[int, ...]
    first_child: npt.NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.parent)

    def depth(self) -> npt.NDArray[np.uint16]:
        """The level of each node."""
        return np.repeat(np.arange(len(self.levels) - 1, dtype=np.uint16), np.diff(self.levels))

    def sum_up(self, own: Ints) -> Ints:
        """For each node its own figure plus those of all nodes below it."""
        total = own.astype(np.int64)
        for level in range(len(self.levels) - 2, 0, -1):
            above, begin, end = self.levels[level - 1 : level + 2]
            passed = np.concatenate(([0], np.cumsum(total[begin:end])))
            at = self.first_child[above : begin + 1] - begin
            total[above:begin] += passed[at[1:]] - passed[at[:-1]]
        return total

    def preorder(self) -> tuple[Ints, Ints]:
        """The place of each node if each is followed by its children, in the order of keys; and the size of its subtree."""
        size = self.sum_up(np.ones(len(self), dtype=np.int32)).astype(np.int32)
        place = np.zeros(len(self), dtype=np.int32)
        for begin, end in pairwise(self.levels[1:]):
            parent = self.parent[begin:end]
            before = np.cumsum(size[begin:end]) - size[begin:end]
            place[begin:end] = place[parent] + 1 + before - before[self.first_child[parent] - begin]
        return place, size

    def totals_by(self, group: Ints, own: Ints, groups: int) -> Ints:
        """For each group of nodes the figures on the paths through it, each path counted once however often it recurs."""
        chosen = self.outermost(group)
        return np.bincount(group[chosen], weights=self.sum_up(own)[chosen], minlength=groups).astype(np.int64)

    def outermost(self, group: Ints) -> Ints:
        """The nodes above which no node is of their group."""
        place, size = self.preorder()
        in_order = np.sort(group[1:].astype(np.int64) << 32 | place[1:])
        node_at = np.empty(len(self), dtype=np.int32)
        node_at[place] = np.arange(len(self), dtype=np.int32)
        nodes = node_at[in_order & LOW]
        end_of_last = in_order + size[nodes]
        np.maximum.accumulate(end_of_last, out=end_of_last)
        outermost = np.ones(len(nodes), dtype=np.bool_)
        outermost[1:] = end_of_last[:-1] <= in_order[1:]
        chosen: Ints = nodes[outermost]
        return chosen


def arrange(parent: Ints, key: Ints, depth: Ints) -> tuple[StackTree, npt.NDArray[np.int32]]:
    """A tree from nodes in any order, of which the first is the root; siblings of one key become one. And where each node went."""
    order = np.argsort(depth, kind="stable")
    begins = np.concatenate(([0], np.cumsum(np.bincount(depth)))).tolist()
    place = np.zeros(len(parent), dtype=np.int32)
    parents, keys, levels = [np.zeros(1, dtype=np.int32)], [np.full(1, ROOT, dtype=np.int32)], [0, 1]
    for begin, end in pairwise(begins[1:]):
        nodes = order[begin:end]
        found, numbers = np.unique(place[parent[nodes]].astype(np.int64) << 32 | key[nodes], return_inverse=True)
        place[nodes] = levels[-1] + numbers
        parents.append((found >> 32).astype(np.int32))
        keys.append((found & LOW).astype(np.int32))
        levels.append(levels[-1] + len(found))
    above = np.concatenate(parents)
    children = np.bincount(above[1:], minlength=len(above))
    first_child = np.concatenate(([0], np.cumsum(children))) + 1
    return StackTree(above, np.concatenate(keys), tuple(levels), first_child.astype(np.int32)), place


class StackPaths(Sequence[StackPath]):
    """The stacks of a profile, the most frequent first, as a sequence of StackPath; each is made as it is asked for."""

    __slots__ = ("before", "ends", "gc", "own", "tree")

    def __init__(self, tree: StackTree, own: Ints, gc: Ints, before: Ints | None = None) -> None:
        """The ticks of the stacks that end at each node: all; those in VM state GC; of two profiles compared, those of the one before."""
        self.tree, self.own, self.gc, self.before = tree, own, gc, before
        ends = np.flatnonzero(own)
        self.ends = ends[np.lexsort((tree.preorder()[0][ends], -own[ends]))]

    @staticmethod
    def of(paths: Iterable[StackPath]) -> StackPaths:
        """Stacks from any source."""
        if isinstance(paths, StackPaths):
            return paths
        parent, key, depth, ends, counts = [0], [ROOT], [0], [], []
        for path in paths:
            for level, frame in enumerate(path.frames):
                parent.append(len(parent) - 1 if level else 0)
                key.append(frame)
                depth.append(level + 1)
            ends.append(len(parent) - 1)
            counts.append((path.ticks, path.gc_ticks))
        tree, place = arrange(np.array(parent), np.array(key), np.array(depth))
        own, gc = np.zeros(len(tree), dtype=np.int64), np.zeros(len(tree), dtype=np.int64)
        for end, (ticks, gc_ticks) in zip(place[np.array(ends, dtype=np.int64)], counts, strict=True):
            own[end] += ticks
            gc[end] += gc_ticks
        return StackPaths(tree, own, gc)

    def __len__(self) -> int:
        return len(self.ends)

    @overload
    def __getitem__(self, index: int) -> StackPath: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[StackPath, ...]: ...
    def __getitem__(self, index: int | slice) -> StackPath | tuple[StackPath, ...]:
        if isinstance(index, slice):
            return tuple(self._paths(self.ends[index]))
        return next(self._paths(self.ends[index : index + 1] if index != -1 else self.ends[-1:]), None) or _out_of_range()

    def __iter__(self) -> Iterator[StackPath]:
        for begin in range(0, len(self.ends), AT_ONCE):
            yield from self._paths(self.ends[begin : begin + AT_ONCE])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True))

    def __hash__(self) -> int:
        return hash((len(self), int(self.own.sum())))

    def _paths(self, ends: Ints) -> Iterator[StackPath]:
        rows: list[list[int]] = []
        node = ends
        while node.any():
            rows.append(self.tree.key[node].tolist())
            node = self.tree.parent[node]
        columns = zip(*rows, strict=True) if rows else iter(())
        for frames, ticks, gc_ticks in zip(columns, self.own[ends].tolist(), self.gc[ends].tolist(), strict=True):
            yield StackPath(tuple(frame for frame in reversed(frames) if frame != ROOT), ticks, gc_ticks)

    def tops(self) -> Ints:
        """The innermost frame of each stack."""
        return self.tree.key[self.ends].astype(np.int64)

    def total_ticks(self, ticks: Ints) -> dict[int, int]:
        """Given a number of ticks for each stack: for each frame the ticks of the stacks that it is on."""
        own = np.zeros(len(self.tree), dtype=np.int64)
        own[self.ends] = ticks
        key = self.tree.key.astype(np.int64)
        totals = self.tree.totals_by(key, own, int(key.max(initial=0)) + 1)
        return {frame: total for frame, total in enumerate(totals.tolist()) if total}


def _out_of_range() -> StackPath:
    raise IndexError("no such stack")
