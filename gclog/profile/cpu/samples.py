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

__all__ = ["IDLE_STATE", "Taken", "take_samples"]

MOST_SAMPLES = 4_000_000
"""Of a longer profile, neighbouring samples of one stack are one: at 21 bytes each, this is 84 MB."""

IDLE_STATE = STATES.index("idle")


@dataclass(frozen=True, slots=True)
class Taken:
    """Samples in the order of time: when (µs since the profile's start; None: not known), the row of each, its state and weight."""

    at_us: Ints | None
    row: Ints
    state: npt.NDArray[np.int8]
    weight: Ints
    count: int
    unknown: int = 0
    out_of_order: int = 0

    def only(self, chosen: npt.NDArray[np.bool_]) -> Taken:
        at_us = None if self.at_us is None else self.at_us[chosen]
        return Taken(at_us, self.row[chosen], self.state[chosen], self.weight[chosen], self.count)


def take_samples(found: CpuProfile, nodes: Nodes) -> Taken:
    moments = _moments(found)
    count = min(len(found.samples), len(moments))
    if not count:
        return _take_hits(found, nodes)
    at_us, row = moments[:count], nodes.rows(found.samples[:count])
    late = int((np.diff(at_us) < 0).sum())
    if late:
        order = np.argsort(at_us, kind="stable")
        at_us, row = at_us[order], row[order]
    unknown = row < 0
    if unknown.any():
        row[unknown] = nodes.add(nodes.number(UNKNOWN_FRAME), np.zeros(1, dtype=np.int64))
    last_us = at_us[-1:]
    if count > MOST_SAMPLES:
        begins = np.flatnonzero(np.concatenate(([True], row[1:] != row[:-1])))
        at_us, row = at_us[begins], row[begins]
    row = _interrupted(row, nodes)
    weight = np.diff(np.concatenate((at_us, last_us)))
    if not weight.any():
        weight[-1] = max((found.end_us or 0) - (found.start_us or 0) - int(at_us[-1]), 1)
    return Taken(at_us, row, _states_of(nodes)[row], weight, count, int(unknown.sum()), late)


def _take_hits(found: CpuProfile, nodes: Nodes) -> Taken:
    """What the nodes themselves say, if the samples or their moments are missing."""
    hits = np.frombuffer(found.hits, dtype=np.int64)
    row = nodes.rows(np.frombuffer(found.ids, dtype=np.int64)[hits > 0])
    row = np.where(row == 0, nodes.add(nodes.number(ROOT_FRAME), np.zeros(1, dtype=np.int64)), row)
    weight = hits[hits > 0]
    return Taken(None, row, _states_of(nodes)[row], weight, int(weight.sum()))


def _moments(found: CpuProfile) -> Ints:
    """When each sample was taken, µs since the profile's start."""
    if len(found.moments_us) and not len(found.deltas_us):
        return found.moments_us - (found.moments_us[0] if found.start_us is None else found.start_us)
    return np.cumsum(found.deltas_us)


def _interrupted(row: Ints, nodes: Nodes) -> Ints:
    """The rows of the samples, those of collections below what they interrupted, and those of the root in a row of its own."""
    is_gc, is_idle, is_root = (_is(nodes, name)[row] for name in (COLLECTOR, IDLE, ROOT_NAME))
    is_root |= row == 0
    before = np.maximum.accumulate(np.where(is_gc, -1, np.arange(len(row))))
    above = np.where((before < 0) | is_idle[before] | is_root[before], 0, row[before])
    row = row.copy()
    if is_gc.any():
        interrupted, which = np.unique(above[is_gc], return_inverse=True)
        row[is_gc] = nodes.add(nodes.number(COLLECTOR_FRAME), interrupted)[which]
    if is_root.any():
        row[is_root] = nodes.add(nodes.number(ROOT_FRAME), np.zeros(1, dtype=np.int64))
    return row


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
