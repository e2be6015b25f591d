"""Envelopes of which nothing changes from line to line but the date: lines in them are read at once, as bare ones are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from gclog.source.unwrap import MONTHS, Payload, outermost, zone_s

__all__ = ["AROUND", "Wrapping", "wrapping_of"]

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
"""Envelopes with a full date, one without a year, or none; others have a time of day or an id besides, in literal text."""

DATE = ("year", "month", "day", "hour", "minute", "second", "fraction")

EXACT_DIGITS = 18
"""A run of so many digits fits an integer of 64 bits."""

AROUND = frozenset("0123456789.-+")
"""What would belong to a number that it stands beside."""

RUN = re.compile(r"[0-9]+")

Ints = npt.NDArray[np.int64]


class Digits(NamedTuple):
    """Some digits of the line's `run`th run: those left of `above`, and of these the ones right of `below` (powers of ten)."""

    run: int
    above: int
    below: int

    def of(self, numbers: Ints, begins: Ints) -> Ints:
        """Their value, in lines whose runs of digits begin at `begins`."""
        return numbers[begins + self.run] // self.above % self.below


@dataclass(frozen=True, slots=True)
class Wrapping:
    """An envelope: the pattern of what stands before the payload, and how many runs of digits that has.

    date    the fields of its date, those with digits; empty where it has none, or no year
    month   of a date with the month's name; `zone_s`: seconds east of Greenwich
    """

    envelope: str
    before: str
    runs: int
    date: dict[str, Digits]
    month: int
    fraction_digits: int
    zone_s: int

    def wall_ms(self, numbers: Ints, begins: Ints) -> npt.NDArray[np.float64]:
        """The moments of lines in it, ms since 1970 UTC; NaN where they have none. As `unwrap` gives it for each of them."""
        if "year" not in self.date:
            return np.full(len(begins), np.nan)
        part = {name: digits.of(numbers, begins) for name, digits in self.date.items()}
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


def wrapping_of(line: bytes, payload: Payload) -> Wrapping | None:
    """The envelope of a line, where it is a single one that holds the payload as it stands, and only its date changes."""
    raw = line.decode("utf-8", "replace")
    name, found = outermost(raw)
    if found is None or name not in STEADY or payload.envelope != name or found["payload"] != payload.text:
        return None
    before = raw[: found.start("payload")]
    if found.end("payload") < len(raw) or before[-1:] in AROUND:
        return None
    fields = {field for field in (*DATE, "month_name", "zone") if found.re.groupindex.get(field) and found[field]}
    pattern, done = "", 0
    date: dict[str, Digits] = {}
    for field in sorted(fields.intersection(DATE), key=found.start):
        start, end = found.span(field)
        digits = _digits(before, start, end)
        if digits is None:
            return None
        date[field] = digits
        pattern += re.escape(before[done:start]) + rf"[0-9]{{{end - start}}}"
        done = end
    return Wrapping(
        envelope=name,
        before=pattern + re.escape(before[done:]),
        runs=len(RUN.findall(before.replace(".", ""))),
        date=date,
        month=MONTHS[found["month_name"]] if "month_name" in fields else 0,
        fraction_digits=len(found["fraction"]) if "fraction" in fields else 0,
        zone_s=zone_s(found["zone"]) if "zone" in fields else 0,
    )


def _digits(text: str, start: int, end: int) -> Digits | None:
    """Where digits stand in the runs of digits that a text has without its points; None where a run has too many."""
    begin = start - text.count(".", 0, start)
    for number, run in enumerate(RUN.finditer(text.replace(".", ""))):
        if run.start() <= begin < run.end() and len(run[0]) <= EXACT_DIGITS:
            return Digits(number, 10 ** (run.end() - begin - (end - start)), 10 ** (end - start))
    return None
