"""Deaths and dangers invisible to V8: kills by the kernel, and the container's limit on a process's total memory."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from gclog import units
from gclog.analysis.verdict.platforms import NO_PLATFORM, Platform
from gclog.analysis.verdict.stated import find_stated_limit, find_stated_use, platform_of_messages, say_kill
from gclog.model.not_known import NotKnown
from gclog.model.records import KernelKill, Message, Record
from gclog.model.verdict import Level
from gclog.model.witness import MemoryGrowth, MemoryLimit, NoMemoryLimit, OutsideKill, ReportedProcess
from gclog.processes.message_kills import Life, messages_of_end

__all__ = [
    "FAR_SHARE",
    "HORIZON_MS",
    "NEAR_SHARE",
    "MemoryState",
    "OutsideLevel",
    "find_kill",
    "find_memory_limit",
    "find_overuse",
    "judge_outside",
]

SIGNALS = ("killed", "exit_137")
"""Messages that report SIGKILL but not its sender, most reliable first."""

EXIT_137 = re.compile(r"\bexit(?:ed with)? ?code:? 137\b", re.IGNORECASE)

CONTAINER_WORDS = ("oom_killed",)
"""`OOMKilled` and the like: reported by the container runtime, the platform or the kernel in few words."""

OVER_QUOTA = "over_quota"
"""The kind of messages that a process uses more than its platform allows, while it lives on: Heroku's R14."""

STOPPED = "stopped"
"""The kind of messages that somebody wanted the process to end, which then did not in time."""

CGROUP_KINDS = frozenset({"cgroup_memory", "cgroup_named", "cgroup_stats"})
"""What the kernel prints only if a container hits its limit, not if the machine runs out of memory."""

NO_LIMIT_KB = 2.0**43
"""The kernel prints 9007199254740988 kB (the largest number of pages) for "no limit"; no machine has 8 PB."""

AT_LIMIT_SHARE = 0.85
"""If the highest RSS reading reached this share of the limit, the limit is the likely cause of a SIGKILL: readings are seconds
apart and miss the peak."""

NEAR_SHARE = 0.9
"""RSS at this share of the limit is near it: what remains fits the rest of the page cache and one large response."""

FAR_SHARE = 0.5
"""Below this share of the limit no time left is estimated: a starting program takes up memory as fast as it ever will."""

HORIZON_MS = 60 * units.MS_PER_MINUTE
"""A limit reached within the hour is impending: about the time it takes to wake somebody and act. A trend is extrapolated no
further than it was observed."""


OWN_LIMIT = frozenset({"docker", "ecs", "fly", "kubernetes"})
"""Platforms on which the kernel kills, and that set the limit: what to do is theirs, what happened the kernel's to say."""

FIRST_PIDS = 300
"""Linux gives no pid below this anew (RESERVED_PIDS): a program with a lower one runs in a container, which counts its own."""

LEVELLED_OFF = " and did not keep climbing"
"""How `find_growth` ends its sentence on a figure that did not grow by much."""


@dataclass(frozen=True, slots=True)
class MemoryState:
    """A process's memory at a moment: where it grew, current and maximum RSS, and the slope of RSS.

    span_ms           from the first reading to the last, 0 without a clock
    nears_its_limit   RSS climbs towards the limit, though it has not grown by as much as is called growth without one
    """

    growth: MemoryGrowth
    because: str
    rss_mb: float | NotKnown
    rss_max_mb: float | NotKnown
    rss_mb_per_h: float | NotKnown
    rss_low_mb_per_h: float | NotKnown
    span_ms: float
    nears_its_limit: bool = False


@dataclass(frozen=True, slots=True)
class OutsideLevel:
    """The level that memory outside V8's heap calls for by itself, the reason as a clause, and the time to its limit, if known."""

    level: Level
    because: str
    left_ms: float | None = None


def find_memory_limit(
    records: Iterable[Record], reported: Iterable[ReportedProcess], given_mb: float | None
) -> MemoryLimit | NoMemoryLimit:
    """The limit of all memory: from the user, else from the kernel's log, a platform's messages, or a diagnostic report."""
    if given_mb is not None:
        return MemoryLimit(given_mb, "given by the user", None)
    messages = [record for record in records if isinstance(record, Message)]
    for record in messages:
        if isinstance(record, KernelKill) and record.limit_kb and record.limit_kb < NO_LIMIT_KB:
            return MemoryLimit(record.limit_kb / units.KB_PER_MB, f"the kernel's, on line {record.line}", record.line)
    if (limit := find_stated_limit(messages)) is not None:
        return limit
    for report in reported:
        if not isinstance(report.constrained_mb, NotKnown):
            return MemoryLimit(report.constrained_mb, "constrained_memory of the diagnostic report", report.lines.get("limit"))
    return NoMemoryLimit("no container limit was given, and neither the kernel nor a diagnostic report names one")


def find_kill(
    records: Iterable[Record],
    last_line: int,
    memory: MemoryState | None,
    limit: MemoryLimit | NoMemoryLimit,
    life: Life | None = None,
) -> OutsideKill | None:
    """The kill that ended a process from outside, reported after `last_line`, its last; None if no line reports one.

    `life`: when it lived, and its pid, for what others say of other processes.
    """
    is_alone = life is not None and life.is_empty
    life = life or Life(last_line=last_line)
    after = messages_of_end((record for record in records if isinstance(record, Message)), life)
    kernel = [record for record in after if isinstance(record, KernelKill)]
    killed = [record for record in kernel if record.kind in ("kernel_killed", "kernel_constraint")]
    words = [record for record in after if record.kind in CONTAINER_WORDS]
    signals = [record for kind in SIGNALS for record in after if record.kind == kind]
    evidence = killed or words or signals
    if not evidence:
        return None
    named = platform_of_messages(words)
    platform = NO_PLATFORM if killed else named
    by = _killer(killed, kernel, words, platform, memory, limit)
    rss_mb = _rss_of(killed, after, memory)
    limit_mb = limit.mb if isinstance(limit, MemoryLimit) else NotKnown(limit.reason)
    stop = None if killed or words else next((record for record in after if record.kind == STOPPED), None)
    for_memory = by != "unknown" or (is_alone and stop is None)
    return OutsideKill(
        line=evidence[0].line,
        lines=tuple(dict.fromkeys(record.line for record in (*killed, *kernel, *words, *signals))),
        by=by,
        pid=next((record.pid for record in killed if record.pid is not None), None),
        rss_mb=rss_mb,
        limit_mb=limit_mb,
        because=say_kill(
            by,
            platform,
            rss_mb,
            limit_mb,
            sure=bool(killed or words),
            for_memory=for_memory,
            stop=stop is not None,
            code=_code([*signals, *words]),
        )
        + _doubt(killed, life.pid),
        platform=named.id if not killed or named.id in OWN_LIMIT else "",
        for_memory=for_memory,
        asked_to_stop=stop is not None,
    )


def _doubt(killed: list[KernelKill], pid: int | None) -> str:
    """That the kernel's line may be about another process of that name: its pid is another, and the log's is none of a container's first."""
    named = [record for record in killed if record.pid is not None]
    if pid is None or pid < FIRST_PIDS or not named or any(record.pid == pid for record in named):
        return ""
    other = named[-1]
    return f", if it is the process {other.process or 'of that line'} with pid {other.pid} to the kernel: its own pid here is {pid}"


def _killer(
    killed: list[KernelKill],
    kernel: list[KernelKill],
    words: list[Message],
    platform: Platform,
    memory: MemoryState | None,
    limit: MemoryLimit | NoMemoryLimit,
) -> Literal["container", "machine", "unknown"]:
    constraints = {record.constraint for record in killed if record.constraint}
    if any("MEMCG" in constraint or constraint.startswith("Memory cgroup") for constraint in constraints):
        return "container"
    if killed and not constraints and any(record.kind in CGROUP_KINDS for record in kernel):
        return "container"  # before Linux 5.0 the kill's own line does not say so
    if killed or (words and platform.is_machine):
        return "machine"
    if words:
        return "container"
    most_mb = None if memory is None or isinstance(memory.rss_max_mb, NotKnown) else memory.rss_max_mb
    at_limit = most_mb is not None and isinstance(limit, MemoryLimit) and most_mb >= AT_LIMIT_SHARE * limit.mb
    return "container" if at_limit else "unknown"


def _rss_of(killed: list[KernelKill], messages: Iterable[Message], memory: MemoryState | None) -> float | NotKnown:
    for record in killed:
        parts = [kb for kb in (record.anon_rss_kb, record.file_rss_kb, record.shmem_rss_kb) if kb is not None]
        if parts:
            return sum(parts) / units.KB_PER_MB
    if (used_mb := find_stated_use(messages)) is not None:
        return used_mb
    if memory is not None and not isinstance(memory.rss_mb, NotKnown):
        return memory.rss_mb
    return NotKnown("neither the kernel nor the program said how much memory the process had")


def _code(signals: list[Message]) -> str:
    """The exit code that a message reports beside the kill."""
    is_said = any(record.kind == "exit_137" or EXIT_137.search(record.text) is not None for record in signals)
    return ", exit code 137" if is_said else ""


def find_overuse(records: Iterable[Record], limit: MemoryLimit | NoMemoryLimit) -> tuple[OutsideLevel, int] | None:
    """The level of a process that its platform reports over its quota but does not end, and the line; None without such a report."""
    messages = [record for record in records if isinstance(record, Message)]
    over = next((record for record in reversed(messages) if record.kind == OVER_QUOTA), None)
    if over is None:
        return None
    used_mb = find_stated_use(messages)
    had = "" if used_mb is None else f"{units.mb(used_mb)} are in use, "
    of = "" if isinstance(limit, NoMemoryLimit) else f" of {units.mb(limit.mb)}"
    whose = platform_of_messages([over]).limit
    return OutsideLevel("impending", f"{had}more than {whose}{of}, and the process was not ended yet"), over.line


def judge_outside(
    memory: MemoryState | None, kill: OutsideKill | None, limit: MemoryLimit | NoMemoryLimit
) -> OutsideLevel | None:
    """The level called for by RSS, its limit and the kill; None if they say nothing."""
    if kill is not None and kill.for_memory:
        return OutsideLevel("exhausted", kill.because)
    if memory is None or memory.growth == "too-few" or isinstance(memory.rss_mb, NotKnown):
        return None
    if memory.growth == "none" and not memory.nears_its_limit:
        return OutsideLevel("ok", memory.because)
    if isinstance(limit, MemoryLimit):
        share = memory.rss_mb / limit.mb
        left_ms = _time_left_ms(memory, memory.rss_mb, limit.mb)
        said = f"{memory.because.removesuffix(LEVELLED_OFF)}, {units.percent(share)} of the {units.mb(limit.mb)} limit"
        if share >= 1:
            return OutsideLevel("impending", said, 0.0)
        if left_ms is not None and left_ms <= min(HORIZON_MS, memory.span_ms) and share >= FAR_SHARE:
            return OutsideLevel("impending", f"{said}, which is reached in {units.duration(left_ms)} on this trend", left_ms)
        if share >= NEAR_SHARE:
            return OutsideLevel("impending", said, left_ms)
        return OutsideLevel("rising", said, left_ms)
    return OutsideLevel("rising", memory.because)


def _time_left_ms(memory: MemoryState, rss_mb: float, limit_mb: float) -> float | None:
    """Time until RSS reaches the limit at its slope; None if the slope is not clearly positive or has no clock."""
    slope, low = memory.rss_mb_per_h, memory.rss_low_mb_per_h
    if isinstance(slope, NotKnown) or isinstance(low, NotKnown) or low <= 0 or not math.isfinite(slope):
        return None
    return max(limit_mb - rss_mb, 0.0) / slope * units.MS_PER_HOUR
