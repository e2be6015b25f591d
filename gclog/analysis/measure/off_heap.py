"""Memory outside the heap that V8 knows of (Buffers, ArrayBuffers, native handles): does it grow while the heap does not?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gclog import units
from gclog.model.not_known import NotKnown
from gclog.model.process import HeapFigures
from gclog.model.verdict import GrowthKind
from gclog.model.witness import ExternalGrowth, MemoryFigures
from gclog.processes.tables import UNDERFLOW_MB

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FLAT", "measure_external", "refine_growth"]

MIN_RISE_MB = 16.0
"""A V8 semi space (64-bit): less comes and goes with the Buffers of a few requests."""

FLAT: tuple[GrowthKind, ...] = ("not-known", "none")
"""Kinds of growth of a heap that says nothing against growth outside it."""

AT_THE_END_SHARE = 0.8
"""Growth is ongoing if the largest figure is in the last fifth."""


def measure_external(totals: pd.DataFrame) -> ExternalGrowth | None:
    """How memory outside the heap moved, from a process's MemoryTotal lines; None without `--trace-gc-verbose`."""
    if not len(totals):
        return None
    mb = totals["amount_kb"] / units.KB_PER_MB
    reported = totals[(totals["quantity"] == "external_reported") & (mb >= 0) & (mb < UNDERFLOW_MB)]
    if not len(reported):
        return None
    kb, lines = reported["amount_kb"].to_numpy(), reported["line"].to_numpy()
    largest = int(kb.argmax())
    late_share = largest / (len(kb) - 1) if len(kb) > 1 else 0.0
    return ExternalGrowth(
        float(kb[0]) / units.KB_PER_MB, float(kb[largest]) / units.KB_PER_MB, int(lines[0]), int(lines[largest]), late_share
    )


def refine_growth(
    growth: GrowthKind, external: ExternalGrowth | None, heap: HeapFigures, memory: MemoryFigures | None = None
) -> GrowthKind:
    """The kind of growth, taking memory outside the heap into account.

    `off-heap` if the heap does not grow and the memory outside it has, up to the end of the log, grown by at least the size of the
    live set; or if the program's own figures say so.
    """
    if growth in FLAT and memory is not None and memory.growth == "off-heap":
        return "off-heap"
    if growth not in FLAT or external is None or external.late_share < AT_THE_END_SHARE:
        return growth
    live_mb = 0.0 if isinstance(heap.live_mb, NotKnown) else heap.live_mb
    return "off-heap" if external.to_mb - external.from_mb >= max(live_mb, MIN_RISE_MB) else growth
