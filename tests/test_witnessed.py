"""Diagnostic reports tied to the processes that they are of."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from gclog.judged import SourceContext
from gclog.processes import split_processes
from gclog.recognise.reader import Reader
from gclog.records import FatalError, HeapOption, NativeFrame
from gclog.source.open import Source, expand, open_source
from gclog.tables import TableBuilder
from gclog.witnessed import read_as_document, tie_reports

SAMPLES = Path(__file__).parent.parent / "samples"


def read_log(source: Source) -> SourceContext:
    reader, builder = Reader(), TableBuilder()
    for block in source.blocks():
        builder.add(reader.read(block))
    builder.add(reader.finish())
    tables = builder.build()
    return SourceContext(source, reader, "gc", split_processes(tables), [], tables.trace_lines)


def open_both(stack: ExitStack, log: str, report: str) -> tuple[SourceContext, SourceContext]:
    sources = [stack.enter_context(open_source(expand([str(SAMPLES / name)])[0], None)) for name in (log, report)]
    document = read_as_document(sources[1])
    assert document is not None
    return read_log(sources[0]), document


@pytest.mark.parametrize("major", ["12", "16", "20", "26"])
def test_a_report_goes_to_the_process_with_its_pid(major: str) -> None:
    with ExitStack() as stack:
        ours, theirs = open_both(stack, f"witness/report-node{major}.log", f"witness/report-node{major}.json")
        total = ours.counts.total
        tie_reports([ours, theirs])
        (process,) = ours.processes
        assert theirs.processes == []
        (report,) = process.reported
        assert report.lines["limit"] > total
        assert '"memoryLimit"' in ours.borrowed[report.lines["limit"]]
        assert {record.mb for record in process.rare if isinstance(record, HeapOption)} == {48.0}
        assert len([record for record in process.rare if isinstance(record, FatalError)]) >= 2
        frames = [record.number for record in process.rare if isinstance(record, NativeFrame)]
        assert len(frames) == len(set(frames))
        assert any("diagnostic report" in note for note in ours.notes)


def test_a_report_of_another_process_stays_on_its_own() -> None:
    with ExitStack() as stack:
        ours, theirs = open_both(stack, "gc/leak-node20.log", "witness/report-node20.json")
        tie_reports([ours, theirs])
        assert [process.reported for process in ours.processes] == [()]
        (alone,) = theirs.processes
        assert alone.reported and alone.pid == alone.reported[0].pid


def test_a_log_is_no_document() -> None:
    with open_source(expand([str(SAMPLES / "gc" / "leak-node20.log")])[0], None) as source:
        assert read_as_document(source) is None
