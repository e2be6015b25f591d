"""Collections as the judge sees them, written by hand."""

from __future__ import annotations

import math

from gclog.analysis.verdict.signals import CollectionSeen


def full(
    at_ms: float,
    after_mb: float,
    *,
    freed_mb: float = 10,
    gc_ms: float = 1,
    mu: float = math.nan,
    reason: str = "allocation failure",
    collector_reason: str = "",
    committed_mb: float | None = None,
    line: int | None = None,
    type: str = "Mark-sweep",
    reduce: bool = False,
    isolated: bool = True,
) -> CollectionSeen:
    """A full collection at `at_ms` that left `after_mb`; its line is its tenth of a second, unless said."""
    committed = after_mb + 20 if committed_mb is None else committed_mb
    return CollectionSeen(
        line=int(at_ms // 100) if line is None else line,
        at_ms=at_ms,
        full=True,
        before_mb=after_mb + freed_mb,
        after_mb=after_mb,
        committed_before_mb=committed,
        committed_after_mb=committed,
        gc_ms=gc_ms,
        mu=mu,
        type=type,
        reason=reason,
        collector_reason=collector_reason,
        reduce=reduce,
        isolated=isolated,
    )
