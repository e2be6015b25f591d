"""Call trees from stacks: top-down (callees below callers) and bottom-up (callers below callees).

A view shows a few thousand nodes of millions, so a node's children are made when they are first read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import repeat
from typing import Protocol, overload

import numpy as np

from gclog.model.profile import CallNode, FlatRow, StackPath
from gclog.profile.stacks import ROOT, Ints, StackPaths

__all__ = ["bottom_up", "count_nodes", "flat", "flat_rows", "top_down"]


class _Level(Protocol):
    """Where the children of a node are from."""

    def nodes(self) -> Iterable[CallNode]:
        """The children, in any order."""
        ...

    def count(self) -> int:
        """The number of all nodes below; asked of the root."""
        ...


class _Children(Sequence[CallNode]):
    """The children of a node, made when first read."""

    __slots__ = ("_made", "level")

    def __init__(self, level: _Level) -> None:
        self.level = level
        self._made: tuple[CallNode, ...] | None = None

    @property
    def _nodes(self) -> tuple[CallNode, ...]:
        if self._made is None:
            self._made = tuple(sorted(self.level.nodes(), key=lambda node: (-node.total_ticks, node.frame)))
        return self._made

    def __len__(self) -> int:
        return len(self._nodes)

    @overload
    def __getitem__(self, index: int) -> CallNode: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[CallNode, ...]: ...
    def __getitem__(self, index: int | slice) -> CallNode | tuple[CallNode, ...]:
        return self._nodes[index]

    def __iter__(self) -> Iterator[CallNode]:
        return iter(self._nodes)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._nodes == tuple(other)

    def __hash__(self) -> int:
        return hash(self._nodes)


class _Totals:
    """The ticks of each node of the tree of stacks, with all below it."""

    __slots__ = ("before", "gc", "paths", "ticks")

    def __init__(self, paths: StackPaths) -> None:
        self.paths = paths
        self.ticks, self.gc = paths.tree.sum_up(paths.own), paths.tree.sum_up(paths.gc)
        self.before = None if paths.before is None else paths.tree.sum_up(paths.before)


class _Callees:
    """The children of a node of the tree of stacks."""

    __slots__ = ("_node", "_totals")

    def __init__(self, totals: _Totals, node: int) -> None:
        self._totals, self._node = totals, node

    def nodes(self) -> Iterable[CallNode]:
        totals, paths = self._totals, self._totals.paths
        begin, end = paths.tree.first_child[self._node : self._node + 2].tolist()
        rows = (paths.tree.key, paths.own, totals.ticks, totals.gc)
        before = repeat(None) if totals.before is None else totals.before[begin:end].tolist()
        columns = zip(range(begin, end), *(row[begin:end].tolist() for row in rows), strict=True)
        for (node, frame, own, total, gc), old in zip(columns, before, strict=False):
            if total:
                yield CallNode(frame, own, total, _Children(_Callees(totals, node)), gc, _sides(total, old))

    def count(self) -> int:
        return int(np.count_nonzero(self._totals.ticks[1:]))


class _Callers:
    """The callers of the stacks that are the same up to here: `at` is how far each was followed, to the root at most."""

    __slots__ = ("_at", "_ends", "_paths")

    def __init__(self, paths: StackPaths, ends: Ints, at: Ints) -> None:
        self._paths = paths
        self._ends, self._at = ends[at != 0], at[at != 0]

    def nodes(self) -> Iterable[CallNode]:
        paths, tree = self._paths, self._paths.tree
        if not len(self._at):
            return
        frames = tree.key[self._at]
        order = np.argsort(frames, kind="stable")
        ends, above, frames = self._ends[order], tree.parent[self._at[order]], frames[order]
        begins = np.flatnonzero(np.concatenate(([True], frames[1:] != frames[:-1])))
        ticks, gc = paths.own[ends], paths.gc[ends]
        rows = (np.where(above == 0, ticks, 0), ticks, gc)
        figures = (np.add.reduceat(row, begins).tolist() for row in rows)
        bounds = zip(begins.tolist(), [*begins[1:].tolist(), len(frames)], strict=True)
        before = repeat(None) if paths.before is None else np.add.reduceat(paths.before[ends], begins).tolist()
        columns = zip(bounds, frames[begins].tolist(), *figures, strict=True)
        for ((begin, end), frame, own, total, in_gc), old in zip(columns, before, strict=False):
            callers = _Children(_Callers(paths, ends[begin:end], above[begin:end]))
            yield CallNode(frame, own, total, callers, in_gc, _sides(total, old))

    def count(self) -> int:
        tree, at = self._paths.tree, self._at
        group = np.zeros(len(at), dtype=np.int64)
        count = 0
        while len(at):
            found, group = np.unique(group << 32 | tree.key[at], return_inverse=True)
            count += len(found)
            at = tree.parent[at]
            group, at = group[at != 0], at[at != 0]
        return count


def _sides(total: int, before: int | None) -> tuple[int, int] | None:
    return None if before is None else (before, total - before)


def _sides_of_all(paths: StackPaths) -> tuple[int, int] | None:
    return _sides(int(paths.own.sum()), None if paths.before is None else int(paths.before.sum()))


def top_down(paths: Iterable[StackPath]) -> CallNode:
    """Callees below callers."""
    paths = StackPaths.of(paths)
    totals = _Totals(paths)
    children = _Children(_Callees(totals, 0))
    return CallNode(ROOT, int(paths.own[0]), int(totals.ticks[0]), children, int(totals.gc[0]), _sides_of_all(paths))


def bottom_up(paths: Iterable[StackPath]) -> CallNode:
    """Callers below callees: the top frames first."""
    paths = StackPaths.of(paths)
    level = _Callers(paths, paths.ends, paths.ends)
    return CallNode(ROOT, int(paths.own[0]), int(paths.own.sum()), _Children(level), int(paths.gc.sum()), _sides_of_all(paths))


def count_nodes(root: CallNode) -> int:
    """The number of nodes of a call tree."""
    count, waiting = 0, [root]
    while waiting:
        node = waiting.pop()
        count += 1
        if isinstance(node.children, _Children):
            count += node.children.level.count()
        else:
            waiting += node.children
    return count


def flat(paths: Iterable[StackPath]) -> tuple[FlatRow, ...]:
    """Self and total ticks of every frame, most self ticks first."""
    paths = StackPaths.of(paths)
    own = np.bincount(paths.tops(), weights=paths.own[paths.ends]).astype(np.int64).tolist() if len(paths) else []
    return flat_rows(dict(enumerate(own)), paths.total_ticks(paths.own[paths.ends]))


def flat_rows(own: Mapping[int, int], total: Mapping[int, int]) -> tuple[FlatRow, ...]:
    """Rows of self and total ticks by frame, most self ticks first."""
    rows = (FlatRow(frame, own.get(frame, 0), ticks) for frame, ticks in total.items() if ticks)
    return tuple(sorted(rows, key=lambda row: (-row.self_ticks, -row.total_ticks, row.frame)))
