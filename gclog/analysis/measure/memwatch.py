"""The `stats` and `leak` events of node-memwatch, still well known, computed from any log with full collections.

Source: github.com/lloyd/node-memwatch, src/memwatch.cc (AsyncMemwatchAfter, getLeakReport), Node 0.8 on. It looks at the size
of the heap after each full collection (kGCTypeMarkSweepCompact). Sizes are MB here and bytes there.
"""

from __future__ import annotations

from gclog import units
from gclog.model.not_known import NotKnown
from gclog.model.process import Cycle, LeakEvent
from gclog.model.witness import MemwatchStats

__all__ = ["GROWING_COLLECTIONS", "find_leak_events", "measure_memwatch"]

GROWING_COLLECTIONS = 5
"""Length of a run of full collections that each leave more than the one before."""

RECENT_PERIOD = 10
"""Full collections over which `estimated_base` is averaged. Up to the ninth it is the last base itself: the source would damp
those too, but divides integers, which gives 0."""

ANCIENT_PERIOD = 120
"""Full collections over which the base that `usage_trend` compares against is averaged."""

SETTLED_COLLECTIONS = 3
"""Full collection from which the smallest and the largest base are recorded."""


def measure_memwatch(found: tuple[Cycle, ...], collections: int) -> MemwatchStats | NotKnown:
    """What the last `stats` event would have said, had memwatch been loaded from the start. `collections` is their number.

    `usage_trend_share` is signed and unrounded; memwatch itself prints percent with one decimal, and a huge number if the base
    fell, because it subtracts unsigned integers.
    """
    if not found:
        return NotKnown("no full collection")
    recent_mb = ancient_mb = 0.0
    for number, cycle in enumerate(found, start=1):
        if number < RECENT_PERIOD:
            recent_mb = ancient_mb = cycle.after_mb
            continue
        recent_mb += (cycle.after_mb - recent_mb) / RECENT_PERIOD
        ancient_mb += (cycle.after_mb - ancient_mb) / min(ANCIENT_PERIOD, number)
    settled = [cycle.after_mb for cycle in found[SETTLED_COLLECTIONS - 1 :]]
    unsettled = NotKnown(f"memwatch records it from full collection number {SETTLED_COLLECTIONS} on")
    return MemwatchStats(
        num_full_gc=len(found),
        num_inc_gc=collections - len(found),
        heap_compactions=len(found),
        usage_trend_share=(recent_mb - ancient_mb) / ancient_mb if ancient_mb else 0.0,
        estimated_base_mb=recent_mb,
        current_base_mb=found[-1].after_mb,
        min_mb=min(settled) if settled else unsettled,
        max_mb=max(settled) if settled else unsettled,
    )


def find_leak_events(found: tuple[Cycle, ...]) -> tuple[LeakEvent, ...]:
    """The `leak` events: after every five growing full collections in a row, the growth from the first to the fifth and its rate.

    The first full collection counts as grown, because memwatch's base starts at 0; counting restarts after each event. `mb_per_h`
    is infinite if the clock did not move. A poor alarm (26 false ones on 40 healthy processes), so reported as a detail only.
    """
    events = []
    last_mb = 0.0
    growing: list[Cycle] = []
    for cycle in found:
        growing = [*growing, cycle] if cycle.after_mb > last_mb else []
        last_mb = cycle.after_mb
        if len(growing) == GROWING_COLLECTIONS:
            growth_mb, run_ms = cycle.after_mb - growing[0].after_mb, cycle.at_ms - growing[0].at_ms
            rate = growth_mb / (run_ms / units.MS_PER_HOUR) if run_ms > 0 else float("inf")
            events.append(LeakEvent(cycle.at_ms, cycle.line, growth_mb, rate))
            growing = []
    return tuple(events)
