"""The report of a comparison: what its renderers draw from, and nothing else. Unrounded, without pandas."""

from __future__ import annotations

from dataclasses import dataclass

from gclog.comparison import Comparison
from gclog.report.model import ProcessReport, SourceReport

__all__ = ["CompareReport", "SideReport"]


@dataclass(frozen=True, slots=True)
class SideReport:
    """One side: what was read, and its processes that are compared, the most severe first."""

    sources: tuple[SourceReport, ...]
    processes: tuple[ProcessReport, ...]


@dataclass(frozen=True, slots=True)
class CompareReport:
    """A comparison and the two sides of it."""

    version: str
    comparison: Comparison
    before: SideReport
    after: SideReport
