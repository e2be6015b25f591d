"""A finding: one problem, its evidence, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gclog.model.levels import SEVERITIES, Severity

__all__ = ["SEVERITIES", "Confidence", "Finding", "Severity"]


Confidence = Literal["high", "medium", "low"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem, with its evidence and what to do about it.

    observed   the figure or fact, with its unit
    threshold  what it was held against
    evidence   numbers of the lines that show it, at most five
    remedy     the exact flag, or the next measurement
    """

    id: str
    severity: Severity
    confidence: Confidence
    title: str
    observed: str
    threshold: str
    evidence: tuple[int, ...]
    remedy: str
