"""Results that may be shown to strangers: the same figures and findings, without names of machines, people, paths and processes.

Kept: V8's own text to the letter, all figures, Node's own scripts and functions, names and paths of packages within `node_modules`.
Replaced by pseudonyms: pids, isolates, logs, hosts; scripts, functions and classes of the application. Hidden (`…`): everything else
in a log, because text that is not recognisably V8's may be anybody's. The keep-list is `gclog.report.redact.rules`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import pandas as pd

from gclog.diagnose.keeping_lines import quote_line
from gclog.diagnose.platform_names import names_in_advice
from gclog.diagnose.remedies import say_what_grows
from gclog.diagnose.sampled import advise_further, advise_on_site, say_held
from gclog.diagnose.surroundings import first_frame, written_snapshots
from gclog.model.comparison import CompareReport
from gclog.model.fleet import FleetReport
from gclog.model.grows_with import GrowsWith
from gclog.model.heap import HeapDiff
from gclog.model.profile import ProfileNote
from gclog.model.profile_comparison import ProfileCompareReport
from gclog.model.report import ProcessReport, ProfileReport, Report, SourceReport
from gclog.model.sampled import SampledHeap, SampledProcesses
from gclog.model.verdict import Crash
from gclog.model.witness import ReportedProcess
from gclog.processes.others_killed import others_killed
from gclog.processes.process import ProcessTable
from gclog.processes.rows import Rows
from gclog.report.redact.keep import keep
from gclog.report.redact.names import Pseudonyms
from gclog.report.redact.rules import RULES
from gclog.report.redact.text import GONE, TextRedactor

__all__ = ["REDACTED", "redact", "redact_processes"]

REDACTED = (
    "redacted (--redact): only V8's own text is shown as it was; pids, isolates, logs, scripts and functions are numbered anew,"
    f" and {GONE} stands for the rest"
)

R = TypeVar(
    "R", Report, CompareReport, ProfileCompareReport, FleetReport, HeapDiff, SampledHeap, SampledProcesses, ProfileReport
)


def redact(result: R) -> R:
    """The result of any command with pseudonyms for names and without its command line. Its notes say that it was redacted."""
    shown: R = _say_so(keep(result, _texts_of(result), RULES))
    return shown


def _say_so(shown: Any) -> Any:
    match shown:
        case Report():
            return dataclasses.replace(shown, sources=_noted(shown.sources))
        case CompareReport(before=before, after=after, comparison=comparison):
            return dataclasses.replace(
                shown,
                before=dataclasses.replace(before, sources=_noted(before.sources)),
                after=dataclasses.replace(after, sources=_noted(after.sources)),
                comparison=dataclasses.replace(comparison, notes=(*comparison.notes, REDACTED)),
            )
        case ProfileCompareReport(comparison=profiles):
            noted = dataclasses.replace(profiles, notes=(*profiles.notes, REDACTED))
            return dataclasses.replace(shown, comparison=noted, sources=_noted(shown.sources))
        case HeapDiff() | SampledHeap():
            return dataclasses.replace(shown, notes=(*shown.notes, REDACTED))
        case SampledProcesses(processes=processes):
            return SampledProcesses(tuple(dataclasses.replace(one, sampled=_say_so(one.sampled)) for one in processes))
        case ProfileReport(profile=profile):
            notes = (*profile.notes, ProfileNote("redacted", REDACTED))
            return dataclasses.replace(shown, profile=dataclasses.replace(profile, notes=notes))
        case _:
            return shown


def _noted(sources: tuple[SourceReport, ...]) -> tuple[SourceReport, ...]:
    return tuple(dataclasses.replace(source, notes=(*source.notes, REDACTED)) for source in sources)


def redact_processes(kept: Sequence[tuple[str, ProcessTable]], report: Report) -> list[tuple[str, ProcessTable]]:
    """The processes as they were read, by source, with the pseudonyms of `redact(report)`."""
    texts = _texts_of(report)
    return [(texts.names.source(source), _as_read(process, texts)) for source, process in kept]


# ---------------------------------------------------------------- names, in the order of the result


def _texts_of(
    result: Report
    | CompareReport
    | ProfileCompareReport
    | FleetReport
    | HeapDiff
    | SampledHeap
    | SampledProcesses
    | ProfileReport,
) -> TextRedactor:
    """A redactor with pseudonyms for all sources, pids and isolates in the order of the result, and with the texts its sentences quote."""
    texts = TextRedactor(Pseudonyms())
    match result:
        case Report():
            _name_sources(result.sources, texts)
            _name_owners(_owners(result), texts)
            _quote(result.processes, texts)
        case CompareReport():
            sides = (result.before, result.after)
            _name_sources([source for side in sides for source in side.sources], texts)
            processes = [process for side in sides for process in side.processes]
            _name_owners([(process.source, process.pid, process.isolate) for process in processes], texts)
            _quote(processes, texts)
        case ProfileCompareReport(comparison=comparison):
            _name_sources(result.sources, texts)
            sides_of_profiles = (comparison.before, comparison.after)
            _name_owners([(name, None, None) for side in sides_of_profiles for name in side.sources], texts)
        case FleetReport():
            _name_owners([(row.source, row.pid, row.isolate) for row in result.rows], texts)
            _name_owners([(log.source, None, None) for log in result.failed], texts)
            texts.quoted |= {row.site: GONE for row in result.rows if row.site is not None}
        case ProfileReport():
            _name_owners([(result.source, result.profile.pid, result.profile.isolate)], texts)
        case HeapDiff():
            _name_owners([(snapshot.name, None, None) for snapshot in result.snapshots], texts)
        case SampledHeap():
            _name_owners([(profile.name, None, None) for profile in result.profiles], texts)
        case SampledProcesses():
            _name_owners([(profile.name, one.pid, None) for one in result.processes for profile in one.sampled.profiles], texts)
    return texts


Owner = tuple[str, int | None, str | None]
"""Source, pid, isolate."""


def _owners(report: Report) -> list[Owner]:
    owners: list[Owner] = [(process.source, process.pid, process.isolate) for process in report.processes]
    owners += [(own.source, own.profile.pid, own.profile.isolate) for own in report.profiles]
    owners += [(process.source, process.kill.pid, None) for process in report.processes if process.kill is not None]
    owners += [(one.path, one.pid, None) for process in report.processes for one in process.reported]
    owners += [(heap.diff.snapshots[0].name, heap.pid, None) for heap in report.heaps]
    return owners + [(one.sampled.profiles[0].name, one.pid, None) for one in report.sampled]


def _name_sources(sources: Iterable[SourceReport], texts: TextRedactor) -> None:
    for source in sources:
        for name in (source.path, *(path for path, _ in source.pieces)):
            texts.quoted[name] = texts.names.source(name)


def _name_owners(owners: Iterable[Owner], texts: TextRedactor) -> None:
    for name, pid, isolate in owners:
        texts.quoted.setdefault(name, texts.names.source(name))
        if pid is not None:
            texts.names.pid(pid)
        if isolate is not None:
            texts.names.isolate(isolate)


def _quote(processes: Iterable[ProcessReport], texts: TextRedactor) -> None:
    """Register what headlines, findings and advice quote from the log or from heap snapshots."""
    for process in processes:
        if process.heap_diff is not None and (said := say_what_grows(process.heap_diff)):
            texts.quoted[said] = say_what_grows(keep(process.heap_diff, texts, RULES))
        if process.sampled is not None:
            _quote_sampled(process.sampled, texts)
        if isinstance(process.grows_with, GrowsWith):
            lines = process.grows_with.lines
            texts.quoted |= {quote_line(line.label): f"`{texts.names.line_shape(line.label)}`" for line in lines}
            texts.quoted |= {
                quote_line(line.counter): f"`{texts.names.variable(line.counter)}`" for line in lines if line.counter
            }
        if process.crash is not None:
            _quote_crash(process.crash, texts)
        texts.quoted |= names_in_advice(process)
        snapshots = enumerate(written_snapshots(process), start=1)
        texts.quoted |= {path: f"{number}.heapsnapshot" for number, path in snapshots}
        others = dict.fromkeys(other.name for other in others_killed(process.signs.messages, process.pid) if other.name)
        texts.quoted |= {name: f"program-{number}" for number, name in enumerate(others, start=1)}
        if process.memory is not None:
            texts.quoted |= {test.file: texts.names.script(test.file) for test in process.memory.tests}
        for report in process.reported:
            _quote_exception(report, texts)


def _quote_sampled(sampled: SampledHeap, texts: TextRedactor) -> None:
    shown = keep(sampled, texts, RULES)
    for say in (say_held, advise_on_site, advise_further):
        if said := say(sampled):
            texts.quoted[said] = say(shown)


def _quote_crash(crash: Crash, texts: TextRedactor) -> None:
    shown = keep(crash, texts, RULES)
    quoted = [
        (crash.message, shown.message),
        (crash.message.strip().rstrip("."), shown.message),
        (crash.location or "", shown.location or ""),
        (first_frame(crash), first_frame(shown) or GONE),
        *zip(map(str.strip, crash.js_stack), shown.js_stack, strict=True),
    ]
    texts.quoted |= {before: after for before, after in quoted if before and before != after}


def _quote_exception(report: ReportedProcess, texts: TextRedactor) -> None:
    shown = keep(report, texts, RULES)
    said = (report.message, report.message.strip().split("\n")[0])
    quoted = [(report.event, shown.event), *((text, shown.message) for text in said)]
    quoted += zip(report.js_stack, shown.js_stack, strict=True)
    texts.quoted |= {before: after for before, after in quoted if before and before != after}


OWN_COLUMNS = ("type", "form", "collector")
"""Columns that hold closed choices only."""


def _as_read(process: ProcessTable, texts: TextRedactor) -> ProcessTable:
    return dataclasses.replace(
        process,
        pid=None if process.pid is None else texts.names.pid(process.pid),
        isolate=None if process.isolate is None else texts.names.isolate(process.isolate),
        rows=Rows.of(_rows(process.collections, texts)),
        frames={record: _rows(frame, texts) for record, frame in process.frames.items()},
        rare=(),
    )


def _rows(rows: pd.DataFrame, texts: TextRedactor) -> pd.DataFrame:
    """Rows of a table with figures and closed choices kept, and only V8's words left in other texts."""

    def shown(value: object) -> object:
        if isinstance(value, str):
            return texts.words(value, numbers=True)
        return value if isinstance(value, bool | int | float) or value is pd.NA else None

    may_be_text = [str(name) for name in rows.columns if rows[name].dtype == object and name not in OWN_COLUMNS]
    owners = [name for name in ("pid", "isolate") if name in rows]
    return rows.assign(**{name: rows[name].map(shown) for name in may_be_text if name not in owners}, **dict.fromkeys(owners))
