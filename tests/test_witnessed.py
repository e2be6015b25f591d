"""Diagnostic reports tied to the processes that they are of."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path

import pytest

from gclog.judged import SourceContext
from gclog.pipeline import Settings, analyze
from gclog.processes import split_processes
from gclog.recognise.reader import Reader
from gclog.records import FatalError, HeapOption, NativeFrame
from gclog.results import Limit
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


def test_the_limit_of_a_report_counts_from_the_start() -> None:
    """Node 26 gives no sign of its limit before it is full: without the report, nothing warns."""
    log, report = SAMPLES / "witness/report-node26.log", SAMPLES / "witness/report-node26.json"
    alone, both = (next(p for p in analyze(words).processes) for words in ([log], [log, report]))
    assert alone.verdict.foreseeable_ms is None
    assert both.verdict.foreseeable_ms is not None and both.verdict.foreseeable_line == 65
    assert isinstance(both.limit, Limit) and (both.limit.mb, both.limit.source) == (48, "report")
    assert both.limit.why.endswith("in the diagnostic report; set at its start, so it counts from the first line on")
    assert [(event.line, event.level) for event in both.timeline] == [
        (event.line, event.level) for event in next(p for p in analyze([log], Settings(heap_limit_mb=48)).processes).timeline
    ]


@pytest.mark.parametrize("cut", [20, 50, 66, 75])
def test_beside_a_report_too_the_timeline_of_a_cut_log_is_a_prefix(tmp_path: Path, cut: int) -> None:
    report = SAMPLES / "witness/report-node26.json"
    lines = (SAMPLES / "witness/report-node26.log").read_bytes().splitlines(keepends=True)
    for name, kept in (("whole", lines), ("cut", lines[:cut])):
        (tmp_path / f"{name}.log").write_bytes(b"".join(kept))
    whole, part = (next(p for p in analyze([tmp_path / f"{name}.log", report]).processes) for name in ("whole", "cut"))
    assert [event for event in part.timeline if event.line <= cut] == [event for event in whole.timeline if event.line <= cut]


def test_a_limit_that_may_have_been_raised_counts_from_the_report_on(tmp_path: Path) -> None:
    report = json.loads((SAMPLES / "witness/report-node26.json").read_text())
    report["header"]["commandLine"] = ["node", "--heapsnapshot-near-heap-limit=1", "leak.js"]
    (tmp_path / "report.json").write_text(json.dumps(report, indent=2))
    process = analyze([SAMPLES / "witness/report-node26.log", tmp_path / "report.json"]).processes[0]
    assert isinstance(process.limit, Limit) and "may have been raised" in process.limit.why
    assert process.verdict.foreseeable_ms is None


@pytest.mark.parametrize("major", ["8", "10", "12", "20", "24", "26"])
def test_a_printed_heap_size_limit_is_the_limit(major: str) -> None:
    """All ran with --max-old-space-size=48; what they printed is 80, 81.4, 96, 96, 240 and 144 MB."""
    process = analyze([SAMPLES / f"witness/limit-node{major}.log"]).processes[0]
    assert isinstance(process.limit, Limit)
    assert (process.limit.mb, process.limit.source) == (48, "printed")
    assert process.verdict.foreseeable_ms is not None


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
