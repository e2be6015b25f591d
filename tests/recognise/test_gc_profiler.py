"""What v8.GCProfiler gave, printed into a log: the same collections as from its document, in whatever form and envelope."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from gclog.incident.pipeline import analyze
from gclog.incident.read_source import read_tables
from gclog.model.records import Collection
from gclog.model.report import Report
from gclog.recognise.documents.gc_events import SPREAD, read_gc_profiler
from gclog.recognise.gc_profiler import PrintedProfiles, spread

SAMPLES = Path(__file__).parent.parent.parent / "samples" / "witness"
MB = 1 << 20

Wrap = Callable[[str], list[str]]


def around(*lines: str) -> list[str]:
    return ["GET /a 200", *lines, "GET /b 200"]


def cri(text: str) -> list[str]:
    parts = [text[at : at + 8192] for at in range(0, len(text), 8192)]
    stamp = "2026-11-21T15:16:16.123456789Z stdout"
    return [f"{stamp} {'F' if part is parts[-1] else 'P'} {part}" for part in parts]


def docker(text: str) -> list[str]:
    parts = [(text + "\n")[at : at + 16384] for at in range(0, len(text) + 1, 16384)]
    return [json.dumps({"log": part, "stream": "stdout", "time": "2026-11-21T15:16:16.123Z"}) for part in parts]


def inspected(value: object) -> str:
    """As util.inspect writes it: names without quotes, texts in single ones."""
    match value:
        case dict():
            return "{ " + ", ".join(f"{name}: {inspected(item)}" for name, item in value.items()) + " }"
        case list():
            return "[ " + ", ".join(map(inspected, value)) + " ]" if value else "[]"
        case str():
            return f"'{value}'"
        case _:
            return str(value)


FORMS: dict[str, Wrap] = {
    "bare": lambda text: around(text),
    "the first line": lambda text: [text, "GET /b 200"],
    "behind a date": lambda text: around(f"2026-11-21T15:16:16.123Z info gc profile: {text}"),
    "a logger's field": lambda text: around('{"level":30,"msg":"gc","profile":' + text + "}"),
    "a logger's message": lambda text: around(json.dumps({"level": 30, "msg": text})),
    "docker": lambda text: around(*docker(text)),
    "kubernetes": lambda text: around(*cri(text)),
    "inspected": lambda text: around(inspected(json.loads(text))),
    "over several lines": lambda text: around(*json.dumps(json.loads(text), indent=2).split("\n")),
    "several lines in docker": lambda text: around(
        *(docker(line)[0] for line in json.dumps(json.loads(text), indent=2).split("\n"))
    ),
}
FIGURES = [
    "type",
    "at_ms",
    "wall_ms",
    "pause_ms",
    "used_before_mb",
    "committed_before_mb",
    "used_after_mb",
    "committed_after_mb",
]


def log_of(tmp_path: Path, lines: list[str]) -> Path:
    log = tmp_path / "app.log"
    log.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return log


def collections_of(report: Report) -> list[tuple[dict[str, int], str, str, object]]:
    return [(p.counts, p.verdict.level, p.verdict.headline, p.pauses) for p in report.processes]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("major", ["20", "26"])
def test_a_profile_in_a_log_gives_the_collections_and_the_verdict_of_its_document(
    major: str, form: str, tmp_path: Path
) -> None:
    document = SAMPLES / f"profile-node{major}.json"
    lines = FORMS[form](document.read_text())
    log = log_of(tmp_path, lines)
    printed, alone = analyze(log), analyze(document)
    tables = read_tables(log).collections
    told = read_gc_profiler([document.read_bytes()]).batch[Collection]
    pd.testing.assert_frame_equal(tables[FIGURES[1:]], pd.DataFrame(told[0].values)[FIGURES[1:]].astype(float))
    assert tables["type"].tolist() == told[0].values["type"]
    assert [entry[:3] for entry in collections_of(printed)] == [entry[:3] for entry in collections_of(alone)]
    assert printed.processes[0].heap == alone.processes[0].heap
    (source,) = printed.sources
    counts = source.lines
    assert (counts.total, counts.recognised, counts.unread) == (len(lines), 1, 0)
    assert counts.recognised + counts.foreign + counts.continuation == counts.total
    assert SPREAD in source.notes


PRINTED = {
    "profile_dated-node18": (11, 1, True),
    "profile_logger-node22": (13, 1, True),
    "profile_object-node20": (11, 0, False),
    "profile_deep-node26": (8, 1, True),
}


@pytest.mark.parametrize("name", PRINTED)
def test_three_profiles_of_one_process_follow_each_other_on_one_clock(name: str) -> None:
    scavenges, fulls, sized = PRINTED[name]
    report = analyze(SAMPLES / f"{name}.log")
    (process,) = report.processes
    assert (process.counts["scavenge"], process.counts["mark_compact"]) == (scavenges, fulls)
    assert report.sources[0].recognised_by == {"gc_profiler.profile": 3}
    rows = read_tables(SAMPLES / f"{name}.log").collections
    assert rows["at_ms"].is_monotonic_increasing and rows["line"].nunique() >= 2
    assert (rows["at_ms"] - rows["wall_ms"]).nunique() == 1
    assert rows["used_after_mb"].notna().all() == sized
    assert rows["pause_ms"].gt(0).all()


def test_beside_a_trace_of_the_same_collections_they_are_not_counted_again() -> None:
    report = analyze(SAMPLES / "profile_traced-node24.log")
    (process,) = report.processes
    assert process.total == 11 and process.pid is not None
    assert report.sources[0].lines.recognised == 11 + 3
    assert SPREAD not in report.sources[0].notes


def test_a_profile_that_was_cut_is_read_as_far_as_it_goes() -> None:
    text = (SAMPLES / "profile-node26.json").read_text()
    rows, _ = PrintedProfiles().read(text[: len(text) // 2])
    whole, limit_mb = PrintedProfiles().read(text)
    assert (
        0 < len(rows) < len(whole)
        and limit_mb == json.loads(text)["statistics"][0]["afterGC"]["heapStatistics"]["heapSizeLimit"] / MB
    )
    assert [row["pause_ms"] for row in rows] == [row["pause_ms"] for row in whole[: len(rows)]]


def test_what_a_cut_in_the_middle_of_a_long_line_leaves_is_not_put_together() -> None:
    """The first loses its end, the second its begin: neither may lend the other its figures."""

    def item(used: int) -> str:
        heap = f'{{"heapStatistics":{{"totalHeapSize":{MB},"usedHeapSize":{used * MB},"heapSizeLimit":{MB}}}}}'
        return f'{{"gcType":"Scavenge","beforeGC":{heap},"cost":1000,"afterGC":{heap}}}'

    head, tail = item(5)[:60], item(6)[150:]
    text = (
        '{"version":1,"startTime":1795268744336,"statistics":[' + f"{item(4)},{head} [... cut by gclog ...] {tail},{item(7)}]}}"
    )
    rows, _ = PrintedProfiles().read(text)
    assert [(row["used_before_mb"], row["used_after_mb"]) for row in rows] == [(4, 4), (7, 7)]


@pytest.mark.parametrize(
    ("pauses_ms", "end_ms", "ended_ms"),
    [
        ([2.0, 4.0], 1012.0, [4.0, 10.0]),
        ([2.0, 4.0], 1006.0, [2.0, 6.0]),
        ([2.0, 4.0], 1003.0, [2.0, 6.0]),
        ([2.0, 4.0], float("nan"), [2.0, 6.0]),
        ([], 1012.0, []),
    ],
    ids=["2 ms before, between and behind", "no time between", "an end before its pauses", "no end", "none"],
)
def test_collections_are_spread_evenly(pauses_ms: list[float], end_ms: float, ended_ms: list[float]) -> None:
    assert spread(pauses_ms, 1000.0, end_ms) == ended_ms


@pytest.mark.parametrize(
    "lines",
    [
        ["{", "  startTime: 1795274176429,", "  duration: 12,", "}"],
        ["  startTime: 1795274176429,"],
        ['{"startTime":1795274176429,"samples":[]}'],
        ["statistics: ["],
    ],
    ids=["an object with a begin", "the log ends there", "another profile", "no begin"],
)
def test_what_only_begins_like_a_profile_is_the_programs_own(lines: list[str], tmp_path: Path) -> None:
    trace = "[7:0x1]  50 ms: Scavenge 4.1 (4.2) -> 3.4 (5.2) MB, 0.57 / 0.00 ms  (average mu = 1.000, current mu = 1.000) allocation failure;"
    counts = analyze(log_of(tmp_path, [trace, *lines])).sources[0].lines
    assert (counts.recognised, counts.foreign, counts.total) == (1, len(lines), 1 + len(lines))


def test_a_profile_without_collections_is_read_and_told_of_nothing(tmp_path: Path) -> None:
    trace = "[7:0x1]  50 ms: Scavenge 4.1 (4.2) -> 3.4 (5.2) MB, 0.57 / 0.00 ms  (average mu = 1.000, current mu = 1.000) allocation failure;"
    lines = ["{", "  version: 1,", "  startTime: 1795274176429,", "  statistics: [],", "  endTime: 1795274176678", "}"]
    counts = analyze(log_of(tmp_path, [*lines, trace])).sources[0].lines
    assert (counts.recognised, counts.continuation, counts.foreign) == (2, 3, 2)
