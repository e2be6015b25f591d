"""Documents that lie beside a log, as sources of their own; and diagnostic reports tied to the processes that they are of."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

from gclog.incident.context import TELL_OF_KILL, SourceContext, tells
from gclog.model.process import LineCounts
from gclog.model.profile import GcJoin, Profile
from gclog.model.records import FatalError, KernelKill, Message, NativeFrame, Record
from gclog.model.report import ProfileReport
from gclog.model.witness import ReportedProcess, Witness
from gclog.processes.crash_blocks import CrashRecord
from gclog.processes.crash_streams import Pair, join, pair_streams
from gclog.processes.split import ProcessTable, split_processes
from gclog.processes.tables import TableBuilder, Tables
from gclog.profile.gc_join import join_gc
from gclog.recognise.documents.detect import detect_document, read_document
from gclog.recognise.reader import Reader
from gclog.recognise.tally import LineStatus
from gclog.source.open import Source

__all__ = ["beside_gc_log", "hear_ticks", "join_streams", "read_as_document", "tie_reports", "tie_speakers"]

HEAD_BYTES = 1 << 14
"""So much of a file tells what document it is."""

SAME_MOMENT_MS = 10 * 60_000.0
"""A report that is written at a death is of the moment when the log's last dated line was, give or take a clock's error."""


def read_as_document(source: Source) -> SourceContext | None:
    """The source as a diagnostic report, a GC profile or a trace; None where it is a log. It is read again from its beginning."""
    kind = detect_document(next(source.blocks(HEAD_BYTES), None))
    document = None if kind is None else read_document(source, kind)
    if kind is None or document is None:
        return None
    builder = TableBuilder()
    builder.add(document.batch)
    tables = builder.build()
    reported = document.reported
    processes = split_processes(tables) if reported is None else [_process_of(reported, tables)]
    context = SourceContext(source, _counted(document.lines, kind), "gc", processes, [], {})
    context.borrowed = dict(document.texts)
    context.notes += document.notes
    return context


def _process_of(report: ReportedProcess, tables: Tables) -> ProcessTable:
    """The process that a report is of, before anything else is known of it."""
    none = tables.collections.iloc[:0]
    thread = report.thread_id or 0
    process = ProcessTable(report.pid, None, 1, thread == 0, none, (), none.iloc[:0, :0], none.iloc[:0, :0], list(tables.rare))
    process.reported = (report,)
    if not process.rare:
        process.rare.append(Record(line=report.lines.get("event", 1), wall_ms=report.wall_ms))
    return process


def _counted(lines: LineCounts, kind: str) -> Reader:
    """A reader that has counted the lines of a document: what reads logs has nothing to do with it."""
    reader = Reader()
    for status, count in (
        (LineStatus.RECOGNISED, lines.recognised),
        (LineStatus.FOREIGN, lines.foreign),
        (LineStatus.CONTINUATION, lines.continuation),
        (LineStatus.UNREAD, lines.unread),
    ):
        if count:
            reader.tally.counts[status] = count
    if lines.recognised:
        reader.recognised_by[kind.replace("-", "_")] = lines.recognised
    return reader


def tie_reports(contexts: Sequence[SourceContext]) -> None:
    """Move diagnostic reports to the processes that they are of, by pid and moment; both notes say so. Others stay on their own."""
    for theirs in contexts:
        for reporting in [process for process in theirs.processes if process.reported and not len(process.collections)]:
            report = reporting.reported[0]
            found = [
                (ours, process)
                for ours in contexts
                if ours is not theirs
                for process in ours.processes
                if process.main and not process.reported and _may_be(process, report)
            ]
            if found:
                _tie(theirs, reporting, *max(found, key=lambda entry: _last_moment(entry[1], report)))


def _may_be(process: ProcessTable, report: ReportedProcess) -> bool:
    """Whether a process may be the one: the same pid, or none in its lines, and not of another moment."""
    if process.pid is not None and process.pid != report.pid:
        return False
    dated = process.collections["wall_ms"].dropna() if len(process.collections) else None
    if dated is None or not len(dated) or report.wall_ms is None:
        return process.pid is not None
    return bool(dated.iloc[0] - SAME_MOMENT_MS <= report.wall_ms <= dated.iloc[-1] + SAME_MOMENT_MS)


def _last_moment(process: ProcessTable, report: ReportedProcess) -> tuple[bool, int]:
    """Of several runs with one pid: the one that died, then the last."""
    return report.fatal and not _lived(process), process.run


def _lived(process: ProcessTable) -> bool:
    return not process.ring_lines and not any(isinstance(record, FatalError) for record in process.rare)


def _tie(theirs: SourceContext, reporting: ProcessTable, ours: SourceContext, process: ProcessTable) -> None:
    report = reporting.reported[0]
    before = max([ours.counts.total, *ours.borrowed])
    if any(isinstance(record, NativeFrame) for record in process.rare):
        reporting.rare = [record for record in reporting.rare if not isinstance(record, NativeFrame)]
    tied = join(Pair(reporting, 0, process, 0), before)
    tied.heard += (Witness(theirs.source.name, ("diagnostic report",)),)
    tied.reported = (dataclasses.replace(report, lines={name: line + before for name, line in report.lines.items()}),)
    ours.processes = [tied if other is process else other for other in ours.processes]
    theirs.processes = [other for other in theirs.processes if other is not reporting]
    wanted = {*report.lines.values(), *reporting.lines}
    ours.borrowed |= {line + before: text for line, text in theirs.source.fetch(wanted).items()}
    ours.notes.append(
        f"the diagnostic report of its process is {theirs.source.name}: line {before + 1} stands for line 1 of that"
    )
    theirs.notes.append(f"the diagnostic report of a process in {ours.source.name}, and told there")


# ---------------------------------------------------------------- what others print of a process


def tie_speakers(contexts: Sequence[SourceContext]) -> None:
    """Move figures of memory and the kernel's lines that stand in files of their own to the process that they are of; notes say so.

    By pid, where they have one; else to the only process there is. In a container the kernel's pid is another than V8's: there its only
    kill is of the only process of which SIGKILL is told.
    """
    speakers = [(theirs, one) for theirs in contexts for one in theirs.processes if _only_speaks(one)]
    speakers += [
        (theirs, _nobody(theirs.loose)) for theirs in contexts if any(one.kind in TELL_OF_KILL for one in theirs.loose)
    ]
    for theirs, speaker in speakers:
        found = [
            (ours, process)
            for ours in contexts
            for process in ours.processes
            if process.main and (len(process.collections) or process.reported) and ours is not theirs
        ]
        if speaker.pid is not None:
            same = [(ours, process) for ours, process in found if process.pid == speaker.pid and _lived(process)]
            only_kill = sum(_is_kill(other) for _, other in speakers) == 1 and _is_kill(speaker)
            found = same[-1:] or [(ours, process) for ours, process in found if only_kill and _got_sigkill(process)]
        elif len(speaker.usage) and (_nameless(speakers) > 1 or any(len(process.usage) for _, process in found)):
            continue
        if len(found) == 1:
            _tie_speaker(theirs, speaker, *found[0])


def _is_kill(process: ProcessTable) -> bool:
    """Whether the kernel tells which process it killed, and nothing but that is known of it."""
    return not len(process.usage) and any(isinstance(one, KernelKill) and one.pid is not None for one in process.rare)


def _got_sigkill(process: ProcessTable) -> bool:
    """Whether its own log tells of SIGKILL behind its last line."""
    last = int(process.collections["line"].iloc[-1]) if len(process.collections) else 0
    return any(isinstance(one, Message) and one.kind in TELL_OF_KILL and one.line > last for one in process.rare)


def _nobody(messages: Sequence[Message]) -> ProcessTable:
    """Messages about a process that does not speak itself: `Killed`, `OOMKilled`."""
    none = TableBuilder().build().collections
    return ProcessTable(None, None, 1, True, none, (), none.iloc[:0, :0], none.iloc[:0, :0], list(messages))


def _nameless(speakers: Sequence[tuple[SourceContext, ProcessTable]]) -> int:
    """How many print figures of memory without a pid."""
    return sum(speaker.pid is None and len(speaker.usage) > 0 for _, speaker in speakers)


def _only_speaks(process: ProcessTable) -> bool:
    """Nothing but figures of memory and messages."""
    silent = not len(process.collections) and not process.reported and not process.ring_lines
    return silent and not any(isinstance(record, CrashRecord) for record in process.rare)


def _tie_speaker(theirs: SourceContext, speaker: ProcessTable, ours: SourceContext, process: ProcessTable) -> None:
    before = max([ours.counts.total, *ours.borrowed])
    tied = join(Pair(speaker, 0, process, 0), before)
    tied.heard += (Witness(theirs.source.name, tells(theirs, speaker)),)
    ours.processes = [tied if other is process else other for other in ours.processes]
    theirs.processes = [other for other in theirs.processes if other is not speaker]
    usage = speaker.usage["line"].tolist() if len(speaker.usage) else []
    ours.borrowed |= {line + before: text for line, text in theirs.source.fetch({*speaker.lines, *usage}).items()}
    ours.notes.append(f"{theirs.source.name} tells of its process, too: line {before + 1} stands for line 1 of that")
    theirs.notes.append(f"it tells of a process in {ours.source.name}, and is told there")


def join_streams(contexts: Sequence[SourceContext]) -> None:
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


def beside_gc_log(report: ProfileReport, contexts: Sequence[SourceContext]) -> ProfileReport:
    """The profile with the GC log of the same isolate, where one of these sources has it; the last run of several."""
    profile = report.profile
    if isinstance(report.gc, GcJoin):
        return report
    for context in contexts:
        for process in reversed(context.processes):
            if _same_isolate(profile, process) or (process.main and _only_profile(context) is profile):
                return dataclasses.replace(report, gc=join_gc(profile, process, context.source.name))
    return report


def hear_ticks(contexts: Sequence[SourceContext], profiles: Iterable[ProfileReport]) -> None:
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
