"""The total memory of the process is close to its container's limit.

What it looks for
    RSS in the program's memoryUsage() lines or in a diagnostic report, against the container's limit (--memory-limit, the
    kernel's cgroup line, constrained_memory of a diagnostic report); or a platform that says that its quota is exceeded
    (Heroku's R14).

Why it matters
    At the limit the kernel kills the process: no message, no report, no last request answered.

Evidence
    The lines with the largest and the last RSS, and the line that names the limit.

Known problems
    RSS includes file pages that the kernel could reclaim, and shared ones; a container's limit covers all its processes.

Remedy
    Find what grows: heap (old-space-growth) or not (off-heap-growth). If nothing does, the container is too small.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gclog import units
from gclog.diagnose import facts, remedies
from gclog.diagnose.platform_remedies import HEAP_SHARE
from gclog.diagnose.sentences import join
from gclog.diagnose.thresholds import declare, grade
from gclog.model.finding import Finding
from gclog.model.records import Message
from gclog.model.report import ProcessReport
from gclog.model.witness import MemoryFigures, MemoryLimit, NoMemoryLimit

__all__ = ["DEFAULTS", "ID", "Thresholds", "check"]

ID = "memory-limit-near"

OVER_QUOTA = "over_quota"
"""The kind of a platform's message that a process uses more than it may, and lives on."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    info_share: float = declare(0.7, "room for one burst of Buffers and a full collection's copy of the young generation")
    warning_share: float = declare(0.8, "the usual alarm of container platforms")
    error_share: float = declare(0.9, "what is left is less than Node's own native memory fluctuates by")


DEFAULTS = Thresholds()


def check(process: ProcessReport, thresholds: Thresholds = DEFAULTS) -> Iterable[Finding]:
    limit, memory = process.memory_limit, process.memory
    over = [message for message in process.signs.messages if message.kind == OVER_QUOTA]
    if over and process.kill is None:
        yield _over_quota(over, limit)
        return
    if not isinstance(limit, MemoryLimit) or memory is None or "rss" not in memory.parts or process.kill is not None:
        return
    rss = memory.parts["rss"]
    share = rss.last_mb / limit.mb
    severity = grade(share, info=thresholds.info_share, warning=thresholds.warning_share, error=thresholds.error_share)
    if severity is None:
        return
    yield Finding(
        id=ID,
        severity=severity,
        confidence="high",
        title=f"RSS is {units.mb(rss.last_mb)} of the container's {units.mb(limit.mb)} ({units.percent(share)})",
        observed=f"RSS {units.mb(rss.last_mb)}, at most {units.mb(rss.most_mb)}; limit {limit.why}",
        threshold=f"{units.percent(thresholds.info_share)} of the limit",
        evidence=facts.pick_lines(rss.most_line, memory.last_line, limit.line),
        remedy=_remedy(process, memory),
    )


def _remedy(process: ProcessReport, memory: MemoryFigures) -> str:
    """How to find what grows, in the heap or outside of it."""
    match memory.growth:
        case "off-heap" | "both":
            return "Follow off-heap-growth: a larger container only buys time."
        case "heap":
            return join(remedies.advise_evidence(process), "A larger container only buys time.")
        case _:
            return "Memory is level: give the container more, or the heap less (--max-old-space-size)."


def _over_quota(over: Sequence[Message], limit: MemoryLimit | NoMemoryLimit) -> Finding:
    """A platform says so itself."""
    of = f" of {units.mb(limit.mb)}" if isinstance(limit, MemoryLimit) else ""
    return Finding(
        id=ID,
        severity="error",
        confidence="high",
        title=f"The process uses more memory than its platform's quota{of}, and swaps",
        observed=units.several(len(over), "message") + " of an exceeded quota",
        threshold="the platform's own",
        evidence=facts.pick_lines([message.line for message in over], limit.line if isinstance(limit, MemoryLimit) else None),
        remedy="Keep the heap below the quota of the dyno: `heroku config:set NODE_OPTIONS=--max-old-space-size="
        + (f"{HEAP_SHARE * limit.mb:.0f}`." if isinstance(limit, MemoryLimit) else "MB` (three quarters of it, in MB)."),
    )
