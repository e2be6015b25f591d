"""How much more heap to give a process: twice what it had, as far as its container or machine can hold that."""

from __future__ import annotations

import math
from dataclasses import dataclass

from gclog import units
from gclog.diagnose.platform_remedies import HEAP_SHARE
from gclog.model.not_known import NotKnown
from gclog.model.report import ProcessReport
from gclog.model.witness import MemoryLimit

__all__ = ["MoreHeap", "fits_in_memory", "more_heap", "twice_mb"]

STEP_MB = 512.0
"""Limits are set in multiples of this."""

TOLERANCE = 0.95
"""A limit just above a multiple asks for the next one no more than that multiple does."""

LEAST_GAIN = 1.25
"""A heap that is not larger by a quarter at least is not worth a try."""


@dataclass(frozen=True, slots=True)
class MoreHeap:
    """A heap limit to try next, MB. `how`: what to do, as the beginning of a sentence that the option ends; `first`: what it needs before."""

    mb: float
    how: str
    first: str = ""


def twice_mb(limit_mb: float) -> float:
    """Twice a limit, as people set it, MB."""
    return STEP_MB * max(1, math.ceil(TOLERANCE * 2 * limit_mb / STEP_MB))


def more_heap(process: ProcessReport, limit_mb: float | None, wanted_mb: float) -> MoreHeap:
    """The heap to try next: `wanted_mb`, or what the known memory around the process holds, if that is clearly more than `limit_mb` was."""
    twice = "give it twice the heap" if limit_mb is not None else "give it more heap"
    memory = _memory_of(process)
    if memory is None:
        return MoreHeap(wanted_mb, f"{twice}, on a machine that has it")
    memory_mb, whose = memory
    if wanted_mb <= HEAP_SHARE * memory_mb:
        return MoreHeap(wanted_mb, twice)
    held_mb = STEP_MB * math.floor(HEAP_SHARE * memory_mb / STEP_MB)
    if held_mb >= LEAST_GAIN * (limit_mb or STEP_MB):
        return MoreHeap(held_mb, f"give it as much heap as the {whose} of {units.mb(memory_mb)} holds")
    needs = f"{units.mb(wanted_mb / HEAP_SHARE)} of memory"
    return MoreHeap(
        wanted_mb,
        f"give the {whose} {needs} first, now {units.mb(memory_mb)}, and then {twice}",
        f"Its {whose} needs {needs} first.",
    )


def fits_in_memory(process: ProcessReport, heap_mb: float) -> bool:
    """Whether the memory around the process can hold a heap of this limit, or is not known."""
    memory = _memory_of(process)
    return memory is None or heap_mb <= HEAP_SHARE * memory[0]


def _memory_of(process: ProcessReport) -> tuple[float, str] | None:
    """Its container's limit, else the memory of its machine, MB, and which of them it is; None if neither is known."""
    if isinstance(process.memory_limit, MemoryLimit):
        return process.memory_limit.mb, "container"
    for report in reversed(process.reported):
        if not isinstance(report.constrained_mb, NotKnown):
            return report.constrained_mb, "container"
        if not isinstance(report.machine_mb, NotKnown):
            return report.machine_mb, "machine"
    return None
