"""JSON documents that lie beside a log: which one a file is, and what it says as records of the log's own kinds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from gclog.model.columns import Batch, Columns
from gclog.model.process import LineCounts
from gclog.model.records import Record, column_specs
from gclog.model.witness import ReportedProcess
from gclog.recognise.documents.diagnostic_report import read_report, report_records
from gclog.recognise.documents.gc_events import ToldCollections, read_gc_profiler, read_trace_events
from gclog.recognise.documents.truncated import close_json
from gclog.source.open import Block, Source

__all__ = ["Document", "DocumentKind", "detect_document", "read_document"]

DocumentKind = Literal["report", "gc-profile", "trace-events"]

HEADS: tuple[tuple[DocumentKind, re.Pattern[bytes]], ...] = (
    ("report", re.compile(rb'\s*\{\s*"header"\s*:\s*\{\s*"(?:reportVersion|event)"')),
    ("gc-profile", re.compile(rb'\s*\{\s*"version"\s*:\s*\d+\s*,\s*"startTime"\s*:\s*\d+\s*,\s*"statistics"\s*:\s*\[')),
    ("trace-events", re.compile(rb'\s*\{\s*"traceEvents"\s*:\s*\[')),
)
"""How each begins: the keys that its writer puts first."""

MOST_REPORT_BYTES = 1 << 26
"""A report has some 10 KB, and as much again for each worker and each CPU."""


@dataclass(frozen=True, slots=True)
class Document:
    """What a document says. `texts`: what stands at the numbers that stand in for lines; empty where they are lines of the file."""

    kind: DocumentKind
    batch: Batch
    reported: ReportedProcess | None
    texts: dict[int, str]
    lines: LineCounts
    notes: tuple[str, ...]


def detect_document(block: Block | None) -> DocumentKind | None:
    """What kind of document begins with this block; None for a log."""
    if block is None or block.first_line != 1:
        return None
    return next((kind for kind, head in HEADS if head.match(block.data)), None)


def read_document(source: Source, kind: DocumentKind) -> Document | None:
    """Read a document whole; one that is cut is read as far as it goes, and its notes say so. None where a log goes on behind it."""
    match kind:
        case "report":
            return _read_report(source)
        case "gc-profile":
            told = read_gc_profiler(source.chunks())
            return _told("gc-profile", told) if told.alone else None
        case "trace-events":
            return _told("trace-events", read_trace_events(source.chunks()))


def _told(kind: DocumentKind, told: ToldCollections) -> Document:
    lines = told.lines
    notes = (*told.notes, "line numbers are those of its collections, in order") if told.texts else tuple(told.notes)
    return Document(kind, told.batch, None, told.texts, LineCounts(lines, lines, 0, 0, 0), notes)


def _read_report(source: Source) -> Document:
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
    """A report that is cut off or damaged: what stands before that, if it has a process and its heap."""
    note = f"the diagnostic report is not whole: {error}"
    try:
        reported = read_report(name, close_json(text))
    except (ValueError, RecursionError):
        reported = None
    if reported is None:
        return Document("report", {}, None, {}, LineCounts(total, 0, 0, 0, total), (note,))
    notes = (f"{note}; what stands before that is told",)
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
