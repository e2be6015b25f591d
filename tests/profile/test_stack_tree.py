"""Stacks in arrays: every figure as counted one stack after another, and bounded however many different ones there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gclog.model.profile import CallNode, Profile, StackPath
from gclog.profile import build as build_module
from gclog.profile import growing, tick_stacks
from gclog.profile.build import build_profiles
from gclog.profile.growing import FOLDED, GrowingTree, fold
from gclog.profile.options import ProfileOptions
from gclog.profile.stacks import StackPaths, arrange
from gclog.profile.tree import bottom_up, count_nodes, flat, top_down
from gclog.source.open import Block

VERSION = "v8-version,11,3,244,8,-node.38,0\n"
STACKS = st.lists(st.lists(st.integers(0, 4), min_size=1, max_size=7), min_size=1, max_size=40)


def ends_of(tree: GrowingTree, numbers: Sequence[int]) -> tuple[StackPaths, list[tuple[int, ...]]]:
    """The stacks in a tree, and that of each number."""
    arranged, place = arrange(*tree.columns())
    ends = place[tree.nodes()][np.array(numbers, dtype=np.int64)]
    own = np.bincount(ends, minlength=len(arranged))
    paths = StackPaths(arranged, own, np.zeros_like(own))
    frames = {int(end): path.frames for end, path in zip(paths.ends, paths, strict=True)}
    return paths, [frames[int(end)] for end in ends]


@given(STACKS, st.integers(1, 30))
def test_each_stack_is_the_path_to_its_node_whatever_the_batches(stacks: list[list[int]], batch: int) -> None:
    tree = GrowingTree()
    numbers = []
    for i, stack in enumerate(stacks):
        numbers.append(tree.add(stack[::-1]))
        if i % batch == 0:
            tree.nodes()
    paths, found = ends_of(tree, numbers)
    assert found == [tuple(stack) for stack in stacks]
    counted = Counter(map(tuple, stacks))
    assert [(path.frames, path.ticks) for path in paths] == sorted(counted.items(), key=lambda item: (-item[1], item[0]))


def check_tree(node: CallNode, stacks: Counter[tuple[int, ...]], at: tuple[int, ...]) -> int:
    """A node's figures are those of the stacks that begin like its path; the number of nodes."""
    same = {stack: count for stack, count in stacks.items() if stack[: len(at)] == at}
    assert (node.total_ticks, node.self_ticks) == (sum(same.values()), same.get(at, 0))
    assert {child.frame for child in node.children} == {stack[len(at)] for stack in same if len(stack) > len(at)}
    order = [(-child.total_ticks, child.frame) for child in node.children]
    assert order == sorted(order)
    return 1 + sum(check_tree(child, stacks, (*at, child.frame)) for child in node.children)


@given(STACKS)
def test_call_trees_and_flat_rows_are_as_counted_stack_by_stack(stacks: list[list[int]]) -> None:
    down = Counter(map(tuple, stacks))
    up = Counter(tuple(reversed(stack)) for stack in stacks)
    paths = [StackPath(stack, count, 0) for stack, count in down.items()]
    for root, counted in ((top_down(paths), down), (bottom_up(paths), up)):
        assert check_tree(root, counted, ()) == count_nodes(root)
    for row in flat(paths):
        assert row.self_ticks == sum(count for stack, count in down.items() if stack[-1] == row.frame)
        assert row.total_ticks == sum(count for stack, count in down.items() if row.frame in stack)


def test_paths_are_a_sequence() -> None:
    given_ones = (StackPath((1, 2), 5, 1), StackPath((1,), 3, 0), StackPath((0, 1, 1), 3, 3))
    paths = StackPaths.of(given_ones)
    assert list(paths) == [given_ones[0], given_ones[2], given_ones[1]]
    assert (paths[-1], paths[1], paths[0:1]) == (given_ones[1], given_ones[2], given_ones[:1])
    with pytest.raises(IndexError):
        paths[3]


@given(STACKS, st.integers(4, 40))
def test_a_folded_stack_keeps_how_it_begins_and_where_it_ends(stacks: list[list[int]], bound: int) -> None:
    tree = GrowingTree()
    numbers = [tree.add(stack[::-1]) for stack in stacks]
    arranged, place = arrange(*tree.columns())
    own = np.bincount(place[tree.nodes()][numbers], minlength=len(arranged))
    smaller, went = fold(arranged, own, bound)
    assert len(smaller) <= max(bound, 1 + 2 * 5)
    tree.restart(smaller, went[place])
    _, found = ends_of(tree, numbers)
    for stack, shown in zip(stacks, found, strict=True):
        if FOLDED in shown:
            assert shown[-2:] == (FOLDED, stack[-1])
            assert shown[:-2] == tuple(stack[: len(shown) - 2])
            assert len(shown) <= len(stack) + 1
        else:
            assert shown == tuple(stack)
    again = [tree.add(stack[::-1]) for stack in stacks]
    assert ends_of(tree, again)[1] == [tuple(stack) for stack in stacks]


# ---------------------------------------------------------------- in a log


def code(number: int) -> str:
    return f"code-creation,JS,10,5,0x{number:x}000,256,f{number} /app/x.js:{number}:7,0x{number:x}0000000,~\n"


def log_of(stacks: Sequence[Sequence[int]]) -> str:
    ticks = (
        f"tick,0x{stack[-1]:x}010,{1000 * i},0,0x0,{i % 2}{''.join(f',0x{f:x}020' for f in stack[-2::-1])}\n"
        for i, stack in enumerate(stacks, 1)
    )
    return VERSION + "".join(code(number) for number in range(1, 30)) + "".join(ticks) + "profiler,end\n"


def build(lines: str) -> Profile:
    (profile,) = build_profiles("v8.log", [Block(lines.encode(), 1)], ProfileOptions())
    return profile


def test_self_and_total_ticks_are_complete_when_stacks_are_folded(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = np.random.default_rng(20261130)
    stacks = [[1, 2, 3]] * 50 + [[1, *chance.integers(1, 30, size=12).tolist()] for _ in range(400)]
    lines = log_of(stacks)
    whole = build(lines)
    monkeypatch.setattr(tick_stacks, "GrowingTree", lambda: GrowingTree(1000))
    bounded = build(lines)
    note = next(note for note in bounded.notes if note.id == "folded-stacks")
    folded = len(bounded.frames) - 1
    assert bounded.frames[folded].name == "(folded)" and "only the outermost calls and the innermost one" in note.text
    assert [row for row in bounded.flat if row.frame != folded] == list(whole.flat)
    assert bounded.frames[:folded] == whole.frames
    assert (bounded.summary, bounded.categories, bounded.states) == (whole.summary, whole.categories, whole.states)
    assert count_nodes(bounded.top_down) < 1200 < count_nodes(whole.top_down)
    assert bounded.top_down.total_ticks == bounded.bottom_up.total_ticks == sum(path.ticks for path in bounded.paths) == 450
    tops = [[profile.paths[path].frames[-1] for path in profile.samples.path] for profile in (bounded, whole)]
    assert tops[0] == tops[1]
    assert bounded.paths[0] == whole.paths[0]
    of_folded = next(row for row in bounded.flat if row.frame == folded)
    assert of_folded.self_ticks == 0 and f"of {of_folded.total_ticks:,} ticks" in note.text


def test_a_stack_deeper_than_any_of_v8_is_cut_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (growing, build_module):
        monkeypatch.setattr(module, "DEEPEST", 20)
    profile = build(log_of([list(range(1, 29)), [1, 2]]))
    assert [[int(profile.frames[frame].name[1:]) for frame in path.frames] for path in profile.paths] == [
        [1, 2],
        [*range(9, 29)],
    ]
    assert [note.text for note in profile.notes] == ["1 stack is deeper than 20 calls, of which the innermost are shown"]
