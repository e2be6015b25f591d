"""Stacks that a profiler printed near the limit, among the lines of a process: its sampled heap profile."""

from __future__ import annotations

import dataclasses
from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise

from gclog.incident.context import SourceContext
from gclog.model.records import HeapStack, MemoryUsage
from gclog.processes.process import ProcessTable

__all__ = ["hear_stacks"]


def hear_stacks(contexts: Sequence[SourceContext]) -> list[SourceContext]:
    """The sources, with the stacks of each process as its profile in place of their lines."""
    return [
        dataclasses.replace(
            context, processes=tuple(_with_profile(process, context.source.name) for process in context.processes)
        )
        for context in contexts
    ]


def _with_profile(process: ProcessTable, source: str) -> ProcessTable:
    stacks = [record for record in process.rare if isinstance(record, HeapStack)]
    if not stacks:
        return process
    from gclog.heap.sampled.series import compare_samplings  # most logs have none
    from gclog.heap.sampled.stacks import sampling_of_stacks

    prints = _prints(stacks, process)
    return dataclasses.replace(
        process,
        rare=tuple(record for record in process.rare if not isinstance(record, HeapStack)),
        sampled=compare_samplings(sampling_of_stacks(own, source) for own in prints),
    )


def _prints(stacks: Sequence[HeapStack], process: ProcessTable) -> list[Sequence[HeapStack]]:
    """The stacks of each time that they were printed: V8 collects in between, and each begins with figures of memory."""
    between = process.rows.lines.tolist()
    if MemoryUsage in process.frames:
        between += process.usage["line"].tolist()
    between.sort()
    after = [bisect_left(between, stack.line) for stack in stacks]
    edges = [0, *(place for place, (one, other) in enumerate(pairwise(after), 1) if one != other), len(stacks)]
    return [stacks[begin:end] for begin, end in pairwise(edges)]
