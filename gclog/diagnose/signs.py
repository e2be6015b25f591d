"""What besides the judges' levels bears on how bad a process is: its death, V8's own words, GC's share, a healthy start."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from gclog import units
from gclog.analysis.measure.crash import death_level
from gclog.diagnose.facts import known, rank
from gclog.model.not_known import or_nan
from gclog.model.process import Series
from gclog.model.report import JudgedProcess
from gclog.model.standing import Standing, Start
from gclog.model.verdict import GROWING, Level, Limit

__all__ = [
    "AT_LIMIT_MESSAGES",
    "FEW",
    "GC_BOUND_SHARE",
    "HEALTHY_SHARE",
    "LEAST_SPAN_MS",
    "SHORT_MS",
    "Sign",
    "say_rise_so_far",
    "standing_of",
    "worst_sign",
]

AT_LIMIT_MESSAGES = ("heap_snapshot_written", "heap_profile_written", "near_heap_limit_callback")
"""Messages that Node prints only if V8 was at its limit."""

GC_BOUND_SHARE = 0.3
"""A program that leaves GC three tenths of its time is not well, however much room its heap has. Healthy ones stay below 0.25."""

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

LOADED_MS = 1000.0
LOADED_MB = 64.0
"""A program that has started less than a second ago, and has less than this, may still be loading its modules."""

ROSE_FACTOR = 1.1
FEWEST_STEPS = 4
MOST_UP = 0.8
"""A heap only rises if it has by a tenth at least, and four of five collections, four or more, left more than the one before."""

FEW = 3
"""Collections without which nothing can be said, not even of a start."""

ROOMY_SHARE = 0.5
"""Of the limit: a heap that never had more in use, garbage included, is far from it."""


@dataclass(frozen=True, slots=True)
class Sign:
    """A level that something calls for, why, and from where on.

    of      growth that the alarms do not see, GC's share, a healthy start; death, or V8's own words, which say that it was at its limit
    at_ms   on V8's clock; NaN if it is known by its line alone
    line    None if it is known by its moment alone
    """

    of: Literal["death", "limit", "growth", "gc", "start"]
    level: Level
    because: str
    at_ms: float
    line: int | None


def worst_sign(standing: Standing, level: Level) -> Sign | None:
    """The sign that calls for more than the judges' level, or takes back an `ok` that a few seconds cannot show; None if there is none.

    It is not in the timeline: it is known of all that was printed so far, or of its end, and not at a line of it.
    """
    worst = max(_signs(standing), key=lambda sign: rank(sign.level), default=None)
    if worst is not None and rank(worst.level) > rank(level):
        return worst
    return _of_a_busy_moment(standing) if level == "ok" and standing.crash is None else None


def standing_of(process: JudgedProcess) -> Standing:
    """The standing of a process whose log was read to its end."""
    span, pauses, crash = process.span, process.pauses, process.crash
    at_limit = [message.line for message in process.signs.messages if message.kind in AT_LIMIT_MESSAGES]
    return Standing(
        crash=crash,
        kill=process.kill,
        at_limit_line=min(at_limit, default=None),
        growth=process.growth,
        rise=process.rise,
        live_mb=or_nan(known(process.heap.live_mb)),
        limit=process.limit,
        share=or_nan(known(pauses.share)),
        forced_ms=_forced_ms(process),
        busy_at_ms=pauses.worst_window_at_ms,
        busy_line=pauses.worst_window_line,
        total=process.total,
        full=process.heap.full_collections,
        first_ms=span.first_ms,
        last_ms=span.last_ms,
        last_line=span.last_line,
        used_max_mb=or_nan(known(process.heap.used_max_mb)),
        begins_late=process.coverage.starts_late or process.coverage.only_tail,
        start=_start_of(process.series),
        is_as_before=process.is_as_before,
    )


def _forced_ms(process: JudgedProcess) -> float:
    """Time in full collections that the program or its embedder asked for: these say nothing of how busy the heap is."""
    forced = set(process.signs.explicit_gc_lines)
    return sum(cycle.pause_ms for cycle in process.cycles if cycle.line in forced and not math.isnan(cycle.pause_ms))


def _start_of(series: Series) -> Start | None:
    if series.thinned_from > len(series.line):
        return None
    columns = (series.used_before_mb, series.used_after_mb, series.at_ms, series.line)
    sized = [sizes for sizes in zip(*columns, strict=True) if not any(map(math.isnan, sizes[:3]))]
    if not sized:
        return None
    # From the lowest size on: before it, start-up may have come down again.
    begin = min(range(len(sized)), key=lambda place: (sized[place][1], -place))
    (_, from_mb, from_ms, _), (_, to_mb, to_ms, line) = sized[begin], sized[-1]
    steps = list(itertools.pairwise(sized[begin:]))
    made_mb = sum(max(this[0] - before[1], 0.0) for before, this in steps)
    steps_up = sum(this[1] > before[1] for before, this in steps)
    return Start(len(sized), from_mb, from_ms, to_mb, to_ms, line, made_mb, len(steps), steps_up)


def say_rise_so_far(process: JudgedProcess) -> str:
    """How far a heap that only rises has risen, where there are too few full collections to judge it; empty if it does not."""
    start = _start_of(process.series)
    if start is None or not _only_rises(start, process.span.first_ms):
        return ""
    took = units.duration(start.to_ms - start.from_ms)
    return f"what collections left rose from {units.mb(start.from_mb)} to {units.mb(start.to_mb)} in {took}"


def _only_rises(start: Start, first_ms: float) -> bool:
    """Whether what collections leave rises nearly each time: not because the program has just started, nor as it rose before it came back."""
    if start.from_ms < LOADED_MS and start.to_mb < LOADED_MB:
        return False
    if start.from_ms - first_ms > start.to_ms - start.from_ms:
        return False
    return (
        start.to_mb >= ROSE_FACTOR * start.from_mb and start.steps >= FEWEST_STEPS and start.steps_up >= MOST_UP * start.steps
    )


def _signs(standing: Standing) -> Iterator[Sign]:
    """All signs, in no order."""
    crash = standing.crash
    if crash is not None:
        at_ms = standing.last_ms if crash.at_ms is None else crash.at_ms
        yield Sign("death", death_level(crash, standing.kill), crash.reason, at_ms, crash.line)
        return
    if standing.at_limit_line is not None:
        said = f"V8 was at its limit, where Node wrote what line {units.count(standing.at_limit_line)} names"
        yield Sign("limit", "critical", said, math.nan, standing.at_limit_line)
    yield from _of_growth(standing)
    yield from _of_gc_share(standing)
    if (grew := _of_a_multiplying_heap(standing)) is not None:
        yield grew
    else:
        yield from _of_a_start(standing)


def _of_growth(standing: Standing) -> Iterator[Sign]:
    """Growth that goes on, and a heap of which nothing can be freed, whatever the alarms make of them."""
    rise = standing.rise
    if standing.growth == "death-spiral":
        yield Sign("growth", "rising", "full collections, back to back, free nothing", standing.last_ms, standing.last_line)
    if standing.growth in GROWING and rise is not None:
        because = f"its live set grew from {units.mb(rise.from_mb)} to {units.mb(rise.to_mb)}"
        yield Sign("growth", "rising", because, rise.to_ms, None)


def _of_gc_share(standing: Standing) -> Iterator[Sign]:
    share = standing.share
    if math.isnan(share) or standing.total < FEW:
        return
    if not standing.last_ms - max(standing.first_ms, START_UP_MS) >= LEAST_BUSY_MS:
        return
    if share - standing.forced_ms / (standing.last_ms - standing.first_ms) >= GC_BOUND_SHARE:
        yield Sign("gc", "rising", f"GC takes {units.percent(share)} of the time", standing.busy_at_ms, standing.busy_line)


def _of_a_busy_moment(standing: Standing) -> Sign | None:
    """A log that is too short for a share of GC, most of which is GC: it may be a start, or the end."""
    span_ms = standing.last_ms - standing.first_ms
    if standing.total < FEW or not 0 < standing.last_ms - max(standing.first_ms, START_UP_MS) < LEAST_BUSY_MS:
        return None
    share = standing.share - standing.forced_ms / span_ms
    if not share >= GC_BOUND_SHARE:
        return None
    because = f"{units.percent(share)} of its {units.duration(span_ms)} went to GC"
    return Sign("gc", "not-assessable", because, standing.last_ms, standing.last_line)


def _of_a_multiplying_heap(standing: Standing) -> Sign | None:
    """A heap that grows fast and keeps nearly all, in a log too short for the judges."""
    start = standing.start
    if start is None or start.count < FEW or standing.growth != "not-known":
        return None
    if not standing.last_ms - standing.first_ms <= SHORT_MS:
        return None
    risen_mb, least_mb = start.to_mb - start.from_mb, GREW_FULL_MB if standing.full >= FEW else GREW_MB
    if isinstance(standing.limit, Limit) and start.to_mb < FAR_SHARE * standing.limit.mb:
        return None
    if risen_mb < least_mb or start.to_mb < GREW_FACTOR * start.from_mb or risen_mb < KEPT_SHARE * start.made_mb:
        return None
    grew = f"the heap grew from {units.mb(start.from_mb)} to {units.mb(start.to_mb)} in {units.duration(start.to_ms - start.from_ms)}"
    because = f"{grew}, and collections free little: the log is too short to say whether it stops"
    return Sign("start", "rising", because, start.to_ms, start.line)


def _of_a_start(standing: Standing) -> Iterator[Sign]:
    """A process with too few full collections to judge, of which nothing speaks ill."""
    used_mb = standing.used_max_mb
    if standing.total < FEW or math.isnan(used_mb) or standing.share >= HEALTHY_SHARE:
        return
    if (
        standing.begins_late
        or math.isnan(standing.last_ms)
        or (standing.start is not None and _only_rises(standing.start, standing.first_ms))
    ):
        return
    if isinstance(standing.limit, Limit) and used_mb >= ROOMY_SHARE * standing.limit.mb:
        return
    because = f"{units.mb(used_mb)} in use at most; {_counted(standing)}: too few full collections for a trend"
    yield Sign("start", "ok", because, standing.last_ms, standing.last_line)


def _counted(standing: Standing) -> str:
    full = standing.full
    return (
        f"{units.count(standing.total)} collections, {units.count(full)} of them full"
        if full
        else f"{units.count(standing.total)} scavenges"
    )
