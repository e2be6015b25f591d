"""Facts that several rules and the verdict need: the live set's floor, growth in words, kinds of death, evidence lines."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from gclog import units
from gclog.analysis.verdict.strikes import NEAR_LIMIT_SHARE, NEAR_LIMIT_SHARE_14_6
from gclog.diagnose.limit_words import of_limit
from gclog.model.not_known import NotKnown
from gclog.model.process import Cycle, NodeVersion, Trend
from gclog.model.records import Message
from gclog.model.report import JudgedProcess, ProcessReport
from gclog.model.verdict import GROWING, LEVELS, Crash, CrashKind, GrowthKind, Level, Limit
from gclog.model.witness import NoMemoryLimit

__all__ = [
    "EVIDENCE_LINES",
    "FEW_SURVIVE_SHARE",
    "GROWTH_IN_WORDS",
    "HEAP_DEATHS",
    "Floor",
    "died_of_heap",
    "few_survive",
    "find_runs",
    "is_growing",
    "is_open",
    "is_semi_space_set",
    "is_steady",
    "is_under_pressure",
    "known",
    "last_resort_fall",
    "measure_floor",
    "pick_lines",
    "rank",
    "say_growth",
    "say_interval",
    "say_rise",
    "semi_space_mb",
    "size_threshold",
    "spread_lines",
    "survivors_share",
    "times",
    "why_not_dated",
    "written_at_limit",
    "young_generation_mb",
]

EVIDENCE_LINES = 5
"""Upper bound on the lines that a finding shows: a reader checks no more."""

HEAP_DEATHS: frozenset[CrashKind] = frozenset({"ineffective-mark-compacts", "heap-limit", "one-large-allocation"})
"""Deaths by the JS heap: V8's messages A, B and C."""

FLOOR_CYCLES = 3
"""The floor is the least of the last three full collections: a single one may fall into a burst of work."""

FEW_SURVIVE_SHARE = 0.3
"""The generational hypothesis is that nine of ten die young; from a third on copying them does not pay."""

WRITTEN_AT_LIMIT = ("heap_snapshot_written", "heap_profile_written")

STEADY_SHARE = 0.1
"""A live set that moves by less than a tenth in half of the log is steady: full collections always differ a little."""

OPEN_MS = 1000.0
"""A rise that ended less than a second ago may go on with the next collection."""

FELL_FACTOR = 2.0
"""A last resort that leaves half of the heap, or less, was what saved the process."""

GROWTH_IN_WORDS: dict[GrowthKind, str] = {
    "not-known": "too few full collections to see growth",
    "none": "flat",
    "steady": "growing steadily",
    "stepwise": "growing in steps",
    "accelerating": "growing faster and faster",
    "decelerating": "growing ever more slowly",
    "levelled-off": "levelled off",
    "uneven": "rising and falling",
    "cyclic": "rising and falling in cycles",
    "one-allocation": "flat but for one step",
    "sudden": "growing in a sudden burst",
    "high-plateau": "flat on a high plateau",
    "off-heap": "flat while memory outside the heap grows",
    "death-spiral": "full, and hardly anything can be freed",
}


@dataclass(frozen=True, slots=True)
class Floor:
    """The lower edge of the live set at the end of the log; `share` of the limit, if one is known."""

    mb: float
    share: float | None
    lines: tuple[int, ...]
    after_full: bool


def known(value: float | NotKnown) -> float | None:
    """The figure, or None if it cannot be given."""
    return None if isinstance(value, NotKnown) else value


def rank(level: Level) -> int:
    """Place of a level from the least to the most severe."""
    return LEVELS.index(level)


def died_of_heap(crash: Crash | None) -> bool:
    """Whether the JS heap is what the process died of."""
    return crash is not None and crash.kind in HEAP_DEATHS


def is_growing(growth: GrowthKind) -> bool:
    """The live set has a direction: up."""
    return growth in GROWING


def is_open(process: JudgedProcess) -> bool:
    """Whether a rise of a living process has ended too lately to say that it is over: with the last full collection, or just before."""
    if process.crash is not None or process.rise is None:
        return False
    return process.growth == "one-allocation" or (process.growth == "levelled-off" and process.rise.level_ms < OPEN_MS)


def last_resort_fall(process: JudgedProcess) -> Cycle | None:
    """The last-resort collection that freed most, if that was half of the heap or more, and the process lived on."""
    lines = set(process.signs.last_resort_lines)
    if process.crash is not None or not lines:
        return None
    chosen = [cycle for cycle in process.cycles if cycle.line in lines and cycle.before_mb >= FELL_FACTOR * cycle.after_mb]
    return max(chosen, key=lambda cycle: cycle.before_mb - cycle.after_mb, default=None)


def say_growth(process: JudgedProcess) -> str:
    """How the live set moves, with its figures: `growing steadily by +3.5 MB/s`, `levelled off for 12.0 s after a rise from 3.8 MB`."""
    words, rise, trend = GROWTH_IN_WORDS[process.growth], process.rise, process.heap.old_space_trend
    if process.crash is not None:
        words = words.replace("growing", "grew", 1)
    if is_open(process) and rise is not None:
        rose = f"from {units.mb(rise.from_mb)} to {units.mb(rise.to_mb)}"
        step = "one step up" if process.growth == "one-allocation" else "higher than before"
        return f"{step}, {rose}; whether it goes on is not known yet"
    if process.growth == "none" and (fall := last_resort_fall(process)) is not None:
        return f"down from {units.mb(fall.before_mb)} by V8's last resort"
    if is_growing(process.growth):
        rate = trend.mb_per_h if isinstance(trend, Trend) else rise.mb_per_h if rise is not None else 0.0
        return f"{words} by {units.rates(rate)[0]}" if rate > 0 else words
    if process.growth == "levelled-off" and rise is not None:
        return f"{words} for {units.duration(rise.level_ms)} after a rise from {units.mb(rise.from_mb)}"
    if process.growth in ("one-allocation", "sudden") and rise is not None:
        return f"{words}, from {units.mb(rise.from_mb)} to {units.mb(rise.to_mb)}"
    return words


def say_rise(process: JudgedProcess) -> str:
    """What led to a death, as a clause: ` after its live set grew from 8.4 MB to 94.1 MB of a 96.0 MB limit`; empty if nothing is known."""
    live_mb, rise, limit = known(process.heap.live_mb), process.rise, process.limit
    if live_mb is None:
        return ""
    now = of_limit(live_mb, limit, raised=bool(written_at_limit(process))) if isinstance(limit, Limit) else units.mb(live_mb)
    now += " (after scavenges, garbage included)" if process.heap.live_basis == "scavenge" else ""
    match process.growth:
        case "one-allocation" if rise is not None:
            return f" after one step took its live set from {units.mb(rise.from_mb)} to {now}"
        case "sudden" if rise is not None:
            took = units.duration(rise.to_ms - rise.from_ms)
            return f" after its live set grew from {units.mb(rise.from_mb)} to {now} in a burst of {took}"
        case kind if is_growing(kind) and rise is not None:
            return f" after its live set grew from {units.mb(rise.from_mb)} to {now}"
        case _:
            return f" with a live set of {now}"


def is_under_pressure(process: ProcessReport) -> bool:
    """The limit matters: the heap was exhausted, or exhaustion is impending."""
    return died_of_heap(process.crash) or rank("impending") <= rank(process.heap_level) < rank("exhausted")


def measure_floor(process: ProcessReport) -> Floor | None:
    """The floor now, from the last full collections, or from what scavenges left if there are none. None: no collection says."""
    limit_mb = process.limit.mb if isinstance(process.limit, Limit) else None
    last = process.cycles[-FLOOR_CYCLES:]
    mb = min((cycle.after_mb for cycle in last), default=known(process.heap.live_mb))
    if mb is None:
        return None
    lines = tuple(cycle.line for cycle in last) or (process.span.last_line,)
    return Floor(mb, mb / limit_mb if limit_mb else None, lines, after_full=bool(last))


def written_at_limit(process: JudgedProcess) -> list[Message]:
    """The lines by which Node says that it wrote a heap snapshot or profile at the limit. It raises the limit while it does."""
    return [message for message in process.signs.messages if message.kind in WRITTEN_AT_LIMIT]


def is_steady(process: ProcessReport) -> bool:
    """The live set has not moved in the second half of the time: full collections there left the same, first and last."""
    half_ms = process.span.first_ms + process.span.duration_ms / 2
    late = [cycle.after_mb for cycle in process.cycles if cycle.at_ms >= half_ms]
    if len(late) < FLOOR_CYCLES:
        return False
    begin_mb, end_mb = min(late[:FLOOR_CYCLES]), min(late[-FLOOR_CYCLES:])
    return abs(end_mb - begin_mb) <= STEADY_SHARE * end_mb


def size_threshold(node: NodeVersion) -> str:
    """From which share of the limit V8 counts strikes: 0.8, from Node 26 (V8 14.6) 0.95."""
    if node.first_major >= 26:
        return units.percent(NEAR_LIMIT_SHARE_14_6)
    before = units.percent(NEAR_LIMIT_SHARE)
    return before if node.last_major < 26 else f"{before} (Node 26: {units.percent(NEAR_LIMIT_SHARE_14_6)})"


def is_semi_space_set(process: ProcessReport) -> bool:
    """Whether the log names a --max-semi-space-size."""
    return any(option.option == "max_semi_space_size" and option.mb > 0 for option in process.signs.options)


def survivors_share(process: ProcessReport) -> float | None:
    """The share of young objects that survives a scavenge: as --trace-gc-nvp prints it, else by the sizes before and after."""
    survival, young = known(process.heap.survival_share), process.signs.young
    return survival if survival is not None else known(young.kept_share) if young is not None else None


def few_survive(process: ProcessReport) -> bool:
    """Whether it is known that few young objects survive: then V8 does not enlarge the young generation by itself."""
    share = survivors_share(process)
    return share is not None and share < FEW_SURVIVE_SHARE


def semi_space_mb(process: ProcessReport) -> float:
    """The largest semi-space: as set in the log, else V8's default (64 MB in Node 24 and 25, 32 MB in 26, 16 MB before).

    Of several versions that may have written the log, that of the oldest.
    """
    set_mb = max((option.mb for option in process.signs.options if option.option == "max_semi_space_size"), default=0.0)
    if set_mb:
        return set_mb
    if process.node.first_major >= 26:
        return 32.0
    return 64.0 if process.node.first_major >= 24 else 16.0


def young_generation_mb(process: ProcessReport) -> float:
    """Memory the young generation may have committed: three semi-spaces of their maximum (V8 7.4 on), four up to Node 5."""
    return semi_space_mb(process) * (4 if process.node.first_major <= 5 else 3)


def why_not_dated(process: JudgedProcess) -> str:
    """Why it cannot be said how long until all its memory reaches its limit."""
    if isinstance(process.memory_limit, NoMemoryLimit):
        return "no limit of all its memory is known"
    return "nothing shows when all its memory reaches its limit"


def find_runs(cycles: Sequence[Cycle], holds: Callable[[Cycle, Cycle], bool]) -> list[tuple[Cycle, ...]]:
    """Unbroken runs of full collections, two at least, in which `holds(before, this)` is true for each neighbouring pair."""
    runs: list[tuple[Cycle, ...]] = []
    run: list[Cycle] = []
    for before, this in itertools.pairwise(cycles):
        if holds(before, this):
            run = [*(run or [before]), this]
            continue
        if run:
            runs.append(tuple(run))
        run = []
    return [*runs, tuple(run)] if run else runs


def say_interval(low_ms: float, high_ms: float) -> str:
    """`between 2 min and 6 min`; `within 6 min` if it may be now; an open end is said to be open."""
    if math.isinf(high_ms):
        return f"not before {units.duration(low_ms)}; the growth may also stop"
    if low_ms <= 0:
        return f"within {units.duration(high_ms)}"
    return f"between {units.duration(low_ms)} and {units.duration(high_ms)}"


def times(count: int) -> str:
    """`once`, `12 times`."""
    return "once" if count == 1 else f"{units.count(count)} times"


def spread_lines(lines: Sequence[int], count: int = EVIDENCE_LINES) -> tuple[int, ...]:
    """At most `count` of the lines, evenly spread, the first and the last among them."""
    if len(lines) <= count:
        return tuple(lines)
    if count == 1:
        return (lines[-1],)
    return tuple(lines[round(i * (len(lines) - 1) / (count - 1))] for i in range(count))


def pick_lines(*lines: int | Iterable[int] | None) -> tuple[int, ...]:
    """Evidence: the first five different lines of those given, the most important first, returned in the order of the log."""
    picked: list[int] = []
    for group in lines:
        for line in (group,) if group is None or isinstance(group, int) else group:
            if line is not None and line > 0 and line not in picked:
                picked.append(line)
    return tuple(sorted(picked[:EVIDENCE_LINES]))
