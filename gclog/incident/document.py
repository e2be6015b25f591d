"""A JSON document beside a log, as a source of its own: a diagnostic report, a GC profile, a trace."""

from __future__ import annotations

from gclog.incident.context import Counted, SourceContext
from gclog.model.process import LineCounts
from gclog.model.witness import ReportedProcess
from gclog.processes.process import ProcessTable, empty_process
from gclog.processes.split import split_processes
from gclog.processes.tables import TableBuilder, Tables
from gclog.recognise.documents.detect import detect_document, read_document
from gclog.source.open import Source

__all__ = ["read_as_document"]

HEAD_BYTES = 1 << 14
"""Enough of a file to recognise a document by."""


def read_as_document(source: Source) -> SourceContext | None:
    """The source as a diagnostic report, a GC profile or a trace; None if it is a log. It is read again from its beginning."""
    kind = detect_document(next(source.blocks(HEAD_BYTES), None))
    document = None if kind is None else read_document(source, kind)
    if kind is None or document is None:
        return None
    builder = TableBuilder()
    builder.add(document.batch)
    tables = builder.build()
    reported = document.reported
    processes = split_processes(tables) if reported is None else [_process_of(reported, tables)]
    return SourceContext(
        source,
        _counted(document.lines, kind),
        "gc",
        tuple(processes),
        borrowed=dict(document.texts),
        notes=tuple(document.notes),
    )


def _process_of(report: ReportedProcess, tables: Tables) -> ProcessTable:
    """The process that a report is of, before anything else is known of it."""
    return empty_process(report.pid, main=not report.thread_id, rare=tables.rare, reported=(report,))


def _counted(lines: LineCounts, kind: str) -> Counted:
    return Counted(lines, recognised_by={kind.replace("-", "_"): lines.recognised} if lines.recognised else {})
