"""Classes of one name kept apart by where they are defined, as DevTools does: two `Item` of different scripts are two rows.

    "locations":[node, script, line, column, ...]   of a function its own place, of an object that of its constructor (V8 6.8, Node 12)

Where a script was evaluated twice, its classes are the same ones: what counts is the file and the line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gclog.heap.places import is_of_the_program, script_of
from gclog.heap.snapshot import Snapshot
from gclog.heap.spill import release, spans

__all__ = ["LANGUAGE", "Namesakes", "NumberedPlaces", "find_places", "full_names", "number_at", "objects_at"]

Ints = NDArray[np.int64]
Keys = NDArray[np.uint64]
Rows = NDArray[np.int32]

_LANGUAGE_TEXT = """
AggregateError Array ArrayBuffer AsyncFunction AsyncGenerator BigInt64Array BigUint64Array Boolean Buffer DataView Date Error EvalError
FinalizationRegistry Float16Array Float32Array Float64Array Function Generator Int16Array Int32Array Int8Array Map Number Promise Proxy
RangeError ReferenceError RegExp Set SharedArrayBuffer String Symbol SyntaxError TypeError URIError Uint16Array Uint32Array Uint8Array
Uint8ClampedArray WeakMap WeakRef WeakSet
"""
LANGUAGE = frozenset(_LANGUAGE_TEXT.split())
"""Constructors of the language. `Object` is not among them: plain objects are the program's own, whatever else uses them."""

MIXER, SHIFT = np.uint64(0x9E3779B97F4A7C15), np.uint64(29)
"""An odd number and a shift that spread the numbers of a place over 64 bits."""

NumberedPlaces = dict[str, int]
"""By place, `file:line`, the number of the class that is defined there."""


@dataclass(frozen=True, slots=True)
class Namesakes:
    """The classes of a name in one snapshot.

    keys      by place the keys of `objects_at`
    is_taken  the runtime or the language has one of that name, too
    """

    keys: dict[str, list[int]] = field(default_factory=dict)
    is_taken: bool = False


def find_places(snapshot: Snapshot) -> dict[str, Namesakes]:
    """By name the program's classes that have objects, with their places."""
    found: dict[str, Namesakes] = {}
    taken, files = set(LANGUAGE), _files(snapshot)
    for key, (node, script, line) in _examples(snapshot).items():
        name, file = snapshot.strings[int(snapshot.names[node])], files.get(script, "")
        if is_of_the_program(file):
            found.setdefault(name, Namesakes()).keys.setdefault(f"{file}:{line}", []).append(key)
        else:
            taken.add(name)
    return {name: Namesakes(one.keys, name in taken) for name, one in found.items()}


def objects_at(snapshot: Snapshot, numbers: dict[int, int]) -> tuple[Ints, NDArray[np.int32]]:
    """The objects whose name and place have one of these keys, in order, and its number beside each."""
    order = np.array(sorted(numbers), np.uint64)
    of_key = np.array([numbers[key] for key in order.tolist()], np.int32)
    nodes, found = [np.empty(0, np.int64)], [np.empty(0, np.int32)]
    for rows, keys in _keys(snapshot):
        places = np.minimum(np.searchsorted(order, keys), len(order) - 1)
        chosen = order[places] == keys
        nodes.append(rows[chosen, 0].astype(np.int64))
        found.append(of_key[places[chosen]])
    return np.concatenate(nodes), np.concatenate(found)


def number_at(place: str, known: NumberedPlaces, is_only: bool) -> int | None:
    """The class at a place among those of its name that are known; None if it is a new one.

    One that is the only one of its name, or of its file, may have moved to another line: snapshots may be of two versions of a program.
    """
    if place in known:
        return known[place]
    if not is_only:
        return None
    alike = known if len(known) == 1 else {at: number for at, number in known.items() if _file(at) == _file(place)}
    return next(iter(alike.values())) if len(alike) == 1 else None


def full_names(name: str, own: int, known: NumberedPlaces) -> dict[int, str]:
    """By number a name with its place, `Item (cart.js:12)`, for classes that share theirs.

    own  the number of the bare name, if one of them has it
    """
    places: dict[int, str] = {}
    for place, number in known.items():
        places.setdefault(number, place)
    if list(places) == [own]:
        return {}
    return {number: f"{name} ({_short(place, list(places.values()))})" for number, place in places.items()}


def _file(place: str) -> str:
    return place.rpartition(":")[0]


def _short(place: str, all_places: Sequence[str]) -> str:
    """As much of the end of a path as tells it from the others."""
    parts = place.replace("\\", "/").split("/")
    paths = [f"/{other}".replace("\\", "/") for other in all_places]
    ends = ("/".join(parts[-count:]) for count in range(1, len(parts)))
    return next((end for end in ends if sum(path.endswith(f"/{end}") for path in paths) == 1), place)


def _files(snapshot: Snapshot) -> dict[int, str]:
    """By script its file, asked of one of its functions."""
    functions: dict[int, int] = {}
    for rows in _located(snapshot, "closure"):
        found, first = np.unique(rows[:, 1], return_index=True)
        for script, place in zip(found.tolist(), first.tolist(), strict=True):
            functions.setdefault(script, int(rows[place, 0]))
    return {script: script_of(snapshot, node) for script, node in functions.items()}


def _examples(snapshot: Snapshot) -> dict[int, tuple[int, int, int]]:
    """For each key one of its objects, its constructor's script and line."""
    examples: dict[int, tuple[int, int, int]] = {}
    for rows, keys in _keys(snapshot):
        found, first = np.unique(keys, return_index=True)
        for key, place in zip(found.tolist(), first.tolist(), strict=True):
            node, script, line, _ = rows[place].tolist()
            examples.setdefault(key, (node, script, line))
    return examples


def _keys(snapshot: Snapshot) -> Iterator[tuple[Rows, Keys]]:
    """The locations of objects, a block at a time, with a key for each name and place. Two of them with one key are out of the question."""
    for rows in _located(snapshot, "object"):
        keys = snapshot.names[rows[:, 0]].astype(np.uint64)
        for column in range(1, rows.shape[1]):
            keys = (keys ^ (keys >> SHIFT)) * MIXER + rows[:, column].astype(np.uint64)
        yield rows, keys
        release(snapshot.names)


def _located(snapshot: Snapshot, kind: str) -> Iterator[Rows]:
    """The locations of the nodes of a type, a block at a time."""
    for at in spans(len(snapshot.locations)):
        rows = snapshot.locations[at]
        yield rows[snapshot.types[rows[:, 0]] == snapshot.node_type(kind)]
        release(snapshot.locations, snapshot.types)
