"""What the heap grows with, from a log to the report."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from gclog.incident.pipeline import analyze
from gclog.model.grows_with import GrowsWith
from gclog.model.not_known import NotKnown
from gclog.model.report import ProcessReport
from gclog.report.redact.report import redact
from gclog.report.say.process import what_to_do

SAMPLES = Path(__file__).parents[2] / "samples"
LEAK = SAMPLES / "gc" / "queue_thumbnail-node22.log.gz"
KEPT_KB = 99.6
"""What 700 rows of the program take, measured in Node 22 with --expose-gc."""


def report_on(path: Path) -> ProcessReport:
    return analyze([path]).processes[0]


def test_the_kind_of_jobs_that_keeps_memory_is_named_and_what_to_do_begins_with_it() -> None:
    process = report_on(LEAK)
    assert isinstance(process.grows_with, GrowsWith)
    (line,) = process.grows_with.lines
    assert line.label == "thumbnail job … done in … ms, … rows"
    assert line.low_kb < KEPT_KB < line.high_kb
    assert what_to_do(process).startswith(
        "Look at what `thumbnail job … done in … ms, … rows` keeps once it is done: about 100 KB"
    )


def test_what_a_line_counts_is_named_if_the_program_prints_no_line_for_each() -> None:
    process = report_on(SAMPLES / "gc" / "queue_figures-node22.log.gz")
    assert isinstance(process.grows_with, GrowsWith)
    (line,) = process.grows_with.lines
    assert line.counter == "thumbnails"
    assert line.kb_per_line == pytest.approx(KEPT_KB, rel=0.05)
    assert what_to_do(process).startswith("Look at what each of the `thumbnails` in `worker: … mails, … thumbnails")
    shown = redact(analyze([SAMPLES / "gc" / "queue_figures-node22.log.gz"]))
    assert "thumbnail" not in repr(shown)
    assert "each of the `name-1` in `line-1` keeps" in what_to_do(shown.processes[0])


def test_what_a_timer_keeps_is_not_laid_to_the_jobs() -> None:
    found = report_on(SAMPLES / "gc" / "queue_timer-node22.log.gz").grows_with
    assert found == NotKnown("it may as well be time that it grows with as lines of one shape")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("gc/healthy-node22.log", "the live set does not grow"),
        ("gc/leak-node22.log", "the application printed too few lines of one kind"),
    ],
)
def test_nothing_is_looked_for_where_nothing_can_be_found(name: str, why: str) -> None:
    found = report_on(SAMPLES / name).grows_with
    assert isinstance(found, NotKnown)
    assert found.reason.startswith(why)


def test_lines_among_which_another_process_speaks_are_nobodys(tmp_path: Path) -> None:
    lines = gzip.decompress(LEAK.read_bytes()).splitlines(keepends=True)
    collections = [line for line in lines if line.startswith(b"[") and b" ms: " in line]
    other = [b"[77:0x1]" + line[line.index(b"]") + 1 :] for line in collections]
    mixed = tmp_path / "two.log"
    mixed.write_bytes(b"".join(lines[:300] + other[:20] + lines[300:] + other[20:]))
    for process in analyze([mixed]).processes:
        assert process.grows_with == NotKnown("other processes print into this log at the same time")


def test_a_run_after_another_has_its_own_lines(tmp_path: Path) -> None:
    log = gzip.decompress(LEAK.read_bytes())
    twice = tmp_path / "twice.log"
    twice.write_bytes(
        log + log.replace(b"thumbnail", b"preview").replace(b"[" + log.split(b"[")[1].split(b":")[0] + b":", b"[99999:")
    )
    named = {
        process.grows_with.lines[0].label for process in analyze([twice]).processes if isinstance(process.grows_with, GrowsWith)
    }
    assert named == {"thumbnail job … done in … ms, … rows", "preview job … done in … ms, … rows"}


def test_redaction_hides_what_the_lines_say() -> None:
    shown = redact(analyze([LEAK]))
    found = shown.processes[0].grows_with
    assert isinstance(found, GrowsWith)
    assert (found.lines[0].label, found.lines[0].shape) == ("line-1", "…")
    assert "thumbnail" not in repr(shown)
    assert "`line-1` keeps" in what_to_do(shown.processes[0])
