"""Of which process a message in the log speaks: the kernel's of the one that it killed, Node's of the worker that it stopped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from gclog.model.records import Message, Record
from gclog.processes.crash_blocks import CRASH_BLOCK_LINES
from gclog.processes.kernel_kills import kill_blocks, killed_pid
from gclog.processes.process import ProcessTable, with_records
from gclog.processes.workers import STOPPED_WORDS, WORKER_STOPPED

__all__ = ["find_speaker", "is_same_stop", "share_messages"]

SAME_STOP_LINES = 10
"""An error printed whole names its code again, some lines of stack below its message."""


def share_messages(processes: Sequence[ProcessTable], messages: Sequence[Message]) -> list[ProcessTable]:
    """The processes, with each message given to the one that it is about, else to the one that spoke last before it."""
    about = _owners_of_stops(processes, messages) | _owners_of_kills(processes, messages)
    shares: dict[int, list[Record]] = {}
    for message in messages:
        owner = about[message.line] if message.line in about else find_speaker(processes, message.line)
        if owner is not None:
            shares.setdefault(owner, []).append(message)
    return with_records(processes, shares)


def find_speaker(processes: Sequence[ProcessTable], line: int) -> int | None:
    """The place of the process that spoke last before the line, or, at the beginning of a log, of the first that speaks in it."""
    last: tuple[int, int] | None = None
    for place, process in enumerate(processes):
        lines = process.collections["line"].to_numpy()
        at = int(np.searchsorted(lines, line, side="right"))
        spoke = int(lines[at - 1]) if at else 0
        if spoke and (last is None or spoke > last[0]):
            last = (spoke, place)
    if last is not None:
        return last[1]
    begins = {place: process.first_line for place, process in enumerate(processes)}
    soon = [place for place, first in begins.items() if first - line < CRASH_BLOCK_LINES]
    return min(soon, key=lambda place: begins[place], default=None)


def _owners_of_kills(processes: Sequence[ProcessTable], messages: Sequence[Message]) -> dict[int, int]:
    """Line of a kernel's message -> place of the process that the kernel killed, if its pid is known here."""
    owners: dict[int, int] = {}
    for block in kill_blocks(messages):
        owner = _with_pid(processes, killed_pid(block), block[-1].line)
        if owner is not None:
            owners |= {message.line: owner for message in block}
    return owners


def _with_pid(processes: Sequence[ProcessTable], pid: int | None, line: int) -> int | None:
    """The place of the last process with a pid that had begun before a line."""
    begins = {
        place: process.first_line
        for place, process in enumerate(processes)
        if pid is not None and process.main and process.pid == pid and process.first_line < line
    }
    return max(begins, key=lambda place: begins[place], default=None)


def _owners_of_stops(processes: Sequence[ProcessTable], messages: Sequence[Message]) -> dict[int, int]:
    """Line that reports a stopped worker -> its place: of those that have gone silent the one that tried hardest to live.

    A worker is stopped in a full collection, so that is the last that it prints; others end after any. Each is stopped once.
    """
    workers = {place: process for place, process in enumerate(processes) if not process.main}
    owners: dict[int, int] = {}
    for stop in reversed(_stops(messages)):  # the last to fall silent is the last that is reported
        silent = [place for place, one in workers.items() if one.last_line < stop[0].line and place not in owners.values()]
        if silent:
            owner = max(silent, key=lambda place: (_ends_in_full(workers[place]), workers[place].last_line))
            owners |= {message.line: owner for message in stop}
    return owners


def _stops(messages: Iterable[Message]) -> list[list[Message]]:
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


def _ends_in_full(process: ProcessTable) -> bool:
    return len(process.collections) > 0 and process.collections["collector"].iloc[-1] == "mark_compact"
