"""Logs of which nothing but known messages can be read: they say what those mean, instead of nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gclog.cli.main import app
from gclog.errors import NothingToAnalyse
from gclog.incident.pipeline import analyze

SAMPLES = Path(__file__).parents[2] / "samples"

SAID = {
    "(node:7) MaxListenersExceededWarning: Possible EventEmitter memory leak detected. 11 data listeners added to [Socket].": (
        "event-emitter-leak-warning",
        "listeners pile up on an EventEmitter",
    ),
    "RangeError: Array buffer allocation failed": ("allocation-refused", "memory outside the heap is short"),
    "RangeError [ERR_BUFFER_TOO_LARGE]: Cannot create a Buffer larger than 1000 bytes": ("allocation-refused", "kMaxLength"),
    "RangeError: Invalid string length": ("allocation-refused", "a string longer than V8 allows"),
    "RuntimeError: memory access out of bounds": ("allocation-refused", "WebAssembly code accessed memory beyond its own"),
}


@pytest.mark.parametrize(("line", "found"), SAID.items(), ids=list(SAID))
def test_each_message_alone_is_a_finding_and_a_verdict(line: str, found: tuple[str, str], tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_text(f"listening on 8080\n{line}\nGET / 200\n")
    (process,) = analyze(log).processes
    (finding,) = (finding for finding in process.findings if finding.severity == "warning")
    assert finding.id == found[0]
    assert [(evidence.line, evidence.text) for evidence in finding.evidence] == [(2, line)]
    assert finding.remedy
    assert process.verdict.level == "not-assessable"
    assert process.verdict.headline.startswith("Not assessable: no line describes the heap; but line 2 says that ")
    assert found[1] in process.verdict.headline


@pytest.mark.parametrize(("major", "messages"), [("8", 4), ("26", 5)])
def test_real_messages_are_all_counted(major: str, messages: int) -> None:
    (process,) = analyze(SAMPLES / f"witness/messages-node{major}.log").processes
    refused, warned = process.findings[:2]
    assert (refused.id, warned.id) == ("allocation-refused", "event-emitter-leak-warning")
    assert refused.observed.startswith(f"{messages} messages, {messages} different ones; also: ")
    assert len(refused.evidence) == messages


@pytest.mark.parametrize("form", ["text", "json", "markdown", "html"])
def test_every_form_shows_the_line_and_what_it_means(form: str) -> None:
    log = str(SAMPLES / "witness/messages-node26.log")
    result = CliRunner().invoke(app, ["analyze", log, "--format", form])
    assert result.exit_code == 0
    shown = " ".join(result.stdout.split())
    assert "RangeError: Invalid string length" in shown and "a string longer than V8 allows" in shown
    if form == "json":
        (process,) = json.loads(result.stdout)["processes"]
        assert (process["verdict"]["level"], process["crash"]) == ("not-assessable", None)


@pytest.mark.parametrize(("level", "code"), [("warning", 1), ("error", 0), ("impending", 0)])
def test_fail_on_goes_by_the_finding(level: str, code: int) -> None:
    log = str(SAMPLES / "witness/messages-node8.log")
    assert CliRunner().invoke(app, ["analyze", log, "--fail-on", level]).exit_code == code


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("What does `RangeError: Invalid string length` mean?", id="quoted"),
        pytest.param("12 listeners added", id="no message"),
        pytest.param("GET /reports 200", id="nothing"),
    ],
)
def test_prose_is_no_process(text: str, tmp_path: Path) -> None:
    log = tmp_path / "article.md"
    log.write_text(f"{text}\n")
    with pytest.raises(NothingToAnalyse):
        analyze(log)


STOPPED = "Worker terminated due to reaching memory limit: JS heap out of memory"
OF_WORKER = {"type": "Error", "message": STOPPED, "stack": f"Error [ERR_WORKER_OUT_OF_MEMORY]: {STOPPED}\n    at kOnExit"}


@pytest.mark.parametrize(
    "line",
    [
        {
            "level": 50,
            "time": 1766400000123,
            "pid": 17,
            "err": {**OF_WORKER, "code": "ERR_WORKER_OUT_OF_MEMORY"},
            "msg": "job failed",
        },
        {
            "name": "api",
            "pid": 17,
            "level": 50,
            "err": OF_WORKER,
            "msg": "job failed",
            "time": "2026-11-30T10:00:00.000Z",
            "v": 0,
        },
        {"level": "error", "message": STOPPED, "stack": OF_WORKER["stack"], "timestamp": "2026-11-30T10:00:00.000Z"},
        {"level": 50, "err": {"message": "job failed", "cause": {"code": "ERR_WORKER_OUT_OF_MEMORY"}}, "msg": "job failed"},
    ],
    ids=["pino", "bunyan", "winston", "cause"],
)
def test_a_logger_s_error_tells_of_a_worker_s_death(line: dict[str, object], tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_text(f"listening\n{json.dumps(line)}\n")
    (process,) = analyze(log).processes
    assert process.crash is not None and process.crash.kind == "worker-limit"
    (finding,) = (finding for finding in process.findings if finding.id == "worker-out-of-memory")
    assert "resourceLimits: { maxOldGenerationSizeMb: 4096 }" in finding.remedy
    assert "in this log" not in finding.remedy


def test_what_a_logger_writes_of_other_memory_in_an_error_is_left_to_its_message(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_text(json.dumps({"level": 50, "err": {"message": "Invalid string length"}, "msg": "export failed"}) + "\n")
    with pytest.raises(NothingToAnalyse):
        analyze(log)
