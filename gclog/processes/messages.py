"""Of which process a message in the log speaks: the kernel's of the one that it killed, Node's of the worker that it stopped, any
other of the one that spoke last.

The decisions are the same for a finished log and for one that grows: each is made with what is known up to a line. `Speech` knows it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from gclog.model.records import Message
from gclog.processes.crash_blocks import CRASH_BLOCK_LINES
from gclog.processes.kernel_kills import KILL_BLOCK_LINES, KernelLine, KillBlock, is_kernels
from gclog.processes.workers import STOPPED_WORDS, WORKER_STOPPED

__all__ = ["KEPT_PROCESSES", "Messages", "Speaker", "Speech", "is_same_stop", "stops_of"]

KEPT_PROCESSES = 1000
"""Upper bound on processes and workers, those heard from last: a pool that starts one per request must not fill the memory."""

SAME_STOP_LINES = 10
"""An error printed whole names its code again, some lines of stack below its message."""


class Speaker(Protocol):
    """A process as it is known up to now. `stopped` is set when it is found to be a worker that Node has stopped."""

    stopped: bool

    @property
    def last_line(self) -> int:
        """The line of its last collection."""

    @property
    def ends_in_full(self) -> bool:
        """Whether its last collection is a full one."""


S = TypeVar("S", bound=Speaker)
S_co = TypeVar("S_co", bound=Speaker, covariant=True)


class Speech(Protocol[S_co]):
    """Who has spoken up to now."""

    def last(self) -> S_co | None:
        """The process of the last collection."""

    def killed(self, kill: KillBlock) -> S_co | None:
        """The process that the kernel says it has killed; None if its pid is that of none."""

    def workers(self) -> Iterable[S_co]:
        """The workers."""


@dataclass(frozen=True, slots=True)
class _Stop(Generic[S]):
    """The messages about one stopped worker, and who had spoken last before them."""

    messages: list[Message]
    speaker: S | None


class Messages(Generic[S]):
    """Takes the messages of a log in the order of their lines, and gives each with its process, None if nobody has spoken.

    A kill's lines wait until one names the pid, stops of workers until it shows who has fallen silent.
    """

    def __init__(self, speech: Speech[S]) -> None:
        self._speech = speech
        self._stops: list[_Stop[S]] = []
        self._last_stop: tuple[Message, S | None] | None = None
        self._kill: KillBlock | None = None
        self._waiting: list[tuple[S | None, Message]] = []
        self._killed: S | None = None
        self._is_looked_up = False

    @property
    def due(self) -> float:
        """The line at which something that waits has waited long enough, infinite if nothing waits."""
        kill = math.inf if self._kill is None else self._kill.last_line + KILL_BLOCK_LINES
        return min(kill, self._stops[0].messages[0].line + CRASH_BLOCK_LINES) if self._stops else kill

    def take(self, message: Message) -> Iterator[tuple[S | None, Message]]:
        """What is settled by this message, and it itself, if it is."""
        if message.kind == WORKER_STOPPED:
            yield from self._stopped(message)
        elif isinstance(message, KernelLine) and is_kernels(message):
            yield from self._of_kernel(message)
        else:
            yield self._speech.last(), message

    def settle_older(self, line: int) -> Iterator[tuple[S | None, Message]]:
        """What has waited long enough at this line."""
        if self._kill is not None and line - self._kill.last_line >= KILL_BLOCK_LINES:
            yield from self._settle_kill()
        if self._stops and line - self._stops[0].messages[0].line >= CRASH_BLOCK_LINES:
            yield from self._settle_stops()

    def settle(self) -> Iterator[tuple[S | None, Message]]:
        """All that waits: nothing more comes, or a process is over."""
        yield from self._settle_kill()
        yield from self._settle_stops()

    # ------------------------------------------------------------ kills

    def _of_kernel(self, message: KernelLine) -> Iterator[tuple[S | None, Message]]:
        if self._kill is not None and self._kill.ends_before(message):
            yield from self._settle_kill()
        if self._kill is None:
            self._kill = KillBlock(message)
        else:
            self._kill.add(message)
        self._waiting.append((self._speech.last(), message))
        if self._kill.is_carried_out:
            yield from self._told_of_kill(self._kill)

    def _settle_kill(self) -> Iterator[tuple[S | None, Message]]:
        if self._kill is not None:
            yield from self._told_of_kill(self._kill)
        self._kill = self._killed = None
        self._is_looked_up = False

    def _told_of_kill(self, kill: KillBlock) -> Iterator[tuple[S | None, Message]]:
        """The lines of a kill are of the process that it names; in a container its pid is another, and each is of who spoke last."""
        if not self._is_looked_up:
            self._is_looked_up = True
            self._killed = self._speech.killed(kill)
        waiting, self._waiting = self._waiting, []
        for speaker, message in waiting:
            yield self._killed or speaker or self._speech.last(), message

    # ------------------------------------------------------------ stopped workers

    def _stopped(self, message: Message) -> Iterator[tuple[S | None, Message]]:
        if self._last_stop is not None and is_same_stop(message, self._last_stop[0]):
            self._last_stop = message, self._last_stop[1]
            if self._stops:
                self._stops[-1].messages.append(message)
            else:
                yield self._last_stop[1] or self._speech.last(), message
            return
        self._last_stop = message, self._speech.last()
        self._stops.append(_Stop([message], self._speech.last()))

    def _settle_stops(self) -> Iterator[tuple[S | None, Message]]:
        """Of the workers that have gone silent the one that tried hardest to live: it is stopped in a full collection, so that is the
        last that it prints; others end after any. The last to fall silent is the last that is reported, and each is stopped once."""
        stops, self._stops = self._stops, []
        owners: list[S | None] = []
        for stop in reversed(stops):
            line = stop.messages[0].line
            silent = [worker for worker in self._speech.workers() if not worker.stopped and worker.last_line < line]
            owner = max(silent, key=lambda worker: (worker.ends_in_full, worker.last_line), default=None)
            if owner is not None:
                owner.stopped = True
            owners.append(owner or stop.speaker)
        for stop, owner in zip(stops, reversed(owners), strict=True):
            self._last_stop = stop.messages[-1], owner
            yield from ((owner or self._speech.last(), message) for message in stop.messages)


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
