"""Folded stacks: one line each, nothing in a name that the format could misread."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
from ticks_to_export import HOSTILE, LOGS, made, profile_of

from gclog.report.export.collapsed import export

LINE = re.compile(r"(.+) (\d+)")
COMPARISON = re.compile(r"^(.*)\s+?(\d+(?:\.\d*)?)$")
"""flamegraph.pl tries this on a stack whose ticks it has taken off."""


def rows(text: str) -> list[tuple[str, int]]:
    found = [LINE.fullmatch(line) for line in text.splitlines()]
    return [(match[1], int(match[2])) for match in found if match]


@pytest.mark.parametrize("log", LOGS, ids=lambda path: path.name)
@pytest.mark.parametrize("state", [None, "gc"])
def test_ticks_of_a_real_log_are_all_there(log: Path, state: str | None) -> None:
    profile = profile_of(log, state)
    found = rows(export(profile, "x"))
    assert sum(ticks for _, ticks in found) == profile.ticks - profile.excluded
    assert len(found) == export(profile, "x").count("\n") == len({stack for stack, _ in found})
    assert not [stack for stack, _ in found if COMPARISON.match(stack)]


def test_stacks_are_written_from_the_outermost_frame_on_with_places() -> None:
    assert rows(export(made([(1000, "01", 0), (2000, "01", 0), (3000, "-", 1)]), "x")) == [
        ("f /app/x.js:1:5;g /app/x.js:2:6", 2),
        ("(garbage collector);(unknown)", 1),
    ]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_stay_in_one_frame_of_one_line(name: str) -> None:
    ((stack, ticks),) = rows(export(made([(1000, "01", 0)], [name, name]), "x"))
    assert (stack.count(";"), ticks) == (1, 1)
    assert stack.isprintable()


def test_a_semicolon_becomes_a_colon() -> None:
    assert rows(export(made([(1000, "0", 0)], ["a;b"]), "x")) == [("a:b /app/x.js:1:5", 1)]


def test_a_number_at_the_end_of_a_stack_is_not_taken_for_ticks() -> None:
    profile = made([(1000, "0", 0)], ["f"])
    (frame,) = (profile.frames[i] for i in profile.paths[0].frames)
    bare = dataclasses.replace(
        profile, frames=(dataclasses.replace(frame, name="level 12", script=None, line=None, column=None),)
    )
    assert export(bare, "x") == "level_12 1\n"


def test_without_ticks_there_is_no_line() -> None:
    assert export(made([]), "x") == ""


def test_a_stack_of_ten_thousand_frames_stays_whole() -> None:
    profile = made([(1000, "01", 0)])
    (path,) = profile.paths
    deep = dataclasses.replace(profile, paths=(dataclasses.replace(path, frames=path.frames * 5000),))
    assert rows(export(deep, "x")) == [(";".join(["f /app/x.js:1:5", "g /app/x.js:2:6"] * 5000), 1)]
