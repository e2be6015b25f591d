"""The stacks of a run's ticks while they are read, and their figures at the end."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gclog.model.profile import Frame
from gclog.profile.code_map import Change, Code, Entry
from gclog.profile.frames import FOLDED_FRAME, FrameTable
from gclog.profile.growing import FOLDED, GrowingTree, fold
from gclog.profile.stacks import Ints, StackPaths, StackTree, arrange
from gclog.profile.ticks import Stack

__all__ = ["FoundStacks", "TickStacks"]

HIDDEN = -1
"""In place of a label: this is not shown on a stack."""


@dataclass(frozen=True, slots=True, eq=False)
class FoundStacks:
    """What a run's ticks come to.

    total     ticks by frame, of those on whose stack it is; complete, whatever was folded
    path_of   for each tick the index of its stack in `paths`
    folded    ticks whose stack was folded
    """

    frames: tuple[Frame, ...]
    paths: StackPaths
    total: dict[int, int]
    path_of: array[int]
    folded: int


class TickStacks:
    """Labels stacks, numbers them in a tree, and counts ticks by number."""

    def __init__(self, table: FrameTable, hidden: Sequence[re.Pattern[str]], tree: GrowingTree | None = None) -> None:
        self.tree = tree or GrowingTree()
        self._table = table
        self._hidden = hidden
        self._found = array("i")
        self._labels: dict[Entry | None, int] = {}
        self._by_label: Ints = np.zeros(0, dtype=np.int64)
        self._by_frame: Ints = np.zeros(0, dtype=np.int64)
        self._totalled = 0

    def number_of(self, stack: Stack) -> int:
        """The number of a stack in the tree. An unknown address is shown on top only."""
        known = self._labels
        try:
            labels = [known[entry] for entry in stack]
        except KeyError:
            for entry in reversed(stack):
                if entry not in known:
                    known[entry] = HIDDEN if entry is None or self._hides(entry) else self._table.label(entry)
            labels = [known[entry] for entry in stack]
        if HIDDEN in labels:
            if stack[0] is None:
                labels[0] = self._table.label(None)
            labels = [label for label in labels if label != HIDDEN] or [self._table.label(stack[0])]
        return self.tree.add(labels)

    def changed(self, change: Change) -> None:
        """Code at these addresses has changed, and with it its label."""
        if change[0] != change[1]:
            self._labels.clear()

    def _hides(self, entry: object) -> bool:
        if not isinstance(entry, Code) or entry.function is not None:
            return False
        name = f"{entry.tag}: {entry.name}"
        return any(pattern.search(name) for pattern in self._hidden)

    # ------------------------------------------------------------ ticks

    def take(self, numbers: Iterable[int]) -> None:
        """Count ticks by the numbers of their stacks, and make room in the tree if it is full."""
        self._found.extend(numbers)
        if self.tree.is_full():
            self.tree.forget_children()
            tree, place, _ = self._total_up()
            ends = self._ends(place, 0)
            folded, went = fold(tree, np.bincount(ends, minlength=len(tree)), self.tree.max_nodes)
            self.tree.restart(folded, went[place])

    def finished(self, in_gc: npt.NDArray[np.bool_]) -> FoundStacks:
        """The figures, given which ticks are in VM state GC. No tick can be taken after this."""
        self.tree.forget_children()
        labelled, place, frame_of = self._total_up()
        ends = self._ends(place, 0)
        own = np.bincount(labelled.key[ends], minlength=len(self._table.labels)).tolist() if len(ends) else []
        own += [0] * (len(self._table.labels) - len(own))
        frames = self._table.finished(own, self._by_label.tolist())
        key = frame_of[_known(labelled.key, frame_of)]
        tree, moved = arrange(labelled.parent, key, labelled.depth())
        ends = moved[ends]
        paths = StackPaths(tree, np.bincount(ends, minlength=len(tree)), np.bincount(ends[in_gc], minlength=len(tree)))
        index = np.zeros(len(tree), dtype=np.int32)
        index[paths.ends] = np.arange(len(paths), dtype=np.int32)
        total = dict(enumerate(self._by_frame.tolist()))
        folded = int(tree.sum_up(paths.own)[tree.key == len(frames)].sum())
        if folded:
            total[len(frames)] = folded
            frames = (*frames, FOLDED_FRAME)
        return FoundStacks(frames, paths, total, array("i", index[ends].tobytes()), folded)

    def _ends(self, place: npt.NDArray[np.int32], first: int) -> npt.NDArray[np.int32]:
        """The nodes in which the stacks of the ticks from `first` on end."""
        return place[self.tree.nodes()][np.array(self._found[first:], dtype=np.int32)]

    def _total_up(self) -> tuple[StackTree, npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        """Count total ticks since the last time. The tree, where each node went, and the frame of each label, that of FOLDED last."""
        tree, place = arrange(*self.tree.columns())
        own = np.bincount(self._ends(place, self._totalled), minlength=len(tree))
        frame_of = np.array([*(frame for frame, _, _ in self._table.labels), len(self._table.frames)], dtype=np.int32)
        labels = _known(tree.key, frame_of)
        self._by_label = _added(self._by_label, tree.totals_by(labels, own, len(frame_of))[:-1])
        self._by_frame = _added(self._by_frame, tree.totals_by(frame_of[labels], own, len(self._table.frames) + 1)[:-1])
        self._totalled = len(self._found)
        return tree, place, frame_of


def _known(labels: npt.NDArray[np.int32], frame_of: npt.NDArray[np.int32]) -> Ints:
    """The labels, with FOLDED as the last of them."""
    return np.where(labels == FOLDED, np.int32(len(frame_of) - 1), labels)


def _added(before: Ints, more: Ints) -> Ints:
    more[: len(before)] += before
    return more
