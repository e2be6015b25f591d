from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from made_heaps import MadeHeap, leaking
from numpy.typing import NDArray

from gclog.errors import Fault
from gclog.heap.classes import ClassNames, classify
from gclog.heap.diff import diff_heaps
from gclog.heap.snapshot import Snapshot
from gclog.model.heap import Grower, Holder, PathStep
from gclog.model.not_known import NotKnown


def trace(folder: Path, heap: MadeHeap) -> Grower:
    return diff_heaps([str(heap.write(folder / "made.heapsnapshot"))]).growers[0]


def pile(count: int = 400) -> MadeHeap:
    """Many sessions of 100 bytes, held by nothing yet."""
    heap = MadeHeap()
    heap.node("root", "", 0, kind="synthetic")
    heap.node("global", "global", 40)
    heap.edge("root", "global", 1, "shortcut")
    for number in range(count):
        heap.node(f"session {number}", "Session", 100)
    return heap


def hold(heap: MadeHeap, holder: str) -> None:
    for key in [key for key in heap.numbers if key.startswith("session ")]:
        heap.edge(holder, key, int(key.split()[1]), "element")


def test_the_path_is_the_shortest_one_with_edges_by_name(tmp_path: Path) -> None:
    grower = trace(tmp_path, leaking(401))
    assert [(step.kind, step.edge, step.name) for step in grower.path] == [
        ("root", "", "global"),
        ("property", "handle", "handle()"),
        ("internal", "context", "system / Context"),
        ("context", "sessions", "Array"),
        ("element", "[200]", "Session"),
    ]
    assert grower.path[-1] == PathStep("[200]", "element", "Session", 101 + 4 * 200)
    assert grower.example_id == 901


def test_a_property_of_the_exports_of_a_module_has_the_modules_file(tmp_path: Path) -> None:
    heap = pile()
    heap.node("module", "Module", 64)
    heap.node("file", "/app/cart.js", 32, kind="string")
    heap.node("exports", "Object", 32)
    heap.node("carts", "Map", 32)
    heap.edge("global", "module", "mainModule")
    heap.edge("module", "file", "filename")
    heap.edge("module", "exports", "exports")
    heap.edge("exports", "carts", "carts")
    hold(heap, "carts")
    assert trace(tmp_path, heap).holder == Holder("carts", "Map", "/app/cart.js")


def test_a_scope_has_the_file_of_a_function_within_it(tmp_path: Path) -> None:
    heap = pile()
    heap.node("scope", "system / Context", 32)
    heap.node("list", "Array", 16)
    heap.node("function", "serve", 64, kind="closure")
    heap.node("shared", "serve", 64, kind="code")
    heap.node("script", "/app/serve.js", 64, kind="code")
    heap.edge("global", "scope", "scope", "internal")
    heap.edge("scope", "list", "list", "context")
    heap.edge("scope", "function", "serve", "context")
    heap.edge("function", "scope", "context", "internal")
    heap.edge("function", "shared", "shared", "internal")
    heap.edge("shared", "script", "script_or_debug_info", "internal")
    hold(heap, "list")
    assert trace(tmp_path, heap).holder == Holder("list", "Array", "/app/serve.js")


def test_an_object_that_only_weak_references_lead_to_has_no_holder(tmp_path: Path) -> None:
    heap = pile()
    heap.node("list", "Array", 16)
    heap.edge("list", "global", "global")
    hold(heap, "list")
    diff = diff_heaps([str(heap.write(tmp_path / "made.heapsnapshot"))])
    assert isinstance(diff.growers[0].holder, NotKnown)
    assert [note for note in diff.notes if "weakly" in note] == [
        f"401 objects of {tmp_path / 'made.heapsnapshot'} are only weakly referenced"
    ]


def test_objects_that_are_not_accused_may_be_weakly_referenced(tmp_path: Path) -> None:
    heap = pile()
    hold(heap, "global")
    heap.node("loose", "Loose", 8)
    assert not diff_heaps([str(heap.write(tmp_path / "made.heapsnapshot"))]).notes


def test_a_fault_names_the_snapshot_in_which_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heap = pile()
    hold(heap, "global")
    paths = [str(heap.write(tmp_path / f"{number}.heapsnapshot")) for number in (1, 2, 3)]

    def failing(snapshot: Snapshot, names: ClassNames) -> NDArray[np.int32]:
        return classify(snapshot, names) if snapshot.name != paths[1] else {}[snapshot.name]

    monkeypatch.setattr("gclog.heap.diff.classify", failing)
    with pytest.raises(Fault) as raised:
        diff_heaps(paths)
    assert raised.value.where == paths[1]


def test_what_the_rules_of_devtools_leave_without_a_way_is_traced_from_the_roots_of_v8(tmp_path: Path) -> None:
    heap = pile()
    heap.node("roots", "(Stack roots)", 0, kind="synthetic")
    heap.node("list", "Array", 16)
    heap.edge("root", "roots", 2, "element")
    heap.edge("roots", "list", "list", "internal")
    heap.edge("global", "list", "bound_argument_0", "shortcut")  # makes it the program's own, but retains nothing
    hold(heap, "list")
    grower = trace(tmp_path, heap)
    assert [step.name for step in grower.path] == ["global", "Array", "Session"]
    assert grower.holder == Holder("", "Array", "")


def test_a_class_is_defined_where_its_constructor_is(tmp_path: Path) -> None:
    heap = pile()
    heap.node("later", "system / Map", 80, kind="hidden")
    heap.node("first", "system / Map", 80, kind="hidden")
    heap.node("constructor", "Session", 64, kind="closure")
    heap.node("shared", "Session", 64, kind="code")
    heap.node("script", "/app/session.js", 64, kind="code")
    hold(heap, "global")
    for key in [key for key in heap.numbers if key.startswith("session ")]:
        heap.edge(key, "later", "map", "internal")
    heap.edge("later", "first", "back_pointer", "internal")
    heap.edge("first", "constructor", "constructor", "internal")
    heap.edge("constructor", "shared", "shared", "internal")
    heap.edge("shared", "script", "script", "internal")
    heap.locations = [7 * heap.numbers["constructor"], 9, 11, 3]
    assert trace(tmp_path, heap).defined == "/app/session.js:12"


def test_a_plain_object_is_described_by_its_properties(tmp_path: Path) -> None:
    heap = MadeHeap()
    heap.node("root", "", 0, kind="synthetic")
    heap.node("text", "x", 16, kind="string")
    heap.node("prototype", "Base", 16)
    for number in range(400):
        heap.edge("root", heap.node(f"o{number}", "Object", 100), number, "element")
        heap.edge(f"o{number}", "text", "user")
        heap.edge(f"o{number}", "prototype", "__proto__")
        heap.edge(f"o{number}", "text", "cart")
    assert trace(tmp_path, heap).properties == ("user", "cart")


def test_a_very_long_way_is_given_by_its_end(tmp_path: Path) -> None:
    heap = pile()
    above = "global"
    for number in range(300):
        heap.edge(above, heap.node(f"link {number}", "Link", 8), f"next{number}")
        above = f"link {number}"
    hold(heap, above)
    grower = next(one for one in diff_heaps([str(heap.write(tmp_path / "x"))]).growers if one.growth.name == "Session")
    assert (len(grower.path), grower.path[-1].name, grower.path[0].name) == (200, "Session", "Link")
