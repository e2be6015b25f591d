"""Which constructors grow: by the objects that are new and stay where the snapshots are of one process, else by counts alone."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gclog.heap.classes import ClassNames, Tally, add_up, is_own_kind
from gclog.heap.dominators import Dominators, topmost
from gclog.heap.inventory import Inventory, places_of
from gclog.heap.snapshot import Snapshot
from gclog.heap.spill import AT_ONCE, blocks, release
from gclog.model.heap import ClassFigures, ClassGrowth, Method
from gclog.model.not_known import NotKnown

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
    chosen = np.empty(len(last.snapshot), np.bool_)
    for at, (sizes, ids) in blocks(last.snapshot.sizes, last.snapshot.ids):
        chosen[at] = sizes > 0
        if method in ("two", "three"):
            chosen[at] &= (ids % 2 == 1) & (places_of(ids, earlier[0].ids) < 0)
        if method == "three":
            chosen[at] &= places_of(ids, earlier[1].ids) >= 0
    release(*(inventory.ids for inventory in earlier))
    return chosen


def class_growths(method: Method, earlier: list[Inventory], last: Last, names: ClassNames) -> list[ClassGrowth]:
    """Every constructor that any snapshot has, the largest growth first."""
    size = len(names)
    tallies = [_pad(inventory.tally, size) for inventory in earlier] + [_pad(last.sums, size)]
    chosen = newcomers(method, earlier, last)
    inner, outer = _bytes(last, chosen, size, names)
    if method in ("summary", "by-constructor"):
        outer = piled_up(method, tallies, last)
    new, gone = _comings(earlier, last, size) if method in ("two", "three") else (None, None)
    stayed = add_up(last.classes, chosen, None, size)
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
    medians = np.zeros(size)
    for numbers in _batches(last.sums.counts):
        wanted = np.zeros(size, np.bool_)
        wanted[numbers] = True
        classes, weights = [], []
        for _, (found, sizes, block) in blocks(last.classes, last.snapshot.sizes, values):
            chosen = wanted[found] & (sizes > 0)
            classes.append(found[chosen])
            weights.append(block[chosen])
        of, weighed = np.concatenate(classes), np.concatenate(weights)
        del classes, weights
        if len(numbers) > 1:
            weighed = weighed[np.lexsort((weighed, of))]
        else:
            weighed.sort()
        counts = last.sums.counts[numbers]
        medians[numbers] = weighed[np.cumsum(counts) - counts + counts // 2]
    return medians


def _batches(counts: Ints) -> Iterator[Ints]:
    """The constructors that there are, in order, so many at once that they have no more than AT_ONCE objects; a larger one alone."""
    there = np.flatnonzero(counts)
    begin = 0
    while begin < len(there):
        end = begin + max(1, int(np.searchsorted(np.cumsum(counts[there[begin:]]), AT_ONCE, side="right")))
        yield there[begin:end]
        begin = end


def _bytes(last: Last, chosen: Flags, size: int, names: ClassNames) -> tuple[Ints, NDArray[np.float64]]:
    """By constructor, what the chosen objects retain; and what of it no other chosen object of the program's retains, too."""
    if last.dominators is None:
        shallow = add_up(last.classes, chosen, last.snapshot.sizes, size)
        return shallow, shallow.astype(np.float64)
    retained = last.dominators.retained
    own = np.array([is_own_kind(name) for name in names.names], np.bool_)
    groups = np.empty(len(chosen), np.int32)
    for at, (classes, flags) in blocks(last.classes, chosen):
        groups[at] = np.where(flags, classes, -1)
    inner = add_up(last.classes, topmost(last.dominators, groups), retained, size)
    for at, (classes, flags) in blocks(last.classes, chosen):
        groups[at] = np.where(flags & ~own[classes], 0, -1)
    return inner, add_up(last.classes, topmost(last.dominators, groups), retained, size).astype(np.float64)


def _comings(earlier: list[Inventory], last: Last, size: int) -> tuple[Ints, Ints]:
    first, end = earlier[0], last.inventory
    return _missing_from(first, end, size), _missing_from(end, first, size)


def _missing_from(one: Inventory, other: Inventory, size: int) -> Ints:
    """By constructor, how many objects the other has and the one has not."""
    counts = np.zeros(size, np.int64)
    for _, (ids, classes) in blocks(other.ids, other.classes):
        counts += np.bincount(classes[places_of(ids, one.ids) < 0], minlength=size)
    release(one.ids)
    return counts


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
