"""pprof: read back by Google's own protobuf library, from a description of the format made here."""

from __future__ import annotations

import dataclasses
import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from made_cpu import cpu_document
from made_pprof import PROFILE
from ticks_to_export import HOSTILE, LOGS, made, profile_of

from gclog.profile.cpu.build import build_cpu_profile
from gclog.profile.options import ProfileOptions
from gclog.recognise.documents.cpu_profile import read_cpu_profile
from gclog.report.export.pprof import export


def read(packed: bytes) -> Any:
    found = PROFILE.FromString(gzip.decompress(packed))
    assert found.string_table[0] == ""
    return found


def names_of(found: Any) -> dict[int, str]:
    functions = {function.id: found.string_table[function.name] for function in found.function}
    return {location.id: functions[location.line[0].function_id] for location in found.location}


def stacks_of(found: Any) -> Counter[tuple[str, ...]]:
    names = names_of(found)
    stacks: Counter[tuple[str, ...]] = Counter()
    for sample in found.sample:
        stacks[tuple(names[number] for number in reversed(sample.location_id))] += sample.value[0]
    return stacks


def labels_of(found: Any, sample: Any) -> dict[str, str]:
    return {found.string_table[label.key]: found.string_table[label.str] for label in sample.label}


@pytest.mark.parametrize("log", LOGS, ids=lambda path: path.name)
@pytest.mark.parametrize("state", [None, "js"])
def test_ticks_of_a_real_log_are_all_there(log: Path, state: str | None) -> None:
    profile = profile_of(log, state)
    found = read(export(profile, log.name))
    counted = profile.ticks - profile.excluded
    assert sum(sample.value[0] for sample in found.sample) == counted
    assert sum(sample.value[1] for sample in found.sample) == counted * found.period
    assert [found.string_table[kind.type] for kind in found.sample_type] == ["ticks", "cpu"]
    assert [found.string_table[kind.unit] for kind in found.sample_type] == ["count", "nanoseconds"]
    in_gc = sum(sample.value[0] for sample in found.sample if labels_of(found, sample)["state"] == "gc")
    assert in_gc == (profile.gc_ticks if state is None else 0)
    assert found.duration_nanos == round(profile.duration_ms * 1e6)
    assert [found.string_table[text] for text in found.comment] == [log.name]


def test_stacks_places_and_recursion_are_kept() -> None:
    found = read(export(made([(1000, "010", 0), (2000, "010", 0), (3000, "-", 1)]), "x"))
    assert stacks_of(found) == {("f", "g", "f"): 2, ("(garbage collector)", "(unknown)"): 1}
    g = next(function for function in found.function if found.string_table[function.name] == "g")
    assert (found.string_table[g.filename], g.start_line) == ("/app/x.js", 2)
    (line,) = next(location.line for location in found.location if location.line[0].function_id == g.id)
    assert (line.line, line.column) == (2, 6)


def test_labels_tell_state_category_and_package() -> None:
    profile = made([(1000, "0", 0), (2000, "-", 1)])
    frames = tuple(dataclasses.replace(frame, category="node_modules", package="@scope/p") for frame in profile.frames)
    found = read(export(dataclasses.replace(profile, frames=frames), "x"))
    assert sorted(sorted(labels_of(found, sample).items()) for sample in found.sample) == [
        [("category", "gc"), ("state", "gc")],
        [("category", "node_modules"), ("package", "@scope/p"), ("state", "js")],
    ]


def test_the_same_profile_gives_the_same_bytes_with_no_date_in_them() -> None:
    profile = made([(1000, "01", 0)])
    packed = export(profile, "x")
    assert packed == export(profile, "x")
    assert packed[:3] == b"\x1f\x8b\x08"
    assert (packed[4:8], packed[9]) == (b"\0\0\0\0", 255)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_come_through_harmless(name: str) -> None:
    ((stack, _),) = stacks_of(read(export(made([(1000, "0", 0)], [name]), name))).items()
    assert stack[0].isprintable()


def test_numbers_over_a_byte_are_read_back() -> None:
    found = read(export(made([(1_000_000 * i, str(i % 10), 0) for i in range(1, 400)], [f"f{i}" for i in range(10)]), "x"))
    assert sum(stacks_of(found).values()) == 399
    assert found.duration_nanos == 398_000_000_000


def test_a_profile_without_ticks_has_no_samples() -> None:
    assert len(read(export(made([]), "x")).sample) == 0


def test_a_stack_of_ten_thousand_frames_stays_whole() -> None:
    profile = made([(1000, "01", 0)])
    (path,) = profile.paths
    deep = dataclasses.replace(profile, paths=(dataclasses.replace(path, frames=path.frames * 5000),))
    assert stacks_of(read(export(deep, "x"))) == {("f", "g") * 5000: 1}


def test_a_profile_with_hits_alone_has_them_all() -> None:
    document = cpu_document(["main;parse"] * 3 + ["main"] * 2)
    hits = Counter(document["samples"])
    for node in document["nodes"]:
        node["hitCount"] = hits[node["id"]]
    found = read_cpu_profile([json.dumps(document | {"samples": [], "timeDeltas": []}).encode()])
    profile = build_cpu_profile("a", found, ProfileOptions())
    assert sum(stacks_of(read(export(profile, "x"))).values()) == profile.ticks == sum(hits.values())
