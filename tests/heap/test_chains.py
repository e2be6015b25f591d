from __future__ import annotations

from pathlib import Path

import pytest
from made_heaps import MadeHeap

from gclog.heap.chains import fold_chains
from gclog.heap.diff import diff_heaps
from gclog.model.heap import Holder, PathStep
from gclog.report.say.heap_sentences import path_lines


@pytest.mark.parametrize(
    ("kinds", "folded"),
    [
        ("", []),
        ("abc", [(0, 1, 1), (1, 1, 1), (2, 1, 1)]),
        ("abb", [(0, 1, 1), (1, 1, 1), (2, 1, 1)]),
        ("abbb", [(0, 1, 1), (3, 1, 3)]),
        ("xababab", [(0, 1, 1), (5, 2, 3)]),
        ("xabcabcabcay", [(0, 1, 1), (7, 3, 3), (10, 1, 1), (11, 1, 1)]),
        ("aaaabbb", [(3, 1, 4), (6, 1, 3)]),
    ],
)
def test_like_steps_in_a_row_are_given_once(kinds: str, folded: list[tuple[int, int, int]]) -> None:
    assert list(fold_chains(kinds)) == folded


def test_a_chain_is_a_line_of_the_path() -> None:
    steps = (
        PathStep("", "root", "global", 1),
        PathStep("next", "property", "Job", 9, times=598, span=1),
        PathStep("context", "internal", "system / Context", 11),
        PathStep("before", "context", "step()", 13, times=40, span=2),
    )
    assert path_lines(steps) == [
        "global @1",
        ".next × 598: Job @9",
        "<context>: system / Context @11",
        "variable before (these 2 steps × 40): step() @13",
    ]


def program() -> MadeHeap:
    """A program with a scope of its own."""
    heap = MadeHeap()
    heap.node("root", "", 0, kind="synthetic", id=1)
    heap.node("global", "global", 40, id=3)
    heap.node("serve", "serve", 64, kind="closure", id=5)
    heap.node("shared", "serve", 56, kind="code", id=7)
    heap.node("script", "/app/serve.js", 80, kind="code", id=9)
    heap.node("scope", "system / Context", 32, id=11)
    heap.edge("root", "global", 1, "shortcut")
    heap.edge("global", "serve", "serve")
    heap.edge("serve", "scope", "context", "internal")
    heap.edge("serve", "shared", "shared", "internal")
    heap.edge("shared", "script", "script", "internal")
    return heap


def chained(count: int, *, link: str = "Timeout") -> MadeHeap:
    """A list of timers, each with a function that uses a session of its own."""
    heap = program()
    heap.node("list", "TimersList", 32, id=13)
    heap.node("beat", "beat", 56, kind="code", id=15)
    heap.node("locals", "(scope info)", 56, kind="code", id=17)
    heap.edge("scope", "list", "timers", "context")
    above = "list"
    for number in range(count):
        ids = 1001 + 8 * number
        timer = heap.node(f"timer {number}", link, 80, id=ids)
        beat = heap.node(f"beat {number}", "beat", 64, kind="closure", id=ids + 2)
        scope = heap.node(f"scope {number}", "system / Context", 40, id=ids + 4)
        session = heap.node(f"session {number}", "Session", 100, id=ids + 6)
        heap.edge(above, timer, "_idleNext")
        heap.edge(timer, beat, "_onTimeout")
        heap.edge(beat, scope, "context", "internal")
        heap.edge(beat, "beat", "shared", "internal")
        heap.edge(scope, "locals", "scope_info", "internal")
        heap.edge(scope, session, "this", "context")
        above = timer
    return heap


def test_what_each_link_of_a_chain_holds_is_held_by_what_holds_the_chain(tmp_path: Path) -> None:
    growers = diff_heaps([str(chained(400).write(tmp_path / "x"))]).growers
    grower = next(one for one in growers if one.growth.name == "Session")
    assert [(share.holder, share.count) for share in grower.holders] == [
        (Holder("_idleNext", "Timeout", "/app/serve.js", ("timers",)), 400)
    ]
    assert [(step.edge, step.times) for step in grower.path if step.times] == [("_idleNext", 201)]


def cached(count: int, kept: int, *, with_index: bool = True) -> MadeHeap:
    """A list of nodes that its owner leads to by `tail`, the newest last, and a Map of the owner, that has the newest alone."""
    heap = program()
    heap.node("cache", "Lru", 32, id=13)
    heap.node("map", "Map", 32, id=15)
    heap.node("table", "(object elements)", 8 * kept, kind="array", id=17)
    heap.edge("scope", "cache", "cache", "context")
    heap.edge("cache", "map", "map")
    heap.edge("map", "table", "table", "internal")
    for number in range(count):
        heap.node(f"entry {number}", "Entry", 100, id=1001 + 2 * number)
    for number in range(1, count):
        heap.edge(f"entry {number}", f"entry {number - 1}", "next")
    for number in range(count - kept, count) if with_index else ():
        heap.edge("table", f"entry {number}", number, "internal")
    heap.edge("cache", f"entry {count - 1}", "tail")
    return heap


def test_an_index_of_some_links_of_a_list_does_not_hold_the_others(tmp_path: Path) -> None:
    diff = diff_heaps([str(cached(400, 50).write(tmp_path / "1")), str(cached(900, 50).write(tmp_path / "2"))])
    grower = diff.growers[0]
    assert (grower.growth.name, grower.counted, grower.holders[0].count) == (
        "Entry",
        500,
        452,
    )  # the tail itself leads to the last two
    assert grower.holder == Holder("cache", "Lru", "/app/serve.js")


def test_without_an_index_the_end_of_the_list_is_named(tmp_path: Path) -> None:
    diff = diff_heaps([str(cached(900, 50, with_index=False).write(tmp_path / "1"))])
    assert diff.growers[0].holder == Holder("tail", "Entry", "/app/serve.js", ("cache",))


def test_a_link_to_which_new_ones_are_tied_is_not_replaced_and_what_it_holds_is_named(tmp_path: Path) -> None:
    heaps = [str(chained(count, link="Promise").write(tmp_path / str(count))) for count in (4000, 8000, 12000)]
    diff = diff_heaps(heaps)
    assert (diff.lead, diff.growers[0].growth.name) == ("constructor", "Session")
    assert [(one.name, one.is_replaced) for one in diff.in_place] == [("TimersList", False)]


def test_where_each_object_has_a_holder_of_its_own_none_is_named(tmp_path: Path) -> None:
    heap = program()
    for number in range(400):
        room = heap.node(f"room {number}", f"Room{number}", 8)
        heap.node(f"root {number}", "(Global handles)", 0, kind="synthetic")
        heap.edge("root", f"root {number}", number, "element")
        heap.edge(f"root {number}", room, number, "internal")
        heap.edge(room, heap.node(f"session {number}", "Session", 100), "of")
    assert diff_heaps([str(heap.write(tmp_path / "x"))]).growers[0].holders == ()
