"""Strings of which there is an equal one: read again and again from a file or a socket instead of kept once.

V8 writes a text once into `strings`, so equal strings have the same name. It cuts a text at 1,024 characters: strings are equal here if
their text, up to there, and their size are the same. Concatenated and sliced strings have no text of their own in a snapshot.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gclog.heap.snapshot import Snapshot
from gclog.heap.spill import blocks

__all__ = ["EqualOnes", "Found", "find_equal_strings", "members_of"]

Ints = NDArray[np.int64]

SIZE_BITS = 32
LARGEST = 2**SIZE_BITS - 1
"""Bytes; V8's longest string has 1 GB."""

GROUPS_SHOWN = 5
"""Texts that are named; of the others the sum is given."""

LEAST_BYTES = 16 << 10
LEAST_SHARE = 0.001
"""A text whose copies take less than both, 16 KB and a thousandth of the heap, is not named."""


@dataclass(frozen=True, slots=True)
class EqualOnes:
    """Strings with one text: its number in `strings`, how many there are, and the size of each in bytes."""

    name: int
    count: int
    bytes: int

    @property
    def copies_bytes(self) -> int:
        """What all but one take."""
        return (self.count - 1) * self.bytes


@dataclass(frozen=True, slots=True)
class Found:
    """The strings with an equal one: how many, their bytes, and those of all but one of each text; the heaviest texts."""

    count: int
    bytes: int
    copies_bytes: int
    largest: tuple[EqualOnes, ...]


def find_equal_strings(snapshot: Snapshot, total_bytes: int) -> Found:
    """Which strings exist more than once in a heap of that size."""
    keys, alike = _counted(snapshot)
    names, sizes = keys >> SIZE_BITS, keys & LARGEST
    copies = sizes * (alike - 1)
    least = max(LEAST_BYTES, LEAST_SHARE * total_bytes)
    heaviest = [place for place in np.argsort(-copies, kind="stable")[:GROUPS_SHOWN].tolist() if copies[place] >= least]
    return Found(
        count=int(alike.sum()),
        bytes=int((sizes * alike).sum()),
        copies_bytes=int(copies.sum()),
        largest=tuple(EqualOnes(int(names[place]), int(alike[place]), int(sizes[place])) for place in heaviest),
    )


def members_of(snapshot: Snapshot, one: EqualOnes) -> Ints:
    """The nodes of equal strings."""
    kind = snapshot.node_type("string")
    found = [
        at.start + np.flatnonzero((kinds == kind) & (names == one.name) & (sizes == one.bytes))
        for at, (kinds, names, sizes) in blocks(snapshot.types, snapshot.names, snapshot.sizes)
    ]
    return np.concatenate(found)


def _counted(snapshot: Snapshot) -> tuple[Ints, Ints]:
    """Name and size, packed into one number, of all that there is more than once, and how often there is each."""
    counts = np.zeros(len(snapshot.strings), np.int32)
    for keys in _keys(snapshot):
        counts += np.bincount(keys >> SIZE_BITS, minlength=len(counts)).astype(np.int32)
    found, sums = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for keys in _keys(snapshot):
        some, times = np.unique(keys[counts[keys >> SIZE_BITS] > 1], return_counts=True)
        found.append(some)
        sums.append(times)
    distinct, places = np.unique(np.concatenate(found), return_inverse=True)
    alike = np.bincount(places, weights=np.concatenate(sums), minlength=len(distinct)).astype(np.int64)
    return distinct[alike > 1], alike[alike > 1]


def _keys(snapshot: Snapshot) -> Iterator[Ints]:
    """The strings' names and sizes, a block at a time."""
    kind = snapshot.node_type("string")
    for _, (kinds, names, sizes) in blocks(snapshot.types, snapshot.names, snapshot.sizes):
        chosen = (kinds == kind) & (sizes > 0)
        yield names[chosen].astype(np.int64) << SIZE_BITS | np.minimum(sizes[chosen], LARGEST)
