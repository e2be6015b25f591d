"""From a record's fields as text to its values: one column at a time, or one record at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gclog.model.records import Record, column_specs

__all__ = ["FLAG", "LARGEST_WHOLE", "converted", "converters", "empty_values", "known_number"]

QUOTIENTS = frozenset({"average_mu", "current_mu", "utilisation", "mutator_speed", "gc_speed"})
"""What V8 computes by a division, and prints as nan or inf if there is nothing to divide by: not known."""

LARGEST = 2.0**64
"""No field holds a larger number: the largest that V8 prints is a machine word (a size that went below zero)."""

LONGEST_MS = 1e15
"""No process runs for 30,000 years. A template's numbers have 15 digits at the most, too."""

LARGEST_WHOLE = 2**63 - 1024
"""The largest float that a 64-bit integer holds."""

FLAG = "yes"
"""The text of a flag that is set."""


def _truth(_: str | bytes) -> bool:
    return True


def known_number(value: object) -> float | None:
    """A number that a field may hold, as a float; None for any other value: nan, infinity, 400 digits, a flag, a text."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not -LARGEST <= value <= LARGEST:
        return None
    return float(value)


def _float(text: str | bytes) -> float | None:
    return known_number(float(text))


def _milliseconds(text: str | bytes) -> float | None:
    number = float(text)
    return number if -LONGEST_MS < number < LONGEST_MS else None


def _integer(text: str | bytes) -> int | None:
    number = float(text)
    return int(number) if -LARGEST_WHOLE <= number <= LARGEST_WHOLE else None


def _text(text: str | bytes) -> str:
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else text


_BY_KIND: dict[type, Callable[[Any], Any]] = {float: _float, int: _integer, str: _text, bool: _truth, dict: dict}


_CONVERTERS: dict[type[Record], dict[str, Callable[[Any], Any]]] = {}
_EMPTY: dict[type[Record], dict[str, Any]] = {}


def converters(record: type[Record]) -> dict[str, Callable[[Any], Any]]:
    """For each field of a record, what turns its text into its value: None for a number that no field holds."""
    if record not in _CONVERTERS:
        kinds = {name: spec.metadata["kind"] for name, spec in column_specs(record).items()}
        _CONVERTERS[record] = {
            name: _milliseconds if kind is float and name.endswith("_ms") else _BY_KIND[kind] for name, kind in kinds.items()
        }
    return _CONVERTERS[record]


def converted(record: type[Record], fields: Mapping[str, str]) -> dict[str, Any] | None:
    """The values of a line's fields; None if it has a number that no field holds, and that V8 cannot have printed."""
    convert = converters(record)
    values = {name: convert[name](text) for name, text in fields.items()}
    return None if any(value is None and name not in QUOTIENTS for name, value in values.items()) else values


def empty_values(record: type[Record]) -> dict[str, Any]:
    """For each field of a record, its value in a line that does not have it: False for a flag, None for anything else."""
    if record not in _EMPTY:
        _EMPTY[record] = {name: False if spec.metadata["kind"] is bool else None for name, spec in column_specs(record).items()}
    return _EMPTY[record]
