"""A fleet as a table: a row for each process, in order of risk, then one for each failed log; dtypes do not depend on the data."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from gclog.model.fleet import FleetReport
from gclog.model.not_known import NotKnown

__all__ = ["COLUMNS", "fleet_table"]

BETWEEN = ";"
"""Separator of finding ids, and of measures, within a cell."""

Kind = str
"""A column's dtype by pandas' name; `object` for text."""

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
"""The columns in order: fields of `FleetRow`, the rank, the measures in which the process is an outlier, its largest score, and
why a log failed."""


def fleet_table(report: FleetReport) -> pd.DataFrame:
    """The fleet's rows with the columns of COLUMNS; unknown values are missing."""
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


def _cell(value: Any) -> Any:
    return None if isinstance(value, NotKnown) else value


def _column(values: list[Any], kind: Kind) -> Any:
    made: Callable[[list[Any]], list[Any]] = _with_nan if kind == "float64" else list
    return pd.Series(made(values), dtype=kind)


def _with_nan(values: list[Any]) -> list[Any]:
    return [math.nan if value is None else value for value in values]
