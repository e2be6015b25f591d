"""Log lines that are JSON objects: their message, and when it was written."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from gclog import units

__all__ = ["JsonLine", "read_json_line"]

MESSAGE_KEYS = (
    "msg",  # pino, bunyan, zap, slog
    "message",  # winston, logstash, PM2, GELF with its own keys
    "log",  # Docker's json-file, fluent-bit
    "MESSAGE",  # journald
    "text",
    "line",
    "textPayload",  # Google Cloud
    "jsonPayload",
    "@message",
    "short_message",  # GELF
    "body",  # OpenTelemetry
    "stringValue",
    "content",
    "stderr",
    "stdout",
    "output",
)
TIME_KEYS = (
    "time",
    "timestamp",
    "@timestamp",
    "ts",
    "__REALTIME_TIMESTAMP",
    "_SOURCE_REALTIME_TIMESTAMP",
    "datetime",
    "date",
    "asctime",
    "timeUnixNano",
)

MAX_DEPTH = 3
"""How deep a message is looked for in nested objects: `{"jsonPayload": {"message": ...}}`."""

DOCKER_PART_BYTES = 16_000
"""Docker's json-file splits a line at 16 KiB (a little less within a character) and omits its newline; log shippers
omit all newlines, but do not split lines."""

_SECONDS_END, _MS_END, _US_END = 1e11, 1e14, 1e17
"""Times since the epoch below these are in seconds, ms, us; above the last in ns: all of them are between 1973 and 5138."""


@dataclass(frozen=True, slots=True)
class JsonLine:
    """What a JSON line carries. `wall`: ms since 1970, or the text of a date; `partial`: the next line continues it."""

    message: str
    wall: float | str | None
    partial: bool


def read_json_line(text: str) -> JsonLine | None:
    """The message of a JSON object on one line; None if it is no such object, or has no message."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    message = _message(value, MAX_DEPTH)
    if message is None:
        return None
    docker_part = "log" in value and not message.endswith("\n") and len(message.encode("utf-8", "replace")) >= DOCKER_PART_BYTES
    return JsonLine(message, _wall(value), docker_part or value.get("CONTAINER_PARTIAL_MESSAGE") == "true")


def _message(value: dict[str, Any], depth: int) -> str | None:
    for key in MESSAGE_KEYS:
        match value.get(key):
            case str(text):
                return text
            case [int(), *_] as numbers if all(isinstance(n, int) and 0 <= n < 256 for n in numbers):
                return bytes(numbers).decode("utf-8", "replace")  # journald does this if there are control bytes
            case dict(inner) if depth > 1 and (found := _message(inner, depth - 1)) is not None:
                return found
    return None


def _wall(value: dict[str, Any]) -> float | str | None:
    for key in TIME_KEYS:
        match value.get(key):
            case bool():
                continue
            case int(number) | float(number):
                return _epoch_ms(number)
            case str(text) if text.replace(".", "", 1).isdecimal():
                return _epoch_ms(int(text) if text.isdecimal() else float(text))
            case str(text):
                return text
    return None


def _epoch_ms(number: float) -> float | None:
    """Whole numbers stay whole until they are divided: ns since 1970 have more digits than a float."""
    if not 0 < number < float("inf"):
        return None
    if number < _SECONDS_END:
        return number * units.MS_PER_SECOND
    for end, per_ms in ((_MS_END, 1), (_US_END, 1000)):
        if number < end:
            return number / per_ms
    return number / 1_000_000
