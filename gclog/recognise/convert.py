"""From a record's fields as text to its values: one column at a time, or one record at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gclog.model.records import Record, column_specs

__all__ = ["converters", "empty_values"]


def _truth(_: str | bytes) -> bool:
    return True


def _integer(text: str | bytes) -> int:
    return int(float(text))


def _text(text: str | bytes) -> str:
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else text


_BY_KIND: dict[type, Callable[[Any], Any]] = {float: float, int: _integer, str: _text, bool: _truth, dict: dict}


_CONVERTERS: dict[type[Record], dict[str, Callable[[Any], Any]]] = {}
_EMPTY: dict[type[Record], dict[str, Any]] = {}


def converters(record: type[Record]) -> dict[str, Callable[[Any], Any]]:
    """For each field of a record, what turns its text into its value."""
    if record not in _CONVERTERS:
        _CONVERTERS[record] = {name: _BY_KIND[spec.metadata["kind"]] for name, spec in column_specs(record).items()}
    return _CONVERTERS[record]


def empty_values(record: type[Record]) -> dict[str, Any]:
    """For each field of a record, its value in a line that does not have it: False for a flag, None for anything else."""
    if record not in _EMPTY:
        _EMPTY[record] = {name: False if spec.metadata["kind"] is bool else None for name, spec in column_specs(record).items()}
    return _EMPTY[record]
