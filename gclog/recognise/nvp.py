"""`--trace-gc-nvp`: from the names and values of a line to the fields of a collection.

V8 renamed its keys over the years; a field takes the first of its keys that a line has.
"""

from __future__ import annotations

import json
from typing import Any

from gclog.grammar.compile import compile_grammar
from gclog.model.records import COLLECTOR_OF_TYPE, DetailedCollection
from gclog.recognise.convert import converted, known_number
from gclog.units import BYTES_PER_MB

__all__ = ["detailed_row"]

_BYTES: dict[str, tuple[str, ...]] = {
    "used_before_mb": ("total_size_before", "start_object_size"),
    "used_after_mb": ("total_size_after", "end_object_size"),
    "committed_before_mb": ("start_memory_size",),
    "committed_after_mb": ("end_memory_size",),
    "allocated_mb": ("allocated",),
    "promoted_mb": ("promoted",),
    "survived_mb": ("semi_space_copied", "new_space_survived"),
}
_NUMBERS: dict[str, tuple[str, ...]] = {
    "pause_ms": ("pause",),
    "mutator_ms": ("mutator",),
    "external_ms": ("external", "heap.external.epilogue"),
    "incremental_ms": ("incremental", "incremental.steps_took", "incremental_steps_took", "steps_took", "stepstook"),
    "incremental_longest_ms": ("incremental_longest_step", "longest_step"),
    "incremental_wall_ms": ("incremental_walltime_duration",),
}
_COUNTS: dict[str, tuple[str, ...]] = {
    "incremental_steps": ("incremental_steps_count", "incremental.steps_count", "steps_count", "stepscount"),
}
_FLAGS: dict[str, tuple[str, ...]] = {"reduce": ("reduce_memory",), "during_sweeping": ("during_sweeping", "interleaved")}


def _values(text: str) -> dict[str, Any] | None:
    """The names and values of a line: texts, flags and numbers that a field may hold. None if its JSON is broken."""
    values = _pairs(text) if not text.startswith("{") else _members(text)
    if values is None:
        return None
    return {name: value for name, value in values.items() if isinstance(value, str | bool) or known_number(value) is not None}


def _members(text: str) -> dict[str, Any] | None:
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None


def _pairs(text: str) -> dict[str, Any]:
    pair = next(rule for rule in compile_grammar("gc_nvp").rules if rule.name == "pair")
    values: dict[str, Any] = {}
    for found in pair.part_pattern.finditer(text):
        name, value = found["name"], found["value"].rstrip("%")
        try:
            values[name] = float(value)
        except ValueError:
            values[name] = value
    return values


def detailed_row(fields: dict[str, str], form: str) -> dict[str, Any] | None:
    """The fields of a DetailedCollection by name, converted; `form` is the rule that read it. None if the line is no collection after all."""
    values = _values(fields["values"])
    if (
        values is None
        or not isinstance(values.get("gc"), str)
        or values["gc"] not in COLLECTOR_OF_TYPE
        or known_number(values.get("pause")) is None
    ):
        return None
    row = converted(DetailedCollection, {name: text for name, text in fields.items() if name != "values"})
    if row is None:
        return None
    row.update(values=values, type=values["gc"], form=form)
    for name, keys in _NUMBERS.items():
        row[name] = _first(values, keys)
    for name, keys in _COUNTS.items():
        count = _first(values, keys)
        row[name] = None if count is None else int(count)
    for name, keys in _BYTES.items():
        size = _first(values, keys)
        row[name] = None if size is None else size / BYTES_PER_MB
    for name, keys in _FLAGS.items():
        row[name] = any(values.get(key) for key in keys)
    for name in ("reason", "collector_reason"):
        value = values.get(name)
        row[name] = value if isinstance(value, str) and value else None
    return row


def _first(values: dict[str, Any], keys: tuple[str, ...]) -> float | None:
    """The number of the first of some keys that a line has."""
    return next((known_number(values[key]) for key in keys if key in values), None)
