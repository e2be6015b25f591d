"""Stacks that Datadog's profiler prints near the limit: whose they are, what they say, every line counted once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from made_heap_profiles import MadeProfile, call
from made_logs import FATAL, RING, full
from typer.testing import CliRunner

from gclog.cli.main import app
from gclog.incident.pipeline import analyze
from gclog.model.report import ProcessReport

DIED = Path(__file__).parents[2] / "samples" / "sampled" / "pprof-stderr" / "died.log"
HEADER = "NearHeapLimit(count={}): current_heap_limit=41943040, initial_heap_limit=41943040"
MB = 1 << 20


def stack(size_mb: float, *frames: str) -> str:
    return f"_:(root):0{''.join(f';{frame}' for frame in frames)} 7 {round(size_mb * MB)}"


CREATE = ("node:internal/timers:listOnTimeout:528", "/app/shop.js:serve:55", "/app/shop.js:create:8", "_:push:0")


def dying(*prints: list[str], pid: int = 7) -> list[str]:
    lines = [full(1000 * n, pid, after_mb=10.0 + 4 * n) for n in range(1, 8)]
    for number, stacks in enumerate(prints, 1):
        lines += [HEADER.format(number), *stacks, full(8000 + number, pid, after_mb=39.5)]
    return [*lines, RING, FATAL, ""]


def one(folder: Path, *lines: str) -> ProcessReport:
    (folder / "app.log").write_text("\n".join(lines), encoding="utf-8")
    (process,) = analyze(folder).processes
    return process


def test_a_real_one_is_in_the_verdict_of_the_process_that_died_and_every_line_counts_once() -> None:
    report = analyze(DIED)
    (process,) = report.processes
    assert process.sampled is not None and process.verdict.level == "exhausted"
    printed = [line.split() for line in DIED.read_text(encoding="utf-8").split("\n") if line.startswith("_:(root):0")]
    assert process.sampled.profiles[0].alive_bytes == sum(int(words[-1]) for words in printed)
    assert process.verdict.headline.endswith("sampled are held by what `serve pprof_leak.js:55` allocated.")
    (source,) = report.sources
    assert source.recognised_by["messages.heap_stack"] == len(printed) == 16
    assert source.lines.total == source.lines.recognised + source.lines.foreign and source.lines.unread == 0
    assert "allocation stacks" in process.witnesses[0].tells


def test_the_innermost_function_of_the_program_is_the_site(tmp_path: Path) -> None:
    process = one(tmp_path, *dying([stack(20, *CREATE), stack(6, *CREATE[:2]), stack(0.1), stack(0.2, "_:(V8 API):0")]))
    assert process.sampled is not None
    sites = {site.frame.name: site.alive_bytes[0] / MB for site in process.sampled.sites}
    assert sites["create"] == 20 and sites["serve"] == 6
    assert "20.0 of 26.3 MB sampled are held by what `create shop.js:8` allocated" in process.verdict.headline


def test_what_grows_between_two_prints_is_said(tmp_path: Path) -> None:
    process = one(tmp_path, *dying([stack(8, *CREATE)], [stack(30, *CREATE)]))
    assert process.sampled is not None
    assert [site.alive_bytes for site in process.sampled.growers] == [(8 * MB, 30 * MB)]


def test_on_stderr_alone_they_are_of_the_process_whose_log_lies_beside(tmp_path: Path) -> None:
    lines = dying([stack(20, *CREATE)])
    begin = lines.index(HEADER.format(1))
    (tmp_path / "stdout.log").write_text("\n".join([*lines[:begin], ""]), encoding="utf-8")
    ring = full(7000, after_mb=38.0)
    (tmp_path / "stderr.log").write_text(
        "\n".join([*lines[begin : begin + 2], RING, "", ring, "", FATAL, ""]), encoding="utf-8"
    )
    (process,) = analyze(tmp_path).processes
    assert process.crash is not None and process.sampled is not None
    assert "held by what `create shop.js:8` allocated" in process.verdict.headline


def test_of_two_processes_each_has_its_own(tmp_path: Path) -> None:
    for pid in (7, 8):
        (tmp_path / f"{pid}.log").write_text(
            "\n".join(dying([stack(20, f"/app/{pid}.js:of_{pid}:3")], pid=pid)), encoding="utf-8"
        )
    found = {process.pid: process.sampled for process in analyze(tmp_path).processes}
    names = {pid: None if sampled is None else sampled.sites[0].frame.name for pid, sampled in found.items()}
    assert names == {7: "of_7", 8: "of_8"}


def test_a_file_of_samples_says_more_and_takes_their_place(tmp_path: Path) -> None:
    MadeProfile().add([call("fromFile", 8)], range(1, 60)).write(tmp_path / "heap-7-0.heapprofile")
    process = one(tmp_path, *dying([stack(20, *CREATE)]))
    assert "`fromFile shop.js:8`" in process.verdict.headline


@pytest.mark.parametrize("envelope", ["web-1  | {}", "2026-03-14T10:10:10.000000000Z stderr F {}"])
def test_a_container_runtime_may_carry_them(tmp_path: Path, envelope: str) -> None:
    lines = [envelope.format(line) for line in dying([stack(20, *CREATE)])[:-1]]
    assert "`create shop.js:8`" in one(tmp_path, *lines, "").verdict.headline


def test_hostile_ones_are_read_or_are_the_application_s(tmp_path: Path) -> None:
    odd = [
        "_:(root):0; 1 2",
        "_:(root):0;;;:: 1 2",
        f"_:(root):0;{'a;' * 5000} 1 2",
        "_:(root):0;a:b:99999999999999 1 999999999999999",
    ]
    (tmp_path / "app.log").write_text("\n".join(dying([*odd, stack(20, *CREATE)])), encoding="utf-8")
    report = analyze(tmp_path)
    (source,) = report.sources
    assert source.lines.total == source.lines.recognised + source.lines.foreign + source.lines.unread
    (process,) = report.processes
    assert process.sampled is not None


def test_redacted_they_name_nothing_of_the_application(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_text("\n".join(dying([stack(20, "/app/secretshop.js:createSecret:8")])), encoding="utf-8")
    for form in ("text", "json", "html"):
        shown = CliRunner().invoke(app, ["analyze", str(tmp_path / "app.log"), "--redact", "--format", form]).stdout
        assert "secretshop" not in shown and "createSecret" not in shown and "script-1.js" in shown, form


def test_they_are_no_messages_of_the_report(tmp_path: Path) -> None:
    one(tmp_path, *dying([stack(20, *CREATE)]))
    found = json.loads(CliRunner().invoke(app, ["analyze", str(tmp_path / "app.log"), "--format", "json"]).stdout)
    assert "_:(root):0" not in json.dumps(found)
