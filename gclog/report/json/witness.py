"""The keys of other witnesses in a JSON report: `memory`, `kill`, `memwatch`, `memory_limit`, `diagnostic_reports` and `witnesses` of a
process.

`what_grows` is there only where heap snapshots of the process were given, `heaps` of a report only where some are of no process.
"""

from __future__ import annotations

from gclog.model.not_known import NotKnown
from gclog.model.report import ProcessReport, Report
from gclog.model.witness import MemoryFigures, MemoryLimit, MemorySeries, MemwatchStats, OutsideKill, ReportedProcess
from gclog.report.json.heap import grows_json
from gclog.report.json.values import Json, number

__all__ = ["heaps_json", "witness_json"]


def witness_json(process: ProcessReport) -> Json:
    """Keys to add to a process; `memory` and `kill` are null where nothing told of them, `what_grows` is left out."""
    limit = process.memory_limit
    return {
        "memory": None if process.memory is None else _memory(process.memory),
        "kill": None if process.kill is None else _kill(process.kill),
        "memwatch": _memwatch(process.memwatch),
        "memory_limit": {"mb": number(limit.mb), "why": limit.why, "line": limit.line}
        if isinstance(limit, MemoryLimit)
        else {"reason": limit.reason},
        "diagnostic_reports": [_report(report) for report in process.reported],
        "witnesses": [{"path": witness.source, "tells": list(witness.tells)} for witness in process.witnesses],
        **({} if process.heap_diff is None else {"what_grows": grows_json(process.heap_diff)}),
    }


def heaps_json(report: Report) -> Json:
    """Keys to add to a report for heap snapshots that are of none of its processes."""
    heaps = [
        {"pid": heap.pid, "thread_id": heap.thread_id, "why": heap.why, "what_grows": grows_json(heap.diff)}
        for heap in report.heaps
    ]
    return {"heaps": heaps} if heaps else {}


def _memory(memory: MemoryFigures) -> Json:
    return {
        "readings": memory.readings,
        "first_line": memory.first_line,
        "last_line": memory.last_line,
        "clock": memory.clock,
        "span_ms": number(memory.span_ms),
        "growth": memory.growth,
        "because": memory.because,
        "outside_share": number(memory.outside_share),
        "outside_source": memory.outside_source,
        "rss_mb_per_h": {
            "expected": number(memory.rss_mb_per_h),
            "low": number(memory.rss_low_mb_per_h),
            "high": number(memory.rss_high_mb_per_h),
        },
        "heap_limit_mb": number(memory.heap_limit_mb),
        "parts": {
            name: {
                "first_mb": number(part.first_mb),
                "last_mb": number(part.last_mb),
                "least_mb": number(part.least_mb),
                "most_mb": number(part.most_mb),
                "most_line": part.most_line,
                "rise_mb": number(part.rise_mb),
            }
            for name, part in memory.parts.items()
        },
        "series": _series(memory.series),
    }


def _memwatch(stats: MemwatchStats | NotKnown) -> Json:
    match stats:
        case NotKnown(reason=reason):
            return {"reason": reason}
        case MemwatchStats():
            return {
                "num_full_gc": stats.num_full_gc,
                "num_inc_gc": stats.num_inc_gc,
                "heap_compactions": stats.heap_compactions,
                "usage_trend_share": number(stats.usage_trend_share),
                "estimated_base_mb": number(stats.estimated_base_mb),
                "current_base_mb": number(stats.current_base_mb),
                "min_mb": number(stats.min_mb),
                "max_mb": number(stats.max_mb),
            }


def _series(series: MemorySeries) -> Json:
    columns = {
        "at_ms": series.at_ms,
        "rss_mb": series.rss_mb,
        "heap_total_mb": series.heap_total_mb,
        "heap_used_mb": series.heap_used_mb,
        "external_mb": series.external_mb,
        "array_buffers_mb": series.array_buffers_mb,
    }
    return {"line": list(series.line)} | {name: [number(value) for value in values] for name, values in columns.items()}


def _kill(kill: OutsideKill) -> Json:
    return {
        "line": kill.line,
        "lines": list(kill.lines),
        "by": kill.by,
        "pid": kill.pid,
        "rss_mb": number(kill.rss_mb),
        "limit_mb": number(kill.limit_mb),
        "because": kill.because,
    }


def _report(report: ReportedProcess) -> Json:
    return {
        "path": report.path,
        "pid": report.pid,
        "thread_id": report.thread_id,
        "wall_ms": number(report.wall_ms),
        "event": report.event,
        "trigger": report.trigger,
        "fatal": report.fatal,
        "report_version": report.report_version,
        "node": report.node,
        "platform": report.platform,
        "command_line": list(report.command_line),
        "heap_limit_mb": number(report.heap_limit_mb),
        "old_limit_mb": number(report.old_limit_mb),
        "old_limit_why": report.old_limit_why,
        "old_limit_low_mb": number(report.old_limit_low_mb),
        "old_limit_high_mb": number(report.old_limit_high_mb),
        "limit_from_start": report.limit_from_start,
        "used_mb": number(report.used_mb),
        "committed_mb": number(report.committed_mb),
        "external_mb": number(report.external_mb),
        "malloced_mb": number(report.malloced_mb),
        "rss_mb": number(report.rss_mb),
        "max_rss_mb": number(report.max_rss_mb),
        "constrained_mb": number(report.constrained_mb),
        "machine_mb": number(report.machine_mb),
        "native_contexts": report.native_contexts,
        "detached_contexts": report.detached_contexts,
        "workers": report.workers,
        "spaces": [
            {"name": s.name, "used_mb": number(s.used_mb), "committed_mb": number(s.committed_mb)} for s in report.spaces
        ],
        "js_stack": list(report.js_stack),
        "native_stack": list(report.native_stack),
        "message": report.message,
        "handles": [{"type": h.type, "count": h.count, "active": h.active} for h in report.handles],
    }
