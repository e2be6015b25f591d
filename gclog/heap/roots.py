"""Paths from the roots to every object, those first that say something of the program.

Machine code, feedback, boilerplates, handles and the stack refer to whatever V8 has at hand: an array that a hot loop fills is a literal of
that loop's code. Such a reference is a short way and says nothing, so a path through it is taken only if there is no other.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gclog.heap.graph import ROOT, Graph, Walk, not_walked, program_roots, walk_from, walk_on
from gclog.heap.places import global_objects, is_context
from gclog.heap.snapshot import Snapshot
from gclog.heap.spill import blocks, release

__all__ = ["find_paths"]

Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]

MACHINES_ROOTS = frozenset(
    {
        "(Stack roots)",
        "(Handle scope)",
        "(Isolate)",
        "(Relocatable)",
        "(Thread manager)",
        "(Debugger)",
        "(Compilation cache)",
        "(Code flusher)",
        "(Startup object cache)",
        "(Partial snapshot cache)",
    }
)
"""V8's roots for what runs at the moment. Up to Node 14 the stack is part of `(Isolate)`."""

MACHINES_NAMES = (
    "system / Feedback",
    "system / ClosureFeedback",
    "system / AllocationSite",
    "system / Deoptimization",
    "system / WeakFixedArray",
    "(feedback",
    "(deopt",
)
"""Beginnings of the names of what V8 learns of functions, where its type is not `code` (before V8 11)."""

FEEDBACK = "feedback_cell"
"""The edge from a function to what V8 has learned of it, which has no name of its own up to Node 12."""


def find_paths(snapshot: Snapshot, graph: Graph) -> Walk:
    """A path to every node that has one: the shortest through the program's objects from the global objects, else from V8's other roots,
    else from the functions that are running; then what only the stack has; then what only code has."""
    code = _machines(snapshot)
    stack = _machines_roots(snapshot)
    shut = code.copy()
    shut[stack] = True
    found = not_walked(graph)
    roots = program_roots(snapshot)
    met = [walk_on(graph, found, roots if len(roots) else global_objects(snapshot), shut)]
    met.append(walk_on(graph, found, np.array([ROOT], np.int64), shut))
    met.append(walk_from(graph, found, _enter_functions(snapshot, graph, found, stack), shut))
    met.append(walk_from(graph, found, stack[found.reached[stack]], code))
    left = np.unique(np.concatenate(met))
    walk_from(graph, found, left[code[left]])
    return found


def _machines(snapshot: Snapshot) -> Flags:
    """The nodes that are code, or what V8 keeps beside it."""
    strings = snapshot.strings
    named = [
        number for start in MACHINES_NAMES for number in strings.containing(start.encode()) if strings[number].startswith(start)
    ]
    code = snapshot.node_type("code")
    found = np.empty(len(snapshot), np.bool_)
    for at, (kinds, names) in blocks(snapshot.types, snapshot.names):
        found[at] = (kinds == code) | np.isin(names, named)
    feedback = [number for number in strings.containing(FEEDBACK.encode()) if strings.raw(number) == FEEDBACK.encode()]
    internal = snapshot.edge_type("internal")
    for _, (kinds, names, targets) in blocks(snapshot.edge_types, snapshot.edge_names, snapshot.targets):
        found[targets[(kinds == internal) & np.isin(names, feedback)]] = True
    release(snapshot.types, snapshot.names, snapshot.edge_types, snapshot.edge_names, snapshot.targets)
    return found


def _machines_roots(snapshot: Snapshot) -> Ints:
    synthetic = snapshot.node_type("synthetic")
    found = [at.start + np.flatnonzero(kinds == synthetic) for at, (kinds,) in blocks(snapshot.types)]
    return np.array(
        [node for node in np.concatenate(found).tolist() if snapshot.strings[int(snapshot.names[node])] in MACHINES_ROOTS],
        np.int64,
    )


def _enter_functions(snapshot: Snapshot, graph: Graph, found: Walk, stack: Ints) -> Ints:
    """The functions and scopes on the stack that are not reached yet; the walk is said to have come to them from there."""
    entered = []
    for root in stack[found.reached[stack]].tolist():
        for edge in range(int(graph.first[root]), int(graph.first[root + 1])):
            node = int(graph.targets[edge])
            if not found.reached[node] and _is_function(snapshot, node):
                found.reached[node] = True
                found.by[node], found.parents[node] = edge, root
                entered.append(node)
    return np.array(entered, np.int64)


def _is_function(snapshot: Snapshot, node: int) -> bool:
    name = snapshot.strings[int(snapshot.names[node])]
    return bool(snapshot.types[node] == snapshot.node_type("closure")) or is_context(name)
