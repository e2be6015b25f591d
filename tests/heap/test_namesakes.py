"""Classes of one name that are defined at different places."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_heaps import MadeHeap

from gclog.heap.diff import diff_heaps
from gclog.model.heap import HeapDiff
from gclog.report.redact.report import redact

Class = tuple[str, str, int, int]
"""Name, file, line, and the number of objects; a line of 0: V8 does not know the place."""


def heap_of(*classes: Class) -> MadeHeap:
    heap = MadeHeap()
    heap.node("root", "", 0, kind="synthetic", id=1)
    heap.node("roots", "(GC roots)", 0, kind="synthetic", id=3)
    heap.edge("root", "roots", 1, "element")
    heap.node("list", "Array", 16)
    heap.edge("roots", "list", 1, "element")
    width, rows = len(heap.node_fields), []
    for number, (name, file, line, count) in enumerate(classes):
        function = heap.node(f"function {number}", name, 8, kind="closure")
        shared = heap.node(f"shared {number}", name, 8, kind="code")
        script = heap.node(f"script {number}", file, 8, kind="code")
        heap.edge("roots", function, 10 + number, "element")
        heap.edge(function, shared, "shared", "internal")
        heap.edge(shared, script, "script", "internal")
        rows.append((heap.numbers[function] * width, number + 50, max(line - 1, 0), 9))
        for place in range(count):
            one = heap.node(f"{number} {place}", name, 1000, id=100_001 * (number + 1) // 2 * 2 + 1 + 2 * place)
            heap.edge("list", one, place, "element")
            if line:
                rows.append((heap.numbers[one] * width, number + 50, line - 1, 9))
    heap.locations = [value for row in sorted(rows) for value in row]
    return heap


def compare(tmp_path: Path, *heaps: MadeHeap) -> HeapDiff:
    return diff_heaps([str(heap.write(tmp_path / f"{number}.heapsnapshot")) for number, heap in enumerate(heaps, 1)])


def counts(diff: HeapDiff) -> dict[str, list[int]]:
    return {
        one.name: [figures.count for figures in one.figures] for one in diff.classes if "Item" in one.name or "Map" in one.name
    }


CART, NEWS = ("Item", "/app/lib/cart.js", 2), ("Item", "/app/lib/news.js", 4)

CASES: list[tuple[str, list[tuple[Class, ...]], dict[str, list[int]]]] = [
    ("one place", [((*CART, 20),)], {"Item": [20]}),
    ("two files", [((*CART, 20), (*NEWS, 5))], {"Item (cart.js:2)": [20], "Item (news.js:4)": [5]}),
    ("two lines", [((*CART, 20), ("Item", "/app/lib/cart.js", 9, 5))], {"Item (cart.js:2)": [20], "Item (cart.js:9)": [5]}),
    (
        "files of one name",
        [((*CART, 20), ("Item", "/app/old/cart.js", 2, 5))],
        {"Item (lib/cart.js:2)": [20], "Item (old/cart.js:2)": [5]},
    ),
    ("a script that was evaluated twice", [((*CART, 20), (*CART, 5))], {"Item": [25]}),
    (
        "that of the runtime keeps the name",
        [(("Item", "node:internal/x", 1, 4), (*CART, 20))],
        {"Item": [4], "Item (cart.js:2)": [20]},
    ),
    (
        "that of the language does, too",
        [(("Map", "", 0, 4), ("Map", "/app/map.js", 1, 20))],
        {"Map": [4], "Map (map.js:1)": [20]},
    ),
    (
        "the second comes later",
        [((*CART, 20),), ((*CART, 30), (*NEWS, 5))],
        {"Item (cart.js:2)": [20, 30], "Item (news.js:4)": [0, 5]},
    ),
    ("another version of the program", [((*CART, 20),), (("Item", "/app/lib/cart.js", 7, 30),)], {"Item": [20, 30]}),
]


@pytest.mark.parametrize(("heaps", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_classes_of_one_name_are_told_apart_by_their_place(
    tmp_path: Path, heaps: list[tuple[Class, ...]], expected: dict[str, list[int]]
) -> None:
    assert counts(compare(tmp_path, *(heap_of(*classes) for classes in heaps))) == expected


def test_the_one_that_grows_is_named_with_its_place_and_redacted_with_it(tmp_path: Path) -> None:
    heaps = (heap_of((*CART, count), (*NEWS, 20)) for count in (20, 60, 100))
    diff = compare(tmp_path, *heaps)
    assert [grower.growth.name for grower in diff.growers] == ["Item (cart.js:2)"]
    assert redact(diff).growers[0].growth.name == "class-1 (script-1.js:2)"
