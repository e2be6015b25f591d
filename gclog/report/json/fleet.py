"""A fleet as JSON, format 1: within a format keys are added, never renamed or removed.

`{"format": 1, "gclog": version, "fleet": {...}}`. Units are in names; a figure that cannot be given is `{"reason": ...}`; an
infinite one is null.
"""

from __future__ import annotations

from gclog.model.fleet import FailedLog, FleetReport, FleetRow, Outlier, Yardstick
from gclog.report.json.values import FORMAT, Json, Shape, Shapes, plain, write_json

__all__ = ["render_fleet_json"]


def render_fleet_json(report: FleetReport) -> str:
    """The fleet as one JSON document, ASCII only."""
    return write_json({"format": FORMAT, "gclog": report.version, "fleet": plain(report, FLEET_SHAPES)})


def _ranked(report: FleetReport) -> list[Json]:
    """The rows, each with its rank before its own keys."""
    return [{"rank": rank, **plain(row, FLEET_SHAPES)} for rank, row in enumerate(report.rows, 1)]


def _left(row: FleetRow) -> Json:
    return {"low": row.left_low_ms, "expected": row.left_ms, "high": row.left_high_ms}


def _trend(row: FleetRow) -> Json:
    return {"low": row.trend_low_mb_per_h, "expected": row.trend_mb_per_h, "high": row.trend_high_mb_per_h}


FLEET_SHAPES: Shapes = {
    FleetReport: Shape(
        first=("words", "logs", "files", "read", "stopped", "workers_lost", "processes"),
        renamed={"yardsticks": "usual"},
        left_out=("version", "rows"),
        made={"stopped": lambda report: report.stopped, "processes": _ranked},
    ),
    FleetRow: Shape(
        first=(
            *("source", "host", "pid", "isolate", "main", "run", "line", "node", "family", "level", "headline"),
            *("since_ms", "foreseeable_ms", "left_ms", "limit_mb", "live_mb", "live_share", "trend_mb_per_h"),
            *("share", "p99_ms", "max_ms", "alloc_mb_per_s", "span_ms", "wall_start_ms", "collections", "full_collections"),
        ),
        left_out=("left_low_ms", "left_high_ms", "trend_low_mb_per_h", "trend_high_mb_per_h"),
        made={"left_ms": _left, "trend_mb_per_h": _trend},
    ),
    FailedLog: Shape(left_out=("was_read",)),
    Outlier: Shape(
        first=("source", "line", "pid", "host", "measure", "value", "score", "family", "median"),
        left_out=("usual",),
        made={
            "measure": lambda outlier: outlier.usual.measure,
            "family": lambda outlier: outlier.usual.group,
            "median": lambda outlier: outlier.usual.median,
        },
    ),
    Yardstick: Shape(renamed={"group": "family"}),
}
