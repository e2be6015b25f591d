"""A profile on a terminal: the answer first, literal names, lines that fit."""

from __future__ import annotations

import dataclasses
import unicodedata

import pytest
from made_cpu import cpu_profile, spread
from made_profiles import DEOPT, MAIN, NODE, SEND, TICKS, make_hostile, make_join, make_profile, make_report
from made_reports import HOSTILE, make_healthy
from made_reports import make_report as make_gc_report
from rendered import render_terminal

from gclog.profile.build import build_profiles
from gclog.profile.options import ProfileOptions
from gclog.report.say.profile_sections import ProfileView
from gclog.source.open import Block

DEEP = [(NODE, 0, f",{SEND},{MAIN}")] * 60 + [("0x2010", 0, f",{MAIN}")] * 39 + [("0x9999", 0, "")]


def test_the_first_line_is_the_answer() -> None:
    lines = render_terminal(make_report()).splitlines()
    assert lines[0].startswith("80.0 % of 20 ticks in JavaScript: 50.0 % `hash` app.js:12")
    assert "  Process  process 7, isolate 0x10 · Node 20 (V8 11.3.244.8-node.38)" in lines


def test_the_sections_come_in_the_order_of_the_questions() -> None:
    text = render_terminal(make_report())
    headings = [
        "Where the ticks are",
        "Whose code",
        "Hottest functions",
        "Call paths",
        "What V8 was doing",
        "Memory in V8's chunks",
    ]
    places = [text.index(f"\n{heading}") for heading in headings]
    assert places == sorted(places)


def test_the_summary_adds_up_and_has_bars() -> None:
    lines = [" ".join(line.split()) for line in render_terminal(make_report()).splitlines()]
    assert "JavaScript 16 80.0 % ███████████████████ with V8's builtins" in lines
    assert "Shared libraries 3 15.0 % ████" in lines
    assert "together 20" in lines
    assert "GC 3 15.0 % ████ of all of these" in lines


def test_a_function_has_its_tiers_and_what_was_given_up() -> None:
    text = " ".join(render_terminal(make_report(make_profile(between=DEOPT)), width=100).split())
    assert "10 50.0 % 65.0 % hash app.js:12 90.0 % optimised, 10.0 %" in text
    assert "1 deopt, last: wrong map" in text


def test_call_paths_have_callers_below_callees_and_leave_little_ones_out() -> None:
    lines = render_terminal(make_report(make_profile(DEEP))).splitlines()
    start = lines.index("Call paths: who calls what is hot")
    assert [line.rstrip() for line in lines[start + 1 : start + 6]] == [
        "  60.0 %   60  node shared library",
        "  60.0 %   60    ← send send.js:3 ← main app.js:40",
        "  39.0 %   39  hash app.js:12",
        "  39.0 %   39    ← main app.js:40",
        "  paths below 2.0 % of all ticks are left out",
    ]
    down = render_terminal(make_report(make_profile(DEEP)), view=ProfileView(tree="top-down"))
    assert "  99.0 %   99  main app.js:40\n" in down
    assert "  60.0 %   60    → send send.js:3 → node shared library\n" in down


def test_time_is_a_strip_for_each_state() -> None:
    lines = [line.strip() for line in render_terminal(make_report(make_profile(TICKS))).splitlines()]
    assert "JavaScript, V8's runtime    80.0 %  █▅" in lines
    assert "garbage collection          15.0 %   ▃" in lines


def test_the_gc_log_beside_it_is_told() -> None:
    text = render_terminal(make_report(gc=make_join()))
    assert "  2 pauses of gc.log: 17.5 % of the profile's time\n" in text
    assert "    +1.00 ms to +6.00 ms  3.0 MB  600.0 MB/s  `hash` app.js:12 100 %\n" in text
    assert "no GC log of the same isolate was given" in render_terminal(make_report())


def test_several_profiles_are_told_one_after_the_other() -> None:
    text = render_terminal(make_report(make_profile(), make_profile(name="isolate-0x11-8-v8.log")))
    assert "\nProfile of isolate-0x11-8-v8.log\n80.0 % of 20 ticks" in text


def test_profiles_stand_behind_processes() -> None:
    gc_report = make_gc_report(processes=(make_healthy(),))
    both = type(gc_report)("0.1.0", gc_report.sources, gc_report.processes, make_report().profiles)
    text = render_terminal(both)
    assert text.index("Findings") < text.index("Profile of isolate-0x10-7-v8.log\n80.0 %")


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("unicode", [True, False], ids=["unicode", "ascii"])
def test_hostile_names_reach_the_terminal_as_text(name: str, unicode: bool) -> None:
    text = render_terminal(make_report(make_hostile(name), make_profile()), unicode=unicode)
    assert all(line.isprintable() for line in text.splitlines())
    assert unicode or text.isascii()
    assert not any(unicodedata.category(character) in ("Cc", "Cf") for character in text.replace("\n", ""))


@pytest.mark.parametrize("width", [60, 80, 100, 200])
@pytest.mark.parametrize("colour", [True, False], ids=["colour", "plain"])
def test_no_line_is_longer_than_the_width(width: int, colour: bool) -> None:
    profiles = (make_profile(DEEP), make_profile(between=DEOPT), make_hostile("x" * 5000), make_hostile(HOSTILE[2]))
    text = render_terminal(make_report(*profiles, gc=make_join()), width=width, colour=colour)
    assert ("\x1b[" in text) == colour
    if not colour:
        assert max(len(line) for line in text.splitlines()) <= width


def test_a_profile_without_ticks_is_told_as_such() -> None:
    assert render_terminal(make_report(make_profile([]))).startswith("No tick: nothing to say about the CPU\n")


def test_a_long_place_is_cut_in_its_middle_and_keeps_its_line_in_tables_and_paths() -> None:
    calls = [
        ("deepest", "/srv/" + "very/" * 20 + "long/path/of/a/script-with-a-long-name-that-no-column-has-room-for.js", 593)
    ] * 2
    lines = "".join(
        f"code-creation,JS,10,{at},0x{at}000,256,{name}{at} {script}:{line + at}:7,0x{at}900,~\n"
        for at, (name, script, line) in enumerate(calls, 2)
    )
    text = "v8-version,11,3,244,8,-node.38,0\n" + lines + "tick,0x2010,1000,0,0x0,0,0x3010\n" * 4
    (profile,) = build_profiles("v8.log", [Block(text.encode(), 1)], ProfileOptions())
    shown = render_terminal(make_report(profile), width=60)
    table, _, paths = shown.partition("Call paths")
    assert "…" in table and ":595" in table.partition("Hottest")[2]
    assert all(":595" in line or ":596" in line for line in paths.splitlines()[1:3])
    assert max(map(len, shown.splitlines())) <= 60


def test_a_preprocessed_log_has_the_gc_log_beside_it_if_there_is_one() -> None:
    profile = dataclasses.replace(make_profile(TICKS), form="preprocessed")
    assert "Beside the GC log" in render_terminal(make_report(profile, gc=make_join()))
    assert "Beside the GC log" not in render_terminal(make_report(profile))


def test_the_states_of_a_profile_with_idle_time_say_of_what_their_shares_are() -> None:
    text = render_terminal(make_report(cpu_profile(spread({"main": 60, "(idle)": 40}, 1000))))
    assert "What V8 was doing, over the time: shares of all time, idle too" in text
    assert "shares of all time" not in render_terminal(make_report(cpu_profile(["main"] * 1000)))
