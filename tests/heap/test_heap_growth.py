from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest
from made_heaps import MadeHeap, leaking

from gclog.heap import growth, spill
from gclog.heap.classes import ClassNames, classify, tally
from gclog.heap.diff import diff_heaps
from gclog.heap.inventory import take_inventory
from gclog.model.heap import ClassGrowth, HeapDiff, Holder, Keeper, flattens
from gclog.model.not_known import NotKnown
from gclog.report.say import heap_sentences as sentences
from gclog.report.say.heap import snapshot_lines

SAMPLES = Path(__file__).parents[2] / "samples" / "heap"


def run(folder: Path, *heaps: MadeHeap, retained: bool = True) -> HeapDiff:
    return diff_heaps([str(heap.write(folder / f"{number}.heapsnapshot")) for number, heap in enumerate(heaps, 1)], retained)


def row(diff: HeapDiff, name: str) -> ClassGrowth:
    return next(one for one in diff.classes if one.name == name)


def test_of_three_snapshots_the_class_that_piles_up_is_named_and_who_holds_it(tmp_path: Path) -> None:
    diff = run(tmp_path, leaking(400), leaking(800, churn_from=60001), leaking(1200, churn_from=70001))
    assert diff.method == "three"
    assert [grower.growth.name for grower in diff.growers] == ["Session"]
    growth = diff.growers[0].growth
    assert [figures.count for figures in growth.figures] == [400, 800, 1200]
    assert [figures.retained_bytes for figures in growth.figures] == [60_000, 120_000, 180_000]
    assert (growth.new, growth.gone, growth.stayed, growth.stayed_bytes) == (800, 0, 400, 60_000)
    assert (growth.count_change, growth.shallow_change, growth.retained_change) == (800, 80_000, 120_000)
    assert diff.growers[0].holder == Holder("sessions", "Array", "/app/orders.js")


def test_churn_is_not_growth_although_all_of_it_is_new(tmp_path: Path) -> None:
    diff = run(tmp_path, leaking(400), leaking(800, churn_from=60001))
    orders = row(diff, "Order")
    assert (orders.new, orders.gone, orders.outer_bytes) == (3, 3, 0.0)
    assert [grower.growth.name for grower in diff.growers] == ["Session"]
    assert isinstance(orders.stayed, NotKnown)


def test_what_grew_once_and_stopped_is_not_named(tmp_path: Path) -> None:
    diff = run(tmp_path, leaking(400), leaking(800), leaking(800))
    assert diff.growers == ()
    assert (row(diff, "Session").stayed, row(diff, "Session").each_time) == (400, False)


def test_a_heap_that_does_not_change_does_not_grow(tmp_path: Path) -> None:
    diff = run(tmp_path, leaking(400), leaking(400))
    assert diff.growers == ()
    assert all((one.new, one.gone, one.count_change) == (0, 0, 0) for one in diff.classes)


def test_ids_that_mean_something_else_make_it_a_comparison_by_constructor(tmp_path: Path) -> None:
    other = leaking(800, first_id=103)  # texts now have the ids of sessions
    diff = run(tmp_path, leaking(400), other)
    assert diff.method == "by-constructor"
    growth = row(diff, "Session")
    assert isinstance(growth.new, NotKnown)
    assert growth.outer_bytes == 400 * 150
    assert diff.growers[0].growth.name == "Session"
    assert any("different processes" in note for note in diff.notes)


def test_snapshots_in_the_wrong_order_are_noticed(tmp_path: Path) -> None:
    diff = run(tmp_path, leaking(800, churn_from=60001), leaking(400))
    assert any("not in the order" in note for note in diff.notes)


def test_one_snapshot_says_what_weighs_most(tmp_path: Path) -> None:
    diff = run(tmp_path, leaking(400))
    assert diff.method == "summary"
    assert diff.growers[0].growth.name == "Session"
    assert diff.growers[0].growth.outer_bytes == 400 * 150
    assert diff.growers[0].holder == Holder("sessions", "Array", "/app/orders.js")


def test_without_retained_sizes_own_sizes_are_compared(tmp_path: Path) -> None:
    diff = run(tmp_path, leaking(400), leaking(800), leaking(1200), retained=False)
    assert [grower.growth.name for grower in diff.growers] == ["Session", "(string)"]
    growth = diff.growers[0].growth
    assert isinstance(growth.retained_change, NotKnown)
    assert growth.outer_bytes == 40_000


def test_a_snapshot_without_names_gives_counts_and_no_answer(tmp_path: Path) -> None:
    text = leaking(400).text()
    path = tmp_path / "cut.heapsnapshot"
    path.write_text(text[: text.index('"edges"') + 100], encoding="ascii")
    diff = diff_heaps([str(path)])
    assert (diff.growers, diff.snapshots[0].missing) == ((), "edges")
    assert row(diff, "(string)").figures[0].count == 400
    assert any("cut off" in note for note in diff.notes)


@pytest.mark.parametrize("missing", ["first", "last"])
def test_a_snapshot_that_is_cut_is_compared_by_constructor(tmp_path: Path, missing: str) -> None:
    whole, cut = leaking(400).write(tmp_path / "whole.heapsnapshot"), tmp_path / "cut.heapsnapshot"
    text = leaking(800).text()
    cut.write_text(text[: text.index('"edges"') + 100], encoding="ascii")
    words = [str(cut), str(whole)] if missing == "first" else [str(whole), str(cut)]
    diff = diff_heaps(words)
    assert diff.method == "by-constructor"
    assert any("cut off" in note for note in diff.notes)


def test_of_five_snapshots_what_came_after_the_first_and_is_in_the_last_two_stays(tmp_path: Path) -> None:
    diff = run(tmp_path, *(leaking(400 * number, churn_from=50001 + 1000 * number) for number in range(1, 6)))
    growth = diff.growers[0].growth
    assert (growth.name, [figures.count for figures in growth.figures]) == ("Session", [400, 800, 1200, 1600, 2000])
    assert (growth.stayed, growth.stayed_bytes) == (1200, 180_000)
    assert sentences.compared(diff) == "5 snapshots of one process: allocated between 1 and 4, still there in 5"


def test_what_does_not_grow_once_in_five_snapshots_is_not_named(tmp_path: Path) -> None:
    assert not run(tmp_path, *(leaking(400 * number) for number in (1, 2, 3, 3, 4))).grows


@pytest.mark.parametrize("version", ["node12", "node24"])
def test_in_real_snapshots_the_leaking_class_is_named_with_its_array_and_file(version: str) -> None:
    diff = diff_heaps([str(SAMPLES / version / f"{number}.heapsnapshot.xz") for number in (1, 2, 3)])
    assert diff.method == "three"
    assert [grower.growth.name for grower in diff.growers] == ["Session"]
    (grower,) = diff.growers
    assert [figures.count for figures in grower.growth.figures] == [400, 800, 1200]
    assert (grower.growth.stayed, grower.growth.gone) == (400, 0)
    assert grower.holder == Holder("sessions", "Array", "/app/heap_leak.js")
    assert grower.defined == "/app/heap_leak.js:12"
    assert [step.edge for step in grower.path[-3:-1]] == ["context", "sessions"]
    pages = row(diff, "CachedPage")
    assert ([figures.count for figures in pages.figures], pages.each_time) == ([400, 600, 600], False)
    orders = row(diff, "Order")
    assert ([figures.count for figures in orders.figures], orders.stayed) == ([20, 20, 20], 0)


def test_in_real_snapshots_the_array_that_grows_in_place_is_named() -> None:
    diff = diff_heaps([str(SAMPLES / "samples" / f"{number}.heapsnapshot.xz") for number in (1, 2, 3)])
    assert (diff.lead, diff.growers) == ("object", ())
    (one,) = diff.in_place
    assert (one.name, one.is_replaced) == ("Array", False)
    assert list(one.retained_bytes) == sorted(one.retained_bytes)
    assert one.own_bytes == one.retained_bytes[-1] - one.retained_bytes[0]
    assert one.retained_bytes[-1] >= 6000 * 40 * 8  # numbers of 8 bytes
    assert one.holder == Holder("latencies", "Array", "/app/heap_in_place.js", ("metrics",))


def test_in_real_snapshots_the_function_is_named_whose_closure_is_kept_by_timers() -> None:
    diff = diff_heaps([str(SAMPLES / "timers" / f"{number}.heapsnapshot.xz") for number in (1, 2, 3)])
    assert diff.lead == "constructor"
    grower = diff.growers[0]
    assert (grower.growth.name, grower.growth.stayed) == ("{user, page}", 2000)
    assert grower.keeper == Keeper("heartbeat()", "session", "/app/heap_in_place.js:19")
    assert [share.count for share in grower.holders] == [2000]
    assert sentences.answer(diff).startswith(
        "`{user, page}` grows: +4,000 objects, +406.4 KB retained, from 1 to 3; kept by variable `session` of `heartbeat()` (heap_in_place.js:19); "
    )


def test_snapshots_of_two_versions_are_of_two_processes() -> None:
    diff = diff_heaps([str(SAMPLES / version / "1.heapsnapshot.xz") for version in ("node12", "node24")])
    assert diff.method == "by-constructor"


@pytest.mark.parametrize(
    ("value", "said"), [(3 << 20, ", and 3.0 MB of native memory beside them"), (0, ""), ("x", ""), (None, "")]
)
def test_native_memory_beside_the_objects_is_said(tmp_path: Path, value: object, said: str) -> None:
    document = leaking(400).document()
    document["snapshot"]["extra_native_bytes"] = value
    path = tmp_path / "chrome.heapsnapshot"
    path.write_text(json.dumps(document, separators=(",", ":")), encoding="ascii")
    diff = diff_heaps([str(path)])
    assert snapshot_lines(diff)[0].partition(" references, ")[2] == f"{sentences.size(diff.snapshots[0].total_bytes)}{said}"


def test_ids_that_occur_twice_do_no_harm(tmp_path: Path) -> None:
    diff = run(tmp_path, leaking(400, churn_from=101), leaking(800, churn_from=101))
    assert diff.growers[0].growth.name == "Session"


def test_a_new_backing_store_does_not_take_the_growth_from_what_is_in_it(tmp_path: Path) -> None:
    diff = run(
        tmp_path,
        leaking(400, direct=False),
        leaking(800, churn_from=60001, direct=False),
        leaking(1200, churn_from=60001, direct=False),
    )
    store = row(diff, "(array)")
    assert (store.stayed, store.outer_bytes) == (1, 0.0)
    assert [(one.growth.name, one.growth.outer_bytes) for one in diff.growers] == [("Session", 60_000)]


@pytest.mark.parametrize("at_once", [2, 1 << 19], ids=["a constructor at a time", "all at once"])
@pytest.mark.parametrize(("sizes", "median"), [([70, 10, 50, 30, 5000], 50), ([40, 10, 30, 20], 30)], ids=["odd", "even"])
def test_accumulation_is_estimated_by_the_median_object(
    sizes: list[int], median: int, at_once: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(growth, "BLOCK_ROWS", at_once)
    heap = MadeHeap()
    heap.node("root", "", 0, kind="synthetic")
    for number, size in enumerate(sizes * 5):
        for name, times in (("Page", 1), ("Order", 100)):
            heap.edge("root", heap.node(f"{name} {number}", name, times * size), number, "element")
    diff = run(tmp_path, heap)
    assert row(diff, "Page").outer_bytes == len(sizes) * 5 * median
    assert row(diff, "Order").outer_bytes == len(sizes) * 5 * 100 * median


@pytest.mark.parametrize("at_once", [1, 2, 3, 100])
def test_a_duplicate_id_counts_once_for_the_first_object(at_once: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spill, "BLOCK_ROWS", at_once)
    heap = MadeHeap()
    heap.node("root", "", 0, kind="synthetic", id=1)
    for number, (name, id) in enumerate([("C", 9), ("A", 7), ("B", 7), ("A", 3), ("B", 7), ("D", 8)]):
        heap.node(str(number), name, 8, id=id)
    snapshot, names = heap.read(tmp_path), ClassNames()
    classes = classify(snapshot, names)
    found = take_inventory(snapshot, classes, tally(snapshot, classes, None, len(names)))
    assert found.ids.tolist() == [3, 7, 9]
    assert [names.names[number] for number in found.classes] == ["A", "A", "C"]


@pytest.mark.parametrize(
    ("counts", "first_ids", "said"),
    [
        ((400, 800, 800), (101, 101, 101), "`Session`, 400 → 800 → 800 objects, grew until 2, and not since"),
        (
            (400, 1000, 1010),
            (101, 101, 101),
            "`Session`, 400 → 1,000 → 1,010 objects, flattens: +10 in the last step, after +600",
        ),
        (
            (400, 400, 400),
            (101, 5001, 5001),
            "`Session`, 400 → 400 → 400 objects, was replaced, not added to: 400 were allocated between 1 and 2 and stayed, about as many went",
        ),
        ((400, 400, 400), (101, 101, 101), "next to nothing of what was allocated between 1 and 2 is still there in 3"),
    ],
    ids=["once", "flattens", "replaced", "nothing new"],
)
def test_why_nothing_grows_is_said_of_what_stayed(
    tmp_path: Path, counts: tuple[int, ...], first_ids: tuple[int, ...], said: str
) -> None:
    heaps = [leaking(count, first_id=first, churn_from=50001) for count, first in zip(counts, first_ids, strict=True)]
    for heap, number in itertools.product(heaps, range(600)):
        heap.edge("scope", heap.node(f"page {number}", "Page", 8, id=200_001 + 2 * number), f"page{number}", "context")
    diff = run(tmp_path, *heaps)
    assert not diff.grows
    assert sentences.answer(diff).removeprefix("Nothing grows from snapshot to snapshot: ").split(";")[0] == said


@pytest.mark.parametrize(
    ("sizes", "flat"),
    [
        ((100, 200), False),
        ((100, 200, 300), False),
        ((100, 200, 219), True),
        ((100, 200, 221), False),
        ((100, 200, 300, 400, 410), True),
        ((100, 150, 180, 200), False),
    ],
)
def test_what_hardly_rises_in_the_last_step_flattens(sizes: tuple[int, ...], flat: bool) -> None:
    assert flattens(sizes) == flat


@pytest.mark.parametrize(("times", "grows"), [(("100000", "100500", "100501"), True), (("100000", "100500", "101000"), False)])
def test_a_snapshot_that_came_much_sooner_than_the_others_shows_no_flattening(
    times: tuple[str, ...], grows: bool, tmp_path: Path
) -> None:
    counts = (400, 800, 805)
    paths = [
        leaking(count, churn_from=60001 + 10000 * number).write(tmp_path / f"Heap.20260314.{at}.7.0.00{number}.heapsnapshot")
        for number, (count, at) in enumerate(zip(counts, times, strict=True), 1)
    ]
    diff = diff_heaps([str(path) for path in paths])
    assert bool(diff.growers) == grows
    assert any(one.flattens for one in diff.classes) != grows
