"""`--trace-gc-nvp`: from the names and values of a line to the fields of a collection.

V8 renamed its keys over the years; a field takes the first of its keys that a line has.
"""

from __future__ import annotations

import json
from typing import Any

from gclog.grammar.compile import compile_grammar
from gclog.model.records import COLLECTOR_OF_TYPE, DetailedCollection
from gclog.recognise.convert import converters
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
    """The names and values of a line; None if its JSON is broken."""
    if text.startswith("{"):
        try:
            parsed = json.loads(text)
        except ValueError:
            return None
        return parsed if isinstance(parsed, dict) else None
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
    if values is None or values.get("gc") not in COLLECTOR_OF_TYPE or not isinstance(values.get("pause"), int | float):
        return None
    convert = converters(DetailedCollection)
    row: dict[str, Any] = {name: convert[name](text) for name, text in fields.items() if name != "values"}
    row.update(values=values, type=values["gc"], form=form)
    for name, keys in _NUMBERS.items():
        row[name] = next((float(values[key]) for key in keys if key in values), None)
    for name, keys in _COUNTS.items():
        row[name] = next((int(values[key]) for key in keys if key in values), None)
    for name, keys in _BYTES.items():
        row[name] = next((values[key] / BYTES_PER_MB for key in keys if key in values), None)
    for name, keys in _FLAGS.items():
        row[name] = any(values.get(key) for key in keys)
    for name in ("reason", "collector_reason"):
        row[name] = values.get(name) or None
    return row
