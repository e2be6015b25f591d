"""What other witnesses say, as JSON: `memory`, `kill`, `memwatch`, `memory_limit`, `diagnostic_reports` and `witnesses` of a process."""

from __future__ import annotations

from gclog.model.witness import MemoryFigures, ReportedProcess, Witness
from gclog.report.json.values import Json, Shape, Shapes

__all__ = ["WITNESS_SHAPES"]


def _rss_trend(memory: MemoryFigures) -> Json:
    return {"expected": memory.rss_mb_per_h, "low": memory.rss_low_mb_per_h, "high": memory.rss_high_mb_per_h}


def _heap_trend(memory: MemoryFigures) -> Json:
    return {"expected": memory.heap_mb_per_h, "low": memory.heap_low_mb_per_h, "high": memory.heap_high_mb_per_h}


WITNESS_SHAPES: Shapes = {
    MemoryFigures: Shape(
        first=(
            *(
                "readings",
                "first_line",
                "last_line",
                "clock",
                "span_ms",
                "growth",
                "because",
                "outside_share",
                "outside_source",
            ),
            *("rss_mb_per_h", "heap_limit_mb", "parts", "series"),
        ),
        left_out=("rss_low_mb_per_h", "rss_high_mb_per_h", "heap_low_mb_per_h", "heap_high_mb_per_h"),
        made={"rss_mb_per_h": _rss_trend, "heap_mb_per_h": _heap_trend},
    ),
    ReportedProcess: Shape(
        first=(
            *("path", "pid", "thread_id", "wall_ms", "event", "trigger", "fatal", "report_version", "node", "platform"),
            *("command_line", "heap_limit_mb", "old_limit_mb", "old_limit_why", "old_limit_low_mb", "old_limit_high_mb"),
            *("limit_from_start", "used_mb", "committed_mb", "external_mb", "malloced_mb", "rss_mb", "max_rss_mb"),
            *("constrained_mb", "machine_mb", "native_contexts", "detached_contexts", "workers"),
        ),
        left_out=("lines",),
    ),
    Witness: Shape(renamed={"source": "path"}),
}
