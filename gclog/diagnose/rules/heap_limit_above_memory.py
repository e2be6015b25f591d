"""V8 may let its heap grow beyond what the container allows in total.

What it looks for
    The limit of the old generation against the container's (--memory-limit, the kernel's cgroup line, a diagnostic report).

Why it matters
    V8 collects hard only near its own limit. If the container's limit comes first, a heap full of garbage gets the process
    killed without a message, although a full collection would have saved it.

Evidence
    The lines that name both limits.

Known problems
    From Node 12.7 on the default follows the container's limit; a --max-old-space-size copied from a larger machine does not.
    Before 12.7 V8 does not look at the container at all.

Remedy
    --max-old-space-size at three quarters of the container's limit, less what Buffers need.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gclog import units
from gclog.diagnose import facts, limit_words
from gclog.diagnose.thresholds import declare
from gclog.model.finding import Finding
from gclog.model.report import ProcessReport
from gclog.model.verdict import Limit
from gclog.model.witness import MemoryLimit

__all__ = ["DEFAULTS", "ID", "Thresholds", "check"]

ID = "heap-limit-above-memory"

ADVISED_SHARE = 0.75


@dataclass(frozen=True, slots=True)
class Thresholds:
    warning_share: float = declare(0.9, "Node needs some 50 MB beside its heap, a tenth of a common container of 512 MB")


DEFAULTS = Thresholds()


def check(process: ProcessReport, thresholds: Thresholds = DEFAULTS) -> Iterable[Finding]:
    memory_limit, limit = process.memory_limit, process.limit
    if not isinstance(memory_limit, MemoryLimit) or not isinstance(limit, Limit) or limit.source == "inferred":
        return
    if limit.mb < thresholds.warning_share * memory_limit.mb:
        return
    yield Finding(
        id=ID,
        severity="warning",
        confidence=limit_words.trust_limit(limit),
        title=f"V8 may use {units.mb(limit.mb)} for its old generation; the container has {units.mb(memory_limit.mb)} in total",
        observed=f"heap limit {units.mb(limit.mb)} ({limit.why}), container {units.mb(memory_limit.mb)} ({memory_limit.why})",
        threshold=f"{units.percent(thresholds.warning_share)} of the container's limit",
        evidence=facts.pick_lines(limit.line, memory_limit.line, process.span.last_line),
        remedy=f"Start it with --max-old-space-size={ADVISED_SHARE * memory_limit.mb:.0f}, or less if it keeps large Buffers.",
    )
