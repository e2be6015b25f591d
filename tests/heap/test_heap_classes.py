from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from made_heaps import MadeHeap, read_file

from gclog.heap.classes import ClassNames, classify, name_of, tally
from gclog.heap.dominators import find_dominators
from gclog.heap.graph import retaining_graph
from gclog.heap.strings import LOST

SAMPLES = Path(__file__).parents[2] / "samples" / "heap"

DEVTOOLS_NAMES = {"Function": "(closure)", "RegExp": "(regexp)"}
"""What DevTools call V8's types since Chrome 117."""

CASES = [
    ("object", "Session", 0, "Session", "Session"),
    ("object", "", 0, "(anonymous)", "(anonymous)"),
    ("object", "HTMLDivElement", 2, "Detached HTMLDivElement", "Detached HTMLDivElement"),
    ("object", "system / Context / scope @7871", 0, "system / Context", "system / Context"),
    ("native", "Detached DOM tree / 12 entries", 0, "Detached DOM tree", "Detached DOM tree"),
    ("native", "Detached HTMLDivElement", 2, "Detached HTMLDivElement", "Detached HTMLDivElement"),
    ("native", "Node / HTTPParser", 0, "Node / HTTPParser", "Node / HTTPParser"),
    ("hidden", "system / Map", 0, "(system)", "system / Map"),
    ("array", "(object elements)", 0, "(array)", "(object elements)"),
    ("array", "", 0, "(array)", "(array)"),
    ("string", "hello", 0, "(string)", '"hello"'),
    ("closure", "serve", 0, "(closure)", "serve()"),
    ("closure", "", 0, "(closure)", "function()"),
    ("code", "serve", 0, "(compiled code)", "serve"),
    ("regexp", "/x/", 0, "(regexp)", "/x/"),
    ("number", "heap number", 0, "(number)", "heap number"),
    ("synthetic", "(GC roots)", 0, "(synthetic)", "(GC roots)"),
]


@pytest.mark.parametrize(("kind", "name", "detachedness", "constructor", "shown"), CASES, ids=[f"{c[0]} {c[1]}" for c in CASES])
def test_nodes_have_the_names_of_devtools(
    tmp_path: Path, kind: str, name: str, detachedness: int, constructor: str, shown: str
) -> None:
    heap = MadeHeap()
    heap.node("root", "", 0, kind="synthetic")
    heap.node("it", name, 8, kind=kind, detachedness=detachedness)
    snapshot = heap.read(tmp_path)
    names = ClassNames()
    assert names.names[classify(snapshot, names)[1]] == constructor
    assert name_of(snapshot, 1) == shown


def test_names_that_are_lost_are_one_constructor_however_large_their_numbers(tmp_path: Path) -> None:
    heap = MadeHeap()
    heap.node("root", "", 0, kind="synthetic")
    heap.node("a", "A", 8)
    heap.node("b", "B", 8)
    document = heap.document()
    document["nodes"][8], document["nodes"][15] = 2**31 - 1, 2**30
    text = json.dumps(document)
    path = tmp_path / "cut.heapsnapshot"
    path.write_text(text[: text.index('"strings"')], encoding="ascii")
    names = ClassNames()
    assert [names.names[number] for number in classify(read_file(path), names)] == ["(synthetic)", LOST, LOST]


def test_a_constructor_keeps_its_number_in_the_next_snapshot(tmp_path: Path) -> None:
    names = ClassNames()
    numbers = []
    for order in (("A", "B"), ("B", "C", "A")):
        heap = MadeHeap()
        heap.node("root", "", 0, kind="synthetic")
        for name in order:
            heap.node(name, name, 8)
        numbers.append(classify(heap.read(tmp_path), names).tolist()[1:])
    (a, b), (b_again, c, a_again) = numbers
    assert (a, b) == (a_again, b_again)
    assert [names.names[number] for number in (a, b, c)] == ["A", "B", "C"]


def test_an_object_within_another_of_its_constructor_is_retained_once(tmp_path: Path) -> None:
    heap = MadeHeap()
    heap.node("root", "", 0, kind="synthetic")
    for key, size in (("outer", 10), ("inner", 20), ("apart", 40)):
        heap.node(key, "Page", size)
    heap.edge("root", "outer", 1, "element")
    heap.edge("outer", "inner")
    heap.edge("root", "apart", 2, "element")
    snapshot = heap.read(tmp_path)
    names = ClassNames()
    classes = classify(snapshot, names)
    sums = tally(snapshot, classes, find_dominators(retaining_graph(snapshot), snapshot.sizes), len(names))
    page = names.number("Page")
    assert sums.retained is not None
    assert (sums.counts[page], sums.shallow[page], sums.retained[page]) == (3, 70, 70)
    assert sums.counts.sum() == 3, "the root has no size"


@pytest.mark.parametrize("version", ["node12", "node24"])
def test_figures_of_real_snapshots_are_those_of_devtools(version: str) -> None:
    snapshot = read_file(SAMPLES / version / "3.heapsnapshot.xz")
    names = ClassNames()
    classes = classify(snapshot, names)
    sums = tally(snapshot, classes, find_dominators(retaining_graph(snapshot), snapshot.sizes), len(names))
    assert sums.retained is not None
    ours = {
        name: (int(sums.counts[number]), int(sums.shallow[number]), int(sums.retained[number]))
        for number, name in enumerate(names.names)
    }
    with (SAMPLES / version / "3.devtools.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert len(rows) > 100
    for row in rows:
        name = DEVTOOLS_NAMES.get(row["constructor"], row["constructor"])
        assert ours[name] == (int(row["count"]), int(row["shallow"]), int(row["retained"])), name
