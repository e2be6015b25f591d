"""Which isolates of a process are its workers: those that speak at the same time as an older one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from gclog.processes.rows import Rows, merged

__all__ = ["STOPPED_WORDS", "WORKER_STOPPED", "Sibling", "Siblings", "find_workers"]

WORKER_STOPPED = "worker_out_of_memory"
"""The kind of the message that a stopped worker's owner gets (Node 12 on). No fatal error is printed, and the process goes on."""

STOPPED_WORDS = "Worker terminated"
"""Occurs once in the error of each stopped worker; an error printed whole names its code a second time, on a line of its own."""

KEPT_ISOLATES = 64
"""Upper bound on isolates of a pid that are compared with each other. In a container every run has the same pid."""


class Sibling(Protocol):
    """An isolate with its clock, NaN before it has spoken; `worker` is set once it is known to be one. `over`: it speaks no more."""

    worker: bool

    @property
    def over(self) -> bool: ...

    @property
    def clock_ms(self) -> float:
        """V8's clock at its last collection."""
        ...


@dataclass(slots=True, eq=False)
class _Pair:
    """Two isolates, and how far the first one's clock is ahead: at least, by the second one's lines; at most, by its own."""

    first: Sibling
    second: Sibling
    at_least_ms: float = -math.inf
    at_most_ms: float = math.inf

    @property
    def younger(self) -> Sibling | None:
        """The one that started later, once each has spoken after the other."""
        lead_ms = self.at_least_ms + self.at_most_ms
        return self.second if 0 < lead_ms < math.inf else self.first if -math.inf < lead_ms < 0 else None

    @property
    def is_settled(self) -> bool:
        """Whether no line of either shows more: also if one has ended, once the other has spoken after that."""
        return self.second.worker or self.first.over or self.second.over or self.younger is not None

    def speak(self, isolate: Sibling, at_ms: float) -> None:
        """One of them prints a line."""
        if self.second.worker or self.younger is not None:
            return
        if isolate is self.second:
            if not math.isnan(self.first.clock_ms):
                self.at_least_ms = max(self.at_least_ms, self.first.clock_ms - at_ms)
        elif not math.isnan(self.second.clock_ms):
            self.at_most_ms = min(self.at_most_ms, at_ms - self.second.clock_ms)
        if (younger := self.younger) is not None:
            younger.worker = True


class Siblings:
    """The isolates of one pid. V8 numbers them from 13.6 on; before, the clock shows it: a worker's starts later.

    An isolate that fell silent before another began is no sibling of that but an earlier run.
    """

    def __init__(self) -> None:
        self._pairs: dict[Sibling, list[_Pair]] = {}

    def speak(self, isolate: Sibling, at_ms: float) -> None:
        """An isolate prints a line; its `clock_ms` is still that of its last one."""
        if isolate not in self._pairs:
            if not math.isnan(isolate.clock_ms):
                return  # it was forgotten
            self._begin(isolate)
        if pairs := self._pairs[isolate]:
            for pair in pairs:
                pair.speak(isolate, at_ms)
            self._pairs[isolate] = [pair for pair in pairs if not pair.is_settled]

    def _begin(self, isolate: Sibling) -> None:
        self._pairs = {other: pairs for other, pairs in self._pairs.items() if not other.over}
        if len(self._pairs) >= KEPT_ISOLATES:
            self.forget(next((one for one in self._pairs if one.worker), next(iter(self._pairs))))
        own = self._pairs[isolate] = []
        for other, pairs in self._pairs.items():
            if other is not isolate:
                own.append(_Pair(other, isolate))
                pairs.append(own[-1])

    def forget(self, isolate: Sibling) -> None:
        """It is over."""
        for pair in self._pairs.pop(isolate, ()):
            other = pair.second if pair.first is isolate else pair.first
            if other in self._pairs:
                self._pairs[other] = [own for own in self._pairs[other] if own is not pair]

    @property
    def are_settled(self) -> bool:
        """Whether nothing more shows before another isolate begins."""
        return not any(pairs for isolate, pairs in self._pairs.items() if not isolate.over)

    @property
    def are_none(self) -> bool:
        """Whether nobody is left to compare with."""
        return not self._pairs


Isolates = Sequence[tuple[tuple[int | None, str | None], Rows]]
"""Runs of isolates: pid, isolate, collections."""


def find_workers(isolates: Isolates) -> set[int]:
    """The places of those that are workers."""
    workers = {place for place, (_, rows) in enumerate(isolates) if rows.last("isolate_id") not in (None, 0.0)}
    by_pid: dict[int, list[int]] = {}
    for place, ((pid, _), rows) in enumerate(isolates):
        if pid is not None and not rows.says("isolate_id"):
            by_pid.setdefault(pid, []).append(place)
    for places in by_pid.values():
        if len(places) > 1:
            workers |= _of_one_pid(isolates, places)
    return workers


def _of_one_pid(isolates: Isolates, places: Sequence[int]) -> set[int]:
    """The same of some with the same pid, by their turns to speak. Once all is settled, the next turn is that of one that begins."""
    now = _Now()
    runs = {place: _Run(isolates[place][1], now) for place in places}
    lines, owners = merged([(place, isolates[place][1]) for place in places])
    turns = np.flatnonzero(np.diff(owners, prepend=-1))
    begins = np.searchsorted(lines[turns], sorted(isolates[place][1].line(0) for place in places))
    siblings, latest = Siblings(), dict[str | None, _Run]()
    turn = 0
    while turn < len(turns):
        place, now.line = int(owners[turns[turn]]), int(lines[turns[turn]])
        (_, name), _ = isolates[place]
        run = runs[place]
        if (earlier := latest.get(name, run)) is not run:
            siblings.forget(earlier)
        latest[name] = run
        siblings.speak(run, run.next_ms)
        coming = int(np.searchsorted(begins, turn, side="right")) if siblings.are_settled else None
        turn = turn + 1 if coming is None else int(begins[coming]) if coming < len(begins) else len(turns)
    return {place for place, run in runs.items() if run.worker}


@dataclass(slots=True)
class _Now:
    """The line up to which a log is known."""

    line: int = 0


class _Run:
    """A run of an isolate, up to a line."""

    def __init__(self, rows: Rows, now: _Now) -> None:
        self.worker = False
        self._lines, self._at_ms, self._now = rows.lines, rows.numbers("at_ms"), now

    @property
    def clock_ms(self) -> float:
        spoken = self._spoken
        return float(self._at_ms[spoken - 1]) if spoken else math.nan

    @property
    def over(self) -> bool:
        return bool(self._lines[-1] < self._now.line)

    @property
    def next_ms(self) -> float:
        """V8's clock at the next collection."""
        return float(self._at_ms[self._spoken])

    @property
    def _spoken(self) -> int:
        return int(np.searchsorted(self._lines, self._now.line))
