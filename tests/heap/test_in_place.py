from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from made_heaps import MadeHeap

from gclog.heap.diff import diff_heaps
from gclog.model.heap import HeapDiff, Holder
from gclog.report.say import heap_sentences as sentences

MB = 1 << 20


def run(folder: Path, *heaps: MadeHeap, retained: bool = True) -> HeapDiff:
    return diff_heaps([str(heap.write(folder / f"{number}.heapsnapshot")) for number, heap in enumerate(heaps, 1)], retained)


def metrics(samples: int, *, store: int, name: str = "latencies", kind: str = "property") -> MadeHeap:
    """A program whose object `metrics` has an array of samples; its store, which is replaced as it grows, has the id `store`."""
    heap = MadeHeap()
    heap.node("root", "", 0, kind="synthetic", id=1)
    heap.node("global", "global", 40, id=5)
    heap.node("serve", "serve", 64, kind="closure", id=7)
    heap.node("shared", "serve", 56, kind="code", id=9)
    heap.node("script", "/app/big.js", 80, kind="code", id=11)
    heap.node("scope", "system / Context", 32, id=13)
    heap.node("metrics", "Object", 32, id=15)
    heap.node("list", "Array", 16, id=17)
    heap.node("store", "(object elements)", samples, kind="array", id=store)
    heap.node("other", "Cache", 3 * MB, id=19)
    heap.edge("root", "global", 1, "shortcut")
    heap.edge("global", "serve", "serve")
    heap.edge("serve", "scope", "context", "internal")
    heap.edge("serve", "shared", "shared", "internal")
    heap.edge("shared", "script", "script", "internal")
    heap.edge("scope", "metrics", "metrics", "context")
    heap.edge("scope", "other", "other", "context")
    heap.edge("metrics", "list", name, kind)
    heap.edge("list", "store", "elements", "internal")
    return heap


@pytest.fixture
def growing(tmp_path: Path) -> HeapDiff:
    return run(tmp_path, metrics(2 * MB, store=101), metrics(5 * MB, store=103), metrics(9 * MB, store=105))


def test_an_array_that_grows_in_place_is_named_with_what_holds_it(growing: HeapDiff) -> None:
    (one,) = growing.in_place
    assert (one.name, one.id, one.is_replaced) == ("Array", 17, False)
    assert one.retained_bytes == (2 * MB + 16, 5 * MB + 16, 9 * MB + 16)
    assert one.own_bytes == 7 * MB
    assert one.holder == Holder("latencies", "Array", "/app/big.js", ("metrics",))
    assert [step.edge for step in one.path[-2:]] == ["metrics", "latencies"]
    assert (growing.lead, growing.grows, growing.growers) == ("object", True, ())
    assert sentences.answer(growing) == (
        "One `Array` grows in place: 2.0 → 5.0 → 9.0 MB; held by `latencies` of `metrics` in big.js"
    )


@pytest.mark.parametrize("last", [5 * MB, 4 * MB], ids=["the same again", "less again"])
def test_what_does_not_grow_each_time_does_not_grow(tmp_path: Path, last: int) -> None:
    diff = run(tmp_path, metrics(2 * MB, store=101), metrics(5 * MB, store=103), metrics(last, store=105))
    assert (diff.in_place, diff.lead, diff.grows) == ((), "", False)


def test_a_rise_that_is_small_beside_the_heap_is_none(tmp_path: Path) -> None:
    sizes = (2 * MB, 2 * MB + 200_000, 2 * MB + 400_000)
    assert not run(tmp_path, *(metrics(size, store=101 + 2 * n) for n, size in enumerate(sizes))).grows


def test_two_snapshots_are_enough_for_an_object_that_is_in_both(tmp_path: Path) -> None:
    diff = run(tmp_path, metrics(2 * MB, store=101), metrics(5 * MB, store=103))
    assert diff.in_place[0].retained_bytes == (2 * MB + 16, 5 * MB + 16)
    assert diff.lead == "object"


def test_a_value_that_is_replaced_by_a_larger_one_is_named_by_its_variable(tmp_path: Path) -> None:
    heaps = []
    for number, size in enumerate((2 * MB, 5 * MB, 9 * MB)):
        heap = metrics(1000, store=101)
        heap.node("text", "x", size, kind="string", id=201 + 2 * number)
        heap.edge("scope", "text", "audit", "context")
        heaps.append(heap)
    diff = run(tmp_path, *heaps)
    (one,) = diff.in_place
    assert (one.is_replaced, one.holder) == (True, Holder("audit", "string", "/app/big.js"))
    assert sentences.answer(diff).endswith("; held by `audit` in big.js")


def test_of_nested_objects_the_lowest_is_named(growing: HeapDiff) -> None:
    """The object `metrics` and the scope grow as the array does, because it does."""
    assert [one.id for one in growing.in_place] == [17]


def test_a_heap_that_grows_is_never_said_not_to_grow(tmp_path: Path) -> None:
    """Without retained sizes nobody knows which object grows, but the heap does."""
    diff = run(tmp_path, *(metrics(n * 3 * MB, store=101 + 2 * n) for n in (1, 2, 3)), retained=False)
    assert (diff.lead, diff.grows) == ("total", True)
    assert sentences.answer(diff).startswith("The heap grows, 6.0 → 9.0 → 12.0 MB, and no constructor or object explains")


def test_what_is_under_way_in_the_last_snapshot_is_no_growth_but_the_sizes_are_said(tmp_path: Path) -> None:
    heaps = [metrics(MB, store=101), metrics(MB + 20, store=103), metrics(3 * MB, store=105)]
    diff = run(tmp_path, *heaps, retained=False)
    assert not diff.grows
    assert sentences.answer(diff) == (
        "Nothing grows from snapshot to snapshot: next to nothing of what was allocated between 1 and 2 is still there in 3; "
        "the heap: 4.0 → 4.0 → 6.0 MB"
    )


def test_what_explains_a_small_part_of_the_rise_does_not_lead(tmp_path: Path, growing: HeapDiff) -> None:
    heaps = [metrics(n * MB, store=101 + 2 * n) for n in (1, 2, 3)]
    for number, heap in enumerate(heaps, 1):
        heap.node("lost", "system / Foreign", number * 40 * MB, kind="hidden", id=301 + 2 * number)
        heap.edge("root", "lost", 9, "element")
    diff = run(tmp_path, *heaps)
    assert diff.lead == "total"
    assert "the largest part: one `Array` grows in place" in sentences.answer(diff)


def test_of_one_snapshot_the_object_that_holds_most_is_named(tmp_path: Path) -> None:
    diff = run(tmp_path, metrics(9 * MB, store=101))
    assert (diff.lead, diff.grows) == ("object", False)
    assert sentences.answer(diff) == (
        "One `Array` holds 75.0 % of the heap, 9.0 MB retained; held by `latencies` of `metrics` in big.js"
    )


def test_a_redacted_report_has_no_name_of_the_programs(growing: HeapDiff) -> None:
    from gclog.report.redact.report import redact

    shown = str(dataclasses.asdict(redact(growing)))
    assert "latencies" not in shown and "metrics" not in shown and "big.js" not in shown
