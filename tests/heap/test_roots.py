from __future__ import annotations

from pathlib import Path

import pytest
from made_heaps import MadeHeap
from test_chains import program

from gclog.heap.diff import diff_heaps
from gclog.model.heap import Grower, Holder


def full(heap: MadeHeap, holder: str, count: int = 400) -> None:
    """Many sessions in one object."""
    for number in range(count):
        heap.edge(holder, heap.node(f"session {number}", "Session", 100), number, "element")


def trace(folder: Path, heap: MadeHeap) -> Grower:
    return diff_heaps([str(heap.write(folder / "made.heapsnapshot"))]).growers[0]


def behind_three_scopes(heap: MadeHeap) -> None:
    """An array of the program that is far from the root."""
    for number in range(3):
        heap.node(f"object {number}", "Object", 16)
    heap.edge("scope", "object 0", "app", "context")
    heap.edge("object 0", "object 1", "state")
    heap.edge("object 1", "object 2", "stores")
    heap.node("list", "Array", 16)
    heap.edge("object 2", "list", "sessions")
    full(heap, "list")


NAMED = Holder("sessions", "Array", "/app/serve.js", ("stores", "state"))


@pytest.mark.parametrize(
    "ways",
    [
        [("(Stack roots)", "synthetic")],
        [("(Handle scope)", "synthetic")],
        [("(Isolate)", "synthetic"), ("serve", "code")],
        [("(Strong roots)", "synthetic"), ("(deoptimization data)", "code")],
        [("(Strong roots)", "synthetic"), ("system / AllocationSite", "hidden")],
        [("(Strong roots)", "synthetic"), ("system / FeedbackVector", "hidden")],
    ],
    ids=lambda ways: ways[-1][0],
)
def test_what_code_and_the_stack_refer_to_is_held_by_whoever_else_has_it(tmp_path: Path, ways: list[tuple[str, str]]) -> None:
    heap = program()
    behind_three_scopes(heap)
    above = "root"
    for number, (name, kind) in enumerate(ways):
        heap.node(f"way {number}", name, 8, kind=kind)
        heap.edge(above, f"way {number}", number, "element")
        above = f"way {number}"
    heap.edge(above, "list", 9, "internal")
    heap.edge("global", above, "code", "internal")
    assert trace(tmp_path, heap).holder == NAMED


def test_feedback_without_a_name_is_known_by_the_edge_of_its_function(tmp_path: Path) -> None:
    heap = program()
    behind_three_scopes(heap)
    heap.node("feedback", "system", 8, kind="hidden")
    heap.edge("serve", "feedback", "feedback_cell", "internal")
    heap.edge("feedback", "list", 3, "internal")
    assert trace(tmp_path, heap).holder == NAMED


def running(heap: MadeHeap) -> None:
    """The function on the stack that alone leads to the program's scope."""
    heap.edges = [edge for edge in heap.edges if edge[2] != "serve"]
    heap.node("stack", "(Stack roots)", 0, kind="synthetic")
    heap.edge("root", "stack", 3, "element")
    heap.edge("stack", "serve", 1, "internal")


def test_of_what_only_the_stack_leads_to_the_functions_that_run_are_asked_first(tmp_path: Path) -> None:
    heap = program()
    behind_three_scopes(heap)
    running(heap)
    heap.edge("stack", "list", 2, "internal")
    grower = trace(tmp_path, heap)
    assert grower.holder == NAMED
    assert [step.name for step in grower.path][:3] == ["(anonymous)", "(Stack roots)", "serve()"]


def test_a_local_variable_of_a_function_that_runs_is_on_the_stack_alone(tmp_path: Path) -> None:
    heap = program()
    running(heap)
    heap.node("list", "Array", 16)
    heap.edge("stack", "list", 2, "internal")
    full(heap, "list")
    assert [step.name for step in trace(tmp_path, heap).path] == ["(anonymous)", "(Stack roots)", "Array", "Session"]


def test_what_only_code_leads_to_has_a_path_through_it(tmp_path: Path) -> None:
    heap = program()
    heap.node("list", "Array", 16)
    heap.edge("shared", "list", "literal", "internal")
    full(heap, "list")
    assert [step.name for step in trace(tmp_path, heap).path] == ["global", "serve()", "serve", "Array", "Session"]
