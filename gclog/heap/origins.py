"""Whose a constructor is: the program's or a package's, or the language's and the runtime's, which hold what the program made."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gclog.heap.classes import ClassNames, is_own_kind
from gclog.heap.namesakes import LANGUAGE
from gclog.heap.places import definition_of, is_of_the_program
from gclog.heap.snapshot import Snapshot
from gclog.heap.spill import blocks

__all__ = ["of_the_program"]

Flags = NDArray[np.bool_]


def of_the_program(snapshot: Snapshot, classes: NDArray[np.int32], chosen: Flags, names: ClassNames) -> Flags:
    """By constructor number, whether the chosen objects are of the program's own constructors.

    Asked of one object of each: a constructor without a known script is the program's unless its name is the language's.
    """
    examples = np.full(len(names), -1, np.int64)
    for at, (numbers, flags) in blocks(classes, chosen):
        places = np.flatnonzero(flags)
        found, first = np.unique(numbers[places], return_index=True)
        new = examples[found] < 0
        examples[found[new]] = at.start + places[first[new]]
    flags = np.zeros(len(names), np.bool_)
    for number in np.flatnonzero(examples >= 0).tolist():
        name = names.names[number]
        if name.startswith("(") or is_own_kind(name) or name in LANGUAGE:
            continue
        place = definition_of(snapshot, int(examples[number]))
        flags[number] = not place or is_of_the_program(place)
    return flags
