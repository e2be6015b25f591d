from __future__ import annotations

from pathlib import Path

import pytest
from made_heaps import MadeHeap

from gclog.heap.classes import ClassNames, classify
from gclog.heap.diff import diff_heaps


def objects(*shapes: tuple[int, str, tuple[str, ...]]) -> MadeHeap:
    """So many objects of a constructor with these properties, for each; every value is one text."""
    heap = MadeHeap()
    heap.node("root", "", 0, kind="synthetic", id=1)
    heap.node("text", "x", 16, kind="string", id=3)
    for group, (count, name, properties) in enumerate(shapes):
        for number in range(count):
            node = heap.node(f"{group} {number}", name, 2000, id=10_001 * (group + 1) * 2 + 2 * number + 1)
            heap.edge("root", node, number, "element")
            for prop in (*properties, "__proto__"):
                heap.edge(node, "text", prop)
    return heap


def counted(folder: Path, heap: MadeHeap, names: ClassNames) -> dict[str, int]:
    numbers = classify(heap.read(folder), names).tolist()
    return {name: numbers.count(number) for number, name in enumerate(names.names) if name not in ("(synthetic)", "(string)")}


@pytest.mark.parametrize(
    ("shapes", "found"),
    [
        ([(12, "Object", ("user", "cart")), (11, "Object", ("page",))], {"{user, cart}": 12, "{page}": 11}),
        ([(12, "Object", ("user", "cart")), (5, "Object", ("cart", "user"))], {"{user, cart}": 17}),
        ([(9, "Object", ("user",))], {"Object": 9}),
        ([(12, "Object", ())], {"Object": 12}),
        ([(12, "Session", ("user",))], {"Session": 12}),
        ([(12, "Object", tuple("abcdefgh"))], {"{a, b, c, d, e, f, …}": 12}),
        ([(12, "Object", tuple(f"k{number}" for number in range(25)))], {"Object": 12}),
    ],
    ids=["two shapes", "in any order", "too few", "without properties", "a class", "many properties", "a table of data"],
)
def test_plain_objects_are_told_apart_by_their_properties(
    tmp_path: Path, shapes: list[tuple[int, str, tuple[str, ...]]], found: dict[str, int]
) -> None:
    names = ClassNames()
    shown = counted(tmp_path, objects(*shapes), names)
    assert {name: count for name, count in shown.items() if count} == found


def test_a_shape_that_an_earlier_snapshot_had_is_known_however_few_are_left(tmp_path: Path) -> None:
    names = ClassNames()
    counted(tmp_path, objects((12, "Object", ("user",))), names)
    assert counted(tmp_path, objects((3, "Object", ("user",))), names) == {"Object": 0, "{user}": 3}


def test_objects_that_got_a_property_are_still_of_the_same_process(tmp_path: Path) -> None:
    before, after = objects((60, "Object", ("user",))), objects((60, "Object", ("user", "cart")))
    diff = diff_heaps([str(heap.write(tmp_path / str(number))) for number, heap in enumerate((before, after))])
    assert diff.method == "two"
