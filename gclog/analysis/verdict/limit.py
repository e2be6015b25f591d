"""The old generation's limit, line by line: given, named in the log, or inferred from how V8 collects."""

from __future__ import annotations

import math
from typing import NamedTuple

from gclog import units
from gclog.analysis.measure.node_version import VersionTracker
from gclog.analysis.verdict.default_limit import default_limit
from gclog.analysis.verdict.signals import NO_ROOM, CollectionSeen, is_old_style
from gclog.model.verdict import DefaultLimit, Limit, LimitSource, NoLimit
from gclog.recognise.documents.heap_size_limit import OldGeneration, old_generation_of

__all__ = ["LimitTracker", "old_generation_mb"]

MIN_GROWTH_SHARE = 0.1
"""After a full collection V8 lets the heap grow by at least a tenth (kMinHeapGrowingFactor, 1.1, in every V8 that traces)
before the next one, unless the limit is too close. Then it stops halfway to the limit (heap.cc / memory-controller.cc,
halfway_to_the_max), and collects at once if the young generation would no longer fit (`scavenge might not succeed`)."""

BUSY_GC_SHARE = 0.1
"""The heap also grows little between collections that V8's memory reducer starts in an idle process, but those take next to no
time from the program: the reducer waits at least half a second between them (memory-reducer.h)."""

PRESSED_IN_A_ROW = 2
"""A single short cycle may be chance, such as marking that started before a burst of garbage died."""

SMALL_MB = 32.0
GROWN_FACTOR = 1.5
"""A limit below this (a worker's) is inferred only if the live set has grown towards it by half: a heap of a few MB grows by less than
a tenth between collections because it hardly grows at all, and what it has committed is mostly free pages."""

REDUCE_FILLED_SHARE = 7 / 8
"""From V8 5.5 on the heap is collected with `(reduce)` when less than an eighth of the limit is free
(Heap::ShouldOptimizeForMemoryUsage, kOldGenerationSlack = max_old_generation_size / 8)."""

NO_ROOM_SHARE = 0.2
"""When the young generation no longer fits, the memory in use is the limit give or take a fifth: V8 counts the young
generation's whole capacity, of which any part may be in use."""

SINCE_14_6 = "Incremental"
"""Types with this prefix are printed from V8 14.6 on (Node 26)."""

RESERVED_14_6_MB = 64.0
"""From V8 14.6 on pages of the young generation are committed as they fill, but its full capacity is reserved: a semi space of
32 MB, and as much in large objects. Up to 13.6 committed memory includes it."""

NONSENSE_MB = 1024.0 * 1024
"""Upper bound on a heap: V8's counters have printed 5.3 TB after an underflow."""

YOUNG_MB = 48.0
"""Young generation of a 64-bit process with a large heap (3 semi spaces of 16 MB, V8 7.4 to 13.3), which --max-heap-size
counts in addition to the old generation."""

YOUNG_SHARE = 3 / 131
"""... and of a small one: 3/128 of the old generation."""

CAUTION = 1 / 3
"""Where alarms place an inferred limit between its estimate (0) and its lower end (1): too high a limit misses a death, too low
a limit warns early. The former weighs twice as much."""

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
"""Prefixes of the reasons for requested collections, those not triggered by the heap's size (V8 3.x to 14)."""


def old_generation_mb(option: str, mb: float) -> float:
    """The old generation's limit set by an option. --max-heap-size includes the young generation."""
    if option == "max_heap_size":
        return mb - min(YOUNG_MB, YOUNG_SHARE * mb)
    return mb


class _Bounds(NamedTuple):
    """An inferred limit's bounds, and the line that first revealed it."""

    line: int
    low_mb: float
    mb: float
    high_mb: float


class LimitTracker:
    """The limit as known so far, from, in order of precedence: the user, a diagnostic report, the heap_size_limit that the
    program printed, an option in the log (which may be another process's), inference.
    """

    def __init__(self, given_mb: float | None) -> None:
        self._given = given_mb
        self._reported: Limit | None = None
        self._printed: tuple[int, float] | None = None
        self._derived: OldGeneration | None = None
        self._semi_space_mb: float | None = None
        self._version = VersionTracker()
        self._max_used_mb = 0.0
        self._option: tuple[int, float] | None = None
        self._known: Limit | None = None
        self._squeezed: _Bounds | None = None
        self._no_room: _Bounds | None = None
        self._inferred: _Bounds | None = None
        self._last: CollectionSeen | None = None
        self._pressed = 0
        self._least_mb = math.inf
        self._onset: CollectionSeen | None = None
        self._old_style = False
        self.mb: float | None = None
        self.pressed_now = False
        self._passed = False
        self._nonsense_line: int | None = None
        self._memory_mb: float | None = None
        self._default: DefaultLimit | None = None
        self._settle()

    @property
    def majors(self) -> tuple[int, int]:
        """The first and last possible major version of Node."""
        return self._version.majors

    def option(self, line: int, mb: float, option: str = "max_old_space_size") -> None:
        """A line names a limit, as in records.HeapOption; the last one wins."""
        if mb <= 0:
            return
        match option:
            case "heap_size_limit":
                if self._printed is None or self._printed[1] != mb:
                    self._printed, self._max_used_mb = (line, mb), 0.0
            case "max_semi_space_size":
                self._semi_space_mb = mb
            case _:
                self._option = (line, old_generation_mb(option, mb))
        self._derive()

    def memory(self, mb: float) -> None:
        """The container's limit of all memory is known: the default depends on it."""
        self._memory_mb = mb
        self._default = default_limit(self._version.majors, mb)

    def reported(self, limit: Limit) -> None:
        """Another document names the limit of this process."""
        self._reported = limit
        self._settle()

    def full(self, gc: CollectionSeen) -> None:
        """Add a full collection."""
        if gc.committed_after_mb > NONSENSE_MB:
            self._nonsense_line = gc.line
            return
        last, self._last = self._last, gc
        self._least_mb = min(self._least_mb, gc.after_mb)
        self._max_used_mb = max(self._max_used_mb, gc.after_mb)
        if self._version.see(gc):
            self._derive()
            self._default = default_limit(self._version.majors, self._memory_mb)
        self._old_style = self._old_style or is_old_style(gc.reason)
        self._follow_pressure(last, gc)
        if gc.collector_reason.startswith(NO_ROOM) and not self._old_style:
            self._no_room = _Bounds(gc.line, *(share * gc.before_mb for share in (1 - NO_ROOM_SHARE, 1, 1 + NO_ROOM_SHARE)))
        self._inferred = self._at_least(gc.after_mb, self._credible(_together(self._squeezed, self._no_room), gc.after_mb))
        if self._known is None or (self._known.source == "printed" and gc.after_mb > self._known.low_mb):
            self._settle()

    @property
    def cautious_mb(self) -> float | None:
        """The limit for alarms, placed below an inferred limit's estimate."""
        if self._known is None and self._inferred is not None:
            return CAUTION * self._inferred.low_mb + (1 - CAUTION) * self._inferred.mb
        return self.mb

    @property
    def default(self) -> DefaultLimit | None:
        """What the limit is if nobody has set one, as long as nothing else says what it is."""
        return self._default if self._known is None and self._inferred is None else None

    @property
    def is_known(self) -> bool:
        """Whether the limit was given or named rather than inferred."""
        return self._known is not None

    @property
    def is_passed(self) -> bool:
        """Whether the heap has outgrown an inferred limit: V8 permits that (5.5 to 6.6), or the limit was inferred too low."""
        return self._passed and not self.is_known

    @property
    def limit(self) -> Limit | NoLimit:
        """The limit, or why it is not known so far."""
        if self._known is not None:
            return self._known
        if self._inferred is not None:
            line, low, mb, high = self._inferred
            if self._squeezed is None:
                why = f"on line {line} the young generation no longer fit into the old one"
            else:
                why = (
                    f"from line {line} on the heap grows by less than a tenth between full collections, "
                    "which V8 allows only near its limit"
                )
            return Limit(mb=mb, low_mb=low, high_mb=high, source="inferred", why=why, line=line)
        if self._nonsense_line is not None:
            return NoLimit(f"V8's counter of committed memory printed nonsense on line {self._nonsense_line}")
        reason = "no limit was given, no line names one, and how V8 collected does not show it"
        return NoLimit(reason, self.default)

    def _follow_pressure(self, last: CollectionSeen | None, gc: CollectionSeen) -> None:
        """Count full collections in a row under pressure; enough of them show the limit."""
        self.pressed_now = last is not None and self._is_pressed(last, gc)
        if last is not None and self.pressed_now:
            self._pressed += 1
            if self._pressed == 1:
                self._onset = last
            if self._pressed >= PRESSED_IN_A_ROW:
                self._infer(gc, last)
        elif not gc.reason.startswith(FORCED):
            self._pressed = 0

    def _at_least(self, live_mb: float, bounds: _Bounds | None) -> _Bounds | None:
        """What is inferred, raised to what is alive once the heap has outgrown it."""
        if bounds is None:
            return None
        self._passed = self._passed or live_mb > bounds.high_mb
        if not self._passed:
            return bounds
        top = max(live_mb, bounds.mb)
        return _Bounds(bounds.line, top, top, top * (1 + MIN_GROWTH_SHARE))

    def _credible(self, bounds: _Bounds | None, live_mb: float) -> _Bounds | None:
        """What is inferred, unless it may be the noise of a small heap."""
        if bounds is None or bounds.mb >= SMALL_MB:
            return bounds
        return bounds if self._inferred is not None or live_mb >= GROWN_FACTOR * self._least_mb else None

    def _is_pressed(self, last: CollectionSeen, gc: CollectionSeen) -> bool:
        grown = gc.before_mb - last.after_mb
        elapsed = max(gc.at_ms - last.at_ms, 1.0)
        busy = gc.gc_ms / elapsed > BUSY_GC_SHARE
        return busy and grown < MIN_GROWTH_SHARE * last.after_mb and not gc.reason.startswith(FORCED)

    def _infer(self, gc: CollectionSeen, last: CollectionSeen) -> None:
        """Bounds from pressure: halfway is the lower, memory committed at its onset, which includes the young generation, the upper."""
        assert self._onset is not None
        halfway = max(2 * gc.before_mb - last.after_mb, gc.after_mb)
        committed = self._onset.committed_after_mb
        if math.isnan(committed):  # name=value lines lack it
            committed = halfway
        if gc.reduce and not self._old_style:
            committed = min(committed, max(gc.committed_after_mb / REDUCE_FILLED_SHARE, halfway))
        if gc.type.startswith(SINCE_14_6):
            committed = max(committed, self._onset.after_mb + RESERVED_14_6_MB)
        high = max(committed, halfway)
        expected = halfway if self._old_style else high
        line = gc.line
        if self._squeezed is not None:
            line, old_low, old_expected, old_high = self._squeezed
            low, high = max(halfway, old_low), min(high, old_high)
            self._passed = self._passed or low > high
            halfway, high = low, max(low, high)
            expected = max(expected, old_expected) if self._old_style else min(expected, old_expected)
        self._squeezed = _Bounds(line, halfway, min(max(expected, halfway), high), high)

    def _derive(self) -> None:
        """The old generation's part of the printed heap_size_limit, given the versions still possible."""
        if self._printed is not None:
            self._derived = old_generation_of(self._printed[1], self._version.majors, self._semi_space_mb)
        self._settle()

    def _settle(self) -> None:
        self._known = self._find_known()
        if self._known is not None:
            self.mb = self._known.mb
        elif self._inferred is not None:
            self.mb = self._inferred.mb

    def _find_known(self) -> Limit | None:
        if self._given is not None:
            return _exactly(self._given, "option", "given by the user", None)
        printed = self._find_printed()
        if self._reported is not None and (printed is None or printed.low_mb <= self._reported.high_mb):
            return self._reported
        if printed is not None:
            return printed
        if self._option is not None:
            line, mb = self._option
            return _exactly(mb, "log", f"named on line {line}", line)
        return None

    def _find_printed(self) -> Limit | None:
        """The limit from the printed heap_size_limit: that of an option that agrees, else bounded below by what was alive."""
        if self._printed is None or self._derived is None:
            return None
        line, printed_mb = self._printed
        if self._option is not None and self._derived.allows(self._option[1]):
            why = f"named on line {self._option[0]}, and heap_size_limit on line {line} agrees"
            return _exactly(self._option[1], "log", why, self._option[0])
        mb, high = self._derived.beyond(self._max_used_mb), self._derived.high_mb
        why = f"the program printed a heap_size_limit of {units.mb(printed_mb)}, which includes the young generation"
        return Limit(
            mb=mb,
            low_mb=min(max(self._derived.low_mb, self._max_used_mb), mb),
            high_mb=high,
            source="printed",
            why=why,
            line=line,
        )


def _exactly(mb: float, source: LimitSource, why: str, line: int | None) -> Limit:
    return Limit(mb=mb, low_mb=mb, high_mb=mb, source=source, why=why, line=line)


def _together(squeezed: _Bounds | None, no_room: _Bounds | None) -> _Bounds | None:
    """Both kinds of evidence combined: the intersection of their bounds if they overlap, with the memory in use as estimate."""
    if squeezed is None or no_room is None:
        return squeezed or no_room
    low = min(max(squeezed.low_mb, no_room.low_mb), squeezed.high_mb)
    high = max(min(squeezed.high_mb, no_room.high_mb), low)
    return _Bounds(squeezed.line, low, min(max(no_room.mb, low), high), high)
