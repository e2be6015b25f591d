"""A fleet as JSON, format 1: built field by field; keys are added, never renamed or removed, within a format.

`{"format": 1, "gclog": version, "fleet": {...}}`. Units are in names; a figure that cannot be given is `{"reason": ...}`; an
infinite one is null.
"""

from __future__ import annotations

import json

from gclog.model.fleet import FailedLog, FleetGroup, FleetReport, FleetRow, Outlier, Yardstick
from gclog.report.json.values import Json, number

__all__ = ["FORMAT", "render_fleet_json"]

FORMAT = 1


def render_fleet_json(report: FleetReport) -> str:
    """The fleet as one JSON document, ASCII only."""
    document = {"format": FORMAT, "gclog": report.version, "fleet": _fleet(report)}
    return json.dumps(document, indent=2, allow_nan=False, ensure_ascii=True) + "\n"


def _fleet(report: FleetReport) -> Json:
    return {
        "words": [_whole(word) for word in report.words],
        "logs": report.logs,
        "files": report.files,
        "read": report.read,
        "stopped": report.stopped,
        "workers_lost": report.workers_lost,
        "processes": [_row(place, row) for place, row in enumerate(report.rows, 1)],
        "failed": [_failed(one) for one in report.failed],
        "outliers": [_outlier(outlier) for outlier in report.outliers],
        "usual": [_usual(stick) for stick in report.yardsticks],
        "groups": [_group(group) for group in report.groups],
    }


def _row(place: int, row: FleetRow) -> Json:
    return {
        "rank": place,
        "source": _whole(row.source),
        "host": _text(row.host),
        "pid": row.pid,
        "isolate": row.isolate,
        "main": row.main,
        "run": row.run,
        "line": row.line,
        "node": row.node,
        "family": row.family,
        "level": row.level,
        "headline": _whole(row.headline),
        "since_ms": number(row.since_ms),
        "foreseeable_ms": number(row.foreseeable_ms),
        "left_ms": {"low": number(row.left_low_ms), "expected": number(row.left_ms), "high": number(row.left_high_ms)},
        "limit_mb": number(row.limit_mb),
        "live_mb": number(row.live_mb),
        "live_share": number(row.live_share),
        "trend_mb_per_h": {
            "low": number(row.trend_low_mb_per_h),
            "expected": number(row.trend_mb_per_h),
            "high": number(row.trend_high_mb_per_h),
        },
        "share": number(row.share),
        "p99_ms": number(row.p99_ms),
        "max_ms": number(row.max_ms),
        "alloc_mb_per_s": number(row.alloc_mb_per_s),
        "span_ms": number(row.span_ms),
        "wall_start_ms": number(row.wall_start_ms),
        "collections": row.collections,
        "full_collections": row.full_collections,
        "growth": row.growth,
        "crash": row.crash,
        "findings": list(row.findings),
        "unread_lines": row.unread_lines,
        "notes": [_whole(note) for note in row.notes],
    }


def _failed(one: FailedLog) -> Json:
    return {"source": _whole(one.source), "host": _text(one.host), "error": _whole(one.error)}


def _outlier(outlier: Outlier) -> Json:
    return {
        "source": _whole(outlier.source),
        "line": outlier.line,
        "pid": outlier.pid,
        "host": _text(outlier.host),
        "measure": outlier.usual.measure,
        "value": number(outlier.value),
        "score": number(outlier.score),
        "family": outlier.usual.group,
        "median": number(outlier.usual.median),
    }


def _usual(stick: Yardstick) -> Json:
    return {
        "family": stick.group,
        "measure": stick.measure,
        "count": stick.count,
        "median": number(stick.median),
        "spread": number(stick.spread),
    }


def _group(group: FleetGroup) -> Json:
    return {
        "by": group.by,
        "name": _whole(group.name),
        "processes": group.processes,
        "failed": group.failed,
        "levels": dict(group.levels),
        "crashed": group.crashed,
        "outliers": group.outliers,
        "median_share": number(group.median_share),
        "median_p99_ms": number(group.median_p99_ms),
        "median_live_mb": number(group.median_live_mb),
        "median_trend_mb_per_h": number(group.median_trend_mb_per_h),
    }


def _text(text: str | None) -> str | None:
    return None if text is None else _whole(text)


def _whole(text: str) -> str:
    """Halves of surrogate pairs, which the name of a file may hold, replaced: strict decoders refuse them."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
