"""A JSON document beside a log, as a source of its own: a diagnostic report, a GC profile, a trace, a CPU profile."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Literal

from gclog import units
from gclog.errors import InputError
from gclog.incident.context import Counted, SourceContext
from gclog.incident.settings import Progress, Settings
from gclog.model.process import LineCounts
from gclog.model.profile import Profile
from gclog.model.witness import ReportedProcess
from gclog.processes.process import ProcessTable, empty_process
from gclog.processes.split import split_processes
from gclog.processes.tables import TableBuilder, Tables
from gclog.profile.names import is_of_profile
from gclog.profile.options import ProfileOptions
from gclog.recognise.documents.cpu_profile import is_cpu_profile
from gclog.recognise.documents.detect import detect_document, read_document
from gclog.recognise.documents.preprocessed import is_preprocessed
from gclog.source.json_stream import MalformedError
from gclog.source.open import Source

if TYPE_CHECKING:
    from gclog.recognise.documents.trace_profiles import TraceProfiles

__all__ = ["profile_form", "read_as_document", "read_as_profile"]

HEAD_BYTES = 1 << 14
"""Enough of a file to recognise a document by."""


DocumentForm = Literal["cpu-profile", "preprocessed"]

REFUSED: Mapping[DocumentForm, tuple[str, str]] = {
    "cpu-profile": (
        "a CPU profile",
        "Give a CPU profile as node --cpu-prof, the inspector or DevTools write it: JSON with nodes, samples and timeDeltas.",
    ),
    "preprocessed": (
        "a preprocessed tick log",
        "Give what node --prof-process --preprocess printed, or better the v8.log itself.",
    ),
}
"""What a document is not, and what to give instead."""


def profile_form(source: Source) -> DocumentForm | None:
    """Which profile a source that can be read again is, by its first bytes or by its name; None for anything else."""
    head = next(source.chunks(), b"")[:HEAD_BYTES]
    if is_preprocessed(head):
        return "preprocessed"
    is_document = is_of_profile(source.name) and head.lstrip()[:1] == b"{" and b'"traceEvents"' not in head
    return "cpu-profile" if is_document or is_cpu_profile(head) else None


def read_as_profile(source: Source, form: DocumentForm, settings: Settings, progress: Progress | None) -> SourceContext:
    """The profile in a source. Raises InputError if it is none."""
    from gclog.profile.filters import without_unknown

    chunks, options = _passed(source, progress), settings.profile_options()
    try:
        profile = (
            _build_preprocessed(source, chunks, options) if form == "preprocessed" else _build_cpu(source, chunks, options)
        )
    except MalformedError as error:
        what, remedy = REFUSED[form]
        raise InputError(f"is not {what}: {error}", where=source.name, remedy=remedy) from error
    if settings.profile.ignore_unknown:
        profile = without_unknown(profile)
    return SourceContext(source, Counted(LineCounts(0, 0, 0, 0, 0)), form, (), (profile,))


def _build_cpu(source: Source, chunks: Iterator[bytes], options: ProfileOptions) -> Profile:
    from gclog.profile.cpu.build import build_cpu_profile
    from gclog.recognise.documents.cpu_profile import read_cpu_profile

    found = read_cpu_profile(chunks)
    if not len(found.ids):
        raise MalformedError("it has no nodes")
    return build_cpu_profile(source.name, found, options, source.notes)


def _build_preprocessed(source: Source, chunks: Iterator[bytes], options: ProfileOptions) -> Profile:
    from gclog.profile.preprocessed import build_preprocessed
    from gclog.recognise.documents.preprocessed import read_preprocessed

    return build_preprocessed(source.name, read_preprocessed(chunks), options, source.notes)


def _passed(source: Source, progress: Progress | None) -> Iterator[bytes]:
    for chunk in source.chunks():
        yield chunk
        if progress is not None:
            progress(source)


def _traced_profiles() -> TraceProfiles:
    from gclog.recognise.documents.trace_profiles import TraceProfiles

    return TraceProfiles()


def _build_traced(source: Source, found: TraceProfiles, options: ProfileOptions) -> tuple[Profile, ...]:
    """The CPU profiles of a trace, each of a thread."""
    from gclog.profile.cpu.build import build_cpu_profile

    made = []
    for one in found.finished():
        notes = [f"{units.several(one.bad, 'event')} of the profile could not be read"] if one.bad else []
        profile = build_cpu_profile(source.name, one.finished(), options, (*source.notes, *notes))
        thread_id = 0 if one.tid in (None, one.pid) else one.tid
        made.append(dataclasses.replace(profile, pid=one.pid, thread_id=thread_id))
    return tuple(made)


def read_as_document(source: Source, settings: Settings | None = None) -> SourceContext | None:
    """The source as a diagnostic report, a GC profile or a trace; None if it is a log. It is read again from its beginning."""
    kind = detect_document(next(source.blocks(HEAD_BYTES), None))
    traced = _traced_profiles() if kind == "trace-events" else None
    document = None if kind is None else read_document(source, kind, traced)
    if kind is None or document is None:
        return None
    profiles = _build_traced(source, traced, (settings or Settings()).profile_options()) if traced is not None else ()
    builder = TableBuilder()
    builder.add(document.batch)
    tables = builder.build()
    reported = document.reported
    processes = split_processes(tables) if reported is None else [_process_of(reported, tables)]
    return SourceContext(
        source,
        _counted(document.lines, kind),
        "gc" if not profiles else "mixed" if processes else "cpu-profile",
        tuple(processes),
        profiles,
        borrowed=dict(document.texts),
        notes=tuple(document.notes),
    )


def _process_of(report: ReportedProcess, tables: Tables) -> ProcessTable:
    """The process that a report is of, before anything else is known of it."""
    return empty_process(report.pid, main=not report.thread_id, rare=tables.rare, reported=(report,))


def _counted(lines: LineCounts, kind: str) -> Counted:
    return Counted(lines, recognised_by={kind.replace("-", "_"): lines.recognised} if lines.recognised else {})
