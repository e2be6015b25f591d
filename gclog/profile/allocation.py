"""Stretches of heavy allocation, and the JavaScript functions on the stack during them.

Allocation between two collections is the heap before the second minus the heap after the first. Time is heavy if its allocation
rate exceeds HEAVY_RATIO times the median rate over the program's own time. Stretches are the maximal scoring segments (Ruzzo and
Tompa, 1999) of heavy time against the rest: those in which heavy time prevails, counted from either end. So a short dip does not
split a stretch, and bursts separated by long calm stay separate, however steep they are.

Functions on the stack during heavy allocation are suspects, not culprits: ticks sample time, not bytes, so a function that merely
computes during the same stretch is listed as well. V8's sampling heap profiler (`node --heap-prof`) samples bytes.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from gclog import units
from gclog.model.profile import GC_STATE, AllocationWindow, FlatRow, Profile
from gclog.profile.stacks import StackPaths

__all__ = ["find_windows", "heavy_segments"]

US_PER_SECOND = 1_000_000.0

HEAVY_RATIO = 2.0
"""Allocation is heavy above twice the median rate: the sawtooth of V8's own pacing stays below, a request building a big response does not."""

MAX_WINDOWS = 5
MAX_FUNCTIONS = 10
"""Upper bounds, since a reader looks at no more: the stretches with most allocation, the functions on most stacks."""

MIN_ALLOCATED_SHARE = 0.05
"""Lower bound on a stretch's share of all allocation: a program's start is steep but short."""

MIN_TICKS = 10
"""With fewer ticks, a function's share says nothing."""

BLOCK_US = 10_000.0
"""Minimum length of time for a rate: the GC log's times are in whole ms, and collections may be less than one apart."""

PECULIAR_RATIO = 1.5
"""A function is peculiar to a stretch if its share of the ticks there is this many times that outside; a server's main loop is not."""


@dataclass(frozen=True, slots=True)
class _Block:
    """Some time between collections: its bounds in µs on the ticks' clock; `own_us` excludes pauses."""

    from_us: float
    to_us: float
    own_us: float
    allocated_mb: float


def find_windows(profile: Profile, collections: pd.DataFrame, offset_us: int) -> tuple[tuple[AllocationWindow, ...], str]:
    """At most MAX_WINDOWS stretches of most allocation, in order of time, and a sentence on how they were chosen or why there is none.

    If allocation was even, one stretch covers the whole time. `collections` (with `at_ms`) are in order of time; allocation before
    the first of them is unknown.
    """
    at_us = np.asarray(profile.samples.at_us, dtype=np.float64)
    is_program = np.asarray(profile.samples.state, dtype=np.int64) != GC_STATE
    blocks = _blocks(collections, offset_us, float(at_us[0]), float(at_us[-1]))
    if not blocks:
        return (), "it takes two collections with heap sizes, some ms apart"
    threshold = HEAVY_RATIO * _median_rate(blocks)
    scores = [block.own_us if block.allocated_mb > threshold * block.own_us else -block.own_us for block in blocks]
    allocated = [block.allocated_mb for block in blocks]
    gained = {segment: sum(allocated[slice(*segment)]) for segment in heavy_segments(scores)}
    worth = [segment for segment, mb in gained.items() if mb >= MIN_ALLOCATED_SHARE * sum(allocated)]
    spans = {(first, end): _ticks_in(at_us, is_program, blocks[first], blocks[end - 1]) for first, end in worth}
    enough = [segment for segment in worth if spans[segment].sum() >= MIN_TICKS]
    heavy = sorted(sorted(enough, key=lambda segment: -gained[segment])[:MAX_WINDOWS])
    if not heavy:
        why = f"even: no stretch of {MIN_TICKS} ticks or more with over {HEAVY_RATIO:g} times the median rate, so this covers the whole time"
        whole = (0, len(blocks))
        spans[whole] = _ticks_in(at_us, is_program, blocks[0], blocks[-1])
        heavy = [whole]
    else:
        why = f"mostly over {HEAVY_RATIO:g} times the median rate over the program's own time, pauses excluded"
    inside = np.logical_or.reduce([spans[segment] for segment in heavy])
    elsewhere = _total_ticks(profile, is_program & ~inside)
    count_elsewhere = int((is_program & ~inside).sum())
    windows = (_window(profile, blocks[slice(*segment)], spans[segment], elsewhere, count_elsewhere) for segment in heavy)
    return tuple(windows), why


# ---------------------------------------------------------------- how much, when


def _blocks(collections: pd.DataFrame, offset_us: int, first_us: float, last_us: float) -> list[_Block]:
    """The time between collections, within the ticks' time, in blocks of at least BLOCK_US."""
    sized = collections.dropna(subset=["used_before_mb", "used_after_mb"])
    at = sized["at_ms"].to_numpy(dtype=np.float64) * units.US_PER_MS + offset_us
    sized, at = sized[(at >= first_us) & (at <= last_us)], at[(at >= first_us) & (at <= last_us)]
    pause = np.nan_to_num(sized["pause_ms"].to_numpy(dtype=np.float64)) * units.US_PER_MS
    before, after = (sized[name].to_numpy(dtype=np.float64) for name in ("used_before_mb", "used_after_mb"))
    grown = np.maximum(before[1:] - after[:-1], 0.0)  # negative if the embedder returned memory, which is not allocation
    own = np.maximum(at[1:] - pause[1:] - at[:-1], 0.0)
    blocks: list[_Block] = []
    begin, own_us, mb = 0, 0.0, 0.0
    for i in range(len(grown)):
        own_us += float(own[i])
        mb += float(grown[i])
        if own_us >= BLOCK_US or (i == len(grown) - 1 and own_us > 0 and not blocks):
            blocks.append(_Block(float(at[begin]), float(at[i + 1]), own_us, mb))
            begin, own_us, mb = i + 1, 0.0, 0.0
    if own_us and blocks:
        last = blocks[-1]
        blocks[-1] = _Block(last.from_us, float(at[-1]), last.own_us + own_us, last.allocated_mb + mb)
    return blocks


def _median_rate(blocks: list[_Block]) -> float:
    """The median allocation rate over the program's own time, MB per µs."""
    rates = sorted((block.allocated_mb / block.own_us, block.own_us) for block in blocks)
    half = sum(own_us for _, own_us in rates) / 2
    passed = np.cumsum([own_us for _, own_us in rates])
    return rates[int(np.searchsorted(passed, half))][0]


def heavy_segments(scores: list[float]) -> list[tuple[int, int]]:
    """All maximal scoring segments as half-open (first, end), in order, in linear time (Ruzzo and Tompa, 1999).

    Every prefix and suffix of a segment has a sum above 0, and no longer segment with this property contains it.
    """
    open_ones: list[tuple[float, float, int, int]] = []  # sum before, sum after, first, end; sums before rise
    done: list[tuple[int, int]] = []
    total = 0.0
    for i, score in enumerate(scores):
        before, first = total, i
        total += score
        if score <= 0:
            continue
        while open_ones and open_ones[-1][0] >= before:
            done.append(open_ones.pop()[2:])
        while open_ones and open_ones[-1][1] < total:
            before, _, first, _ = open_ones.pop()
        done = _without(done, first)
        open_ones.append((before, total, first, i + 1))
    return sorted(done + [entry[2:] for entry in open_ones])


def _without(done: list[tuple[int, int]], first: int) -> list[tuple[int, int]]:
    while done and done[-1][0] >= first:
        done.pop()
    return done


# ---------------------------------------------------------------- who was there


def _ticks_in(
    at_us: npt.NDArray[np.float64], is_program: npt.NDArray[np.bool_], first: _Block, last: _Block
) -> npt.NDArray[np.bool_]:
    inside: npt.NDArray[np.bool_] = is_program & (at_us >= first.from_us) & (at_us < last.to_us)
    return inside


def _total_ticks(profile: Profile, chosen: npt.NDArray[np.bool_]) -> Counter[int]:
    """Total ticks by frame over the chosen samples, JavaScript functions only."""
    total = StackPaths.of(profile.paths).total_ticks(_counts(profile, chosen))
    return Counter({frame: ticks for frame, ticks in total.items() if profile.frames[frame].kind == "function"})


def _counts(profile: Profile, chosen: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """The chosen samples of each stack."""
    return np.bincount(np.asarray(profile.samples.path, dtype=np.int64)[chosen], minlength=len(profile.paths))


def _window(
    profile: Profile, blocks: list[_Block], chosen: npt.NDArray[np.bool_], elsewhere: Counter[int], count_elsewhere: int
) -> AllocationWindow:
    count = int(chosen.sum())
    total = _total_ticks(profile, chosen)
    tops, counts = StackPaths.of(profile.paths).tops(), _counts(profile, chosen)
    own = np.bincount(tops, weights=counts, minlength=len(profile.frames)).astype(np.int64).tolist()

    def rank(frame: int) -> tuple[bool, int, int, int]:
        share_elsewhere = elsewhere[frame] / count_elsewhere if count_elsewhere >= MIN_TICKS else 0.0
        usual = total[frame] / count < PECULIAR_RATIO * share_elsewhere
        return usual, -total[frame], -own[frame], frame

    allocated_mb = sum(block.allocated_mb for block in blocks)
    from_us, to_us = blocks[0].from_us, blocks[-1].to_us
    return AllocationWindow(
        from_us=round(from_us),
        to_us=round(to_us),
        allocated_mb=allocated_mb,
        mb_per_s=allocated_mb / (to_us - from_us) * US_PER_SECOND,
        ticks=count,
        functions=tuple(FlatRow(frame, own[frame], total[frame]) for frame in sorted(total, key=rank)[:MAX_FUNCTIONS]),
    )
