"""The whole flow on one page: words of the command line -> sources -> records -> tables -> processes -> judgement -> report.

bytes -> lines -> payload lines -> records -> processes -> figures, verdict -> findings -> report
source   source   source/unwrap   recognise  processes    analysis            diagnose    model/report
v8.log lines -> code map + ticks -> stacks -> call trees -> report
recognise       profile             profile   profile
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import gclog
from gclog import units
from gclog.diagnose.signs import FEW, HEALTHY_SHARE
from gclog.errors import Fault, GclogError, InputError, NothingToAnalyse, UsageError, faults_at
from gclog.heap.files import find_heap_files
from gclog.incident.access_logs import adopt_access_logs
from gclog.incident.adopt import adopt_crashes, adopt_reports, adopt_speakers
from gclog.incident.choose import choose
from gclog.incident.context import SourceContext
from gclog.incident.heap_stacks import hear_stacks
from gclog.incident.process import report_processes
from gclog.incident.read_sources import Log, ReadLog, RefusedLog, read_sources
from gclog.incident.sampled import SampledPool
from gclog.incident.settings import Keep, Progress, Settings
from gclog.incident.snapshots import SnapshotPool
from gclog.incident.ticks import beside_gc_log, hear_ticks
from gclog.model.not_known import NotKnown
from gclog.model.process import LineCounts
from gclog.model.report import ProcessReport, ProfileReport, Report, SourceReport
from gclog.model.verdict import LEVELS
from gclog.profile.names import has_isolate, is_of_profile
from gclog.source.open import SourceSpec, expand, join_rotated

__all__ = ["analyze"]


TOGETHER = 64
"""Sources that are read before the first is judged, for the crash of one may be the end of a process in another."""

NAMED = 3
"""Files named in an error about all of them."""

NO_GC_LOG = NotKnown("no GC log of the same isolate was given")
V8_TRACES = ("gc_verbose.", "gc_nvp.", "v8_trace.")
"""Grammars of lines that only V8 prints, with --trace-gc or a flag beside it."""

RUN_WITH_PROF = "Was node started with --prof? V8 writes its ticks to isolate-*-v8.log: node --prof server.js"
READ_AS = {"cpu-profile": "cpu_profile", "preprocessed": "v8_log_preprocessed"}
"""Names of what is counted line by line, but read as a whole."""

RUN_WITH_CPU_PROF = "Was it stopped before it was started? node --cpu-prof server.js writes a profile when the process ends."


# ---------------------------------------------------------------- the whole


@dataclass(slots=True)
class _Found:
    """What has been found so far.

    isolates   those of all processes and profiles, whether they are chosen or not
    refused    why files of folders and archives were passed over
    read       sources that were not
    """

    sources: dict[str, SourceReport] = field(default_factory=dict)
    processes: list[ProcessReport] = field(default_factory=list)
    profiles: list[ProfileReport] = field(default_factory=list)
    isolates: set[str | None] = field(default_factory=set)
    refused: list[InputError | Fault] = field(default_factory=list)
    read: int = 0


@dataclass(frozen=True, slots=True)
class _Pools:
    """What lies beside the logs and says what fills the heap."""

    snapshots: SnapshotPool
    sampled: SampledPool

    def tie(self, contexts: Sequence[SourceContext], all_read: bool) -> list[SourceContext]:
        """The sources, with what the files of the heap say of each process."""
        return self.sampled.tie(self.snapshots.tie(contexts, all_read), all_read)


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
    given = expand([str(word) for word in ([words] if isinstance(words, str | Path) else words)])
    heap_files = find_heap_files(given) if settings.snapshots else []
    pools = _Pools(
        SnapshotPool([file for file in heap_files if file.kind == "snapshot"], progress or (lambda _: None)),
        SampledPool([file for file in heap_files if file.kind == "profile"], progress or (lambda _: None)),
    )
    of_heap = {file.spec.name for file in heap_files}
    logs = join_rotated([spec for spec in given if spec.name not in of_heap])
    found, asked = _Found(), {spec.name for spec in logs if spec.asked}
    with closing(read_sources(_in_order(logs), settings, progress)) as every:
        while read := list(islice(every, TOGETHER)):
            with ExitStack() as opened:
                known = list(_readable(read, opened, found))
                contexts = _bring_together([one.context for one in known], settings, found)
                contexts = pools.tie(contexts, all_read=len(logs) <= TOGETHER)
                for context, one in zip(contexts, known, strict=True):
                    try:
                        with faults_at(context.source.name):
                            _judge(context, one, settings, keep, found)
                    except Fault as error:
                        _pass_over(context.source.name, context.source.name in asked, error, found)
    names = [*(spec.name for spec in logs), *(spec.name for spec in given if spec.name in of_heap)]
    return _report(names, settings, pools, found)


def _in_order(logs: Iterable[SourceSpec]) -> list[SourceSpec]:
    """Profiles first, for a GC log is joined to those read before it."""
    return sorted(logs, key=lambda spec: not (has_isolate(spec.name) or is_of_profile(spec.name)))


def _readable(logs: Iterable[Log], opened: ExitStack, found: _Found) -> Iterator[ReadLog]:
    """The sources read. One that cannot be opened is passed over, unless it was asked for by its name."""
    for log in logs:
        if isinstance(log, RefusedLog):
            _pass_over(log.spec.name, log.spec.asked, log.error, found, log.spec.notes)
        else:
            opened.enter_context(log.context.source)
            found.read += 1
            yield log


def _pass_over(name: str, asked: bool, error: InputError | Fault, found: _Found, notes: Sequence[str] = ()) -> None:
    """Leave out a source, and say why. Raises the error if the source was asked for by its name."""
    if asked:
        raise error
    found.refused.append(error)
    found.sources[name] = _report_refused(name, error, notes)


def _bring_together(contexts: Sequence[SourceContext], settings: Settings, found: _Found) -> list[SourceContext]:
    """The sources with what each has of another's processes given to those."""
    together = hear_stacks(adopt_speakers(adopt_reports(adopt_crashes(contexts))))
    together = adopt_access_logs(together, settings.started_ms)
    own = [ProfileReport(one.source, one, NO_GC_LOG) for context in together for one in context.profiles if one.ticks]
    found.profiles = [beside_gc_log(profile, together) for profile in (*found.profiles, *own)]
    return hear_ticks(together, found.profiles)


def _judge(context: SourceContext, log: ReadLog, settings: Settings, keep: Keep | None, found: _Found) -> None:
    """The chosen processes of a source, each judged; and what was read of it."""
    found.isolates |= {process.isolate for process in context.processes}
    found.isolates |= {profile.isolate for profile in context.profiles if profile.ticks}
    chosen = dataclasses.replace(context, processes=tuple(choose(context.processes, settings)))
    reports = log.reports_of(context)
    if reports is None:
        reports = report_processes(chosen, settings)
    for process, report in zip(chosen.processes, reports, strict=True):
        found.processes.append(report)
        if keep is not None:
            keep(report, process)
    found.sources[context.source.name] = _report_source(chosen)


def _report(names: Sequence[str], settings: Settings, pools: _Pools, found: _Found) -> Report:
    """All of it, the most severe process first; sources in the order in which they were given."""
    known = [(process.pid, process.main) for process in found.processes]
    heaps, sampled = pools.snapshots.alone(known), pools.sampled.alone(known)
    sources = found.sources | pools.snapshots.files.sources() | pools.sampled.files.sources()
    in_given_order = tuple(sources[name] for name in names)
    profiles = tuple(report for report in found.profiles if settings.isolate in (None, report.profile.isolate))
    if not found.processes and not profiles and (found.isolates or not (heaps or sampled)):
        beside = [error for error in (pools.snapshots.refused, pools.sampled.refused) if error is not None]
        raise _why_nothing(found, settings, [*found.refused, *beside], in_given_order)
    processes = sorted(found.processes, key=lambda process: (-_severity(process), not process.main, -process.total))
    return Report(gclog.__version__, in_given_order, tuple(processes), profiles, heaps, sampled)


def _severity(process: ProcessReport) -> float:
    """Place of a process in the report. One of which too little is known, and that is busy collecting, comes before one that is well."""
    level, share = process.verdict.level, process.pauses.share
    is_busy = level == "not-assessable" and isinstance(share, float) and share >= HEALTHY_SHARE and process.total >= FEW
    return LEVELS.index("ok") + 0.5 if is_busy else LEVELS.index(level)


def _why_nothing(
    found: _Found, settings: Settings, refused: Sequence[InputError | Fault], sources: Sequence[SourceReport]
) -> GclogError:
    """What one file of many has against it is the answer only if none of them could be read."""
    if found.isolates:
        return _nothing_chosen(found.isolates, settings)
    if found.read or not refused:
        return _nothing(sources, refused)
    first, *others = refused
    return (
        InputError(f"{first.what}; nor can {len(others):,} more be read", where=first.where, remedy=first.remedy)
        if others
        else first
    )


def _nothing_chosen(isolates: set[str | None], settings: Settings) -> UsageError:
    """Collections there are, but none that --isolate, --since and --until let through."""
    if settings.isolate is not None and settings.isolate not in isolates:
        named = ", ".join(sorted(isolate for isolate in isolates if isolate is not None))
        return UsageError(f"no isolate {settings.isolate} in the logs", remedy=f"There are: {named or 'none with a name'}.")
    return UsageError(
        "no collection between --since and --until",
        remedy="Durations (90s, 14m, 2h30m) count from the start of the process; dates need a log with dates.",
    )


def _nothing(sources: Sequence[SourceReport], refused: Sequence[InputError | Fault]) -> NothingToAnalyse:
    names = [source.path for source in sources]
    more = [f"and {len(names) - NAMED:,} more"] if len(names) > NAMED + 1 else []
    where = ", ".join([*names[: NAMED if more else None], *more]) or None
    beside = _say_refused(refused)
    if any(source.kind in ("ticks", "preprocessed") for source in sources):
        return NothingToAnalyse(f"a v8.log without one tick{beside}", where=where, remedy=RUN_WITH_PROF)
    if any(source.kind == "cpu-profile" for source in sources):
        return NothingToAnalyse(f"a CPU profile without one sample{beside}", where=where, remedy=RUN_WITH_CPU_PROF)
    lines = sum(source.lines.total for source in sources)
    unread = sum(source.lines.unread for source in sources)
    read = [(rule, count) for source in sources for rule, count in source.recognised_by.items()]
    traced = sum(count for rule, count in read if rule.startswith(V8_TRACES)) + unread
    found = f"{units.several(lines, 'line')} of application output" if lines else "no line at all"
    if traced:
        are = "line is" if traced == 1 else "lines are"
        return NothingToAnalyse(
            f"no collection, no crash and no ticks: {traced:,} {are} V8's, of {lines:,}, but none can be read that says when V8 collected{beside}",
            where=where,
            remedy="Take whole lines as V8 printed them, from where the log starts: these were retyped, or are a part of what V8 printed of one collection.",
        )
    return NothingToAnalyse(
        f"no GC lines, no crash and no ticks: found {found}{beside}",
        where=where,
        remedy="Was node started with --trace-gc? V8 prints it to stdout: node --trace-gc server.js > gc.log; "
        "ticks are in the isolate-*-v8.log of --prof.",
    )


def _say_refused(refused: Sequence[InputError | Fault]) -> str:
    """`; passed over core.1: is not text, and 2 more`; empty if nothing was."""
    if not refused:
        return ""
    more = f", and {len(refused) - 1:,} more" if len(refused) > 1 else ""
    return f"; passed over {refused[0].where}: {refused[0].what}{more}"


# ---------------------------------------------------------------- one source


def _report_source(context: SourceContext) -> SourceReport:
    source, counted, read = context.source, context.counted, sum(profile.lines.recognised for profile in context.profiles)
    kind = context.kind if context.kind != "gc" or context.processes or context.notes else "none"
    no_tick = context.kind == "ticks" and not any(profile.ticks for profile in context.profiles)
    return SourceReport(
        path=source.name,
        kind=kind,
        envelopes=dict(counted.envelopes),
        encoding=source.encoding,
        compression=source.compression,
        bytes=source.bytes_read,
        lines=context.counts,
        recognised_by=dict(counted.recognised_by)
        | {f"v8_trace.{name}": n for name, n in context.trace_lines.items()}
        | ({READ_AS.get(kind, "v8_log"): read} if read else {}),
        unread=context.unread,
        notes=(*source.notes, *context.notes, *([f"a v8.log without one tick. {RUN_WITH_PROF}"] if no_tick else [])),
        pieces=tuple(source.pieces.items()),
    )


def _report_refused(name: str, error: InputError | Fault, notes: Sequence[str]) -> SourceReport:
    """A file of a folder or an archive that is no log: an incident's folder has all sorts of things in it."""
    return SourceReport(
        path=name,
        kind="none",
        envelopes={},
        encoding="",
        compression=None,
        bytes=0,
        lines=LineCounts(0, 0, 0, 0, 0),
        recognised_by={},
        unread=(),
        notes=(*notes, f"passed over: it {error.what}" + (f". {error.remedy}" if error.remedy else "")),
    )
