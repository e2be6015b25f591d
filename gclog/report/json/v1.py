"""The report as JSON, format 1: the keys that other programs rely on.

Within a format keys are added, never renamed or removed (`tests/gold/json_keys.txt`). Units are in the names: `_ms` milliseconds,
on V8's clock if it is a moment; `_mb` 1,048,576 bytes; `_share` and `share` 0..1. What cannot be said is `{"reason": "..."}`; a number
that a log line does not have is null; NaN and infinity do not occur. Pure ASCII, so that neither a terminal nor a decoder can be
led astray by what the log says.
"""

from __future__ import annotations

import datetime
import math
from typing import Any

from gclog import units
from gclog.model.history import BesideEarlier
from gclog.model.process import HeapFigures, NodeVersion, Pauses, Span, Trend
from gclog.model.report import HeapReport, ProcessReport, Report, SourceReport
from gclog.model.verdict import Forecast, Limit, Verdict
from gclog.report.draw.thinning import thin_cycles
from gclog.report.json.heap import GROWS_SHAPES
from gclog.report.json.profile import PROFILE_SHAPES
from gclog.report.json.sampled import SAMPLED_SHAPES
from gclog.report.json.values import FORMAT, Json, Shape, Shapes, fields_of, plain, write_json
from gclog.report.json.witness import WITNESS_SHAPES

__all__ = ["CYCLES_AT_MOST", "render_json"]


CYCLES_AT_MOST = 400
"""At most this number of full collections per process: enough for a chart in another program, 60 kB at most."""

OPEN_END = "growth may also stop: no latest moment can be given"


def render_json(report: Report) -> str:
    """The report as one JSON document with a line feed at its end; the same report gives the same bytes."""
    return write_json(plain(report, REPORT_SHAPES))


def _iso(span: Span) -> str | None:
    epoch_ms = span.wall_start_ms
    if epoch_ms is None or not math.isfinite(epoch_ms):
        return None
    moment = datetime.datetime.fromtimestamp(epoch_ms / units.MS_PER_SECOND, datetime.UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _by_lines(source: SourceReport) -> str | None:
    """The most frequent envelope."""
    return min(source.envelopes, key=lambda name: (-source.envelopes[name], name), default=None)


def _collections(process: ProcessReport) -> Json:
    by_collector = {name: process.counts.get(name, 0) for name in ("scavenge", "mark_compact", "minor_mark_sweep")}
    return {"total": process.total, **by_collector}


def _interval(low: float, expected: float, high: float) -> Json:
    interval: Json = {"low": low, "expected": expected, "high": high}
    return interval if math.isfinite(high) else interval | {"high_reason": OPEN_END}


def _at(forecast: Forecast) -> Json:
    return _interval(forecast.at_low_ms, forecast.at_expected_ms, forecast.at_high_ms)


def _in(forecast: Forecast) -> Json:
    moments = (forecast.at_low_ms, forecast.at_expected_ms, forecast.at_high_ms)
    return _interval(*(moment - forecast.now_ms for moment in moments))


def _crash(process: ProcessReport) -> Json | None:
    crash = process.crash
    if crash is None:
        return None
    texts = {evidence.line: evidence.text for evidence in process.crash_evidence}
    first = ("kind", "message", "line", "reason", "last_gcs", "js_stack", "native_stack", "foreseeable_ms")
    found = fields_of(crash) | {
        "last_gcs": [{"line": line, "text": texts.get(line)} for line in crash.last_gcs],
        "foreseeable_ms": process.verdict.foreseeable_ms,
        "evidence": process.crash_evidence,
    }
    return {name: found[name] for name in dict.fromkeys((*first, *found))}


def _sorted(name: str) -> Any:
    return lambda result: dict(sorted(getattr(result, name).items()))


REPORT_SHAPES: Shapes = {
    **WITNESS_SHAPES,
    **GROWS_SHAPES,
    **PROFILE_SHAPES,
    Report: Shape(
        first=("format", "gclog", "title", "note", "command", "sources", "processes", "profiles", "heaps", "sampled_heaps"),
        renamed={"version": "gclog", "sampled": "sampled_heaps"},
        made={
            "format": lambda _: FORMAT,
            "title": lambda report: report.title or None,
            "note": lambda report: report.note or None,
            "command": lambda report: report.command or None,
        },
        if_any=("heaps", "sampled_heaps"),
    ),
    SourceReport: Shape(
        first=(
            "path",
            "kind",
            "envelope",
            "bytes",
            "lines",
            "unread_shapes",
            "envelopes",
            "encoding",
            "compression",
            "recognised_by",
        ),
        renamed={"unread": "unread_shapes"},
        made={
            "envelope": _by_lines,
            "envelopes": _sorted("envelopes"),
            "recognised_by": _sorted("recognised_by"),
            "pieces": lambda source: [{"path": path, "first_line": line} for path, line in source.pieces],
        },
    ),
    **SAMPLED_SHAPES,
    HeapReport: Shape(first=("pid", "thread_id", "why"), renamed={"diff": "what_grows"}),
    ProcessReport: Shape(
        first=(
            *("source", "pid", "isolate", "main", "run", "node", "span", "collections", "pauses", "heap", "limit", "forecast"),
            *("verdict", "timeline", "crash", "memory", "kill", "memwatch", "memory_limit", "diagnostic_reports", "witnesses"),
            *("what_grows", "sampled_heap", "findings", "strikes", "growth", "what_if", "cycles_total", "cycles"),
        ),
        renamed={
            "reported": "diagnostic_reports",
            "heap_diff": "what_grows",
            "sampled": "sampled_heap",
            "beside": "earlier_runs",
        },
        left_out=(
            *("counts", "signs", "coverage", "heap_timeline", "crash_evidence", "series", "last_collections", "by_memory"),
            "is_as_before",
        ),
        made={
            "collections": _collections,
            "crash": _crash,
            "cycles_total": lambda process: len(process.cycles),
            "cycles": lambda process: thin_cycles(process.cycles, CYCLES_AT_MOST),
        },
        if_any=("what_grows", "sampled_heap", "earlier_runs"),
    ),
    BesideEarlier: Shape(
        first=("stands", "by", "runs", "live_mb", "least_mb", "highest_mb", "differences", "because"),
        made={"band": lambda one: [{"at_ms": at, "least_mb": low, "highest_mb": high} for at, low, high in one.band]},
    ),
    NodeVersion: Shape(first=("range", "evidence")),
    Span: Shape(
        left_out=("wall_start_ms",),
        made={"wall_start": _iso, "duration_ms": lambda span: span.duration_ms},
    ),
    Pauses: Shape(
        first=(
            *("share", "share_with_incremental", "worst_60s_share"),
            *("count", "total_ms", "max_ms", "max_line", "p50_ms", "p90_ms", "p99_ms", "by_collector", "by_reason", "mmu"),
        ),
        renamed={"worst_window_share": "worst_60s_share"},
        merged=("all",),
        made={"by_collector": _sorted("by_collector")},
    ),
    HeapFigures: Shape(
        first=(
            *("live_mb", "live_min_mb", "live_max_mb", "committed_max_mb", "alloc_mb_per_s", "old_space_trend", "live_basis"),
            *("used_max_mb", "promoted_mb_per_s", "survival_share", "reclaim_median_share", "fragmentation_max_mb"),
            *("fragmentation_line", "external_max_mb", "full_collections", "full_incremental", "leak_events"),
        )
    ),
    Trend: Shape(first=("mb_per_h", "low_mb_per_h", "high_mb_per_h", "points", "basis")),
    Limit: Shape(first=("mb", "source")),
    Forecast: Shape(
        first=("at_ms", "in_ms", "basis"),
        left_out=("at_low_ms", "at_expected_ms", "at_high_ms"),
        made={"at_ms": _at, "in_ms": _in},
    ),
    Verdict: Shape(renamed={"not_foreseeable": "foreseeable_reason"}),
}
