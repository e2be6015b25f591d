"""One process judged: measured, replayed, held against the rules, and described for the report."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from gclog.analysis.measure.crash import classify_crash, depends_on_limit
from gclog.analysis.measure.cycles import cycles
from gclog.analysis.measure.effort import find_slow, measure_embedder, measure_young
from gclog.analysis.measure.full_heap import TINY_MB
from gclog.analysis.measure.gaps import find_gaps, starts_late
from gclog.analysis.measure.intervals import lay_out
from gclog.analysis.measure.limit_at_death import limit_with_crash, with_limit
from gclog.analysis.measure.live_set import measure_heap
from gclog.analysis.measure.memwatch import measure_memwatch
from gclog.analysis.measure.node_version import node_of
from gclog.analysis.measure.off_heap import measure_external, refine_growth
from gclog.analysis.measure.pauses import measure_pauses
from gclog.analysis.measure.reasons import ASKED_FOR, EXTERNAL_PRESSURE, LAST_RESORT, NOTIFIED, find_lines
from gclog.analysis.measure.series import thin
from gclog.analysis.measure.span import measure_span
from gclog.analysis.verdict.agreement import agreed_gains, agreed_trend
from gclog.analysis.verdict.forecast import unless_dead
from gclog.analysis.verdict.outside import find_memory_limit
from gclog.analysis.verdict.outside_evidence import (
    gather_evidence,
    node_with_report,
    raise_level,
    reported_limits,
    with_figures,
)
from gclog.analysis.verdict.replay import replay
from gclog.analysis.verdict.signals import FatalSeen, LimitReported, MemorySeen, OptionSeen, Signal, printed_near_limit
from gclog.diagnose.facts import known
from gclog.diagnose.registry import run_rules
from gclog.diagnose.signs import standing_of, worst_sign
from gclog.diagnose.verdict import conclude
from gclog.incident.context import SourceContext, own_kinds
from gclog.incident.grows_with import find_grows_with
from gclog.incident.history_file import runs_of
from gclog.incident.settings import Settings
from gclog.model.crash_records import CrashMarker, FatalError
from gclog.model.finding import Finding
from gclog.model.records import COLLECTORS, HeapOption, KernelKill, MemoryTotal, MemoryUsage, Message, SpaceUsage
from gclog.model.report import (
    Coverage,
    EvidenceLine,
    FindingReport,
    JudgedProcess,
    LastCollection,
    MeasuredProcess,
    ProcessReport,
    Signs,
)
from gclog.model.verdict import GROWING, LIMITING_OPTIONS, Crash, Level, Limit
from gclog.model.witness import MemoryLimit, NoMemoryLimit, Witness
from gclog.processes.message_kills import without_others
from gclog.processes.process import ProcessTable, part_of
from gclog.processes.rows import Rows

__all__ = ["report_processes"]

NAMES = {step: tuple(field.name for field in dataclasses.fields(step)) for step in (MeasuredProcess, JudgedProcess)}
"""The fields of each step to a report, which `dataclasses.fields` would list anew for every process."""

TAIL_COLLECTIONS = 3
"""Without its banner, too, this many lines that begin late and end with a fatal error are the tail of a crash, not a log."""


def report_processes(context: SourceContext, settings: Settings) -> list[ProcessReport]:
    """Measure, replay, judge and describe the processes of a source. The texts of lines are read once for all of them."""
    source = _describe(context)
    judged = [_report(context, source, process, settings) for process in context.processes]
    wanted = {line for report, findings in judged for line in _evident(report, findings)}
    texts = {**context.source.fetch(wanted - context.borrowed.keys()), **context.borrowed}
    return [_with_findings(texts, report, findings) for report, findings in judged]


def _report(
    context: SourceContext, source: Coverage, process: ProcessTable, settings: Settings
) -> tuple[ProcessReport, Sequence[Finding]]:
    """One process, without its findings, and those."""
    speaks_for_source = process is context.processes[0]
    process = dataclasses.replace(process, rows=process.rows.keeping())
    measured = _measure(context, source, process, settings, speaks_for_source=speaks_for_source)
    judged, level, outside = _judge(process, measured, settings)
    judged = dataclasses.replace(judged, grows_with=find_grows_with(context, process, judged))
    sign = worst_sign(standing_of(judged), level)
    verdict = conclude(judged, level if sign is None else sign.level, outside, sign)
    report = ProcessReport(**_fields(judged), verdict=verdict, witnesses=_witnesses(context, process))
    return report, run_rules(report, settings.thresholds)


def _describe(context: SourceContext) -> Coverage:
    """What the source says about itself, the same for all of its processes."""
    return Coverage(
        lines=context.counts,
        unread=context.unread,
        cut_short=context.counted.cut_short,
        run_starts=_run_starts(context),
        envelopes=tuple(sorted(context.counted.envelopes)),
        replaced=any(map(_is_of_a_service, context.processes)),
    )


def _fields(step: MeasuredProcess) -> dict[str, Any]:
    """All that a step knows, for the next one."""
    return {name: getattr(step, name) for name in NAMES[type(step)]}


def _measure(
    context: SourceContext, source: Coverage, process: ProcessTable, settings: Settings, *, speaks_for_source: bool
) -> MeasuredProcess:
    """What the process's lines measure."""
    collections, heap_limit_mb = process.rows, settings.heap_limit_mb
    laid_out = lay_out(collections)
    span = measure_span(collections, process.first_line, process.last_line)
    collectors = collections.texts("collector")
    crash = _classify(process, collections, heap_limit_mb)
    fulls = cycles(collections)
    node = node_of(collections, process.rare, crash)
    if node.host == "Node":
        node = node_with_report(node, process.reported)
    if crash is not None:
        classify = partial(_classify, process, collections, is_inferred=True)
        memory = find_memory_limit(without_others(process.rare, process.life.pid), process.reported, settings.memory_limit_mb)
        memory_mb = memory.mb if isinstance(memory, MemoryLimit) else None
        crash = with_limit(crash, collections, node, heap_limit_mb, process.rare, classify, memory_mb)
    return MeasuredProcess(
        source=context.source.name,
        pid=process.pid,
        isolate=process.isolate,
        main=process.main,
        run=process.run,
        node=node,
        span=span,
        counts={name: int(collectors.is_in((name,)).sum()) for name in COLLECTORS},
        pauses=measure_pauses(collections, span, laid_out),
        heap=measure_heap(collections, process.frames.get(MemoryTotal), span, fulls),
        cycles=fulls,
        series=thin(collections, span, laid_out=laid_out),
        crash=crash,
        last_collections=() if crash is None else _last_collections(process),
        memwatch=measure_memwatch(fulls, len(collections)),
        reported=process.reported,
        heap_diff=process.heap_diff,
        sampled=process.sampled,
        signs=_signs(process),
        coverage=_cover(source, process, crash, speaks_for_source=speaks_for_source),
    )


def _judge(process: ProcessTable, measured: MeasuredProcess, settings: Settings) -> tuple[JudgedProcess, Level, str]:
    """What the judge says, the level with all memory in view, and why, if that is what makes it worse."""
    collections, limit_mb = process.rows, settings.heap_limit_mb
    at_once = _known_at_once(process, measured.crash, limit_mb)
    witnesses = gather_evidence(
        process.frames.get(MemoryUsage),
        collections,
        process.rare,
        process.reported,
        settings.memory_limit_mb,
        process.life,
        limit_mb,
    )
    signals = (*_signals(process, at_once, measured.span.last_ms), *_memory_seen(witnesses.memory_limit, process, settings))
    history = runs_of(settings.history, measured.source) if process.main else ()
    heap = with_figures(replay(collections, signals, limit_mb, settings.warn, history), witnesses)
    level, timeline, outside = raise_level(heap.level, heap.timeline, witnesses)
    beside = "too-few" if witnesses.memory is None else witnesses.memory.growth
    growth = refine_growth(heap.growth, measured.signs.external, known(measured.heap.live_mb), beside)
    trend = agreed_trend(measured.heap.old_space_trend, growth, heap.rise, collections)
    limit = limit_with_crash(heap.limit, measured.crash)
    judged = JudgedProcess(
        **_fields(measured) | {"heap": dataclasses.replace(measured.heap, old_space_trend=trend)},
        limit=limit,
        forecast=unless_dead(heap.forecast, measured.crash),
        timeline=timeline,
        heap_timeline=heap.timeline,
        by_memory=bool(outside) and witnesses.kill is None,
        memory_left_ms=None if witnesses.outside is None else witnesses.outside.left_ms,
        strikes=heap.strikes,
        growth=growth,
        rise=heap.rise,
        because=heap.because,
        beside=heap.beside,
        is_as_before=heap.is_as_before,
        what_if=agreed_gains(heap.what_if, trend) if growth in GROWING else (),
        memory=witnesses.memory,
        kill=witnesses.kill,
        memory_limit=witnesses.memory_limit,
    )
    return judged, level, outside


# ---------------------------------------------------------------- what the lines say beside the figures


def _signs(process: ProcessTable) -> Signs:
    rows, totals = process.rows, process.frames.get(MemoryTotal)
    return Signs(
        last_resort_lines=find_lines(rows, LAST_RESORT),
        explicit_gc_lines=find_lines(rows, ASKED_FOR),
        notified_lines=find_lines(rows, NOTIFIED),
        external_pressure_lines=find_lines(rows, EXTERNAL_PRESSURE),
        options=tuple(record for record in process.rare if isinstance(record, HeapOption)),
        messages=tuple(record for record in process.rare if isinstance(record, Message)),
        external=None if totals is None else measure_external(totals),
        young=measure_young(rows),
        slow=find_slow(rows),
        embedder=measure_embedder(rows),
    )


def _cover(source: Coverage, process: ProcessTable, crash: Crash | None, *, speaks_for_source: bool) -> Coverage:
    rows = process.rows
    late = starts_late(rows)
    return dataclasses.replace(
        source,
        speaks_for_source=speaks_for_source,
        starts_late=late,
        gaps=find_gaps(rows),
        only_tail=process.only_ring or (crash is not None and late and len(rows) <= TAIL_COLLECTIONS),
        has_details=rows.says("mutator_ms"),
        has_verbose=SpaceUsage in process.frames,
    )


def _classify(process: ProcessTable, collections: Rows, limit_mb: float | None, *, is_inferred: bool = False) -> Crash | None:
    """The crash of a process. Whether one allocation was too large or the heap was full, only the limit shows."""
    usage = process.frames.get(MemoryUsage)
    spoke_line = 0 if usage is None else int(usage["line"].iloc[-1])
    crash = classify_crash(process.rare, collections, limit_mb, spoke_line, process.life, is_inferred=is_inferred)
    if crash is None:
        return None
    if limit_mb is None and depends_on_limit(crash):
        inferred = replay(collections, _signals(process, None, 0.0), None).limit
        if isinstance(inferred, Limit) and inferred.mb >= TINY_MB:
            is_inferred = inferred.source == "inferred"
            known = classify_crash(process.rare, collections, inferred.mb, spoke_line, process.life, is_inferred=is_inferred)
            crash = known or crash
    return dataclasses.replace(crash, last_gcs=process.ring_lines) if process.ring_lines else crash


def _known_at_once(process: ProcessTable, crash: Crash | None, limit_mb: float | None) -> Crash | None:
    """The crash by the lines up to its message: the stack that follows, which may say more, is not yet known there."""
    if crash is None:
        return None
    said = part_of(process, 0, crash.line + 1)
    return _classify(said, said.rows, limit_mb) or crash


def _memory_seen(limit: MemoryLimit | NoMemoryLimit, process: ProcessTable, settings: Settings) -> Iterator[Signal]:
    """The limit of all memory: from the first line on if it was given, else from the line that names it, or the last."""
    if isinstance(limit, MemoryLimit):
        line = process.last_line if limit.line is None else limit.line
        yield MemorySeen(0 if settings.memory_limit_mb is not None else line, limit.mb)


def _signals(process: ProcessTable, crash: Crash | None, last_ms: float) -> tuple[Signal, ...]:
    """What the replay must know beside the collections: limits that the log or a report names, and the fatal error."""
    in_reports = {report.lines.get("limit") for report in process.reported}
    signals: list[Signal] = [
        OptionSeen(record.line, record.mb, record.option)
        for record in process.rare
        if isinstance(record, HeapOption) and record.option in LIMITING_OPTIONS and record.line not in in_reports
    ]
    signals += [LimitReported(line, limit) for line, limit in reported_limits(process.reported)]
    signals += [LimitReported(0, limit) for limit in printed_near_limit(process.rare)]
    if crash is not None and crash.exhausted and crash.message:
        signals.append(FatalSeen(crash.line, crash.reason, last_ms if crash.at_ms is None else crash.at_ms))
    return tuple(sorted(signals, key=lambda signal: signal.line))


def _is_of_a_service(process: ProcessTable) -> bool:
    """Whether its lines are dated, or show that it died: what somebody pastes from a terminal has neither."""
    died = any(
        isinstance(record, CrashMarker | FatalError | KernelKill) or (isinstance(record, Message) and "kill" in record.kind)
        for record in process.rare
    )
    return died or process.rows.says("wall_ms")


def _run_starts(context: SourceContext) -> tuple[int, ...]:
    """Where later runs begin in this source: main isolates that start after another has ended."""
    mains = [other for other in context.processes if other.main]
    return tuple(later.first_line for before, later in itertools.pairwise(mains) if before.last_line < later.first_line)


def _last_collections(process: ProcessTable) -> tuple[LastCollection, ...]:
    """The last collections before a fatal error, all that its ring has, and at least two."""
    rows = process.rows.part(len(process.rows) - max(len(process.ring_lines), 2), len(process.rows))
    numbers = (rows.numbers(field.name).tolist() for field in dataclasses.fields(LastCollection)[3:])
    columns = (rows.lines.tolist(), rows.numbers("at_ms").tolist(), rows.texts("type").tolist(), *numbers)
    return tuple(map(LastCollection, *columns))


# ---------------------------------------------------------------- findings and evidence


def _crash_lines(report: ProcessReport) -> tuple[int, ...]:
    return () if report.crash is None else (report.crash.line, *report.crash.last_gcs)


def _evident(report: ProcessReport, findings: Sequence[Finding]) -> set[int]:
    """The lines that findings and the crash are evident from."""
    return {line for finding in findings for line in finding.evidence} | set(_crash_lines(report))


def _with_findings(texts: Mapping[int, str], report: ProcessReport, findings: Sequence[Finding]) -> ProcessReport:
    """The report with its findings, and the texts of the lines that they and the crash are evident from."""

    if not findings and report.crash is None:
        return report

    def evidence(lines: Sequence[int]) -> tuple[EvidenceLine, ...]:
        return tuple(EvidenceLine(line, texts[line]) for line in sorted(set(lines)) if line in texts)

    return dataclasses.replace(
        report,
        findings=tuple(
            FindingReport(f.id, f.severity, f.confidence, f.title, f.observed, f.threshold, evidence(f.evidence), f.remedy)
            for f in findings
        ),
        crash_evidence=evidence(_crash_lines(report)),
    )


def _witnesses(context: SourceContext, process: ProcessTable) -> tuple[Witness, ...]:
    """The files that describe a process, each once, its own first."""
    found: dict[str, tuple[str, ...]] = {context.source.name: own_kinds(context, process)}
    for witness in process.heard:
        found[witness.source] = tuple(dict.fromkeys((*found.get(witness.source, ()), *witness.tells)))
    return tuple(Witness(source, kinds) for source, kinds in found.items())
