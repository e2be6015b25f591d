"""The young generation is too small for what the program allocates.

What it looks for
    Frequent scavenges that take a considerable share of the time. Either many objects survive them: these are copied twice
    and then promoted, only to die soon after. Or few do, and the young generation is smaller than it might be.

Why it matters
    Objects that would have died a moment later are promoted to the old generation, which then needs full collections. And if
    few survive, V8 leaves the young generation as small as it began: it enlarges it for survivors only.

Evidence
    The longest scavenge and the end of the worst window.

Known problems
    Only --trace-gc-nvp prints survival; else it is what the sizes before and after leave, so the finding is information then.
    While a cache fills, survivors are meant to survive. Scavenges that are slow for what they copy say nothing of its size.

Remedy
    Many survive: a larger --max-semi-space-size. Few survive: --min-semi-space-size, on the command line. Measure before and
    after; it costs three times its growth in memory.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gclog import units
from gclog.diagnose import facts, remedies
from gclog.diagnose.rules import slow_collections
from gclog.diagnose.thresholds import declare
from gclog.model.finding import Finding
from gclog.model.report import ProcessReport

__all__ = ["DEFAULTS", "ID", "Thresholds", "check"]

ID = "scavenge-pressure"


@dataclass(frozen=True, slots=True)
class Thresholds:
    per_s: float = declare(2.0, "two scavenges a second: a semi space of 16 MB fills in half a second")
    survival_share: float = declare(
        facts.FEW_SURVIVE_SHARE, "the generational hypothesis is that nine of ten die young; at a third it no longer pays"
    )
    time_share: float = declare(0.02, "below 2 % of the time there is nothing to gain")
    blind_time_share: float = declare(0.05, "if few survive, or that is not known, the share of gc-share-high's info")
    least_span_ms: float = declare(1000.0, "in less than a second, as in a crash tail alone, there is no pace to speak of")


DEFAULTS = Thresholds()


def check(process: ProcessReport, thresholds: Thresholds = DEFAULTS) -> Iterable[Finding]:
    figures = process.pauses.by_collector.get("scavenge")
    if figures is None or process.span.duration_ms < thresholds.least_span_ms or any(slow_collections.check(process)):
        return
    scavenges = process.counts["scavenge"]
    per_s = scavenges / (process.span.duration_ms / units.MS_PER_SECOND)
    time_share = min(figures.total_ms / process.span.duration_ms, 1.0)
    survival, printed = facts.survivors_share(process), facts.known(process.heap.survival_share)
    many = survival is not None and survival >= thresholds.survival_share
    needed = thresholds.time_share if many else thresholds.blind_time_share
    if per_s < thresholds.per_s or time_share < needed or (survival is not None and not many and not _may_grow(process)):
        return
    survivors = f", {units.percent(survival)} survive" if survival is not None else ", survival not in this log"
    yield Finding(
        id=ID,
        severity="warning" if many and printed is not None else "info",
        confidence="low" if survival is None else "medium" if printed is None else "high",
        title=f"{units.several(process.counts['scavenge'], 'scavenge')} take {units.percent(time_share)} of the time{survivors}",
        observed=f"{per_s:.1f} scavenges per second, {units.percent(time_share)} of the time{survivors}",
        threshold=f"{thresholds.per_s:g} per second, {units.percent(needed)} of the time, survival "
        f"{units.percent(thresholds.survival_share)}",
        evidence=facts.pick_lines(figures.max_line, process.pauses.worst_window_line),
        remedy=remedies.advise_details(process.node, "survival first") if survival is None else remedies.advise_young(process),
    )


def _may_grow(process: ProcessReport) -> bool:
    """Whether the young generation is known to be smaller than this version lets it be."""
    young = process.signs.young
    now_mb = None if young is None else facts.known(young.semi_space_mb)
    return now_mb is not None and now_mb < facts.semi_space_mb(process)
