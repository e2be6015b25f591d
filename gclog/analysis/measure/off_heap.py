"""Memory outside the heap that V8 is told of (Buffers, ArrayBuffers, native handles): whether it grows while the heap does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gclog.model.not_known import NotKnown
from gclog.model.process import HeapFigures
from gclog.model.verdict import GrowthKind
from gclog.model.witness import ExternalGrowth, MemoryFigures

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["measure_external", "say_growth"]

KB_PER_MB = 1024.0

UNDERFLOW_MB = 2.0**30
"""V8 prints a figure that has fallen below zero as an unsigned number near 2^64 bytes: that is no size."""

LEAST_RISE_MB = 16.0
"""One semi-space of V8 (64 bits): less comes and goes with the Buffers of a few requests."""

AT_THE_END_SHARE = 0.8
"""Growth goes on: the largest figure stands in the last fifth of the figures."""


def measure_external(totals: pd.DataFrame) -> ExternalGrowth | None:
    """How memory outside the heap moved, from a process's MemoryTotal lines; None where `--trace-gc-verbose` did not print it."""
    if not len(totals):
        return None
    mb = totals["amount_kb"] / KB_PER_MB
    reported = totals[(totals["quantity"] == "external_reported") & (mb >= 0) & (mb < UNDERFLOW_MB)]
    if not len(reported):
        return None
    kb, lines = reported["amount_kb"].to_numpy(), reported["line"].to_numpy()
    largest = int(kb.argmax())
    late_share = largest / (len(kb) - 1) if len(kb) > 1 else 0.0
    return ExternalGrowth(
        float(kb[0]) / KB_PER_MB, float(kb[largest]) / KB_PER_MB, int(lines[0]), int(lines[largest]), late_share
    )


def say_growth(
    growth: GrowthKind, external: ExternalGrowth | None, heap: HeapFigures, memory: MemoryFigures | None = None
) -> GrowthKind:
    """The kind of growth with memory outside the heap in view: `off-heap` where that has grown, to the end of the log, by at least
    as much as the whole live set takes, and the heap does not grow; or where the program's own figures say so."""
    if growth == "none" and memory is not None and memory.growth == "off-heap":
        return "off-heap"
    if growth != "none" or external is None or external.late_share < AT_THE_END_SHARE:
        return growth
    live_mb = 0.0 if isinstance(heap.live_mb, NotKnown) else heap.live_mb
    return "off-heap" if external.to_mb - external.from_mb >= max(live_mb, LEAST_RISE_MB) else growth
