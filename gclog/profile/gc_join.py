"""A tick log and the GC log of the same isolate on one axis of time: which ticks fell into which pause, and who was on the stack
while the program allocated much.

V8 counts both logs' time from about the isolate's start, by two clocks. The GC log's is printed when a pause is over, in whole
ms; the ticks' is the logger's, in µs. Measured (main isolates and workers, Linux): from V8 6.8 (Node 10) on equal to 0.5 ms, to
2.5 ms on a machine that was busy when they started; the logger's is 3 to 13 ms ahead in V8 5.1 and 6.2 (Node 6 and 8). So the
offset is looked for near 0: the one at which most ticks in VM state GC fall into pauses.

Ticks in GC that fall into no pause are no fault of the clocks: V8 marks in steps and sweeps in that state, too. In some 50 runs of
small programs that allocate much, 85 to 100 % fell into pauses as a rule, and 38 % at the least: V8 had been marking for 100 ms.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from gclog.model.not_known import NotKnown
from gclog.model.profile import STATES, GcJoin, JoinedPause, Profile
from gclog.model.records import COLLECTOR_OF_TYPE
from gclog.processes.process import ProcessTable
from gclog.profile.allocation import find_windows

__all__ = ["join_gc"]

GC = STATES.index("gc")
US_PER_MS = 1000.0

OFFSET_RANGE_US = 20_000
"""The clocks were never more than 13 ms apart; further away, other pauses lie in wait to be mistaken for the right ones."""

OFFSET_STEP_US = 250
"""A quarter of a tick and of the GC log's ms: finer means nothing."""

WHOLE_MS_SLACK_US, FINER_SLACK_US = 500.0, 50.0
"""Half of the last digit of a moment in the GC log: whole ms as a rule, tenths at the least."""

ENOUGH_GC_TICKS = 20
"""With fewer, chance can put them all into pauses somewhere in the range."""

COUNTED_GC_TICKS = 20_000
"""Of more than these, evenly picked ones decide: each offset is tried on all of them."""

CLEAR_GAIN_SHARE = 0.05
"""An offset must put so many more of the ticks into pauses than none does. 250 µs to 500 µs, the rounding, gained up to 6.5 %."""

AGREEMENT_SHARE = 0.5
"""If fewer of the ticks near pauses than these fall into one at the best offset, the logs tell two stories. 0.56 was the least seen."""


@dataclass(frozen=True, slots=True)
class _Pauses:
    """Atomic pauses, in order of time, µs on the ticks' clock. `slack`: how far an end may be off, by rounding."""

    before: npt.NDArray[np.float64]
    after: npt.NDArray[np.float64]
    slack: float

    def moved(self, offset_us: float) -> _Pauses:
        return _Pauses(self.before + offset_us, self.after + offset_us, self.slack)

    def within(self, at_us: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
        """The pause that each moment is in, the nearer one where the slack of two overlaps; -1 in none."""
        last = len(self.after) - 1
        next_one = np.minimum(np.searchsorted(self.after, at_us), last)
        previous = np.maximum(next_one - 1, 0)
        to_next = np.maximum(np.maximum(self.before[next_one] - at_us, at_us - self.after[next_one]), 0)
        since_previous = np.maximum(np.maximum(at_us - self.after[previous], self.before[previous] - at_us), 0)
        nearest = np.where(since_previous < to_next, previous, next_one)
        return np.where(np.minimum(since_previous, to_next) <= self.slack, nearest, -1).astype(np.int64)


@dataclass(frozen=True, slots=True)
class _Offset:
    us: int
    why: str
    agrees: bool


def join_gc(profile: Profile, process: ProcessTable, source: str) -> GcJoin | NotKnown:
    """The GC log's pauses and stretches of much allocation on the ticks' axis of time. `source`: the GC log's name.

    NotKnown where one of them has no times, they name other processes or isolates, share no time, or tell of different runs.
    """
    if profile.pid is not None and process.pid is not None and profile.pid != process.pid:
        return NotKnown(f"another process: {process.pid} in the GC log, {profile.pid} in the tick log")
    if profile.isolate is not None and process.isolate is not None and not _same_isolate(profile.isolate, process.isolate):
        return NotKnown(f"another isolate: {process.isolate} in the GC log, {profile.isolate} in the tick log")
    at_us = np.asarray(profile.samples.at_us, dtype=np.float64)
    if not len(at_us):
        return NotKnown("the tick log has no ticks")
    if not at_us.any():
        return NotKnown("the ticks have no times: V8 before 3.28 wrote none")
    collections = process.collections
    timed = collections[collections["at_ms"].notna()] if len(collections) else collections
    if not len(timed):
        return NotKnown("the GC log has no collections with a time")
    timed = timed.sort_values("at_ms", kind="stable")
    is_gc = np.asarray(profile.samples.state, dtype=np.int64) == GC
    paused = timed[timed["pause_ms"].notna()]
    pauses = _read_pauses(paused)
    offset = _estimate_offset(at_us[is_gc], pauses)
    at_ms = timed["at_ms"].to_numpy(dtype=np.float64)
    if not _overlap(at_ms * US_PER_MS + offset.us, at_us):
        return NotKnown(
            f"no time in common: the GC log's collections are at {at_ms[0]:,.0f} to {at_ms[-1]:,.0f} ms, "
            f"the ticks at {at_us[0] / US_PER_MS:,.0f} to {at_us[-1] / US_PER_MS:,.0f} ms since the isolate's start"
        )
    named_alike = profile.isolate is not None and process.isolate is not None
    if not offset.agrees and not named_alike:
        return NotKnown(f"another run, it seems: {offset.why}")
    pauses = pauses.moved(offset.us)
    joined, elsewhere = _join_pauses(paused, pauses, at_us, at_us[is_gc])
    windows, windows_why = find_windows(profile, timed, offset.us)
    return GcJoin(
        source=source,
        pid=process.pid,
        isolate=process.isolate,
        offset_us=offset.us,
        offset_why=offset.why,
        pauses=joined,
        pause_share=_pause_share(pauses, at_us),
        gc_ticks_in_pauses=int(is_gc.sum()) - elsewhere,
        gc_ticks_elsewhere=elsewhere,
        windows=windows,
        windows_why=windows_why,
    )


def _same_isolate(one: str, other: str) -> bool:
    """Whether two addresses are the same: Windows pads them in one log and not in the other, in capitals, without 0x."""
    try:
        return int(one, 16) == int(other, 16)
    except ValueError:
        return one == other


def _overlap(collected_us: npt.NDArray[np.float64], at_us: npt.NDArray[np.float64]) -> bool:
    return bool(((collected_us >= at_us[0]) & (collected_us <= at_us[-1])).any())


def _read_pauses(rows: pd.DataFrame) -> _Pauses:
    at_ms = rows["at_ms"].to_numpy(dtype=np.float64)
    pause_ms = rows["pause_ms"].to_numpy(dtype=np.float64)
    slack_us = WHOLE_MS_SLACK_US if (at_ms == np.round(at_ms)).all() else FINER_SLACK_US
    return _Pauses((at_ms - pause_ms) * US_PER_MS, at_ms * US_PER_MS, slack_us)


# ---------------------------------------------------------------- the two clocks


def _estimate_offset(gc_us: npt.NDArray[np.float64], pauses: _Pauses) -> _Offset:
    """What to add to the GC log's clock, by the ticks in GC; 0 where they cannot tell."""
    if not len(pauses.after):
        return _Offset(0, "the GC log says of no collection how long it took: the clocks are taken as equal", True)
    # those further away from any pause cannot tell: no offset moves them into one
    near = _Pauses(pauses.before, pauses.after, OFFSET_RANGE_US).within(gc_us) >= 0
    gc_us = gc_us[near][:: 1 + int(near.sum()) // COUNTED_GC_TICKS]
    total = len(gc_us)
    if total < ENOUGH_GC_TICKS:
        few = f"{total} {'tick' if total == 1 else 'ticks'} in GC near pauses, too few to compare the clocks"
        return _Offset(0, f"{few} (it takes {ENOUGH_GC_TICKS}): taken as equal", True)
    offsets = sorted(range(-OFFSET_RANGE_US, OFFSET_RANGE_US + 1, OFFSET_STEP_US), key=abs)
    caught = [int((pauses.moved(offset).within(gc_us) >= 0).sum()) for offset in offsets]
    best = int(np.argmax(caught))  # the first of equals: nearest to 0
    range_ms = OFFSET_RANGE_US / US_PER_MS
    if caught[best] < AGREEMENT_SHARE * total:
        why = f"at no offset within {range_ms:.0f} ms do half of the {total:,} ticks in GC near pauses fall into one ({caught[best]:,} at best)"
        return _Offset(0, f"{why}; the clocks are taken as equal, and may not be", False)
    if caught[best] - caught[0] <= CLEAR_GAIN_SHARE * total:
        return _Offset(
            0, f"{caught[0]:,} of {total:,} ticks in GC near pauses fall into one so, and clearly more at no other offset", True
        )
    as_good = {offset for offset, count in zip(offsets, caught, strict=True) if count == caught[best]}
    return _Offset(
        _middle(offsets[best], as_good),
        f"{caught[best]:,} of {total:,} ticks in GC near pauses fall into one so, {caught[0]:,} without",
        True,
    )


def _middle(offset: int, as_good: set[int]) -> int:
    """The middle of the unbroken range of offsets that are as good as this one."""
    least = most = offset
    while least - OFFSET_STEP_US in as_good:
        least -= OFFSET_STEP_US
    while most + OFFSET_STEP_US in as_good:
        most += OFFSET_STEP_US
    return (least + most) // 2


# ---------------------------------------------------------------- pauses


def _join_pauses(
    rows: pd.DataFrame, pauses: _Pauses, at_us: npt.NDArray[np.float64], gc_us: npt.NDArray[np.float64]
) -> tuple[tuple[JoinedPause, ...], int]:
    """The pauses within the ticks' time, with their ticks; and how many ticks in GC are in none."""
    if not len(rows):
        return (), len(gc_us)
    shown = (pauses.after + pauses.slack >= at_us[0]) & (pauses.before - pauses.slack <= at_us[-1])
    place = pauses.within(gc_us)
    ticks = np.bincount(place[place >= 0], minlength=len(rows))
    columns = zip(rows["line"], pauses.after, rows["pause_ms"], rows["type"], ticks, shown, strict=True)
    joined = tuple(
        JoinedPause(int(line), round(float(after)), float(pause_ms), COLLECTOR_OF_TYPE[str(type_)], int(count))
        for line, after, pause_ms, type_, count, inside in columns
        if inside
    )
    return joined, int((place < 0).sum())


def _pause_share(pauses: _Pauses, at_us: npt.NDArray[np.float64]) -> float:
    first, last = float(at_us[0]), float(at_us[-1])
    if not last > first:
        return 0.0
    parts = np.minimum(pauses.after, last) - np.maximum(pauses.before, first)
    return float(min(np.maximum(parts, 0).sum() / (last - first), 1.0))
