"""The keep-list: for each text field of each result, how it may be shown."""

from __future__ import annotations

import re
from typing import Any

from gclog.diagnose.reported import EXCEPTION
from gclog.model.comparison import Change, ComparedProcess, ComparedSide, CompareReport, Comparison, LevelChange
from gclog.model.fleet import FailedLog, FleetGroup, FleetReport, FleetRow, Outlier, Yardstick
from gclog.model.grows_with import KeepingLines
from gclog.model.heap import (
    AllocationSite,
    ClassGrowth,
    Content,
    Grower,
    HeapDiff,
    Holder,
    InPlace,
    Keeper,
    PathStep,
    SnapshotFigures,
)
from gclog.model.history import BesideEarlier
from gclog.model.not_known import NotKnown
from gclog.model.process import NodeVersion, NoTrend, ReasonFigures, UnreadShape
from gclog.model.profile import CategoryTicks, Deoptimisation, Frame, GcJoin, Profile, ProfileNote, TierTicks
from gclog.model.profile_comparison import (
    ComparedProfiles,
    FunctionChange,
    ProfileCompareReport,
    ProfileComparison,
    WorkChange,
)
from gclog.model.report import (
    EvidenceLine,
    FindingReport,
    HeapReport,
    LastCollection,
    ProcessReport,
    ProfileReport,
    Report,
    SampledReport,
    SourceReport,
)
from gclog.model.sampled import FileBytes, OwnerBytes, SampledFigures, SampledHeap
from gclog.model.verdict import Crash, DefaultLimit, Forecast, Limit, LimitAtDeath, NoForecast, NoLimit, TimelineEvent, Verdict
from gclog.model.witness import (
    HeapAfterTest,
    MemoryFigures,
    MemoryLimit,
    NoMemoryLimit,
    OutsideKill,
    ReportedProcess,
    ReportHandles,
    ReportSpace,
    Witness,
)
from gclog.report.redact import frames, heap
from gclog.report.redact.keep import Rule, Rules
from gclog.report.redact.text import GONE, TextRedactor

__all__ = ["RULES", "OwnText", "users_words"]

_NAME = re.compile(r"[a-z][a-z0-9_]*(?:[./ +-][a-z0-9_]+)*")
_PLATFORM = re.compile(
    r"(?:aix|android|darwin|freebsd|linux|openbsd|sunos|win32)(?: (?:arm|arm64|ia32|loong64|mips|ppc64|riscv64|s390x?|x64))?"
)
_VERSION = re.compile(r"[\d.]+(?:-[a-z]*[\d.]*)*")
_PACKAGE = re.compile(r"(?:@[a-z0-9._~-]+/)?[a-z0-9._~-]+")
_EMITTER = re.compile(r"(of an EventEmitter leak).*", re.DOTALL)
_DIED = re.compile(r"(.*?\bthe process died\b).*", re.DOTALL)
_HANDLE_TYPE = re.compile(r"[a-z_]{1,20}")
_JAVASCRIPT_ERROR = re.compile(r"((?:Uncaught )?(?:Error|(?:Type|Range|Reference|Syntax|Eval|URI|Aggregate)Error))\b")
QUOTING_DEATHS = ("not-memory", "native-memory")
"""Kinds of crash whose headline quotes what the dying process said."""


class OwnText:
    """A sentence written by gclog: kept, without what it quotes from the log."""

    def __call__(self, texts: TextRedactor, text: str, _: Any) -> str:
        return texts.sentence(text)


say = OwnText()


def _fitting(pattern: re.Pattern[str]) -> Rule:
    """A rule that keeps a text if the whole of it matches."""
    return lambda _, text, __: text if pattern.fullmatch(text) else GONE


name, version, platform, package, handle_type = map(_fitting, (_NAME, _VERSION, _PLATFORM, _PACKAGE, _HANDLE_TYPE))


def users_words(_: TextRedactor, text: str, __: Any) -> str:
    """The user's own words, written for this report."""
    return text


def left_out(_: TextRedactor, __: str, ___: Any) -> None:
    """Dropped."""


def empty(_: TextRedactor, __: str, ___: Any) -> str:
    """Replaced by an empty text."""
    return ""


def source(texts: TextRedactor, text: str, _: Any) -> str:
    """`log-1`."""
    return texts.names.source(text)


def given_logs(texts: TextRedactor, text: str, _: Any) -> str:
    """`log-1` for a log that was read, `logs-1` for a pattern or a folder."""
    return texts.quoted.get(text) or texts.names.logs(text)


def host(texts: TextRedactor, text: str, _: Any) -> str:
    """`host-1`."""
    return texts.names.host(text)


def group(texts: TextRedactor, text: str, owner: FleetGroup) -> str:
    """A group's name: a host or a range of Node versions."""
    return texts.names.host(text) if owner.by == "host" else version(texts, text, owner) or GONE


def isolate(texts: TextRedactor, text: str, _: Any) -> str:
    """`0x1`."""
    return texts.names.isolate(text)


def line(texts: TextRedactor, text: str, _: Any) -> str:
    """A line of the log: V8's text only."""
    return texts.line(text)


def line_shape(texts: TextRedactor, text: str, _: Any) -> str:
    """`line-1`."""
    return texts.names.line_shape(text)


def counter(texts: TextRedactor, text: str, _: Any) -> str:
    """`name-1`."""
    return texts.names.variable(text) if text else ""


def beside(texts: TextRedactor, text: str, _: Any) -> str:
    """A file beside the log, if there is one."""
    return texts.names.source(text) if text else ""


def unread(texts: TextRedactor, text: str, _: Any) -> str:
    """A line that could not be read."""
    return texts.unread(text)


def fatal(texts: TextRedactor, text: str, _: Any) -> str:
    """V8's words of a fatal message."""
    return texts.fatal(text)


def message(texts: TextRedactor, text: str, _: Any) -> str:
    """The message of a crash."""
    return texts.message(text)


def js_frame(texts: TextRedactor, text: str, _: Any) -> str:
    """A JavaScript frame."""
    return texts.js_frame(text)


def report_frame(texts: TextRedactor, text: str, _: Any) -> str:
    """A JavaScript frame of a diagnostic report, which begins with `at`."""
    return texts.js_frame(text.removeprefix("at "))


def exception(_: TextRedactor, text: str, __: Any) -> str:
    """The class of an exception if it is JavaScript's own. What it says is the program's."""
    own = _JAVASCRIPT_ERROR.match(text)
    return f"{own[1]}: {GONE}" if own else GONE if text else ""


def event(texts: TextRedactor, text: str, report: ReportedProcess) -> str:
    """What a diagnostic report calls its event: up to Node 12 the message of the exception."""
    return exception(texts, report.message, report) if report.trigger == EXCEPTION != text else texts.fatal(text)


def native_frame(texts: TextRedactor, text: str, _: Any) -> str:
    """A native frame."""
    return texts.native_frame(text)


def v8_words(texts: TextRedactor, text: str, _: Any) -> str:
    """Only V8's words of a text."""
    return texts.words(text, numbers=False)


def reason(texts: TextRedactor, text: str, _: Any) -> str:
    """A GC reason in V8's words; `reason-1` for any other."""
    return text if texts.words(text, numbers=False) == text else texts.names.reason(text)


def title(texts: TextRedactor, text: str, _: Any) -> str:
    """The title of a finding, without the name of a leaking emitter's event."""
    return _EMITTER.sub(r"\1", texts.sentence(text))


def headline(texts: TextRedactor, text: str, row: FleetRow) -> str:
    """The headline of a fleet row, cut before a quoted fatal message: the row has no crash to tell where the quote ends."""
    return _DIED.sub(rf"\1 {GONE}", text) if row.crash in QUOTING_DEATHS else texts.sentence(text)


_PROCESSES: Rules = {
    Report: {"version": version, "title": users_words, "note": users_words, "command": empty},
    SourceReport: {
        "path": source,
        "kind": name,
        "envelopes": name,
        "encoding": name,
        "compression": name,
        "recognised_by": name,
        "notes": say,
        "pieces": source,
    },
    UnreadShape: {"shape": unread, "sample": unread, "why": say},
    ProcessReport: {"source": source, "isolate": isolate},
    NodeVersion: {"range": version, "evidence": say, "host": name},
    ReasonFigures: {"reason": reason},
    NotKnown: {"reason": say},
    NoTrend: {"reason": say},
    Limit: {"why": say, "guess": say},
    NoLimit: {"reason": say},
    DefaultLimit: {"why": say},
    Forecast: {"basis": say},
    NoForecast: {"reason": say},
    BesideEarlier: {"differences": say, "because": say},
    Verdict: {"headline": say, "not_foreseeable": say},
    TimelineEvent: {"because": say},
    LastCollection: {"type": v8_words},
    EvidenceLine: {"text": line},
    KeepingLines: {"label": line_shape, "counter": counter, "file": beside},
    Crash: {
        "message": message,
        "location": fatal,
        "reason": say,
        "js_stack": js_frame,
        "native_stack": native_frame,
        "host": name,
        "host_program": say,
        "platform": name,
        "place": js_frame,
    },
    LimitAtDeath: {"origin": name, "why": say, "guess": say},
    FindingReport: {"id": name, "title": title, "observed": say, "threshold": say, "remedy": say},
    MemoryFigures: {"parts": name, "because": say},
    HeapAfterTest: {"file": heap.script},
    OutsideKill: {"because": say, "platform": name},
    MemoryLimit: {"why": say},
    NoMemoryLimit: {"reason": say},
    ReportedProcess: {
        "path": source,
        "event": event,
        "trigger": fatal,
        "node": version,
        "platform": platform,
        "command_line": left_out,
        "old_limit_why": say,
        "message": exception,
        "js_stack": report_frame,
        "native_stack": native_frame,
        "lines": name,
    },
    ReportSpace: {"name": name},
    ReportHandles: {"type": handle_type},
    Witness: {"source": source, "tells": name},
}

_PROFILES: Rules = {
    ProfileReport: {"source": source},
    GcJoin: {"source": source, "isolate": isolate, "offset_why": say, "windows_why": say},
    Profile: {"source": source, "v8_version": version, "node": version, "isolate": isolate},
    ProfileNote: {"id": name, "text": say},
    CategoryTicks: {"package": package},
    TierTicks: {"tier": name, "marker": frames.marker},
    Frame: {
        "name": frames.frame_name,
        "tag": frames.tag,
        "script": heap.script,
        "package": package,
        "library": frames.library,
    },
    Deoptimisation: {"kind": frames.deopt_kind, "reason": frames.deopt_reason, "position": frames.position},
}

_HEAPS: Rules = {
    HeapReport: {"why": say},
    HeapDiff: {"notes": say, "lead": name},
    SampledReport: {"why": say},
    SampledHeap: {"notes": say},
    SampledFigures: {"name": source},
    FileBytes: {"script": heap.script, "package": package},
    OwnerBytes: {"package": package},
    SnapshotFigures: {"name": source, "missing": name, "notes": say, "maker": name},
    ClassGrowth: {"name": heap.constructor},
    Grower: {"properties": heap.variable, "defined": heap.defined},
    Holder: {"name": heap.variable, "constructor": heap.constructor, "file": heap.script, "of": heap.variable},
    Keeper: {"function": heap.variable, "variable": heap.variable, "defined": heap.defined},
    AllocationSite: {"function": heap.variable, "defined": heap.defined},
    InPlace: {"name": heap.constructor},
    Content: {"name": heap.constructor},
    PathStep: {"edge": heap.edge, "kind": name, "name": heap.object_name},
}

_FLEETS: Rules = {
    FleetReport: {"version": version, "words": given_logs},
    FleetRow: {
        "source": source,
        "host": host,
        "isolate": isolate,
        "node": version,
        "family": version,
        "headline": headline,
        "findings": name,
        "notes": say,
        "site": say,
    },
    FailedLog: {"source": source, "host": host, "error": say},
    Outlier: {"source": source, "host": host},
    Yardstick: {"group": version},
    FleetGroup: {"name": group},
}

_COMPARISONS: Rules = {
    CompareReport: {"version": version},
    Comparison: {"notes": say},
    ProfileCompareReport: {"version": version},
    ProfileComparison: {"notes": say},
    FunctionChange: {"why": say},
    WorkChange: {"why": say},
    ComparedProfiles: {"words": given_logs, "sources": source, "node": version},
    Change: {"why": say},
    LevelChange: {"why": say},
    ComparedSide: {"words": given_logs, "node": version},
    ComparedProcess: {"source": source, "isolate": isolate, "node": version},
}

RULES: Rules = {**_PROCESSES, **_PROFILES, **_HEAPS, **_FLEETS, **_COMPARISONS}
"""Every text field that is not hidden whole."""
