"""Reports made by hand for the renderers' tests: a leak that died, a forecast, a healthy process, hostile text, nothing."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

from gclog.model.not_known import NotKnown
from gclog.model.process import (
    Cycle,
    HeapFigures,
    LeakEvent,
    LineCounts,
    MmuPoint,
    NodeVersion,
    NoTrend,
    PauseFigures,
    Pauses,
    ReasonFigures,
    Series,
    Span,
    Trend,
    UnreadShape,
)
from gclog.model.report import EvidenceLine, FindingReport, ProcessReport, Report, SourceReport
from gclog.model.verdict import Crash, Forecast, Limit, NoForecast, NoLimit, Strike, TimelineEvent, Verdict, WhatIf

NAN = math.nan
END_MS = 860_000.0
"""The leak lives 14 min 20 s."""

LIMIT_MB = 96.0

HOSTILE = (
    "</script><img src=x onerror=window.hacked=1>",
    "[red]markup[/red] [/nope] [link=http://evil.example]x[/link]",
    "\x1b[2J\x1b]0;owned\x07\x1b[31m escape \x9b31m codes\r\n\x00\x7f",
    "right-to-left \u202egnirts\u202c and \u2066isolate\u2069 \u200b\ufeff",
    "long " + "x" * 10_000,
    "{{ 7*7 }} {% raw %} ${7*7} %s {0}",
    "<!-- <style>body{display:none}</style> <a href='javascript:window.hacked=1'>x</a> ]]> &lt;b&gt;",
    "half a pair \ud800 \udc80",
)
ALL_HOSTILE = " ".join(HOSTILE)


def make_series(live_slope_mb: float = 76.0, cycles: int = 43, per_cycle: int = 12) -> Series:
    """A sawtooth over a live set that climbs from 14 MB by `live_slope_mb`; a full collection after `per_cycle` scavenges."""
    rows: list[tuple[float, int, str, float, float, float, float]] = []
    line = 1
    for cycle in range(cycles):
        live = 14.0 + live_slope_mb * ((cycle + 1) / cycles) ** 1.2
        for step in range(per_cycle):
            at = END_MS * (cycle + (step + 1) / (per_cycle + 1)) / cycles
            after = live + step * 0.35
            rows.append((at, line, "scavenge", after + 3.0, after, live + 12.0, 0.8 + 0.11 * ((cycle + step) % 7)))
            line += 1
        at = END_MS * (cycle + 1) / cycles
        rows.append((at, line, "mark_compact", live + 7.5, live, live + 11.0, 6.0 + cycle * 1.1))
        line += 1
    full = [row for row in rows if row[2] == "mark_compact"]
    return Series(
        at_ms=tuple(row[0] for row in rows),
        line=tuple(row[1] for row in rows),
        collector=tuple(row[2] for row in rows),
        used_before_mb=tuple(row[3] for row in rows),
        used_after_mb=tuple(row[4] for row in rows),
        committed_after_mb=tuple(row[5] for row in rows),
        pause_ms=tuple(row[6] for row in rows),
        full_at_ms=tuple(row[0] for row in full),
        full_after_mb=tuple(row[4] for row in full),
        gc_share_at_ms=tuple(END_MS * (n + 1) / 200 for n in range(200)),
        gc_share=tuple(min(0.004 + 0.3 * (n / 200) ** 6 + 0.004 * (n % 5), 1.0) for n in range(200)),
        thinned_from=len(rows),
    )


EMPTY_SERIES = Series((), (), (), (), (), (), (), (), (), (), (), 0)


def make_cycles(series: Series) -> tuple[Cycle, ...]:
    return tuple(
        Cycle(
            at_ms=at,
            line=13 * (n + 1),
            before_mb=after + 7.5,
            after_mb=after,
            reclaim_share=7.5 / (after + 7.5),
            pause_ms=6.0 + n * 1.1,
            average_mu=max(0.99 - n * 0.012, 0.1),
        )
        for n, (at, after) in enumerate(zip(series.full_at_ms, series.full_after_mb, strict=True))
    )


def make_pauses(**overrides: Any) -> Pauses:
    scavenges = PauseFigures(516, 583.1, 1.46, 77, 1.13, 1.46, 1.46)
    fulls = PauseFigures(43, 1251.3, 52.2, 559, 29.1, 46.7, NotKnown("99th percentile needs 100 pauses, there are 43"))
    values: dict[str, Any] = {
        "all": PauseFigures(559, 1834.4, 52.2, 559, 1.24, 1.46, 47.8),
        "share": 0.00213302,
        "share_with_incremental": 0.0041,
        "incremental_ms": 1690.0,
        "worst_window_ms": 60_000.0,
        "worst_window_share": 0.1264,
        "worst_window_at_ms": 800_000.0,
        "worst_window_line": 521,
        "by_collector": {"scavenge": scavenges, "mark_compact": fulls},
        "by_reason": (
            ReasonFigures("allocation failure", "scavenge", 516, 583.1, 1.46),
            ReasonFigures("finalize incremental marking via stack guard", "mark_compact", 39, 1050.2, 48.1),
            ReasonFigures("last resort", "mark_compact", 4, 201.1, 52.2),
        ),
        "mmu": (MmuPoint(1000.0, 0.9478), MmuPoint(10_000.0, 0.971), MmuPoint(60_000.0, 0.8736)),
        "average_mu": 0.38214,
        "average_mu_recomputed": 0.3819,
    }
    return Pauses(**(values | overrides))


def make_heap(**overrides: Any) -> HeapFigures:
    values: dict[str, Any] = {
        "live_mb": 90.0,
        "live_min_mb": 14.83,
        "live_max_mb": 90.0,
        "live_basis": "mark_compact",
        "used_max_mb": 97.5,
        "committed_max_mb": 101.0,
        "alloc_mb_per_s": 2.317,
        "promoted_mb_per_s": NotKnown("not in this log: --trace-gc-nvp has it"),
        "survival_share": NotKnown("not in this log: --trace-gc-nvp has it"),
        "reclaim_median_share": 0.0812,
        "fragmentation_max_mb": 11.0,
        "fragmentation_line": 559,
        "external_max_mb": NotKnown("not in this log: --trace-gc-verbose has it"),
        "old_space_trend": Trend(328.4, 301.2, 351.9, 31, 240_000.0, 860_000.0, 33.1, 89.7, "mark_compact"),
        "leak_events": (LeakEvent(120_000.0, 78, 6.2, 310.5), LeakEvent(220_000.0, 143, 8.1, 322.2)),
        "full_collections": 43,
        "full_incremental": 39,
    }
    return HeapFigures(**(values | overrides))


RING_LINE = (
    "[29125:0x19b50d50]   860000 ms: Mark-sweep 97.5 (101.0) -> 90.0 (101.0) MB, 52.2 / 0.0 ms"
    "  (average mu = 0.382, current mu = 0.021) last resort; GC in old space requested"
)
FATAL_LINE = "FATAL ERROR: Ineffective mark-compacts near heap limit Allocation failed - JavaScript heap out of memory"


def make_crash(**overrides: Any) -> Crash:
    values: dict[str, Any] = {
        "kind": "ineffective-mark-compacts",
        "message": "Ineffective mark-compacts near heap limit Allocation failed - JavaScript heap out of memory",
        "location": "Ineffective mark-compacts near heap limit",
        "line": 566,
        "at_ms": END_MS,
        "reason": "four full collections in a row left the old generation above 80 % of its limit"
        " while the program ran less than 40 % of the time",
        "last_gcs": (562, 563),
        "js_stack": ("0: builtin exit frame: parse(this=0x0a <Object map>)", "1: leak [/srv/app/leak.js:12]"),
        "native_stack": tuple(f"{n}: 0xb7c5{n:02x} node::OOMErrorHandler(char const*) [/usr/bin/node]" for n in range(1, 13)),
    }
    return Crash(**(values | overrides))


def make_findings() -> tuple[FindingReport, ...]:
    return (
        FindingReport(
            id="old-space-growth",
            severity="warning",
            confidence="high",
            title="The live set grows by 328.4 MB an hour",
            observed="+328.4 MB/h over 31 full collections",
            threshold="5 % of the limit an hour",
            evidence=(EvidenceLine(156, RING_LINE.replace("860000", "240000")), EvidenceLine(559, RING_LINE)),
            remedy="take two heap snapshots ten minutes apart (node --heapsnapshot-signal=SIGUSR2) and compare retained sizes",
        ),
        FindingReport(
            id="heap-exhausted",
            severity="error",
            confidence="high",
            title="V8 gave up: four ineffective full collections in a row",
            observed="strike 4 of 4 at 93.8 % of the limit",
            threshold="4 full collections above 80 % of the limit at mu below 0.4",
            evidence=(EvidenceLine(562, RING_LINE), EvidenceLine(566, FATAL_LINE)),
            remedy="find what is kept: raising the limit buys 1 h 34 min for 512.0 MB, no more",
        ),
        FindingReport(
            id="needs-more-flags",
            severity="info",
            confidence="low",
            title="Promotion and survival are not in this log",
            observed="no --trace-gc-nvp lines",
            threshold="any",
            evidence=(),
            remedy="run with --trace-gc-nvp",
        ),
    )


def make_process(**overrides: Any) -> ProcessReport:
    """The leak: exhausted at 14 min 20 s, foreseeable 7 min before."""
    series = make_series()
    values: dict[str, Any] = {
        "source": "logs/server.log",
        "pid": 29125,
        "isolate": "0x19b50d50",
        "main": True,
        "run": 1,
        "node": NodeVersion("20", 20, 20, "`Mark-Compact (reduce)` with pooled memory"),
        "span": Span(20_000.0, END_MS, 1, 559, 1_773_457_927_000.0),
        "counts": {"scavenge": 516, "mark_compact": 43},
        "pauses": make_pauses(),
        "heap": make_heap(),
        "limit": Limit(LIMIT_MB, LIMIT_MB, LIMIT_MB, "log", "--max-old-space-size=96 in NODE_OPTIONS", 1),
        "forecast": NoForecast("the process has died"),
        "verdict": Verdict("exhausted", "The heap reached its limit of 96.0 MB after 14 min 20 s", END_MS, 566, 420_000.0, 287),
        "timeline": (
            TimelineEvent(20_000.0, 1, "not-assessable", "fewer than 6 full collections"),
            TimelineEvent(120_000.0, 78, "ok", "6 full collections, live set at 17.1 MB"),
            TimelineEvent(220_000.0, 143, "rising", "+310.1 MB/h, the limit is 15 min away"),
            TimelineEvent(440_000.0, 287, "impending", "on the current trend exhausted in 7 min"),
            TimelineEvent(780_000.0, 507, "critical", "strike 1 of 4"),
            TimelineEvent(860_000.0, 566, "exhausted", "fatal error"),
        ),
        "strikes": (Strike(780_000.0, 507, 1), Strike(820_000.0, 533, 2), Strike(860_000.0, 559, 3)),
        "growth": "steady",
        "what_if": (WhatIf(512.0, 5_613_000.0),),
        "crash": make_crash(),
        "crash_evidence": (EvidenceLine(562, RING_LINE), EvidenceLine(563, RING_LINE), EvidenceLine(566, FATAL_LINE)),
        "findings": make_findings(),
        "cycles": make_cycles(series),
        "series": series,
    }
    return ProcessReport(**(values | overrides))


def make_rising(**overrides: Any) -> ProcessReport:
    """Alive and climbing, with a forecast that reaches past the log."""
    values: dict[str, Any] = {
        "pid": 4711,
        "verdict": Verdict(
            "impending", "On the current trend the heap is exhausted in about 6 min", 440_000.0, 287, None, None
        ),
        "forecast": Forecast(
            END_MS + 240_000.0, END_MS + 372_000.0, END_MS + 610_000.0, END_MS, "trend of 31 full collections"
        ),
        "limit": Limit(128.0, 120.0, 136.0, "inferred", "plateau of committed memory", None),
        "crash": None,
        "crash_evidence": (),
        "timeline": make_process().timeline[:4],
        "findings": make_findings()[:1],
        "strikes": (),
    }
    return make_process(**(values | overrides))


def make_healthy(**overrides: Any) -> ProcessReport:
    """Nothing wrong, no limit known, no forecast."""
    series = make_series(live_slope_mb=0.0)
    values: dict[str, Any] = {
        "pid": 77,
        "isolate": None,
        "limit": NoLimit("no flag in the log, and nothing to infer it from"),
        "forecast": NoForecast("no heap limit known"),
        "verdict": Verdict("ok", "The live set is steady at 14.0 MB", 120_000.0, 78, None, None),
        "timeline": make_process().timeline[:2],
        "strikes": (),
        "growth": "none",
        "what_if": (),
        "crash": None,
        "crash_evidence": (),
        "findings": (),
        "cycles": make_cycles(series),
        "series": series,
        "heap": make_heap(
            old_space_trend=NoTrend("the slope's interval holds 0"), leak_events=(), live_mb=14.0, live_max_mb=14.0
        ),
    }
    return make_process(**(values | overrides))


def make_bare(**overrides: Any) -> ProcessReport:
    """A crash tail alone: hardly anything can be said."""
    unknown = NotKnown("a single collection has no span")
    none = PauseFigures(0, 0.0, NAN, 0, unknown, unknown, unknown)
    values: dict[str, Any] = {
        "pid": None,
        "isolate": None,
        "span": Span(NAN, NAN, 1, 3, None),
        "counts": {},
        "pauses": make_pauses(
            all=none,
            share=unknown,
            share_with_incremental=unknown,
            incremental_ms=0.0,
            worst_window_ms=0.0,
            worst_window_share=unknown,
            worst_window_at_ms=NAN,
            worst_window_line=0,
            by_collector={},
            by_reason=(),
            mmu=(),
            average_mu=unknown,
            average_mu_recomputed=unknown,
        ),
        "heap": make_heap(
            live_mb=unknown,
            live_min_mb=unknown,
            live_max_mb=unknown,
            live_basis="none",
            used_max_mb=unknown,
            committed_max_mb=unknown,
            alloc_mb_per_s=unknown,
            reclaim_median_share=unknown,
            fragmentation_max_mb=unknown,
            fragmentation_line=None,
            old_space_trend=NoTrend("no full collections"),
            leak_events=(),
            full_collections=0,
            full_incremental=0,
        ),
        "limit": NoLimit("no heap limit known"),
        "verdict": Verdict("exhausted", "The fatal error is in the log, and little else", NAN, 3, None, None),
        "timeline": (),
        "strikes": (),
        "what_if": (),
        "crash": make_crash(at_ms=None, line=3, last_gcs=(), js_stack=(), native_stack=()),
        "crash_evidence": (),
        "findings": (),
        "cycles": (),
        "series": EMPTY_SERIES,
    }
    return make_process(**(values | overrides))


def make_source(**overrides: Any) -> SourceReport:
    values: dict[str, Any] = {
        "path": "logs/server.log",
        "kind": "gc",
        "envelopes": {"docker-json": 590, "none": 3},
        "encoding": "utf-8",
        "compression": "gzip",
        "bytes": 81_234,
        "lines": LineCounts(total=593, recognised=566, foreign=12, continuation=11, unread=4),
        "recognised_by": {"trace_gc": 559, "crash": 7},
        "unread": (
            UnreadShape("[0:0x0] 0 ms: Frobnicate 0", 4, 301, "[29125:0x19b50d50] 41 ms: Frobnicate 7", "no rule for it"),
        ),
        "notes": ("the last line is cut",),
    }
    return SourceReport(**(values | overrides))


def make_report(**overrides: Any) -> Report:
    values: dict[str, Any] = {"version": "0.1.0", "sources": (make_source(),), "processes": (make_process(),)}
    return Report(**(values | overrides))


def make_empty() -> Report:
    return make_report(sources=(), processes=())


def make_fleet(count: int = 12) -> Report:
    """Many processes, the most severe first: a death, a climber, workers, restarts."""
    healthy = [make_healthy(pid=100 + n, main=n % 3 != 0, isolate=f"0x{n:x}", run=1 + n % 2) for n in range(count - 2)]
    return make_report(processes=(make_process(), make_rising(), *healthy))


COLLECTORS = {"scavenge", "mark_compact", "minor_mark_sweep"}
CLOSED_CHOICES = {"level", "severity", "confidence", "kind", "live_basis", "growth", "collector"}


def hostile(value: Any, text: str = ALL_HOSTILE) -> Any:
    """The same value with `text` in every free text field, at any depth; closed choices and figures are left alone."""
    if isinstance(value, tuple):
        return tuple(hostile(item, text) for item in value)
    if isinstance(value, dict):
        return {key if key in COLLECTORS else f"{text}{key}": hostile(item, text) for key, item in value.items()}
    if not dataclasses.is_dataclass(value) or isinstance(value, type | Series):
        return text if isinstance(value, str) else value
    closed = (
        CLOSED_CHOICES
        | ({"basis"} if isinstance(value, Trend) else set())
        | ({"source"} if isinstance(value, Limit) else set())
    )
    names = [field.name for field in dataclasses.fields(value) if field.name not in closed]
    return dataclasses.replace(value, **{name: hostile(getattr(value, name), text) for name in names})


def make_hostile(text: str = ALL_HOSTILE) -> Report:
    """A death and a forecast with hostile text wherever text can be."""
    processes = (make_process(), make_rising(), make_healthy(isolate="0x1"), make_bare())
    return hostile(make_report(processes=processes), text)
