"""The .cpuprofile: the shape of `node --cpu-prof`, with all ticks in it."""

from __future__ import annotations

import dataclasses
import json
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
from ticks_to_export import HOSTILE, LOGS, made, profile_of

from gclog.report.export.cpuprofile import export


def read(text: str) -> tuple[dict[str, Any], dict[int, dict[str, Any]]]:
    content = json.loads(text)
    return content, {node["id"]: node for node in content["nodes"]}


def paths_by_node(nodes: dict[int, dict[str, Any]]) -> dict[int, tuple[str, ...]]:
    found: dict[int, tuple[str, ...]] = {1: ()}
    for number in sorted(nodes):  # a child is made after its parent
        for child in nodes[number].get("children", []):
            found[child] = (*found[number], nodes[child]["callFrame"]["functionName"])
    return found


@pytest.mark.parametrize("log", LOGS, ids=lambda path: path.name)
def test_ticks_of_a_real_log_are_all_there(log: Path) -> None:
    profile = profile_of(log)
    content, nodes = read(export(profile, "x"))
    names = {number: node["callFrame"]["functionName"] for number, node in nodes.items()}
    assert sum(node["hitCount"] for node in nodes.values()) == profile.ticks - profile.excluded
    assert sum(names[number] != "(idle)" for number in content["samples"]) == profile.ticks - profile.excluded
    assert sum(names[number] == "(garbage collector)" for number in content["samples"]) == profile.gc_ticks
    assert len(content["samples"]) == len(content["timeDeltas"])
    assert min(content["timeDeltas"]) >= 0
    assert content["startTime"] + sum(content["timeDeltas"]) <= content["endTime"]
    children = [child for node in nodes.values() for child in node.get("children", [])]
    assert sorted([1, *children]) == sorted(nodes)


def test_it_has_the_keys_that_node_writes() -> None:
    content, nodes = read(export(made([(1000, "01", 0)]), "x"))
    assert list(content) == ["nodes", "startTime", "endTime", "samples", "timeDeltas"]
    assert nodes[1]["callFrame"] == {"functionName": "(root)", "scriptId": "0", "url": "", "lineNumber": -1, "columnNumber": -1}
    assert nodes[3] == {
        "id": 3,
        "callFrame": {"functionName": "g", "scriptId": "1", "url": "file:///app/x.js", "lineNumber": 1, "columnNumber": 5},
        "hitCount": 1,
    }


def test_samples_are_at_their_ticks_moments_and_idle_fills_the_gaps() -> None:
    content, nodes = read(export(made([(1000, "01", 0), (2000, "-", 1), (3000, "0", 0), (9000, "010", 0)]), "x"))
    paths = paths_by_node(nodes)
    moments = [content["startTime"] + offset for offset in accumulate(content["timeDeltas"])]
    assert [(at_us, paths[number]) for at_us, number in zip(moments, content["samples"], strict=True)] == [
        (1000, ("f", "g")),
        (2000, ("(garbage collector)",)),
        (3000, ("f",)),
        (4000, ("(idle)",)),
        (9000, ("f", "g", "f")),
    ]
    assert content["endTime"] == 10_000


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_come_through_harmless(name: str) -> None:
    text = export(made([(1000, "0", 0)], [name]), name)
    assert text.isascii()
    _, nodes = read(text)
    assert nodes[2]["callFrame"]["functionName"].isprintable()


@pytest.mark.parametrize(
    ("script", "url"),
    [
        ("/app/a b.js", "file:///app/a%20b.js"),
        ("C:\\app\\x.js", "file:///C:/app/x.js"),
        ("node:fs", "node:fs"),
        ("file:///app/m.mjs", "file:///app/m.mjs"),
        ("evalmachine.<anonymous>", "evalmachine.<anonymous>"),
        ("/app/\ud83d.js", "file:///app/%3CU%2BD83D%3E.js"),
    ],
)
def test_paths_become_urls_as_v8_has_them(script: str, url: str) -> None:
    profile = made([(1000, "0", 0)])
    frames = tuple(dataclasses.replace(frame, script=script) for frame in profile.frames)
    _, nodes = read(export(dataclasses.replace(profile, frames=frames), "x"))
    assert nodes[2]["callFrame"]["url"] == url


def test_a_profile_without_ticks_has_only_a_root() -> None:
    content, nodes = read(export(made([]), "x"))
    assert (list(nodes), content["samples"], content["startTime"], content["endTime"]) == ([1], [], 0, 0)


def test_a_stack_of_ten_thousand_frames_stays_whole() -> None:
    profile = made([(1000, "01", 0)])
    (path,) = profile.paths
    deep = dataclasses.replace(profile, paths=(dataclasses.replace(path, frames=path.frames * 5000),))
    content, nodes = read(export(deep, "x"))
    assert paths_by_node(nodes)[content["samples"][0]] == ("f", "g") * 5000
