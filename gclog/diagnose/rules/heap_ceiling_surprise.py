"""The heap limit is not what one would expect.

What it looks for
    Under pressure: a limit that nobody set and that is Node's default for a small container (half of its memory, from Node
    12.7), or the fixed 1400 MB of Node 11 and before; and a process that died far below the limit that its log names.

Why it matters
    The ceiling moves with the container's size and with a Node upgrade, silently: a program that ran for years dies the day
    after.

Evidence
    The line that names the limit, the fatal line, or the last full collections.

Known problems
    An inferred limit can match a default by chance, so the confidence is low. A container of 4 GB or more cannot be
    distinguished from a machine, so those are not reported.

Remedy
    Set --max-old-space-size, so that neither an upgrade nor a smaller container moves it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gclog import units
from gclog.analysis.verdict.default_limit import FIXED_MB
from gclog.diagnose import facts
from gclog.diagnose.thresholds import declare
from gclog.model.finding import Finding
from gclog.model.records import HeapOption
from gclog.model.report import ProcessReport
from gclog.model.verdict import Limit
from gclog.model.witness import MemoryLimit

__all__ = ["DEFAULTS", "ID", "Thresholds", "check"]

ID = "heap-ceiling-surprise"

CONTAINER_DEFAULTS_MB: tuple[tuple[float, float], ...] = ((512.0, 256.0), (1024.0, 512.0), (2048.0, 1024.0))
"""Container's limit and the old generation that Node 12.7 and later gives itself in it: half, 256 MB at least (measured)."""

IN_NODE_OPTIONS = 8
"""Every Node 8 takes --max-old-space-size in NODE_OPTIONS."""

OLD_SHARE = 0.75
"""Of the container: as heap-limit-above-memory advises."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    tolerance_share: float = declare(0.1, "limits that are inferred, or read off a crash, are within a tenth")
    reached_share: float = declare(0.7, "a heap that ran out below this share of the limit cannot have run into that limit")


DEFAULTS = Thresholds()


def check(process: ProcessReport, thresholds: Thresholds = DEFAULTS) -> Iterable[Finding]:
    if not facts.is_under_pressure(process) or not isinstance(process.limit, Limit):
        return
    named = [option for option in process.signs.options if option.option in ("max_old_space_size", "max_heap_size")]
    finding = _not_in_effect(process, process.limit, named, thresholds) or _default(process, process.limit, named, thresholds)
    if finding is not None:
        yield finding


def _not_in_effect(process: ProcessReport, limit: Limit, named: list[HeapOption], thresholds: Thresholds) -> Finding | None:
    """The log names a limit that the heap was far from when V8 said that it was reached."""
    committed_mb = facts.known(process.heap.committed_max_mb)
    crash = process.crash
    if crash is None or crash.kind not in ("heap-limit", "ineffective-mark-compacts") or committed_mb is None or not named:
        return None
    option = max(named, key=lambda option: option.mb)
    if committed_mb >= thresholds.reached_share * option.mb:
        return None
    return Finding(
        id=ID,
        severity="warning",
        confidence="medium",
        title=f"The heap was exhausted at {units.mb(committed_mb)}, though the log names a limit of {units.mb(option.mb)}",
        observed=f"at most {units.mb(committed_mb)} committed, {units.percent(committed_mb / option.mb)} of the named limit",
        threshold=f"a heap that ends at its limit has committed {units.percent(thresholds.reached_share)} of it or more",
        evidence=facts.pick_lines(option.line, crash.line, [cycle.line for cycle in process.cycles[-1:]]),
        remedy="The option did not reach this process: print v8.getHeapStatistics().heap_size_limit at its start. A child "
        "process or a worker needs its own (NODE_OPTIONS, execArgv, resourceLimits), and the flag must come before the "
        "script's name.",
    )


def _default(process: ProcessReport, limit: Limit, named: list[HeapOption], thresholds: Thresholds) -> Finding | None:
    """Nobody set the limit, and it is one of Node's defaults."""
    if named or limit.source not in ("inferred", "crash", "report", "printed") or process.node.host != "Node":
        return None
    at_limit = None if process.crash is None else process.crash.at_limit
    if limit.source == "crash" and at_limit is not None and at_limit.origin == "set":
        return None
    found = _explain_default(process, limit, thresholds)
    if found is None:
        return None
    default_mb, cause = found
    return Finding(
        id=ID,
        severity="warning",
        confidence="medium" if limit.source in ("report", "printed") else "low",
        title=f"The limit of {units.mb(limit.mb)} looks like {cause}",
        observed=f"{units.mb(limit.mb)} ({limit.why}), no --max-old-space-size in the log",
        threshold=f"within {units.percent(thresholds.tolerance_share)} of Node's default of {units.mb(default_mb)}",
        evidence=facts.pick_lines(
            limit.line, process.crash.line if process.crash else None, [cycle.line for cycle in process.cycles[-2:]]
        ),
        remedy=_set_limit(process),
    )


def _explain_default(process: ProcessReport, limit: Limit, thresholds: Thresholds) -> tuple[float, str] | None:
    def is_near(default_mb: float) -> bool:
        return abs(limit.mb - default_mb) <= thresholds.tolerance_share * default_mb

    if process.node.first_major >= 12:
        for container_mb, default_mb in CONTAINER_DEFAULTS_MB:
            if is_near(default_mb):
                size = f"{units.mb(container_mb)} or less" if container_mb == 512 else units.mb(container_mb)
                return default_mb, f"Node's default in a container of {size}"
    if process.node.last_major <= 11 and is_near(FIXED_MB):
        return (
            FIXED_MB,
            "the fixed default of Node 11 and before, whatever memory there is; from Node 12.7 it follows the container",
        )
    return None


def _set_limit(process: ProcessReport) -> str:
    """A limit that neither an upgrade nor another container moves; how large it may be, if the container's size is known."""
    where = (
        "on the command line or in NODE_OPTIONS" if process.node.first_major >= IN_NODE_OPTIONS else "before the script's name"
    )
    container = process.memory_limit
    if isinstance(container, MemoryLimit):
        return (
            f"Start it with `node --max-old-space-size={OLD_SHARE * container.mb:.0f}` (MB, {where}): three quarters of the container's "
            f"{units.mb(container.mb)}, the rest being for the young generation, Buffers and code."
        )
    return (
        f"Set --max-old-space-size {where} to what this program may use, and leave the container a third on top for the young generation, "
        "Buffers and code. Check with v8.getHeapStatistics().heap_size_limit."
    )
