"""Access logs beside a GC log: what its heap grows with, by the requests in another file."""

from __future__ import annotations

import datetime
import gzip
from pathlib import Path

import pytest

from gclog.incident.pipeline import analyze
from gclog.incident.settings import Settings
from gclog.model.grows_with import GrowsWith
from gclog.model.not_known import NotKnown
from gclog.model.report import Report
from gclog.report.redact.report import redact

SAMPLE = Path(__file__).parents[2] / "samples" / "gc" / "queue_thumbnail-node22.log.gz"
KEPT_KB = 99.6
START = datetime.datetime(2026, 12, 1, 13, 0, tzinfo=datetime.UTC)
SEVEN_HOURS = datetime.timezone(datetime.timedelta(hours=-7))


def moment(at_ms: float) -> datetime.datetime:
    return START + datetime.timedelta(milliseconds=at_ms)


def apart(folder: Path, *, dated: str = "envelope", has_ms: bool = True, pid: bytes = b"") -> tuple[Path, Path]:
    """The sample as a GC log without the jobs, and an access log of them, as if each were a request in Arizona.

    dated   `envelope`: each line of the trace; `own`: some lines of the application; `no`: none
    """
    trace, access, at_ms = [], [], 0.0
    for line in gzip.decompress(SAMPLE.read_bytes()).decode().splitlines():
        if " ms: " in line:
            at_ms = float(line.split("]")[1].split()[0])
            trace.append(f"{moment(at_ms).isoformat()} {line}" if dated == "envelope" else line)
            if dated == "own" and len(trace) % 50 == 0:
                trace.append(f"{moment(at_ms + 1).isoformat()} info: still here")
        elif " job " in line:
            at = moment(at_ms).astimezone(SEVEN_HOURS)
            stamp = at.strftime("%d/%b/%Y:%H:%M:%S") + (f".{at.microsecond // 1000:03}" if has_ms else "") + " -0700"
            access.append(f'10.0.0.7 - - [{stamp}] "POST /{line.split()[0]}/{len(access)} HTTP/1.1" 200 5 "-" "curl"')
    gc_log, access_log = folder / "gc.log", folder / "access.log"
    gc_log.write_text("\n".join(trace) + "\n")
    access_log.write_text("\n".join(access) + "\n")
    return gc_log, access_log


def found(report: Report) -> GrowsWith:
    assert isinstance(report.processes[0].grows_with, GrowsWith)
    return report.processes[0].grows_with


@pytest.mark.parametrize("dated", ["envelope", "own"])
def test_the_requests_that_keep_memory_are_named_by_an_access_log(tmp_path: Path, dated: str) -> None:
    gc_log, access_log = apart(tmp_path, dated=dated)
    report = analyze([gc_log, access_log])
    (line,) = found(report).lines
    assert (line.label, line.file, line.first_line) == ("POST /thumbnail/…", str(access_log), line.first_line)
    assert line.low_kb < KEPT_KB < line.high_kb
    (process,) = report.processes
    (finding,) = (one for one in process.findings if one.id == "grows-with-lines")
    assert f"requests in {access_log}" in finding.observed
    assert all(evident.text.count("ms: ") for evident in finding.evidence)
    assert [(witness.source, witness.tells) for witness in process.witnesses][1:] == [(str(access_log), ("requests",))]


def test_moments_to_the_second_are_enough_if_the_order_is_right(tmp_path: Path) -> None:
    (line, *_) = found(analyze(list(apart(tmp_path, has_ms=False)))).lines
    assert line.label == "POST /thumbnail/…"
    assert line.kb_per_line == pytest.approx(KEPT_KB, rel=0.15)


def test_the_begin_of_the_process_may_be_given(tmp_path: Path) -> None:
    logs = apart(tmp_path, dated="no")
    without = analyze(list(logs))
    assert isinstance(without.processes[0].grows_with, NotKnown)
    assert any("give it --started DATE" in note for source in without.sources for note in source.notes)
    given = analyze(list(logs), Settings(started_ms=START.timestamp() * 1000))
    assert found(given).lines[0].label == "POST /thumbnail/…"


def test_requests_at_another_time_say_nothing(tmp_path: Path) -> None:
    logs = apart(tmp_path, dated="no")
    away = analyze(list(logs), Settings(started_ms=START.timestamp() * 1000 + 3_600_000))
    assert isinstance(away.processes[0].grows_with, NotKnown)
    assert "of the same zone?" in away.processes[0].grows_with.reason


def test_requests_of_several_processes_are_nobodys(tmp_path: Path) -> None:
    gc_log, access_log = apart(tmp_path)
    other = tmp_path / "other.log"
    text = gc_log.read_text()
    other.write_text(text.replace(text.split("[")[1].split(":")[0] + ":0x", "99999:0x"))
    report = analyze([gc_log, other, access_log])
    assert not any(isinstance(process.grows_with, GrowsWith) for process in report.processes)
    assert any("of several processes at the same time" in note for source in report.sources for note in source.notes)


def test_redaction_hides_paths_and_the_file(tmp_path: Path) -> None:
    shown = redact(analyze(list(apart(tmp_path))))
    assert "thumbnail" not in repr(shown)
    assert "access.log" not in repr(shown)
    assert found(shown).lines[0].label == "line-1"
