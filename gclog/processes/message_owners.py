"""Of which process a message in the log speaks: the kernel's of the one that it killed, Node's of the worker that it stopped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

import numpy as np
import pandas as pd

from gclog.model.records import Message, Record
from gclog.processes.crash_blocks import CRASH_BLOCK_LINES
from gclog.processes.kernel_kills import kill_blocks, killed_pid

__all__ = ["WORKER_STOPPED", "Speaker", "find_speaker", "is_told_again", "share_messages"]

WORKER_STOPPED = "worker_out_of_memory"
"""The kind of the message that tells of a worker which V8 stopped."""

SAME_STOP_LINES = 10
"""An error printed whole names its code again, some lines of stack behind its message."""

STOPPED_WORDS = "Worker terminated"
"""What each stopped worker's own message has; its code may stand on a line of its own."""


class Speaker(Protocol):
    """A process of the log, as far as it matters who said what."""

    pid: int | None
    main: bool
    collections: pd.DataFrame
    rare: list[Record]

    @property
    def first_line(self) -> int: ...

    @property
    def last_line(self) -> int: ...


P = TypeVar("P", bound=Speaker)


def share_messages(processes: Sequence[P], messages: Sequence[Message]) -> None:
    """Give each message to the process that it speaks of, else to the one that spoke last before it."""
    killed = {
        message.line: owner
        for block in kill_blocks(messages)
        if (owner := _with_pid(processes, killed_pid(block), block[-1].line)) is not None
        for message in block
    }
    stopped = _share_stops(processes, [message for message in messages if message.kind == WORKER_STOPPED])
    for message in messages:
        owner = killed.get(message.line) or stopped.get(message.line) or find_speaker(processes, message.line)
        if owner is not None:
            owner.rare.append(message)


def find_speaker(processes: Sequence[P], line: int) -> P | None:
    """The process that spoke last before the line, or, in the beginning of a log, the first that speaks in it."""
    last: tuple[int, P] | None = None
    for process in processes:
        lines = process.collections["line"].to_numpy()
        at = int(np.searchsorted(lines, line, side="right"))
        spoke = max([int(lines[at - 1])] if at else [], default=0)
        if spoke and (last is None or spoke > last[0]):
            last = (spoke, process)
    if last is not None:
        return last[1]
    soon = [process for process in processes if process.first_line - line < CRASH_BLOCK_LINES]
    return min(soon, key=lambda process: process.first_line, default=None)


def _with_pid(processes: Sequence[P], pid: int | None, line: int) -> P | None:
    """The last process with a pid that had begun before a line."""
    named = [process for process in processes if process.main and process.pid == pid and process.first_line < line]
    return None if pid is None else max(named, key=lambda process: process.first_line, default=None)


def _share_stops(processes: Sequence[P], messages: Iterable[Message]) -> dict[int, P]:
    """The stopped worker of each line that tells of one: of those that have gone silent the one that tried hardest to live.

    A worker is stopped in a full collection, so that is the last that it prints; others end after any. Each is stopped once.
    """
    workers = [process for process in processes if not process.main]
    owners: dict[int, P] = {}
    for stop in reversed(_stops(messages)):  # the last to fall silent is the last that is told of
        silent = [w for w in workers if w.last_line < stop[0].line and all(w is not other for other in owners.values())]
        if silent:
            owner = max(silent, key=lambda worker: (_ends_in_full(worker), worker.last_line))
            owners |= {message.line: owner for message in stop}
    return owners


def _stops(messages: Iterable[Message]) -> list[list[Message]]:
    """The messages of each stop together."""
    stops: list[list[Message]] = []
    for message in messages:
        if stops and is_told_again(message, stops[-1][-1]):
            stops[-1].append(message)
        else:
            stops.append([message])
    return stops


def is_told_again(message: Message, before: Message) -> bool:
    """Whether a message of a stopped worker belongs to the same error as the one before."""
    return STOPPED_WORDS not in message.text and message.line - before.line < SAME_STOP_LINES


def _ends_in_full(process: Speaker) -> bool:
    return len(process.collections) > 0 and process.collections["collector"].iloc[-1] == "mark_compact"
