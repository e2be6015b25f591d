from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from made_heaps import MadeHeap, leaking, read_file

from gclog.errors import InputError
from gclog.heap.strings import LOST


def small() -> MadeHeap:
    heap = MadeHeap()
    heap.node("root", "", 0, kind="synthetic")
    heap.node("a", "Session", 40)
    heap.node("b", "tëxt]", 16, kind="string")
    heap.edge("root", "a", 1, "element")
    heap.edge("a", "b", "user")
    heap.edge("a", "root", 3, "hidden")
    return heap


def test_a_snapshot_is_read_into_columns(tmp_path: Path) -> None:
    snapshot = small().read(tmp_path)
    assert snapshot.types.tolist() == [9, 3, 2]
    assert snapshot.ids.tolist() == [1, 3, 5]
    assert snapshot.sizes.tolist() == [0, 40, 16]
    assert snapshot.first_edge.tolist() == [0, 1, 3, 3]
    assert snapshot.targets.tolist() == [1, 2, 0]
    assert [snapshot.strings[number] for number in snapshot.names] == ["", "Session", "tëxt]"]
    assert snapshot.follow(1, "user") == 2
    assert (snapshot.missing, snapshot.declared_nodes) == (None, 3)


def test_the_layout_is_what_meta_says_it_is(tmp_path: Path) -> None:
    heap = small()
    heap.node_fields = ["edge_count", "self_size", "id", "name", "type"]
    snapshot = heap.read(tmp_path)
    assert snapshot.sizes.tolist() == [0, 40, 16]
    assert snapshot.targets.tolist() == [1, 2, 0]
    assert snapshot.detachedness.tolist() == [0, 0, 0]


def test_line_breaks_in_the_rows_and_gzip_are_read_through(tmp_path: Path) -> None:
    path = tmp_path / "made.heapsnapshot.gz"
    path.write_bytes(gzip.compress(json.dumps(small().document(), indent=1).encode()))
    assert read_file(path).targets.tolist() == [1, 2, 0]


def test_a_location_is_found_by_its_object_and_counts_from_one(tmp_path: Path) -> None:
    heap = small()
    heap.locations = [2 * 7, 5, 3, 4, 1 * 7, 5, 10, 20]
    snapshot = heap.read(tmp_path)
    assert (snapshot.location_of(0), snapshot.location_of(1), snapshot.location_of(2)) == (None, (11, 21), (4, 5))


def test_locations_of_another_layout_are_passed_over(tmp_path: Path) -> None:
    document = small().document()
    document["snapshot"]["meta"]["location_fields"] = ["object_index", "line"]
    document["locations"] = [7, 1]
    path = tmp_path / "made.heapsnapshot"
    path.write_text(json.dumps(document), encoding="ascii")
    assert read_file(path).location_of(1) is None


def test_a_snapshot_cut_at_any_byte_is_read_as_far_as_it_goes_or_refused(tmp_path: Path) -> None:
    text = leaking(2).text()
    whole = leaking(2).read(tmp_path)
    path = tmp_path / "cut.heapsnapshot"
    seen = set()
    for end in range(len(text)):
        path.write_text(text[:end], encoding="ascii")
        try:
            snapshot = read_file(path)
        except InputError:
            seen.add("refused")
            continue
        seen.add(snapshot.missing)
        assert snapshot.sizes.tolist() == whole.sizes.tolist()[: len(snapshot)]
        assert snapshot.targets.tolist() == whole.targets.tolist()[: len(snapshot.targets)]
        assert snapshot.missing is None or snapshot.declared_nodes == len(whole)
    assert seen == {"refused", "nodes", "edges", "strings", None}


def test_names_that_were_not_written_are_lost_and_the_others_are_there(tmp_path: Path) -> None:
    text = small().text()
    path = tmp_path / "cut.heapsnapshot"
    path.write_text(text[: text.index('"user"')], encoding="ascii")
    snapshot = read_file(path)
    assert snapshot.missing == "strings"
    names = [snapshot.strings[number] for number in snapshot.names] + [snapshot.strings[int(snapshot.edge_names[1])]]
    assert LOST in names and "Session" in names


@pytest.mark.parametrize(
    ("change", "what"),
    [
        pytest.param(lambda d: d["edges"].pop(), "row", id="a row that is not complete"),
        pytest.param(lambda d: d["edges"].__setitem__(2, 700), "does not lead to a node", id="an edge beyond the nodes"),
        pytest.param(lambda d: d["edges"].__setitem__(2, 8), "does not lead to a node", id="an edge between nodes"),
        pytest.param(lambda d: d["nodes"].__setitem__(1, 99), "name", id="a name beyond the strings"),
        pytest.param(lambda d: d["nodes"].__setitem__(3, -4), "out of range", id="a negative size"),
        pytest.param(lambda d: d["nodes"].__setitem__(4, 9), "edges", id="more edges than there are"),
        pytest.param(lambda d: d["snapshot"].pop("meta"), "meta", id="no meta"),
        pytest.param(lambda d: d["snapshot"]["meta"].pop("edge_types"), "edge_types", id="no types of edges"),
        pytest.param(
            lambda d: d["snapshot"]["meta"]["node_fields"].__setitem__(3, "weight"), "self_size", id="a field missing"
        ),
        pytest.param(lambda d: d.__setitem__("nodes", []), "no nodes", id="no nodes"),
    ],
)
def test_a_corrupt_snapshot_is_refused_with_the_reason(
    tmp_path: Path, change: Callable[[dict[str, Any]], object], what: str
) -> None:
    document = small().document()
    change(document)
    path = tmp_path / "bad.heapsnapshot"
    path.write_text(json.dumps(document), encoding="ascii")
    with pytest.raises(InputError, match=what):
        read_file(path)


@pytest.mark.parametrize("text", ["", "[1]", "12345", '{"nodes":[1]}', '{"snapshot":1}', "[10:0x1] 5 ms: Scavenge", "{"])
def test_what_is_no_snapshot_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "other"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="is not a heap snapshot"):
        read_file(path)
