"""A file of earlier runs as JSON, format 1: within a format keys are added, never renamed or removed."""

from __future__ import annotations

from gclog.model.history import EarlierRun, HistoryReport
from gclog.report.json.values import FORMAT, Shape, Shapes, plain, write_json

__all__ = ["render_history_json"]

FIRST = ("ended", "node", "limit_mb", "age_ms", "work_mb", "plateau_mb", "grew_ms", "cycles", "live")


def render_history_json(report: HistoryReport, version: str) -> str:
    """The runs of each program as one JSON document, ASCII only."""
    shapes: Shapes = {EarlierRun: Shape(first=FIRST, left_out=("first_major", "last_major"))}
    programs = {name: plain(runs, shapes) for name, runs in report.programs.items()}
    return write_json({"format": FORMAT, "gclog": version, "programs": programs})
