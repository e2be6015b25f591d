"""Envelopes in which only the date and a pid change from line to line: lines in them are read many at a time, like bare ones."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from gclog.source.json_lines import read_json_line
from gclog.source.unwrap import MONTHS, Payload, iso_date, outermost, zone_s

__all__ = ["NOT_BESIDE_A_NUMBER", "EnvelopeTemplate", "envelope_template", "runs_in"]

STEADY = frozenset(
    {
        "cloudwatch",
        "cri",
        "docker_compose",
        "github_cli",
        "gitlab",
        "heroku",
        "iso",
        "iso_syslog",
        "journal_full",
        "kubectl",
        "loki",
        "pm2",
        "syslog_3164",
        "syslog_5424",
    }
)
"""Envelopes with a full date, a date without a year, or no date; any other has a time of day or an id in its literal text."""

DATE = ("year", "month", "day", "hour", "minute", "second", "fraction")

EXACT_DIGITS = 18
"""A run of up to this many digits fits a 64-bit integer."""

NOT_BESIDE_A_NUMBER = frozenset("0123456789.-+")
"""Characters that would be part of the number beside them."""

RUN = re.compile(r"[0-9]+")

WITH_PID = frozenset({"iso_syslog", "journal_full", "syslog_3164"})
"""Envelopes in which a pid in brackets, `node[812]:`, ends what is before the payload."""

PID = re.compile(r"(?<=[\w.@/()-]\[)[0-9]{1,15}(?=\]:[ \t]*$)")

Escape = Callable[[str], str]
Ints = npt.NDArray[np.int64]


class Digits(NamedTuple):
    """Some digits of one of a line's runs of digits: its value // `above` % `below`. `run` is counted from the end if negative."""

    run: int
    above: int
    below: int

    def of(self, numbers: Ints, begins: Ints, runs: int) -> Ints:
        """Their value in lines that have `runs` runs each, the first of them at `begins`."""
        return numbers[begins + self.run % runs] // self.above % self.below


@dataclass(frozen=True, slots=True)
class EnvelopeTemplate:
    """An envelope in which nothing but the date and a pid changes.

    before, after   patterns of what is before and after the payload; `runs_before`, `runs_after`: how many runs of digits they have
    escape          how the envelope writes the payload's text
    date            the fields of its date that are digits; empty if it has no date
    month           of a date with the month's name; `zone_s`: seconds east of Greenwich
    """

    name: str
    before: str
    after: str
    runs_before: int
    runs_after: int
    escape: Escape
    date: dict[str, Digits]
    month: int
    fraction_digits: int
    zone_s: int

    def wall_ms(self, numbers: Ints, begins: Ints, runs: int) -> npt.NDArray[np.float64]:
        """The moments of lines in it, ms since 1970 UTC, NaN for a line without one: the same as `unwrap` gives for each of them."""
        if "year" not in self.date:
            return np.full(len(begins), np.nan)
        part = {name: digits.of(numbers, begins, runs) for name, digits in self.date.items()}
        month = part.get("month", np.full(len(begins), self.month))
        months = ((part["year"] - 1970) * 12 + month - 1).astype("datetime64[M]")
        days = months.astype("datetime64[D]") + (part["day"] - 1)
        second = np.minimum(part["second"], 59) + (part["second"] == 60)
        whole_s = days.astype(np.int64) * 86_400 + part["hour"] * 3_600 + part["minute"] * 60 + second
        fraction = part.get("fraction", np.zeros(len(begins), dtype=np.int64))
        wall_ms = (whole_s - self.zone_s) * 1e3 + fraction * 10 ** (9 - self.fraction_digits) / 1e6
        exists = (month >= 1) & (month <= 12) & (days.astype("datetime64[M]") == months) & (part["year"] >= 1)
        exists &= (part["hour"] < 24) & (part["minute"] < 60) & (wall_ms != 0)
        return np.where(exists, wall_ms, np.nan)


class _Found(NamedTuple):
    """Where in a line the payload is, and its date: a match by the grammar's fields, and where that begins in the line."""

    start: int
    end: int
    escape: Escape
    date: re.Match[str] | None
    date_at: int


def envelope_template(line: bytes, payload: Payload) -> EnvelopeTemplate | None:
    """The template of a line's envelope; None if it is not a single one that holds the payload as it is."""
    raw = line.decode("utf-8", "replace")
    found = _find_in_json(raw, payload) if payload.envelope == "json" else _find(raw, payload)
    if (
        found is None
        or raw[found.start - 1 : found.start] in NOT_BESIDE_A_NUMBER
        or raw[found.end : found.end + 1] in NOT_BESIDE_A_NUMBER
    ):
        return None
    fields = found.date.groupdict() if found.date is not None else {}
    spans: list[tuple[int, int]] = []
    date: dict[str, Digits] = {}
    for name in DATE:
        if found.date is not None and fields.get(name):
            start, end = (found.date_at + at for at in found.date.span(name))
            digits = _digits(raw, start, end, found)
            if digits is None:
                return None
            date[name] = digits
            spans.append((start, end))
    before, after = raw[: found.start], raw[found.end :]
    pid = PID.search(before) if payload.envelope in WITH_PID else None
    return EnvelopeTemplate(
        name=payload.envelope or "",
        before=_opened(before, [span for span in spans if span[1] <= found.start], pid),
        after=_opened(after, [(start - found.end, end - found.end) for start, end in spans if start >= found.end], None),
        runs_before=len(runs_in(before)),
        runs_after=len(runs_in(after)),
        escape=found.escape,
        date=date,
        month=MONTHS[fields.get("month_name") or ""],
        fraction_digits=len(fields.get("fraction") or ""),
        zone_s=zone_s(fields.get("zone")),
    )


def _find(raw: str, payload: Payload) -> _Found | None:
    name, found = outermost(raw)
    if found is None or name not in STEADY or payload.envelope != name or found["payload"] != payload.text:
        return None
    return _Found(found.start("payload"), found.end("payload"), str, found, 0)


def _find_in_json(raw: str, payload: Payload) -> _Found | None:
    inner = read_json_line(raw)
    if inner is None or inner.message.removesuffix("\n") != payload.text or isinstance(inner.wall, float | int):
        return None
    escape = next((way for way in (_in_json, _in_html_safe_json) if raw.count(way(payload.text)) == 1), None)
    date = iso_date(inner.wall) if inner.wall else None
    if escape is None or (inner.wall and (date is None or raw.count(f'"{inner.wall}"') != 1)):
        return None
    start = raw.index(escape(payload.text))
    return _Found(start, start + len(escape(payload.text)), escape, date, raw.index(f'"{inner.wall}"') + 1 if inner.wall else 0)


def _in_json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _in_html_safe_json(text: str) -> str:
    """As Go writes JSON, and therefore Docker."""
    return _in_json(text).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _opened(text: str, spans: list[tuple[int, int]], pid: re.Match[str] | None) -> str:
    """The pattern of a text with the digits at some places left open, and a pid after them, which may have more or fewer."""
    if pid is not None:
        return _opened(text[: pid.start()], spans, None) + "[0-9]{1,15}+" + re.escape(text[pid.end() :])
    pattern, done = "", 0
    for start, end in sorted(spans):
        pattern += re.escape(text[done:start]) + rf"[0-9]{{{end - start}}}"
        done = end
    return pattern + re.escape(text[done:])


def runs_in(text: str) -> list[re.Match[str]]:
    """The runs of digits in a text, decimal points left out: the numbers that `digits_in` gives for a line have these places."""
    return list(RUN.finditer(text.replace(".", "")))


def _digits(raw: str, start: int, end: int, found: _Found) -> Digits | None:
    """Where some digits are among a line's runs of digits, points left out; None if their run has too many digits."""
    is_before = end <= found.start
    text, at = (raw[: found.start], start) if is_before else (raw[found.end :], start - found.end)
    begin = at - text.count(".", 0, at)
    runs = runs_in(text)
    for number, run in enumerate(runs):
        if run.start() <= begin < run.end() and len(run[0]) <= EXACT_DIGITS:
            above = 10 ** (run.end() - begin - (end - start))
            return Digits(number if is_before else number - len(runs), above, 10 ** (end - start))
    return None
