"""Where things are defined: the script and line of a function, of a constructor, of what a scope belongs to."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from gclog.heap.graph import node_from
from gclog.heap.snapshot import Snapshot
from gclog.heap.spill import blocks

__all__ = [
    "CONTEXT",
    "definition_of",
    "file_above",
    "global_objects",
    "is_context",
    "is_global",
    "is_of_the_program",
    "script_of",
]

CONTEXT = "system / Context"
"""The variables of a function call that closures use."""

_GLOBAL = re.compile(
    r"(?:global|Window)(?: / .*)?|Object / .*|GlobalObject|.* \[JSGlobal(?:Object|Proxy)\](?: / .*)?", re.DOTALL
)
"""Global objects: of Node, of Chrome with the address of the page, of Bun; since V8 15 with V8's word for what they are."""

_SCRIPT = "system / Script / "
"""Before the name of a script since V8 15."""

MAX_BACK_POINTERS = 1000
"""Upper bound on the steps from a hidden class back to its first one, one for each property added."""

_RUNTIME = re.compile(r"(?:node|ext|deno|bun|electron|internal):|internal/|\w+\.js(?::\d+)?$")
"""Scripts of Node (up to 14 `events.js`, `internal/timers.js`), Deno, Bun and Electron themselves."""


def is_of_the_program(place: str) -> bool:
    """Whether a script, with or without a line, is the program's or a package's, as opposed to the runtime's or unknown."""
    return bool(place) and _RUNTIME.match(place) is None


def is_context(name: str) -> bool:
    """Whether a node of this name is a scope, which has a number since V8 15: `system / Context / scope @7871`."""
    return name == CONTEXT or name.startswith(f"{CONTEXT} / ")


def is_global(name: str) -> bool:
    """Whether a node of this name is a global object."""
    return _GLOBAL.fullmatch(name) is not None


def global_objects(snapshot: Snapshot) -> NDArray[np.int64]:
    """The global objects by V8's name for them: since V8 15 the root does not lead to them."""
    names = list(snapshot.strings.containing(b"[JSGlobalObject]"))
    found = [at.start + np.flatnonzero(np.isin(numbers, names)) for at, (numbers,) in blocks(snapshot.names)]
    return np.concatenate(found)


def file_above(snapshot: Snapshot, nodes: Iterable[int]) -> str:
    """The script of the first function among the nodes, which lead from an object to the root; or of the first scope or module."""
    for node in nodes:
        kind = snapshot.node_types[int(snapshot.types[node])]
        name = snapshot.strings[int(snapshot.names[node])]
        if kind == "closure":
            return script_of(snapshot, node)
        if is_context(name):
            return _script_of_scope(snapshot, node)
        if name == "Module":
            file = snapshot.follow(node, "filename")
            return "" if file is None else snapshot.strings[int(snapshot.names[file])]
    return ""


def script_of(snapshot: Snapshot, closure: int) -> str:
    """The file in which a function is defined; empty if it is not known."""
    shared = snapshot.follow(closure, "shared")
    script = None if shared is None else snapshot.follow(shared, "script", "script_or_debug_info")
    return "" if script is None else snapshot.strings[int(snapshot.names[script])].removeprefix(_SCRIPT)


def _script_of_scope(snapshot: Snapshot, context: int) -> str:
    """The file of a function enclosed by this scope."""
    closure = snapshot.node_type("closure")
    leading = [at.start + np.flatnonzero(targets == context) for at, (targets,) in blocks(snapshot.targets)]
    for edge in np.concatenate(leading).tolist():
        source = node_from(snapshot.first_edge, edge + 1) - 1
        if snapshot.types[source] == closure and snapshot.edge_name(edge) == "context":
            file = script_of(snapshot, source)
            if file:
                return file
    return ""


def definition_of(snapshot: Snapshot, node: int) -> str:
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
    file, place = script_of(snapshot, constructor), snapshot.location_of(constructor)
    return f"{file}:{place[0]}" if file and place is not None else file
