"""A fleet as a table: a row for each process, in order of risk, and then for each log that failed; the same types whatever is in it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from gclog.model.fleet import FleetReport
from gclog.model.not_known import NotKnown
from gclog.report.tables.forms import TableForm, render_table

__all__ = ["COLUMNS", "fleet_table", "render_fleet_table"]

BETWEEN = ";"
"""Between ids of findings, and between measures, in one cell."""

Kind = str
"""The type of a column, by pandas' name; `object` for texts."""

COLUMNS: Mapping[str, Kind] = {
    "rank": "Int64",
    "source": "object",
    "host": "object",
    "pid": "Int64",
    "isolate": "object",
    "main": "boolean",
    "run": "Int64",
    "line": "Int64",
    "node": "object",
    "family": "object",
    "level": "object",
    "headline": "object",
    "since_ms": "float64",
    "foreseeable_ms": "float64",
    "left_ms": "float64",
    "left_low_ms": "float64",
    "left_high_ms": "float64",
    "limit_mb": "float64",
    "live_mb": "float64",
    "live_share": "float64",
    "trend_mb_per_h": "float64",
    "trend_low_mb_per_h": "float64",
    "trend_high_mb_per_h": "float64",
    "share": "float64",
    "p99_ms": "float64",
    "max_ms": "float64",
    "alloc_mb_per_s": "float64",
    "span_ms": "float64",
    "wall_start_ms": "float64",
    "collections": "Int64",
    "full_collections": "Int64",
    "growth": "object",
    "crash": "object",
    "findings": "object",
    "unread_lines": "Int64",
    "notes": "object",
    "outlier_in": "object",
    "outlier_score": "float64",
    "error": "object",
}
"""The columns in their order: fields of `FleetRow`, the place in the ranking, in which measures the process stands out and by
how much at most, and why a log failed."""


def fleet_table(report: FleetReport) -> pd.DataFrame:
    """The fleet's rows with the columns of COLUMNS; what is not known is missing."""
    odd: dict[tuple[str, int], list[tuple[str, float]]] = {}
    for outlier in report.outliers:
        odd.setdefault((outlier.source, outlier.line), []).append((outlier.usual.measure, outlier.score))
    rows: list[dict[str, Any]] = []
    for place, row in enumerate(report.rows, 1):
        far = odd.get((row.source, row.line), [])
        own = {name: _cell(getattr(row, name)) for name in COLUMNS if hasattr(row, name)}
        own["findings"] = BETWEEN.join(row.findings) or None
        own["notes"] = "\n".join(row.notes) or None
        own |= {"rank": place, "outlier_in": BETWEEN.join(measure for measure, _ in far) or None}
        rows.append(own | {"outlier_score": max((score for _, score in far), default=None)})
    rows += [{"source": one.source, "host": one.host, "error": one.error} for one in report.failed]
    return pd.DataFrame({name: _column([row.get(name) for row in rows], kind) for name, kind in COLUMNS.items()})


def render_fleet_table(report: FleetReport, form: str) -> bytes:
    """The table in one of the forms of `TableForm`."""
    return render_table(fleet_table(report), TableForm(form))


def _cell(value: Any) -> Any:
    return None if isinstance(value, NotKnown) else value


def _column(values: list[Any], kind: Kind) -> Any:
    made: Callable[[list[Any]], list[Any]] = _with_nan if kind == "float64" else list
    return pd.Series(made(values), dtype=kind)


def _with_nan(values: list[Any]) -> list[Any]:
    return [math.nan if value is None else value for value in values]
