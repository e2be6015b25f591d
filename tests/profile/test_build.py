"""Profiles our way: nothing lost, everything said, and the ticks add up in every view."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gclog.model.not_known import NotKnown
from gclog.model.profile import STATES, CallNode, Profile
from gclog.profile.build import build_profiles
from gclog.profile.options import ProfileOptions
from gclog.source.blocks import Block
from gclog.source.open import SourceSpec, open_source

TICKS = Path(__file__).parent.parent.parent / "samples" / "ticks"
VERSION = "v8-version,11,3,244,8,-node.38,0\n"
FUNCTION = "code-creation,JS,10,5,0x2000,256,{name} /app/x.js:3:7,0x3000,{marker}\n"


STACKS = ["", ",0x2020", ",0x2020,0x6000,0x2030"]


def build(lines: str, options: ProfileOptions | None = None) -> list[Profile]:
    return build_profiles("v8.log", [Block(lines.encode(), 1)], options or ProfileOptions())


def own_of(node: CallNode) -> int:
    return node.self_ticks + sum(own_of(child) for child in node.children)


def add_up(profile: Profile) -> None:
    counted = profile.ticks - profile.excluded
    assert sum(row.self_ticks for row in profile.flat) == counted
    assert sum(path.ticks for path in profile.paths) == counted
    assert profile.top_down.total_ticks == own_of(profile.top_down) == counted
    assert profile.bottom_up.total_ticks == own_of(profile.bottom_up) == counted
    idle = profile.idle if profile.excluded == profile.idle else 0
    assert sum(sum(part.ticks) for part in profile.states) == counted + idle
    assert sum(row.self_ticks for row in profile.categories) == counted
    summary = profile.summary
    assert summary.javascript + summary.cpp + summary.shared_libraries + summary.unaccounted + summary.excluded == profile.ticks
    assert len(profile.samples.at_us) == len(profile.samples.path) == len(profile.samples.state) == counted
    assert (
        sum(profile.lines.__getattribute__(name) for name in ("recognised", "foreign", "continuation", "unread"))
        == profile.lines.total
    )


@pytest.mark.parametrize("log", sorted(TICKS.glob("*.log.gz")), ids=lambda path: path.name)
@pytest.mark.parametrize("state", [None, "gc", "js"])
def test_ticks_add_up_to_those_in_the_log_in_every_view(log: Path, state: str | None) -> None:
    with open_source(SourceSpec(log.name, log)) as source:
        lines = b"".join(block.data for block in source.blocks()).split(b"\n")
        (profile,) = build_profiles(log.name, source.blocks(), ProfileOptions(state=state))
    assert profile.ticks == sum(line.startswith(b"tick,") for line in lines)
    assert profile.lines.total == profile.lines.recognised == len(lines) - 1
    add_up(profile)


@settings(max_examples=60, derandomize=True)
@given(
    st.lists(
        st.tuples(st.sampled_from(["0x2010", "0x2111", "0x5000"]), st.integers(0, 9), st.sampled_from(STACKS)), max_size=40
    )
)
def test_any_ticks_add_up(ticks: list[tuple[str, int, str]]) -> None:
    lines = "".join(f"tick,{pc},{i * 1000},0,0x0,{state}{stack}\n" for i, (pc, state, stack) in enumerate(ticks))
    (profile,) = build(VERSION + FUNCTION.format(name="f", marker="~") + lines)
    assert profile.ticks == len(ticks)
    add_up(profile)


def test_idle_ticks_are_in_no_view_but_that_over_the_time() -> None:
    ticks = "".join(f"tick,0x2010,{i * 1000},0,0x0,{state}\n" for i, state in enumerate((8, 0, 0, 8, 0, 1, 8)))
    (profile,) = build(VERSION + FUNCTION.format(name="f", marker="~") + ticks + "profiler,end\n")
    assert (profile.ticks, profile.idle, profile.excluded, profile.top_down.total_ticks) == (7, 3, 3, 4)
    assert list(profile.samples.at_us) == [1000, 2000, 4000, 5000]
    assert (profile.first_us, profile.duration_ms) == (0, 6.0)
    assert [part.ticks[STATES.index("idle")] for part in profile.states] == [3]


def only_function(profile: Profile) -> tuple[str, str | None, int | None, int | None]:
    (row,) = profile.flat
    frame = profile.frames[row.frame]
    return frame.name, frame.script, frame.line, frame.column


@pytest.mark.parametrize(
    "name",
    ["f", "has, a comma", "(a, b) => c", "ünï", "line\nbreak", "two\nline\nbreaks, and a comma"],
)
def test_a_functions_name_is_read_whatever_is_in_it(name: str) -> None:
    (profile,) = build(VERSION + FUNCTION.format(name=name, marker="~") + "tick,0x2010,1000,0,0x0,0\nprofiler,end\n")
    assert only_function(profile) == (name, "/app/x.js", 3, 7)
    assert [note.id for note in profile.notes] == (["repaired-names"] if "\n" in name else [])
    assert profile.lines.total == 4 + name.count("\n")
    assert profile.lines.continuation == name.count("\n")


def test_a_tier_of_a_future_version_is_kept_and_reported() -> None:
    (profile,) = build(VERSION + FUNCTION.format(name="f", marker="#") + "tick,0x2010,1000,0,0x0,0\nprofiler,end\n")
    (tier,) = profile.frames[profile.flat[0].frame].tiers
    assert (tier.tier, tier.marker, tier.self_ticks) == ("unknown", "#", 1)
    assert [note.id for note in profile.notes] == ["unknown-tiers"]


def test_a_function_is_one_frame_in_all_its_tiers() -> None:
    lines = FUNCTION.format(name="f", marker="~") + "tick,0x2010,1000,0,0x0,0\n"
    lines += "code-creation,JS,13,9,0x4000,64,f /app/x.js:3:7,0x3000,*\n" + "tick,0x4010,2000,0,0x0,0\n" * 2
    (profile,) = build(VERSION + lines)
    tiers = profile.frames[profile.flat[0].frame].tiers
    assert [(tier.tier, tier.self_ticks, tier.code) for tier in tiers] == [("optimised", 2, 1), ("interpreted", 1, 1)]


def test_blank_lines_are_reported_and_skipped() -> None:
    (profile,) = build(VERSION + "tick,0x1,1000,0,0x0,0\n\n\ntick,0x1,2000,0,0x0,0\nprofiler,end\n")
    assert profile.ticks == 2
    (note,) = profile.notes
    assert (note.id, note.line) == ("blank-lines", 3)
    assert note.text.startswith("2 blank lines")


def test_an_unterminated_last_line_is_read_and_reported() -> None:
    (profile,) = build(VERSION + "tick,0x1,1000,0,0x0,0\ntick,0x1,2000,0,0x")
    assert (profile.ticks, profile.lines.unread) == (1, 1)
    assert [note.id for note in profile.notes] == ["truncated-last-line", "no-end", "unread-lines"]


def test_two_logs_in_a_file_are_two_profiles() -> None:
    first = VERSION + FUNCTION.format(name="f", marker="~") + "tick,0x2010,1000,0,0x0,0\n"
    one, two = build(first + VERSION + "tick,0x2010,1000,0,0x0,1\n")
    assert [one.ticks, one.gc_ticks, one.unaccounted] == [1, 0, 0]
    assert [two.ticks, two.gc_ticks, two.unaccounted] == [1, 1, 1]
    assert two.notes[0].id == "several-logs"
    assert (one.lines.total, two.lines.total) == (3, 2)


def test_code_is_looked_up_as_it_was_at_the_tick() -> None:
    tick = "tick,0x2010,1000,0,0x0,0\n"
    lines = (
        FUNCTION.format(name="old", marker="~")
        + tick
        + FUNCTION.format(name="new", marker="~").replace("0x3000", "0x3100")
        + tick
    )
    (profile,) = build(VERSION + lines + "code-move,0x2000,0x5000\n" + tick)
    names = [profile.frames[profile.paths[path].frames[-1]].name for path in profile.samples.path]
    assert names == ["old", "new", "(unknown)"]


def test_the_same_number_is_another_state_in_another_version() -> None:
    for version, state in (("5,1,281,111", "compiler"), ("6,8,275,32", "parser")):
        (profile,) = build(f"v8-version,{version},0\ntick,0x1,1000,0,0x0,2\n", ProfileOptions(state=state))
        assert (profile.ticks, profile.excluded) == (1, 0)


def test_memory_is_the_sum_of_its_chunks() -> None:
    lines = "new,CodeRange,0x9,0\nnew,MemoryChunk,0x10,1048576\nnew,MemoryChunk,0x20,524288\ndelete,MemoryChunk,0x10\ndelete,MemoryChunk,0x77\n"
    (profile,) = build(VERSION + lines)
    assert [(point.line, point.committed_mb) for point in profile.committed] == [(2, 0.0), (3, 1.0), (4, 1.5), (5, 0.5)]


@pytest.mark.parametrize(
    ("script", "category", "package"),
    [
        ("/app/x.js:1:1", "application", None),
        ("/app/node_modules/express/lib/a.js:1:1", "node_modules", "express"),
        ("/app/node_modules/a/node_modules/@b/c/d.js:1:1", "node_modules", "@b/c"),
        ("node:internal/util:598:30", "node", None),
        ("internal/bootstrap/loaders.js:100:47", "node", None),
        ("events.js:26:45", "node", None),
        ("native array.js:9:16", "builtin", None),
        ("file:///app/a b.mjs:1:1", "application", None),
        ("evalmachine.<anonymous>:1:1", "application", None),
    ],
)
def test_a_script_determines_whose_code_it_is(script: str, category: str, package: str | None) -> None:
    (profile,) = build(VERSION + f"code-creation,JS,10,5,0x2000,256,f {script},0x3000,~\ntick,0x2010,1000,0,0x0,0\n")
    frame = profile.frames[profile.flat[0].frame]
    assert (frame.category, frame.package, frame.name) == (category, package, "f")


def test_an_external_callback_is_identified_by_its_address_not_the_program_counter() -> None:
    (profile,) = build(VERSION + FUNCTION.format(name="f", marker="~") + "tick,0x99,1000,1,0x2010,6\n")
    assert only_function(profile)[0] == "f"


def test_a_word_on_top_of_the_stack_is_a_frame_if_it_is_in_a_function() -> None:
    code = FUNCTION.format(name="f", marker="~") + "code-creation,Builtin,2,1,0x1000,16,Add\n"
    (profile,) = build(VERSION + code + "tick,0x1000,1000,0,0x2010,0\ntick,0x2010,1000,0,0x1000,0\n")
    assert {tuple(profile.frames[frame].name for frame in path.frames) for path in profile.paths} == {("f", "Add"), ("f",)}


def test_a_bytecode_handlers_ticks_are_its_functions_and_its_own_where_there_is_none() -> None:
    code = FUNCTION.format(name="f", marker="~") + "code-creation,BytecodeHandler,0,1,0x1000,16,Star\n"
    ticks = "tick,0x1000,1,0,0x0,0,0x2010\ntick,0x1000,2,0,0x0,0\n"
    (profile,) = build(VERSION + code + ticks)
    assert {tuple(profile.frames[frame].name for frame in path.frames) for path in profile.paths} == {("f",), ("Star",)}
    (profile,) = build(VERSION + code + ticks, ProfileOptions(separate_bytecodes=True))
    assert {tuple(profile.frames[frame].name for frame in path.frames) for path in profile.paths} == {("f", "Star"), ("Star",)}


def test_ticks_without_a_program_counter_are_reported_by_vm_state() -> None:
    (profile,) = build(
        VERSION + "tick,0x0,1,0,0x0,0\ntick,0x0,2,0,0x0,0\ntick,0x0,3,0,0x0,5\ntick,0x1,4,0,0x0,0\nprofiler,end\n"
    )
    (note,) = profile.notes
    assert note.id == "no-counter"
    assert note.text.startswith("3 ticks have no program counter")
    assert note.text.endswith("(2 in state js, 1 in state other)")


OLD = 'shared-library,"/usr/local/bin/node",0x00400000,0x00b87000\nprofiler,"begin",1\ncode-creation,Stub,0xe1a9000,338,"JSEntryStub"\n'


@pytest.mark.parametrize(
    ("ticks", "states"),
    [
        ({0: 1, 1: 2, 2: 3, 3: 4, 4: 5}, {"js": 1, "gc": 2, "compiler": 3, "other": 4, "external": 5}),
        ({0: 1, 2: 3, 4: 5, 5: 6}, {"js": 1, "compiler": 3, "other": 5, "external": 6}),
    ],
    ids=["V8 3.0 to 3.13", "V8 3.14"],
)
def test_a_log_of_before_versions_has_its_states_and_its_interval_in_ms(ticks: dict[int, int], states: dict[str, int]) -> None:
    lines = "".join(f"tick,0x7196c3,0x7fffd5a2f5d0,0,0x0,{state}\n" * count for state, count in ticks.items())
    (profile,) = build(OLD + lines)
    assert {STATES[state]: count for state, count in enumerate(profile.states[0].ticks) if count} == states
    assert (profile.interval_us, profile.gc_ticks) == (1000, ticks.get(1, 0))
    assert isinstance(profile.duration_ms, NotKnown) and isinstance(profile.first_us, NotKnown)
    assert "before 3.28" in next(note.text for note in profile.notes if note.id == "no-version")


def test_an_old_log_with_times_has_the_states_of_v8_3_28() -> None:
    (profile,) = build(
        OLD.replace("Stub,", "Stub,2,") + "tick,0x1,15281,0,0x9a6d598,2\ntick,0x1,16281,0,0x0,3\ntick,0x1,17281,0,0x0,4\n"
    )
    spent = [sum(part.ticks[STATES.index(state)] for part in profile.states) for state in ("compiler", "other", "external")]
    assert (spent, profile.duration_ms, profile.interval_us) == ([1, 1, 1], 2.0, 1000)


def test_a_log_without_its_beginning_is_no_old_one() -> None:
    (profile,) = build(FUNCTION.format(name="f", marker="~") + "tick,0x2010,1000,0,0x0,3\n")
    assert sum(part.ticks[STATES.index("bytecode_compiler")] for part in profile.states) == 1
    assert "Node 20" in next(note.text for note in profile.notes if note.id == "no-version")


@pytest.mark.parametrize("end", [",", ",0x", ",0x60"])
def test_a_tick_that_is_cut_at_the_end_of_v8s_buffer_counts(end: str) -> None:
    (profile,) = build(
        VERSION + FUNCTION.format(name="f", marker="~") + f"tick,0x2010,1000,0,0x0,0,0x2020{end}\nprofiler,end\n"
    )
    assert (profile.ticks, profile.lines.unread) == (1, 0)
    assert only_function(profile) == ("f", "/app/x.js", 3, 7)
