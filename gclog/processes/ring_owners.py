"""Which process the ring of a crash repeats: of those that could be it, the one with most of its records."""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from gclog.processes.crash_blocks import CRASH_BLOCK_LINES
from gclog.processes.process import ProcessTable
from gclog.processes.rows import Rows

__all__ = ["CLOCK_STEP_BACK_MS", "Key", "RingOwners", "begins_trace", "common_records"]

CLOCK_STEP_BACK_MS = 1.5
"""V8 prints whole milliseconds, in order for one isolate: more than one back is another run."""

Key = tuple[float, str]
"""Pid, negative without one, and isolate, empty without one."""

FEW = 16
"""Processes that are compared with a ring one by one; of more, those that have a moment in common with it are looked up."""


def begins_trace(owner: ProcessTable, block: Rows) -> bool:
    """Whether the rows are no ring of the process but the beginning of its trace."""
    return owner.rows.line(0) > block.line(-1)


def common_records(ring: Rows, trace: Rows) -> int:
    """How many records of a ring a trace has as well."""
    common = np.isin(ring.numbers("at_ms"), trace.numbers("at_ms"))
    return int((common & np.isin(ring.numbers("used_after_mb"), trace.numbers("used_after_mb"))).sum())


class RingOwners:
    """The processes of a source, to which rings are added."""

    def __init__(self, processes: Sequence[ProcessTable]) -> None:
        self.processes = list(processes)
        self._traces = len(self.processes)
        self._by_key: dict[Key, list[int]] = {}
        self._moments: dict[Key | None, dict[float, list[int]]] = {}
        for place, process in enumerate(self.processes):
            self._by_key.setdefault(_key(process), []).append(place)

    def runs(self, key: Key) -> int:
        """How many processes have a key."""
        return len(self._by_key.get(key, []))

    def add(self, key: Key, process: ProcessTable) -> None:
        """Add a process of which only a ring is known."""
        self._by_key.setdefault(key, []).append(len(self.processes))
        self.processes.append(process)
        self._learn(len(self.processes) - 1, process.rows)

    def replace(self, place: int, process: ProcessTable) -> None:
        """A process that has got the rows of a ring."""
        before, self.processes[place] = self.processes[place], process
        if len(process.rows) > len(before.rows):
            self._learn(place, process.rows)

    def owner(self, key: Key, block: Rows) -> int | None:
        """The place of the process that a ring repeats: of those that could be it, the one with most of its records, then the last to speak.

        Without a pid in the ring (V8 4.5 to 5.1), or without a trace of the process, a common record is asked for.
        """
        named, line = key[0] >= 0, block.line(0)
        best: tuple[int, int] | None = None
        owner = None
        for place in self._candidates(key if named else None, block):
            process = self.processes[place]
            if process.rows.line(0) > line:
                if named and best is None and _goes_on(process, block):
                    return place
                continue
            common = common_records(block, process.rows)
            if common == 0 and (process.only_ring or (not named and len(self.processes) > 1)):
                continue
            rank = (common, process.rows.line(-1))
            if best is None or rank > best:
                best, owner = rank, place
        return owner

    def _candidates(self, key: Key | None, block: Rows) -> Iterable[int]:
        """The places of the processes that a ring may be of, in order; None: whatever their keys.

        Of many with one key those that have a moment in common with it, and those around its lines: of the others the last to speak wins.
        """
        places: Sequence[int] = range(len(self.processes)) if key is None else self._by_key.get(key, [])
        if len(places) <= FEW:
            return places
        moments = self._known_moments(key, places)
        near = {place for at_ms in block.numbers("at_ms").tolist() for place in moments.get(at_ms, ())}
        if key is not None:
            near.update(self._around(key, block))
        return sorted(near)

    def _around(self, key: Key, block: Rows) -> Iterator[int]:
        """Of the traces with a key, which are in the order of their lines, the last that began before a ring and those that begin soon
        after it."""
        places = self._by_key[key]
        traces = places[: bisect.bisect_left(places, self._traces)]
        at = bisect.bisect_right(traces, block.line(0), key=lambda place: self.processes[place].rows.line(0))
        yield from traces[max(0, at - 1) : at]
        for place in traces[at:]:
            if self.processes[place].rows.line(0) - block.line(-1) >= CRASH_BLOCK_LINES:
                break
            yield place

    def _known_moments(self, key: Key | None, places: Sequence[int]) -> dict[float, list[int]]:
        """Moment -> the places of the processes that print it."""
        if key not in self._moments:
            self._moments[key] = {}
            for place in places:
                _note(self._moments[key], place, self.processes[place].rows)
        return self._moments[key]

    def _learn(self, place: int, rows: Rows) -> None:
        for key in (None, _key(self.processes[place])):
            if key in self._moments:
                _note(self._moments[key], place, rows)


def _note(moments: dict[float, list[int]], place: int, rows: Rows) -> None:
    for at_ms in np.unique(rows.numbers("at_ms")).tolist():
        moments.setdefault(at_ms, []).append(place)


def _key(process: ProcessTable) -> Key:
    return (-1.0 if process.pid is None else float(process.pid), process.isolate or "")


def _goes_on(process: ProcessTable, block: Rows) -> bool:
    """Whether a process goes on right after the rows, which the ring of its crash cannot be followed by."""
    near = process.rows.line(0) - block.line(-1) < CRASH_BLOCK_LINES
    return near and process.rows.number("at_ms", 0) >= block.number("at_ms", -1) - CLOCK_STEP_BACK_MS
