"""Constructors as named by DevTools, and the number of objects of each.

`HeapSnapshotNode.className` and `HeapSnapshot.buildAggregates` in front_end/entrypoints/heap_snapshot_worker/HeapSnapshot.ts. DevTools from Chrome 117 on
writes `Function` for `(closure)` and `RegExp` for `(regexp)`; here V8's own types keep the parentheses that distinguish them from classes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gclog.heap.dominators import Dominators, topmost
from gclog.heap.namesakes import Namesakes, NumberedPlaces, find_places, full_names, number_at, objects_at
from gclog.heap.shapes import PLAIN, find_shapes
from gclog.heap.snapshot import DETACHED, Snapshot
from gclog.heap.spill import Column, blocks, release

__all__ = ["ANONYMOUS", "ClassNames", "Tally", "add_up", "classify", "is_own_kind", "name_of", "tally"]

Ints = NDArray[np.int64]

ANONYMOUS = "(anonymous)"
"""Name of an unnamed class."""

NAMED = ("object", "native")
"""Nodes of these types are named after their constructor, all others after their type."""

TYPE_NAMES = {"hidden": "(system)", "code": "(compiled code)"}

OWN_KINDS = frozenset({"(system)", "(compiled code)", "(array)", "(object shape)", "(synthetic)", "system / Context"})
"""What V8 creates by itself to hold or describe the program's objects."""

DETACHED_NAME = "Detached "

_NUMBERED = re.compile(r"(?<=^system / Context) / scope @\d+$|(?<=^(?:Detached|Document) DOM tree) / \d+ entries$")
"""What V8 since 15, and Chrome up to 70, write behind a kind of objects to tell one from the other."""

KINDS = 256
"""Node types are smaller numbers than this: they are stored in a byte."""


class ClassNames:
    """Numbers for constructor names, shared by all snapshots under comparison.

    coarse   by number, that of the constructor without its shape and state: an object keeps that, while it may get a property or, a node
             of the DOM, be taken out of its document
    """

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._places: dict[str, NumberedPlaces] = {}
        self.shapes: dict[int, int] = {}
        self.names: list[str] = []
        self.coarse: list[int] = []

    def __len__(self) -> int:
        return len(self.names)

    def number(self, name: str) -> int:
        """The number of a name; a new name gets the next one."""
        plain = self.number(name.removeprefix(DETACHED_NAME)) if name.startswith(DETACHED_NAME) else None
        found = self._numbers.setdefault(name, len(self.names))
        if found == len(self.names):
            self.names.append(name)
            self.coarse.append(found if plain is None else plain)
        return found

    def where(self, applies: Callable[[str], bool]) -> NDArray[np.bool_]:
        """By number, whether something applies to the name."""
        return np.fromiter((applies(name) for name in self.names), np.bool_, len(self.names))

    def place(self, name: str, classes: Namesakes) -> dict[int, int]:
        """The number of each key of `objects_at` whose class has not the number of its bare name."""
        known = self._places.setdefault(name, {})
        own, found = self.number(name), {}
        for place, keys in classes.keys.items():
            number = number_at(place, known, len(classes.keys) == 1)
            if number is None:
                is_free = not classes.is_taken and own not in known.values()
                number = own if is_free else self.number(f"{name} ({place})")
            known[place] = number
            found.update({key: number for key in keys if number != own})
        return found

    def settle(self) -> None:
        """Give classes that share a name, now that all are known, names that tell them apart."""
        for name, known in self._places.items():
            for number, full in full_names(name, self._numbers[name], known).items():
                self.names[number] = full
        self._numbers = {name: number for number, name in enumerate(self.names)}

    def shape(self, shape: int, name: str) -> int:
        """The number of a shape of plain objects."""
        plain = self.number(PLAIN)
        self.shapes[shape] = found = self.number(name)
        self.coarse[found] = plain
        return found


def classify(snapshot: Snapshot, names: ClassNames) -> NDArray[np.int32]:
    """The number of each node's constructor, of its shape if it is a plain object, or of the class at its place if it shares its name."""
    numbers = np.zeros(KINDS + 2 * len(snapshot.strings) + 2, np.int32)
    used = np.zeros(len(numbers), np.bool_)
    for _, keys in _keys(snapshot):
        used[keys] = True
    for key in np.flatnonzero(used).tolist():
        numbers[key] = names.number(_name(snapshot, key))
    plain, shapes, known = find_shapes(snapshot, frozenset(names.shapes))
    order = np.array(sorted(known), np.uint64)
    of_shape = np.array([names.shape(shape, known[shape]) for shape in order.tolist()], np.int32)
    elsewhere = {key: number for name, one in find_places(snapshot).items() for key, number in names.place(name, one).items()}
    placed, of_place = objects_at(snapshot, elsewhere) if elsewhere else (np.empty(0, np.int64), np.empty(0, np.int32))
    classes = Column(np.int32)
    for at, keys in _keys(snapshot):
        found = numbers[keys]
        begin, end = np.searchsorted(plain, (at.start, at.stop))
        if begin < end:
            found[plain[begin:end] - at.start] = of_shape[np.searchsorted(order, shapes[begin:end])]
        begin, end = np.searchsorted(placed, (at.start, at.stop))
        found[placed[begin:end] - at.start] = of_place[begin:end]
        classes.append(found)
    return classes.finish()


def _keys(snapshot: Snapshot) -> Iterator[tuple[slice, Ints]]:
    """A number for each node's naming: its type or, if it has a constructor, that name's string and whether it is detached."""
    named = np.isin(np.arange(KINDS), [snapshot.node_type(kind) for kind in NAMED])
    for at, (types, names, detachedness) in blocks(snapshot.types, snapshot.names, snapshot.detachedness):
        known = np.minimum(names, len(snapshot.strings)).astype(np.int64)  # all lost names become one
        yield at, np.where(named[types], 2 * known + (detachedness == DETACHED) + KINDS, types)


def _name(snapshot: Snapshot, key: int) -> str:
    if key < KINDS:
        kind = snapshot.node_types[key] if key < len(snapshot.node_types) else "unknown"
        return TYPE_NAMES.get(kind, f"({kind})")
    name = _NUMBERED.sub("", snapshot.strings[(key - KINDS) // 2]) or ANONYMOUS
    return _with_state(name, (key - KINDS) % 2 == 1)


def _with_state(name: str, is_detached: bool) -> str:
    return f"{DETACHED_NAME}{name}" if is_detached and not name.startswith(DETACHED_NAME) else name


def name_of(snapshot: Snapshot, node: int) -> str:
    """The display name of a single node: its constructor, a function's name, a string's text."""
    kind = snapshot.node_types[int(snapshot.types[node])]
    name = snapshot.strings[int(snapshot.names[node])]
    match kind:
        case "object" | "native" | "synthetic":
            return _with_state(_NUMBERED.sub("", name) or ANONYMOUS, bool(snapshot.detachedness[node] == DETACHED))
        case "closure":
            return f"{name}()" if name else "function()"
        case "string" | "concatenated string" | "sliced string":
            return f'"{name}"'
        case _:
            return name or TYPE_NAMES.get(kind, f"({kind})")


def is_own_kind(name: str) -> bool:
    """Whether V8 creates such objects by itself; they hold the program's objects and grow with them."""
    return name in OWN_KINDS or name.startswith(("system / ", "Node / ", "(code"))


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """Objects, shallow size and retained size by constructor number; `retained` is None if it was not computed."""

    counts: NDArray[np.int64]
    shallow: NDArray[np.int64]
    retained: NDArray[np.int64] | None


def tally(snapshot: Snapshot, classes: NDArray[np.int32], dominators: Dominators | None, size: int) -> Tally:
    """All objects by constructor. Nodes without a size, such as the roots, are not objects."""
    groups = np.empty(len(snapshot), np.int32)
    for at, (sizes, numbers) in blocks(snapshot.sizes, classes):
        groups[at] = np.where(sizes > 0, numbers, -1)
    counts = add_up(groups, groups >= 0, None, size)
    shallow = add_up(groups, groups >= 0, snapshot.sizes, size)
    retained = None if dominators is None else add_up(groups, topmost(dominators, groups), dominators.retained, size)
    return Tally(counts, shallow, retained)


def add_up(groups: NDArray[np.int32], chosen: NDArray[np.bool_], values: Ints | None, size: int) -> Ints:
    """Sums of the chosen values by group, or counts if `values` is None. Doubles are exact up to 9 PB."""
    sums = np.zeros(size, np.int64)
    for at, (numbers, flags) in blocks(groups, chosen):
        weights = None if values is None else values[at][flags]
        sums += np.bincount(numbers[flags], weights=weights, minlength=size).astype(np.int64)
        if values is not None:
            release(values)
    return sums
