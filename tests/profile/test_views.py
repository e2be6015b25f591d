"""Native time by caller, ticks by script and package, and one function's callers and callees: held to a count of the stacks."""

from __future__ import annotations

import dataclasses
import gzip
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest
from made_cpu import INTERVAL_US, cpu_profile, spread

import gclog
from gclog.model.profile import CallNode, Deoptimisation, Profile
from gclog.profile.focus import focus_on
from gclog.profile.native_time import native_calls
from gclog.profile.places import ticks_by_package, ticks_by_script
from gclog.report.say.profile_views import deopt_rows

SAMPLES = Path(__file__).parents[2] / "samples"
LOGS = [
    *sorted((SAMPLES / "ticks").glob("node*.log.gz")),
    *sorted((SAMPLES / "cpu").glob("*.gz")),
]

STACKS = {
    "main;load;C:parse": 4,
    "main;load;C:parse;C:grow": 1,
    "main;walk;walk;leaf": 3,
    "main;walk;leaf;walk": 2,
    "main;walk": 1,
    "C:tick": 2,
    "(idle)": 5,
    "main;load;(garbage collector)": 3,
}


@pytest.fixture(scope="module", params=LOGS, ids=lambda path: path.name)
def profile(request: pytest.FixtureRequest) -> Profile:
    return gclog.analyze(request.param).profiles[0].profile


@pytest.fixture(scope="module")
def made() -> Profile:
    return cpu_profile(spread(STACKS, 1))


def name_of(profile: Profile, frame: int) -> str:
    return profile.frames[frame].name if frame >= 0 else ""


def test_native_time_is_charged_to_the_function_that_called_it(made: Profile) -> None:
    calls = {(name_of(made, one.caller), name_of(made, one.called)): one.ticks // INTERVAL_US for one in native_calls(made)}
    assert calls == {("load", "parse"): 5, ("", "tick"): 2}


def test_native_time_of_a_profile_is_all_that_no_function_has_on_top(profile: Profile) -> None:
    native = ("code", "native", "shared_library")
    counted: Counter[tuple[int, int]] = Counter()
    for path in profile.paths:
        if profile.frames[path.frames[-1]].kind in native and path.ticks > path.gc_ticks:
            at = [number for number, frame in enumerate(path.frames) if profile.frames[frame].kind == "function"]
            caller = path.frames[at[-1]] if at else -1
            counted[caller, path.frames[at[-1] + 1 if at else 0]] += path.ticks - path.gc_ticks
    assert {(one.caller, one.called): one.ticks for one in native_calls(profile)} == counted
    assert counted


@pytest.mark.parametrize("by", ["script", "package"])
def test_ticks_of_places_are_those_of_their_functions_each_tick_once(profile: Profile, by: str) -> None:
    def key(frame: int) -> object:
        one = profile.frames[frame]
        return None if one.script is None else one.script if by == "script" else (one.category, one.package)

    own: Counter[object] = Counter()
    total: Counter[object] = Counter()
    for path in profile.paths:
        own[key(path.frames[-1])] += path.ticks
        total.update(dict.fromkeys({key(frame) for frame in path.frames}, path.ticks))
    rows = ticks_by_script(profile) if by == "script" else ticks_by_package(profile)
    found = {one.script if by == "script" else (one.category, one.package): (one.self_ticks, one.total_ticks) for one in rows}
    assert found == {place: (own[place], count) for place, count in total.items() if place is not None}
    assert all(one.self_ticks == sum(row.self_ticks for row in one.functions) for one in rows)


def paths_of(root: CallNode) -> Iterable[tuple[tuple[int, ...], int]]:
    waiting: list[tuple[CallNode, tuple[int, ...]]] = [(root, ())]
    while waiting:
        node, above = waiting.pop()
        if node.self_ticks:
            yield above, node.self_ticks
        waiting += [(child, (*above, child.frame)) for child in node.children]


def test_callers_and_callees_of_a_function_are_those_of_its_stacks(profile: Profile) -> None:
    busiest = max((row for row in profile.flat if profile.frames[row.frame].kind == "function"), key=lambda row: row.self_ticks)
    frame = profile.frames[busiest.frame]
    focus = focus_on(profile, f"{frame.name} {frame.script}:{frame.line}:{frame.column}")
    assert focus is not None and focus.frame == busiest.frame
    above: Counter[tuple[int, ...]] = Counter()
    below: Counter[tuple[int, ...]] = Counter()
    for path in profile.paths:
        if focus.frame in path.frames:
            at = path.frames.index(focus.frame)
            above[path.frames[at::-1]] += path.ticks
            below[path.frames[at:]] += path.ticks
    assert Counter(dict(paths_of(focus.callers))) == above
    assert Counter(dict(paths_of(focus.callees))) == below
    assert focus.callers.total_ticks == focus.callees.total_ticks == above.total()


def test_a_recursive_function_counts_once(made: Profile) -> None:
    focus = focus_on(made, "walk")
    assert focus is not None
    assert (focus.total_ticks // INTERVAL_US, focus.self_ticks // INTERVAL_US) == (6, 3)
    (walk,) = focus.callees.children
    assert [(name_of(made, one.frame), one.total_ticks // INTERVAL_US) for one in walk.children] == [("walk", 3), ("leaf", 2)]
    (caller,) = focus.callers.children[0].children
    assert (name_of(made, caller.frame), caller.total_ticks // INTERVAL_US) == ("main", 6)


@pytest.mark.parametrize(
    ("text", "name"),
    [("leaf", "leaf"), ("LEAF", "leaf"), ("app.js:21", "load"), ("load app.js:21", "load"), ("parse", "parse"), ("al", "walk")],
)
def test_a_function_is_found_by_name_or_place(made: Profile, text: str, name: str) -> None:
    focus = focus_on(made, text)
    assert focus is not None and name_of(made, focus.frame) == name


@pytest.mark.parametrize("log", sorted((SAMPLES / "ticks").glob("*.log.gz")), ids=lambda path: path.name)
def test_every_deoptimisation_of_a_log_is_in_a_row_with_its_reason_and_place(log: Path) -> None:
    lines = [line for line in gzip.decompress(log.read_bytes()).decode().split("\n") if line.startswith("code-deopt,")]
    rows = deopt_rows(gclog.analyze(log).profiles[0].profile)
    found = Counter({(row.last.kind, row.last.reason, row.last.position): row.count for row in rows})
    for (kind, reason, position), count in found.items():
        assert sum(kind in line and reason in line and position in line for line in lines) >= count
    assert sum(row.count for row in rows) == len([line for line in lines if line.count(",") > 3])


def test_deoptimisations_of_one_place_are_one_row() -> None:
    thrown = [Deoptimisation(line, 1000 * line, "eager", "wrong map", "</a.js:1:2>") for line in (3, 9, 5)]
    thrown.append(Deoptimisation(4, 4000, "soft", "no feedback", "</a.js:8:2>"))
    profile = cpu_profile(["main"] * 3)
    frames = tuple(dataclasses.replace(frame, deoptimisations=tuple(thrown)) for frame in profile.frames[-1:])
    rows = deopt_rows(dataclasses.replace(profile, frames=frames))
    assert [(row.count, row.last.line, row.last.reason) for row in rows] == [(3, 9, "wrong map"), (1, 4, "no feedback")]


@pytest.mark.parametrize("text", ["nothing", "", " "])
def test_what_no_function_is_called_is_not_found(made: Profile, text: str) -> None:
    assert focus_on(made, text) is None
