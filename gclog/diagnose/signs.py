"""What besides the judges' levels bears on how bad a process is: its death, V8's own words, strikes, GC's share, a healthy start."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from gclog import units
from gclog.analysis.measure.crash import death_level
from gclog.analysis.verdict.strikes import FATAL_STRIKES
from gclog.diagnose.facts import known, rank
from gclog.model.report import JudgedProcess
from gclog.model.verdict import GROWING, Level, Limit

__all__ = ["GC_BOUND_SHARE", "LEAST_SPAN_MS", "Sign", "worst_sign"]

AT_LIMIT_MESSAGES = ("heap_snapshot_written", "heap_profile_written", "near_heap_limit_callback")
"""Messages that Node prints only if V8 was at its limit."""

GC_BOUND_SHARE = 0.3
"""A program that leaves GC three tenths of its time is not well, however much room its heap has. Healthy ones stay below 0.25."""

NEAR_SHARE = 0.75
"""Of the limit: a live set that has climbed this far, and is not level for long, is about to reach it."""

LEAST_SPAN_MS = 1000.0
"""In less than a second there is no share to speak of (gc-share-high has the same)."""

START_UP_MS = 100.0
LEAST_BUSY_MS = 2000.0
"""A program that loads its modules collects much. GC's share raises the level if the log shows this much of its life after that."""

GREW_FACTOR = 2.0
GREW_MB = 128.0
GREW_FULL_MB = 64.0
KEPT_SHARE = 0.8
"""A heap multiplies if collections leave twice what they left at first, this much more at least (half of it if three are full ones),
and keep four fifths of what is allocated. A large program that loads its modules keeps less: sources and syntax trees die."""

FAR_SHARE = 0.1
"""Of a limit that is known: up to here any program may fill its heap while it starts."""

SHORT_MS = 60_000.0
"""In a longer log, growth shows in full collections, or most of it lies in a gap."""

HEALTHY_SHARE = 0.1
"""GC's share up to which a process with few collections is called healthy so far (gc-share-high warns from there on)."""

FEW = 3
"""Collections without which nothing can be said, not even of a start."""

ROOMY_SHARE = 0.5
"""Of the limit: a heap that never had more in use, garbage included, is far from it."""


@dataclass(frozen=True, slots=True)
class Sign:
    """A level that something calls for, why, and from where on.

    of   growth that the alarms do not see, GC's share, a healthy start; death, or V8's own words, which say that it was at its limit
    """

    of: Literal["death", "limit", "growth", "gc", "start"]
    level: Level
    because: str
    at_ms: float
    line: int


def worst_sign(process: JudgedProcess, level: Level) -> Sign | None:
    """The sign that calls for more than the judges' level; None if there is none.

    It is not in the timeline: it is known of the whole log, or of the end, and not at a line of it.
    """
    worst = max(_signs(process), key=lambda sign: rank(sign.level), default=None)
    return None if worst is None or rank(worst.level) <= rank(level) else worst


def _signs(process: JudgedProcess) -> Iterator[Sign]:
    """All signs, in no order."""
    crash, span = process.crash, process.span
    if crash is not None:
        at_ms = span.last_ms if crash.at_ms is None else crash.at_ms
        yield Sign("death", death_level(crash, process.kill), crash.reason, at_ms, crash.line)
        return
    for message in process.signs.messages:
        if message.kind in AT_LIMIT_MESSAGES:
            said = f"V8 was at its limit, where Node wrote what line {units.count(message.line)} names"
            yield Sign("limit", "critical", said, span.last_ms, message.line)
    if process.strikes and process.cycles and process.strikes[-1].line == process.cycles[-1].line:
        strike = process.strikes[-1]
        if strike.count >= FATAL_STRIKES:
            said = f"{units.count(strike.count)} full collections in a row freed too little near the limit: V8 gives up at {FATAL_STRIKES}"
            yield Sign("limit", "critical", said, strike.at_ms, strike.line)
    yield from _of_growth(process)
    yield from _of_gc_share(process)
    if (grew := _of_a_multiplying_heap(process)) is not None:
        yield grew
    else:
        yield from _of_a_start(process)


def _of_growth(process: JudgedProcess) -> Iterator[Sign]:
    """Growth up to near the limit, and a heap of which nothing can be freed, whatever the alarms make of them."""
    live_mb, limit = known(process.heap.live_mb), process.limit
    if process.growth == "death-spiral":
        yield Sign(
            "growth", "impending", "full collections, back to back, free nothing", process.span.last_ms, process.span.last_line
        )
    if process.growth in GROWING and process.rise is not None:
        near = live_mb is not None and isinstance(limit, Limit) and live_mb >= NEAR_SHARE * limit.mb
        level: Level = "impending" if near else "rising"
        because = f"its live set grew from {units.mb(process.rise.from_mb)} to {units.mb(process.rise.to_mb)}"
        yield Sign("growth", level, because, process.rise.to_ms, process.span.last_line)


def _of_gc_share(process: JudgedProcess) -> Iterator[Sign]:
    share, span, pauses = known(process.pauses.share), process.span, process.pauses
    if share is None or process.total < FEW or not span.last_ms - max(span.first_ms, START_UP_MS) >= LEAST_BUSY_MS:
        return
    if share - _forced_ms(process) / span.duration_ms >= GC_BOUND_SHARE:
        because = f"GC takes {units.percent(share)} of the time"
        yield Sign("gc", "rising", because, pauses.worst_window_at_ms, pauses.worst_window_line)


def _forced_ms(process: JudgedProcess) -> float:
    """Time in full collections that the program or its embedder asked for: these say nothing of how busy the heap is."""
    forced = set(process.signs.explicit_gc_lines)
    return sum(cycle.pause_ms for cycle in process.cycles if cycle.line in forced and not math.isnan(cycle.pause_ms))


def _of_a_multiplying_heap(process: JudgedProcess) -> Sign | None:
    """A heap that grows fast and keeps nearly all, in a log too short for the judges."""
    series, span = process.series, process.span
    if process.growth != "not-known" or not span.duration_ms <= SHORT_MS or series.thinned_from > len(series.line):
        return None
    sized = [
        sizes
        for sizes in zip(series.used_before_mb, series.used_after_mb, series.at_ms, series.line, strict=True)
        if not any(map(math.isnan, sizes[:3]))
    ]
    if len(sized) < FEW:
        return None
    # From the lowest size on: before it, start-up may have come down again.
    begin = min(range(len(sized)), key=lambda place: (sized[place][1], -place))
    (_, from_mb, from_ms, _), (_, to_mb, to_ms, line) = sized[begin], sized[-1]
    risen_mb, least_mb = to_mb - from_mb, GREW_FULL_MB if len(process.cycles) >= FEW else GREW_MB
    if isinstance(process.limit, Limit) and to_mb < FAR_SHARE * process.limit.mb:
        return None
    if risen_mb < least_mb or to_mb < GREW_FACTOR * from_mb:
        return None
    made_mb = sum(max(this[0] - before[1], 0.0) for before, this in itertools.pairwise(sized[begin:]))
    if risen_mb < KEPT_SHARE * made_mb:
        return None
    grew = f"the heap grew from {units.mb(from_mb)} to {units.mb(to_mb)} in {units.duration(to_ms - from_ms)}"
    return Sign(
        "start", "rising", f"{grew}, and collections free little: the log is too short to say whether it stops", to_ms, line
    )


def _of_a_start(process: JudgedProcess) -> Iterator[Sign]:
    """A process with too few full collections to judge, of which nothing speaks ill."""
    used_mb, share = known(process.heap.used_max_mb), known(process.pauses.share)
    if process.total < FEW or used_mb is None or (share is not None and share >= HEALTHY_SHARE):
        return
    if process.coverage.starts_late or process.coverage.only_tail or math.isnan(process.span.last_ms):
        return
    if isinstance(process.limit, Limit) and used_mb >= ROOMY_SHARE * process.limit.mb:
        return
    because = f"{units.mb(used_mb)} in use at most; {_counted(process)}: too few full collections for a trend"
    yield Sign("start", "ok", because, process.span.last_ms, process.span.last_line)


def _counted(process: JudgedProcess) -> str:
    full = process.heap.full_collections
    return (
        f"{units.count(process.total)} collections, {units.count(full)} of them full"
        if full
        else f"{units.count(process.total)} scavenges"
    )
