"""Speedscope files: every tick by time and by stack, gaps blank."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from ticks_to_export import HOSTILE, LOGS, made, profile_of

from gclog.report.export.speedscope import export, export_all


def forms(text: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    content = json.loads(text)
    assert content["$schema"] == "https://www.speedscope.app/file-format-schema.json"
    return content["shared"]["frames"], content["profiles"]


def named(text: str, form: int) -> list[tuple[list[str], int]]:
    frames, profiles = forms(text)
    found = profiles[form]
    return [
        ([frames[i]["name"] for i in sample], weight) for sample, weight in zip(found["samples"], found["weights"], strict=True)
    ]


@pytest.mark.parametrize("log", LOGS, ids=lambda path: path.name)
@pytest.mark.parametrize("state", [None, "js"])
def test_ticks_and_time_of_a_real_log_are_all_there(log: Path, state: str | None) -> None:
    profile = profile_of(log, state)
    frames, (by_time, by_stack) = forms(export(profile, "x"))
    assert sum(by_stack["weights"]) == by_stack["endValue"] == profile.ticks - profile.excluded
    assert sum(1 for sample in by_time["samples"] if sample) == profile.ticks - profile.excluded
    times = list(profile.samples.at_us)
    assert by_time["startValue"] == times[0]
    assert by_time["endValue"] == times[0] + sum(by_time["weights"]) > max(times)
    assert all(0 <= i < len(frames) for form in (by_time, by_stack) for sample in form["samples"] for i in sample)


def test_a_gap_is_blank_and_a_collection_stands_below_its_native_frame() -> None:
    text = export(made([(1000, "01", 0), (2000, "-", 1), (3000, "0", 0), (9000, "010", 0)]), "x")
    assert named(text, 0) == [
        (["f", "g"], 1000),
        (["(garbage collector)", "(unknown)"], 1000),
        (["f"], 1000),
        ([], 5000),
        (["f", "g", "f"], 1000),
    ]
    assert Counter(tuple(stack) for stack, _ in named(text, 1)) == {
        ("(garbage collector)", "(unknown)"): 1,
        ("f", "g"): 1,
        ("f",): 1,
        ("f", "g", "f"): 1,
    }


def test_frames_have_their_places() -> None:
    frames, _ = forms(export(made([(1000, "1", 0)]), "x"))
    assert {"name": "g", "file": "/app/x.js", "line": 2, "col": 6} in frames


def test_several_profiles_share_their_frames() -> None:
    one, other = made([(1000, "0", 0)]), made([(1000, "01", 0)])
    frames, profiles = forms(export_all([one, other]))
    assert [frame["name"] for frame in frames].count("f") == 1
    assert [form["name"] for form in profiles] == ["v8.log: time", "v8.log: ticks"] * 2


def test_a_profile_without_ticks_is_an_empty_one() -> None:
    _, profiles = forms(export(made([]), "x"))
    assert [(form["samples"], form["startValue"], form["endValue"]) for form in profiles] == [([], 0, 0)] * 2


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_come_through_harmless(name: str) -> None:
    text = export(made([(1000, "0", 0)], [name]), name)
    assert text.isascii()
    ((stack, _),) = named(text, 1)
    assert stack[0].isprintable()


def test_a_stack_of_ten_thousand_frames_stays_whole() -> None:
    profile = made([(1000, "01", 0)])
    (path,) = profile.paths
    deep = dataclasses.replace(profile, paths=(dataclasses.replace(path, frames=path.frames * 5000),))
    assert named(export(deep, "x"), 1) == [(["f", "g"] * 5000, 1)]
