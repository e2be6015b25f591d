"""Sampled heap profiles beside a log: whose they are, and what they add to verdict, findings and advice."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from made_heap_profiles import MadeProfile, call
from made_logs import FATAL, RING, full

from gclog.errors import InputError
from gclog.incident.pipeline import analyze
from gclog.model.report import ProcessReport, Report

SAMPLED = Path(__file__).parents[2] / "samples" / "sampled" / "node20"
SITE = "`serve sampled_leak.js:49` → `handleRequest sampled_leak.js:23` → `createSession sampled_leak.js:16`"
HELD = "held by what `createSession shop.js:8` allocated"


def log(folder: Path, pid: int = 7, died: bool = True) -> None:
    lines = [full(1000 * n, pid, after_mb=10.0 + 8 * n) for n in range(1, 9)]
    end = [RING, FATAL, ""] if died else [""]
    (folder / f"gc-{pid}.log").write_text("\n".join([*lines, *end]), encoding="utf-8")


def profile(folder: Path, name: str, count: int = 40, frame: str = "createSession") -> None:
    MadeProfile().add([call(frame, 8)], range(1, 1 + count)).write(folder / name)


def one(report: Report) -> ProcessReport:
    (process,) = report.processes
    return process


def notes(report: Report) -> dict[str, tuple[str, ...]]:
    return {Path(source.path).name: source.notes for source in report.sources}


def test_the_site_is_in_the_verdict_and_the_advice_of_the_process_that_died() -> None:
    process = one(analyze(SAMPLED))
    assert process.verdict.headline.endswith(f"; 26.0 of 26.0 MB sampled are held by what {SITE} allocated.")
    exhausted = next(finding for finding in process.findings if finding.id == "heap-exhausted")
    assert exhausted.remedy.startswith(
        f"What {SITE} allocated grows from profile to profile (9.3 → 18.0 → 26.0 MB): see what keeps it"
    )
    assert not any("sample-heap.cjs" in finding.remedy for finding in process.findings)
    assert [tells for _, tells in ((one.source, one.tells) for one in process.witnesses)][1:] == [("sampled heap profile",)] * 3


def test_without_it_the_advice_asks_for_it(tmp_path: Path) -> None:
    shutil.copy(SAMPLED / "gc.log", tmp_path)
    process = one(analyze(tmp_path))
    assert process.sampled is None and "sampled" not in process.verdict.headline
    assert any("sample-heap.cjs" in finding.remedy for finding in process.findings)


def test_it_goes_to_the_process_with_its_pid(tmp_path: Path) -> None:
    log(tmp_path, 7)
    log(tmp_path, 8)
    profile(tmp_path, "heap-8-0.heapprofile")
    report = analyze(tmp_path)
    assert {process.pid: process.sampled is not None for process in report.processes} == {7: False, 8: True}
    assert notes(report)["heap-8-0.heapprofile"] == (
        f"a sampled heap profile of a process in {tmp_path / 'gc-8.log'}, shown there",
    )


def test_without_a_pid_it_is_of_the_only_process_or_on_its_own(tmp_path: Path) -> None:
    log(tmp_path, 7)
    profile(tmp_path, "saved-in-devtools.heapprofile")
    assert HELD in one(analyze(tmp_path)).verdict.headline
    log(tmp_path, 8)
    report = analyze(tmp_path)
    assert [(alone.pid, alone.why) for alone in report.sampled] == [(None, "its name has no pid, and there are 2 processes")]


def test_another_process_s_profile_is_shown_on_its_own(tmp_path: Path) -> None:
    log(tmp_path, 7)
    profile(tmp_path, "heap-9-0.heapprofile")
    report = analyze(tmp_path)
    assert HELD not in one(report).verdict.headline
    assert [alone.why for alone in report.sampled] == ["process 9 has no log here"]


def test_a_healthy_process_keeps_its_headline(tmp_path: Path) -> None:
    lines = [full(1000 * n, 7, after_mb=10.0) for n in range(1, 30)]
    (tmp_path / "gc.log").write_text("\n".join([*lines, ""]), encoding="utf-8")
    profile(tmp_path, "heap-7-0.heapprofile")
    process = one(analyze(tmp_path))
    assert process.verdict.level == "ok" and HELD not in process.verdict.headline and process.sampled is not None


def test_many_small_sites_accuse_nobody(tmp_path: Path) -> None:
    log(tmp_path)
    made = MadeProfile()
    for number in range(10):
        made.add([call(f"f{number}", number + 1)], range(1 + 10 * number, 6 + 10 * number))
    made.write(tmp_path / "heap-7-0.heapprofile")
    process = one(analyze(tmp_path))
    assert "sampled" not in process.verdict.headline
    remedies = [finding.remedy for finding in process.findings]
    assert (
        "No call site stands out in its sampled heap profile: the largest, `f0 shop.js:1`, holds 10.0 % of 3.1 MB."
        in " ".join(remedies)
    )
    assert not any("sample-heap.cjs" in remedy for remedy in remedies)


def test_a_site_that_grows_is_named_however_little_it_holds_yet(tmp_path: Path) -> None:
    log(tmp_path)
    rest = [call(f"f{number}", number + 100) for number in range(10)]
    for number in (1, 2, 3):
        made = MadeProfile()
        for at, frame in enumerate(rest):
            made.add([frame], range(1 + 20 * at, 21 + 20 * at))
        made.add([call("createSession", 8)], range(1000, 1000 + 12 * number))
        made.write(tmp_path / f"Heap.20260314.10100{number}.7.0.00{number}.heapprofile")
    process = one(analyze(tmp_path))
    assert "2.2 of 14.8 MB sampled are held by what `createSession shop.js:8` allocated" in process.verdict.headline


@pytest.mark.parametrize("died", [True, False])
def test_no_advice_asks_for_a_profile_that_is_there(tmp_path: Path, died: bool) -> None:
    log(tmp_path, died=died)
    MadeProfile().write(tmp_path / "heap-7-0.heapprofile")
    remedies = " ".join(finding.remedy for finding in one(analyze(tmp_path)).findings)
    assert "Its sampled heap profile has no sample of anything that is alive" in remedies
    assert "sample-heap.cjs" not in remedies and "allocation sampling" not in remedies


def test_a_damaged_one_is_left_out_and_said(tmp_path: Path) -> None:
    log(tmp_path)
    profile(tmp_path, "Heap.20260314.101001.7.0.001.heapprofile")
    bad = tmp_path / "Heap.20260314.101002.7.0.002.heapprofile"
    bad.write_text('{"head":{"callFrame":17,"selfSize":1,"id":1,"children":[]}}', encoding="utf-8")
    report = analyze(tmp_path)
    assert HELD in one(report).verdict.headline
    assert notes(report)[bad.name] == ("left out: is not a heap profile: a call frame is no object",)


def test_a_damaged_one_alone_is_refused(tmp_path: Path) -> None:
    bad = tmp_path / "a.heapprofile"
    bad.write_text('{"head":{"callFrame":17,"selfSize":1,"id":1,"children":[]}}', encoding="utf-8")
    with pytest.raises(InputError, match="a call frame is no object"):
        analyze(bad)


def test_a_worker_s_profile_is_not_its_main_thread_s(tmp_path: Path) -> None:
    log(tmp_path)
    profile(tmp_path, "heap-7-3.heapprofile")
    report = analyze(tmp_path)
    assert one(report).sampled is None
    assert [(alone.thread_id, alone.why) for alone in report.sampled] == [
        (3, "it is not known which isolate is thread 3 of process 7")
    ]
