"""Counters that the application prints in its lines: numbers with a name, of things that there may be ever more of.

`processed 1200 jobs`, `sessions=340`, `{"level":30,"requests":5120}`. Durations, sizes, ids, codes and moments are no counters.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["CounterSeries", "LineCounters", "counters_of"]

MOST_COUNTERS = 60
"""Upper bound on the counters that are followed, each of which takes three numbers a stretch."""

COUNTER = re.compile(
    rb"(?P<key>[A-Za-z_][\w.-]*)\"?\s?[:=]\s?\"?(?P<of_key>\d{1,15})(?![\w.%:]|-\d|,\d{3}|\s?(?:[kKMG]i?B|[bB]ytes|ms|s|sec|%))"
    rb"|(?<![\w.:/#=-])(?P<before>\d{1,15}|\d{1,3}(?:,\d{3})+)\s(?P<things>[A-Za-z]{3,}s)\b"
)
"""A number after the name of a member, or before a word in the plural."""

NO_COUNTERS = re.compile(
    r"id|ids|level|time|timestamp|date|at|ts|pid|tid|port|status|code|version|v|line|seed|duration|elapsed|uptime|"
    r"latency|delay|timeout|age|ttl|ms|ns|us|s|sec|secs|seconds|minutes|mins|hours|days|millis|milliseconds|"
    r"microseconds|bytes|b|kb|mb|gb|size|length|memory|mem|heap|rss|external|used|free|cpu|load|percent|percents|"
    r"ratio|ratios|rate|rates|avg|mean|max|min|times|offset|attempt|attempts|was|has|this|pass|process|address|"
    r"success|access|score|price|amount|hash|key|lag",
    re.IGNORECASE,
)
"""Last words of names of numbers that are no counts of things."""

LEVELS = re.compile(
    r"session|sessions|connection|connections|conn|conns|client|clients|user|users|socket|sockets|listener|listeners|subscriber|"
    r"subscribers|subscription|subscriptions|entries|keys|items|active|open|pending|queue|queued|waiting|running|"
    r"idle|busy|backlog|depth|room|rooms|stream|streams|handles|timers|worker|workers|thread|threads|cache|cached|"
    r"player|players|online|flight|inflight",
    re.IGNORECASE,
)
"""Words in names of things that are there at a moment: such a number that falls is not added up."""

EVENTS = re.compile(
    r"requests?|reqs?|jobs?|tasks?|messages?|msgs?|events?|orders?|rows?|records?|docs?|documents?|e?mails?|uploads?|downloads?|"
    r"calls?|queries|hits|misses|errors|retries|processed|handled|served|sent|received|completed|finished|done|imported|written|"
    r"inserted|created|added|opened|rendered|parsed|delivered|published|consumed|accepted",
    re.IGNORECASE,
)
"""Words in names of members that say what was done: any other one that falls may be of what there is at a moment."""

WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def counters_of(line: bytes) -> list[tuple[str, float]]:
    """The names and values of the counters in a line."""
    return [(name, value) for name, value, _ in _counters_of(line)]


def _counters_of(line: bytes) -> list[tuple[str, float, bool]]:
    """The same, and whether the name is that of a member."""
    found = []
    for key, of_key, before, things in COUNTER.findall(line):
        name = (key or things).decode()
        words = WORDS.findall(name)
        if words and not NO_COUNTERS.fullmatch(words[-1]):
            found.append((name, float((of_key or before).replace(b",", b"")), bool(key)))
    return found


def _adds_up(name: str, *, is_member: bool) -> bool:
    """Whether a number that falls is what has come since the line before: by the word after it, or a name of what was done."""
    words = WORDS.findall(name)
    return not any(map(LEVELS.fullmatch, words)) and (not is_member or any(map(EVENTS.fullmatch, words)))


@dataclass(frozen=True, slots=True, eq=False)
class CounterSeries:
    """A counter in the lines of one shape, by the stretches of a log.

    shape     the row of the shape in its `ShapeCounts`
    name      as printed, or the word after it
    adds_up   if it falls, it is what has come since the line before
    read      how often it was printed in each stretch; `sums` what was printed, added up; `last` the last of it, NaN if there was none
    falls     how often it was lower than the time before
    """

    shape: int
    name: str
    adds_up: bool
    read: npt.NDArray[np.int64]
    sums: npt.NDArray[np.float64]
    last: npt.NDArray[np.float64]
    falls: npt.NDArray[np.int64]


class _Followed:
    """What was printed of one counter so far."""

    __slots__ = ("adds_up", "before", "falls", "last", "read", "sums")

    def __init__(self, stretches: int, *, adds_up: bool) -> None:
        self.before, self.adds_up = -np.inf, adds_up
        self.read, self.falls = np.zeros(stretches, dtype=np.int32), np.zeros(stretches, dtype=np.int32)
        self.sums, self.last = np.zeros(stretches), np.full(stretches, np.nan)

    def add(self, stretches: npt.NDArray[np.intp], values: npt.NDArray[np.float64]) -> None:
        falls = np.diff(values, prepend=self.before) < 0
        self.before = values[-1]
        known = stretches < len(self.read)
        stretches, values, falls = stretches[known], values[known], falls[known]
        np.add.at(self.read, stretches, 1)
        np.add.at(self.falls, stretches, falls)
        np.add.at(self.sums, stretches, values)
        self.last[stretches] = values


class LineCounters:
    """Follows the counters in the lines of some shapes, which are known by the rows of their counts."""

    def __init__(self, stretches: int) -> None:
        self._stretches = stretches
        self._followed: dict[int, dict[str, _Followed]] = {}

    def learn(self, row: int, line: bytes) -> None:
        """The first line of a shape: what it counts is followed."""
        room = MOST_COUNTERS - sum(map(len, self._followed.values()))
        found = _counters_of(line)[:room]
        if found:
            self._followed[row] = {
                name: _Followed(self._stretches, adds_up=_adds_up(name, is_member=is_member)) for name, _, is_member in found
            }

    @property
    def rows(self) -> Iterable[int]:
        """Rows of the shapes that count something."""
        return self._followed.keys()

    def add(self, row: int, lines: Iterable[bytes], stretches: npt.NDArray[np.intp]) -> None:
        """Lines of one shape, in order, and the stretch of each."""
        values: dict[str, list[float]] = defaultdict(list)
        places: dict[str, list[int]] = defaultdict(list)
        for place, line in enumerate(lines):
            for name, value in counters_of(line):
                values[name].append(value)
                places[name].append(place)
        for name, followed in self._followed[row].items():
            if name in values:
                followed.add(stretches[places[name]], np.array(values[name]))

    def series(self, shape_of_row: dict[int, int]) -> tuple[CounterSeries, ...]:
        """All counters, of the shapes whose rows are known by a number."""
        return tuple(
            CounterSeries(
                shape_of_row[row],
                name,
                one.adds_up,
                one.read.astype(np.int64),
                one.sums.copy(),
                one.last.copy(),
                one.falls.astype(np.int64),
            )
            for row, names in self._followed.items()
            if row in shape_of_row
            for name, one in names.items()
        )
