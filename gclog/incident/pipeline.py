"""The whole flow on one page: words of the command line -> sources -> records -> tables -> processes -> judgement -> report.

bytes -> lines -> payload lines -> records -> tables -> measures -> judgement -> report model
source   source   source/unwrap   recognise  tables    analysis    diagnose     report/model
v8.log lines -> code map + ticks -> stacks -> call trees -> report model
recognise       profile             profile   profile
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import gclog
from gclog.errors import InputError, NothingToAnalyse, UsageError
from gclog.heap.files import find_snapshots
from gclog.incident.adopt import beside_gc_log, hear_ticks, join_streams, tie_reports, tie_speakers
from gclog.incident.context import SourceContext
from gclog.incident.process import report_process
from gclog.incident.read_source import read_source
from gclog.incident.settings import Keep, Progress, Settings
from gclog.incident.snapshots import SnapshotPool
from gclog.model.not_known import NotKnown
from gclog.model.process import LineCounts
from gclog.model.report import ProcessReport, ProfileReport, Report, SourceReport
from gclog.model.verdict import LEVELS
from gclog.processes.split import ProcessTable, part_of
from gclog.profile.names import has_isolate
from gclog.source.open import SourceSpec, expand, join_rotated, open_source

__all__ = ["analyze"]


TOGETHER = 64
"""So many sources are read before the first is judged, for the crash of one may be the end of a process in another."""

NO_GC_LOG = NotKnown("no GC log of the same isolate was given")
RUN_WITH_PROF = "Was node started with --prof? V8 writes its ticks to isolate-*-v8.log: node --prof server.js"


# ---------------------------------------------------------------- the whole


def analyze(
    words: Sequence[str | Path] | str | Path,
    settings: Settings | None = None,
    progress: Progress | None = None,
    keep: Keep | None = None,
) -> Report:
    """Read everything, judge every process, and report. Raises GclogError: UsageError, InputError, NothingToAnalyse.

    `keep` is given each process's report with the tables that it is made from.
    """
    settings = settings or Settings()
    sources: dict[str, SourceReport] = {}
    processes: list[ProcessReport] = []
    profiles: list[ProfileReport] = []
    isolates: set[str | None] = set()
    refused: InputError | None = None
    given = expand([str(word) for word in ([words] if isinstance(words, str | Path) else words)])
    pool = SnapshotPool(find_snapshots(given) if settings.snapshots else (), progress or (lambda _: None))
    heaps_named = {file.spec.name for file in pool.files}
    logs = join_rotated([spec for spec in given if spec.name not in heaps_named])
    specs = [*logs, *(spec for spec in given if spec.name in heaps_named)]
    in_order = sorted(logs, key=lambda spec: not has_isolate(spec.name))  # a GC log is joined to profiles read before it
    for begin in range(0, len(in_order), TOGETHER):
        with ExitStack() as opened:
            contexts = []
            for spec in in_order[begin : begin + TOGETHER]:
                try:
                    source = opened.enter_context(open_source(spec, settings.encoding))
                except InputError as error:
                    if spec.asked:
                        raise
                    refused = refused or error
                    sources[spec.name] = _report_refused(spec, error)
                    continue
                contexts.append(read_source(source, settings, progress))
            join_streams(contexts)
            tie_reports(contexts)
            tie_speakers(contexts)
            profiles += [ProfileReport(p.source, p, NO_GC_LOG) for context in contexts for p in context.profiles if p.ticks]
            profiles = [beside_gc_log(profile, contexts) for profile in profiles]
            hear_ticks(contexts, profiles)
            pool.tie(contexts, all_read=len(in_order) <= TOGETHER)
            for context in contexts:
                isolates |= {process.isolate for process in context.processes}
                isolates |= {profile.isolate for profile in context.profiles if profile.ticks}
                context.processes = _choose(context.processes, settings)
                reports = [
                    report_process(context, process, settings.heap_limit_mb, settings.thresholds, settings.memory_limit_mb)
                    for process in context.processes
                ]
                for report, process in zip(reports, context.processes, strict=True):
                    if keep is not None:
                        keep(report, process)
                processes += reports
                sources[context.source.name] = _report_source(context)
    profiles = [report for report in profiles if settings.isolate in (None, report.profile.isolate)]
    heaps = pool.alone((process.pid, process.main) for process in processes)
    sources |= pool.sources()
    in_given_order = tuple(sources[spec.name] for spec in specs)
    if not processes and not profiles and (isolates or not heaps):
        raise _nothing_chosen(isolates, settings) if isolates else refused or pool.refused or _nothing(in_given_order)
    processes.sort(key=lambda process: (-LEVELS.index(process.verdict.level), not process.main, -process.total))
    return Report(gclog.__version__, in_given_order, tuple(processes), tuple(profiles), heaps)


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
    where = ", ".join(source.path for source in sources) or None
    if any(source.kind == "ticks" for source in sources):
        return NothingToAnalyse("a v8.log without one tick", where=where, remedy=RUN_WITH_PROF)
    lines = sum(source.lines.total for source in sources)
    unread = sum(source.lines.unread for source in sources)
    found = f"{lines:,} {'line' if lines == 1 else 'lines'} of application output" if lines else "no line at all"
    if unread:
        found += f", {unread:,} of them V8's but unreadable"
    return NothingToAnalyse(
        f"no GC lines, no crash and no ticks: found {found}",
        where=where,
        remedy="Was node started with --trace-gc? V8 prints it to stdout: node --trace-gc server.js > gc.log; "
        "ticks are in the isolate-*-v8.log of --prof.",
    )


# ---------------------------------------------------------------- one process


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


# ---------------------------------------------------------------- one source


def _report_source(context: SourceContext) -> SourceReport:
    source, reader, log_lines = context.source, context.reader, sum(profile.lines.recognised for profile in context.profiles)
    kind = context.kind if context.kind != "gc" or context.processes or context.notes else "none"
    no_tick = context.kind == "ticks" and not any(profile.ticks for profile in context.profiles)
    return SourceReport(
        path=source.name,
        kind=kind,
        envelopes=dict(reader.envelopes),
        encoding=source.encoding,
        compression=source.compression,
        bytes=source.bytes_read,
        lines=context.counts,
        recognised_by=dict(reader.recognised_by)
        | {f"v8_trace.{name}": n for name, n in context.trace_lines.items()}
        | ({"v8_log": log_lines} if log_lines else {}),
        unread=context.unread,
        notes=(*source.notes, *context.notes, *([f"a v8.log without one tick. {RUN_WITH_PROF}"] if no_tick else [])),
        pieces=tuple(source.pieces.items()),
    )


def _report_refused(spec: SourceSpec, error: InputError) -> SourceReport:
    """What lay in a folder or an archive and is no log: an incident's folder has all sorts of things in it."""
    return SourceReport(
        path=spec.name,
        kind="none",
        envelopes={},
        encoding="",
        compression=None,
        bytes=0,
        lines=LineCounts(0, 0, 0, 0, 0),
        recognised_by={},
        unread=(),
        notes=(f"passed over: it {error.what}" + (f". {error.remedy}" if error.remedy else ""),),
    )
