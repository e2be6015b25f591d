"""The whole flow on one page: words of the command line -> sources -> records -> tables -> processes -> judgement -> report.

bytes -> lines -> payload lines -> records -> tables -> measures -> judgement -> report model
source   source   source/unwrap   recognise  tables    analysis    diagnose     report/model
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

import gclog
from gclog.analysis.crash import classify_crash
from gclog.analysis.cycles import cycles
from gclog.analysis.gaps import find_gaps, starts_late
from gclog.analysis.live_set import measure_heap
from gclog.analysis.node_version import infer_node
from gclog.analysis.off_heap import measure_external, say_growth
from gclog.analysis.pauses import measure_pauses
from gclog.analysis.reasons import ASKED_FOR, EXTERNAL_PRESSURE, LAST_RESORT, find_lines
from gclog.analysis.replay import replay
from gclog.analysis.series import thin
from gclog.analysis.signals import FatalSeen, OptionSeen, Signal
from gclog.analysis.span import measure_span
from gclog.columns import records_of
from gclog.diagnose.finding import Case, Finding
from gclog.diagnose.registry import run_rules
from gclog.diagnose.verdict import conclude
from gclog.errors import NothingToAnalyse, UsageError
from gclog.moments import Moment
from gclog.processes import ProcessTable, part_of, split_processes
from gclog.recognise.reader import Reader
from gclog.records import COLLECTOR_OF_TYPE, Collector, CrashMarker, HeapOption, Message, Record
from gclog.report.model import EvidenceLine, FindingReport, ProcessReport, Report, SourceReport
from gclog.results import LEVELS, Crash, CrashKind, Limit, LineCounts, UnreadShape
from gclog.source.open import Source, expand, open_source
from gclog.streams import join, pair_streams
from gclog.tables import TableBuilder, Tables

__all__ = ["Settings", "analyze", "read", "read_tables"]

Progress = Callable[[Source], None]

TOGETHER = 64
"""So many sources are read before the first is judged, for the crash of one may be the end of a process in another."""

LIMITING_OPTIONS = ("max_old_space_size", "max_heap_size")
OUT_OF_HEAP: tuple[CrashKind, ...] = ("ineffective-mark-compacts", "heap-limit", "one-large-allocation", "worker-limit")
"""The kinds of crash that mean that the heap is exhausted."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user asks of an analysis. `thresholds`: rule id -> name -> value."""

    heap_limit_mb: float | None = None
    since: Moment | None = None
    until: Moment | None = None
    isolate: str | None = None
    encoding: str | None = None
    thresholds: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


# ---------------------------------------------------------------- reading


def read(*words: str | Path, encoding: str | None = None) -> Iterator[Record]:
    """The records of logs, in the order of their lines: files, folders, globs, `-` for stdin. Raises GclogError."""
    for spec in expand([str(word) for word in words]):
        with open_source(spec, encoding) as source:
            reader = Reader()
            for block in source.blocks():
                yield from records_of(reader.read(block))
            yield from records_of(reader.finish())


def read_tables(path: str | Path, encoding: str | None = None) -> Tables:
    """What one log says, as tables. Raises GclogError; UsageError where the path names several logs."""
    specs = expand([str(path)])
    if len(specs) != 1:
        raise UsageError(f"{len(specs)} logs, where one was wanted", where=str(path), remedy="Read them one by one.")
    with open_source(specs[0], encoding) as source:
        return _read_all(source, Reader(), None)


def _read_all(source: Source, reader: Reader, progress: Progress | None) -> Tables:
    builder = TableBuilder()
    for block in source.blocks():
        builder.add(reader.read(block))
        if progress is not None:
            progress(source)
    builder.add(reader.finish())
    return builder.build()


# ---------------------------------------------------------------- the whole


def analyze(
    words: Sequence[str | Path] | str | Path, settings: Settings | None = None, progress: Progress | None = None
) -> Report:
    """Read everything, judge every process, and report. Raises GclogError: UsageError, InputError, NothingToAnalyse."""
    settings = settings or Settings()
    sources: list[SourceReport] = []
    processes: list[ProcessReport] = []
    isolates: set[str | None] = set()
    specs = expand([str(word) for word in ([words] if isinstance(words, str | Path) else words)])
    for begin in range(0, len(specs), TOGETHER):
        with ExitStack() as opened:
            contexts = [
                _read_source(opened.enter_context(open_source(spec, settings.encoding)), settings, progress)
                for spec in specs[begin : begin + TOGETHER]
            ]
            _join_streams(contexts)
            for context in contexts:
                isolates |= {process.isolate for process in context.processes}
                context.processes = _choose(context.processes, settings)
                processes += [report_process(context, process) for process in context.processes]
                sources.append(_report_source(context))
    if not processes:
        raise _nothing_chosen(isolates, settings) if isolates else _nothing(sources)
    processes.sort(key=lambda process: (-LEVELS.index(process.verdict.level), not process.main, -process.total))
    return Report(gclog.__version__, tuple(sources), tuple(processes))


def _read_source(source: Source, settings: Settings, progress: Progress | None) -> SourceContext:
    reader = Reader()
    tables = _read_all(source, reader, progress)
    return SourceContext(source, reader, tables, split_processes(tables), settings)


def _join_streams(contexts: Sequence[SourceContext]) -> None:
    """Move a crash to the process that it ended, where that one's standard output is in another file; both notes say so."""
    for pair in pair_streams([context.processes for context in contexts]):
        theirs, ours = contexts[pair.crash_source], contexts[pair.process_source]
        before = max([ours.counts.total, *ours.borrowed])
        ours.processes = [join(pair, before) if process is pair.process else process for process in ours.processes]
        theirs.processes = [process for process in theirs.processes if process is not pair.crash]
        ours.borrowed |= {line + before: text for line, text in theirs.source.fetch(pair.crash.lines).items()}
        ours.notes.append(f"the end of its process is in {theirs.source.name}: line {before + 1} stands for line 1 of that")
        theirs.notes.append(f"its crash is the end of a process in {ours.source.name}, and told there")


def _nothing_chosen(isolates: set[str | None], settings: Settings) -> UsageError:
    """Collections there are, but none that --isolate, --since and --until let through."""
    if settings.isolate is not None and settings.isolate not in isolates:
        named = ", ".join(sorted(isolate for isolate in isolates if isolate is not None))
        return UsageError(f"no isolate {settings.isolate} in the logs", remedy=f"There are: {named or 'none with a name'}.")
    return UsageError(
        "no collection between --since and --until",
        remedy="Durations (90s, 14m, 2h30m) count from the start of the process; dates need a log with dates.",
    )


def _nothing(sources: Sequence[SourceReport]) -> NothingToAnalyse:
    lines = sum(source.lines.total for source in sources)
    unread = sum(source.lines.unread for source in sources)
    found = f"{lines:,} {'line' if lines == 1 else 'lines'} of application output" if lines else "no line at all"
    if unread:
        found += f", {unread:,} of them V8's but unreadable"
    return NothingToAnalyse(
        f"no GC lines and no crash: found {found}",
        where=", ".join(source.path for source in sources) or None,
        remedy="Was node started with --trace-gc? V8 prints it to stdout: node --trace-gc server.js > gc.log",
    )


# ---------------------------------------------------------------- one process


@dataclass(slots=True)
class SourceContext:
    """What is known of a source when its processes are judged.

    `borrowed`: lines of another source that speak of a process of this one, by the numbers that they have here.
    """

    source: Source
    reader: Reader
    tables: Tables
    processes: list[ProcessTable]
    settings: Settings
    borrowed: dict[int, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def counts(self) -> LineCounts:
        return self.reader.line_counts

    @property
    def unread(self) -> tuple[UnreadShape, ...]:
        return self.reader.unread_shapes


def _choose(processes: Sequence[ProcessTable], settings: Settings) -> list[ProcessTable]:
    """The processes that --isolate lets through, with what --since and --until leave of them."""
    chosen = [process for process in processes if settings.isolate in (None, process.isolate)]
    if settings.since is None and settings.until is None:
        return chosen
    return [part for process in chosen if len((part := _between(process, settings)).collections)]


def _between(process: ProcessTable, settings: Settings) -> ProcessTable:
    """A process from --since to --until. What stands before the first line, or from the first one too late on, goes too."""
    first, end = 0.0, math.inf
    lines = process.collections["line"]
    for moment in (settings.since, settings.until):
        if moment is not None:
            clock = process.collections["wall_ms" if moment.on_wall_clock else "at_ms"]
            if moment is settings.since:
                first = float(lines[clock >= moment.ms].min())
            else:
                late = lines[~(clock <= moment.ms)]
                end = float(late.min()) if len(late) else math.inf
    return part_of(process, first, end)


def report_process(context: SourceContext, process: ProcessTable) -> ProcessReport:
    """Measure, replay, judge and describe one process."""
    collections = process.collections
    span = measure_span(collections, process.first_line, process.last_line)
    found = cycles(collections)
    pauses = measure_pauses(collections, span)
    heap = measure_heap(collections, process.totals if len(process.totals) else None, span)
    crash = _classify(process, collections, context.settings.heap_limit_mb)
    known = _known_at_once(process, crash, context.settings.heap_limit_mb)
    judged = replay(collections, _signals(process, known, span.last_ms), context.settings.heap_limit_mb)
    external = measure_external(process.totals)
    growth = say_growth(judged.growth, external, heap)
    verdict = conclude(
        level=judged.level,
        timeline=judged.timeline,
        span=span,
        limit=judged.limit,
        forecast=judged.forecast,
        crash=crash,
        heap=heap,
        pauses=pauses,
        growth=growth,
        strikes=judged.strikes,
        tail_only=bool(collections["ring"].all()),
    )
    case = Case(
        pid=process.pid,
        isolate=process.isolate,
        main=process.main,
        node=infer_node(collections, frozenset(collections["form"]), _crash_forms(process, crash)),
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
        limit=judged.limit,
        forecast=judged.forecast,
        verdict=verdict,
        timeline=judged.timeline,
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
    )
    return _describe(context, process, case, run_rules(case, context.settings.thresholds), collections)


def _classify(process: ProcessTable, collections: pd.DataFrame, limit_mb: float | None) -> Crash | None:
    """The crash of a process. Whether one allocation was too large or the heap was full shows only against the limit."""
    crash = classify_crash(process.rare, collections, limit_mb)
    if crash is None:
        return None
    if limit_mb is None and crash.kind == "heap-limit" and (crash.location or "").startswith("CALL_AND_RETRY"):
        inferred = replay(collections, _signals(process, None, 0.0), None).limit
        if isinstance(inferred, Limit):
            crash = classify_crash(process.rare, collections, inferred.mb) or crash
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
    """What the replay must know beside the collections: limits that the log names, and the fatal error."""
    signals: list[Signal] = [
        OptionSeen(record.line, record.mb, record.option)
        for record in process.rare
        if isinstance(record, HeapOption) and record.option in LIMITING_OPTIONS
    ]
    if crash is not None and crash.kind in OUT_OF_HEAP:
        signals.append(FatalSeen(crash.line, crash.reason, last_ms if crash.at_ms is None else crash.at_ms))
    return tuple(sorted(signals, key=lambda signal: signal.line))


def _run_starts(context: SourceContext, process: ProcessTable) -> tuple[int, ...]:
    """Where later runs begin in this source: main isolates that start after another has ended."""
    mains = [other for other in context.processes if other.main]
    return tuple(later.first_line for before, later in itertools.pairwise(mains) if before.last_line < later.first_line)


# ---------------------------------------------------------------- report model


def _describe(
    context: SourceContext, process: ProcessTable, case: Case, findings: Sequence[Finding], collections: pd.DataFrame
) -> ProcessReport:
    crash_lines = () if case.crash is None else (case.crash.line, *case.crash.last_gcs)
    wanted = {line for finding in findings for line in finding.evidence} | set(crash_lines)
    texts = context.source.fetch(wanted - context.borrowed.keys()) | context.borrowed

    def evidence(lines: Sequence[int]) -> tuple[EvidenceLine, ...]:
        return tuple(EvidenceLine(line, texts[line]) for line in sorted(set(lines)) if line in texts)

    counts: Counter[Collector] = Counter(COLLECTOR_OF_TYPE[name] for name in collections["type"])
    return ProcessReport(
        source=context.source.name,
        pid=process.pid,
        isolate=process.isolate,
        main=process.main,
        run=process.run,
        node=case.node,
        span=case.span,
        counts={name: counts[name] for name in ("scavenge", "mark_compact", "minor_mark_sweep")},
        pauses=case.pauses,
        heap=case.heap,
        limit=case.limit,
        forecast=case.forecast,
        verdict=case.verdict,
        timeline=case.timeline,
        strikes=case.strikes,
        growth=case.growth,
        what_if=case.what_if,
        crash=case.crash,
        crash_evidence=evidence(crash_lines),
        findings=tuple(
            FindingReport(f.id, f.severity, f.confidence, f.title, f.observed, f.threshold, evidence(f.evidence), f.remedy)
            for f in findings
        ),
        cycles=case.cycles,
        series=thin(collections, case.span),
    )


def _report_source(context: SourceContext) -> SourceReport:
    source, reader = context.source, context.reader
    return SourceReport(
        path=source.name,
        kind="gc" if context.processes or context.notes else "none",
        envelopes=dict(reader.envelopes),
        encoding=source.encoding,
        compression=source.compression,
        bytes=source.bytes_read,
        lines=reader.line_counts,
        recognised_by=dict(reader.recognised_by) | {f"v8_trace.{kind}": n for kind, n in context.tables.trace_lines.items()},
        unread=reader.unread_shapes,
        notes=(*source.notes, *context.notes),
    )
