"""A log as `Attribution` asks for it and tells it the answers: a finished one, or one that grows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar

from gclog.model.records import HeapOption, Message
from gclog.processes.crash_blocks import CrashRecord
from gclog.processes.messages import Speaker
from gclog.processes.ring_owners import Printer, Ring

__all__ = ["Key", "Log", "P", "Process"]

Key = tuple[int | None, str | None]
"""Pid and isolate, as the lines have them."""


class Process(Speaker, Printer, Protocol):
    """A process as it is known up to now.

    over        it has ended without a collection
    killed_pid  its pid by the kernel's lines
    """

    worker: bool
    over: bool
    killed_pid: int | None

    @property
    def clock_ms(self) -> float:
        """V8's clock at its last collection, NaN if that had none."""


P = TypeVar("P", bound=Process)


class Log(Protocol[P]):
    """What is known of a log up to now, and what is done with the answers."""

    def last(self) -> P | None:
        """The process of the last collection."""

    def last_main(self) -> P | None:
        """The main isolate of the last collection that is of one."""

    def latest(self, key: Key) -> P | None:
        """The process that began last with a key."""

    def main_of(self, pid: int) -> P | None:
        """The process with a pid that began last; None if only its workers, or nothing of it, is known."""

    def workers(self) -> Iterable[P]:
        """The workers."""

    def candidates(self, key: Key, ring: Ring) -> Iterable[P]:
        """The processes that may have printed a ring, those with its key, or all if it has no pid."""

    @property
    def is_empty(self) -> bool:
        """Whether no process is known, nor any crash."""

    def begin(self, key: Key, line: int, *, worker: bool) -> P:
        """A process begins, which replaces an earlier run with the same key."""

    def begin_untraced(self, line: int) -> P:
        """A process of which no collection is known begins."""

    def adopt(self, process: P, untraced: P) -> None:
        """A process has turned out to be the one of which no collection was known."""

    def drop(self, untraced: P) -> None:
        """What was taken for a process is none by itself."""

    def ended(self, process: P) -> None:
        """A process of which no collection is known has been killed, and another one begins."""

    def message(self, process: P, message: Message) -> None:
        """A message is about a process."""

    def named(self, process: P, options: Iterable[HeapOption]) -> None:
        """Options were named before a process began, the last of each."""

    def option(self, option: HeapOption) -> None:
        """An option is named: it is that of all processes that speak after it."""

    def hold(self, process: P) -> None:
        """The crash that is being printed may be that of a process."""

    def release(self, process: P) -> None:
        """It is another's."""

    def crash(self, process: P | None, records: list[CrashRecord]) -> P:
        """A crash is complete; without records it was none. None: it is that of a new process, of which nothing else is known."""

    @property
    def line_count(self) -> int | None:
        """Lines up to now, if known."""
