"""What retains an object: the shortest path from the program's roots, the variable or property that holds it, and the file."""

from __future__ import annotations

from array import array

import numpy as np

from gclog.heap.classes import is_own_kind, name_of
from gclog.heap.graph import ROOT, Graph, Walk, node_from, walk
from gclog.heap.growth import Flags, LastSnapshot
from gclog.heap.snapshot import Snapshot
from gclog.heap.spill import blocks, release
from gclog.model.heap import ClassGrowth, Grower, Holder, PathStep
from gclog.model.not_known import NotKnown

__all__ = ["UNREACHED", "find_paths", "trace_grower"]

MAX_PATH_STEPS = 200
"""Upper bound on the steps of a path; the last ones are kept. A linked list may have a million."""

PROPERTIES_SHOWN = 8
NAME_LENGTH = 200

MAX_BACK_POINTERS = 1000
"""Upper bound on the steps from a hidden class back to its first one, one for each property added."""

UNREACHED = NotKnown("nothing retains it: it is only weakly referenced")
NO_HOLDER = NotKnown("the path to it leads through V8's own objects only")


def find_paths(snapshot: Snapshot, graph: Graph) -> Walk:
    """Shortest paths from the global objects and, for what they do not reach, from V8's roots."""
    of_root = np.arange(snapshot.first_edge[ROOT], snapshot.first_edge[ROOT + 1])
    shortcuts = of_root[snapshot.edge_types[of_root] == snapshot.edge_type("shortcut")]
    return walk(graph, [snapshot.targets[shortcuts].astype(np.int64), np.array([ROOT], np.int64)])


def trace_grower(last: LastSnapshot, graph: Graph, paths: Walk, growth: ClassGrowth, number: int, chosen: Flags) -> Grower:
    """A constructor's growth with an example: of the chosen objects, the median by retained size."""
    snapshot = last.snapshot
    example = _example(last, number, chosen)
    nodes, edges = _path_to(snapshot, graph, paths, example)
    steps = [_step(snapshot, *step) for step in zip(nodes[-MAX_PATH_STEPS:], edges[-MAX_PATH_STEPS:], strict=True)]
    return Grower(
        growth=growth,
        example_id=int(snapshot.ids[example]),
        properties=_properties(snapshot, example) if growth.name == "Object" else (),
        defined=_definition(snapshot, example),
        path=tuple(steps),
        holder=_holder(snapshot, nodes, edges, chosen) if paths.reached[example] else UNREACHED,
    )


def _example(last: LastSnapshot, number: int, chosen: Flags) -> int:
    """The median object by retained size, then by id."""
    values = last.snapshot.sizes if last.dominators is None else last.dominators.retained
    candidates = np.flatnonzero(_of_class(last, number) & chosen)
    if not len(candidates):
        candidates = np.flatnonzero(_of_class(last, number) & (last.snapshot.sizes > 0))
    weights = values[candidates]
    middle = len(candidates) // 2
    weight = np.partition(weights, middle)[middle]
    alike = candidates[weights == weight]
    middle -= int((weights < weight).sum())
    del candidates, weights
    found = int(alike[np.argsort(last.snapshot.ids[alike], kind="stable")[middle]])
    release(values, last.snapshot.sizes, last.snapshot.ids)
    return found


def _of_class(last: LastSnapshot, number: int) -> Flags:
    found = np.empty(len(last.classes), np.bool_)
    for at, (classes,) in blocks(last.classes):
        found[at] = classes == number
    return found


def _path_to(snapshot: Snapshot, graph: Graph, paths: Walk, node: int) -> tuple[array[int], array[int]]:
    """The nodes from a root to this one, and the snapshot edge by which each was reached, -1 for the first."""
    nodes, edges = array("i", [node]), array("i")
    while paths.by[node] >= 0:
        edges.append(int(graph.edges[paths.by[node]]))
        node = int(paths.parents[node])
        nodes.append(node)
    edges.append(-1)
    return nodes[::-1], edges[::-1]


def _step(snapshot: Snapshot, node: int, edge: int) -> PathStep:
    name = name_of(snapshot, node)[:NAME_LENGTH]
    if edge < 0:
        return PathStep("", "root", name, int(snapshot.ids[node]))
    return PathStep(_edge_name(snapshot, edge), _kind(snapshot, edge), name, int(snapshot.ids[node]))


def _kind(snapshot: Snapshot, edge: int) -> str:
    return snapshot.edge_type_names[int(snapshot.edge_types[edge])]


def _edge_name(snapshot: Snapshot, edge: int) -> str:
    number = int(snapshot.edge_names[edge])
    return snapshot.strings[number][:NAME_LENGTH] if snapshot.is_named(edge) else f"[{number}]"


def _holder(snapshot: Snapshot, nodes: array[int], edges: array[int], chosen: Flags) -> Holder | NotKnown:
    """The nearest object on the example's path that belongs to the program and did not grow itself."""
    for place in range(len(nodes) - 2, -1, -1):
        node, edge = nodes[place], edges[place]
        if chosen[node]:
            continue
        kind = snapshot.node_types[int(snapshot.types[node])]
        name = name_of(snapshot, node)
        if kind not in ("object", "native", "closure") or is_own_kind(name):
            continue
        named = edge >= 0 and _kind(snapshot, edge) in ("context", "property")
        file = _file_above(snapshot, nodes[: place + 1])
        return Holder(_edge_name(snapshot, edge) if named else "", name[:NAME_LENGTH], file)
    return NO_HOLDER


def _file_above(snapshot: Snapshot, nodes: array[int]) -> str:
    """The script of the nearest function on the path, or of one sharing the nearest scope; or a module's file."""
    for node in reversed(nodes):
        kind = snapshot.node_types[int(snapshot.types[node])]
        if kind == "closure":
            return _script_of(snapshot, node)
        name = name_of(snapshot, node)
        if name == "system / Context":
            return _script_of_scope(snapshot, node)
        if name == "Module":
            file = snapshot.follow(node, "filename")
            return "" if file is None else snapshot.strings[int(snapshot.names[file])]
    return ""


def _script_of(snapshot: Snapshot, closure: int) -> str:
    """The file in which a function is defined."""
    shared = snapshot.follow(closure, "shared")
    script = None if shared is None else snapshot.follow(shared, "script", "script_or_debug_info")
    return "" if script is None else snapshot.strings[int(snapshot.names[script])]


def _script_of_scope(snapshot: Snapshot, context: int) -> str:
    """The file of a function enclosed by this scope."""
    closure = snapshot.node_type("closure")
    leading = [at.start + np.flatnonzero(targets == context) for at, (targets,) in blocks(snapshot.targets)]
    for edge in np.concatenate(leading).tolist():
        source = node_from(snapshot.first_edge, edge + 1) - 1
        if snapshot.types[source] == closure and snapshot.is_named(edge) and _edge_name(snapshot, edge) == "context":
            file = _script_of(snapshot, source)
            if file:
                return file
    return ""


def _definition(snapshot: Snapshot, node: int) -> str:
    """`file:line` of an object's constructor or of a function."""
    constructor: int | None = node
    if snapshot.types[node] == snapshot.node_type("object"):
        hidden_class = snapshot.follow(node, "map")
        for _ in range(MAX_BACK_POINTERS):
            before = None if hidden_class is None else snapshot.follow(hidden_class, "back_pointer")
            if before is None:
                break
            hidden_class = before
        constructor = None if hidden_class is None else snapshot.follow(hidden_class, "constructor")
    if constructor is None or snapshot.types[constructor] != snapshot.node_type("closure"):
        return ""
    file, place = _script_of(snapshot, constructor), snapshot.location_of(constructor)
    return f"{file}:{place[0]}" if file and place is not None else file


def _properties(snapshot: Snapshot, node: int) -> tuple[str, ...]:
    """Names of an object's properties. Those with small integers are not in a snapshot."""
    names = [_edge_name(snapshot, edge) for edge in snapshot.edges_of(node) if _kind(snapshot, edge) == "property"]
    return tuple([name for name in names if name != "__proto__"][:PROPERTIES_SHOWN])
