"""Of which process a message in the log speaks: the kernel's of the one that it killed, Node's of the worker that it stopped."""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from gclog.model.records import Message, Record
from gclog.processes.crash_blocks import CRASH_BLOCK_LINES
from gclog.processes.kernel_kills import kill_blocks, killed_pid
from gclog.processes.process import ProcessTable, with_records
from gclog.processes.workers import STOPPED_WORDS, WORKER_STOPPED

__all__ = ["Speakers", "ends_in_full", "is_same_stop", "share_messages", "stops_of"]

SAME_STOP_LINES = 10
"""An error printed whole names its code again, some lines of stack below its message."""


class Speakers:
    """Which process spoke last before a line: looked up in the lines of all of them, which are sorted once."""

    def __init__(self, processes: Sequence[ProcessTable]) -> None:
        spoken = [(place, process.rows) for place, process in enumerate(processes) if len(process.rows)]
        lines = [rows.lines for _, rows in spoken]
        self._lines = lines[0] if len(lines) == 1 else np.concatenate([*lines, np.zeros(0, dtype=np.int64)])
        self._places = np.repeat([place for place, _ in spoken], [len(rows) for _, rows in spoken]) if len(lines) > 1 else None
        self._only = spoken[0][0] if spoken else None
        if self._places is not None:
            order = np.argsort(self._lines, kind="stable")
            self._lines, self._places = self._lines[order], self._places[order]
        begins = [process.first_line for process in processes]
        self._first = min(range(len(begins)), key=lambda place: begins[place], default=None)
        self._first_line = 0 if self._first is None else begins[self._first]

    def before(self, line: int) -> int | None:
        """The place of the process that spoke last up to a line, or, at the beginning of a log, of the first that speaks in it."""
        at = int(np.searchsorted(self._lines, line, side="right"))
        if at:
            return self._only if self._places is None else int(self._places[at - 1])
        return self._first if self._first_line - line < CRASH_BLOCK_LINES else None

    def owners(self, lines: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """For each of the lines the place of the process that spoke last before it, -1 if none had."""
        at = np.searchsorted(self._lines, lines) - 1
        if self._places is None:
            return np.where(at >= 0, -1 if self._only is None else self._only, -1)
        return np.where(at >= 0, self._places[np.maximum(at, 0)], -1)


def share_messages(processes: Sequence[ProcessTable], messages: Sequence[Message]) -> list[ProcessTable]:
    """The processes, with each message given to the one that it is about, else to the one that spoke last before it."""
    if not messages:
        return list(processes)
    about = _owners_of_stops(processes, messages) | _owners_of_kills(processes, messages)
    speakers = Speakers(processes)
    shares: dict[int, list[Record]] = {}
    for message in messages:
        owner = about[message.line] if message.line in about else speakers.before(message.line)
        if owner is not None:
            shares.setdefault(owner, []).append(message)
    return with_records(processes, shares)


def _owners_of_kills(processes: Sequence[ProcessTable], messages: Sequence[Message]) -> dict[int, int]:
    """Line of a kernel's message -> place of the last process with the pid that the kernel killed and that had begun before, if any."""
    owners: dict[int, int] = {}
    begins: dict[int, list[tuple[int, int]]] = {}
    for place, process in enumerate(processes):
        if process.main and process.pid is not None:
            begins.setdefault(process.pid, []).append((process.first_line, -place))
    for own in begins.values():
        own.sort()
    for block in kill_blocks(messages):
        pid = killed_pid(block)
        own = [] if pid is None else begins.get(pid, [])
        at = bisect.bisect_left(own, (block[-1].line, -math.inf))
        if at:
            owners.update((message.line, -own[at - 1][1]) for message in block)
    return owners


def _owners_of_stops(processes: Sequence[ProcessTable], messages: Sequence[Message]) -> dict[int, int]:
    """Line that reports a stopped worker -> its place: of those that have gone silent the one that tried hardest to live.

    A worker is stopped in a full collection, so that is the last that it prints; others end after any. Each is stopped once.
    """
    owners: dict[int, int] = {}
    stops = stops_of(messages)
    if not stops:
        return owners
    workers = [(process.last_line, -place, process) for place, process in enumerate(processes) if not process.main]
    workers.sort(key=lambda worker: worker[:2])
    in_full = [worker for worker in workers if ends_in_full(worker[2])]
    others = [worker for worker in workers if not ends_in_full(worker[2])]
    for stop in reversed(stops):  # the last to fall silent is the last that is reported
        for silent in (in_full, others):  # in the order in which they fell silent; later ones are of no use for stops before
            while silent and silent[-1][0] >= stop[0].line:
                silent.pop()
            if silent:
                place = -silent.pop()[1]
                owners.update((message.line, place) for message in stop)
                break
    return owners


def stops_of(messages: Iterable[Message]) -> list[list[Message]]:
    """The messages about stopped workers, those of each stop together."""
    stops: list[list[Message]] = []
    for message in messages:
        if message.kind != WORKER_STOPPED:
            continue
        if stops and is_same_stop(message, stops[-1][-1]):
            stops[-1].append(message)
        else:
            stops.append([message])
    return stops


def is_same_stop(message: Message, before: Message) -> bool:
    """Whether a message about a stopped worker belongs to the same error as the one before."""
    return STOPPED_WORDS not in message.text and message.line - before.line < SAME_STOP_LINES


def ends_in_full(process: ProcessTable) -> bool:
    """Whether its last collection is a full one."""
    return len(process.rows) > 0 and bool(process.rows.part(len(process.rows) - 1, len(process.rows)).full[0])
