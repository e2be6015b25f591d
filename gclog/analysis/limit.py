"""The limit of the old generation: given, named in the log, or inferred from how V8 collects; as known so far."""

from __future__ import annotations

from gclog import units
from gclog.analysis.signals import NO_ROOM, Seen, is_old_style
from gclog.results import Limit, NoLimit

__all__ = ["LimitSight", "old_generation_mb"]

LEAST_GROWTH_SHARE = 0.1
"""After a full collection V8 lets the heap grow by at least a tenth (kMinHeapGrowingFactor, 1.1, in every V8 that traces)
before the next one, unless the limit is in the way: it stops half way to it (heap.cc / memory-controller.cc,
halfway_to_the_max), and collects at once where the young generation would no longer fit (`scavenge might not succeed`)."""

BUSY_GC_SHARE = 0.1
"""Collections that V8's memory reducer starts in an idle process grow little as well, but then GC takes no share worth
speaking of from the program: the reducer waits half a second and more between its collections (memory-reducer.h)."""

PRESSED_IN_A_ROW = 2
"""One short cycle may be chance, for instance a marking that was started before a burst of garbage died."""

REDUCE_FILLED_SHARE = 7 / 8
"""From V8 5.5 on the heap is collected with `(reduce)` when less than an eighth of the limit is free
(Heap::ShouldOptimizeForMemoryUsage, kOldGenerationSlack = max_old_generation_size / 8)."""

YOUNG_MB = 48.0
"""Young generation of a 64-bit process with a large heap (3 semi spaces of 16 MB, V8 7.4 to 13.3): what --max-heap-size has
on top of the old generation."""

YOUNG_SHARE = 3 / 131
"""... and of a small one: 3/128 of the old generation."""

CAUTION = 2 / 3
"""Where alarms place an inferred limit between its estimate (0) and its lower end (1): too high a limit misses a death, too low
a one warns early. Twice the weight to the first."""

FORCED = (
    "testing",
    "gc extension",
    "Isolate::RequestGarbageCollection",
    "low memory notification",
    "heap profiler",
    "sampling profiler",
    "measure memory",
    "snapshot creator",
    "idle",
    "memory reducer",
    "external memory",
    "HeapSnapshotGenerator",
    "HeapObjectsMap",
    "memory pressure",
    "context disposal",
    "counters extension",
    "debugger",
    "Debug",
)
"""Beginnings of the reasons of collections that were asked for, not brought about by the size of the heap (V8 3.x to 14)."""


def old_generation_mb(option: str, mb: float) -> float:
    """The old generation's limit that an option sets. --max-heap-size counts the young generation in."""
    if option == "max_heap_size":
        return mb - min(YOUNG_MB, YOUNG_SHARE * mb)
    return mb


class LimitSight:
    """What is known of the limit so far: what the user gave goes before what the log says, and that before what is inferred."""

    def __init__(self, given_mb: float | None) -> None:
        self._given = given_mb
        self._option: tuple[int, float] | None = None
        self._inferred: tuple[int, float, float, float] | None = None  # line, low, expected, high
        self._last: Seen | None = None
        self._pressed = 0
        self._onset: Seen | None = None
        self._old_style = False
        self.mb: float | None = given_mb
        self.pressed_now = False
        self._passed = False

    def option(self, line: int, mb: float, option: str = "max_old_space_size") -> None:
        """A line names a limit; the last one holds."""
        if option in ("max_old_space_size", "max_heap_size") and mb > 0:
            self._option = (line, old_generation_mb(option, mb))
            self._settle()

    def full(self, gc: Seen) -> None:
        """Take in a full collection."""
        last, self._last = self._last, gc
        self._old_style = self._old_style or is_old_style(gc.reason)
        self.pressed_now = last is not None and self._is_pressed(last, gc)
        if self.pressed_now:
            assert last is not None
            self._pressed += 1
            if self._pressed == 1:
                self._onset = last
            if self._pressed >= PRESSED_IN_A_ROW:
                self._infer(gc, last)
        elif not gc.reason.startswith(FORCED):
            self._pressed = 0
        if gc.collector_reason.startswith(NO_ROOM) and not self._old_style:
            self._narrow(gc.line, gc.after_mb, gc.before_mb, gc.before_mb)
        if self._inferred is not None and gc.after_mb > self._inferred[3]:
            line = self._inferred[0]
            self._passed = True
            self._inferred = (line, gc.after_mb, gc.after_mb, gc.after_mb * (1 + LEAST_GROWTH_SHARE))
            self._settle()

    @property
    def cautious_mb(self) -> float | None:
        """The limit that alarms go by: an inferred one may be lower than its estimate."""
        if self._given is None and self._option is None and self._inferred is not None:
            _, low, expected, _ = self._inferred
            return CAUTION * low + (1 - CAUTION) * expected
        return self.mb

    @property
    def is_known(self) -> bool:
        """Whether the limit was given or named, not inferred."""
        return self._given is not None or self._option is not None

    @property
    def is_passed(self) -> bool:
        """Whether the heap has grown past an inferred limit: V8 lets it (5.5 to 6.6), or it was inferred too low."""
        return self._passed and not self.is_known

    @property
    def limit(self) -> Limit | NoLimit:
        """The limit as known so far."""
        if self._given is not None:
            mb = self._given
            return Limit(mb=mb, low_mb=mb, high_mb=mb, source="option", why="given by the user", line=None)
        if self._option is not None:
            line, mb = self._option
            return Limit(mb=mb, low_mb=mb, high_mb=mb, source="log", why=f"named on line {line}", line=line)
        if self._inferred is not None:
            line, low, mb, high = self._inferred
            why = (
                f"from line {line} on full collections follow each other after the heap has grown by less than a tenth, "
                f"as V8 does only where its limit is near ({units.mb(low)} to {units.mb(high)})"
            )
            return Limit(mb=mb, low_mb=low, high_mb=high, source="inferred", why=why, line=line)
        return NoLimit("no limit was given, no line names one, and V8 has not yet collected as it does near its limit")

    def _is_pressed(self, last: Seen, gc: Seen) -> bool:
        grown = gc.before_mb - last.after_mb
        elapsed = max(gc.at_ms - last.at_ms, 1.0)
        busy = gc.gc_ms / elapsed > BUSY_GC_SHARE
        return busy and grown < LEAST_GROWTH_SHARE * last.after_mb and not gc.reason.startswith(FORCED)

    def _infer(self, gc: Seen, last: Seen) -> None:
        """Half way to the limit is a lower bound; memory committed when the pressure set in holds the young generation too."""
        assert self._onset is not None
        halfway = max(2 * gc.before_mb - last.after_mb, gc.after_mb)
        committed = self._onset.committed_after_mb
        if gc.reduce and not self._old_style:
            committed = min(committed, max(gc.committed_after_mb / REDUCE_FILLED_SHARE, halfway))
        high = max(committed, halfway)
        self._narrow(gc.line, halfway, halfway if self._old_style else high, high)

    def _narrow(self, line: int, low: float, expected: float, high: float) -> None:
        """Bring new evidence together with the old: the highest low, the lowest high."""
        if self._inferred is not None:
            line, old_low, old_expected, old_high = self._inferred
            low, high = max(low, old_low), min(high, old_high)
            expected = max(expected, old_expected) if self._old_style else min(expected, old_expected)
            self._passed = self._passed or low > high
            high = max(low, high)
        self._inferred = (line, low, min(max(expected, low), high), high)
        self._settle()

    def _settle(self) -> None:
        if self._given is not None:
            self.mb = self._given
        elif self._option is not None:
            self.mb = self._option[1]
        elif self._inferred is not None:
            self.mb = self._inferred[2]
