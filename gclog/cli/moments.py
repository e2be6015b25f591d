"""Moments as people write them on the command line."""

from __future__ import annotations

import datetime
import re

from gclog import units
from gclog.errors import UsageError
from gclog.incident.settings import Moment

__all__ = ["parse_date", "parse_moment"]

_UNITS_MS = {
    "ms": 1.0,
    "s": units.MS_PER_SECOND,
    "m": units.MS_PER_MINUTE,
    "min": units.MS_PER_MINUTE,
    "h": units.MS_PER_HOUR,
    "d": 24 * units.MS_PER_HOUR,
}
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|min|m|h|d)\s*")


def parse_moment(text: str) -> Moment:
    """`90s`, `14m`, `2h30m`, `1500ms` on V8's clock; an ISO date and time (UTC without a zone) on the log's. Raises UsageError."""
    parts = _PART.findall(text)
    if parts and _PART.sub("", text).strip() == "":
        return Moment(sum(float(number) * _UNITS_MS[unit] for number, unit in parts), False)
    try:
        return Moment(_parse_iso(text), True)
    except ValueError:
        raise UsageError(
            f"cannot read the moment {text!r}",
            remedy="Write 90s, 14m or 2h30m for V8's clock, or 2026-03-14T03:12:00 for the log's.",
        ) from None


def parse_date(text: str) -> float:
    """ms since 1970 UTC of an ISO date and time, UTC without a zone. Raises UsageError."""
    try:
        return _parse_iso(text)
    except ValueError:
        raise UsageError(
            f"cannot read the date {text!r}", remedy="Write 2026-03-14T03:12:00Z or 2026-03-14T04:12:00+01:00."
        ) from None


def _parse_iso(text: str) -> float:
    moment = datetime.datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.UTC)
    return moment.timestamp() * units.MS_PER_SECOND
