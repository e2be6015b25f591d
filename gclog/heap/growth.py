"""Which constructors grow: by the objects that are new and stay where the snapshots are of one process, else by counts alone."""

from __future__ import annotations

import dataclasses
import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gclog.heap.classes import ClassNames, Tally, is_own_kind
from gclog.heap.dominators import Dominators, topmost
from gclog.heap.inventory import Inventory
from gclog.heap.snapshot import Snapshot
from gclog.heap_results import ClassFigures, ClassGrowth, Method
from gclog.results import NotKnown

__all__ = ["NO_IDS", "NO_RETAINED", "Last", "class_growths", "grows", "newcomers", "piled_up"]

Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]

LEAST_BYTES = 16 << 10
LEAST_SHARE = 0.001
"""Less growth than both, 16 KB and a thousandth of the heap, is the program's breathing: a function compiled, a string made."""

LEAST_ALIKE = 10
"""Fewer objects of a constructor are no pile, however much they hold: each of V8's global objects holds nearly everything."""

NO_RETAINED = NotKnown("retained sizes were not computed")
NO_IDS = NotKnown("ids mean nothing across processes")
ONE_SNAPSHOT = NotKnown("there is one snapshot only")
TWO_SNAPSHOTS = NotKnown("it takes three snapshots")


@dataclass(frozen=True, slots=True, eq=False)
class Last:
    """The last snapshot, with its graph: the one that paths are found in. `dominators` is None where retained sizes are not wanted."""

    snapshot: Snapshot
    classes: NDArray[np.int32]
    sums: Tally
    inventory: Inventory
    dominators: Dominators | None


def newcomers(method: Method, earlier: list[Inventory], last: Last) -> Flags:
    """The objects of the last snapshot that stand for growth: all, those the first has not, or those of them that the second had already."""
    sized: Flags = last.snapshot.sizes > 0
    if method not in ("two", "three"):
        return sized
    ids = last.snapshot.ids
    new: Flags = sized & (ids % 2 == 1) & ~np.isin(ids, earlier[0].ids)
    return new & np.isin(ids, earlier[1].ids) if method == "three" else new


def class_growths(method: Method, earlier: list[Inventory], last: Last, names: ClassNames) -> list[ClassGrowth]:
    """Every constructor that any snapshot has, the largest growth first."""
    size = len(names)
    tallies = [_pad(inventory.tally, size) for inventory in earlier] + [_pad(last.sums, size)]
    chosen = newcomers(method, earlier, last)
    inner, outer = _bytes(last, chosen, size, names)
    if method in ("summary", "by-constructor"):
        outer = piled_up(method, tallies, last)
    new, gone = _comings(earlier, last, size) if method in ("two", "three") else (None, None)
    stayed = np.bincount(last.classes[chosen], minlength=size)
    growths = []
    for number, name in enumerate(names.names):
        figures = tuple(_figures(tally, number) for tally in tallies)
        if not any(one.count for one in figures):
            continue
        counts = [one.count for one in figures]
        growth = ClassGrowth(
            name=name,
            figures=figures,
            new=_missing_ids(method) if new is None else int(new[number]),
            gone=_missing_ids(method) if gone is None else int(gone[number]),
            stayed=int(stayed[number]) if method == "three" else (TWO_SNAPSHOTS if method == "two" else _missing_ids(method)),
            stayed_bytes=_stayed_bytes(method, inner, number),
            outer_bytes=0.0 if is_own_kind(name) else float(outer[number]),
            each_time=all(after > before for before, after in itertools.pairwise(counts)),
        )
        growths.append(_net_of_churn(growth) if method == "two" else growth)
    return sorted(growths, key=lambda growth: _order(method, growth))


def grows(method: Method, growth: ClassGrowth, total_bytes: int) -> bool:
    """Whether it is named as growing: more than noise, more objects at the end, and with three snapshots each time."""
    if growth.outer_bytes < max(LEAST_BYTES, LEAST_SHARE * total_bytes):
        return False
    return method == "summary" or (growth.count_change > 0 and growth.each_time)


def piled_up(method: Method, tallies: list[Tally], last: Last) -> NDArray[np.float64]:
    """How many objects (more), times what the median one retains: an estimate that one large container does not spoil."""
    counts = tallies[-1].counts - (tallies[0].counts if method == "by-constructor" else 0)
    each = _medians(last, len(counts))
    return np.where(counts >= LEAST_ALIKE, counts, 0) * each


def _medians(last: Last, size: int) -> NDArray[np.float64]:
    values = last.snapshot.sizes if last.dominators is None else last.dominators.retained
    objects = np.flatnonzero(last.snapshot.sizes > 0)
    order = objects[np.lexsort((values[objects], last.classes[objects]))]
    ends = np.cumsum(np.bincount(last.classes[order], minlength=size))
    begins = np.concatenate(([0], ends[:-1]))
    middle = np.minimum((begins + ends) // 2, max(len(order) - 1, 0))
    medians = values[order][middle].astype(np.float64) if len(order) else np.zeros(size)
    medians[ends == begins] = 0
    return medians


def _bytes(last: Last, chosen: Flags, size: int, names: ClassNames) -> tuple[Ints, NDArray[np.float64]]:
    """By constructor, what the chosen objects retain; and what of it no other chosen object of the program's retains, too."""
    groups = np.where(chosen, last.classes, -1).astype(np.int32)
    if last.dominators is None:
        shallow = _weigh(last, chosen, last.snapshot.sizes, size)
        return shallow.astype(np.int64), shallow
    retained = last.dominators.retained
    top = topmost(last.dominators, groups)
    inner = _weigh(last, top, retained, size).astype(np.int64)
    own = np.array([is_own_kind(name) for name in names.names], np.bool_)
    outermost = topmost(last.dominators, np.where(chosen & ~own[last.classes], 0, -1).astype(np.int32))
    return inner, _weigh(last, outermost, retained, size)


def _weigh(last: Last, chosen: Flags, values: Ints, size: int) -> NDArray[np.float64]:
    """By constructor, the values of the chosen objects added up. Doubles are exact up to 9 PB."""
    return np.bincount(last.classes[chosen], weights=values[chosen], minlength=size).astype(np.float64)


def _comings(earlier: list[Inventory], last: Last, size: int) -> tuple[Ints, Ints]:
    first, end = earlier[0], last.inventory
    new = np.bincount(end.classes[~np.isin(end.ids, first.ids)], minlength=size)
    gone = np.bincount(first.classes[~np.isin(first.ids, end.ids)], minlength=size)
    return new, gone


def _net_of_churn(growth: ClassGrowth) -> ClassGrowth:
    """New objects that only replaced others are no growth: of 510 new ones where 500 went, 10 count."""
    new = growth.new if isinstance(growth.new, int) else 0
    net = max(growth.count_change, 0) / new if new else 0.0
    return dataclasses.replace(growth, outer_bytes=growth.outer_bytes * min(net, 1.0))


def _figures(sums: Tally, number: int) -> ClassFigures:
    retained = NO_RETAINED if sums.retained is None else int(sums.retained[number])
    return ClassFigures(int(sums.counts[number]), int(sums.shallow[number]), retained)


def _pad(sums: Tally, size: int) -> Tally:
    """Constructors that only later snapshots have."""
    more = size - len(sums.counts)
    retained = None if sums.retained is None else np.pad(sums.retained, (0, more))
    return Tally(np.pad(sums.counts, (0, more)), np.pad(sums.shallow, (0, more)), retained)


def _stayed_bytes(method: Method, inner: Ints, number: int) -> int | NotKnown:
    return int(inner[number]) if method in ("two", "three") else _missing_ids(method)


def _missing_ids(method: Method) -> NotKnown:
    return ONE_SNAPSHOT if method == "summary" else NO_IDS


def _order(method: Method, growth: ClassGrowth) -> tuple[float, ...]:
    figures = growth.figures[-1]
    size = figures.shallow_bytes if isinstance(figures.retained_bytes, NotKnown) else figures.retained_bytes
    if method == "summary":
        return (-size,)
    change = growth.retained_change
    moved = growth.shallow_change if isinstance(change, NotKnown) else change
    steady = growth.each_time and growth.count_change > 0
    return (-float(steady), -growth.outer_bytes, -moved, -size)
