"""A healthy case, and for each rule a case that it fires on: hand-made, without any log."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from gclog.grammar.compile import compile_grammar
from gclog.model.effort import SlowCollections, Young
from gclog.model.grows_with import GrowsWith, KeepingLines
from gclog.model.not_known import NotKnown
from gclog.model.process import (
    Cycle,
    HeapFigures,
    LineCounts,
    NodeVersion,
    NoTrend,
    PauseFigures,
    Pauses,
    Series,
    Span,
    Trend,
    UnreadShape,
)
from gclog.model.records import HeapOption, KernelKill, Message
from gclog.model.report import Coverage, ProcessReport, Signs
from gclog.model.verdict import Crash, Forecast, Limit, NoForecast, Rise, Strike, TimelineEvent, Verdict, WhatIf
from gclog.model.witness import (
    ExternalGrowth,
    HeapAfterTest,
    MemoryFigures,
    MemoryLimit,
    MemoryPart,
    MemorySeries,
    OutsideKill,
    ReportedProcess,
    ReportSpace,
)

MINUTE_MS = 60_000.0
LIMIT = Limit(mb=96.0, low_mb=96.0, high_mb=96.0, source="option", why="given", line=None)
FULL_LINES = tuple(range(10, 100, 10))
LAST_LINE = 100
NODE_10 = NodeVersion("10", 10, 10, "mu")
NODE_20 = NodeVersion("20", 20, 20, "two decimals")


def make_cycles(
    *after_mb: float, every_ms: float = 6000.0, pause_ms: float = 10.0, reclaim_share: float = 0.5
) -> tuple[Cycle, ...]:
    """Full collections at lines 10, 20, ..., one each `every_ms`."""
    return tuple(
        Cycle(
            at_ms=every_ms * number,
            line=10 * number,
            before_mb=mb / (1 - reclaim_share),
            after_mb=mb,
            reclaim_share=reclaim_share,
            pause_ms=pause_ms,
            average_mu=0.99,
        )
        for number, mb in enumerate(after_mb, start=1)
    )


def make_pauses(**changes: Any) -> Pauses:
    """One scavenge a second of 1 ms, nine full collections of 10 ms, in a minute."""
    scavenges = PauseFigures(60, 60.0, 1.5, 7, 1.0, 1.2, NotKnown("too few"))
    fulls = PauseFigures(9, 90.0, 12.0, 50, 10.0, NotKnown("too few"), NotKnown("too few"))
    healthy = Pauses(
        all=PauseFigures(69, 150.0, 12.0, 50, 1.0, 10.0, NotKnown("too few")),
        share=0.0025,
        share_with_incremental=0.003,
        incremental_ms=30.0,
        worst_window_ms=MINUTE_MS,
        worst_window_share=0.0025,
        worst_window_at_ms=MINUTE_MS,
        worst_window_line=LAST_LINE,
        by_collector={"scavenge": scavenges, "mark_compact": fulls},
        by_reason=(),
        mmu=(),
        average_mu=0.99,
        average_mu_recomputed=0.99,
    )
    return replace(healthy, **changes)


def make_heap(**changes: Any) -> HeapFigures:
    """A live set of 30 MB that has been 29 to 31 MB."""
    healthy = HeapFigures(
        live_mb=30.0,
        live_min_mb=29.0,
        live_max_mb=31.0,
        live_basis="mark_compact",
        used_max_mb=62.0,
        committed_max_mb=80.0,
        alloc_mb_per_s=5.0,
        promoted_mb_per_s=NotKnown("not in this log"),
        survival_share=NotKnown("not in this log"),
        reclaim_median_share=0.5,
        fragmentation_max_mb=20.0,
        fragmentation_line=50,
        external_max_mb=NotKnown("not in this log"),
        old_space_trend=NoTrend("flat"),
        leak_events=(),
        full_collections=9,
        full_incremental=8,
    )
    return replace(healthy, **changes)


def make_series(*sizes_mb: tuple[float, float], every_ms: float = 100.0, first_ms: float = 80.0) -> Series:
    """Scavenges, each with the size before and after it, from line 2 on."""
    count = len(sizes_mb)
    at_ms = tuple(first_ms + every_ms * place for place in range(count))
    before, after = tuple(size[0] for size in sizes_mb), tuple(size[1] for size in sizes_mb)
    lines, pauses = tuple(range(2, 2 + count)), (1.0,) * count
    return Series(at_ms, lines, ("scavenge",) * count, before, after, after, pauses, (), (), (), (), count)


def make_verdict(level: Any = "ok", **changes: Any) -> Verdict:
    return replace(Verdict(level, "a headline", 0.0, 1, None, None), **changes)


HEALTHY = ProcessReport(
    source="gc.log",
    pid=7,
    isolate="0x1",
    main=True,
    run=1,
    node=NODE_20,
    span=Span(0.0, MINUTE_MS, 1, LAST_LINE, None),
    counts={"scavenge": 60, "mark_compact": 9, "minor_mark_sweep": 0},
    pauses=make_pauses(),
    heap=make_heap(),
    cycles=make_cycles(30.0, 29.0, 31.0, 30.0, 29.0, 31.0, 30.0, 29.0, 30.0),
    series=Series((), (), (), (), (), (), (), (), (), (), (), 0),
    crash=None,
    limit=LIMIT,
    forecast=NoForecast("the live set does not climb"),
    timeline=(TimelineEvent(0.0, 1, "ok", "flat"),),
    heap_timeline=(TimelineEvent(0.0, 1, "ok", "flat"),),
    strikes=(),
    growth="none",
    what_if=(),
    verdict=make_verdict(),
    coverage=Coverage(lines=LineCounts(100, 90, 10, 0, 0)),
)
SIGNS, COVERAGE = ({field.name for field in fields(part)} for part in (Signs, Coverage))


def changed(process: ProcessReport, **changes: Any) -> ProcessReport:
    """The process with changes, those of its signs and of its coverage by their own names; a timeline is that of the heap, too.

    `scavenges`, `fulls`: how many there are.
    """
    counts = dict(process.counts)
    for name, collector in (("scavenges", "scavenge"), ("fulls", "mark_compact")):
        counts[collector] = changes.pop(name, counts[collector])
    signs, coverage = ({name: changes[name] for name in changes if name in part} for part in (SIGNS, COVERAGE))
    own = {name: value for name, value in changes.items() if name not in SIGNS | COVERAGE}
    if "timeline" in own:
        own = {"heap_timeline": own["timeline"], "because": "".join(event.because for event in own["timeline"][-1:]), **own}
    parts = {"counts": counts, "signs": replace(process.signs, **signs), "coverage": replace(process.coverage, **coverage)}
    return replace(process, **{**own, **parts})


def make_case(**changes: Any) -> ProcessReport:
    """A healthy server's minute: 60 scavenges, nine full collections, a live set of 30 MB of 96."""
    return changed(HEALTHY, **changes)


def make_crash(kind: Any = "heap-limit", **changes: Any) -> Crash:
    crash = Crash(
        kind=kind,
        message="Reached heap limit Allocation failed - JavaScript heap out of memory",
        location="Reached heap limit",
        line=99,
        at_ms=MINUTE_MS,
        reason="the heap reached its limit",
        last_gcs=(95, 96),
        js_stack=(),
        native_stack=(),
    )
    return replace(crash, **changes)


RISING = make_cycles(20.0, 28.0, 36.0, 44.0, 52.0, 60.0, 68.0, 76.0, 84.0)
TREND = Trend(4800.0, 4700.0, 4900.0, 9, 6000.0, 54_000.0, 20.0, 84.0, "mark_compact")
LEAKING_HEAP = make_heap(live_mb=84.0, live_min_mb=20.0, live_max_mb=84.0, committed_max_mb=98.0, old_space_trend=TREND)
FORECAST = Forecast(62_000.0, 66_000.0, 80_000.0, 54_000.0, "Theil-Sen over 9 full collections")
RISE = Rise(6000.0, 54_000.0, 20.0, 84.0, 4800.0, 0.0)
ALARM = (TimelineEvent(0.0, 1, "ok", "flat"), TimelineEvent(36_000.0, 60, "impending", "62.5 % of the limit and climbing"))

LEAKING = make_case(
    cycles=RISING,
    heap=LEAKING_HEAP,
    growth="steady",
    rise=RISE,
    forecast=FORECAST,
    verdict=make_verdict("impending", since_ms=36_000.0, since_line=60, because=ALARM[-1].because),
    timeline=ALARM,
    what_if=(WhatIf(512.0, 384_000.0), WhatIf(1024.0, 768_000.0)),
)
CART = KeepingLines("POST /cart … … ms", "POST /cart", 546, 4, 122.1, 119.2, 125.4, 0.998)
GROWS_WITH = GrowsWith((CART,), 4, 2600, 9, 10, 90, 65.1, (0, 210, 546), (20.0, 45.1, 84.0), (6e3, 30e3, 54e3))
DEAD = replace(LEAKING, crash=make_crash(), verdict=make_verdict("exhausted", foreseeable_ms=24_000.0, foreseeable_line=60))
TIGHT = make_case(
    cycles=make_cycles(70.0, 81.0, 80.0, 82.0, 80.0, 81.0, 80.0, 82.0, 81.0),
    growth="high-plateau",
    heap=make_heap(live_mb=81.0, live_min_mb=80.0, live_max_mb=82.0),
    pauses=make_pauses(worst_window_share=0.12, share=0.12),
)
STORM = make_cycles(30.0, 30.0, 30.0, 30.0, 30.0, every_ms=100.0, pause_ms=60.0)
SPIRAL = make_case(
    cycles=make_cycles(94.0, 94.0, 94.0, 94.0, every_ms=1000.0, pause_ms=900.0, reclaim_share=0.01),
    growth="death-spiral",
    verdict=make_verdict("critical", because="full collections back to back free nothing"),
    node=NodeVersion("8", 8, 8, "no mu"),
)
SLOW = SlowCollections(3, 3, 566.0, 0.8, 220.1, 3.0, False, (7, 20, 50))
YOUNG = Young(2.0, 0.05)
BUSY_YOUNG = PauseFigures(300, 3000.0, 20.0, 7, 10.0, 15.0, 18.0)


def kernel_kill(pid: int, process: str, constraint: str = "Out of memory", line: int = 40) -> KernelKill:
    values = dict.fromkeys(("total_vm_kb", "anon_rss_kb", "file_rss_kb", "shmem_rss_kb", "cgroup", "usage_kb", "limit_kb"))
    text = f"{constraint}: Killed process {pid} ({process})"
    return KernelKill(
        line=line, wall_ms=None, kind="kernel_killed", text=text, pid=pid, process=process, constraint=constraint, **values
    )


def say(kind: str, text: str, line: int = 40) -> Message:
    return Message(line=line, wall_ms=None, kind=kind, text=text)


def read_message(text: str, grammar: str = "messages", line: int = 40) -> Message:
    """The message that a line of a log is."""
    read = compile_grammar(grammar).read(text)
    assert read is not None and read[0].record is Message
    return Message(line=line, wall_ms=None, kind=read[1]["kind"], text=read[1]["text"], detail=read[1].get("detail"))


def option(mb: float, line: int = 2, name: str = "max_old_space_size") -> HeapOption:
    return HeapOption(line=line, wall_ms=None, option=name, mb=mb)


LISTENERS = (
    "(node:7) MaxListenersExceededWarning: Possible EventEmitter memory leak detected. 11 data listeners added to [Socket]."
)

RSS_UP = MemoryPart(60.0, 500.0, 60.0, 500.0, 95, 440.0)
OUTSIDE_UP = MemoryPart(40.0, 470.0, 40.0, 470.0, 95, 430.0)
NO_CLOCK = NotKnown("the lines have no clock")
MEMORY = MemoryFigures(
    readings=40,
    first_line=2,
    last_line=98,
    clock="none",
    span_ms=NO_CLOCK,
    parts={"rss": RSS_UP, "outside": OUTSIDE_UP},
    growth="off-heap",
    because="RSS went from 60.0 MB to 500.0 MB beside a heap of 30.0 MB, which accounts for 10.0 MB of the rise",
    outside_share=0.94,
    outside_source="array-buffers",
    rss_mb_per_h=NO_CLOCK,
    rss_low_mb_per_h=NO_CLOCK,
    rss_high_mb_per_h=NO_CLOCK,
    heap_limit_mb=NotKnown("not printed"),
    series=MemorySeries((), (), (), (), (), (), ()),
)
HEAP_PRINTED = replace(
    MEMORY,
    parts={"heap_used": MemoryPart(80.0, 275.0, 80.0, 275.0, 98, 185.0)},
    growth="heap",
    because="the heap went from 80.0 MB to 275.0 MB; no line has RSS",
    tests=(HeapAfterTest("test/stock3.test.js", 250.0, 160.0, 30), HeapAfterTest("test/stock6.test.js", 275.0, 20.0, 98)),
)
CONTAINER = MemoryLimit(512.0, "given by the user", None)
KILL = OutsideKill(
    100, (99, 100), "container", 7, 505.0, 512.0, "was killed with 505.0 MB in RAM at its container's limit of 512.0 MB"
)
REPORTED = ReportedProcess(
    path="report.json",
    pid=7,
    thread_id=0,
    wall_ms=None,
    event="Allocation failed - JavaScript heap out of memory",
    trigger="OOMError",
    fatal=True,
    report_version=4,
    node="20.20.2",
    platform="linux x64",
    command_line=("node", "app.js"),
    heap_limit_mb=96.0,
    old_limit_mb=48.0,
    old_limit_why="--max-old-space-size in its command line, in the diagnostic report",
    old_limit_low_mb=48.0,
    old_limit_high_mb=48.0,
    limit_from_start=True,
    used_mb=47.0,
    committed_mb=52.0,
    external_mb=1.0,
    malloced_mb=0.5,
    rss_mb=98.0,
    max_rss_mb=120.0,
    constrained_mb=NotKnown("none"),
    machine_mb=8192.0,
    native_contexts=1,
    detached_contexts=0,
    spaces=(ReportSpace("old_space", 40.0, 44.0), ReportSpace("large_object_space", 7.0, 8.0)),
    js_stack=(),
    native_stack=("node::Abort() [node]",),
    workers=0,
    lines={"event": 5, "limit": 40, "rss": 60},
)

HITS: dict[str, ProcessReport] = {
    "heap-exhausted": DEAD,
    "killed-from-outside": make_case(kill=KILL, memory=MEMORY, memory_limit=CONTAINER),
    "worker-out-of-memory": make_case(messages=(say("worker_out_of_memory", "Error [ERR_WORKER_OUT_OF_MEMORY]: ..."),)),
    "death-spiral": SPIRAL,
    "heap-exhaustion-impending": LEAKING,
    "heap-limit-too-small": TIGHT,
    "old-space-growth": LEAKING,
    "grows-with-lines": replace(LEAKING, grows_with=GROWS_WITH),
    "heap-figures-growth": make_case(scavenges=0, fulls=0, memory=HEAP_PRINTED),
    "one-large-allocation": make_case(crash=make_crash("one-large-allocation", location="CALL_AND_RETRY_LAST")),
    "off-heap-growth": make_case(growth="off-heap", external=ExternalGrowth(20.0, 812.0, 5, 90)),
    "memory-limit-near": make_case(memory=MEMORY, memory_limit=CONTAINER),
    "machine-short-of-memory": make_case(messages=(kernel_kill(900, "mysqld"),)),
    "heap-limit-above-memory": make_case(memory_limit=MemoryLimit(96.0, "the kernel's, on line 90", 90)),
    "allocation-refused": make_case(messages=(say("invalid_string_length", "RangeError: Invalid string length"),)),
    "diagnostic-report": make_case(reported=(REPORTED,)),
    "heap-ceiling-surprise": replace(
        DEAD, limit=Limit(524.0, 480.0, 540.0, "inferred", "plateau of committed memory", 77), node=NODE_20
    ),
    "event-emitter-leak-warning": make_case(messages=(say("max_listeners_exceeded", LISTENERS),)),
    "heap-limit-near": make_case(cycles=make_cycles(68.0, 67.2, 70.0)),
    "ineffective-mark-compacts": make_case(strikes=(Strike(48_000.0, 80, 1), Strike(54_000.0, 90, 2))),
    "last-resort-gc": make_case(last_resort_lines=(80, 90)),
    "slow-collections": make_case(slow=SLOW),
    "mark-compact-storm": make_case(cycles=STORM),
    "gc-share-high": make_case(pauses=make_pauses(worst_window_share=0.05)),
    "scavenge-pressure": make_case(
        scavenges=300,
        heap=make_heap(survival_share=0.45),
        pauses=make_pauses(by_collector={"scavenge": BUSY_YOUNG}),
        has_details=True,
    ),
    "long-pauses": make_case(pauses=make_pauses(all=PauseFigures(69, 150.0, 100.0, 50, 1.0, 10.0, 11.0))),
    "external-memory-pressure": make_case(external_pressure_lines=(20, 40, 60), heap=make_heap(external_max_mb=300.0)),
    "explicit-gc": make_case(explicit_gc_lines=(20, 40)),
    "fragmentation": make_case(heap=make_heap(fragmentation_max_mb=100.0)),
    "restarts": make_case(run_starts=(30, 60, 90)),
    "log-unread-lines": make_case(
        lines=LineCounts(100, 90, 9, 0, 1), unread=(UnreadShape("[0:0x0]", 1, 33, "[7:0x1] ...", "cut"),)
    ),
    "log-partial": make_case(starts_late=True, gaps=((10_000.0, 30_000.0, 40),), cut_short=True),
    "needs-more-flags": make_case(external_pressure_lines=(20, 40, 60)),
}
"""A case that each rule fires on, in the order of the registry."""
