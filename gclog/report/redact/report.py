"""A report that may be shown to strangers: the same figures and findings, without names of machines, people, paths and processes.

Kept: V8's own text to the letter, all figures, Node's own scripts and functions, names and paths of packages within `node_modules`.
Numbered anew: pids, isolates, logs, scripts and functions of the application, the same throughout. Gone (`…`): everything else that
a log says, for what cannot be recognised as V8's may be anybody's.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence

from gclog.diagnose.reported import EXCEPTION
from gclog.model.not_known import NotKnown
from gclog.model.process import ReasonFigures, UnreadShape
from gclog.model.profile import Deoptimisation, Frame, GcJoin, Profile, ProfileNote
from gclog.model.report import EvidenceLine, FindingReport, HeapReport, ProcessReport, ProfileReport, Report, SourceReport
from gclog.model.verdict import Crash, Forecast, Limit, NoForecast, NoLimit
from gclog.model.witness import MemoryLimit, NoMemoryLimit, OutsideKill, ReportedProcess, Witness
from gclog.processes.process import ProcessTable
from gclog.report.redact.heap import quote_heap, redact_heap
from gclog.report.redact.names import Pseudonyms
from gclog.report.redact.text import FUNCTION_NAME, GONE, TextRedactor, is_native_symbol

__all__ = ["REDACTED", "redact", "redact_processes"]

REDACTED = (
    "redacted (--redact): only V8's own text is shown as it was; pids, isolates, logs, scripts and functions are numbered anew,"
    f" and {GONE} stands for the rest"
)

ANONYMOUS_NAMES = frozenset({"(anonymous)", "(unknown)", "(program)", "(root)"})
V8_CODE_TAGS = frozenset({"Builtin", "BytecodeHandler", "Stub", "CodeCreation", "Handler"})
"""Tags of code that has a name of V8's; that of a regular expression, an inline cache or a script is the program's."""

_CODE_NAME = re.compile(r"[\w:.<>, -]{1,120}")
_VERSION = re.compile(r"[\d.]+(?:-[a-z]+[\d.]*)*")
_EMITTER = re.compile(r"(of an EventEmitter leak).*", re.DOTALL)
JAVASCRIPT_ERROR = re.compile(r"((?:Uncaught )?(?:Error|(?:Type|Range|Reference|Syntax|Eval|URI|Aggregate)Error))\b")
HANDLE_TYPE = re.compile(r"[a-z_]{1,20}")

_POSITION = re.compile(r"<?([^<>\s][^<>]*?):(-?\d+):(-?\d+)>?")


def redact(report: Report) -> Report:
    """The report with names in place of names, without its command line; each of its sources says so in a note."""
    texts = _texts_of(report)
    return dataclasses.replace(
        report,
        processes=tuple(_process(process, texts) for process in report.processes),
        profiles=tuple(_profile_report(profile, texts) for profile in report.profiles),
        heaps=tuple(_heap(heap, texts) for heap in report.heaps),
        sources=tuple(_source(source, texts) for source in report.sources),
        command="",
    )


def redact_processes(kept: Sequence[tuple[str, ProcessTable]], report: Report) -> list[tuple[str, ProcessTable]]:
    """The processes as they were read, by source, with the names that they have in `redact(report)`."""
    texts = _texts_of(report)
    return [(texts.names.source(source), _as_read(process, texts)) for source, process in kept]


def _texts_of(report: Report) -> TextRedactor:
    """Names for all sources, pids and isolates, in the order of the report."""
    names = Pseudonyms()
    texts = TextRedactor(names)
    for source in report.sources:
        for name in (source.path, *(piece for piece, _ in source.pieces)):
            texts.quoted[name] = names.source(name)
    owners = [(process.source, process.pid, process.isolate) for process in report.processes]
    owners += [(own.source, own.profile.pid, own.profile.isolate) for own in report.profiles]
    owners += [(process.source, process.kill.pid, None) for process in report.processes if process.kill is not None]
    owners += [(told.path, told.pid, None) for process in report.processes for told in process.reported]
    owners += [(heap.diff.snapshots[0].name, heap.pid, None) for heap in report.heaps]
    for name, pid, isolate in owners:
        texts.quoted.setdefault(name, names.source(name))
        if pid is not None:
            names.pid(pid)
        if isolate is not None:
            names.isolate(isolate)
    for process in report.processes:
        if process.heap_diff is not None:
            quote_heap(process.heap_diff, texts)
    return texts


def _as_read(process: ProcessTable, texts: TextRedactor) -> ProcessTable:
    def words(value: object) -> object:
        return texts.words(value, numbers=True) if isinstance(value, str) else value

    rows, spaces = process.collections, process.spaces
    told = {name: rows[name].map(words) for name in ("reason", "collector_reason", "cut") if name in rows}
    return dataclasses.replace(
        process,
        pid=None if process.pid is None else texts.names.pid(process.pid),
        isolate=None if process.isolate is None else texts.names.isolate(process.isolate),
        collections=rows.assign(pid=None, isolate=None, **told),
        spaces=spaces.assign(pid=None, isolate=None, space=spaces["space"].map(words)) if len(spaces) else spaces,
        rare=(),
    )


def _source(source: SourceReport, texts: TextRedactor) -> SourceReport:
    return dataclasses.replace(
        source,
        path=texts.names.source(source.path),
        unread=tuple(_shape(shape, texts) for shape in source.unread),
        notes=(*(texts.sentence(note) for note in source.notes), REDACTED),
        pieces=tuple((texts.names.source(name), line) for name, line in source.pieces),
    )


def _shape(shape: UnreadShape, texts: TextRedactor) -> UnreadShape:
    return dataclasses.replace(
        shape, shape=texts.unread(shape.shape), sample=texts.unread(shape.sample), why=texts.sentence(shape.why)
    )


# ---------------------------------------------------------------- processes


def _process(process: ProcessReport, texts: TextRedactor) -> ProcessReport:
    say = texts.sentence
    pid = None if process.pid is None else texts.names.pid(process.pid)
    isolate = None if process.isolate is None else texts.names.isolate(process.isolate)
    crash = None if process.crash is None else _crash(process.crash, texts)
    reported = tuple(_reported(report, texts) for report in process.reported)
    return dataclasses.replace(
        process,
        source=texts.names.source(process.source),
        pid=pid,
        isolate=isolate,
        node=dataclasses.replace(process.node, evidence=say(process.node.evidence)),
        pauses=dataclasses.replace(
            process.pauses, by_reason=tuple(_reason(figures, texts) for figures in process.pauses.by_reason)
        ),
        limit=_limit(process.limit, texts),
        forecast=_forecast(process.forecast, texts),
        verdict=dataclasses.replace(process.verdict, headline=say(process.verdict.headline)),
        timeline=tuple(dataclasses.replace(event, because=say(event.because)) for event in process.timeline),
        crash=crash,
        crash_evidence=_evidence(process.crash_evidence, texts),
        findings=tuple(_finding(finding, texts) for finding in process.findings),
        memory=None if process.memory is None else dataclasses.replace(process.memory, because=say(process.memory.because)),
        kill=None if process.kill is None else _kill(process.kill, texts),
        memory_limit=_memory_limit(process.memory_limit, texts),
        reported=reported,
        signs=dataclasses.replace(process.signs, messages=()),
        coverage=dataclasses.replace(process.coverage, unread=()),
        witnesses=tuple(Witness(texts.names.source(witness.source), witness.tells) for witness in process.witnesses),
        heap_diff=None if process.heap_diff is None else redact_heap(process.heap_diff, texts),
    )


def _heap(heap: HeapReport, texts: TextRedactor) -> HeapReport:
    pid = None if heap.pid is None else texts.names.pid(heap.pid)
    return dataclasses.replace(heap, pid=pid, diff=redact_heap(heap.diff, texts), why=texts.sentence(heap.why))


def _kill(kill: OutsideKill, texts: TextRedactor) -> OutsideKill:
    pid = None if kill.pid is None else texts.names.pid(kill.pid)
    return dataclasses.replace(kill, pid=pid, because=texts.sentence(kill.because))


def _memory_limit(limit: MemoryLimit | NoMemoryLimit, texts: TextRedactor) -> MemoryLimit | NoMemoryLimit:
    match limit:
        case MemoryLimit(why=why):
            return dataclasses.replace(limit, why=texts.sentence(why))
        case NoMemoryLimit(reason=reason):
            return NoMemoryLimit(texts.sentence(reason))


def _reported(report: ReportedProcess, texts: TextRedactor) -> ReportedProcess:
    """A diagnostic report's figures, without its command line. What its exception says is remembered, for headlines quote it."""
    message = _exception(report.message)
    js_stack = tuple(texts.js_frame(frame.removeprefix("at ")) for frame in report.js_stack)
    event = message if report.trigger == EXCEPTION and report.event != EXCEPTION else texts.fatal(report.event)
    lines = (report.message, report.message.strip().split("\n")[0])
    for before, after in (
        (report.event, event),
        *((line, message) for line in lines),
        *zip(report.js_stack, js_stack, strict=True),
    ):
        if before and before != after:
            texts.quoted[before] = after
    return dataclasses.replace(
        report,
        path=texts.names.source(report.path),
        pid=None if report.pid is None else texts.names.pid(report.pid),
        event=event,
        trigger=texts.fatal(report.trigger),
        command_line=(),
        old_limit_why=texts.sentence(report.old_limit_why),
        js_stack=js_stack,
        native_stack=tuple(texts.native_frame(frame) for frame in report.native_stack),
        message=message,
        handles=tuple(handles for handles in report.handles if HANDLE_TYPE.fullmatch(handles.type)),
    )


def _exception(message: str) -> str:
    """The class of an exception, if it is JavaScript's own; what it says is the program's."""
    own = JAVASCRIPT_ERROR.match(message)
    return f"{own[1]}: {GONE}" if own else GONE if message else ""


def _crash(crash: Crash, texts: TextRedactor) -> Crash:
    """The crash; what it says is remembered, for headlines and findings quote it."""
    message = texts.message(crash.message)
    location = None if crash.location is None else texts.fatal(crash.location)
    js_stack = tuple(texts.js_frame(frame) for frame in crash.js_stack)
    quoted = [(crash.message, message), (crash.message.strip().rstrip("."), message), (crash.location or "", location or "")]
    for before, after in (*quoted, *zip(map(str.strip, crash.js_stack), js_stack, strict=True)):
        if before and before != after:
            texts.quoted[before] = after
    return dataclasses.replace(
        crash,
        message=message,
        location=location,
        reason=texts.sentence(crash.reason),
        js_stack=js_stack,
        native_stack=tuple(texts.native_frame(frame) for frame in crash.native_stack),
    )


def _evidence(lines: tuple[EvidenceLine, ...], texts: TextRedactor) -> tuple[EvidenceLine, ...]:
    return tuple(EvidenceLine(line.line, texts.line(line.text)) for line in lines)


def _finding(finding: FindingReport, texts: TextRedactor) -> FindingReport:
    return dataclasses.replace(
        finding,
        title=_EMITTER.sub(r"\1", texts.sentence(finding.title)),
        observed=texts.sentence(finding.observed),
        threshold=texts.sentence(finding.threshold),
        remedy=texts.sentence(finding.remedy),
        evidence=_evidence(finding.evidence, texts),
    )


def _reason(figures: ReasonFigures, texts: TextRedactor) -> ReasonFigures:
    """A reason of V8's stays."""
    if texts.words(figures.reason, numbers=False) == figures.reason:
        return figures
    return dataclasses.replace(figures, reason=texts.names.reason(figures.reason))


def _limit(limit: Limit | NoLimit, texts: TextRedactor) -> Limit | NoLimit:
    match limit:
        case Limit():
            return dataclasses.replace(limit, why=texts.sentence(limit.why))
        case NoLimit():
            return NoLimit(texts.sentence(limit.reason))


def _forecast(forecast: Forecast | NoForecast, texts: TextRedactor) -> Forecast | NoForecast:
    match forecast:
        case Forecast():
            return dataclasses.replace(forecast, basis=texts.sentence(forecast.basis))
        case NoForecast():
            return NoForecast(texts.sentence(forecast.reason))


# ---------------------------------------------------------------- profiles


def _profile_report(report: ProfileReport, texts: TextRedactor) -> ProfileReport:
    return ProfileReport(texts.names.source(report.source), _profile(report.profile, texts), _join(report.gc, texts))


def _join(join: GcJoin | NotKnown, texts: TextRedactor) -> GcJoin | NotKnown:
    if isinstance(join, NotKnown):
        return NotKnown(texts.sentence(join.reason))
    return dataclasses.replace(
        join,
        source=texts.names.source(join.source),
        pid=None if join.pid is None else texts.names.pid(join.pid),
        isolate=None if join.isolate is None else texts.names.isolate(join.isolate),
        offset_why=texts.sentence(join.offset_why),
    )


def _profile(profile: Profile, texts: TextRedactor) -> Profile:
    return dataclasses.replace(
        profile,
        source=texts.names.source(profile.source),
        v8_version=_version(profile.v8_version),
        node=_version(profile.node),
        pid=None if profile.pid is None else texts.names.pid(profile.pid),
        isolate=None if profile.isolate is None else texts.names.isolate(profile.isolate),
        frames=tuple(_frame(frame, texts) for frame in profile.frames),
        notes=tuple(ProfileNote(note.id, texts.sentence(note.text), note.line) for note in profile.notes),
        unread_shapes=tuple(_shape(shape, texts) for shape in profile.unread_shapes),
    )


def _version(version: str | NotKnown) -> str | NotKnown:
    return version if isinstance(version, NotKnown) or _VERSION.fullmatch(version) else GONE


def _frame(frame: Frame, texts: TextRedactor) -> Frame:
    names = texts.names
    return dataclasses.replace(
        frame,
        name=_frame_name(frame, texts),
        script=None if frame.script is None else names.script(frame.script),
        library=None if frame.library is None else names.library(frame.library),
        deoptimisations=tuple(_deoptimisation(record, texts) for record in frame.deoptimisations),
    )


def _frame_name(frame: Frame, texts: TextRedactor) -> str:
    if frame.name in ANONYMOUS_NAMES:
        return frame.name
    match frame.kind:
        case "function":
            return _function_name(frame, texts)
        case "code":
            kept = frame.tag in V8_CODE_TAGS and _CODE_NAME.fullmatch(frame.name)
            return frame.name if kept else texts.names.code(frame.name)
        case "native":
            return frame.name if is_native_symbol(frame.name) else texts.names.function(frame.name)
        case "shared_library":
            return texts.names.library(frame.name)
        case "unknown":
            return GONE


def _function_name(frame: Frame, texts: TextRedactor) -> str:
    """A function of Node's or of a package's keeps its name, where its script shows that it is one."""
    public = frame.script is not None and frame.category != "application" and texts.names.is_public(frame.script)
    return frame.name if public and FUNCTION_NAME.fullmatch(frame.name) else texts.names.function(frame.name)


def _deoptimisation(record: Deoptimisation, texts: TextRedactor) -> Deoptimisation:
    """V8's reason, and the position with the script's new name."""
    places = [f"<{texts.names.script(script)}:{line}:{column}>" for script, line, column in _POSITION.findall(record.position)]
    return dataclasses.replace(
        record,
        kind=record.kind if re.fullmatch(r"[a-z-]{1,24}", record.kind) else GONE,
        reason=record.reason if re.fullmatch(r"[A-Za-z0-9 ,.'()/-]{0,80}", record.reason) else GONE,
        position=" inlined at ".join(places) or ("" if not record.position else GONE),
    )
