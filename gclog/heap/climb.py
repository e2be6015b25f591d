"""Upward in a tree of nodes, for many of them at once: to the first one above that stops the climb."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gclog.heap.graph import look_up
from gclog.heap.spill import blocks

__all__ = ["above_of", "climb"]

Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]
Rows = NDArray[np.int32]

SINGLE_STEPS = 32
"""Steps that are climbed one by one; who is farther away, as behind the links of a list, is found for all nodes at once by doubling."""


def climb(above: Rows, nodes: Ints, stops: Flags) -> Ints:
    """For each node the one on its way up that is right below the first that stops; -1 if none does.

    above   the node above each, -1 or itself for a root
    """
    below = nodes.copy()
    left = np.arange(len(nodes))
    for _ in range(SINGLE_STEPS):
        left = left[_goes_on(above[below[left]], below[left], stops)]
        if not len(left):
            break
        below[left] = above[below[left]]
    else:
        below[left] = _leaps(above, stops)[below[left]]
    found: Ints = np.where(above_of(above, below) < 0, -1, below)
    return found


def above_of(above: Rows, nodes: Ints) -> Ints:
    """The node above each; -1 for a root, and for -1."""
    found = above[np.maximum(nodes, 0)].astype(np.int64)
    known: Ints = np.where((nodes < 0) | (found == nodes), -1, found)
    return known


def _goes_on(above: NDArray[Any], nodes: NDArray[Any], stops: Flags) -> Flags:
    goes_on: Flags = (above >= 0) & (above != nodes) & ~stops[np.maximum(above, 0)]
    return goes_on


def _leaps(above: Rows, stops: Flags) -> Rows:
    """For every node what `climb` finds, or the root above it."""
    lands = np.arange(len(above), dtype=np.int32)
    for at, (upper,) in blocks(above):
        lands[at] = np.where(_goes_on(upper, lands[at], stops), upper, lands[at])
    while True:
        farther = look_up(lands, lands)
        if (farther == lands).all():
            return lands
        lands = farther
