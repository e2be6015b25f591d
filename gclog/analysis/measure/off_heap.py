"""Memory outside the heap that V8 knows of (Buffers, ArrayBuffers, native handles): does it grow while the heap does not?"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from gclog import units
from gclog.model.verdict import GrowthKind
from gclog.model.witness import ExternalGrowth, MemoryGrowth
from gclog.processes.tables import UNDERFLOW_MB

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FLAT", "ExternalSoFar", "measure_external", "refine_growth"]

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


class ExternalSoFar:
    """The same of lines that come one by one."""

    def __init__(self) -> None:
        self._count = self._largest = 0
        self._growth: ExternalGrowth | None = None

    def add(self, line: int, kb: float) -> None:
        """What one line says is reported to V8."""
        mb = kb / units.KB_PER_MB
        if not 0 <= mb < UNDERFLOW_MB:
            return
        if self._growth is None:
            self._growth = ExternalGrowth(mb, mb, line, line, 0.0)
        elif mb > self._growth.to_mb:
            self._growth, self._largest = (
                ExternalGrowth(self._growth.from_mb, mb, self._growth.from_line, line, 0.0),
                self._count,
            )
        self._count += 1

    @property
    def growth(self) -> ExternalGrowth | None:
        """As `measure_external` gives it; None before the first line."""
        if self._growth is None or self._count == 1:
            return self._growth
        return dataclasses.replace(self._growth, late_share=self._largest / (self._count - 1))


def refine_growth(
    growth: GrowthKind, external: ExternalGrowth | None, live_mb: float | None, memory: MemoryGrowth = "too-few"
) -> GrowthKind:
    """The kind of growth, taking memory outside the heap into account.

    `off-heap` if the heap does not grow and the memory outside it has, up to the end of the log, grown by at least the size of the
    live set; or if the program's own figures say so (`memory`).
    """
    if growth in FLAT and memory == "off-heap":
        return "off-heap"
    if growth not in FLAT or external is None or external.late_share < AT_THE_END_SHARE:
        return growth
    return "off-heap" if external.to_mb - external.from_mb >= max(live_mb or 0.0, MIN_RISE_MB) else growth
