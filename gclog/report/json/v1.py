"""The report as JSON, format 1: the keys that other programs rely on.

Built field by field: within a format keys are added, never renamed or removed. Units are in the names: `_ms` milliseconds,
on V8's clock where it is a moment; `_mb` 1,048,576 bytes; `_share` and `share` 0..1. What cannot be said is
`{"reason": "..."}`; a number that a log line does not have is null; NaN and infinity do not occur. Pure ASCII, so that
neither a terminal nor a decoder can be led astray by what stood in the log.
"""

from __future__ import annotations

import datetime
import json
import math
from typing import Any

from gclog.model.process import HeapFigures, NodeVersion, NoTrend, PauseFigures, Pauses, Span, Trend
from gclog.model.report import EvidenceLine, FindingReport, ProcessReport, Report, SourceReport
from gclog.model.verdict import Crash, Forecast, Limit, NoForecast, NoLimit
from gclog.report.draw.thinning import thin_cycles
from gclog.report.json.profile import profile_json
from gclog.report.json.values import Json, line_counts, number, shapes
from gclog.report.json.witness import heaps_json, witness_json

__all__ = ["FORMAT", "render_json"]

FORMAT = 1

CYCLES_AT_MOST = 400
"""Full collections in the list of a process: enough for a chart in another program, 60 kB at most."""

OPEN_END = "growth may also stop: no latest moment can be given"


def render_json(report: Report) -> str:
    """The report as one JSON document with a line feed at its end; the same report gives the same bytes."""
    document = {
        "format": FORMAT,
        "gclog": report.version,
        "title": report.title or None,
        "note": report.note or None,
        "command": report.command or None,
        "sources": [_source(source) for source in report.sources],
        "processes": [_process(process) for process in report.processes],
        "profiles": [profile_json(profile) for profile in report.profiles],
        **heaps_json(report),
    }
    return json.dumps(_whole(document), indent=2, allow_nan=False, ensure_ascii=True) + "\n"


def _whole(value: Any) -> Any:
    """The document with each half of a surrogate pair replaced: strict decoders refuse those."""
    match value:
        case str():
            return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case dict():
            return {_whole(key): _whole(item) for key, item in value.items()}
        case list():
            return [_whole(item) for item in value]
        case _:
            return value


def _iso(epoch_ms: float | None) -> str | None:
    if epoch_ms is None or not math.isfinite(epoch_ms):
        return None
    moment = datetime.datetime.fromtimestamp(epoch_ms / 1000, datetime.UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _evidence(lines: tuple[EvidenceLine, ...]) -> list[Json]:
    return [{"line": line.line, "text": line.text} for line in lines]


def _source(source: SourceReport) -> Json:
    envelopes = sorted(source.envelopes, key=lambda name: (-source.envelopes[name], name))
    return {
        "path": source.path,
        "kind": source.kind,
        "envelope": envelopes[0] if envelopes else None,
        "bytes": source.bytes,
        "lines": line_counts(source.lines),
        "unread_shapes": shapes(source.unread),
        "envelopes": dict(sorted(source.envelopes.items())),
        "encoding": source.encoding,
        "compression": source.compression,
        "recognised_by": dict(sorted(source.recognised_by.items())),
        "notes": list(source.notes),
        "pieces": [{"path": path, "first_line": line} for path, line in source.pieces],
    }


def _process(process: ProcessReport) -> Json:
    cycles = thin_cycles(process.cycles, CYCLES_AT_MOST)
    verdict = process.verdict
    return {
        "source": process.source,
        "pid": process.pid,
        "isolate": process.isolate,
        "main": process.main,
        "run": process.run,
        "node": _node(process.node),
        "span": _span(process.span),
        "collections": {
            "total": process.total,
            "scavenge": process.counts.get("scavenge", 0),
            "mark_compact": process.counts.get("mark_compact", 0),
            "minor_mark_sweep": process.counts.get("minor_mark_sweep", 0),
        },
        "pauses": _pauses(process.pauses),
        "heap": _heap(process.heap),
        "limit": _limit(process.limit),
        "forecast": _forecast(process.forecast),
        "verdict": {
            "level": verdict.level,
            "headline": verdict.headline,
            "since_ms": number(verdict.since_ms),
            "since_line": verdict.since_line,
            "foreseeable_ms": number(verdict.foreseeable_ms),
            "foreseeable_line": verdict.foreseeable_line,
            "foreseeable_reason": verdict.not_foreseeable,
        },
        "timeline": [
            {"at_ms": number(e.at_ms), "line": e.line, "level": e.level, "because": e.because} for e in process.timeline
        ],
        "crash": None if process.crash is None else _crash(process.crash, process),
        **witness_json(process),
        "findings": [_finding(finding) for finding in process.findings],
        "strikes": [{"at_ms": number(s.at_ms), "line": s.line, "count": s.count} for s in process.strikes],
        "growth": process.growth,
        "what_if": [{"extra_mb": number(w.extra_mb), "gained_ms": number(w.gained_ms)} for w in process.what_if],
        "cycles_total": len(process.cycles),
        "cycles": [
            {
                "at_ms": number(c.at_ms),
                "line": c.line,
                "before_mb": number(c.before_mb),
                "after_mb": number(c.after_mb),
                "reclaim_share": number(c.reclaim_share),
                "pause_ms": number(c.pause_ms),
                "average_mu": number(c.average_mu),
            }
            for c in cycles
        ],
    }


def _node(node: NodeVersion) -> Json:
    return {"range": node.range, "evidence": node.evidence, "first_major": node.first_major, "last_major": node.last_major}


def _span(span: Span) -> Json:
    return {
        "first_ms": number(span.first_ms),
        "last_ms": number(span.last_ms),
        "first_line": span.first_line,
        "last_line": span.last_line,
        "wall_start": _iso(span.wall_start_ms),
        "duration_ms": number(span.duration_ms),
    }


def _pause_figures(figures: PauseFigures) -> Json:
    return {
        "count": figures.count,
        "total_ms": number(figures.total_ms),
        "max_ms": number(figures.max_ms),
        "max_line": figures.max_line,
        "p50_ms": number(figures.p50_ms),
        "p90_ms": number(figures.p90_ms),
        "p99_ms": number(figures.p99_ms),
    }


def _pauses(pauses: Pauses) -> Json:
    return {
        "share": number(pauses.share),
        "share_with_incremental": number(pauses.share_with_incremental),
        "worst_60s_share": number(pauses.worst_window_share),
        **_pause_figures(pauses.all),
        "by_collector": {name: _pause_figures(figures) for name, figures in sorted(pauses.by_collector.items())},
        "by_reason": [
            {
                "reason": by.reason,
                "collector": by.collector,
                "count": by.count,
                "total_ms": number(by.total_ms),
                "max_ms": number(by.max_ms),
            }
            for by in pauses.by_reason
        ],
        "mmu": [{"window_ms": number(point.window_ms), "share": number(point.share)} for point in pauses.mmu],
        "incremental_ms": number(pauses.incremental_ms),
        "worst_window_ms": number(pauses.worst_window_ms),
        "worst_window_at_ms": number(pauses.worst_window_at_ms),
        "worst_window_line": pauses.worst_window_line,
        "average_mu": number(pauses.average_mu),
        "average_mu_recomputed": number(pauses.average_mu_recomputed),
    }


def _heap(heap: HeapFigures) -> Json:
    return {
        "live_mb": number(heap.live_mb),
        "live_min_mb": number(heap.live_min_mb),
        "live_max_mb": number(heap.live_max_mb),
        "committed_max_mb": number(heap.committed_max_mb),
        "alloc_mb_per_s": number(heap.alloc_mb_per_s),
        "old_space_trend": _trend(heap.old_space_trend),
        "live_basis": heap.live_basis,
        "used_max_mb": number(heap.used_max_mb),
        "promoted_mb_per_s": number(heap.promoted_mb_per_s),
        "survival_share": number(heap.survival_share),
        "reclaim_median_share": number(heap.reclaim_median_share),
        "fragmentation_max_mb": number(heap.fragmentation_max_mb),
        "fragmentation_line": heap.fragmentation_line,
        "external_max_mb": number(heap.external_max_mb),
        "full_collections": heap.full_collections,
        "full_incremental": heap.full_incremental,
        "leak_events": [
            {"at_ms": number(e.at_ms), "line": e.line, "growth_mb": number(e.growth_mb), "mb_per_h": number(e.mb_per_h)}
            for e in heap.leak_events
        ],
    }


def _trend(trend: Trend | NoTrend) -> Json:
    match trend:
        case NoTrend(reason=reason):
            return {"reason": reason}
        case Trend():
            return {
                "mb_per_h": number(trend.mb_per_h),
                "low_mb_per_h": number(trend.low_mb_per_h),
                "high_mb_per_h": number(trend.high_mb_per_h),
                "points": trend.points,
                "basis": trend.basis,
                "from_ms": number(trend.from_ms),
                "to_ms": number(trend.to_ms),
                "from_mb": number(trend.from_mb),
                "to_mb": number(trend.to_mb),
            }


def _limit(limit: Limit | NoLimit) -> Json:
    match limit:
        case NoLimit(reason=reason):
            return {"reason": reason}
        case Limit():
            return {
                "mb": number(limit.mb),
                "source": limit.source,
                "low_mb": number(limit.low_mb),
                "high_mb": number(limit.high_mb),
                "why": limit.why,
                "line": limit.line,
            }


def _interval(low: float, expected: float, high: float) -> Json:
    interval: Json = {"low": number(low), "expected": number(expected), "high": number(high)}
    if not math.isfinite(high):
        interval["high_reason"] = OPEN_END
    return interval


def _forecast(forecast: Forecast | NoForecast) -> Json:
    match forecast:
        case NoForecast(reason=reason):
            return {"reason": reason}
        case Forecast(at_low_ms=low, at_expected_ms=expected, at_high_ms=high, now_ms=now):
            return {
                "at_ms": _interval(low, expected, high),
                "in_ms": _interval(low - now, expected - now, high - now),
                "basis": forecast.basis,
                "now_ms": number(now),
            }


def _crash(crash: Crash, process: ProcessReport) -> Json:
    texts = {evidence.line: evidence.text for evidence in process.crash_evidence}
    return {
        "kind": crash.kind,
        "message": crash.message,
        "line": crash.line,
        "reason": crash.reason,
        "last_gcs": [{"line": line, "text": texts.get(line)} for line in crash.last_gcs],
        "js_stack": list(crash.js_stack),
        "native_stack": list(crash.native_stack),
        "foreseeable_ms": number(process.verdict.foreseeable_ms),
        "location": crash.location,
        "at_ms": number(crash.at_ms),
        "evidence": _evidence(process.crash_evidence),
    }


def _finding(finding: FindingReport) -> Json:
    return {
        "id": finding.id,
        "severity": finding.severity,
        "confidence": finding.confidence,
        "title": finding.title,
        "observed": finding.observed,
        "threshold": finding.threshold,
        "evidence": _evidence(finding.evidence),
        "remedy": finding.remedy,
    }
