"""The size of a heap limit in figures, with the doubt of one that was inferred: the same wherever it is said."""

from __future__ import annotations

import math

from gclog import units
from gclog.model.verdict import Limit

__all__ = ["is_range", "say_size"]

CLOSE_SHARE = 0.95
"""Bounds of an inferred limit that are further apart are said instead of the estimate between them."""


def is_range(limit: Limit) -> bool:
    """Whether the limit was inferred, and not to a few per cent."""
    return limit.source == "inferred" and limit.low_mb < CLOSE_SHARE * limit.high_mb and math.isfinite(limit.high_mb)


def say_size(limit: Limit) -> str:
    """The size of a limit: `96.0 MB`; if it was inferred, and not to a few per cent, its range."""
    return f"{units.mb(limit.low_mb)} to {units.mb(limit.high_mb)}" if is_range(limit) else units.mb(limit.mb)
