"""Collections take far too long for what they move: the process gets no CPU, or its memory is swapped out.

What it looks for
    Pauses against the memory that had to be copied (scavenges) or marked (full collections): 20 ms a MB and 10 ms a MB, ten times
    what slow machines need.

Why it matters
    No flag of V8 helps: the same collector takes a tenth of the time if the threads run and the pages are in memory.

Evidence
    The longest of these collections.

Known problems
    What had to be moved is an upper bound, by the sizes before and after. A stopped process (a debugger, SIGSTOP, a suspended
    machine) looks the same. In a tail of a few lines one of them may be chance, so the confidence is medium then.

Remedy
    The container's CPU limit (cpu.stat: nr_throttled, throttled_usec), CPU pressure, swap.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gclog import units
from gclog.diagnose import facts, remedies, surroundings
from gclog.diagnose.thresholds import declare
from gclog.model.effort import SlowCollections
from gclog.model.finding import Finding
from gclog.model.report import ProcessReport

__all__ = ["DEFAULTS", "ID", "Thresholds", "check"]

ID = "slow-collections"

SWAP_MS = 10_000.0
"""A throttled container stretches a pause ten times or so. Tens of seconds come from pages that must be read from disk."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    least_count: float = declare(2, "a single one may be chance: any process is interrupted now and then")
    pause_share: float = declare(0.2, "with less of all pauses than a fifth, they are not what the program suffers from")
    time_share: float = declare(0.005, "from half a percent of the time on it is a warning: two hiccups in a day are none")


DEFAULTS = Thresholds()


def check(process: ProcessReport, thresholds: Thresholds = DEFAULTS) -> Iterable[Finding]:
    slow = process.signs.slow
    if slow is None or slow.count < thresholds.least_count or slow.share_of_pauses < thresholds.pause_share:
        return
    yield Finding(
        id=ID,
        severity="warning" if slow.total_ms >= thresholds.time_share * process.span.duration_ms else "info",
        confidence="high" if slow.share_of_pauses >= 0.5 and slow.count > thresholds.least_count else "medium",
        title=f"{say_longest(slow)}: {say_cause(slow)}",
        observed=f"{units.count(slow.count)} of the {units.several(slow.of, 'long pause')} are of that kind, "
        f"{units.percent(slow.share_of_pauses)} of the time in pauses",
        threshold="20 ms for each MB that a scavenge copies, 10 ms for each MB that a full collection marks",
        evidence=facts.pick_lines(slow.lines),
        remedy=advise(process, slow),
    )


def say_longest(slow: SlowCollections) -> str:
    """`A scavenge took 220 ms to copy 3.0 MB at most`."""
    what, did = ("A full collection", "mark") if slow.longest_is_full else ("A scavenge", "copy")
    return f"{what} took {units.duration(slow.longest_ms)} to {did} {units.mb(slow.longest_moved_mb)} at most"


def say_cause(slow: SlowCollections) -> str:
    """What such a pause comes from."""
    return (
        "its memory was swapped out, or it had no CPU"
        if slow.longest_ms >= SWAP_MS
        else "the process had no CPU, or was swapped out"
    )


def advise(process: ProcessReport, slow: SlowCollections) -> str:
    """Where to look: the more likely cause first."""
    if surroundings.platform_of(process) == "windows":
        return "Give it CPU and memory, no flag: Task Manager shows whether others take the CPU (Processes), and whether memory is short (Performance)."
    throttled = (
        "`cat /sys/fs/cgroup/cpu.stat` in its container (nr_throttled, throttled_usec) shows whether its CPU limit stops it"
    )
    swapped = f"`grep VmSwap /proc/{remedies.say_pid(process)}/status` shows whether it is swapped out"
    first, then = (swapped, throttled) if slow.longest_ms >= SWAP_MS else (throttled, swapped)
    return f"Give it CPU and memory, no flag: {first}; {then}."
