"""A fleet as a table: a row for each process, in order of risk, then one for each failed log; dtypes do not depend on the data."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import pandas as pd

from gclog.model.fleet import FleetReport, FleetRow
from gclog.model.not_known import NotKnown
from gclog.report.tables.forms import TableForm, render_table

__all__ = ["COLUMNS", "fleet_table", "render_fleet_table"]

BETWEEN = {"findings": ";", "notes": "\n", "outlier_in": ";"}
"""Separates several texts in one cell."""

Kind = str
"""A column's dtype by pandas' name; `object` for text."""

KINDS: Mapping[type, Kind] = {float: "float64", bool: "boolean", int: "Int64"}


def _kind_of(hint: Any) -> Kind:
    """The kind of a column by the type of its field."""
    types = set(get_args(hint)) if get_origin(hint) in (UnionType, Union) else {hint}
    return next((kind for type_, kind in KINDS.items() if type_ in types), "object")


COLUMNS: Mapping[str, Kind] = {
    "rank": "Int64",
    **{name: _kind_of(hint) for name, hint in get_type_hints(FleetRow).items()},
    "outlier_in": "object",
    "outlier_score": "float64",
    "error": "object",
}
"""The columns in their order: the place in the ranking, the fields of `FleetRow`, in which measures the process stands out and by
how much at most, and why a log failed."""


def fleet_table(report: FleetReport) -> pd.DataFrame:
    """The fleet's rows with the columns of COLUMNS; unknown values are missing."""
    odd: dict[tuple[str, int], list[tuple[str, float]]] = {}
    for outlier in report.outliers:
        odd.setdefault((outlier.source, outlier.line), []).append((outlier.usual.measure, outlier.score))
    rows: list[dict[str, Any]] = []
    for place, row in enumerate(report.rows, 1):
        far = odd.get((row.source, row.line), [])
        own = {field.name: _cell(field.name, getattr(row, field.name)) for field in dataclasses.fields(row)}
        own |= {"rank": place, "outlier_in": BETWEEN["outlier_in"].join(measure for measure, _ in far) or None}
        rows.append(own | {"outlier_score": max((score for _, score in far), default=None)})
    rows += [{"source": one.source, "host": one.host, "error": one.error} for one in report.failed]
    return pd.DataFrame({name: _column([row.get(name) for row in rows], kind) for name, kind in COLUMNS.items()})


def render_fleet_table(report: FleetReport, form: str) -> bytes:
    """The table in one of the forms of `TableForm`."""
    return render_table(fleet_table(report), TableForm(form))


def _cell(name: str, value: Any) -> Any:
    if isinstance(value, tuple):
        return BETWEEN[name].join(value) or None
    return None if isinstance(value, NotKnown) else value


def _column(values: list[Any], kind: Kind) -> Any:
    made: Callable[[list[Any]], list[Any]] = _with_nan if kind == "float64" else list
    return pd.Series(made(values), dtype=kind)


def _with_nan(values: list[Any]) -> list[Any]:
    return [math.nan if value is None else value for value in values]
