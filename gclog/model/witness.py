"""What the other witnesses of an incident say: figures of memory that the program printed, the kernel's kills, diagnostic reports.

Sizes are MB of 1,048,576 bytes. `wall_ms` is ms since 1970 UTC; `at_ms` V8's own clock, as in `gclog.model.process`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gclog.model.not_known import NotKnown

__all__ = [
    "NOT_GIVEN",
    "ExternalGrowth",
    "HeapAfterTest",
    "MemoryClock",
    "MemoryFigures",
    "MemoryGrowth",
    "MemoryLimit",
    "MemoryPart",
    "MemorySeries",
    "MemwatchStats",
    "NoMemoryLimit",
    "OutsideKill",
    "OutsideSource",
    "ReportHandles",
    "ReportSpace",
    "ReportedProcess",
    "Witness",
]

MemoryGrowth = Literal["too-few", "none", "heap", "off-heap", "both"]
"""Where the process's memory grew: in V8's heap, outside it, in both, nowhere; or there are too few readings to say."""

MemoryClock = Literal["v8", "wall", "none"]
"""What the readings' moments are taken from: the collections around them, the log's envelope, or nothing."""

OutsideSource = Literal["array-buffers", "external", "unknown-to-v8", "not-said"]
"""What memory outside the heap is: Buffers and ArrayBuffers, other memory that V8 knows of, memory that V8 does not know of."""


NO_HEAP_TREND = NotKnown("too few readings of the heap in use")


@dataclass(frozen=True, slots=True)
class MemoryPart:
    """One figure over the log, MB. `rise_mb`: the median of its last fifth less that of its first fifth."""

    first_mb: float
    last_mb: float
    least_mb: float
    most_mb: float
    most_line: int
    rise_mb: float


@dataclass(frozen=True, slots=True)
class MemorySeries:
    """The readings for a plot, of equal length, thinned to at most some hundred: NaN if a line does not say.

    `at_ms` is what `MemoryFigures.clock` says; without a clock it is the number of the reading.
    """

    line: tuple[int, ...]
    at_ms: tuple[float, ...]
    rss_mb: tuple[float, ...]
    heap_total_mb: tuple[float, ...]
    heap_used_mb: tuple[float, ...]
    external_mb: tuple[float, ...]
    array_buffers_mb: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class HeapAfterTest:
    """A test file after which the heap stayed larger, MB: the heap in use after it, and how much of the rise was kept to the end."""

    file: str
    heap_mb: float
    kept_mb: float
    line: int


@dataclass(frozen=True, slots=True)
class MemoryFigures:
    """What the program itself printed of its memory (process.memoryUsage(), v8.getHeapStatistics()).

    parts            figure -> how it moved: rss, heap_total, heap_used, external, array_buffers, outside (rss less the heap)
    growth           where it grew; `because` says it in words, lower case, without a full stop
    outside_share    the part of RSS that is not V8's heap, in the last fifth of the readings, 0..1
    outside_source   what grew outside: Buffers and ArrayBuffers, other memory that V8 knows of, or memory that V8 does not know of
    rss_mb_per_h     slope of RSS over the readings, with its 90 % interval; not known without a clock
    heap_mb_per_h    slope of the low points of the heap in use, likewise
    tests            if a test runner printed them: the files after which the heap grew most
    heap_limit_mb    `heap_size_limit`, young generation included, if it was printed
    """

    readings: int
    first_line: int
    last_line: int
    clock: MemoryClock
    span_ms: float | NotKnown
    parts: dict[str, MemoryPart]
    growth: MemoryGrowth
    because: str
    outside_share: float | NotKnown
    outside_source: OutsideSource
    rss_mb_per_h: float | NotKnown
    rss_low_mb_per_h: float | NotKnown
    rss_high_mb_per_h: float | NotKnown
    heap_limit_mb: float | NotKnown
    series: MemorySeries
    heap_mb_per_h: float | NotKnown = NO_HEAP_TREND
    heap_low_mb_per_h: float | NotKnown = NO_HEAP_TREND
    heap_high_mb_per_h: float | NotKnown = NO_HEAP_TREND
    tests: tuple[HeapAfterTest, ...] = ()


@dataclass(frozen=True, slots=True)
class MemwatchStats:
    """What memwatch's last `stats` event would have said, under its own names; sizes after full collections.

    num_inc_gc          every collection that is no full one
    usage_trend_share   how far `estimated_base` (over ten full collections) is above the base over 120; signed
    min, max            from the third full collection on
    """

    num_full_gc: int
    num_inc_gc: int
    heap_compactions: int
    usage_trend_share: float
    estimated_base_mb: float
    current_base_mb: float
    min_mb: float | NotKnown
    max_mb: float | NotKnown


@dataclass(frozen=True, slots=True)
class OutsideKill:
    """A death from outside: not V8's, but the kernel's, the container runtime's or the platform's.

    by          container: the limit of all its memory was reached; machine: the machine's memory; unknown: only the signal is reported
    rss_mb      resident memory of the process when it was killed, as the kernel or the platform says, else its last reading
    limit_mb    the limit of all its memory, as the kernel, the platform or the user says
    platform    who ended it: kubernetes, heroku, lambda, pm2, ...; empty if that is the kernel, or not known
    for_memory  whether it was killed for its memory, as far as is known; asked_to_stop: because it did not end when asked to
    """

    line: int
    lines: tuple[int, ...]
    by: Literal["container", "machine", "unknown"]
    pid: int | None
    rss_mb: float | NotKnown
    limit_mb: float | NotKnown
    because: str
    platform: str = ""
    for_memory: bool = True
    asked_to_stop: bool = False


@dataclass(frozen=True, slots=True)
class ReportSpace:
    """One space of the heap in a diagnostic report, MB."""

    name: str
    used_mb: float
    committed_mb: float


@dataclass(frozen=True, slots=True)
class ReportHandles:
    """libuv's handles of one type in a diagnostic report; `active` ones that are referenced keep the process alive."""

    type: str
    count: int
    active: int


@dataclass(frozen=True, slots=True)
class ReportedProcess:
    """A diagnostic report of Node (`--report-on-fatalerror`, process.report.writeReport()), versions 2 to 5.

    event, trigger    why it was written: `Allocation failed - JavaScript heap out of memory`, `OOMError`; fatal: it is a death
    heap_limit_mb     V8's heap_size_limit, young generation included
    old_limit_mb      what that leaves the old generation, `old_limit_why` how it is known, low and high its bounds (NaN if it is not)
    limit_from_start  whether it was so from the process's start: no callback can have raised it
    constrained_mb    the container's limit, if there is one
    lines             numbers of lines in the report: event, memoryLimit, rss
    message           the exception's own: `TypeError: x is not a function`; empty without one. `js_stack` is its stack
    handles           libuv's handles by type, most first
    """

    path: str
    pid: int | None
    thread_id: int | None
    wall_ms: float | None
    event: str
    trigger: str
    fatal: bool
    report_version: int
    node: str
    platform: str
    command_line: tuple[str, ...]
    heap_limit_mb: float | NotKnown
    old_limit_mb: float | NotKnown
    old_limit_why: str
    old_limit_low_mb: float
    old_limit_high_mb: float
    limit_from_start: bool
    used_mb: float | NotKnown
    committed_mb: float | NotKnown
    external_mb: float | NotKnown
    malloced_mb: float | NotKnown
    rss_mb: float | NotKnown
    max_rss_mb: float | NotKnown
    constrained_mb: float | NotKnown
    machine_mb: float | NotKnown
    native_contexts: int | None
    detached_contexts: int | None
    spaces: tuple[ReportSpace, ...]
    js_stack: tuple[str, ...]
    native_stack: tuple[str, ...]
    workers: int
    lines: dict[str, int]
    message: str = ""
    handles: tuple[ReportHandles, ...] = ()


@dataclass(frozen=True, slots=True)
class Witness:
    """A file that speaks for a process, and what of it: `("collections", "crash")`."""

    source: str
    tells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExternalGrowth:
    """First and largest figure of memory outside the heap, MB, with their lines; `late_share`: how far through the figures the
    largest stands, 0..1."""

    from_mb: float
    to_mb: float
    from_line: int
    to_line: int
    late_share: float = 1.0


@dataclass(frozen=True, slots=True)
class MemoryLimit:
    """The limit of all memory of the process: a container's. `why` says how it is known; `line` where, if a line says so."""

    mb: float
    why: str
    line: int | None


@dataclass(frozen=True, slots=True)
class NoMemoryLimit:
    reason: str


NOT_GIVEN = NoMemoryLimit("no container limit was given")
