"""Documents beside a log, from real samples: which they are, what they say, and what is said of one that is cut."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gclog.model.columns import records_of
from gclog.model.crash_records import FatalError, NativeFrame
from gclog.model.not_known import NotKnown
from gclog.model.records import Collection, HeapOption
from gclog.recognise.documents.detect import Document, detect_document, read_document
from gclog.source.open import Block, expand, open_source

SAMPLES = Path(__file__).parents[3] / "samples" / "witness"
MB = 1 << 20


def read_file(path: Path) -> Document:
    with open_source(expand([str(path)])[0], None) as source:
        kind = detect_document(next(source.blocks()))
        assert kind is not None
        return read_document(source, kind)


def collections_of(document: Document) -> list[Collection]:
    return [record for record in records_of(document.batch) if isinstance(record, Collection)]


@pytest.mark.parametrize(("major", "version"), [("12", 2), ("16", 2), ("20", 4), ("26", 5)])
def test_a_report_of_a_death_is_read_in_every_version(major: str, version: int) -> None:
    document = read_file(SAMPLES / f"report-node{major}.json")
    report = document.reported
    assert report is not None
    assert (report.fatal, report.report_version, report.node.partition(".")[0]) == (True, version, major)
    assert (report.old_limit_mb, report.event) == (48.0, "Allocation failed - JavaScript heap out of memory")
    assert isinstance(report.constrained_mb, NotKnown)
    assert not isinstance(report.used_mb, NotKnown) and 40 < report.used_mb < 60
    assert max(report.spaces, key=lambda space: space.used_mb).name in ("old_space", "large_object_space")
    assert report.native_stack and not report.js_stack
    lines = (SAMPLES / f"report-node{major}.json").read_text().splitlines()
    assert '"memoryLimit"' in lines[report.lines["limit"] - 1]
    kinds = {type(record) for record in records_of(document.batch)}
    assert kinds == {FatalError, HeapOption, NativeFrame}
    assert document.lines.total == document.lines.recognised == len(lines)


def make_report(**changes: object) -> str:
    heap = {"memoryLimit": 144 * MB, "usedMemory": 40 * MB, "heapSpaces": {}}
    header = {
        "reportVersion": 5,
        "event": "SIGUSR2",
        "trigger": "Signal",
        "processId": 7,
        "nodejsVersion": "v26.1.0",
        "commandLine": ["node", "a.js"],
    }
    usage = {"rss": 90 * MB, "total_memory": 8192 * MB, "constrained_memory": 512 * MB}
    return json.dumps({"header": header, "javascriptHeap": heap, "resourceUsage": usage} | changes)


def read_text(tmp_path: Path, text: str) -> Document:
    path = tmp_path / "report.json"
    path.write_text(text)
    return read_file(path)


def test_a_report_that_was_asked_for_is_no_death(tmp_path: Path) -> None:
    document = read_text(tmp_path, make_report())
    assert document.reported is not None and not document.reported.fatal
    assert [type(record) for record in records_of(document.batch)] == [HeapOption]


def test_without_an_option_the_young_generation_is_taken_off_the_limit(tmp_path: Path) -> None:
    """Node 26 with 48 MB of old space has a heap_size_limit of 144: a young generation of 96, or less on a small machine."""
    report = read_text(tmp_path, make_report()).reported
    assert report is not None
    assert (report.old_limit_low_mb, report.old_limit_mb, report.old_limit_high_mb) == (48, 48, 132)
    assert report.limit_from_start
    assert report.constrained_mb == 512.0


@pytest.mark.parametrize(
    "options", ["--heapsnapshot-near-heap-limit=2", "--max-semi-space-size=32 --heapsnapshot-near-heap-limit=1"]
)
def test_a_limit_that_a_callback_may_have_raised_is_not_known_from_the_start(tmp_path: Path, options: str) -> None:
    report = read_text(tmp_path, make_report(environmentVariables={"NODE_OPTIONS": options})).reported
    assert report is not None and not report.limit_from_start


def test_node_options_name_the_limit_too(tmp_path: Path) -> None:
    report = read_text(tmp_path, make_report(environmentVariables={"NODE_OPTIONS": "--max-old-space-size=300"})).reported
    assert report is not None and report.old_limit_mb == 300.0 and report.limit_from_start


def test_what_is_no_number_is_not_known(tmp_path: Path) -> None:
    report = read_text(tmp_path, make_report(javascriptHeap={"memoryLimit": "lots", "usedMemory": True})).reported
    assert report is not None
    assert isinstance(report.heap_limit_mb, NotKnown) and isinstance(report.used_mb, NotKnown)


def test_a_report_that_is_cut_is_unread_and_says_so(tmp_path: Path) -> None:
    """Cut before its heap; of one that is cut later, what precedes that is used."""
    text = (SAMPLES / "report-node20.json").read_text()[:600]
    document = read_text(tmp_path, text)
    assert document.reported is None
    assert document.lines.unread == document.lines.total > 0
    assert "not whole" in document.notes[0]


@pytest.mark.parametrize("major", ["20", "26"])
def test_a_gc_profile_gives_collections_with_sizes(major: str) -> None:
    document = read_file(SAMPLES / f"profile-node{major}.json")
    found = collections_of(document)
    whole = json.loads((SAMPLES / f"profile-node{major}.json").read_text())
    assert len(found) == sum(item["gcType"] in ("Scavenge", "MarkSweepCompact") for item in whole["statistics"])
    first = whole["statistics"][0]
    assert found[0].used_before_mb == first["beforeGC"]["heapStatistics"]["usedHeapSize"] / MB
    assert found[0].pause_ms == first["cost"] / 1000
    at_ms = [record.at_ms for record in found if record.at_ms is not None]
    assert at_ms == sorted(at_ms) and at_ms[-1] <= whole["endTime"] - whole["startTime"]
    assert set(document.texts) == {record.line for record in found}


@pytest.mark.parametrize(("major", "sized"), [("12", False), ("24", True)])
def test_trace_events_give_collections_of_every_version(major: str, sized: bool) -> None:
    found = collections_of(read_file(SAMPLES / f"events-node{major}.json"))
    assert {record.type for record in found} == ({"Scavenge", "Mark-Compact"} if sized else {"Scavenge", "Mark-sweep"})
    assert all(record.pause_ms is not None and record.pause_ms > 0 for record in found)
    assert all((record.used_after_mb is not None) is sized for record in found)
    assert len({record.pid for record in found}) == 1


def test_a_trace_of_a_process_that_was_killed_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    text = (SAMPLES / "events-node24.json").read_text()
    path = tmp_path / "node_trace.1.log"
    path.write_text(text[: len(text) // 2])
    document = read_file(path)
    assert 0 < len(collections_of(document)) < len(collections_of(read_file(SAMPLES / "events-node24.json")))
    assert any("no end" in note for note in document.notes)


@pytest.mark.parametrize("data", [b"", b"{}", b'{"rss": 1}\n', b'[{"header": 1}]', b"Mark-sweep 12 (13) MB"])
def test_a_log_is_no_document(data: bytes) -> None:
    assert detect_document(Block(data, 1)) is None
