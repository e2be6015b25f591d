"""From the command line's arguments to what grows, with one snapshot in memory at a time."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Sequence

from gclog.errors import UsageError, faults_at
from gclog.heap.causes import Causes, Question, explain
from gclog.heap.classes import ClassNames, classify, tally
from gclog.heap.detached import spread_detachedness
from gclog.heap.dominators import find_dominators
from gclog.heap.file_names import read_name
from gclog.heap.files import ENCODING, find_snapshots, in_time
from gclog.heap.graph import Graph, retaining_graph
from gclog.heap.growth import LastSnapshot, class_growths, growth_objects
from gclog.heap.inventory import Inventory, are_of_one_process, take_inventory
from gclog.heap.makers import find_maker, keeps_ids, say_maker
from gclog.heap.origins import of_the_program
from gclog.heap.paths import UNREACHED
from gclog.heap.snapshot import Snapshot, read_snapshot
from gclog.model.heap import HeapDiff, Method
from gclog.source.expand import expand
from gclog.source.open import Source, SourceSpec, open_source

__all__ = ["diff_heaps", "diff_sources"]

EVEN_SHARE = 0.5
"""The least share that the last interval has of those before it, on average, for the last step to be compared with theirs."""

NATIVE_RISE = 1 << 19
"""Bytes by which the embedder's own memory must have grown to be mentioned."""


def diff_heaps(words: Sequence[str], retained: bool = True, progress: Callable[[Source], None] = lambda _: None) -> HeapDiff:
    """What grows between snapshots, in the order given, those of a folder in that of time; for a single one, what it holds.

    Raises InputError, OutputError, UsageError.

    retained   compute retained sizes: about 2.5 s extra for a million objects
    """
    given = expand(words)
    found = {file.spec.name for file in find_snapshots(spec for spec in given if not spec.asked)}
    specs = [spec for spec in given if spec.asked or spec.name in found] or given  # a folder may have other files, too
    if not specs:
        raise UsageError(
            "no file given; heapdiff takes one heap snapshot or more",
            remedy="Take one when the program is warm, one later, and one later still: gclog heapdiff 1 2 3.heapsnapshot",
        )
    return diff_sources(in_time(specs), retained, progress)


def diff_sources(
    specs: Sequence[SourceSpec], retained: bool = True, progress: Callable[[Source], None] = lambda _: None
) -> HeapDiff:
    """`diff_heaps` for snapshots already located. Raises InputError, which names the file."""
    names = ClassNames()
    earlier = [_take(spec, names, retained, progress)[0].inventory for spec in specs[:-1]]
    last, graph = _take(specs[-1], names, retained, progress)
    names.settle()
    inventories = [*earlier, last.inventory]
    method = _method(inventories, names)
    chosen = growth_objects(method, earlier, last)
    programs = of_the_program(last.snapshot, last.classes, chosen, names)
    is_even = _are_evenly_spaced(specs)
    growths = class_growths(method, earlier, last, names, chosen, programs, is_even=is_even)
    causes = explain(Question(method, growths, earlier, last, names, chosen, programs, is_even), graph)
    return HeapDiff(
        method=method,
        snapshots=tuple(inventory.figures for inventory in inventories),
        classes=tuple(growths),
        growers=causes.growers,
        notes=tuple(_notes(method, inventories, last, retained, causes)),
        in_place=causes.in_place,
        lead=causes.lead,
        strings=causes.strings,
    )


def _are_evenly_spaced(specs: Sequence[SourceSpec]) -> bool:
    """Whether nothing says that the last snapshot came much sooner after the one before than the others: names with a time do.

    V8 writes several in quick succession at its limit.
    """
    known = [taken_s for spec in specs if (taken_s := read_name(spec.name).taken_s) is not None]
    if len(known) < len(specs) or len(known) < 3:
        return True
    return (known[-1] - known[-2]) * (len(known) - 2) >= EVEN_SHARE * (known[-2] - known[0])


def _take(
    spec: SourceSpec, names: ClassNames, retained: bool, progress: Callable[[Source], None]
) -> tuple[LastSnapshot, Graph | None]:
    with faults_at(spec.name):
        with open_source(spec, ENCODING) as source:
            snapshot = spread_detachedness(read_snapshot(source, progress))
        snapshot = dataclasses.replace(snapshot, maker=find_maker(snapshot))
        classes = classify(snapshot, names)
        graph = retaining_graph(snapshot) if _has_edges(snapshot) else None
        dominators = find_dominators(graph, snapshot.sizes) if retained and graph is not None else None
        sums = tally(snapshot, classes, dominators, len(names))
        inventory = take_inventory(snapshot, classes, sums, None if dominators is None else dominators.retained)
    return LastSnapshot(snapshot, classes, sums, inventory, dominators), graph


def _has_edges(snapshot: Snapshot) -> bool:
    return snapshot.missing not in ("nodes", "edges")


def _method(inventories: list[Inventory], names: ClassNames) -> Method:
    if len(inventories) == 1:
        return "summary"
    whole = all(inventory.figures.missing in (None, "strings") for inventory in inventories)
    pairs = itertools.pairwise(inventories)
    if not whole or not all(are_of_one_process(first, second, names) for first, second in pairs):
        return "by-constructor"
    return "two" if len(inventories) == 2 else "three"


def _notes(method: Method, inventories: list[Inventory], last: LastSnapshot, retained: bool, causes: Causes) -> list[str]:
    notes = [_about_the_cut(inventory) for inventory in inventories if inventory.figures.missing is not None]
    notes += [f"{inventory.figures.name}: {note}" for inventory in inventories for note in inventory.figures.notes]
    notes += _about_the_makers(inventories)
    native = [inventory.figures.extra_native_bytes for inventory in inventories]
    if native[-1] - native[0] >= NATIVE_RISE:
        notes.append(
            f"what the embedder has beside the objects grew from {native[0]:,} to {native[-1]:,} bytes: no object of a snapshot says what that is"
        )
    if method == "by-constructor":
        notes.append(
            f"{_why_no_ids(inventories)}, so they are compared by constructor only, and growth is estimated as the increase in count "
            "times what the median object retains"
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
    held = [grower.holder for grower in causes.growers] + [one.holder for one in causes.in_place]
    if last.dominators is not None and last.dominators.unreached and UNREACHED in held:
        notes.append(f"{last.dominators.unreached:,} objects of {last.snapshot.name} are only weakly referenced")
    return notes


def _about_the_makers(inventories: Sequence[Inventory]) -> list[str]:
    """What there is to know of snapshots that are not Node's, once for each maker."""
    figures = {inventory.figures.maker: inventory.figures for inventory in reversed(inventories)}
    each = "the snapshots are" if len(inventories) > 1 and len(figures) == 1 else ""
    return [f"{each or f'{one.name} is'} {said}" for maker, one in figures.items() if (said := say_maker(maker))]


def _why_no_ids(inventories: Sequence[Inventory]) -> str:
    if all(keeps_ids(inventory.figures.maker) for inventory in inventories):
        return "the snapshots are of different processes, or one of them is cut off: their object ids do not match"
    return "the ids of an object in two snapshots have nothing to do with each other"


def _about_the_cut(inventory: Inventory) -> str:
    figures = inventory.figures
    said = {
        "nodes": f"it has {figures.nodes:,} of {figures.declared_nodes:,} objects, but neither references nor names",
        "edges": "it has all objects, but not all references and no names: only counts and sizes by V8's types are known",
        "strings": "it has all objects and references; names not yet written are lost",
    }
    return f"{figures.name} is cut off, as if Node died while writing it: {said[figures.missing or 'strings']}"
