"""The envelope taken off a line: what a container runtime, a log service or a person put around what V8 printed.

The envelopes are described in grammars/envelope.lark, JSON in `json_lines`, escapes in `escapes`. An envelope may be in another
one. Unwrapping is cautious: nothing that V8 prints is ever taken for an envelope, and an unknown prefix is left in place, since
the reader finds a record anywhere in a line.
"""

from __future__ import annotations

import dataclasses
import datetime
import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from gclog.grammar.compile import LineRule, compile_grammar
from gclog.source.escapes import clean, split_literal, unescape_literal
from gclog.source.json_lines import WALL_END_MS, read_json_line

__all__ = ["MONTHS", "NO_ENVELOPE", "Payload", "iso_date", "outermost", "unwrap", "wall_ms_of", "wall_of", "zone_s"]

MAX_NESTING = 8
"""Envelopes within envelopes: a compose prefix, a date, a CRI prefix, JSON and a logger's date are five."""

REPEATED = 256
"""Lines of which the payload is remembered: what has no date in it, as a crash on stderr, often comes again word for word."""

REPEATED_LENGTH = 400
"""Characters of the longest line that is remembered."""

WALL_BEGIN_MS = -62_135_596_800_000.0
"""The year 1: a date of that year with a zone may be before it, or after the last year of all."""

NO_ENVELOPE = "bare"
"""The rule of the grammar of envelopes that ends the search at V8's own lines."""

LITERALS = frozenset({"double_quoted", "single_quoted", "back_quoted", "logfmt"})
"""Envelopes whose payload is a string literal, in which backslashes are escapes."""

CELLS = "table_row"

MONTHS = {
    name: number
    for number, name in enumerate(["", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"])
}


@dataclass(frozen=True, slots=True)
class Payload:
    """What was in the envelope.

    text       without its line end; a part of a line is not stripped
    wall_ms    ms since 1970 UTC, from the innermost dated envelope; UTC if the date has no zone, None if it has no year
    envelope   names of the envelopes, outermost first, joined by "/"; None if there was none
    partial    a part of a line, which the next payload continues (CRI's P, Docker's long lines)
    quoted     the text with the quotes of a literal and what is around them (`name: 'gc',`), if there were any
    """

    text: str
    wall_ms: float | None = None
    envelope: str | None = None
    partial: bool = False
    quoted: str | None = None


@dataclass(frozen=True, slots=True)
class _Envelopes:
    """The compiled grammar: one pattern that finds the rule for a line, and the rules."""

    any: re.Pattern[str]
    rules: dict[str, LineRule]


@functools.cache
def _envelopes() -> _Envelopes:
    rules = {rule.name: rule for rule in compile_grammar("envelope").rules}
    named = (f"(?P<{name}>{re.sub(r'[(][?]P<[a-z_]+>', '(?:', rule.source)})" for name, rule in rules.items())
    return _Envelopes(re.compile("|".join(named)), rules)


def unwrap(line: bytes | str) -> list[Payload]:
    """The lines of payload in one physical line: mostly one, several if newlines were escaped or a line was drawn over.

    A lone CR within the line (a spinner drawing over itself) ends a line of payload.
    """
    text = line.decode("utf-8", "replace") if isinstance(line, bytes) else line
    return list(_unwrap_known(text) if len(text) <= REPEATED_LENGTH else _unwrap(text))


def _unwrap(text: str) -> tuple[Payload, ...]:
    return tuple(_open(text.rstrip("\r\n"), None, (), MAX_NESTING))


_unwrap_known = functools.lru_cache(REPEATED)(_unwrap)


def outermost(text: str) -> tuple[str, re.Match[str] | None]:
    """The name of a line's outermost envelope and its match, by the grammar's fields; None for lines in JSON, odd ones, and those without one."""
    found = None if text.lstrip(" \t").startswith("{") or text != clean(text) else _envelopes().any.fullmatch(text)
    if found is None or found.lastgroup is None or found.lastgroup == NO_ENVELOPE:
        return NO_ENVELOPE, None
    return found.lastgroup, _envelopes().rules[found.lastgroup].pattern.fullmatch(text)


def _open(text: str, wall_ms: float | None, names: tuple[str, ...], depth: int) -> Iterator[Payload]:
    if depth and text.lstrip(" \t").startswith("{") and (inner := read_json_line(text)) is not None:
        wall_ms = wall_of(inner.wall) or wall_ms
        if inner.partial:
            yield _payload(inner.message, wall_ms, (*names, "json"), partial=True)
        else:
            yield from _open_lines(inner.message, wall_ms, (*names, "json"), depth - 1)
        return
    text = clean(text)
    if "\r" in text:
        drawn = [part for part in text.split("\r") if part.strip()]
        if len(drawn) != 1:
            for part in drawn:
                yield from _open(part, wall_ms, names, depth)
            return
        text = drawn[0]
    indent = len(text) - len(text.lstrip(" \t"))
    found = _envelopes().any.fullmatch(text, indent) if depth else None
    if found is None or found.lastgroup is None or found.lastgroup == NO_ENVELOPE:
        yield from _open_escaped(text, wall_ms, names, depth)
    else:
        yield from _open_envelope(found.lastgroup, text, indent, wall_ms, names, depth)


def _open_envelope(
    name: str, text: str, indent: int, wall_ms: float | None, names: tuple[str, ...], depth: int
) -> Iterator[Payload]:
    rule = _envelopes().rules[name]
    found = rule.pattern.fullmatch(text, indent)
    assert found is not None, f"{name} was found in {text!r}"
    fields = found.groupdict()
    payload = fields["payload"] or ""
    wall_ms = wall_ms_of(fields) or wall_ms
    names = (*names, name)
    if fields.get("partial"):
        yield _payload(payload, wall_ms, names, partial=True)
    elif name in LITERALS:
        for inner in _open_lines(unescape_literal(payload), wall_ms, names, depth - 1):
            yield inner if inner.quoted is not None else dataclasses.replace(inner, quoted=text)
    elif name == CELLS:
        for cell in filter(None, (cell.strip() for cell in payload.split("|"))):
            yield from _open(cell, wall_ms, names, depth - 1)
    else:
        yield from _open(payload, wall_ms, names, depth - 1)


def _open_lines(text: str, wall_ms: float | None, names: tuple[str, ...], depth: int) -> Iterator[Payload]:
    for line in text.removesuffix("\n").split("\n"):
        yield from _open(line.rstrip("\r"), wall_ms, names, depth)


def _open_escaped(text: str, wall_ms: float | None, names: tuple[str, ...], depth: int) -> Iterator[Payload]:
    r"""A text that may have newlines written out. It is split there only if a line of V8's begins after one: `C:\new` stays."""
    if depth and "\\n" in text:
        lines = split_literal(text)
        if any(_is_bare(line) for line in lines[1:]):
            for line in lines:
                yield from _open(unescape_literal(line), wall_ms, (*names, "escaped"), depth - 1)
            return
    yield _payload(text, wall_ms, names)


def _is_bare(text: str) -> bool:
    found = _envelopes().any.fullmatch(text.strip(" \t"))
    return found is not None and found.lastgroup == NO_ENVELOPE


def _payload(text: str, wall_ms: float | None, names: tuple[str, ...], *, partial: bool = False) -> Payload:
    return Payload(text, wall_ms, "/".join(names) or None, partial)


# ---------------------------------------------------------------- moments


def iso_date(text: str) -> re.Match[str] | None:
    """A date that is all of a text, by the grammar's fields."""
    return _envelopes().rules["iso"].pattern.fullmatch(text)


def wall_of(wall: float | str | None) -> float | None:
    """The moment, ms since 1970, of a time field, which may be the text of a date; None if it is no date with a year."""
    if not isinstance(wall, str):
        return wall
    found = iso_date(wall)
    return wall_ms_of(found.groupdict()) if found is not None else None


def wall_ms_of(fields: dict[str, str | None]) -> float | None:
    """ms since 1970 UTC from the fields of an envelope; None if it has no date, no year, or a date that does not exist."""
    fraction_ms = int((fields.get("fraction") or "0").ljust(9, "0")) / 1e6
    if epoch_ms := fields.get("epoch_ms"):
        return float(epoch_ms)
    if epoch_s := fields.get("epoch_s"):
        return int(epoch_s) * 1e3 + fraction_ms
    year, month, month_name = fields.get("year"), fields.get("month"), fields.get("month_name")
    if not year:
        return None
    number = MONTHS[month_name] if month_name else int(month or 0)
    whole_s = _epoch_s(int(year), number, *(int(fields[name] or 0) for name in ("day", "hour", "minute", "second")))
    if whole_s is None:
        return None
    wall_ms = (whole_s - zone_s(fields.get("zone"))) * 1e3 + fraction_ms
    return wall_ms if WALL_BEGIN_MS <= wall_ms < WALL_END_MS else None


@functools.lru_cache(maxsize=64)
def _epoch_s(year: int, month: int, day: int, hour: int, minute: int, second: int) -> int | None:
    """Leap seconds (:60) count as the second after."""
    try:
        start = datetime.datetime(year, month, day, hour, minute, min(second, 59), tzinfo=datetime.UTC)
    except ValueError:
        return None
    return int(start.timestamp()) + (second == 60)


def zone_s(zone: str | None) -> int:
    """Seconds east of Greenwich."""
    digits = (zone or "").strip().replace(":", "")
    if not digits.startswith(("+", "-")):
        return 0
    east = int(digits[1:3]) * 3600 + int(digits[3:5]) * 60
    return -east if digits[0] == "-" else east
