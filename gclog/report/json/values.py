"""Results as JSON values: `plain` renders a result under its own field names, `Shape` lists where a format's keys differ from them."""

from __future__ import annotations

import dataclasses
import functools
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from json.encoder import encode_basestring_ascii
from typing import Any

from gclog import units

__all__ = ["FORMAT", "Json", "Shape", "Shapes", "fields_of", "plain", "write_json"]

Json = dict[str, Any]

ENCODER = json.JSONEncoder(allow_nan=False)

FORMAT = 1
"""Of every report in JSON. Within a format keys are added, never renamed or removed."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How the keys of a result differ from its fields. Any field not mentioned becomes a key of the same name, after those in `first`.

    first      keys that come first, in this order
    renamed    field -> key
    left_out   fields without a key
    merged     fields whose own keys are spliced into those of the result
    made       key -> function from the result to its value, which is then made plain
    if_any     keys that are left out if empty
    """

    first: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    merged: tuple[str, ...] = ()
    made: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    if_any: tuple[str, ...] = ()


Shapes = Mapping[type, Shape]

_AS_IT_IS = Shape()


def plain(value: Any, shapes: Shapes) -> Any:
    """A result as dicts, lists, strings and numbers. Raises TypeError for a value of any other kind.

    NotKnown becomes `{"reason": ...}`, its only field; NaN and infinity become null; microseconds (`at_us`) become ms (`at_ms`);
    lone surrogates, which strict decoders refuse, are replaced.
    """
    match value:
        case None | bool() | int():
            return value
        case float():
            return value if math.isfinite(value) else None
        case str():
            return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case tuple() | list():
            return [plain(item, shapes) for item in value]
        case dict():
            return {plain(key, shapes): plain(item, shapes) for key, item in value.items()}
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return _keys(value, shapes)
        case _:
            raise TypeError(f"no value of JSON: {type(value).__name__}")


def _keys(result: Any, shapes: Shapes) -> Json:
    shape = shapes.get(type(result), _AS_IT_IS)
    found: Json = {}
    for name in _names(result.__class__):
        if name in shape.merged:
            found |= plain(getattr(result, name), shapes)
        elif name not in shape.left_out and name not in shape.made:
            key, value = shape.renamed.get(name, name), getattr(result, name)
            if key.endswith("_us"):
                key, value = _in_ms(key, value)
            found[key] = plain(value, shapes)
    if shape is _AS_IT_IS:
        return found
    found |= {key: plain(make(result), shapes) for key, make in shape.made.items()}
    order = dict.fromkeys((*(key for key in shape.first if key in found), *found))
    return {key: found[key] for key in order if found[key] or key not in shape.if_any}


def _in_ms(key: str, value: Any) -> tuple[str, Any]:
    return f"{key.removesuffix('_us')}_ms", value / units.US_PER_MS if isinstance(value, int | float) else value


@functools.cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(one.name for one in dataclasses.fields(kind))


def fields_of(result: Any) -> Json:
    """The fields of a result by name, with unchanged values."""
    return {name: getattr(result, name) for name in _names(result.__class__)}


def write_json(document: Json) -> str:
    """The document as pure ASCII, ending in a line feed. Raises ValueError for NaN and infinity."""
    return _written(document, "\n") + "\n"


def _written(value: Any, end: str) -> str:
    """A value as `json.dumps(value, indent=2)` lays it out, in half the time. `end`: the line feed and the indent after it."""
    inner = f"{end}  "
    match value:
        case dict() if value:
            return (
                "{"
                + inner
                + f",{inner}".join(
                    [
                        f"{_simple(key if isinstance(key, str) else ENCODER.encode(key))}: {_written(item, inner)}"
                        for key, item in value.items()
                    ]
                )
                + end
                + "}"
            )
        case list() if value:
            return "[" + inner + f",{inner}".join([_written(item, inner) for item in value]) + end + "]"
        case _:
            return _simple(value)


def _simple(value: Any) -> str:
    """A text, a number, a flag, None, or an empty collection."""
    if isinstance(value, str):
        return encode_basestring_ascii(value)
    if isinstance(value, float) and math.isfinite(value):
        return float.__repr__(value)
    return ENCODER.encode(value)
