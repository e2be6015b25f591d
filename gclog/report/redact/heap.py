"""Redaction of heap snapshots: V8's and Node's constructors keep their names, the application's become `class-1`, strings are hidden."""

from __future__ import annotations

import re
from typing import Any

from gclog.model.heap import PathStep
from gclog.report.redact.text import GONE, TextRedactor

__all__ = ["constructor", "defined", "edge", "object_name", "script", "variable"]

_OWN = re.compile(r"\((?:[a-z][a-z ]*|[A-Z]\w*(?: [a-z]+)* roots)\)|(?:system|Node) / [\w :<>]+|Detached \([a-z ]+\)")
"""V8's own object kinds, and objects that Node names in C++."""

_PLACED = re.compile(r"([^()]+) \((.+:\d+)\)", re.DOTALL)
"""A class that shares its name with another, and its place."""

ROOTS = frozenset(
    f"({name})"
    for name in (
        *("Bootstrapper", "Builtins", "Client heap", "Code flusher", "Compilation cache", "Debugger", "Eternal handles"),
        *("Extensions", "External strings", "External strings table", "Global handles", "Handle scope", "Identity map"),
        *("Internalized strings", "Micro tasks", "Microtasks", "Object cache", "Partial snapshot cache", "Read-only roots"),
        *("Relocatable", "Retain maps", "Shareable object cache", "SharedStruct type registry", "Startup object cache"),
        *("Strong root list", "Thread manager", "Traced handles", "Write barrier"),
    )
)
"""Names of V8's root lists that the pattern does not cover."""

_STANDARD_TEXT = """
AggregateError Array ArrayBuffer AsyncFunction BigInt BigInt64Array BigUint64Array Boolean Buffer DataView Date Error EventEmitter
FinalizationRegistry Float32Array Float64Array Function Generator Immediate IncomingMessage Int16Array Int32Array Int8Array Map Number
Object Promise Proxy RangeError ReferenceError RegExp Server ServerResponse Set SharedArrayBuffer Socket String Symbol SyntaxError
Timeout Timer TimersList TypeError URIError Uint16Array Uint32Array Uint8Array Uint8ClampedArray WeakMap WeakRef WeakSet Window console
global process
"""
STANDARD = frozenset(_STANDARD_TEXT.split())
"""Constructors of the language and of Node, present in every program."""

OWN_EDGES = frozenset({"internal", "hidden", "element", "root"})
"""Edge types whose names come from V8 or are indices."""


def constructor(texts: TextRedactor, name: str, _: Any) -> str:
    """A constructor of the language, of Node or of V8; `class-1` otherwise."""
    if (placed := _PLACED.fullmatch(name)) is not None:
        return f"{constructor(texts, placed[1], _)} ({defined(texts, placed[2], _)})"
    if not name:
        return name
    return name if name in STANDARD or name in ROOTS or _OWN.fullmatch(name) else texts.names.constructor(name)


def variable(texts: TextRedactor, name: str, _: Any) -> str:
    """`name-1`: a variable or a property."""
    return texts.names.variable(name) if name else ""


def script(texts: TextRedactor, path: str, _: Any) -> str:
    """`script-1.js`, unless it is Node's or a package's."""
    return texts.names.script(path) if path else ""


def defined(texts: TextRedactor, place: str, _: Any) -> str:
    """`script-1.js:12`: the definition of a constructor."""
    path, colon, line = place.rpartition(":")
    return f"{texts.names.script(path)}{colon}{line if line.isdigit() else GONE}" if path else ""


def edge(texts: TextRedactor, name: str, step: PathStep) -> str:
    """The name of an edge: kept if V8 gave it or if it is an index."""
    return name if step.kind in OWN_EDGES else texts.names.variable(name)


def object_name(texts: TextRedactor, name: str, step: PathStep) -> str:
    """An object on a retaining path: its constructor or function; a string is hidden whole."""
    if name.startswith('"'):
        return f'"{GONE}"'
    if name.endswith("()"):
        return name if name == "function()" else f"{texts.names.function(name[:-2])}()"
    return constructor(texts, name, step)
