"""Key paths of format 1 are gold: `tests/gold/json_keys.txt` has every one that JSON of any kind has over good samples.

`pytest tests/report/test_json_keys.py --update-gold` adds the new ones. A key that is gone is a broken contract: nothing takes it out
of the gold file but a hand.
"""

from __future__ import annotations

import dataclasses
import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import made_fleet
import made_reports
import pytest
from made_heaps import leaking, make_growth
from made_profiles import make_join, make_profile
from made_profiles import make_report as make_profile_report
from test_compare_reports import report as made_comparison
from test_fleet_reports import report_of

import gclog
from gclog.compare.compare import compare
from gclog.heap.diff import diff_heaps
from gclog.heap.sampled.series import read_sampled
from gclog.incident.history import runs_in
from gclog.incident.settings import Settings
from gclog.model.fleet import FailedLog
from gclog.model.history import HistoryReport
from gclog.model.not_known import NotKnown
from gclog.model.profile import Deoptimisation, Profile
from gclog.model.profile_comparison import ProfileCompareReport
from gclog.model.report import HeapReport, Report, SampledReport
from gclog.model.sampled import SampledProcess, SampledProcesses
from gclog.model.verdict import Forecast
from gclog.profile.focus import focus_on
from gclog.report.json.comparison import render_compare_json
from gclog.report.json.fleet import render_fleet_json
from gclog.report.json.heap import render_heap_json
from gclog.report.json.history import render_history_json
from gclog.report.json.profile_comparison import render_profile_comparison_json
from gclog.report.json.sampled import render_sampled_json, render_sampled_processes_json
from gclog.report.json.v1 import render_json
from gclog.source.expand import expand

SAMPLES = Path(__file__).parents[2] / "samples"
GOLD = Path(__file__).parents[1] / "gold" / "json_keys.txt"

LOGS = [
    ("incident/incident-node14.tar.xz",),
    ("joined/isolate-0x13c1a000-23304-v8.log.gz", "joined/gc-node24.log"),
    ("witness/killed_buffers-node20.log", "witness/killed_buffers-node20.dmesg.log", "witness/report-node20.json"),
    ("witness/memwatch_object-node8.log",),
    ("crash.log",),
    ("gc/healthy-node20.log",),
]

NAMED_BY_THE_LOG = {"recognised_by", "envelopes", "by_collector", "parts", "levels", "ticks", "programs"}
"""Dicts whose keys are names of collectors, grammars, figures, programs: `*` in a path."""


def paths_in(value: Any, at: str = "") -> Iterator[str]:
    """Every path of keys: `processes[].span.first_ms`."""
    match value:
        case dict():
            for key, item in value.items():
                name = "*" if at.rpartition(".")[2] in NAMED_BY_THE_LOG else key
                yield f"{at}.{name}"
                yield from paths_in(item, f"{at}.{name}")
        case list():
            for item in value:
                yield from paths_in(item, f"{at}[]")


def paths_of(kind: str, document: str) -> set[str]:
    """The paths of a document, those of a tree only once."""
    return {re.sub(r"(\.children\[\])+", ".children[]", f"{kind}{path}") for path in paths_in(json.loads(document))}


def deoptimised(profile: Profile) -> Profile:
    thrown = (Deoptimisation(3, 1500, "soft", "Insufficient type feedback", "<a.js:1:2>"),)
    return dataclasses.replace(
        profile, frames=tuple(dataclasses.replace(frame, deoptimisations=thrown) for frame in profile.frames)
    )


def focused(report: Report) -> Report:
    (one,) = report.profiles
    focus = focus_on(one.profile, "a")
    assert focus is not None and focus.others
    return dataclasses.replace(report, profiles=(dataclasses.replace(one, focus=focus),))


def compared_profiles() -> ProfileCompareReport:
    report = compare(*(str(SAMPLES / name) for name in ("cpu/node20.cpuprofile.gz", "cpu/node26.cpuprofile.gz")))
    assert isinstance(report, ProfileCompareReport)
    return report


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    folder = tmp_path_factory.mktemp("heaps")
    heaps = [str(leaking(400 * n, churn_from=50001 + 10000 * n).write(folder / f"{n}.heapsnapshot")) for n in (1, 2, 3)]
    three, one = diff_heaps(heaps), diff_heaps(heaps[:1], retained=False)
    profiles = [str(path) for path in sorted((SAMPLES / "sampled" / "node20").glob("*.heapprofile"))]
    grown, held = read_sampled(expand(profiles)), read_sampled(expand(profiles[:1]))
    reports = [gclog.analyze([SAMPLES / name for name in names]) for names in LOGS]
    runs = runs_in([str(SAMPLES / "history" / f"catalogue-{number}.log.gz") for number in (1, 2)], Settings(), name="catalogue")
    reports.append(gclog.analyze(SAMPLES / "history" / "catalogue-leak.log.gz", Settings(history=runs)))
    reports += [
        made_reports.make_report(processes=(made_reports.make_rising(), made_reports.make_process(heap_diff=make_growth()))),
        made_reports.make_report(
            sources=(made_reports.make_source(pieces=(("gc.log.1", 1), ("gc.log", 90))),),
            processes=(made_reports.make_bare(), made_reports.make_rising(forecast=Forecast(1.0, 2.0, math.inf, 0.5, "trend"))),
        ),
        Report("9.9", (), (), sampled=(SampledReport(9, 3, grown, "why"), SampledReport(9, 3, held, "why"))),
        gclog.analyze(SAMPLES / "sampled" / "node20"),
        Report("9.9", (), (), heaps=(HeapReport(9, 3, three, "why"), HeapReport(9, 3, one, "why"))),
        make_profile_report(deoptimised(make_profile()), gc=make_join()),
        make_profile_report(make_profile(), gc=NotKnown("no GC log")),
        focused(make_profile_report(make_profile())),
        dataclasses.replace(make_profile_report(make_profile(), gc=make_join()), processes=(made_reports.make_process(),)),
    ]
    rows = [
        *made_fleet.made_rows("share", [0.01] * 12 + [0.9]),
        made_fleet.made_row(left_ms=NotKnown("why"), limit_mb=NotKnown("why")),
    ]
    fleet = report_of(rows, (FailedLog("logs/x.log", "web-1", "cannot be read"),))
    return set().union(
        *(paths_of("analyze", render_json(report)) for report in reports if report.processes or not report.profiles),
        *(paths_of("profile", render_json(report)) for report in reports if report.profiles),
        *(paths_of("heapdiff", render_heap_json(diff, "9.9")) for diff in (three, one)),
        *(paths_of("heapdiff", render_sampled_json(sampled, "9.9")) for sampled in (grown, held)),
        paths_of("heapdiff", render_sampled_processes_json(SampledProcesses((SampledProcess(9, 3, grown),)), "9.9")),
        paths_of("compare", render_compare_json(made_comparison())),
        paths_of("compare", render_profile_comparison_json(compared_profiles())),
        paths_of("fleet", render_fleet_json(fleet)),
        paths_of("history", render_history_json(HistoryReport("history.json", runs), "9.9")),
    )


def test_every_key_path_of_format_1_is_still_there_and_new_ones_are_gold(
    found: set[str], request: pytest.FixtureRequest
) -> None:
    gold = set(GOLD.read_text(encoding="utf-8").splitlines()) if GOLD.exists() else set()
    assert not gold - found, "keys are never renamed or removed within a format"
    if request.config.getoption("--update-gold"):
        GOLD.write_text("".join(f"{path}\n" for path in sorted(found)), encoding="utf-8")
        return
    assert not found - gold, "new keys: pytest tests/report/test_json_keys.py --update-gold"


def test_the_paths_are_of_every_command(found: set[str]) -> None:
    assert {path.partition(".")[0] for path in found} == {"analyze", "profile", "heapdiff", "compare", "fleet", "history"}
    assert {
        "fleet.fleet.outliers[].score",
        "compare.comparison.changes[].low",
        "heapdiff.heap.growers[].path[].edge",
        "heapdiff.sampled_heap.sites[].growth.stayed",
    } <= found
