from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gclog.heap.dominators import find_dominators, topmost
from gclog.heap.graph import Graph, walk

Edges = list[tuple[int, int]]


def graph_of(size: int, edges: Edges) -> Graph:
    ordered = sorted(edges)
    first = np.zeros(size + 1, np.int64)
    np.cumsum(np.bincount(np.array([a for a, _ in ordered], np.int64), minlength=size), out=first[1:])
    return Graph(first, np.array([b for _, b in ordered], np.int32), np.arange(len(ordered), dtype=np.int32))


def reach(edges: Edges, start: int, without: int | None = None) -> set[int]:
    seen: set[int] = set()
    waiting = [start]
    while waiting:
        node = waiting.pop()
        if node not in seen and node != without:
            seen.add(node)
            waiting += [b for a, b in edges if a == node]
    return seen


@st.composite
def graphs(draw: st.DrawFn) -> tuple[int, Edges]:
    size = draw(st.integers(1, 10))
    node = st.integers(0, size - 1)
    edges = draw(st.lists(st.tuples(node, node), max_size=25, unique=True))
    return size, [(a, b) for a, b in edges if a != b]


def test_the_classic_diamond() -> None:
    #    0 -> 1 -> 2 -> 4 -> 5,  1 -> 3 -> 4,  0 -> 6
    edges = [(0, 1), (1, 2), (1, 3), (2, 4), (3, 4), (4, 5), (0, 6)]
    found = find_dominators(graph_of(7, edges), np.array([0, 1, 2, 4, 8, 16, 32], np.int64))
    assert found.immediate.tolist() == [0, 0, 1, 1, 1, 4, 0]
    assert found.retained.tolist() == [63, 31, 2, 4, 24, 16, 32]
    assert found.unreached == 0


def test_what_nothing_retains_hangs_on_the_root_and_retains_nothing_that_lives() -> None:
    # 2 -> 1 and 2 -> 3, but nothing leads to 2; 1 is the root's
    found = find_dominators(graph_of(4, [(0, 1), (2, 1), (2, 3)]), np.array([0, 5, 7, 11], np.int64))
    assert found.immediate.tolist() == [0, 0, 0, 2]
    assert found.retained.tolist() == [23, 5, 18, 11]
    assert found.unreached == 2


def test_a_long_list_needs_no_recursion() -> None:
    size = 50_000
    found = find_dominators(graph_of(size, [(n, n + 1) for n in range(size - 1)]), np.ones(size, np.int64))
    assert found.retained[:3].tolist() == [size, size - 1, size - 2]


@settings(max_examples=400)
@given(graph=graphs(), data=st.data())
def test_retained_is_what_cannot_be_reached_without_the_node(graph: tuple[int, Edges], data: st.DataObject) -> None:
    size, edges = graph
    sizes = data.draw(st.lists(st.integers(0, 50), min_size=size, max_size=size))
    found = find_dominators(graph_of(size, edges), np.array(sizes, np.int64))
    reached = reach(edges, 0)
    assert found.unreached == size - len(reached)
    assert found.retained[0] == sum(sizes)
    for node in reached - {0}:
        lost = reached - reach(edges, 0, without=node)
        assert found.retained[node] == sum(sizes[other] for other in lost)
        inside = {other for other in reached if found.enter[node] <= found.enter[other] <= found.leave[node]}
        assert inside == lost


@settings(max_examples=300)
@given(graph=graphs(), data=st.data())
def test_topmost_are_those_without_one_of_their_group_above(graph: tuple[int, Edges], data: st.DataObject) -> None:
    size, edges = graph
    groups = data.draw(st.lists(st.integers(-1, 2), min_size=size, max_size=size))
    found = find_dominators(graph_of(size, edges), np.ones(size, np.int64))
    top = topmost(found, np.array(groups, np.int32))
    for node in range(size):
        above, others = node, set()
        while above != 0:
            above = int(found.immediate[above])
            others.add(groups[above])
        assert top[node] == (groups[node] >= 0 and groups[node] not in others)


@settings(max_examples=300)
@given(graph=graphs(), data=st.data())
def test_a_walk_reaches_what_can_be_reached_by_shortest_ways(graph: tuple[int, Edges], data: st.DataObject) -> None:
    size, edges = graph
    start = data.draw(st.integers(0, size - 1))
    found = walk(graph_of(size, edges), [np.array([start], np.int64)])
    assert set(np.flatnonzero(found.reached).tolist()) == reach(edges, start)
    distance = {start: 0}
    for _ in range(size):
        for a, b in edges:
            if a in distance:
                distance[b] = min(distance.get(b, size), distance[a] + 1)
    for node, steps in distance.items():
        walked = 0
        while found.parents[node] >= 0:
            node, walked = int(found.parents[node]), walked + 1
        assert (node, walked) == (start, steps)


def test_a_wide_walk_finds_the_same_as_a_narrow_one() -> None:
    # 0 leads to 1..100, each of which leads to 101: at once, not one by one
    edges = [(0, n) for n in range(1, 101)] + [(n, 101) for n in range(1, 101)] + [(101, 102)]
    found = walk(graph_of(103, edges), [np.array([0], np.int64)])
    assert found.reached.all()
    assert (found.parents[50], found.parents[101], found.parents[102]) == (0, 1, 101)
