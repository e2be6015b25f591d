"""The heap grows, by the program's own figures.

What it looks for
    heapUsed in the program's memoryUsage() lines, or a test runner's heap size after each test file, that climbs to the end of
    a log whose collections, if there are any, are too few to show it.

Why it matters
    At the limit V8 gives up and the process dies. In tests, modules and mocks that one file leaves behind stay in the heap of
    the worker that runs the next.

Evidence
    The first reading, the largest, and the lines of the test files after which the heap grew most.

Known problems
    heapUsed includes garbage; what counts is that its low points rise. Several workers of a test runner have a heap each, and
    their lines do not say which is whose.

Remedy
    Print a trace of the collections (--trace-gc), which shows the live set; of tests, run the named files alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gclog import units
from gclog.diagnose import facts, remedies
from gclog.model.finding import Finding
from gclog.model.report import ProcessReport
from gclog.model.witness import MemoryFigures

__all__ = ["DEFAULTS", "ID", "Thresholds", "check"]

ID = "heap-figures-growth"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """None: the analysis says whether a figure grows."""


DEFAULTS = Thresholds()

LIVE_SET = (
    "Find what grows: compare two heap snapshots of different times with `gclog heapdiff`; with --trace-gc the log shows the live "
    "set without garbage, and when it reaches the limit."
)

OF_TESTS = (
    "Run these files alone with --runInBand --logHeapUsage (vitest: --no-file-parallelism) and node --expose-gc, then halve them: "
    "look for servers, timers, mocks and module state that are not torn down."
)


def check(process: ProcessReport, thresholds: Thresholds = DEFAULTS) -> Iterable[Finding]:
    memory = process.memory
    if memory is None or process.crash is not None or memory.growth not in ("heap", "both") or facts.is_growing(process.growth):
        return
    if process.total and not process.by_memory:
        return
    part = memory.parts.get("heap_used") or memory.parts.get("heap_total")
    if part is None:
        return
    yield Finding(
        id=ID,
        severity="warning",
        confidence="medium",
        title=f"The heap grew from {units.mb(part.first_mb)} to {units.mb(part.last_mb)}{_over(memory)}",
        observed=f"heap at most {units.mb(part.most_mb)}{_kept(memory)}",
        threshold="low points that climb to the end of the log by a fifth, or steadily by a twentieth",
        evidence=facts.pick_lines(memory.first_line, [test.line for test in memory.tests], part.most_line, memory.last_line),
        remedy=OF_TESTS if memory.tests else remedies.advise_evidence(process) if process.total else LIVE_SET,
    )


def _over(memory: MemoryFigures) -> str:
    said = f" over {units.count(memory.readings)} {'test files' if memory.tests else 'readings'}"
    return said if not isinstance(memory.span_ms, float) else f"{said} in {units.duration(memory.span_ms)}"


def _kept(memory: MemoryFigures) -> str:
    named = [f"{units.mb(test.kept_mb)} after {test.file}" for test in memory.tests]
    return f"; kept: {', '.join(named)}" if named else ""
