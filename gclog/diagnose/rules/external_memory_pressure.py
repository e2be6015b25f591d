"""V8 collects because of memory outside its heap.

What it looks for
    Full collections with the reason `external memory pressure` (`external memory allocation limit reached` up to V8 3.14).

Why it matters
    Each is a full collection that the heap itself did not need: the program creates Buffers faster than their owners are
    collected.

Evidence
    The lines of these collections.

Known problems
    V8 knows only of external memory that the embedder reports: Buffers and ArrayBuffers, some native objects.

Remedy
    Reuse or pool Buffers, read streams in smaller chunks, and free what native handles hold.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gclog import units
from gclog.diagnose import facts
from gclog.diagnose.gc_causes import ADVICE_ON_MEMORY_OUTSIDE
from gclog.diagnose.thresholds import declare
from gclog.model.finding import Finding
from gclog.model.report import ProcessReport

__all__ = ["DEFAULTS", "ID", "Thresholds", "check"]

ID = "external-memory-pressure"


@dataclass(frozen=True, slots=True)
class Thresholds:
    info_count: float = declare(3, "one or two come with a burst of input")
    warning_share: float = declare(0.2, "a fifth of all full collections would not happen without it")


DEFAULTS = Thresholds()


def check(process: ProcessReport, thresholds: Thresholds = DEFAULTS) -> Iterable[Finding]:
    lines = process.signs.external_pressure_lines
    if not lines or len(lines) < thresholds.info_count:
        return
    fulls, known = process.counts["mark_compact"], {cycle.line for cycle in process.cycles}
    # Scavenges have this reason, too: they come just before. Without sizes it is not known which lines are which.
    caused = sum(line in known for line in lines) if fulls == len(known) else min(len(lines), fulls)
    share = caused / fulls if fulls else 1.0
    caused_what = (
        f"{units.count(caused)} of {units.count(fulls)} full collections" if fulls else units.several(len(lines), "scavenge")
    )
    largest_mb = facts.known(process.heap.external_max_mb)
    reported = f"; external memory at most {units.mb(largest_mb)}" if largest_mb is not None else ""
    yield Finding(
        id=ID,
        severity="warning" if share >= thresholds.warning_share else "info",
        confidence="high",
        title=f"Memory outside the heap caused {caused_what}",
        observed=f"{units.percent(share)} of the full collections{reported}"
        if fulls
        else f"{len(lines)} collections{reported}",
        threshold=f"{thresholds.info_count:g} info, {units.percent(thresholds.warning_share)} of the full collections warning",
        evidence=facts.pick_lines(facts.spread_lines(lines)),
        remedy=ADVICE_ON_MEMORY_OUTSIDE,
    )
