"""Constructors as DevTools names them, and how many objects of each there are.

`HeapSnapshotNode.className` and `HeapSnapshot.buildAggregates` in front_end/entrypoints/heap_snapshot_worker/HeapSnapshot.ts. DevTools from Chrome 117 on
writes `Function` for `(closure)` and `RegExp` for `(regexp)`; here each of V8's types keeps the brackets that tell it from a class.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gclog.heap.dominators import Dominators, topmost
from gclog.heap.snapshot import Snapshot
from gclog.heap.spill import Column, blocks, release

__all__ = ["ANONYMOUS", "ClassNames", "Tally", "add_up", "classify", "is_own_kind", "name_of", "tally"]

Ints = NDArray[np.int64]

ANONYMOUS = "(anonymous)"
"""The name of a class without one."""

NAMED = ("object", "native")
"""Nodes of these types are named by their constructor; all others by their type."""

TYPE_NAMES = {"hidden": "(system)", "code": "(compiled code)"}

OWN_KINDS = frozenset({"(system)", "(compiled code)", "(array)", "(object shape)", "(synthetic)", "system / Context"})
"""What V8 makes by itself, to hold the program's objects or to describe them."""

DETACHED = 2

KINDS = 256
"""Types of nodes are numbers below: they are kept in a byte."""


class ClassNames:
    """Numbers of constructors, the same for all snapshots that are compared."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self.names: list[str] = []

    def __len__(self) -> int:
        return len(self.names)

    def number(self, name: str) -> int:
        """The number of a name; a new one gets the next."""
        found = self._numbers.setdefault(name, len(self.names))
        if found == len(self.names):
            self.names.append(name)
        return found


def classify(snapshot: Snapshot, names: ClassNames) -> NDArray[np.int32]:
    """The number of each node's constructor."""
    numbers = np.zeros(KINDS + 2 * len(snapshot.strings) + 2, np.int32)
    used = np.zeros(len(numbers), np.bool_)
    for _, keys in _keys(snapshot):
        used[keys] = True
    for key in np.flatnonzero(used).tolist():
        numbers[key] = names.number(_name(snapshot, key))
    classes = Column(np.int32)
    for _, keys in _keys(snapshot):
        classes.append(numbers[keys])
    return classes.finish()


def _keys(snapshot: Snapshot) -> Iterator[tuple[slice, Ints]]:
    """What each node is named by, as a number: its type, or where it has a constructor, that one's string and whether it is detached."""
    named = np.isin(np.arange(KINDS), [snapshot.node_type(kind) for kind in NAMED])
    for at, (types, names, detachedness) in blocks(snapshot.types, snapshot.names, snapshot.detachedness):
        known = np.minimum(names, len(snapshot.strings)).astype(np.int64)  # all that are lost, as one
        yield at, np.where(named[types], 2 * known + (detachedness == DETACHED) + KINDS, types)


def _name(snapshot: Snapshot, key: int) -> str:
    if key < KINDS:
        kind = snapshot.node_types[key] if key < len(snapshot.node_types) else "unknown"
        return TYPE_NAMES.get(kind, f"({kind})")
    name = snapshot.strings[(key - KINDS) // 2] or ANONYMOUS
    return f"Detached {name}" if (key - KINDS) % 2 and not name.startswith("Detached ") else name


def name_of(snapshot: Snapshot, node: int) -> str:
    """A single node: its constructor's name, a function's name, the text of a string."""
    kind = snapshot.node_types[int(snapshot.types[node])]
    name = snapshot.strings[int(snapshot.names[node])]
    match kind:
        case "object" | "native" | "synthetic":
            return name or ANONYMOUS
        case "closure":
            return f"{name}()" if name else "function()"
        case "string" | "concatenated string" | "sliced string":
            return f'"{name}"'
        case _:
            return name or TYPE_NAMES.get(kind, f"({kind})")


def is_own_kind(name: str) -> bool:
    """Whether V8 makes such objects by itself: they hold the program's, and grow with them."""
    return name in OWN_KINDS or name.startswith(("system / ", "Node / ", "(code"))


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """By the number of the constructor: objects, their shallow size, their retained size; the last is None where it was not computed."""

    counts: NDArray[np.int64]
    shallow: NDArray[np.int64]
    retained: NDArray[np.int64] | None


def tally(snapshot: Snapshot, classes: NDArray[np.int32], dominators: Dominators | None, size: int) -> Tally:
    """All objects by their constructors. What has no size, as the roots, is no object."""
    groups = np.empty(len(snapshot), np.int32)
    for at, (sizes, numbers) in blocks(snapshot.sizes, classes):
        groups[at] = np.where(sizes > 0, numbers, -1)
    counts = add_up(groups, groups >= 0, None, size)
    shallow = add_up(groups, groups >= 0, snapshot.sizes, size)
    retained = None if dominators is None else add_up(groups, topmost(dominators, groups), dominators.retained, size)
    return Tally(counts, shallow, retained)


def add_up(groups: NDArray[np.int32], chosen: NDArray[np.bool_], values: Ints | None, size: int) -> Ints:
    """Sums of the chosen values by group; None counts them. Doubles are exact up to 9 PB."""
    sums = np.zeros(size, np.int64)
    for at, (numbers, flags) in blocks(groups, chosen):
        weights = None if values is None else values[at][flags]
        sums += np.bincount(numbers[flags], weights=weights, minlength=size).astype(np.int64)
        if values is not None:
            release(values)
    return sums
