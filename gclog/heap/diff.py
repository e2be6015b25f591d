"""From the command line's arguments to what grows, with one snapshot in memory at a time."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

from gclog.errors import UsageError
from gclog.heap.classes import ClassNames, classify, tally
from gclog.heap.dominators import find_dominators
from gclog.heap.files import ENCODING, find_snapshots
from gclog.heap.graph import Graph, retaining_graph, strong_graph
from gclog.heap.growth import LastSnapshot, class_growths, grows, growth_objects
from gclog.heap.inventory import Inventory, are_of_one_process, take_inventory
from gclog.heap.paths import UNREACHED, find_paths, trace_grower
from gclog.heap.snapshot import Snapshot, read_snapshot
from gclog.model.heap import ClassGrowth, Grower, HeapDiff, Method
from gclog.source.expand import expand
from gclog.source.open import Source, SourceSpec, open_source

__all__ = ["MAX_SNAPSHOTS", "diff_heaps", "diff_sources"]

MAX_SNAPSHOTS = 3
GROWERS_TRACED = 5
"""Constructors for which a retaining path is given."""

SUMMARISED = 3
"""The same for a single snapshot."""


def diff_heaps(words: Sequence[str], retained: bool = True, progress: Callable[[Source], None] = lambda _: None) -> HeapDiff:
    """What grows between two or three snapshots, in the order given; for a single one, what it holds.

    Raises InputError, OutputError, UsageError.

    retained   compute retained sizes: about 2.5 s extra for a million objects
    """
    given = expand(words)
    found = {file.spec.name for file in find_snapshots(spec for spec in given if not spec.asked)}
    specs = [spec for spec in given if spec.asked or spec.name in found] or given  # a folder may have other files, too
    if not 1 <= len(specs) <= MAX_SNAPSHOTS:
        raise UsageError(
            f"{len(specs)} files given; heapdiff takes one, two or three heap snapshots",
            remedy="Take one when the program is warm, one later, and one later still: gclog heapdiff 1 2 3.heapsnapshot",
        )
    return diff_sources(specs, retained, progress)


def diff_sources(
    specs: Sequence[SourceSpec], retained: bool = True, progress: Callable[[Source], None] = lambda _: None
) -> HeapDiff:
    """`diff_heaps` for one to three snapshots already located. Raises InputError, which names the file."""
    names = ClassNames()
    earlier = [_take(spec, names, retained, progress)[0].inventory for spec in specs[:-1]]
    last, graph = _take(specs[-1], names, retained, progress)
    inventories = [*earlier, last.inventory]
    method = _method(inventories)
    growths = class_growths(method, earlier, last, names)
    return HeapDiff(
        method=method,
        snapshots=tuple(inventory.figures for inventory in inventories),
        classes=tuple(growths),
        growers=tuple(_growers(method, growths, earlier, last, graph, names)),
        notes=tuple(_notes(method, inventories, last, retained)),
    )


def _take(
    spec: SourceSpec, names: ClassNames, retained: bool, progress: Callable[[Source], None]
) -> tuple[LastSnapshot, Graph | None]:
    with open_source(spec, ENCODING) as source:
        snapshot = read_snapshot(source, progress)
    classes = classify(snapshot, names)
    graph = retaining_graph(snapshot) if _has_edges(snapshot) else None
    dominators = find_dominators(graph, snapshot.sizes) if retained and graph is not None else None
    sums = tally(snapshot, classes, dominators, len(names))
    return LastSnapshot(snapshot, classes, sums, take_inventory(snapshot, classes, sums), dominators), graph


def _has_edges(snapshot: Snapshot) -> bool:
    return snapshot.missing not in ("nodes", "edges")


def _method(inventories: list[Inventory]) -> Method:
    if len(inventories) == 1:
        return "summary"
    whole = all(inventory.figures.missing in (None, "strings") for inventory in inventories)
    pairs = itertools.pairwise(inventories)
    if not whole or not all(are_of_one_process(first, second) for first, second in pairs):
        return "by-constructor"
    return "three" if len(inventories) == MAX_SNAPSHOTS else "two"


def _growers(
    method: Method,
    growths: list[ClassGrowth],
    earlier: list[Inventory],
    last: LastSnapshot,
    graph: Graph | None,
    names: ClassNames,
) -> list[Grower]:
    if graph is None:
        return []
    total = last.inventory.figures.total_bytes
    named = [growth for growth in growths if grows(method, growth, total)]
    named.sort(key=lambda growth: -growth.outer_bytes)
    if not named:
        return []
    paths = find_paths(last.snapshot, graph)
    chosen = growth_objects(method, earlier, last)
    wanted = named[: SUMMARISED if method == "summary" else GROWERS_TRACED]
    growers = []
    for growth in wanted:
        number = names.number(growth.name)
        grown = chosen if method in ("two", "three") else chosen & (last.classes == number)
        grower = trace_grower(last, graph, paths, growth, number, grown)
        if grower.holder == UNREACHED:  # reachable only from V8's roots, by edges not attributed to the program
            loose = strong_graph(last.snapshot)
            grower = trace_grower(last, loose, find_paths(last.snapshot, loose), growth, number, grown)
        growers.append(grower)
    return growers


def _notes(method: Method, inventories: list[Inventory], last: LastSnapshot, retained: bool) -> list[str]:
    notes = [_about_the_cut(inventory) for inventory in inventories if inventory.figures.missing is not None]
    notes += [f"{inventory.figures.name}: {note}" for inventory in inventories for note in inventory.figures.notes]
    if method == "by-constructor":
        notes.append(
            "the snapshots are of different processes, or one of them is cut off: their object ids do not match, so they are "
            "compared by constructor only, and growth is estimated as the increase in count times what the median object retains"
        )
    elif any(first.last_id > second.last_id for first, second in itertools.pairwise(inventories)):
        notes.append(
            "the snapshots are not in the order in which they were taken, as V8's ids count up: give the earliest first"
        )
    if method == "two":
        notes.append(
            "two snapshots cannot distinguish a leak from a cache warming up: take a third one later and give all three"
        )
    if not retained:
        notes.append("retained sizes were omitted on request: growth is measured by the objects' own sizes")
    if last.dominators is not None and last.dominators.unreached:
        notes.append(f"{last.dominators.unreached:,} objects of {last.snapshot.name} are only weakly referenced")
    return notes


def _about_the_cut(inventory: Inventory) -> str:
    figures = inventory.figures
    said = {
        "nodes": f"it has {figures.nodes:,} of {figures.declared_nodes:,} objects, but neither references nor names",
        "edges": "it has all objects, but not all references and no names: only counts and sizes by V8's types are known",
        "strings": "it has all objects and references; names not yet written are lost",
    }
    return f"{figures.name} is cut off, as if Node died while writing it: {said[figures.missing or 'strings']}"
