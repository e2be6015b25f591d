"""The columns of a snapshot beside a plain reading of the same file, and numbers at the ends of their ranges."""

from __future__ import annotations

import json
import lzma
import shutil
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_heaps import MadeHeap, leaking, read_file

from gclog.errors import InputError
from gclog.heap import snapshot, spill
from gclog.heap.diff import diff_heaps
from gclog.heap.dominators import find_dominators
from gclog.heap.graph import Graph, retaining_graph, sources_of, strong_graph
from gclog.heap.inventory import positions_of

SAMPLES = Path(__file__).parents[2] / "samples" / "heap"

BLOCK = 1 << 8
"""Rows at once, for a small snapshot as the usual ones for one of a gigabyte."""

BLOCKS_AT_ONCE = 30
"""What a pass needs besides: some blocks of numbers, of places, of sorted ones."""


def small() -> MadeHeap:
    heap = MadeHeap()
    heap.node("root", "", 0, kind="synthetic")
    heap.node("a", "Session", 40)
    heap.node("b", "text", 16, kind="string")
    heap.edge("root", "a", 1, "element")
    heap.edge("a", "b", "user")
    return heap


def written(document: dict[str, Any], folder: Path) -> Path:
    path = folder / "made.heapsnapshot"
    path.write_text(json.dumps(document), encoding="ascii")
    return path


@pytest.mark.parametrize("version", ["node12", "node24"])
def test_columns_of_a_real_snapshot_are_those_of_a_plain_reading(version: str) -> None:
    path = SAMPLES / version / "2.heapsnapshot.xz"
    plain = json.loads(lzma.decompress(path.read_bytes()))
    meta = plain["snapshot"]["meta"]
    nodes = dict(zip(meta["node_fields"], np.array(plain["nodes"]).reshape(-1, len(meta["node_fields"])).T, strict=True))
    edges = dict(zip(meta["edge_fields"], np.array(plain["edges"]).reshape(-1, len(meta["edge_fields"])).T, strict=True))
    read = read_file(path)
    assert (len(read), len(read.targets)) == (plain["snapshot"]["node_count"], plain["snapshot"]["edge_count"])
    for ours, theirs in ((read.types, "type"), (read.names, "name"), (read.ids, "id"), (read.sizes, "self_size")):
        assert np.array_equal(ours, nodes[theirs]), theirs
    assert np.array_equal(read.detachedness, nodes.get("detachedness", np.zeros(len(read))))
    assert np.array_equal(np.diff(read.first_edge), nodes["edge_count"])
    assert np.array_equal(read.edge_types, edges["type"])
    assert np.array_equal(read.edge_names, edges["name_or_index"])
    assert np.array_equal(read.targets * len(meta["node_fields"]), edges["to_node"])
    assert [read.strings[number] for number in range(len(read.strings))] == plain["strings"]
    places = np.array(plain["locations"]).reshape(-1, len(meta["location_fields"]))
    for place, _, line, column in places[:: len(places) // 50].tolist():
        assert read.location_of(place // len(meta["node_fields"])) == (line + 1, column + 1)


@pytest.mark.parametrize(
    ("rows", "place", "value"),
    [
        pytest.param("nodes", 7 + 1, 2**31, id="name"),
        pytest.param("nodes", 7 + 2, -1, id="id"),
        pytest.param("nodes", 7 + 3, -1, id="self_size"),
        pytest.param("nodes", 7 + 4, 2**31, id="edge_count"),
        pytest.param("nodes", 7 + 0, 256, id="type"),
        pytest.param("nodes", 7 + 6, 256, id="detachedness"),
        pytest.param("edges", 1, 2**31, id="name_or_index"),
        pytest.param("edges", 2, 2**31, id="to_node"),
    ],
)
def test_a_number_that_its_column_cannot_hold_is_refused_by_the_columns_name(
    rows: str, place: int, value: int, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    document = small().document()
    document[rows][place] = value
    name = request.node.callspec.id
    with pytest.raises(InputError, match=f"out of range in the column {name}$|out of range in the column {name}\n"):
        read_file(written(document, tmp_path))


def test_the_largest_id_and_an_object_of_more_than_4_gb_are_read_and_added_up(tmp_path: Path) -> None:
    document = small().document()
    document["nodes"][7 + 2], document["nodes"][7 + 3] = 2**32 - 1, 2**40 + 1
    path = written(document, tmp_path)
    again = shutil.copy(path, tmp_path / "again.heapsnapshot")
    read = read_file(path)
    assert (read.ids.tolist(), read.sizes.tolist()) == ([1, 2**32 - 1, 5], [0, 2**40 + 1, 16])
    diff = diff_heaps([str(path), str(again)])
    assert (diff.method, diff.snapshots[0].total_bytes) == ("two", 2**40 + 17)
    session = next(one for one in diff.classes if one.name == "Session")
    assert (session.figures[0].retained_bytes, session.new, session.gone) == (2**40 + 17, 0, 0)


def test_more_edges_than_32_bits_count_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "MAX_EDGES", 1)
    with pytest.raises(InputError, match="2 edges; more than 1 cannot be read"):
        small().read(tmp_path)


@pytest.mark.parametrize(
    ("at", "sources"),
    [
        (slice(0, 6), [0, 0, 2, 2, 2, 5]),
        (slice(0, 1), [0]),
        (slice(1, 3), [0, 2]),
        (slice(3, 4), [2]),
        (slice(4, 6), [2, 5]),
        (slice(5, 6), [5]),
    ],
    ids=str,
)
def test_the_sources_of_some_edges_are_the_nodes_whose_edges_they_are(at: slice, sources: list[int]) -> None:
    first = np.array([0, 2, 2, 5, 5, 5, 6, 6], np.int64)  # nodes 1, 3, 4 and 6 have none
    assert sources_of(first, at).tolist() == sources


@pytest.mark.parametrize(
    ("ids", "among", "places"),
    [
        ([1, 3, 4_000_000_001, 9], [3, 5, 4_000_000_001], [-1, 0, 2, -1]),
        ([7], [], [-1]),
        ([], [7], []),
        ([9, 3, 3], [3], [-1, 0, 0]),
    ],
    ids=str,
)
def test_ids_are_found_among_sorted_ones(ids: list[int], among: list[int], places: list[int]) -> None:
    assert positions_of(np.array(ids, np.uint32), np.array(among, np.uint32)).tolist() == places


def test_a_graph_has_the_chosen_edges_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spill, "BLOCK_ROWS", 2)
    heap = small()
    heap.node("c", "C", 8)
    heap.edge("a", "a", "self")
    heap.edge("a", "c", "cache", "weak")
    heap.edge("c", "b", "text")
    read = heap.read(tmp_path)  # edges: root-a, a-b, a-a, a-c, c-b
    strong, retaining = strong_graph(read), retaining_graph(read)
    assert [column.tolist() for column in (strong.first, strong.targets, strong.edges)] == [
        [0, 1, 3, 3, 4],
        [1, 2, 1, 2],
        [0, 1, 2, 4],
    ]
    assert [column.tolist() for column in (retaining.first, retaining.targets, retaining.edges)] == [
        [0, 1, 2, 2, 3],
        [1, 2, 2],
        [0, 1, 4],
    ]


@pytest.mark.parametrize("retained", [True, False])
def test_a_strings_text_that_looks_like_a_weak_maps_entry_with_a_number_beyond_all_ids_is_no_entry(
    retained: bool, tmp_path: Path
) -> None:
    heap = leaking(10)
    text = heap.node("text", f"part of key (A @5) -> value (B @7) pair in WeakMap (table @{'9' * 30})", 100, kind="string")
    heap.edge("scope", text, "text", "context")
    diff = diff_heaps([str(heap.write(tmp_path / "1.heapsnapshot"))], retained)
    assert sum(one.figures[0].count for one in diff.classes) == len(heap.nodes) - 2


@pytest.mark.parametrize("shape", ["list", "array", "pairs"])
def test_dominators_take_no_more_than_24_bytes_a_node_and_4_an_edge(shape: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spill, "BUFFER_BYTES", BLOCK)
    monkeypatch.setattr(spill, "BLOCK_ROWS", BLOCK)
    size, numbers = 30_000, np.arange(30_000)
    counts, targets = {
        "list": (np.append(np.ones(size - 1, np.int64), 0), numbers[1:]),
        "array": (np.append(size - 1, np.zeros(size - 1, np.int64)), numbers[1:]),
        "pairs": (np.full(size, 2), np.stack((np.minimum(numbers + 1, size - 1), numbers * 7 % size), axis=1).reshape(-1)),
    }[shape]
    first = np.concatenate(([0], np.cumsum(counts)))
    graph = Graph(spill.spill(first), spill.spill(targets.astype(np.int32)), np.empty(0, np.int32))
    sizes = spill.spill(np.ones(size, np.int64))
    tracemalloc.start()
    found = find_dominators(graph, sizes)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (found.retained[0], found.unreached) == (size, 0)
    assert peak < 24 * size + 4 * len(targets) + BLOCKS_AT_ONCE * 8 * BLOCK
