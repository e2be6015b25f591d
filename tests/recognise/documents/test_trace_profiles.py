"""CPU profiles in traces: what V8 streamed there is what it writes into a file of its own."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from made_cpu import cpu_document, spread

import gclog
from gclog.errors import NothingToAnalyse
from gclog.model.profile import Profile

CPU = Path(__file__).parents[3] / "samples" / "cpu"

STACKS = spread({"main;parse": 3, "main;C:read": 2, "(idle)": 4, "main;parse;(garbage collector)": 1}, 30)
CHUNK = 50


def trace_of(document: dict[str, Any], pid: int = 7, number: str = "0x1") -> list[dict[str, Any]]:
    """The events in which V8 streams a profile: each chunk has the nodes that are new in it."""

    def event(name: str, data: dict[str, Any], tid: int) -> dict[str, Any]:
        return {"args": {"data": data}, "cat": "x", "id": number, "name": name, "ph": "P", "pid": pid, "tid": tid, "ts": 5}

    parents = {child: node["id"] for node in document["nodes"] for child in node["children"]}
    nodes = [
        {key: value for key, value in node.items() if key not in ("children", "hitCount")}
        | ({"parent": parents[node["id"]]} if node["id"] in parents else {})
        for node in document["nodes"]
    ]
    events = [event("Profile", {"startTime": document["startTime"]}, pid)]
    for at in range(0, len(document["samples"]), CHUNK):
        profile: dict[str, Any] = {"samples": document["samples"][at : at + CHUNK]}
        if not at:
            profile["nodes"] = nodes
        events.append(event("ProfileChunk", {"cpuProfile": profile, "timeDeltas": document["timeDeltas"][at : at + CHUNK]}, 99))
    return [*events, event("ProfileChunk", {"endTime": document["endTime"]}, 99)]


def profiles_in(folder: Path, text: str, name: str = "trace.json") -> tuple[Profile, ...]:
    (folder / name).write_text(text, encoding="utf-8")
    return tuple(report.profile for report in gclog.analyze(folder / name).profiles)


def figures(profile: Profile) -> Any:
    frames = {(one.name, one.script, one.line, one.category): number for number, one in enumerate(profile.frames)}
    rows = {row.frame: (row.self_ticks, row.total_ticks) for row in profile.flat}
    shown = {key: rows[number] for key, number in frames.items() if number in rows}
    return shown, profile.ticks, profile.idle, profile.gc_ticks, profile.sample_count, profile.duration_ms


FORMS = {
    "an object": lambda events: json.dumps({"traceEvents": events}),
    "an array": lambda events: json.dumps(events),
    "an array, a line each": lambda events: "[\n" + ",\n".join(map(json.dumps, events)) + "\n]\n",
    "DevTools": lambda events: json.dumps({"metadata": {"source": "DevTools", "long": "x" * 50_000}, "traceEvents": events}),
    "metadata": lambda events: json.dumps({"displayTimeUnit": "ns", "otherData": {"v": 1}, "traceEvents": events}, indent=1),
    "no end": lambda events: json.dumps({"traceEvents": [*events, {"name": "cut"}]})[:-8],
}


@pytest.mark.parametrize("form", FORMS)
def test_a_profile_in_a_trace_is_the_one_in_a_file(tmp_path: Path, form: str) -> None:
    document = cpu_document(STACKS)
    (alone,) = profiles_in(tmp_path, json.dumps(document), "a.cpuprofile")
    (traced,) = profiles_in(tmp_path, FORMS[form](trace_of(document)))
    assert figures(traced) == figures(alone)
    assert (traced.pid, traced.thread_id, traced.form, traced.unit) == (7, 0, "cpu-profile", "us")


def test_what_node_streamed_is_what_it_wrote() -> None:
    traced, tracers_own = gclog.analyze(CPU / "traced-node26.json.gz").profiles
    (written,) = gclog.analyze(CPU / "traced-node26.cpuprofile.gz").profiles
    assert figures(traced.profile) == figures(written.profile)
    assert tracers_own.profile.sample_count > traced.profile.sample_count > 100, "the category starts a profiler of its own"


def test_a_trace_has_its_collections_and_its_profile() -> None:
    report = gclog.analyze(CPU / "traced-node26.json.gz")
    (process,) = report.processes
    assert process.total > 0
    assert {process.pid} == {one.profile.pid for one in report.profiles}
    (source,) = report.sources
    assert (source.kind, source.lines.recognised + source.lines.foreign) == ("mixed", source.lines.total)


def test_the_profiles_of_a_trace_are_kept_apart(tmp_path: Path) -> None:
    one, other = cpu_document(["main;f"] * 50), cpu_document(["main;g"] * 70)
    found = profiles_in(tmp_path, json.dumps(trace_of(one) + trace_of(other, number="0x2") + trace_of(other, pid=8)))
    assert [(profile.pid, profile.sample_count) for profile in found] == [(7, 51), (7, 71), (8, 71)]


def test_the_single_event_of_an_old_chrome_is_read(tmp_path: Path) -> None:
    document = cpu_document(STACKS)
    event = {"name": "CpuProfile", "ph": "I", "pid": 7, "tid": 7, "ts": 1, "args": {"data": {"cpuProfile": document}}}
    (alone,) = profiles_in(tmp_path, json.dumps(document), "a.cpuprofile")
    (traced,) = profiles_in(tmp_path, json.dumps([event]))
    assert figures(traced) == figures(alone)


@pytest.mark.parametrize(
    "data",
    [
        {"cpuProfile": {"nodes": [{"id": 1}], "samples": [1]}, "timeDeltas": [1]},
        {"cpuProfile": {"nodes": "x", "samples": ["1"]}, "timeDeltas": [1]},
        {"cpuProfile": {"samples": [1.5]}, "timeDeltas": [10**30]},
    ],
)
def test_a_chunk_that_is_none_is_said_and_the_others_are_read(tmp_path: Path, data: dict[str, Any]) -> None:
    events = trace_of(cpu_document(STACKS))
    events.insert(2, {**events[1], "args": {"data": data}})
    (profile,) = profiles_in(tmp_path, json.dumps(events))
    assert profile.sample_count == len(STACKS) + 1
    assert [note.text for note in profile.notes if note.id == "source"] == ["1 event of the profile could not be read"]


def test_a_trace_without_a_profile_has_none(tmp_path: Path) -> None:
    events = [{"name": "thread_name", "ph": "M", "pid": 1, "tid": 1, "ts": 0, "args": {"name": "main"}}]
    with pytest.raises(NothingToAnalyse):
        profiles_in(tmp_path, json.dumps(events))


def test_a_trace_with_the_name_of_a_profile_is_a_trace(tmp_path: Path) -> None:
    text = gzip.decompress((CPU / "traced-node26.json.gz").read_bytes()).decode()
    profile, _ = profiles_in(tmp_path, text, "x.cpuprofile")
    assert profile.sample_count > 100


def test_a_chunk_that_lasts_too_long_is_left_out_and_said(tmp_path: Path) -> None:
    events = trace_of(cpu_document(STACKS))
    events[-1]["args"]["data"]["timeDeltas"] = [(1 << 53) - 1] * CHUNK
    path = tmp_path / "trace.json"
    path.write_text(json.dumps({"traceEvents": events}), encoding="utf-8")
    (report,) = gclog.analyze([str(path)]).profiles
    assert "1 event of the profile could not be read" in [note.text for note in report.profile.notes]
