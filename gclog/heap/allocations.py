"""Where objects were allocated, if the snapshot says it: taken while `HeapProfiler.startTrackingHeapObjects` recorded allocation stacks.

    "trace_function_infos":[function_id,name,script_name,script_id,line,column,...]
    "trace_tree":[1,0,102,389624,[2,10,0,0,[...],3,9,...]]      id, index of the function, count, size, children

A node's `trace_node_id` is the id of the innermost call; 0 for an object that was there before the recording began.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gclog.heap.places import is_of_the_program
from gclog.heap.snapshot import Snapshot
from gclog.model.heap import AllocationSite

__all__ = ["allocation_sites"]

SITES_SHOWN = 3

INFO_FIELDS = 6
TREE_FIELDS = 5


@dataclass(frozen=True, slots=True)
class _Call:
    """A call of the tree: its function, by place among the functions, and its caller's id; 0 for the outermost."""

    function: int
    caller: int


def allocation_sites(snapshot: Snapshot, nodes: NDArray[np.int64]) -> tuple[AllocationSite, ...]:
    """The program's innermost functions that allocated these objects, the one of the most first; empty if nobody recorded it."""
    if snapshot.traces is None or not len(snapshot.trace_nodes):
        return ()
    ids, counts = np.unique(snapshot.trace_nodes[nodes], return_counts=True)
    calls = _calls(snapshot.traces.tree)
    sums: dict[tuple[str, str], int] = {}
    for id, count in zip(ids.tolist(), counts.tolist(), strict=True):
        site = _site(snapshot, calls, id)
        if site is not None:
            sums[site] = sums.get(site, 0) + count
    ranked = sorted(sums.items(), key=lambda item: -item[1])
    return tuple(AllocationSite(function, place, count) for (function, place), count in ranked[:SITES_SHOWN])


def _calls(tree: list[Any]) -> dict[int, _Call]:
    calls: dict[int, _Call] = {}
    left: list[tuple[list[Any], int]] = [(tree, 0)]
    while left:
        siblings, caller = left.pop()
        for begin in range(0, len(siblings) - TREE_FIELDS + 1, TREE_FIELDS):
            id, function, _, _, children = siblings[begin : begin + TREE_FIELDS]
            calls[id] = _Call(function, caller)
            left.append((children, id))
    return calls


def _site(snapshot: Snapshot, calls: dict[int, _Call], id: int) -> tuple[str, str] | None:
    """Name and `file:line` of the innermost call in a script of the program; of the innermost one if there is none."""
    innermost = None
    while (call := calls.get(id)) is not None:
        found = _function(snapshot, call.function)
        if found is not None and is_of_the_program(found[1]):
            return found
        innermost = innermost or found
        id = call.caller
    return innermost


def _function(snapshot: Snapshot, number: int) -> tuple[str, str] | None:
    if snapshot.traces is None:
        return None
    row = snapshot.traces.functions[number * INFO_FIELDS : (number + 1) * INFO_FIELDS]
    if len(row) < INFO_FIELDS:
        return None
    name, script, line = snapshot.strings[row[1]], snapshot.strings[row[2]], row[4]
    return (f"{name or 'function'}()", f"{script}:{line}") if script else None
