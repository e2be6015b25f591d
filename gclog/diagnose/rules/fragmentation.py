"""V8 holds much more memory than its objects need.

What it looks for
    Memory committed by the old generation after a full collection that exceeds twice the size of its objects plus 16 MB:
    V8's own test for high fragmentation (heap.cc, Heap::HasHighFragmentation). The young generation's possible share is
    subtracted first.

Why it matters
    The container pays for committed memory, and pages that hold a few objects each cannot be given back.

Evidence
    The full collection with the largest difference.

Known problems
    A trace does not split committed memory by space: the young generation is assumed to be at its maximum, so moderate
    fragmentation of a small heap goes unnoticed. After a burst, V8 returns memory only some collections later.

Remedy
    --trace-gc-verbose shows which space holds the memory.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gclog import units
from gclog.diagnose import facts
from gclog.diagnose.thresholds import declare
from gclog.model.finding import Finding
from gclog.model.report import ProcessReport
from gclog.model.verdict import Limit

__all__ = ["DEFAULTS", "ID", "Thresholds", "check"]

ID = "fragmentation"


@dataclass(frozen=True, slots=True)
class Thresholds:
    used_factor: float = declare(2.0, "V8's own: committed above twice what is used (heap.cc, Heap::HasHighFragmentation)")
    slack_mb: float = declare(16.0, "V8's own: kSlack, so that small heaps do not count")
    warning_limit_share: float = declare(0.25, "waste of a quarter of the limit is worth someone's time today")


DEFAULTS = Thresholds()


def check(process: ProcessReport, thresholds: Thresholds = DEFAULTS) -> Iterable[Finding]:
    unused_mb = facts.known(process.heap.fragmentation_max_mb)
    cycle = next((cycle for cycle in process.cycles if cycle.line == process.heap.fragmentation_line), None)
    if unused_mb is None or cycle is None:
        return
    young_mb = facts.young_generation_mb(process)
    old_committed_mb = cycle.after_mb + unused_mb - young_mb
    if old_committed_mb <= thresholds.used_factor * cycle.after_mb + thresholds.slack_mb:
        return
    wasted_mb = old_committed_mb - cycle.after_mb
    serious = isinstance(process.limit, Limit) and wasted_mb >= thresholds.warning_limit_share * process.limit.mb
    yield Finding(
        id=ID,
        severity="warning" if serious else "info",
        confidence="medium",
        title=f"V8 held {units.mb(cycle.after_mb + unused_mb)} for {units.mb(cycle.after_mb)} of objects after a full "
        "collection",
        observed=f"{units.mb(unused_mb)} committed and unused, of which the young generation explains "
        f"{units.mb(young_mb)} at most",
        threshold=f"old generation committed above {thresholds.used_factor:g} times its objects and "
        f"{units.mb(thresholds.slack_mb)}",
        evidence=facts.pick_lines(cycle.line),
        remedy="Record the spaces with --trace-gc-verbose: `committed` against `used` shows which of them it is. Many "
        "Buffers or strings of mixed lifetimes, and a live set that was much larger before, leave such pages.",
    )
