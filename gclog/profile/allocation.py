"""The stretches in which a program allocated much, and the JavaScript functions that were on the stack then.

What a program allocated between two collections is the heap that the second found less the heap that the first left. Time is
heavy if it brought more than HEAVY_RATIO times what the median moment of the program's own time did. Stretches are the maximal
scoring segments (Ruzzo and Tompa, 1999) of heavy time against the rest: those in which, from either end on, heavy time is more. So
a short dip does not part a stretch, and bursts with long calm between them stay apart however steep they are.

Functions on the stack while allocation is heavy are suspects, not culprits: ticks come by time, not by bytes, so that one that
computes through the same stretch is there as well. V8's sampling heap profiler (`node --heap-prof`) tells by bytes.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from gclog.model.profile import STATES, AllocationWindow, FlatRow, Profile

__all__ = ["find_windows", "heavy_segments"]

GC = STATES.index("gc")
US_PER_MS = 1000.0
US_PER_SECOND = 1_000_000.0

HEAVY_RATIO = 2.0
"""Much is twice the median moment's rate: the sawtooth of V8's own pacing stays below, a request that builds a big answer does not."""

WINDOWS = 5
FUNCTIONS = 10
"""As many as a reader looks at: the stretches that brought most, and the functions on most stacks."""

WORTH_SHARE = 0.05
"""A stretch holds at least so much of all that was allocated: the start of a program is steep and short."""

ENOUGH_TICKS = 10
"""Of fewer ticks no share of a function says anything."""

BLOCK_US = 10_000.0
"""Rates are of at least so long: the GC log's moments are in whole ms, and collections may follow each other within one."""

MORE_THAN_ELSEWHERE = 1.5
"""A function is peculiar to a stretch if its share of the ticks there is so many times its share outside; a server's main loop is not."""


@dataclass(frozen=True, slots=True)
class _Block:
    """Some time between collections: the moments around it, µs on the ticks' clock; `own_us` is without pauses."""

    from_us: float
    to_us: float
    own_us: float
    allocated_mb: float


def find_windows(profile: Profile, collections: pd.DataFrame, offset_us: int) -> tuple[tuple[AllocationWindow, ...], str]:
    """The stretches of most allocation in order of time, at most WINDOWS; where allocation was even, one for the whole time.

    Collections (with `at_ms`) in order of time; what was allocated before the first of them nobody knows. Also a sentence on how
    the stretches were chosen, or why there is none.
    """
    at_us = np.asarray(profile.samples.at_us, dtype=np.float64)
    is_program = np.asarray(profile.samples.state, dtype=np.int64) != GC
    blocks = _blocks(collections, offset_us, float(at_us[0]), float(at_us[-1]))
    if not blocks:
        return (), "it takes two collections with the size of the heap, some ms apart"
    threshold = HEAVY_RATIO * _median_rate(blocks)
    scores = [block.own_us if block.allocated_mb > threshold * block.own_us else -block.own_us for block in blocks]
    allocated = [block.allocated_mb for block in blocks]
    brought = {segment: sum(allocated[slice(*segment)]) for segment in heavy_segments(scores)}
    worth = [segment for segment, mb in brought.items() if mb >= WORTH_SHARE * sum(allocated)]
    spans = {(first, end): _ticks_in(at_us, is_program, blocks[first], blocks[end - 1]) for first, end in worth}
    enough = [segment for segment in worth if spans[segment].sum() >= ENOUGH_TICKS]
    heavy = sorted(sorted(enough, key=lambda segment: -brought[segment])[:WINDOWS])
    if not heavy:
        why = f"even: no stretch of {ENOUGH_TICKS} ticks or more with over {HEAVY_RATIO:g} times the median rate, so this is all of it"
        whole = (0, len(blocks))
        spans[whole] = _ticks_in(at_us, is_program, blocks[0], blocks[-1])
        heavy = [whole]
    else:
        why = f"mostly over {HEAVY_RATIO:g} times the median rate of the program's own time, the pauses left out"
    inside = np.logical_or.reduce([spans[segment] for segment in heavy])
    elsewhere = _total_ticks(profile, is_program & ~inside)
    count_elsewhere = int((is_program & ~inside).sum())
    windows = (_window(profile, blocks[slice(*segment)], spans[segment], elsewhere, count_elsewhere) for segment in heavy)
    return tuple(windows), why


# ---------------------------------------------------------------- how much, when


def _blocks(collections: pd.DataFrame, offset_us: int, first_us: float, last_us: float) -> list[_Block]:
    """The time between collections, within the ticks' time, in blocks of BLOCK_US or more."""
    sized = collections.dropna(subset=["used_before_mb", "used_after_mb"])
    at = sized["at_ms"].to_numpy(dtype=np.float64) * US_PER_MS + offset_us
    sized, at = sized[(at >= first_us) & (at <= last_us)], at[(at >= first_us) & (at <= last_us)]
    pause = np.nan_to_num(sized["pause_ms"].to_numpy(dtype=np.float64)) * US_PER_MS
    before, after = (sized[name].to_numpy(dtype=np.float64) for name in ("used_before_mb", "used_after_mb"))
    grown = np.maximum(before[1:] - after[:-1], 0.0)  # less where the embedder gave memory back: no allocation
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
    """MB per µs of the program's own time that half of that time stays at or below."""
    rates = sorted((block.allocated_mb / block.own_us, block.own_us) for block in blocks)
    half = sum(own_us for _, own_us in rates) / 2
    passed = np.cumsum([own_us for _, own_us in rates])
    return rates[int(np.searchsorted(passed, half))][0]


def heavy_segments(scores: list[float]) -> list[tuple[int, int]]:
    """All maximal scoring segments, (first, end) with the end left out, in order. Linear (Ruzzo and Tompa, 1999).

    A segment's sums from its first element on, and up to its last, are above 0; no longer one like it holds it.
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
    """Total ticks by frame, of chosen samples, JavaScript functions alone."""
    total: Counter[int] = Counter()
    for path, ticks in _paths(profile, chosen):
        for frame in set(profile.paths[path].frames):
            if profile.frames[frame].kind == "function":
                total[frame] += ticks
    return total


def _paths(profile: Profile, chosen: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    found, counts = np.unique(np.asarray(profile.samples.path, dtype=np.int64)[chosen], return_counts=True)
    return list(zip(found.tolist(), counts.tolist(), strict=True))


def _window(
    profile: Profile, blocks: list[_Block], chosen: npt.NDArray[np.bool_], elsewhere: Counter[int], count_elsewhere: int
) -> AllocationWindow:
    count = int(chosen.sum())
    total = _total_ticks(profile, chosen)
    own: Counter[int] = Counter()
    for path, ticks in _paths(profile, chosen):
        own[profile.paths[path].frames[-1]] += ticks

    def rank(frame: int) -> tuple[bool, int, int, int]:
        share_elsewhere = elsewhere[frame] / count_elsewhere if count_elsewhere >= ENOUGH_TICKS else 0.0
        usual = total[frame] / count < MORE_THAN_ELSEWHERE * share_elsewhere
        return usual, -total[frame], -own[frame], frame

    allocated_mb = sum(block.allocated_mb for block in blocks)
    from_us, to_us = blocks[0].from_us, blocks[-1].to_us
    return AllocationWindow(
        from_us=round(from_us),
        to_us=round(to_us),
        allocated_mb=allocated_mb,
        mb_per_s=allocated_mb / (to_us - from_us) * US_PER_SECOND,
        ticks=count,
        functions=tuple(FlatRow(frame, own[frame], total[frame]) for frame in sorted(total, key=rank)[:FUNCTIONS]),
    )
