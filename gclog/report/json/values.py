"""Values of a JSON report: what both its parts are built from."""

from __future__ import annotations

import math
from typing import Any

from gclog.model.not_known import NotKnown
from gclog.model.process import LineCounts, UnreadShape

__all__ = ["Json", "line_counts", "number", "shapes"]

Json = dict[str, Any]


def number(value: float | NotKnown | None) -> float | Json | None:
    """A number; `{"reason": ...}` for what is not known; null for what is no number."""
    if isinstance(value, NotKnown):
        return {"reason": value.reason}
    return value if value is not None and math.isfinite(value) else None


def line_counts(lines: LineCounts) -> Json:
    """Every line counted once."""
    return {
        "total": lines.total,
        "recognised": lines.recognised,
        "foreign": lines.foreign,
        "continuation": lines.continuation,
        "unread": lines.unread,
    }


def shapes(unread: tuple[UnreadShape, ...]) -> list[Json]:
    """Unread lines by shape."""
    return [{"shape": s.shape, "count": s.count, "first_line": s.first_line, "sample": s.sample, "why": s.why} for s in unread]
