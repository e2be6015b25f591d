"""Two sides of CPU profiles compared: which functions take more or less of the work, of each second, and whether that can be chance.

A share can rise because the function does more, or because the others do less. So each is held against what the typical function
did: the median of the ratios of shares, as gene expression is normalised (Anders and Huber, Genome Biology 2010). What moved
along with it is the same; what took more beside it is worse.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

import numpy as np
import numpy.typing as npt

from gclog import units
from gclog.analysis.measure.robust import NORMAL_90
from gclog.analysis.measure.student import student_two_sided
from gclog.compare.sides import Side
from gclog.errors import UsageError
from gclog.model.comparison import Overall, Verdict
from gclog.model.not_known import NotKnown
from gclog.model.profile import Profile
from gclog.model.profile_comparison import (
    ComparedProfiles,
    FunctionChange,
    ProfileCompareReport,
    ProfileComparison,
    ProfileDifference,
    SharePair,
    WorkChange,
)
from gclog.profile.difference import Blocks, FrameBook, measure_blocks, merge_sides
from gclog.profile.tree import bottom_up, flat, top_down

__all__ = ["compare_profiles"]

Floats = npt.NDArray[np.float64]

FAMILY_ERROR = 0.05
"""Probability that any function is called better or worse although nothing changed (Holm)."""

MATERIAL = 0.02
"""A change of less than this share of the work is "same" however certain it is: half of the shares of 3 % and more differed by as
much between runs of one program (24 pairs on a busy machine)."""

BETWEEN_RUNS = 0.2
"""Standard deviation of the logarithm of a share between runs of the same program, which one run of each cannot show: 0.24 in these
pairs, with what comes of counting few samples."""

GC_BETWEEN_RUNS = 0.35
"""The same of the share of garbage collection, which is the one that differs most (`gclog.compare.changes`)."""

TYPICAL_SHARE = 0.01
"""On both sides: a function with less says nothing about what the others did."""

FEWEST_TYPICAL = 3
"""Functions that it takes to tell the typical one."""

TESTED_SHARE = 0.01
"""On one of the sides: what takes less cannot have changed by what is material."""

SEVERAL = 3
"""Profiles on each side from which their own differences say how much they scatter."""

FEWEST_SAMPLES = 100
"""Fewer samples of work on a side cannot show that nothing changed."""

SAME_RATIO = 1.1
"""Of the share of the time in which there was work."""

OTHER_LOAD = 1.25
"""From this ratio of the work in each second on, the load may not have been the same."""

DILUTED = 0.05
"""From this change of the typical function's share on it is worth a note."""


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    """The profiles of a side and their blocks, of all of them one below the other."""

    side: Side
    profiles: tuple[Profile, ...]
    work: int
    samples: float
    own: Floats
    total: Floats
    own_error: Floats
    total_error: Floats

    @property
    def seconds_of(self) -> float | NotKnown:
        """Seconds that the profiles last, and of which a share of the work is some."""
        known = [one.duration_ms for one in self.profiles if not isinstance(one.duration_ms, NotKnown)]
        if len(known) < len(self.profiles) or not sum(known):
            return NotKnown("a profile has no moments")
        return sum(known) / units.MS_PER_SECOND

    @property
    def work_ms(self) -> float | NotKnown:
        """CPU time of the work: of ticks as many intervals."""
        if all(one.unit == "us" for one in self.profiles):
            return self.work / units.US_PER_MS
        found = 0.0
        for one in self.profiles:
            if isinstance(one.interval_us, NotKnown):
                return NotKnown("a log does not say how often V8 was to look")
            found += (one.ticks - one.excluded) * one.interval_us / units.US_PER_MS
        return found


def compare_profiles(before: Side, after: Side, version: str) -> ProfileCompareReport:
    """Compare two sides that have been read. Raises UsageError if they count different things."""
    profiles = [tuple(report.profile for report in side.report.profiles) for side in (before, after)]
    units_of = [sorted({profile.unit for profile in each}) for each in profiles]
    if len({unit for each in units_of for unit in each}) > 1:
        raise UsageError(
            "ticks cannot be compared with time",
            where=" and ".join(", ".join(side.words) for side in (before, after)),
            remedy="Give two CPU profiles (.cpuprofile), or two tick logs of --prof.",
        )
    book = FrameBook()
    numbers = [book.add(profile.frames) for each in profiles for profile in each]
    measured = [
        measure_blocks(profile, number, len(book.frames))
        for profile, number in zip((*profiles[0], *profiles[1]), numbers, strict=True)
    ]
    split = len(profiles[0])
    sides = _side(before, profiles[0], measured[:split]), _side(after, profiles[1], measured[split:])
    diluted = _typical_ratio(*sides)
    functions, judged = _judge(sides, diluted)
    measures = tuple(_measures(*sides))
    comparison = ProfileComparison(
        before=_describe(sides[0]),
        after=_describe(sides[1]),
        unit=profiles[0][0].unit,
        overall=_overall(functions, measures, sides),
        measures=measures,
        functions=functions,
        diluted=diluted,
        judged=judged,
        notes=tuple(_notes(sides, diluted)),
    )
    stacks = merge_sides(profiles[0], profiles[1], numbers)
    own, total = (tuple(zip(*(getattr(side, name).tolist() for side in sides), strict=True)) for name in ("own", "total"))
    difference = ProfileDifference(tuple(book.frames), flat(stacks), own, total, top_down(stacks), bottom_up(stacks))
    return ProfileCompareReport(version, comparison, difference, (*before.report.sources, *after.report.sources))


def _describe(side: _Side) -> ComparedProfiles:
    nodes = {profile.node for profile in side.profiles if not isinstance(profile.node, NotKnown)}
    seconds = side.seconds_of
    return ComparedProfiles(
        words=side.side.words,
        sources=tuple(dict.fromkeys(profile.source for profile in side.profiles)),
        forms=tuple(sorted({profile.form for profile in side.profiles})),
        node=", ".join(sorted(nodes, key=lambda node: (len(node), node))),
        samples=sum(profile.sample_count for profile in side.profiles),
        ticks=sum(profile.ticks for profile in side.profiles),
        idle=sum(profile.idle for profile in side.profiles),
        work=side.work,
        duration_ms=seconds if isinstance(seconds, NotKnown) else seconds * units.MS_PER_SECOND,
    )


# ---------------------------------------------------------------- shares and their errors


def _side(side: Side, profiles: tuple[Profile, ...], blocks: Sequence[Blocks]) -> _Side:
    work = sum(profile.ticks - profile.excluded for profile in profiles)
    idle = sum(profile.idle for profile in profiles)
    samples = sum(profile.sample_count for profile in profiles) * (work / ((work + idle) or 1))
    whole = work or 1
    own, total = (sum(getattr(one, name) for one in blocks) / whole for name in ("own_all", "total_all"))
    rows = [_rows_of(one, len(profiles)) for one in blocks]
    work_rows, own_rows, total_rows = (np.concatenate(column) for column in zip(*rows, strict=True))
    scatter = len(profiles) < SEVERAL
    return _Side(
        side,
        profiles,
        work,
        samples,
        own,
        total,
        _error(own, own_rows, work_rows, samples, scatter),
        _error(total, total_rows, work_rows, samples, scatter),
    )


def _rows_of(blocks: Blocks, profiles: int) -> tuple[Floats, Floats, Floats]:
    """The blocks of a profile; of several profiles each is one."""
    if profiles < SEVERAL:
        return blocks.work, blocks.own, blocks.total
    return blocks.work.sum(keepdims=True), blocks.own.sum(axis=0, keepdims=True), blocks.total.sum(axis=0, keepdims=True)


def _error(share: Floats, rows: Floats, work: Floats, samples: float, alone: bool) -> Floats:
    """The standard error of shares: by the scatter of blocks, at least that of counting samples; and between runs, if one stands alone."""
    smoothed = (share * samples + 0.5) / (samples + 1)
    counting = smoothed * (1 - smoothed) / max(samples, 1)
    known = rows[work > 0]
    count = len(known)
    scatter = np.zeros(len(share))
    if count > 1:
        rest = known - np.outer(work[work > 0], known.sum(axis=0) / work.sum())
        scatter = (rest**2).sum(axis=0) * count / (count - 1) / work.sum() ** 2
    between = (BETWEEN_RUNS * share * (1 - share)) ** 2 if alone else 0.0
    error: Floats = np.sqrt(np.maximum(counting, scatter) + between)
    return error


def _typical_ratio(before: _Side, after: _Side) -> float:
    """What the share of a function becomes that works as before: the median over those that take enough on both sides."""
    enough = (before.own >= TYPICAL_SHARE) & (after.own >= TYPICAL_SHARE)
    if int(enough.sum()) < FEWEST_TYPICAL:
        return 1.0
    return math.exp(median(np.log(after.own[enough] / before.own[enough]).tolist()))


# ---------------------------------------------------------------- verdicts


@dataclass(frozen=True, slots=True)
class _Test:
    frame: int
    by: Literal["own", "total"]
    difference: float
    beside: float
    error: float

    @property
    def chance(self) -> float:
        """How probable it is that a difference as large comes by chance."""
        return student_two_sided(abs(self.beside) / self.error, math.inf) if self.error else 1.0

    @property
    def is_material(self) -> bool:
        """Whether the share moved by enough, and not only because those of others did."""
        return abs(self.difference) >= MATERIAL and abs(self.beside) >= MATERIAL and self.difference * self.beside > 0


def _judge(sides: tuple[_Side, _Side], diluted: float) -> tuple[tuple[FunctionChange, ...], int]:
    """Every frame that any sample has, those that changed most first; and how many were tested."""
    before, after = sides
    tests = [test for by in ("own", "total") for test in _tests(before, after, by, diluted)]
    certain: set[tuple[int, str]] = set()
    for left, test in zip(range(len(tests), 0, -1), sorted(tests, key=lambda test: test.chance), strict=True):
        if test.chance > FAMILY_ERROR / left:
            break
        certain.add((test.frame, test.by))
    found: dict[int, list[_Test]] = {}
    for test in tests:
        found.setdefault(test.frame, []).append(test)
    shown = np.flatnonzero((before.total > 0) | (after.total > 0)).tolist()
    changes = [_change(frame, found.get(frame, []), certain, sides, diluted) for frame in shown]
    changes.sort(key=lambda one: (-max(abs(one.own.difference), abs(one.total.difference) / 2), one.frame))
    return tuple(changes), len(tests)


def _tests(before: _Side, after: _Side, by: Literal["own", "total"], diluted: float) -> Iterable[_Test]:
    old, new, old_error, new_error = (getattr(side, name) for name in (by, f"{by}_error") for side in (before, after))
    for frame in np.flatnonzero(np.maximum(old, new) >= TESTED_SHARE).tolist():
        error = math.hypot(float(new_error[frame]), diluted * float(old_error[frame]))
        yield _Test(frame, by, float(new[frame] - old[frame]), float(new[frame] - min(diluted * old[frame], 1.0)), error)


def _change(
    frame: int, tests: Sequence[_Test], certain: set[tuple[int, str]], sides: tuple[_Side, _Side], diluted: float
) -> FunctionChange:
    before, after = sides
    own, total = (
        SharePair(
            float(old[frame]),
            float(new[frame]),
            _per_s(float(old[frame]), before),
            _per_s(float(new[frame]), after),
        )
        for old, new in ((before.own, after.own), (before.total, after.total))
    )
    half = NORMAL_90 * math.hypot(float(before.own_error[frame]), float(after.own_error[frame]))
    verdict, by, why = _verdict(tests, certain, diluted)
    return FunctionChange(frame, own, total, own.difference - half, own.difference + half, verdict, by, why)


def _verdict(
    tests: Sequence[_Test], certain: set[tuple[int, str]], diluted: float
) -> tuple[Verdict, Literal["own", "total"], str]:
    """Of its own share first, then of the total."""
    moved = [test for test in tests if test.is_material]
    for test in moved:
        if (test.frame, test.by) in certain:
            what = "on top of the stack" if test.by == "own" else "with what it called"
            return ("worse" if test.difference > 0 else "better"), test.by, f"beyond chance, {what}"
    if moved:
        return "cannot-say", moved[0].by, "it may be chance: there are too few samples, or they scatter too much"
    if any(abs(test.difference) >= MATERIAL for test in tests):
        return "same", "own", f"its share moved as that of the others did (× {diluted:.2f})"
    return "same", "own", f"by less than {units.percent(MATERIAL)} of the work"


def _per_s(share: float, side: _Side) -> float | NotKnown:
    """ms of CPU in each second of the profile."""
    work_ms, seconds = side.work_ms, side.seconds_of
    if isinstance(work_ms, NotKnown):
        return work_ms
    return seconds if isinstance(seconds, NotKnown) else share * work_ms / seconds


def _measures(before: _Side, after: _Side) -> Iterable[WorkChange]:
    busy = [_busy(side) for side in (before, after)]
    verdict, why = _busy_verdict(busy[0], busy[1])
    yield WorkChange("busy_share", busy[0], busy[1], verdict, why)
    gc = [sum(profile.gc_ticks for profile in side.profiles) / (side.work or 1) for side in (before, after)]
    errors = [math.sqrt(max(share, 1 / max(side.samples, 1)) / max(side.samples, 1) + (GC_BETWEEN_RUNS * share) ** 2)
              for share, side in zip(gc, (before, after), strict=True)]  # fmt: skip
    difference = gc[1] - gc[0]
    if abs(difference) < MATERIAL:
        yield WorkChange("gc_share", gc[0], gc[1], "same", f"by less than {units.percent(MATERIAL)} of the work")
    elif student_two_sided(abs(difference) / math.hypot(*errors), math.inf) > FAMILY_ERROR:
        yield WorkChange("gc_share", gc[0], gc[1], "cannot-say", "it may be chance")
    else:
        yield WorkChange("gc_share", gc[0], gc[1], "worse" if difference > 0 else "better", "beyond chance")
    why = "it depends on how long each was recorded, and on what was asked of it"
    yield WorkChange("work_ms", before.work_ms, after.work_ms, "cannot-say", why)


def _busy(side: _Side) -> float | NotKnown:
    work_ms, seconds = side.work_ms, side.seconds_of
    if isinstance(work_ms, NotKnown):
        return work_ms
    return seconds if isinstance(seconds, NotKnown) else min(work_ms / (seconds * units.MS_PER_SECOND), 1.0)


def _busy_verdict(before: float | NotKnown, after: float | NotKnown) -> tuple[Verdict, str]:
    if isinstance(before, NotKnown) or isinstance(after, NotKnown):
        return "cannot-say", next(one.reason for one in (before, after) if isinstance(one, NotKnown))
    if max(before, after) <= SAME_RATIO * min(before, after):
        return "same", f"by less than a factor of {SAME_RATIO}"
    return "cannot-say", "it follows the load, of which a profile knows nothing"


def _overall(functions: Sequence[FunctionChange], measures: Sequence[WorkChange], sides: tuple[_Side, _Side]) -> Overall:
    gc = [one.verdict for one in measures if one.measure == "gc_share"]
    found = {*gc, *(one.verdict for one in functions)}
    match "worse" in found, "better" in found:
        case True, True:
            return "mixed"
        case True, False:
            return "worse"
        case False, True:
            return "better"
        case _:
            enough = min(side.samples for side in sides) >= FEWEST_SAMPLES
            return "same" if enough and not any(one.verdict == "cannot-say" for one in functions) else "cannot-say"


# ---------------------------------------------------------------- notes


def _notes(sides: tuple[_Side, _Side], diluted: float) -> Iterable[str]:
    before, after = sides
    if before.profiles[0].idle or after.profiles[0].idle:
        yield "shares are of the work: time in which a process was idle is in none of them"
    if abs(math.log(diluted)) > DILUTED:
        yield (
            f"a function that works as before has {diluted:.2f} times its share: others take more or less, and each is judged beside that"
        )
    busy = [_busy(side) for side in sides]
    known = [one for one in busy if not isinstance(one, NotKnown)]
    if len(known) == len(busy) and min(known) > 0 and max(known) / min(known) >= OTHER_LOAD:
        yield "the work in each second differs: if the load did, compare shares, not ms a second"
    nodes = [{profile.node for profile in side.profiles if not isinstance(profile.node, NotKnown)} for side in sides]
    if nodes[0] != nodes[1] and all(nodes):
        yield "the sides ran on different versions of Node: builtins and native functions have other names in them"
    for name, side in (("before", before), ("after", after)):
        if side.samples < FEWEST_SAMPLES:
            yield f"{name}: {units.several(round(side.samples), 'sample')} of work, so only large changes can be seen"
        if len(side.profiles) > 1:
            yield f"{name}: {len(side.profiles)} profiles are taken together"
    if min(len(side.profiles) for side in sides) < SEVERAL:
        yield (
            "two runs of one program differ by chance, which a single profile cannot show; the verdicts allow for it."
            f" {SEVERAL} profiles of each side (BEFORE and AFTER may be folders) show smaller changes"
        )
