"""JSON documents found beside a log: which kind a file is, and what it says, as records like those of a log."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from gclog.model.columns import Batch, Columns
from gclog.model.process import LineCounts
from gclog.model.records import Record, column_specs
from gclog.model.witness import ReportedProcess
from gclog.source.open import Block, Source

if TYPE_CHECKING:
    from gclog.recognise.documents.gc_events import ReportedCollections
    from gclog.recognise.documents.trace_profiles import TraceProfiles

__all__ = ["Document", "DocumentKind", "detect_document", "read_document"]

DocumentKind = Literal["report", "gc-profile", "trace-events"]

HEADS: tuple[tuple[DocumentKind, re.Pattern[bytes]], ...] = (
    ("report", re.compile(rb'\s*\{\s*"header"\s*:\s*\{\s*"(?:reportVersion|event)"')),
    ("gc-profile", re.compile(rb'\s*\{\s*"version"\s*:\s*\d+\s*,\s*"startTime"\s*:\s*\d+\s*,\s*"statistics"\s*:\s*\[')),
    ("trace-events", re.compile(rb'\s*\{\s*"traceEvents"\s*:\s*\[')),
    (
        "trace-events",
        re.compile(rb'\s*\{\s*"(?:metadata|displayTimeUnit|otherData|stackFrames)"\s*:.*?"traceEvents"\s*:\s*\[', re.DOTALL),
    ),
    ("trace-events", re.compile(rb'\s*\{\s*"metadata"\s*:\s*\{\s*"source"\s*:\s*"DevTools"')),
    (
        "trace-events",
        re.compile(rb'\s*\[\s*\{(?=.{0,4000}?"ph"\s*:\s*"\w")(?=.{0,4000}?"ts"\s*:)(?=.{0,4000}?"pid"\s*:)', re.DOTALL),
    ),
)
"""How each kind begins: with the keys that its writer puts first. A trace of DevTools has its metadata before its events, however long;
one may also be their array alone."""

MOST_REPORT_BYTES = 1 << 26
"""A report has some 10 KB, and as much again per worker and per CPU."""


@dataclass(frozen=True, slots=True)
class Document:
    """What a document says. `texts`: the words for each number that is used as a line; empty if the numbers are lines of the file."""

    kind: DocumentKind
    batch: Batch
    reported: ReportedProcess | None
    texts: dict[int, str]
    lines: LineCounts
    notes: tuple[str, ...]


def detect_document(block: Block | None) -> DocumentKind | None:
    """The kind of document that begins with this block; None for a log."""
    if block is None or block.first_line != 1:
        return None
    return next((kind for kind, head in HEADS if head.match(block.data)), None)


def read_document(source: Source, kind: DocumentKind, profiles: TraceProfiles | None = None) -> Document | None:
    """Read a whole document; one that was cut is read as far as it goes, and its notes say so. None if a log follows it.

    `profiles` takes the CPU profiles of a trace.
    """
    match kind:
        case "report":
            return _read_report(source)
        case "gc-profile":
            from gclog.recognise.documents.gc_events import read_gc_profiler

            found = read_gc_profiler(source.chunks())
            return _document_of("gc-profile", found) if found.alone else None
        case "trace-events":
            from gclog.recognise.documents.gc_events import read_trace_events

            return _document_of("trace-events", read_trace_events(source.chunks(), profiles))


def _document_of(kind: DocumentKind, found: ReportedCollections) -> Document:
    lines = found.lines
    notes = (*found.notes, "line numbers are those of its collections, in order") if found.texts else tuple(found.notes)
    return Document(kind, found.batch, None, found.texts, LineCounts(lines, lines, 0, 0, 0), notes)


def _read_report(source: Source) -> Document:
    from gclog.recognise.documents.diagnostic_report import read_report, report_records

    text = _whole_text(source)
    total = text.count("\n") + (not text.endswith("\n"))
    try:
        reported = read_report(source.name, text)
    except (ValueError, RecursionError) as error:
        return _cut_report(source.name, text, total, str(error)[:120])
    if reported is None:
        return Document(
            "report", {}, None, {}, LineCounts(total, 0, total, 0, 0), ("begins as a diagnostic report, and is none",)
        )
    return Document("report", _batch_of(report_records(reported)), reported, {}, LineCounts(total, total, 0, 0, 0), ())


def _cut_report(name: str, text: str, total: int, error: str) -> Document:
    """A report that is cut off or damaged: what precedes that, if it has a process and its heap."""
    from gclog.recognise.documents.diagnostic_report import read_report, report_records
    from gclog.recognise.documents.truncated import close_json

    note = f"the diagnostic report is not whole: {error}"
    try:
        reported = read_report(name, close_json(text))
    except (ValueError, RecursionError):
        reported = None
    if reported is None:
        return Document("report", {}, None, {}, LineCounts(total, 0, 0, 0, total), (note,))
    notes = (f"{note}; only what precedes that is used",)
    return Document("report", _batch_of(report_records(reported)), reported, {}, LineCounts(total, total, 0, 0, 0), notes)


def _whole_text(source: Source) -> str:
    parts: list[bytes] = []
    size = 0
    for chunk in source.chunks():
        parts.append(chunk)
        size += len(chunk)
        if size > MOST_REPORT_BYTES:
            break
    return b"".join(parts).decode("utf-8", "replace")


def _batch_of(records: Sequence[Record]) -> Batch:
    batch: Batch = {}
    for record in records:
        columns = batch.setdefault(type(record), [Columns(type(record))])[0]
        columns.append({name: getattr(record, name) for name in column_specs(type(record))})
    return batch
