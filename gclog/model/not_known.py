"""The value of a figure that cannot be given."""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["NotKnown", "or_nan"]


@dataclass(frozen=True, slots=True)
class NotKnown:
    """A figure that cannot be given, and why."""

    reason: str


def or_nan(value: float | None) -> float:
    """A figure of a column, where NaN is what a line lacks."""
    return math.nan if value is None else value
