"""The value of a figure that cannot be given."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["NotKnown"]


@dataclass(frozen=True, slots=True)
class NotKnown:
    """A figure that cannot be given, and why."""

    reason: str
