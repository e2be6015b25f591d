"""The samples of a CPU profile: when each was taken, in which row of the tree of calls, and how long it lasted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gclog.model.profile import STATES, Frame
from gclog.profile.cpu.nodes import (
    COLLECTOR,
    COLLECTOR_FRAME,
    IDLE,
    PROGRAM,
    ROOT_FRAME,
    ROOT_NAME,
    UNKNOWN_FRAME,
    UNMARKED_PROGRAM,
    Nodes,
)
from gclog.profile.stacks import Ints
from gclog.recognise.documents.cpu_profile import CpuProfile

__all__ = ["AT_ONCE", "IDLE_STATE", "Taken", "take_samples"]

MOST_SAMPLES = 4_000_000
"""Of a longer profile, neighbouring samples of one stack are one: at 21 bytes each, this is 84 MB."""

WORTH_MERGING = 0.8
"""Unless this many are left."""

IDLE_STATE = STATES.index("idle")


AT_ONCE = 1 << 20
"""Samples whose rows are looked up together: it takes several times their own memory."""


@dataclass(slots=True)
class Taken:
    """Samples in the order of time: when (µs since the profile's start; None: not known), the row of each, its state and weight.

    count          of samples that V8 took, in all; in_range: those that are left
    unknown        of `count` those of no node; out_of_order: those that are before the one before them
    """

    at_us: Ints | None
    row: Ints
    state: npt.NDArray[np.int8]
    weight: Ints
    count: int
    in_range: int
    unknown: int = 0
    out_of_order: int = 0

    def cut(self, from_us: int | None, to_us: int | None) -> None:
        """Leave what lasted in a range: of a sample that lasts beyond it, the part within."""
        if self.at_us is None or (from_us is None and to_us is None):
            return
        begins, ends = self.at_us, self.at_us + self.weight
        if from_us is not None:
            begins = np.maximum(begins, from_us)
        if to_us is not None:
            ends = np.minimum(ends, to_us)
        chosen = (ends > begins) | ((ends == begins) & (self.weight == 0))
        self.at_us, self.weight = begins, ends - begins
        self.keep(chosen)
        self.in_range = len(self.row)

    def merge_neighbours(self) -> None:
        """Of a long profile make several samples of one stack that follow one another one."""
        if len(self.row) <= MOST_SAMPLES:
            return
        begins = np.concatenate(([True], self.row[1:] != self.row[:-1]))
        if np.count_nonzero(begins) < WORTH_MERGING * len(begins):
            weight = np.add.reduceat(self.weight, np.flatnonzero(begins))
            self.keep(begins)
            self.weight = weight

    def keep(self, chosen: npt.NDArray[np.bool_]) -> None:
        """Forget the others, column by column: they may be hundreds of MB."""
        if not chosen.all():
            self.at_us = None if self.at_us is None else self.at_us[chosen]
            self.row = self.row[chosen]
            self.state = self.state[chosen]
            self.weight = self.weight[chosen]


def take_samples(found: CpuProfile, nodes: Nodes) -> Taken:
    """The samples of a profile, which are taken out of it."""
    at_us = _moments(found)
    count = min(len(found.samples), len(at_us))
    if not count:
        return _take_hits(found, nodes)
    at_us, row = at_us[:count], _rows_of(found.samples[:count], nodes)
    found.samples = np.empty(0, np.int64)
    weight = np.diff(at_us, append=at_us[-1:])
    late = int(np.count_nonzero(weight < 0))
    if late:
        order = np.argsort(at_us, kind="stable")
        at_us, row = at_us[order], row[order]
        weight = np.diff(at_us, append=at_us[-1:])
    unknown = row < 0
    if unknown.any():
        row[unknown] = nodes.add(nodes.number(UNKNOWN_FRAME), np.zeros(1, dtype=np.int64))
    if not weight.any():
        weight[-1] = max((found.end_us or 0) - (found.start_us or 0) - int(at_us[-1]), 1)
    _put_on_stacks(row, nodes)
    return Taken(at_us, row, _states_of(nodes)[row], weight, count, count, int(np.count_nonzero(unknown)), late)


def _rows_of(samples: Ints, nodes: Nodes) -> npt.NDArray[np.int32]:
    parts = (nodes.rows(samples[at : at + AT_ONCE]).astype(np.int32) for at in range(0, len(samples), AT_ONCE))
    return np.concatenate(list(parts))


def _take_hits(found: CpuProfile, nodes: Nodes) -> Taken:
    """What the nodes themselves say, if the samples or their moments are missing."""
    hits = np.frombuffer(found.hits, dtype=np.int64)
    row = nodes.rows(np.frombuffer(found.ids, dtype=np.int64)[hits > 0])
    row = np.where(row == 0, nodes.add(nodes.number(ROOT_FRAME), np.zeros(1, dtype=np.int64)), row)
    weight = hits[hits > 0]
    count = int(weight.sum())
    return Taken(None, row, _states_of(nodes)[row], weight, count, count)


def _moments(found: CpuProfile) -> Ints:
    """When each sample was taken, µs since the profile's start."""
    if len(found.moments_us) and not len(found.deltas_us):
        return found.moments_us.astype(np.int64) - (found.moments_us[0] if found.start_us is None else found.start_us)
    return np.cumsum(found.deltas_us, dtype=np.int64)


def _put_on_stacks(row: npt.NDArray[np.int32], nodes: Nodes) -> None:
    """Put samples of collections below what they interrupted, and those of the root into a row of its own."""
    collects, waits, is_root = (_is(nodes, name) for name in (COLLECTOR, IDLE, ROOT_NAME))
    is_root[0] = True
    in_gc = np.flatnonzero(collects[row])
    if len(in_gc):
        begins = np.diff(in_gc, prepend=-2) > 1
        before = row[np.maximum(in_gc[begins] - 1, 0)]
        above = np.where(collects[before] | waits[before] | is_root[before], 0, before)[np.cumsum(begins) - 1]
        interrupted, which = np.unique(above, return_inverse=True)
    of_root = np.flatnonzero(is_root[row])
    if len(in_gc):
        row[in_gc] = nodes.add(nodes.number(COLLECTOR_FRAME), interrupted)[which]
    if len(of_root):
        row[of_root] = nodes.add(nodes.number(ROOT_FRAME), np.zeros(1, dtype=np.int64))


def _is(nodes: Nodes, name: str) -> npt.NDArray[np.bool_]:
    """Of each row, whether it is what V8 calls so, and no function of that name."""
    named = np.array([frame.name == name and frame.kind != "function" for frame in nodes.frames] + [False])
    return named[nodes.frame]


def _states_of(nodes: Nodes) -> npt.NDArray[np.int8]:
    """The state of each row."""
    names = [_state(frame) for frame in nodes.frames]
    return np.array([*map(STATES.index, names), STATES.index("unknown")], dtype=np.int8)[nodes.frame]


def _state(frame: Frame) -> str:
    if frame.kind == "native" or frame == UNMARKED_PROGRAM:
        return {COLLECTOR: "gc", IDLE: "idle", PROGRAM: "other"}.get(frame.name, "external")
    return "unknown" if frame.kind == "unknown" else "js"
