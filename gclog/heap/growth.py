"""Which constructors grow: by objects that are new and stay, if the snapshots are of one process, otherwise by counts."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gclog.heap.classes import ClassNames, Tally, add_up, is_own_kind
from gclog.heap.dominators import Dominators, topmost
from gclog.heap.inventory import Inventory, positions_of
from gclog.heap.snapshot import Snapshot
from gclog.heap.spill import BLOCK_ROWS, blocks, release
from gclog.model.heap import ClassFigures, ClassGrowth, Method, flattens
from gclog.model.not_known import NotKnown

__all__ = ["NO_IDS", "NO_RETAINED", "LastSnapshot", "class_growths", "grows", "growth_by_median", "growth_objects"]

Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]

MIN_BYTES = 16 << 10
MIN_SHARE = 0.001
"""Growth below either bound, 16 KB or a thousandth of the heap, is ordinary activity: a function compiled, a string created."""

MIN_ALIKE = 10
"""Lower bound on a constructor's objects: fewer are no accumulation, however much they hold (each global object holds almost everything)."""

NO_RETAINED = NotKnown("retained sizes were not computed")
NO_IDS = NotKnown("ids are meaningless across processes")
ONE_SNAPSHOT = NotKnown("there is only one snapshot")
TWO_SNAPSHOTS = NotKnown("it takes three snapshots")


@dataclass(frozen=True, slots=True, eq=False)
class LastSnapshot:
    """The last snapshot, in which paths are searched. `dominators` is None if retained sizes are not wanted."""

    snapshot: Snapshot
    classes: NDArray[np.int32]
    sums: Tally
    inventory: Inventory
    dominators: Dominators | None


def growth_objects(method: Method, earlier: list[Inventory], last: LastSnapshot) -> Flags:
    """The last snapshot's objects that represent growth: all; those absent from the first; or, of these, those present in the second."""
    chosen = np.empty(len(last.snapshot), np.bool_)
    for at, (sizes, ids) in blocks(last.snapshot.sizes, last.snapshot.ids):
        chosen[at] = sizes > 0
        if method in ("two", "three"):
            chosen[at] &= (ids % 2 == 1) & (positions_of(ids, earlier[0].ids) < 0)
        if method == "three":
            chosen[at] &= positions_of(ids, earlier[-1].ids) >= 0
    release(*(inventory.ids for inventory in earlier))
    return chosen


def class_growths(
    method: Method,
    earlier: list[Inventory],
    last: LastSnapshot,
    names: ClassNames,
    chosen: Flags,
    programs: Flags,
    *,
    is_even: bool = True,
) -> list[ClassGrowth]:
    """Every constructor in any snapshot, largest growth first.

    chosen     the objects that represent growth
    programs   by constructor number: the program's own
    is_even    the snapshots are about as far apart as one another, as far as is known
    """
    size = len(names)
    tallies = [_pad(inventory.tally, size) for inventory in earlier] + [_pad(last.sums, size)]
    inner, outer = _bytes(last, chosen, names, programs)
    if method in ("summary", "by-constructor"):
        outer = growth_by_median(method, tallies, last)
    new, gone = _new_and_gone(earlier, last, size) if method in ("two", "three") else (None, None)
    stayed = add_up(last.classes, chosen, None, size)
    growths = []
    for number, name in enumerate(names.names):
        figures = tuple(_figures(tally, number) for tally in tallies)
        if not any(one.count for one in figures):
            continue
        counts = [one.count for one in figures]
        each_time = all(after > before for before, after in itertools.pairwise(counts))
        growth = ClassGrowth(
            name=name,
            figures=figures,
            new=_missing_ids(method) if new is None else int(new[number]),
            gone=_missing_ids(method) if gone is None else int(gone[number]),
            stayed=int(stayed[number]) if method == "three" else (TWO_SNAPSHOTS if method == "two" else _missing_ids(method)),
            stayed_bytes=_stayed_bytes(method, inner, number),
            outer_bytes=0.0 if is_own_kind(name) else float(outer[number]),
            each_time=each_time,
            flattens=is_even and each_time and flattens(counts),
        )
        growths.append(_net_of_churn(growth) if method == "two" else growth)
    return sorted(growths, key=lambda growth: _order(method, growth))


def grows(method: Method, growth: ClassGrowth, total_bytes: int) -> bool:
    """Whether to report it as growing: beyond noise, with more objects at the end and, given three snapshots, each time and to the last."""
    if growth.outer_bytes < max(MIN_BYTES, MIN_SHARE * total_bytes):
        return False
    return method == "summary" or (growth.count_change > 0 and growth.each_time and not growth.flattens)


def growth_by_median(method: Method, tallies: list[Tally], last: LastSnapshot) -> NDArray[np.float64]:
    """Number of objects (added), times what the median one retains: an estimate robust to one large container."""
    counts = tallies[-1].counts - (tallies[0].counts if method == "by-constructor" else 0)
    each = _medians(last, len(counts))
    return np.where(counts >= MIN_ALIKE, counts, 0) * each


def _medians(last: LastSnapshot, size: int) -> NDArray[np.float64]:
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
    """Constructors with objects, in order, in batches of at most BLOCK_ROWS objects; a larger one on its own."""
    present = np.flatnonzero(counts)
    begin = 0
    while begin < len(present):
        end = begin + max(1, int(np.searchsorted(np.cumsum(counts[present[begin:]]), BLOCK_ROWS, side="right")))
        yield present[begin:end]
        begin = end


def _bytes(last: LastSnapshot, chosen: Flags, names: ClassNames, programs: Flags) -> tuple[Ints, NDArray[np.float64]]:
    """By constructor: what the chosen objects retain, and the part not also retained by another chosen object.

    Of the program's own constructors the others are its own: a timer or a promise that holds a request does not take it from the request.
    """
    size = len(names)
    if last.dominators is None:
        shallow = add_up(last.classes, chosen, last.snapshot.sizes, size)
        return shallow, shallow.astype(np.float64)
    retained = last.dominators.retained
    own = np.array([is_own_kind(name) for name in names.names], np.bool_)
    inner = add_up(last.classes, topmost(last.dominators, _groups(last, chosen, None)), retained, size)
    outer = add_up(last.classes, topmost(last.dominators, _groups(last, chosen, ~own)), retained, size)
    if programs.any():
        within = add_up(last.classes, topmost(last.dominators, _groups(last, chosen, programs)), retained, size)
        outer = np.where(programs, within, outer)
    return inner, outer.astype(np.float64)


def _groups(last: LastSnapshot, chosen: Flags, together: Flags | None) -> NDArray[np.int32]:
    """Each chosen object's group for `topmost`: its constructor or, if such are given, one group for all of these constructors."""
    groups = np.empty(len(chosen), np.int32)
    for at, (classes, flags) in blocks(last.classes, chosen):
        groups[at] = np.where(flags, classes, -1) if together is None else np.where(flags & together[classes], 0, -1)
    return groups


def _new_and_gone(earlier: list[Inventory], last: LastSnapshot, size: int) -> tuple[Ints, Ints]:
    first, end = earlier[0], last.inventory
    return _missing_from(first, end, size), _missing_from(end, first, size)


def _missing_from(one: Inventory, other: Inventory, size: int) -> Ints:
    """By constructor, the number of objects that `other` has and `one` lacks."""
    counts = np.zeros(size, np.int64)
    for _, (ids, classes) in blocks(other.ids, other.classes):
        counts += np.bincount(classes[positions_of(ids, one.ids) < 0], minlength=size)
    release(one.ids)
    return counts


def _net_of_churn(growth: ClassGrowth) -> ClassGrowth:
    """The growth without new objects that merely replaced others: of 510 new ones, if 500 went, 10 count."""
    new = growth.new if isinstance(growth.new, int) else 0
    net = max(growth.count_change, 0) / new if new else 0.0
    return dataclasses.replace(growth, outer_bytes=growth.outer_bytes * min(net, 1.0))


def _figures(sums: Tally, number: int) -> ClassFigures:
    retained = NO_RETAINED if sums.retained is None else int(sums.retained[number])
    return ClassFigures(int(sums.counts[number]), int(sums.shallow[number]), retained)


def _pad(sums: Tally, size: int) -> Tally:
    """The tally extended by zeros for constructors found only in later snapshots."""
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
