"""Which objects are of a kind: those of a constructor, the functions of one code, the scopes of one function."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gclog.heap.graph import sources_of
from gclog.heap.snapshot import Snapshot
from gclog.heap.spill import blocks, release

__all__ = ["find_kinds"]

DESCRIBED_BY = ("shared", "scope_info")
"""The edges from a function and from a scope to what all that come of the same source text share."""


def find_kinds(snapshot: Snapshot, classes: NDArray[np.int32], together: NDArray[np.bool_]) -> NDArray[np.int32]:
    """A number for each node's kind: that of its constructor or, where that says nothing, of what describes it.

    together   by constructor number: functions and scopes
    """
    kinds = classes.copy()
    strings = snapshot.strings
    wanted = [number for name in DESCRIBED_BY for number in strings.containing(name.encode()) if strings[number] == name]
    internal = snapshot.edge_type("internal")
    for at, (types, names, targets) in blocks(snapshot.edge_types, snapshot.edge_names, snapshot.targets):
        edges = np.flatnonzero((types == internal) & np.isin(names, wanted))
        sources = sources_of(snapshot.first_edge, at)[edges]
        chosen = together[classes[sources]]
        kinds[sources[chosen]] = len(together) + targets[edges[chosen]]
    release(snapshot.first_edge)
    return kinds
