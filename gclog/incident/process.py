"""One process judged: measured, replayed, held against the rules, and described for the report."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping, Sequence

import pandas as pd

from gclog.analysis.measure.crash import classify_crash
from gclog.analysis.measure.cycles import cycles
from gclog.analysis.measure.gaps import find_gaps, starts_late
from gclog.analysis.measure.live_set import measure_heap
from gclog.analysis.measure.memwatch import measure_memwatch
from gclog.analysis.measure.node_version import infer_node
from gclog.analysis.measure.off_heap import measure_external, refine_growth
from gclog.analysis.measure.pauses import measure_pauses
from gclog.analysis.measure.reasons import ASKED_FOR, EXTERNAL_PRESSURE, LAST_RESORT, find_lines
from gclog.analysis.measure.series import thin
from gclog.analysis.measure.span import measure_span
from gclog.analysis.verdict.outside_evidence import gather_evidence, node_with_report, raise_level, reported_limits
from gclog.analysis.verdict.replay import replay
from gclog.analysis.verdict.signals import FatalSeen, LimitReported, OptionSeen, Signal
from gclog.diagnose.finding import Case
from gclog.diagnose.neighbours import say_messages
from gclog.diagnose.registry import run_rules
from gclog.diagnose.verdict import conclude
from gclog.incident.context import SourceContext, tells
from gclog.model.finding import Finding
from gclog.model.records import COLLECTORS, CrashMarker, HeapOption, Message
from gclog.model.report import EvidenceLine, FindingReport, LastCollection, ProcessReport
from gclog.model.verdict import LIMITING_OPTIONS, OUT_OF_HEAP, Crash, Limit, TimelineEvent
from gclog.model.witness import Witness
from gclog.processes.split import ProcessTable, part_of

__all__ = ["report_process"]


def report_process(
    context: SourceContext,
    process: ProcessTable,
    heap_limit_mb: float | None = None,
    thresholds: Mapping[str, Mapping[str, float]] | None = None,
    memory_limit_mb: float | None = None,
) -> ProcessReport:
    """Measure, replay, judge and describe one process. `thresholds`: rule id -> name -> value, where they are not the usual ones."""
    collections = process.collections
    span = measure_span(collections, process.first_line, process.last_line)
    found = cycles(collections)
    pauses = measure_pauses(collections, span)
    heap = measure_heap(collections, process.totals if len(process.totals) else None, span)
    crash = _classify(process, collections, heap_limit_mb)
    known = _known_at_once(process, crash, heap_limit_mb)
    judged = replay(collections, _signals(process, known, span.last_ms), heap_limit_mb)
    external = measure_external(process.totals)
    witnesses = gather_evidence(process.usage, collections, process.rare, process.reported, memory_limit_mb)
    limit = judged.limit
    level, timeline, outside = raise_level(judged.level, judged.timeline, witnesses)
    growth = refine_growth(judged.growth, external, heap, witnesses.memory)
    verdict = conclude(
        level=level,
        timeline=timeline,
        span=span,
        limit=limit,
        forecast=judged.forecast,
        crash=crash,
        heap=heap,
        pauses=pauses,
        growth=growth,
        strikes=judged.strikes,
        tail_only=bool(collections["ring"].all()),
        outside=outside,
        kill=witnesses.kill,
        said=say_messages(record for record in process.rare if isinstance(record, Message)),
    )
    case = Case(
        pid=process.pid,
        isolate=process.isolate,
        main=process.main,
        node=node_with_report(
            infer_node(collections, frozenset(collections["form"].unique()), _crash_forms(process, crash)), process.reported
        ),
        span=span,
        total=len(collections),
        scavenges=int((collections["collector"] == "scavenge").sum()),
        fulls=int((collections["collector"] == "mark_compact").sum()),
        pauses=pauses,
        heap=heap,
        cycles=found,
        last_resort_lines=find_lines(collections, LAST_RESORT),
        explicit_gc_lines=find_lines(collections, ASKED_FOR),
        external_pressure_lines=find_lines(collections, EXTERNAL_PRESSURE),
        limit=limit,
        forecast=judged.forecast,
        verdict=verdict,
        timeline=judged.timeline,
        by_memory=level != judged.level,
        strikes=judged.strikes,
        growth=growth,
        what_if=judged.what_if,
        crash=crash,
        options=tuple(record for record in process.rare if isinstance(record, HeapOption)),
        messages=tuple(record for record in process.rare if isinstance(record, Message)),
        source_counts=context.counts,
        unread=context.unread,
        starts_late=starts_late(collections),
        gaps=find_gaps(collections),
        cut_short=context.reader.cut_short,
        run_starts=_run_starts(context, process),
        has_details=bool(collections["mutator_ms"].notna().any()),
        has_verbose=bool(len(process.spaces)),
        external=external,
        speaks_for_source=process is context.processes[0],
        memory=witnesses.memory,
        kill=witnesses.kill,
        memory_limit=witnesses.memory_limit,
        reported=witnesses.reported,
        heap_diff=process.heap_diff,
    )
    return _describe(context, process, case, timeline, run_rules(case, thresholds or {}), collections)


def _classify(process: ProcessTable, collections: pd.DataFrame, limit_mb: float | None) -> Crash | None:
    """The crash of a process. Whether one allocation was too large or the heap was full shows only against the limit."""
    spoke_line = int(process.usage["line"].iloc[-1]) if len(process.usage) else 0
    crash = classify_crash(process.rare, collections, limit_mb, spoke_line)
    if crash is None:
        return None
    if limit_mb is None and crash.kind == "heap-limit" and (crash.location or "").startswith("CALL_AND_RETRY"):
        inferred = replay(collections, _signals(process, None, 0.0), None).limit
        if isinstance(inferred, Limit):
            crash = classify_crash(process.rare, collections, inferred.mb, spoke_line) or crash
    return dataclasses.replace(crash, last_gcs=process.ring_lines) if process.ring_lines else crash


def _known_at_once(process: ProcessTable, crash: Crash | None, limit_mb: float | None) -> Crash | None:
    """The crash as the lines up to its message tell it: the stack behind them, which may say more, is not yet known there."""
    if crash is None:
        return None
    said = part_of(process, 0, crash.line + 1)
    return _classify(said, said.collections, limit_mb) or crash


def _crash_forms(process: ProcessTable, crash: Crash | None) -> frozenset[str]:
    """What only some versions print in a crash: its banners, and where the fatal error came from."""
    banners = {record.kind for record in process.rare if isinstance(record, CrashMarker)}
    return frozenset(banners | ({crash.location} if crash is not None and crash.location else set()))


def _signals(process: ProcessTable, crash: Crash | None, last_ms: float) -> tuple[Signal, ...]:
    """What the replay must know beside the collections: limits that the log or a report names, and the fatal error."""
    told = {report.lines.get("limit") for report in process.reported}
    signals: list[Signal] = [
        OptionSeen(record.line, record.mb, record.option)
        for record in process.rare
        if isinstance(record, HeapOption) and record.option in LIMITING_OPTIONS and record.line not in told
    ]
    signals += [LimitReported(line, limit) for line, limit in reported_limits(process.reported)]
    if crash is not None and crash.kind in OUT_OF_HEAP:
        signals.append(FatalSeen(crash.line, crash.reason, last_ms if crash.at_ms is None else crash.at_ms))
    return tuple(sorted(signals, key=lambda signal: signal.line))


def _run_starts(context: SourceContext, process: ProcessTable) -> tuple[int, ...]:
    """Where later runs begin in this source: main isolates that start after another has ended."""
    mains = [other for other in context.processes if other.main]
    return tuple(later.first_line for before, later in itertools.pairwise(mains) if before.last_line < later.first_line)


# ---------------------------------------------------------------- report model


def _describe(
    context: SourceContext,
    process: ProcessTable,
    case: Case,
    timeline: tuple[TimelineEvent, ...],
    findings: Sequence[Finding],
    collections: pd.DataFrame,
) -> ProcessReport:
    crash_lines = () if case.crash is None else (case.crash.line, *case.crash.last_gcs)
    wanted = {line for finding in findings for line in finding.evidence} | set(crash_lines)
    texts = context.source.fetch(wanted - context.borrowed.keys()) | context.borrowed

    def evidence(lines: Sequence[int]) -> tuple[EvidenceLine, ...]:
        return tuple(EvidenceLine(line, texts[line]) for line in sorted(set(lines)) if line in texts)

    counts = collections["collector"].value_counts()
    return ProcessReport(
        source=context.source.name,
        pid=process.pid,
        isolate=process.isolate,
        main=process.main,
        run=process.run,
        node=case.node,
        span=case.span,
        counts={name: int(counts[name]) for name in COLLECTORS},
        pauses=case.pauses,
        heap=case.heap,
        limit=case.limit,
        forecast=case.forecast,
        verdict=case.verdict,
        timeline=timeline,
        strikes=case.strikes,
        growth=case.growth,
        what_if=case.what_if,
        crash=case.crash,
        crash_evidence=evidence(crash_lines),
        last_collections=_last_collections(process, case),
        findings=tuple(
            FindingReport(f.id, f.severity, f.confidence, f.title, f.observed, f.threshold, evidence(f.evidence), f.remedy)
            for f in findings
        ),
        cycles=case.cycles,
        series=thin(collections, case.span),
        memory=case.memory,
        memwatch=measure_memwatch(case.cycles, len(collections)),
        kill=case.kill,
        memory_limit=case.memory_limit,
        reported=case.reported,
        witnesses=_witnesses(context, process),
        heap_diff=process.heap_diff,
        by_memory=case.by_memory,
    )


def _witnesses(context: SourceContext, process: ProcessTable) -> tuple[Witness, ...]:
    """The files that speak for a process, each once, its own first."""
    found: dict[str, tuple[str, ...]] = {context.source.name: tells(context, process)}
    for witness in process.heard:
        found[witness.source] = tuple(dict.fromkeys((*found.get(witness.source, ()), *witness.tells)))
    return tuple(Witness(source, told) for source, told in found.items())


def _last_collections(process: ProcessTable, case: Case) -> tuple[LastCollection, ...]:
    """The last collections before a fatal error, as many as its ring has, and two at least."""
    if case.crash is None:
        return ()
    rows = process.collections.tail(max(len(process.ring_lines), 2))
    return tuple(map(LastCollection, *(rows[field.name].tolist() for field in dataclasses.fields(LastCollection))))
