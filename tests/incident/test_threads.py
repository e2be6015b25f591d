"""Which worker of a log is which thread of the names of profiles."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_heap_profiles import INTERVAL, MadeProfile, call
from made_logs import full

from gclog import units
from gclog.incident.pipeline import analyze
from gclog.model.report import Report

SAMPLES = Path(__file__).parents[2] / "samples"

MAIN = "0x10"


def write(folder: Path, workers_mb: dict[str, float], profiles_mb: dict[int, float]) -> Report:
    """A process with a main isolate and workers that keep so much, and profiles of its threads that have so much alive."""
    lines = [full(1000, isolate=MAIN, after_mb=5.0)]
    for n in range(1, 9):
        lines.append(full(1000 + 100 * n, isolate=MAIN, after_mb=5.0))
        lines += [full(100 * n, isolate=isolate, after_mb=2.0 + kept_mb * n / 8) for isolate, kept_mb in workers_mb.items()]
    (folder / "gc.log").write_text("\n".join([*lines, ""]), encoding="utf-8")
    for thread, alive_mb in profiles_mb.items():
        count = round(alive_mb * units.BYTES_PER_MB / INTERVAL)
        made = MadeProfile().add([call(f"of_thread_{thread}", thread)], range(1, 1 + count))
        made.write(folder / f"heap-7-{thread}.heapprofile")
    return analyze(folder)


def tied(report: Report) -> dict[str | None, str]:
    """By isolate the function of the profile that it was given."""
    return {one.isolate: one.sampled.sites[0].frame.name for one in report.processes if one.sampled is not None}


def test_a_real_worker_s_profile_is_in_its_verdict() -> None:
    report = analyze(SAMPLES / "sampled" / "workers-node22")
    (died,) = (one for one in report.processes if one.sampled is not None and not one.main)
    assert died.crash is not None and died.crash.kind == "worker-limit"
    assert died.verdict.headline.endswith("33.6 of 33.9 MB sampled are held by what `(anonymous) workers.js:19` allocated.")
    finding = next(finding for finding in died.findings if finding.id == "worker-out-of-memory")
    assert "(anonymous) workers.js:19" in finding.remedy
    (main,) = (one for one in report.processes if one.main)
    assert main.sampled is not None and "sampled" not in main.verdict.headline
    assert sorted(alone.thread_id for alone in report.sampled) == [1, 3]


def test_what_only_one_worker_was_large_enough_for_is_its(tmp_path: Path) -> None:
    report = write(tmp_path, {"0x20": 3.0, "0x30": 40.0, "0x40": 3.0}, {1: 2.0, 2: 2.0, 3: 38.0})
    assert tied(report) == {"0x30": "of_thread_3"}
    assert {alone.why for alone in report.sampled} == {
        "it is not known which isolate is thread 1 of process 7",
        "it is not known which isolate is thread 2 of process 7",
    }


def test_the_last_that_is_left_is_its_too_if_every_worker_has_one(tmp_path: Path) -> None:
    report = write(tmp_path, {"0x20": 3.0, "0x30": 40.0}, {1: 2.0, 2: 38.0})
    assert tied(report) == {"0x30": "of_thread_2", "0x20": "of_thread_1"}


@pytest.mark.parametrize(
    ("workers_mb", "profiles_mb"),
    [
        pytest.param({"0x20": 40.0, "0x30": 40.0}, {1: 30.0}, id="two are large enough"),
        pytest.param({"0x20": 3.0, "0x30": 3.0}, {1: 30.0}, id="none is large enough"),
        pytest.param({"0x20": 30.0, "0x30": 27.0}, {1: 31.0}, id="chance may have added what one lacks"),
        pytest.param({"0x20": 40.0, "0x30": 3.0, "0x40": 3.0}, {1: 38.0, 2: 38.0}, id="two threads would be one worker"),
        pytest.param({"0x20": 3.0}, {1: 2.0, 2: 2.0}, id="one of two small threads is not in the log"),
    ],
)
def test_what_is_not_certain_is_not_said(tmp_path: Path, workers_mb: dict[str, float], profiles_mb: dict[int, float]) -> None:
    report = write(tmp_path, workers_mb, profiles_mb)
    assert tied(report) == {}
    assert {alone.why for alone in report.sampled} == {
        f"it is not known which isolate is thread {thread} of process 7" for thread in profiles_mb
    }


def test_a_small_thread_may_be_missing_from_the_log(tmp_path: Path) -> None:
    assert tied(write(tmp_path, {"0x20": 40.0}, {1: 0.0, 2: 38.0})) == {"0x20": "of_thread_2"}
