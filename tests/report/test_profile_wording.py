"""A profile in words: sentences and rows, by figures counted by hand."""

from __future__ import annotations

import dataclasses

import pytest
from made_profiles import BUILTIN, DEOPT, GC, INTERPRETED, JS, MAIN, NODE, OPTIMISED, TICKS, make_join, make_profile

from gclog.model.not_known import NotKnown
from gclog.model.profile import STATES, Frame, TierTicks
from gclog.report.say import frames, profile_rows
from gclog.report.say import profile as wording


@pytest.mark.parametrize(
    ("ticks", "said"),
    [
        pytest.param(
            TICKS,
            "80.0 % of 20 ticks in JavaScript: 50.0 % `hash` app.js:12 (90.0 % optimised, 10.0 % interpreted); GC 15.0 %",
            id="JavaScript",
        ),
        pytest.param(
            [(NODE, JS, f",{OPTIMISED},{MAIN}")] * 3 + [(BUILTIN, JS, f",{MAIN}")],
            "75.0 % of 4 ticks in shared libraries: 75.0 % `node`; 75.0 % under `hash` app.js:12; GC 0 %",
            id="a library",
        ),
        pytest.param(
            [(NODE, GC, f",{OPTIMISED},{MAIN}")] * 3 + [(NODE, GC, f",{MAIN}")] * 2 + [(INTERPRETED, JS, "")] * 3,
            "GC took 62.5 % of 8 ticks, 60.0 % of that under `hash` app.js:12",
            id="GC",
        ),
        pytest.param([("0x9999", JS, "")] * 2, "100 % of 2 ticks unaccounted for; GC 0 %", id="nothing known"),
        pytest.param([(MAIN, JS, "")], "100 % of 1 tick in JavaScript: 100 % `main` app.js:40 (interpreted); GC 0 %", id="one"),
        pytest.param([], "No tick: nothing to say about the CPU", id="none"),
    ],
)
def test_the_headline_says_what_used_the_cpu(ticks: list[tuple[str, int, str]], said: str) -> None:
    assert wording.headline(make_profile(ticks)) == said


def test_the_kinds_add_up_and_gc_is_of_them() -> None:
    rows = {row.label: (row.ticks, row.share) for row in profile_rows.summary_rows(make_profile())}
    assert rows == {
        "JavaScript": (16, 0.8),
        "C++": (0, 0.0),
        "Shared libraries": (3, 0.15),
        "Unaccounted": (1, 0.05),
        "GC": (3, 0.15),
    }


def test_categories_name_packages_and_have_gc_apart() -> None:
    assert [(row.label, row.ticks) for row in profile_rows.category_rows(make_profile())] == [
        ("application", 12),
        ("garbage collection", 3),
        ("npm package @web/express", 2),
        ("V8's builtins", 1),
        ("regular expressions", 1),
        ("not known", 1),
    ]


def test_functions_have_their_ticks_tiers_and_deoptimisations() -> None:
    first, second, *_ = profile_rows.function_rows(make_profile(between=DEOPT), 20)
    assert (first.name, first.place, first.self_ticks, first.self_share) == ("hash", "app.js:12", 10, 0.5)
    assert (first.total_ticks, first.total_share) == (13, 0.65)
    assert first.tiers == "90.0 % optimised, 10.0 % interpreted"
    assert first.deoptimisations == "1 deopt, last: wrong map"
    assert (second.name, second.place, second.self_ticks, second.deoptimisations) == ("node", "shared library", 3, "")


@pytest.mark.parametrize(
    ("tiers", "said"),
    [
        ((), ""),
        ((("optimised", 99, 0), ("interpreted", 1, 0)), "optimised"),
        ((("optimised", 98, 0), ("interpreted", 2, 0)), "98.0 % optimised, 2.0 % interpreted"),
        ((("optimised", 3, 0), ("optimised", 1, 0), ("maglev", 4, 0)), "50.0 % optimised, 50.0 % Maglev"),
        ((("interpreted", 0, 1), ("baseline", 0, 3)), "75.0 % baseline, 25.0 % interpreted"),
        ((("interpreted", 0, 0),), ""),
    ],
    ids=str,
)
def test_tiers_are_told_by_their_share_of_the_functions_own_ticks(tiers: tuple[tuple[str, int, int], ...], said: str) -> None:
    found = tuple(TierTicks(tier, "", own, total, 1) for tier, own, total in tiers)
    assert frames.tier_text(Frame("f", "function", "application", tiers=found)) == said


@pytest.mark.parametrize(
    ("frame", "name", "place"),
    [
        (Frame("f", "function", "application", "JS", "/srv/a b/app.js", 3, 7), "f", "app.js:3"),
        (Frame("f", "function", "application", "JS", "file:///C:/srv/app.mjs", 3, 7), "f", "app.mjs:3"),
        (Frame("f", "function", "application", "JS", r"C:\srv\app.js", 3, 7), "f", "app.js:3"),
        (Frame("f", "function", "node", "JS", "node:internal/util", 3, 7), "f", "node:internal/util:3"),
        (Frame("f", "function", "application", "JS"), "f", ""),
        (Frame("StringAdd", "code", "builtin", "Builtin"), "StringAdd", "builtin"),
        (Frame("x", "code", "builtin", "LoadIC"), "x", "LoadIC"),
        (Frame("/usr/bin/node", "shared_library", "native", library="/usr/bin/node"), "node", "shared library"),
        (Frame("(unknown)", "unknown", "unknown"), "(unknown)", ""),
    ],
    ids=str,
)
def test_a_frame_has_a_name_and_a_place(frame: Frame, name: str, place: str) -> None:
    assert (frames.frame_name(frame), frames.frame_place(frame)) == (name, place)


@pytest.mark.parametrize(
    ("symbol", "name"),
    [
        ("v8::internal::Heap::Scavenge()", "v8::internal::Heap::Scavenge"),
        ("v8::internal::(anonymous namespace)::Run(int, char const*)", "v8::internal::Run"),
        ("std::map<int, std::pair<int, int>>::find(int const&) const", "std::map::find"),
        ("int v8::base::Sum<int>(v8::Vector<int (*)(int)>)", "v8::base::Sum"),
        ("operator new(unsigned long)", "operator new(unsigned long)"),
        ("longest_match", "longest_match"),
        ("<>", "<>"),
    ],
)
def test_a_cpp_function_is_named_without_its_types(symbol: str, name: str) -> None:
    assert frames.frame_name(Frame(symbol, "native", "native", library="/usr/bin/node")) == name


def test_every_state_has_a_name() -> None:
    assert tuple(profile_rows.STATE_NAMES) == STATES
    rows = profile_rows.state_rows(make_profile())
    assert [(row.label, row.ticks) for _, row in rows] == [
        ("JavaScript, V8's runtime", 16),
        ("garbage collection", 3),
        ("C++ called from JavaScript", 1),
    ]


def test_tree_rows_stop_at_the_depth_and_at_the_least_share() -> None:
    profile = make_profile()

    def rows(depth: int, roots: int, least: float) -> list[tuple[int, str, int]]:
        found = profile_rows.tree_rows(profile, profile.bottom_up, depth=depth, roots=roots, least_share=least)
        return [(row.depth, row.frame.name, row.total_ticks) for row in found]

    assert rows(1, 1, 0.0) == [(0, "hash", 10), (1, "main", 10)]
    assert rows(0, 2, 0.0) == [(0, "hash", 10), (0, "/usr/bin/node", 3)]
    assert [name for _, name, _ in rows(5, 9, 0.11)] == ["hash", "main", "/usr/bin/node", "hash", "main"]


def test_memory_and_time_are_told() -> None:
    profile = make_profile()
    assert wording.seen_sentence(profile) == "20 ticks in 19.0 ms, one every 1.00 ms asked for"
    assert (
        wording.committed_sentence(profile)
        == "1.0 MB (+0.00 ms) at the least, 3.0 MB (+20.0 ms) at the most, 2.0 MB at the end"
    )
    assert wording.profile_name(profile) == "process 7, isolate 0x10"
    assert wording.profile_node(profile) == "Node 20 (V8 11.3.244.8-node.38)"
    bare = dataclasses.replace(profile, committed=(), pid=None, isolate=None)
    assert wording.committed_sentence(bare).startswith("not in this log")
    assert wording.profile_name(bare) == "isolate-0x10-7-v8.log"


def test_what_the_gc_log_adds_is_told_or_why_there_is_none() -> None:
    first, second, third, fourth = wording.join_sentences(make_join())
    assert first == "2 pauses of gc.log: 17.5 % of the profile's time"
    assert second == "2 of 3 ticks of GC fell into a pause, 1 outside (incremental steps, sweeping)"
    assert third.startswith("clocks: -0.25 ms added to the GC log's; most ticks")
    assert fourth == "allocation: the stretches above the median rate"
    assert wording.join_sentences(NotKnown("none was given")) == ("none was given",)
    assert wording.allocation_rows(make_join(), make_profile()) == (
        ("+1.00 ms to +6.00 ms", "3.0 MB", "600.0 MB/s", "`hash` app.js:12 100 %"),
    )
