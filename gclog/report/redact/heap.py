"""What heap snapshots say, for strangers: V8's and Node's own constructors keep their names, all else is numbered anew or gone."""

from __future__ import annotations

import dataclasses
import re

from gclog.diagnose.remedies import say_what_grows
from gclog.model.heap import ClassGrowth, Grower, HeapDiff, Holder, PathStep, SnapshotFigures
from gclog.model.not_known import NotKnown
from gclog.report.redact.text import GONE, TextRedactor

__all__ = ["quote_heap", "redact_heap"]

_OWN = re.compile(r"\((?:[a-z][a-z ]*|[A-Z]\w*(?: [a-z]+)* roots)\)|(?:system|Node) / [\w :<>]+|Detached \([a-z ]+\)")
"""V8's kinds, and what Node names in C++."""

STANDARD = frozenset(
    """
    AggregateError Array ArrayBuffer AsyncFunction BigInt BigInt64Array BigUint64Array Boolean Buffer DataView Date Error EventEmitter
    FinalizationRegistry Float32Array Float64Array Function Generator Immediate IncomingMessage Int16Array Int32Array Int8Array Map Number
    Object Promise Proxy RangeError ReferenceError RegExp Server ServerResponse Set SharedArrayBuffer Socket String Symbol SyntaxError
    Timeout Timer TimersList TypeError URIError Uint16Array Uint32Array Uint8Array Uint8ClampedArray WeakMap WeakRef WeakSet Window console
    global process
    """.split()  # noqa: SIM905 -- a line for each name would fill a page
)
"""Constructors of the language and of Node: they are in every program."""

OWN_EDGES = frozenset({"internal", "hidden", "element", "root"})
"""Edges that V8 names itself, or that have a number."""


def quote_heap(diff: HeapDiff, texts: TextRedactor) -> None:
    """What stands for the advice that a finding gives by these snapshots; before that is redacted."""
    said = say_what_grows(diff)
    if said:
        texts.quoted[said] = say_what_grows(redact_heap(diff, texts))


def redact_heap(diff: HeapDiff, texts: TextRedactor) -> HeapDiff:
    """The same figures."""
    return dataclasses.replace(
        diff,
        snapshots=tuple(_snapshot(one, texts) for one in diff.snapshots),
        classes=tuple(_growth(one, texts) for one in diff.classes),
        growers=tuple(_grower(one, texts) for one in diff.growers),
        notes=tuple(texts.sentence(note) for note in diff.notes),
    )


def _snapshot(one: SnapshotFigures, texts: TextRedactor) -> SnapshotFigures:
    return dataclasses.replace(one, name=texts.names.source(one.name), notes=tuple(texts.sentence(note) for note in one.notes))


def _growth(one: ClassGrowth, texts: TextRedactor) -> ClassGrowth:
    return dataclasses.replace(one, name=_constructor(one.name, texts))


def _grower(one: Grower, texts: TextRedactor) -> Grower:
    script, colon, line = one.defined.rpartition(":")
    return dataclasses.replace(
        one,
        growth=_growth(one.growth, texts),
        properties=tuple(texts.names.variable(name) for name in one.properties),
        defined=f"{texts.names.script(script)}{colon}{line}" if script else "",
        path=tuple(_step(step, texts) for step in one.path),
        holder=one.holder if isinstance(one.holder, NotKnown) else _holder(one.holder, texts),
    )


def _holder(holder: Holder, texts: TextRedactor) -> Holder:
    name = texts.names.variable(holder.name) if holder.name else ""
    return Holder(name, _constructor(holder.constructor, texts), texts.names.script(holder.file) if holder.file else "")


def _step(step: PathStep, texts: TextRedactor) -> PathStep:
    edge = step.edge if step.kind in OWN_EDGES else texts.names.variable(step.edge)
    return dataclasses.replace(step, edge=edge, name=_object(step.name, texts))


def _object(name: str, texts: TextRedactor) -> str:
    """An object on a path: its constructor, a function, the text of a string."""
    if name.startswith('"'):
        return f'"{GONE}"'
    if name.endswith("()"):
        return name if name == "function()" else f"{texts.names.function(name[:-2])}()"
    return _constructor(name, texts)


def _constructor(name: str, texts: TextRedactor) -> str:
    return name if name in STANDARD or _OWN.fullmatch(name) else texts.names.constructor(name)
