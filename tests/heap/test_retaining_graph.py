from __future__ import annotations

from pathlib import Path

from made_heaps import MadeHeap

from gclog.heap.dominators import find_dominators
from gclog.heap.graph import retaining_graph


def retained(heap: MadeHeap, folder: Path) -> dict[str, int]:
    snapshot = heap.read(folder)
    sizes = find_dominators(retaining_graph(snapshot), snapshot.sizes).retained
    return {key: int(sizes[number]) for key, number in heap.numbers.items()}


def base() -> MadeHeap:
    heap = MadeHeap()
    heap.node("root", "", 0, kind="synthetic")
    heap.node("roots", "(GC roots)", 0, kind="synthetic")
    heap.edge("root", "roots", 1, "element")
    heap.node("a", "A", 10)
    heap.node("b", "B", 20)
    heap.node("c", "C", 40)
    heap.edge("roots", "a", 1, "element")
    heap.edge("a", "c")
    return heap


def test_a_weak_edge_retains_nothing(tmp_path: Path) -> None:
    heap = base()
    heap.edge("roots", "b", 2, "element")
    heap.edge("b", "c", "cache", "weak")
    assert retained(heap, tmp_path) == {"root": 70, "roots": 70, "a": 50, "b": 20, "c": 40}


def test_an_edge_of_any_other_type_retains(tmp_path: Path) -> None:
    for kind in ("context", "property", "internal"):
        heap = base()
        heap.edge("roots", "b", 2, "element")
        heap.edge("b", "c", "x", kind)
        assert retained(heap, tmp_path)["a"] == 10


def test_a_shortcut_retains_only_from_the_root(tmp_path: Path) -> None:
    heap = base()
    heap.edge("roots", "b", 2, "element")
    heap.edge("b", "c", "bound_this", "shortcut")
    assert retained(heap, tmp_path)["a"] == 50


def test_what_a_global_object_reaches_is_not_shared_with_the_roots_of_v8(tmp_path: Path) -> None:
    heap = base()
    heap.node("global", "global", 5)
    heap.edge("root", "global", 3, "shortcut")
    heap.edge("global", "b", "b")
    heap.edge("b", "c", "c")
    assert retained(heap, tmp_path) == {"root": 75, "roots": 10, "a": 10, "b": 60, "c": 40, "global": 65}


def test_the_value_of_a_weak_maps_entry_belongs_to_its_key(tmp_path: Path) -> None:
    heap = base()
    heap.node("table", "system / EphemeronHashTable", 8, kind="array", id=77)
    heap.node("value", "Value", 100)
    heap.edge("roots", "table", 2, "element")
    name = "1 / part of key (A @5) -> value (Value @99) pair in WeakMap (table @77)"
    heap.edge("a", "value", name, "internal")
    heap.edge("table", "value", name, "internal")
    found = retained(heap, tmp_path)
    assert (found["a"], found["table"]) == (150, 8)
