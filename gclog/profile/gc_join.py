"""A tick log and the same isolate's GC log on one time axis: which ticks fell into which pause, and what was on the stack during
heavy allocation.

Both logs count time from about the isolate's start, but on two clocks. The GC log's is printed at the end of a pause, in whole ms;
the ticks' is the logger's, in µs. Measured (main isolates and workers, Linux): from V8 6.8 (Node 10) on equal to within 0.5 ms, or
2.5 ms on a machine that was busy when they started; the logger's is 3 to 13 ms ahead in V8 5.1 and 6.2 (Node 6 and 8). So the
offset is sought near 0, as the one at which most ticks in VM state GC fall into pauses.

GC ticks outside any pause do not mean that the clocks are off: V8 also does incremental marking and sweeping in that state. In some
50 runs of small, allocation-heavy programs, 85 to 100 % usually fell into pauses, and at least 38 %, where V8 had been marking for
100 ms.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from gclog import units
from gclog.model.not_known import NotKnown
from gclog.model.profile import GC_STATE, GcJoin, JoinedPause, Profile
from gclog.model.records import COLLECTOR_OF_TYPE
from gclog.processes.process import ProcessTable
from gclog.profile.allocation import find_windows

__all__ = ["join_gc"]


OFFSET_RANGE_US = 20_000
"""The clocks were never more than 13 ms apart; in a wider range other pauses could be mistaken for the right ones."""

OFFSET_STEP_US = 250
"""A quarter of a tick, and of the GC log's resolution: anything finer is meaningless."""

WHOLE_MS_SLACK_US, FINER_SLACK_US = 500.0, 50.0
"""Half of the last digit of a time in the GC log: usually whole ms, otherwise at least tenths."""

MIN_GC_TICKS = 20
"""With fewer, chance could put them all into pauses somewhere in the range."""

MAX_GC_TICKS = 20_000
"""Upper bound on the GC ticks, evenly sampled, on which each offset is tried."""

CLEAR_GAIN_SHARE = 0.05
"""Share of the ticks that an offset must add to those in pauses without one. 250 µs to 500 µs, the rounding, gained up to 6.5 %."""

AGREEMENT_SHARE = 0.5
"""If a smaller share of the ticks near pauses falls into one at the best offset, the logs disagree. The smallest seen was 0.56."""


@dataclass(frozen=True, slots=True)
class _Pauses:
    """Atomic pauses in order of time, µs on the ticks' clock. `slack`: the rounding error of an end."""

    before: npt.NDArray[np.float64]
    after: npt.NDArray[np.float64]
    slack: float

    def moved(self, offset_us: float) -> _Pauses:
        return _Pauses(self.before + offset_us, self.after + offset_us, self.slack)

    def within(self, at_us: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
        """The pause that contains each moment, the nearer one if the slack of two overlaps; -1 if none."""
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
    """The GC log's pauses and stretches of heavy allocation on the ticks' time axis. `source` is the GC log's name.

    NotKnown if either has no times, they name different processes or isolates, do not overlap in time, or are of different runs.
    """
    if profile.pid is not None and process.pid is not None and profile.pid != process.pid:
        return NotKnown(f"another process: {process.pid} in the GC log, {profile.pid} in the tick log")
    if profile.isolate is not None and process.isolate is not None and not _same_isolate(profile.isolate, process.isolate):
        return NotKnown(f"another isolate: {process.isolate} in the GC log, {profile.isolate} in the tick log")
    at_us = np.asarray(profile.samples.at_us, dtype=np.float64)
    if not len(at_us):
        return NotKnown("the tick log has no ticks")
    if not at_us.any():
        return NotKnown("the ticks have no times, which V8 writes from 3.28 on")
    collections = process.collections
    timed = collections[collections["at_ms"].notna()] if len(collections) else collections
    if not len(timed):
        return NotKnown("the GC log has no collections with a time")
    timed = timed.sort_values("at_ms", kind="stable")
    is_gc = np.asarray(profile.samples.state, dtype=np.int64) == GC_STATE
    paused = timed[timed["pause_ms"].notna()]
    pauses = _read_pauses(paused)
    offset = _estimate_offset(at_us[is_gc], pauses)
    at_ms = timed["at_ms"].to_numpy(dtype=np.float64)
    if not _overlap(at_ms * units.US_PER_MS + offset.us, at_us):
        return NotKnown(
            f"no time in common: the GC log's collections are at {at_ms[0]:,.0f} to {at_ms[-1]:,.0f} ms, "
            f"the ticks at {at_us[0] / units.US_PER_MS:,.0f} to {at_us[-1] / units.US_PER_MS:,.0f} ms since the isolate's start"
        )
    named_alike = profile.isolate is not None and process.isolate is not None
    if not offset.agrees and not named_alike:
        return NotKnown(f"apparently another run: {offset.why}")
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
    """Whether two addresses are equal: Windows pads them in one log but not in the other, in upper case without 0x."""
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
    return _Pauses((at_ms - pause_ms) * units.US_PER_MS, at_ms * units.US_PER_MS, slack_us)


# ---------------------------------------------------------------- the two clocks


def _estimate_offset(gc_us: npt.NDArray[np.float64], pauses: _Pauses) -> _Offset:
    """What to add to the GC log's clock, from the GC ticks; 0 if they are inconclusive."""
    if not len(pauses.after):
        return _Offset(0, "the GC log has no pause times: the clocks are assumed to be equal", True)
    # ticks further away from any pause are inconclusive: no offset moves them into one
    near = _Pauses(pauses.before, pauses.after, OFFSET_RANGE_US).within(gc_us) >= 0
    gc_us = gc_us[near][:: 1 + int(near.sum()) // MAX_GC_TICKS]
    total = len(gc_us)
    if total < MIN_GC_TICKS:
        few = f"{total} {'tick' if total == 1 else 'ticks'} in GC near pauses, too few to compare the clocks"
        return _Offset(0, f"{few} (it takes {MIN_GC_TICKS}): assumed to be equal", True)
    offsets = sorted(range(-OFFSET_RANGE_US, OFFSET_RANGE_US + 1, OFFSET_STEP_US), key=abs)
    caught = [int((pauses.moved(offset).within(gc_us) >= 0).sum()) for offset in offsets]
    best = int(np.argmax(caught))  # the first maximum: nearest to 0
    range_ms = OFFSET_RANGE_US / units.US_PER_MS
    if caught[best] < AGREEMENT_SHARE * total:
        why = f"at no offset within {range_ms:.0f} ms do half of the {total:,} ticks in GC near pauses fall into one ({caught[best]:,} at best)"
        return _Offset(0, f"{why}; the clocks are assumed to be equal, but may not be", False)
    if caught[best] - caught[0] <= CLEAR_GAIN_SHARE * total:
        return _Offset(
            0, f"{caught[0]:,} of {total:,} ticks in GC near pauses fall into one, and clearly more at no other offset", True
        )
    as_good = {offset for offset, count in zip(offsets, caught, strict=True) if count == caught[best]}
    return _Offset(
        _middle(offsets[best], as_good),
        f"{caught[best]:,} of {total:,} ticks in GC near pauses fall into one, {caught[0]:,} without the offset",
        True,
    )


def _middle(offset: int, as_good: set[int]) -> int:
    """The middle of the contiguous range of offsets as good as this one."""
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
    """The pauses within the ticks' time, with their ticks; and the number of GC ticks outside any pause."""
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
