"""Functions within another function's code: frames of their own, and every tick still counted once."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from gclog.model.profile import Profile
from gclog.profile.build import build_profiles
from gclog.profile.inlining import InlineTable, read_inlining
from gclog.profile.options import ProfileOptions
from gclog.source.blocks import Block
from gclog.source.open import SourceSpec, open_source

NODE = os.environ.get("GCLOG_NODE") or shutil.which("node")
INLINES_FROM = 16
"""Node from which plain --prof says what is inlined."""

# outer calls middle at 249, middle calls leaf at 161 (what Node 20 logged for such a program)
POSITIONS = "C0O196C39O235C148O89I1C160O94I1C335O78I0C350O175I0C355O241"
INLINING, FUNCTIONS = "F0O249F1O161I0", "S0x3100S0x3200"
NAMES = {0x3100: "middle", 0x3200: "leaf"}

HEAD = "v8-version,11,3,244,8,-node.38,0\n"
CODE = (
    "code-creation,JS,10,1,0x2000,32,outer /x.js:8:15,0x3000,~\n"
    "code-creation,JS,10,2,0x2100,32,middle /x.js:7:16,0x3100,~\n"
    "code-creation,JS,10,3,0x2200,32,leaf /x.js:2:17,0x3200,~\n"
    "code-creation,JS,13,4,0x4000,844,outer /x.js:8:15,0x3000,*\n"
)
INFO = f"code-source-info,0x4000,81,196,276,{POSITIONS},{INLINING},{FUNCTIONS}\n"


def build(lines: str) -> Profile:
    (profile,) = build_profiles("v8.log", [Block((HEAD + lines).encode(), 1)], ProfileOptions())
    return profile


def stacks(profile: Profile) -> list[tuple[str, ...]]:
    return [tuple(profile.frames[frame].name for frame in profile.paths[path].frames) for path in profile.samples.path]


def table() -> InlineTable[str]:
    found = read_inlining(POSITIONS, INLINING, FUNCTIONS, NAMES.get)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("offset", "chain"),
    [
        (0, ()),
        (147, ()),
        (148, ("leaf", "middle")),
        (334, ("leaf", "middle")),
        (335, ("middle",)),
        (354, ("middle",)),
        (355, ()),
        (9999, ()),
    ],
    ids=str,
)
def test_a_position_is_good_up_to_the_next(offset: int, chain: tuple[str, ...]) -> None:
    assert table().at(offset, False) == chain


def test_an_address_to_return_to_means_the_call_before_it() -> None:
    assert [table().at(offset, True) for offset in (148, 149, 355, 356)] == [(), ("leaf", "middle"), ("middle",), ()]


def test_before_the_first_position_nothing_is_inlined() -> None:
    found = read_inlining("C8O1I0", "F0O2", "S0x3100", NAMES.get)
    assert found is not None
    assert [found.at(offset, False) for offset in (7, 8)] == [(), ("middle",)]


def test_code_without_inlining_has_no_table() -> None:
    assert read_inlining("C0O196C39O235", "", "", NAMES.get) is None


@pytest.mark.parametrize(
    ("inlining", "functions", "chain"),
    [
        ("F0O249F1O161I0", "S0x9999S0x3200", ("leaf",)),
        ("F-1O249F1O161I0", FUNCTIONS, ("leaf",)),
        ("F0O249F7O161I0", FUNCTIONS, ("middle",)),
        ("F0O249F1O161I9", FUNCTIONS, ("leaf",)),
        ("F0O249", FUNCTIONS, ()),
        ("F0O249I1F1O161I0", FUNCTIONS, ("leaf", "middle")),
    ],
    ids=["unknown function", "no function", "function out of range", "parent out of range", "position out of range", "circle"],
)
def test_what_cannot_be_is_left_out(inlining: str, functions: str, chain: tuple[str, ...]) -> None:
    found = read_inlining("C0O1I1", inlining, functions, NAMES.get)
    assert found is not None
    assert found.at(0, False) == chain


def test_inlined_functions_are_frames_between_their_callers() -> None:
    ticks = "".join(f"tick,{pc:#x},1,0,0x0,0\n" for pc in (0x4000, 0x4000 + 148, 0x4000 + 335))
    assert stacks(build(CODE + INFO + ticks)) == [("outer",), ("outer", "middle", "leaf"), ("outer", "middle")]


def test_return_addresses_on_the_stack_are_resolved_by_the_call() -> None:
    lines = CODE + INFO + "code-creation,Builtin,2,5,0x8000,16,Add\n" + "tick,0x8001,1,0,0x0,0,0x4094,0x4095\n"
    assert stacks(build(lines)) == [("outer", "middle", "leaf", "outer", "Add")]


def test_every_tick_is_counted_once_and_the_tier_says_that_it_was_inlined() -> None:
    profile = build(CODE + INFO + "tick,0x4094,1,0,0x0,0\n" * 3 + "tick,0x4000,1,0,0x0,0\n" + "tick,0x2200,1,0,0x0,0\n")
    rows = {profile.frames[row.frame].name: (row.self_ticks, row.total_ticks) for row in profile.flat}
    assert rows == {"leaf": (4, 4), "outer": (1, 4), "middle": (0, 3)}
    assert sum(row.self_ticks for row in profile.flat) == profile.ticks == 5
    leaf = next(frame for frame in profile.frames if frame.name == "leaf")
    assert [(tier.tier, tier.marker, tier.self_ticks, tier.code) for tier in leaf.tiers] == [
        ("inlined", "*", 3, 0),
        ("interpreted", "~", 1, 1),
    ]


def test_code_takes_its_inlining_along_when_it_moves_and_loses_it_when_it_is_replaced() -> None:
    moved = CODE + INFO + "tick,0x4094,1,0,0x0,0\ncode-move,0x4000,0x6000\ntick,0x6094,2,0,0x0,0\n"
    replaced = "code-creation,JS,13,9,0x6000,844,outer /x.js:8:15,0x3000,*'\ntick,0x6094,3,0,0x0,0\n"
    assert stacks(build(moved + replaced)) == [("outer", "middle", "leaf")] * 2 + [("outer",)]


def test_a_function_that_moved_keeps_its_place_in_the_code() -> None:
    lines = CODE + INFO + "sfi-move,0x3200,0x7000\n" + "tick,0x4094,1,0,0x0,0\n"
    assert stacks(build(lines)) == [("outer", "middle", "leaf")]


PROGRAM = """
function hotLeaf(x, i) { var r = x; for (var k = 0; k < 8; k++) r = (r * 31 + (i ^ k)) % 1000003; return r; }
function middle(x, i) { return hotLeaf(x, i) + 1; }
function outer(n) { var s = 0; for (var i = 0; i < n; i++) s = middle(s, i); return s; }
var until = Date.now() + 400, t = 0;
while (Date.now() < until) t += outer(100000);
"""


def hot_ticks(folder: Path, *flags: str) -> tuple[dict[str, tuple[int, int]], int]:
    assert NODE is not None
    folder.mkdir()
    (folder / "hot.js").write_text(PROGRAM)
    subprocess.run(
        [NODE, "--prof", "--logfile=v8.log", "--no-logfile-per-isolate", *flags, "hot.js"], cwd=folder, check=False
    )  # Node 8 may die at exit
    with open_source(SourceSpec("v8.log", folder / "v8.log")) as source:
        (profile,) = build_profiles("v8.log", source.blocks(), ProfileOptions())
    rows = {profile.frames[row.frame].name: (row.self_ticks, row.total_ticks) for row in profile.flat}
    leaf = next(frame for frame in profile.frames if frame.name == "hotLeaf")
    return rows, sum(tier.self_ticks for tier in leaf.tiers if tier.tier == "inlined")


@pytest.mark.node
@pytest.mark.skipif(NODE is None, reason="no Node on this machine: the tests pass with nothing but Python, and .ci/run has one")
def test_a_real_inlined_function_has_the_ticks_that_it_has_when_it_is_not_inlined(tmp_path: Path) -> None:
    version = subprocess.run([str(NODE), "--version"], capture_output=True, text=True, check=True).stdout
    flags = ["--log-source-code"] if int(version[1:].partition(".")[0]) < INLINES_FROM else []
    inlined, within = hot_ticks(tmp_path / "inlined", *flags)
    apart, none = hot_ticks(tmp_path / "apart", *flags, "--no-turbo-inlining")
    for rows in (inlined, apart):
        assert rows["hotLeaf"][0] > rows["outer"][0] + rows["middle"][0]
        assert rows["outer"][1] >= rows["middle"][1] >= rows["hotLeaf"][0] * 0.9
    assert within > 0.9 * inlined["hotLeaf"][0] > 0
    assert none < 0.1 * apart["hotLeaf"][0]
