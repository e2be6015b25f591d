"""Two sides of CPU profiles as one call tree, in parts of the work of each side; and what each frame takes, block by block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gclog import units
from gclog.model.profile import Frame, Profile
from gclog.profile.same_frames import pair_frames
from gclog.profile.stacks import Ints, StackPaths, arrange

__all__ = ["Blocks", "FrameBook", "measure_blocks", "merge_sides"]

Floats = npt.NDArray[np.float64]

BLOCKS = 20
"""Blocks of a profile, by whose scatter the uncertainty of its shares is judged: long enough to hold what repeats from tick to tick."""


class FrameBook:
    """The frames of several profiles, each once, as the last profile that has it names it."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []

    def add(self, frames: Sequence[Frame]) -> Ints:
        """Number the frames of a profile: for each its index in `frames` of the book."""
        pairs = pair_frames(self.frames, frames)
        numbers = np.empty(len(frames), dtype=np.int64)
        for at, frame in enumerate(frames):
            number = pairs.get(at)
            if number is None:
                number = len(self.frames)
                self.frames.append(frame)
            self.frames[number] = frame
            numbers[at] = number
        return numbers


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """Ticks of a profile by block: of the work (one row), and of each frame on top (own) and anywhere on the stack (total).

    Complete: `own_all`, `total_all`, which have what folded stacks no longer show.
    """

    work: Floats
    own: Floats
    total: Floats
    own_all: Floats
    total_all: Floats


def measure_blocks(profile: Profile, numbers: Ints, frames: int) -> Blocks:
    """The blocks of one profile, whose frames have these numbers of so many."""
    paths = StackPaths.of(profile.paths)
    weights = _ticks_by_block(profile, len(paths))
    tops = numbers[paths.tops()] if len(paths) else np.empty(0, np.int64)
    group = np.where(paths.tree.key >= 0, numbers[np.maximum(paths.tree.key, 0)], frames) if len(numbers) else paths.tree.key
    outermost = paths.tree.outermost(group)
    own, total = [], []
    for ticks in weights:
        own.append(np.bincount(tops, weights=ticks, minlength=frames))
        ending = np.zeros(len(paths.tree), dtype=np.int64)
        ending[paths.ends] = ticks
        through = paths.tree.sum_up(ending)[outermost]
        total.append(np.bincount(group[outermost], weights=through, minlength=frames + 1)[:frames])
    own_all, total_all = np.zeros(frames), np.zeros(frames)
    for row in profile.flat:
        own_all[numbers[row.frame]] += row.self_ticks
        total_all[numbers[row.frame]] += row.total_ticks
    return Blocks(weights.sum(axis=1).astype(np.float64), np.array(own), np.array(total), own_all, total_all)


def _ticks_by_block(profile: Profile, paths: int) -> Ints:
    """Of each block the ticks of each stack; one block if the samples have no order."""
    count = len(profile.samples.path)
    if not count:
        return np.array([[path.ticks for path in profile.paths]], dtype=np.int64).reshape(1, paths)
    path = np.array(profile.samples.path, dtype=np.int64)
    weight = np.ones(count) if profile.samples.weight is None else np.array(profile.samples.weight, dtype=np.float64)
    block = np.arange(count) * BLOCKS // count
    counted = np.bincount(block * paths + path, weights=weight, minlength=BLOCKS * paths)
    return counted.reshape(BLOCKS, paths).astype(np.int64)


def merge_sides(before: Sequence[Profile], after: Sequence[Profile], numbers: Sequence[Ints]) -> StackPaths:
    """The stacks of all profiles as one tree, in parts. `numbers`: what the book calls the frames of each, those of `before` first."""
    columns: list[tuple[Ints, Ints, Ints]] = [(np.zeros(1, np.int64), np.full(1, -1), np.zeros(1, np.int64))]
    parts: list[tuple[bool, Ints]] = []
    size = 1
    for is_before, profiles in ((True, before), (False, after)):
        whole = sum(int(StackPaths.of(profile.paths).own.sum()) for profile in profiles)
        for profile in profiles:
            paths, number = StackPaths.of(profile.paths), numbers[len(parts)]
            tree = paths.tree
            above = np.where(tree.parent[1:] == 0, 0, tree.parent[1:].astype(np.int64) + size - 1)
            columns.append((above, number[tree.key[1:]], tree.depth()[1:].astype(np.int64)))
            parts.append((is_before, np.rint(paths.own * (units.PARTS / (whole or 1))).astype(np.int64)))
            size += len(tree) - 1
    parent, key, depth = (np.concatenate(column) for column in zip(*columns, strict=True))
    tree, place = arrange(parent, key, depth)
    own, old = np.zeros(len(tree), dtype=np.int64), np.zeros(len(tree), dtype=np.int64)
    at = 1
    for is_before, ending in parts:
        nodes = place[np.concatenate(([0], np.arange(at, at + len(ending) - 1)))]
        at += len(ending) - 1
        np.add.at(own, nodes, ending)
        if is_before:
            np.add.at(old, nodes, ending)
    return StackPaths(tree, own, np.zeros(len(tree), dtype=np.int64), old)
