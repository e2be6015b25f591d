"""How one process is doing: levels, limits, forecasts, growth and deaths; frozen, unrounded, as `gclog.model.process` is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gclog.model.levels import LEVELS, Level

__all__ = [
    "GROWING",
    "LEVELS",
    "LIMITING_OPTIONS",
    "OUT_OF_HEAP",
    "Crash",
    "CrashHost",
    "CrashKind",
    "DefaultLimit",
    "Forecast",
    "GrowthKind",
    "Level",
    "Limit",
    "LimitAtDeath",
    "LimitGuess",
    "LimitOrigin",
    "LimitSource",
    "NoForecast",
    "NoLimit",
    "Platform",
    "Rise",
    "Strike",
    "TimelineEvent",
    "Verdict",
    "WhatIf",
]


LimitSource = Literal["option", "log", "report", "printed", "crash", "inferred"]

LimitGuess = Literal["", "V8's default", "looks like Node's default", "looks like the host's default", "round"]
"""What speaks for one figure within an inferred limit's bounds: that nobody would set it but V8; that it is a default, which people also
set; that it is the only round one."""


@dataclass(frozen=True, slots=True)
class Limit:
    """The limit of the old generation (`--max-old-space-size`), with the uncertainty of one that is inferred or derived.

    source: option (given by the user), log (a flag or NODE_OPTIONS in the log), report (a diagnostic report), printed (derived from
    the heap_size_limit that the program printed), crash (inferred from the size at death), inferred (from behaviour). `why` says it
    in words; `line` where, if a line says so. `guess`: which setting or default within the bounds `mb` is, of source crash; empty if
    none is likelier than the others.
    """

    mb: float
    low_mb: float
    high_mb: float
    source: LimitSource
    why: str
    line: int | None
    guess: LimitGuess = ""


@dataclass(frozen=True, slots=True)
class DefaultLimit:
    """What Node sets if nobody does, MB, as far as its version and the machine are known; `why` says by what."""

    low_mb: float
    high_mb: float
    why: str


@dataclass(frozen=True, slots=True)
class NoLimit:
    """The limit is not known; `default`: what it is if nobody has set one, None if that is not known either."""

    reason: str
    default: DefaultLimit | None = None


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """From `line` on, with nothing but the lines up to it in view, the verdict's level is this, and why."""

    at_ms: float
    line: int
    level: Level
    because: str


@dataclass(frozen=True, slots=True)
class Forecast:
    """When the heap will be exhausted on the current trend: an interval that holds four in five, on V8's clock and from the last line.

    `high_ms` may be infinite: then growth may also stop, and only `low_ms` is known.
    """

    at_low_ms: float
    at_expected_ms: float
    at_high_ms: float
    now_ms: float
    basis: str


@dataclass(frozen=True, slots=True)
class NoForecast:
    reason: str


@dataclass(frozen=True, slots=True)
class Strike:
    """V8's count of ineffective full collections in a row near the limit, after the collection on `line`; at 4 it gives up."""

    at_ms: float
    line: int
    count: int


GrowthKind = Literal[
    "not-known",
    "none",
    "steady",
    "stepwise",
    "accelerating",
    "decelerating",
    "levelled-off",
    "uneven",
    "cyclic",
    "one-allocation",
    "sudden",
    "high-plateau",
    "off-heap",
    "death-spiral",
]


GROWING: frozenset[GrowthKind] = frozenset({"steady", "stepwise", "accelerating", "decelerating"})
"""Kinds of growth in which the live set has a direction: up."""


@dataclass(frozen=True, slots=True)
class Rise:
    """A climb of the live set's floor.

    from_ms, to_ms   when it was under way: from the end of its first tenth to the end of its ninth
    mb_per_h         its pace in that time
    level_ms         for how long the floor has been level since
    """

    from_ms: float
    to_ms: float
    from_mb: float
    to_mb: float
    mb_per_h: float
    level_ms: float


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What raising the limit buys on the current trend: `extra_mb` more would move the exhaustion by `gained_ms`."""

    extra_mb: float
    gained_ms: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """The level now, in one sentence with its numbers; since when it has been at this level or worse without a break.

    `because`: the reason for the level as a clause, with the figures of the last line.
    `foreseeable_ms`: how long before the fatal error the danger in which it came began, with the first alarm that was not taken back
    for long enough to be closed (None without a crash, or if there was none); `foreseeable_line` is where that was. `not_foreseeable` is the reason why
    it cannot be said, if the log has too little of what came before the crash.
    """

    level: Level
    headline: str
    since_ms: float
    since_line: int
    foreseeable_ms: float | None
    foreseeable_line: int | None
    not_foreseeable: str | None = None
    because: str = ""


CrashKind = Literal[
    "ineffective-mark-compacts",
    "heap-limit",
    "one-large-allocation",
    "native-memory",
    "killed",
    "worker-limit",
    "not-memory",
    "unknown",
]
"""RULES 2: A, B, C, D (native memory); SIGKILL from outside, without a word of V8's; a worker stopped at its own limit; a fatal error
that is not about memory; only a crash tail without its message. E, the spiral without death, is no crash."""


CrashHost = Literal["Node", "Deno", "Electron", "Chromium", "workerd", "d8", "V8"]
"""What V8 ran in, by its message and frames; V8: some host that is not Node."""


Platform = Literal["", "windows", "macos", "linux"]
"""The operating system that a crash's addresses and paths show; empty: they do not."""


SURE_SHARE = 0.85
"""Bounds closer than this may be said as one figure: of a small heap the young generation is a large part."""

APART_SHARE, APART_MB = 0.25, 64.0
"""From here on committed memory that is not alive is no young generation, nor the usual fragmentation."""


LimitOrigin = Literal["default", "set", "unclear"]
"""Whether the limit was a default, was set by somebody, or could be either."""


@dataclass(frozen=True, slots=True)
class LimitAtDeath:
    """What the last collections say of the limit at which a process ran out of heap.

    V8 compares the old generation's committed memory with its limit: `mb` is what was committed, less the young generation,
    and the default that lies within the bounds if there is one.

    committed_mb  at most, in the last full collections
    step_mb       by how much the heap last grew; None if only one collection shows
    mb_per_day    live set / age: the average growth since the start
    guess         what speaks for `mb` rather than any other figure within the bounds
    is_futile     there is no message, the last full collection freed next to nothing, and they left the program little time
    """

    mb: float
    low_mb: float
    high_mb: float
    origin: LimitOrigin
    why: str
    live_mb: float
    committed_mb: float
    step_mb: float | None
    mb_per_day: float | None
    guess: LimitGuess = ""
    is_futile: bool = False

    @property
    def is_sure(self) -> bool:
        """Whether a limit may be given: it was named, something speaks for one figure, or its bounds are close and it is no mere live set."""
        is_close = self.low_mb >= SURE_SHARE * self.high_mb
        return self.guess != "" or self.is_futile or (is_close and self.live_mb < self.mb)

    @property
    def holds_large_object(self) -> bool:
        """Whether much less is alive than committed: one large object did not fit, or the heap is fragmented."""
        return self.committed_mb - self.live_mb > max(APART_SHARE * self.committed_mb, APART_MB)


@dataclass(frozen=True, slots=True)
class Crash:
    """The fatal error in the log, or what else reports the process's death.

    exhausted   memory ran out, the heap's or the system's; false for misuse of an interface, and a kill from outside
    place       the first JavaScript frame with a place that is not Node's own
    at_limit    what the last collections say of the heap's limit; None if it was not the heap's, or they say nothing
    host_program    the program in which it ran if no flag of Node can be given to that in the usual way: `PM2's daemon`,
                    `VS Code's extension host`, `AWS Lambda`; empty otherwise
    platform    the operating system, if addresses or paths say; empty otherwise
    is_32_bit   its addresses have eight digits
    is_cut      the text breaks off within the crash, or says itself that it was truncated
    refused_mb  the block that an allocator did not get, if it printed its size
    is_tool     a program whose users did not write it: a binary with Node in it, or a package that is installed for all projects
    """

    kind: CrashKind
    message: str
    location: str | None
    line: int
    at_ms: float | None
    reason: str
    last_gcs: tuple[int, ...]
    js_stack: tuple[str, ...]
    native_stack: tuple[str, ...]
    exhausted: bool = False
    host: CrashHost = "Node"
    place: str | None = None
    at_limit: LimitAtDeath | None = None
    host_program: str = ""
    platform: Platform = ""
    is_cut: bool = False
    is_32_bit: bool = False
    is_tool: bool = False
    refused_mb: float | None = None


LIMITING_OPTIONS = ("max_old_space_size", "max_heap_size", "heap_size_limit", "max_semi_space_size")
"""What bears on the limit of the old generation: the last one by what it takes off heap_size_limit."""


OUT_OF_HEAP: tuple[CrashKind, ...] = ("ineffective-mark-compacts", "heap-limit", "one-large-allocation", "worker-limit")
"""The kinds of crash that mean that the heap is exhausted."""
