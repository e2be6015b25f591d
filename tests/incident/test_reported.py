"""Diagnostic reports of processes that did not run out of memory: alone and in a folder, by every trigger and in every version."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from rendered import render_markdown
from typer.testing import CliRunner

from gclog.cli.main import app
from gclog.diagnose.reported import application_frame
from gclog.incident.pipeline import analyze
from gclog.incident.settings import Settings
from gclog.model.records import MemoryTotal, SpaceUsage
from gclog.model.report import ProcessReport, Report
from gclog.processes.process import empty_process
from gclog.report.json.v1 import render_json
from gclog.report.redact.report import redact
from gclog.watch.session import Session, WatchOptions

SAMPLES = Path(__file__).parent.parent.parent / "samples"
WITNESS = SAMPLES / "witness"
MAJORS = {"12": (2, "12.22.12"), "18": (3, "18.20.8"), "22": (4, "22.23.3"), "26": (5, "26.10.0")}
"""Major -> version of its reports, and of Node."""

THROWN = "OrderError: order 4711 has no customer at chargeCustomer (/app/report_triggers.js:19:43)"
CASES = [
    ("api-node18", "written by the program itself (JavaScript API)"),
    ("api-node26", "written by the program itself (JavaScript API)"),
    ("compact-node22", "written by the program itself (JavaScript API)"),
    ("error-node22", "(JavaScript API), with OrderError: order 4711 has no customer: heap "),
    ("signal-node12", "Snapshot of a moment, written on SIGUSR2: heap "),
    ("signal-node22", "Snapshot of a moment, written on SIGUSR2: heap "),
    ("exception-node12", f"{THROWN} (unless a handler caught it: "),
    ("exception-node18", f"The process died of an uncaught exception, {THROWN}; memory was not the cause: heap "),
    ("exception-node26", f"The process died of an uncaught exception, {THROWN}; memory was not the cause: heap "),
    ("rejection-node22", f"The process died of an uncaught exception, {THROWN}; memory was not the cause: heap "),
    ("string-node18", "The process died of an uncaught exception, no customer; memory was not the cause: heap "),
    ("worker-node26", "written by the program itself (JavaScript API) of worker thread 1: heap "),
]


def sample(name: str) -> Path:
    return WITNESS / f"reported_{name}.json"


def only(report: Report) -> ProcessReport:
    (process,) = report.processes
    return process


def as_major(name: str, major: str) -> str:
    """A sample with the version of another major: what Node 12 to 26 write differs in little else."""
    report = json.loads(sample(name).read_text())
    report["header"]["reportVersion"], report["header"]["nodejsVersion"] = MAJORS[major][0], f"v{MAJORS[major][1]}"
    return json.dumps(report, indent=2)


@pytest.mark.parametrize(("name", "said"), CASES)
def test_a_report_alone_says_what_it_is(name: str, said: str) -> None:
    process = only(analyze(sample(name)))
    assert said in process.verdict.headline
    assert "MB limit used" in process.verdict.headline or "GB limit used" in process.verdict.headline
    assert process.verdict.level == "not-assessable" and process.crash is None
    result = CliRunner().invoke(app, ["analyze", str(sample(name)), "--fail-on", "rising"])
    assert result.exit_code == 0 and "Traceback" not in result.output


def test_a_death_of_memory_is_still_one() -> None:
    process = only(analyze(sample("fatal-node22")))
    assert process.crash is not None and process.verdict.level == "exhausted"
    assert process.reported[0].message == "" and process.reported[0].js_stack == ()


@pytest.mark.parametrize("major", MAJORS)
@pytest.mark.parametrize("name", ["api-node26", "signal-node22", "exception-node26", "worker-node26"])
def test_in_a_folder_every_trigger_of_every_major_leaves_the_others_judged(tmp_path: Path, name: str, major: str) -> None:
    (tmp_path / "report.json").write_text(as_major(name, major))
    shutil.copy(SAMPLES / "gc" / "leak-node20.log", tmp_path)
    report = analyze(tmp_path)
    assert [process.verdict.level for process in report.processes] == ["exhausted", "not-assessable"]
    assert [len(process.reported) for process in report.processes] == [0, 1]
    assert report.processes[1].reported[0].node == MAJORS[major][1]


def test_beside_the_log_of_its_process_the_exception_is_a_finding(tmp_path: Path) -> None:
    written = json.loads(sample("exception-node26").read_text())
    log = (SAMPLES / "gc" / "healthy-node20.log").read_text()
    written["header"]["processId"] = only(analyze(SAMPLES / "gc" / "healthy-node20.log")).pid
    (tmp_path / "gc.log").write_text(log)
    (tmp_path / "report.json").write_text(json.dumps(written, indent=2))
    process = only(analyze(tmp_path))
    (finding,) = [finding for finding in process.findings if finding.id == "diagnostic-report"]
    assert f"The process died of an uncaught exception, {THROWN}" in finding.title
    assert any("OrderError" in line.text for line in finding.evidence)


def test_every_form_tells_event_exception_spaces_and_handles() -> None:
    report = analyze(sample("exception-node26"))
    (told,) = json.loads(render_json(report))["processes"][0]["diagnostic_reports"]
    assert (told["trigger"], told["event"], told["message"]) == ("Exception", "Exception", THROWN.partition(" at ")[0])
    assert told["js_stack"][0] == "at chargeCustomer (/app/report_triggers.js:19:43)"
    assert {"type": "tcp", "count": 3, "active": 3} in told["handles"]
    html = CliRunner().invoke(app, ["analyze", str(sample("exception-node26")), "--format", "html", "-o", "-"]).output
    text = CliRunner().invoke(app, ["analyze", str(sample("exception-node26"))], env={"COLUMNS": "200"}).output
    for form in (text, render_markdown(report), html):
        for word in ("order 4711 has no customer", "chargeCustomer", "old", "trusted", "3 tcp"):
            assert word in form


def test_a_report_of_a_worker_is_not_the_main_threads(tmp_path: Path) -> None:
    written = json.loads(sample("worker-node26").read_text())
    written["header"]["processId"] = only(analyze(SAMPLES / "gc" / "healthy-node20.log")).pid
    shutil.copy(SAMPLES / "gc" / "healthy-node20.log", tmp_path)
    (tmp_path / "report.json").write_text(json.dumps(written))
    assert sorted(process.main for process in analyze(tmp_path).processes) == [False, True]


def test_two_reports_of_one_process_are_two_moments(tmp_path: Path) -> None:
    for name in ("a.json", "b.json"):
        shutil.copy(sample("signal-node22"), tmp_path / name)
    assert len(analyze(tmp_path).processes) == 2


@pytest.mark.parametrize("part", [0.5, 0.7, 0.9, 0.999])
def test_a_report_that_is_cut_after_its_heap_says_what_it_has(tmp_path: Path, part: float) -> None:
    text = sample("exception-node26").read_text()
    (tmp_path / "report.json").write_text(text[: int(len(text) * part)])
    report = analyze(tmp_path / "report.json")
    assert THROWN in only(report).verdict.headline
    assert any("not whole" in note for note in report.sources[0].notes)


def as_windows(report: dict[str, dict[str, object]]) -> None:
    report["header"] |= {"platform": "win32", "osName": "Windows_NT", "cwd": "C:\\app"}
    del report["userLimits"], report["sharedObjects"]
    report["resourceUsage"].pop("constrained_memory", None)


def as_mac(report: dict[str, dict[str, object]]) -> None:
    report["header"] |= {"platform": "darwin", "osName": "Darwin", "arch": "arm64"}
    report["resourceUsage"]["constrained_memory"] = 0


def as_bare(report: dict[str, dict[str, object]]) -> None:
    del report["libuv"], report["javascriptStack"], report["resourceUsage"]


@pytest.mark.parametrize("change", [as_windows, as_mac, as_bare])
def test_reports_of_other_systems_and_with_less_in_them(
    tmp_path: Path, change: Callable[[dict[str, dict[str, object]]], None]
) -> None:
    written = json.loads(sample("signal-node22").read_text())
    change(written)
    (tmp_path / "report.json").write_text(json.dumps(written))
    process = only(analyze(tmp_path))
    assert process.verdict.headline.startswith("Snapshot of a moment, written on SIGUSR2: heap 4.8 MB of")


@pytest.mark.parametrize(
    ("message", "used_mb", "said"),
    [
        ("RangeError: Array buffer allocation failed", 5, "its message is about memory"),
        ("TypeError: x is not a function", 90, "its heap was nearly full as well"),
        ("TypeError: x is not a function", 5, "memory was not the cause"),
    ],
)
def test_memory_is_the_cause_or_not(tmp_path: Path, message: str, used_mb: int, said: str) -> None:
    written = json.loads(sample("exception-node26").read_text())
    written["javascriptStack"]["message"] = message
    written["javascriptHeap"] |= {"usedMemory": used_mb << 20, "memoryLimit": 100 << 20}
    (tmp_path / "report.json").write_text(json.dumps(written))
    assert f"; {said}: heap" in only(analyze(tmp_path)).verdict.headline


def test_the_first_frame_is_of_the_application(tmp_path: Path) -> None:
    written = json.loads(sample("exception-node12").read_text())
    ours = "at serve (/app/server.js:7:3)"
    written["javascriptStack"]["stack"] = [
        "at JSON.parse (<anonymous>)",
        "at EventEmitter.emit (events.js:315:20)",
        "at next (/app/node_modules/express/lib/router.js:9:1)",
        ours,
        "at processTicksAndRejections (internal/process/task_queues.js:97:5)",
    ]
    (tmp_path / "report.json").write_text(json.dumps(written))
    assert application_frame(only(analyze(tmp_path)).reported[0]) == ours


def test_redacted_a_report_says_nothing_of_the_program() -> None:
    for name in ("exception-node12", "exception-node26", "error-node22", "string-node18"):
        text = render_json(redact(analyze(sample(name))))
        for word in ("4711", "OrderError", "customer", "chargeCustomer", "report_triggers"):
            assert word.lower() not in text.lower(), (name, word)


@pytest.mark.parametrize("replay", [None, 0.0])
def test_watch_tells_a_report_once_and_ends(replay: float | None) -> None:
    said: list[tuple[str, bool]] = []
    level = Session(
        WatchOptions(str(sample("signal-node22")), replay=replay), lambda text, verdict: said.append((text, verdict))
    ).run()
    assert level == "not-assessable"
    assert said[0][0].startswith("Snapshot of a moment, written on SIGUSR2") and said[0][1]
    assert "nothing to watch" in said[1][0] and not said[1][1]


def test_a_process_always_has_the_columns_of_its_frames() -> None:
    process = empty_process(7)
    assert not any(len(frame) for frame in (process.collections, process.spaces, process.totals, process.usage))
    assert all("line" in frame.columns for frame in (process.spaces, process.totals, process.usage))
    with pytest.raises(ValueError, match="SpaceUsage, MemoryTotal have no columns"):
        dataclasses.replace(process, frames={SpaceUsage: pd.DataFrame(), MemoryTotal: pd.DataFrame()})


def test_a_container_counts_beside_rss(tmp_path: Path) -> None:
    written = json.loads(sample("signal-node22").read_text())
    written["resourceUsage"]["constrained_memory"] = 512 << 20
    (tmp_path / "report.json").write_text(json.dumps(written))
    assert "of the container's 512.0 MB" in only(analyze(tmp_path, Settings())).verdict.headline
