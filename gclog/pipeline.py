"""The whole flow on one page: words of the command line -> sources -> records -> tables -> processes -> judgement -> report.

bytes -> lines -> payload lines -> records -> tables -> measures -> judgement -> report model
source   source   source/unwrap   recognise  tables    analysis    diagnose     report/model
v8.log lines -> code map + ticks -> stacks -> call trees -> report model
recognise       profile             profile   profile
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import gclog
from gclog.columns import records_of
from gclog.errors import InputError, NothingToAnalyse, UsageError
from gclog.heap.files import find_snapshots
from gclog.joined import join_gc
from gclog.judged import SourceContext, report_process, tells
from gclog.moments import Moment
from gclog.processes import ProcessTable, part_of, split_processes
from gclog.profile.log_name import has_isolate
from gclog.profile.options import ProfileOptions
from gclog.profile_results import GcJoin, Profile
from gclog.recognise.ahead import read_batches, usable_cores
from gclog.recognise.detect import LogKind, detect, without_log_lines
from gclog.recognise.profiles import PRINTED_PROFILE
from gclog.recognise.reader import Reader
from gclog.records import Message, Record
from gclog.report.model import ProcessReport, ProfileReport, Report, SourceReport
from gclog.results import LEVELS, LineCounts, NotKnown
from gclog.snapshots import SnapshotPool
from gclog.source.open import Block, Source, SourceSpec, expand, join_rotated, open_source
from gclog.streams import join, pair_streams
from gclog.tables import TableBuilder, Tables
from gclog.witness.collections import SPREAD
from gclog.witness_results import Witness
from gclog.witnessed import read_as_document, tie_reports, tie_speakers

if TYPE_CHECKING:  # what is made only of ticks is loaded where ticks are: most logs have none
    from gclog.profile.code_map import Symbols
    from gclog.recognise.log_lines import LogLine, TickRun

__all__ = ["Keep", "Settings", "analyze", "read", "read_tables"]

Progress = Callable[[Source], None]
Keep = Callable[[ProcessReport, ProcessTable], None]

TOGETHER = 64
"""So many sources are read before the first is judged, for the crash of one may be the end of a process in another."""

NO_GC_LOG = NotKnown("no GC log of the same isolate was given")
RUN_WITH_PROF = "Was node started with --prof? V8 writes its ticks to isolate-*-v8.log: node --prof server.js"


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user asks of an analysis. `thresholds`: rule id -> name -> value.

    read_as   what every source is, instead of what its first block says
    profile   what is asked of tick logs; `symbols` those of their binaries
    snapshots heap snapshots among the logs are compared; else they are refused, as what is no log
    processes   how many may read a long log together; None: as many as there are cores
    """

    heap_limit_mb: float | None = None
    memory_limit_mb: float | None = None
    since: Moment | None = None
    until: Moment | None = None
    isolate: str | None = None
    encoding: str | None = None
    thresholds: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    read_as: LogKind | None = None
    profile: ProfileOptions = field(default_factory=ProfileOptions)
    symbols: Symbols | None = None
    snapshots: bool = True
    processes: int | None = None


# ---------------------------------------------------------------- reading


def read(*words: str | Path, encoding: str | None = None) -> Iterator[Record]:
    """The records of logs, in the order of their lines: files, folders, globs, `-` for stdin. Raises GclogError."""
    for spec in expand([str(word) for word in words]):
        with open_source(spec, encoding) as source:
            kind, blocks = _look(source.blocks())
            if kind == "ticks":
                from gclog.recognise.log_records import log_records

                yield from log_records(_log_items(blocks))
            else:
                yield from _read_records(blocks)


def _log_items(blocks: Iterable[Block]) -> Iterator[TickRun | LogLine]:
    from gclog.recognise.log_lines import LogReader

    reader = LogReader()
    for block in blocks:
        yield from reader.read(block)
    yield from reader.finish()


def _read_records(blocks: Iterable[Block]) -> Iterator[Record]:
    for batch in read_batches(Reader(), blocks, 1):
        yield from records_of(batch)


def _look(blocks: Iterator[Block]) -> tuple[LogKind, Iterator[Block]]:
    """What the first block says the source is, and all blocks."""
    first = next(blocks, None)
    return detect(first), blocks if first is None else chain([first], blocks)


def read_tables(path: str | Path, encoding: str | None = None) -> Tables:
    """What one log says, as tables. Raises GclogError; UsageError where the path names several logs."""
    specs = expand([str(path)])
    if len(specs) != 1:
        raise UsageError(f"{len(specs)} logs, where one was wanted", where=str(path), remedy="Read them one by one.")
    with open_source(specs[0], encoding) as source:
        builder = TableBuilder()
        for batch in read_batches(Reader(), source.blocks(), usable_cores()):
            builder.add(batch)
        return builder.build()


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
                contexts.append(_read_source(source, settings, progress))
            _join_streams(contexts)
            tie_reports(contexts)
            tie_speakers(contexts)
            profiles += [ProfileReport(p.source, p, NO_GC_LOG) for context in contexts for p in context.profiles if p.ticks]
            profiles = [_beside_gc_log(profile, contexts) for profile in profiles]
            _hear_ticks(contexts, profiles)
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


def _read_source(source: Source, settings: Settings, progress: Progress | None) -> SourceContext:
    if settings.read_as is None and (context := read_as_document(source)) is not None:
        return context
    found, blocks = _look(_shown(source, progress))
    kind = settings.read_as or found
    reader, builder, profiles = Reader(), TableBuilder(), []
    if kind == "gc":
        for batch in read_batches(reader, blocks, settings.processes or usable_cores()):
            builder.add(batch)
    else:
        if kind == "mixed":
            blocks = _read_too(blocks, reader, builder)
        profiles = _build_profiles(source, blocks, settings)
        builder.add(reader.finish())
    tables = builder.build()
    context = SourceContext(
        source, reader, kind, split_processes(tables, reader.line_counts.total), profiles, tables.trace_lines
    )
    context.loose += [record for record in tables.rare if isinstance(record, Message) and not context.processes]
    if (tables.collections["form"] == PRINTED_PROFILE).any():
        context.notes.append(SPREAD)
    if profiles and any(moment is not None and moment.on_wall_clock for moment in (settings.since, settings.until)):
        context.notes.append("ticks have no dates: a date for --since or --until leaves out none of them")
    return context


def _shown(source: Source, progress: Progress | None) -> Iterator[Block]:
    for block in source.blocks():
        yield block
        if progress is not None:
            progress(source)


def _read_too(blocks: Iterator[Block], reader: Reader, builder: TableBuilder) -> Iterator[Block]:
    """The blocks, each of which is read for its GC lines in passing."""
    for block in blocks:
        builder.add(reader.read(without_log_lines(block)))
        yield block


def _build_profiles(source: Source, blocks: Iterable[Block], settings: Settings) -> list[Profile]:
    from gclog.profile.build import build_profiles
    from gclog.profile.filters import without_unknown

    options = settings.profile
    if settings.since is not None and not settings.since.on_wall_clock:
        options = dataclasses.replace(options, from_ms=settings.since.ms)
    if settings.until is not None and not settings.until.on_wall_clock:
        options = dataclasses.replace(options, to_ms=settings.until.ms)
    profiles = build_profiles(source.name, blocks, options, settings.symbols, source.notes)
    return [without_unknown(profile) for profile in profiles] if options.ignore_unknown else profiles


def _join_streams(contexts: Sequence[SourceContext]) -> None:
    """Move a crash to the process that it ended, where that one's standard output is in another file; both notes say so."""
    for pair in pair_streams([context.processes for context in contexts]):
        theirs, ours = contexts[pair.crash_source], contexts[pair.process_source]
        before = max([ours.counts.total, *ours.borrowed])
        joined = join(pair, before)
        joined.heard += (Witness(theirs.source.name, tells(theirs, pair.crash)),)
        ours.processes = [joined if process is pair.process else process for process in ours.processes]
        theirs.processes = [process for process in theirs.processes if process is not pair.crash]
        ours.borrowed |= {line + before: text for line, text in theirs.source.fetch(pair.crash.lines).items()}
        ours.notes.append(f"the end of its process is in {theirs.source.name}: line {before + 1} stands for line 1 of that")
        theirs.notes.append(f"its crash is the end of a process in {ours.source.name}, and told there")


def _beside_gc_log(report: ProfileReport, contexts: Sequence[SourceContext]) -> ProfileReport:
    """The profile with the GC log of the same isolate, where one of these sources has it; the last run of several."""
    profile = report.profile
    if isinstance(report.gc, GcJoin):
        return report
    for context in contexts:
        for process in reversed(context.processes):
            if _same_isolate(profile, process) or (process.main and _only_profile(context) is profile):
                return dataclasses.replace(report, gc=join_gc(profile, process, context.source.name))
    return report


def _hear_ticks(contexts: Sequence[SourceContext], profiles: Iterable[ProfileReport]) -> None:
    """Name the tick logs of each process among its witnesses."""
    for report in profiles:
        profile = report.profile
        for context in contexts:
            for process in context.processes:
                alike = process.isolate is None and process.main and profile.pid is not None and profile.pid == process.pid
                if alike or _same_isolate(profile, process) or _only_profile(context) is profile:
                    process.heard += (Witness(report.source, ("ticks",)),)


def _only_profile(context: SourceContext) -> Profile | None:
    """The profile of a log that has the lines of both, which is then that of its process."""
    return context.profiles[0] if context.kind == "mixed" and len(context.profiles) == 1 else None


def _same_isolate(profile: Profile, process: ProcessTable) -> bool:
    """By pid and address; by the address alone where one of them has no pid."""
    if profile.isolate is None or process.isolate is None or not len(process.collections):
        return False
    same_pid = profile.pid == process.pid or None in (profile.pid, process.pid)
    return same_pid and int(profile.isolate, 16) == int(process.isolate, 16)


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
