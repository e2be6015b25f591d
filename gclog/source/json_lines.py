"""Log lines that are JSON objects: their message, and when it was written."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from gclog import units

__all__ = ["WALL_END_MS", "JsonLine", "epoch_ms", "read_json_line", "wall_in"]

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

MOST_DIGITS = 20
"""Of a time: 19 if it is in ns. Python refuses to read a number of thousands of digits exactly."""

DOCKER_PART_BYTES = 16_000
"""Docker's json-file splits a line at 16 KiB (a little less within a character) and omits its newline; log shippers
omit all newlines, but do not split lines."""

_SECONDS_END, _MS_END, _US_END, _NS_END = 1e11, 1e14, 1e17, 1e20
"""Times since the epoch below these are in seconds, ms, us, ns: all of them are between 1973 and 5138. A larger number is no time."""

WALL_END_MS = 253_402_300_800_000.0
"""The year 10000: no date of ours goes beyond."""


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
    if not message.isascii():
        message = _whole_characters(message)
    docker_part = "log" in value and not message.endswith("\n") and len(message.encode("utf-8", "replace")) >= DOCKER_PART_BYTES
    return JsonLine(message, wall_in(value), docker_part or value.get("CONTAINER_PARTIAL_MESSAGE") == "true")


def _whole_characters(text: str) -> str:
    """The text with U+FFFD for each half of a surrogate pair, which JSON may escape alone (a text cut within a character) and UTF-8 cannot hold."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


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


def wall_in(value: dict[str, Any]) -> float | str | None:
    for key in TIME_KEYS:
        match value.get(key):
            case bool():
                continue
            case int(number) | float(number):
                return epoch_ms(number)
            case str(text) if text.replace(".", "", 1).isdecimal():
                return epoch_ms(int(text) if text.isdecimal() and len(text) <= MOST_DIGITS else float(text))
            case str(text):
                return text
    return None


def epoch_ms(number: float) -> float | None:
    """ms since 1970 of a time in s, ms, us or ns, by its size; None if it can be none.

    Whole numbers stay whole until they are divided: ns since 1970 have more digits than a float.
    """
    if not 0 < number < _NS_END:
        return None
    if number < _SECONDS_END:
        return number * units.MS_PER_SECOND
    for end, per_ms in ((_MS_END, 1), (_US_END, 1000)):
        if number < end:
            return number / per_ms
    return number / 1_000_000
