"""Snapshots that are not Node's: whose they are, and what is not claimed of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from made_heaps import NODE_TYPES, MadeHeap

from gclog.errors import InputError
from gclog.heap.diff import diff_heaps
from gclog.heap.makers import find_maker, say_maker
from gclog.model.heap import HeapDiff, Maker
from gclog.report.say.heap import document_of
from gclog.report.say.heap_sentences import answer, compared

ADDRESS = 0x7F12_3456_7890


def heap_with(*names: str, roots: str = "(GC roots)", ids: tuple[int, int] = (1, 3)) -> MadeHeap:
    heap = MadeHeap()
    heap.node("root", "", 0, kind="synthetic", id=ids[0])
    heap.node("roots", roots, 0, kind="synthetic", id=ids[1])
    heap.edge("root", "roots", 1, "element")
    for number, name in enumerate(names):
        heap.edge("roots", heap.node(name, name, 8, kind="code"), number, "element")
    return heap


MAKERS: list[tuple[Maker, MadeHeap]] = [
    ("Node", heap_with("Node / Environment")),
    ("Node", heap_with("internal/bootstrap/loaders.js")),
    ("Node", heap_with("a text about blink::Node and ext:core/", "node:internal/bootstrap/realm")),
    ("Deno", heap_with("system / Script / ext:core/01_core.js")),
    ("Chrome", heap_with("blink::StyleRule")),
    ("Chrome", heap_with("(Document DOM trees)")),
    ("Electron", heap_with("electron/js2c/browser_init", "node:internal/bootstrap/realm", "blink::StyleRule")),
    ("Bun", heap_with("system / JSGlobalLexicalEnvironment", ids=(1, 2))),
    ("Hermes", heap_with("HermesInternal", roots="(GC Roots)", ids=(2, 4))),
    ("V8", heap_with("HermesInternal")),
    ("V8", heap_with("nothing in particular", ids=(5, 9))),
    ("unknown", heap_with("nothing in particular", roots="all", ids=(0, 1))),
]


@pytest.mark.parametrize(("maker", "heap"), MAKERS, ids=[f"{number} {maker}" for number, (maker, _) in enumerate(MAKERS)])
def test_a_maker_is_known_by_names_that_only_it_has(tmp_path: Path, maker: Maker, heap: MadeHeap) -> None:
    assert find_maker(heap.read(tmp_path)) == maker


def growing(count: int, mark: str, ids: tuple[int, int], first_id: int) -> MadeHeap:
    """An array of sessions; the ids of everything begin anew at `first_id`."""
    heap = heap_with(mark, ids=ids)
    heap.node("list", "Array", 16, id=first_id)
    heap.edge("roots", "list", 9, "element")
    for number in range(count):
        heap.edge("list", heap.node(f"s{number}", "Session", 1000, id=first_id + 1 + number), number, "element")
    return heap


def compare(tmp_path: Path, heaps: list[MadeHeap]) -> HeapDiff:
    return diff_heaps([str(heap.write(tmp_path / f"{number}.heapsnapshot")) for number, heap in enumerate(heaps, 1)])


def test_bun_numbers_anew_so_constructors_are_compared_and_nothing_is_said_of_processes(tmp_path: Path) -> None:
    mark = "system / JSGlobalLexicalEnvironment"
    diff = compare(tmp_path, [growing(count, mark, (1, 2), 100 * count) for count in (50, 100, 150)])
    assert diff.method == "by-constructor"
    assert answer(diff).startswith("`Session` grows: +100 objects")
    assert compared(diff) == "snapshots of Bun, in which an object's id is no clue, by constructor only"
    assert say_maker("Bun") in diff.notes[0] and "different processes" not in " ".join(diff.notes)


def test_one_of_bun_has_the_object_that_holds_most_whatever_its_id(tmp_path: Path) -> None:
    heaps = [growing(50, "system / JSGlobalLexicalEnvironment", (1, 2), first_id) for first_id in (100, 101)]
    assert all(diff.in_place[0].name == "Array" for diff in (compare(tmp_path, [heap]) for heap in heaps))


def test_julias_ids_are_addresses_and_are_shown_as_they_are(tmp_path: Path) -> None:
    paths = []
    for number, count in enumerate((50, 90)):
        document = growing(count, "Main", (0, 1), ADDRESS).document()
        document["snapshot"]["meta"]["node_types"] = [["jl_task_t", *NODE_TYPES[1:]]]
        path = tmp_path / f"{number}.heapsnapshot"
        path.write_text(json.dumps(document), encoding="ascii")
        paths.append(str(path))
    diff = diff_heaps(paths)
    assert {one.maker for one in diff.snapshots} == {"Julia"} and diff.method == "by-constructor"
    assert ADDRESS < diff.growers[0].example_id <= ADDRESS + 90
    assert "none of it is JavaScript" in " ".join(diff.notes)


def test_the_form_of_javascriptcore_is_named(tmp_path: Path) -> None:
    path = tmp_path / "bun.heapsnapshot"
    path.write_text('{"version":3,"type":"Inspector","nodes":[0,0,0,0]}', encoding="ascii")
    with pytest.raises(InputError, match="JavaScriptCore"):
        diff_heaps([str(path)])


def dom_page() -> MadeHeap:
    """A document with an attached `<p>`, and a detached `<div>` with two nodes in it, of which the document holds one as well."""
    heap = heap_with("blink::StyleRule")
    heap.node("document", "Document", 100, kind="native", id=20, detachedness=1)
    heap.node("wrapper", "Widget", 10)
    heap.node("div", "<div>", 200, kind="native", id=22, detachedness=2)
    for key, id in (("p", 24), ("li", 26), ("both", 28)):
        heap.node(key, f"<{key}>", 30, kind="native", id=id)
    heap.node("store", "system / PropertyArray", 40, kind="native", id=30)
    heap.node("data", "Data", 50)
    for target in ("document", "wrapper"):
        heap.edge("roots", target, len(heap.edges), "element")
    heap.edge("wrapper", "div", "el")
    for source, target in (
        ("document", "p"),
        ("document", "both"),
        ("div", "li"),
        ("div", "both"),
        ("div", "store"),
        ("li", "data"),
    ):
        heap.edge(source, target, 1, "element")
    return heap


def test_what_only_a_detached_node_holds_is_detached_but_not_javascript_and_what_is_v8s_own(tmp_path: Path) -> None:
    diff = diff_heaps([str(dom_page().write(tmp_path / "1.heapsnapshot"))])
    names = {growth.name for growth in diff.classes}
    assert {"Document", "<p>", "<both>", "Detached <div>", "Detached <li>", "Data", "system / PropertyArray"} <= names
    assert (diff.snapshots[0].detached, diff.snapshots[0].detached_bytes) == (2, 230)
    lines = document_of(diff, "9.9").head[0]
    assert "; 2 detached DOM nodes, 230 bytes" in str(lines)


def test_node_has_no_documents_so_none_of_its_objects_is_a_detached_node_of_one(tmp_path: Path) -> None:
    heap = heap_with("Node / Environment")
    heap.edge("roots", heap.node("parser", "Node / HTTPParser", 80, kind="native", id=20, detachedness=2), 1, "element")
    assert diff_heaps([str(heap.write(tmp_path / "1.heapsnapshot"))]).snapshots[0].detached == 0


def test_documents_are_roots_of_the_program_in_older_snapshots_of_chrome(tmp_path: Path) -> None:
    heap = dom_page()
    heap.node("documents", "(Document DOM trees)", 0, kind="synthetic")
    heap.edge("root", "documents", 7, "element")
    heap.edge("documents", "document", 1, "element")
    heap.node("handles", "Handles", 4)
    heap.edge("roots", "handles", 70, "element")
    heap.edge("handles", "p", 1, "element")  # to what is the page's: such an edge does not count
    diff = diff_heaps([str(heap.write(tmp_path / "1.heapsnapshot"))])
    retained = {growth.name: growth.figures[0].retained_bytes for growth in diff.classes}
    assert retained["Document"] == 100 + 30 + 30 and retained["Handles"] == 4


def test_native_memory_that_grows_beside_the_objects_is_said(tmp_path: Path) -> None:
    paths = []
    for number, native in enumerate((1 << 20, 9 << 20)):
        document = dom_page().document()
        document["snapshot"]["extra_native_bytes"] = native
        paths.append(str(tmp_path / f"{number}.heapsnapshot"))
        Path(paths[-1]).write_text(json.dumps(document), encoding="ascii")
    notes = " ".join(diff_heaps(paths).notes)
    assert "grew from 1,048,576 to 9,437,184 bytes" in notes
