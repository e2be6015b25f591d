"""Access logs: which file is one, and the requests in it with their moments."""

from __future__ import annotations

import functools
import json
import math
import re
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gclog.grammar.compile import compile_grammar
from gclog.source.json_lines import wall_in
from gclog.source.open import Block
from gclog.source.unwrap import wall_ms_of, wall_of

__all__ = ["Requests", "is_access_log", "read_requests"]

LOOKED_AT = 40
"""Lines by which an access log is known."""

REQUEST_SHARE = 0.8
"""So many of them are requests: others are what a server says of itself."""

LINE_BYTES = 1000
"""How much of a line of text is looked at."""

DATE = ("year", "month", "month_name", "day", "hour", "minute", "second", "fraction", "zone")

METHOD_KEYS = frozenset({"method", "request_method", "requestMethod", "RequestMethod", "http_method", "verb"})
PATH_KEYS = frozenset(
    {"url", "uri", "path", "request_uri", "requestUrl", "RequestPath", "originalUrl", "request_url", "http_path"}
)
PARTS = frozenset({"req", "request", "http", "httpRequest"})
"""Members that hold the request, of a JSON line."""

TIME_KEYS = frozenset({"time_iso8601", "time_local", "StartUTC", "start_time", "msec"})
"""Beside those of any logger."""

REQUEST = re.compile(r"([A-Z]{3,9}) ([/*]\S*)")
MOST_MESSAGE = 40
"""Characters of a message that tells the lines about one request apart (`incoming request`, `request completed`)."""


class Requests(NamedTuple):
    """The requests of a block.

    lines    for each line its method and path, as in `POST /cart`; empty if it is no request
    wall_ms  when, ms since 1970 UTC; NaN likewise. To the second, unless `has_ms`
    """

    lines: list[bytes]
    wall_ms: npt.NDArray[np.float64]
    has_ms: bool


def is_access_log(block: Block | None) -> bool:
    """Whether a file that begins with this block is an access log."""
    if block is None or block.first_line != 1:
        return False
    lines = [line for line in block.data.split(b"\n", LOOKED_AT)[:LOOKED_AT] if line.strip()]
    read = sum(_read(line)[0] != b"" for line in lines)
    return bool(lines) and read >= REQUEST_SHARE * len(lines)


def read_requests(block: Block) -> Requests:
    """The requests of a block of an access log."""
    read = [_read(line) for line in block.data.split(b"\n")]
    walls = np.array([wall for _, wall in read])
    return Requests([request for request, _ in read], walls, bool((walls[~np.isnan(walls)] % 1000).any()))


NO_REQUEST = (b"", math.nan)


def _read(line: bytes) -> tuple[bytes, float]:
    """`POST /cart`, and when."""
    if line.lstrip().startswith(b"{"):
        return _read_json(line)
    return _read_text(line[:LINE_BYTES].decode("utf-8", "replace"))


def _read_text(text: str) -> tuple[bytes, float]:
    for pattern, names in _patterns():
        if (found := pattern.match(text)) is not None:
            wall = _wall(names, found.group(*names))
            return NO_REQUEST if wall is None else (f"{found['method']} {found['path']}".encode(), wall)
    return NO_REQUEST


@functools.cache
def _patterns() -> tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]:
    """The forms of a line, each with the fields of its date."""
    patterns = [rule.pattern for rule in compile_grammar("access_log").rules]
    return tuple((pattern, tuple(name for name in DATE if name in pattern.groupindex)) for pattern in patterns)


@functools.lru_cache(maxsize=64)
def _wall(names: tuple[str, ...], values: tuple[str | None, ...]) -> float | None:
    return wall_ms_of(dict(zip(names, values, strict=True)))


def _read_json(line: bytes) -> tuple[bytes, float]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return NO_REQUEST
    if not isinstance(value, dict) or (request := _request(value)) is None:
        return NO_REQUEST
    wall = _json_wall(value)
    return NO_REQUEST if wall is None else (request.replace("\n", " ").encode("utf-8", "replace"), wall)


def _request(value: dict[str, Any]) -> str | None:
    """`POST /cart`, with a short message behind it."""
    message = value.get("msg") or value.get("message")
    message = message if isinstance(message, str) else ""
    for part in (value, *(value[name] for name in value.keys() & PARTS)):
        if isinstance(part, str) and (found := REQUEST.match(part)):
            return found[0]
        if isinstance(part, dict) and (method := _text(part, METHOD_KEYS)) and (path := _text(part, PATH_KEYS)):
            told = message if len(message) <= MOST_MESSAGE and path not in message else ""
            return f"{method} {path} {told}".rstrip()
    return found[0] if (found := REQUEST.match(message)) else None


def _text(part: dict[str, Any], keys: frozenset[str]) -> str:
    """The text that one of these members has; empty if none has one."""
    return next((text for key in sorted(part.keys() & keys) if isinstance(text := part[key], str)), "")


def _json_wall(value: dict[str, Any]) -> float | None:
    for key in sorted(value.keys() & TIME_KEYS):
        text = value[key]
        if isinstance(text, str) and not math.isnan(wall := _read_text(f'[{text}] "GET / "')[1]):
            return wall
        if (known := wall_of(wall_in({"time": text}))) is not None:
            return known
    return wall_of(wall_in(value))
