"""A fleet's local logs on every core of this machine, without a cluster: each log is analysed by another process, whole.

The other processes are loky's, as for one long log. What comes out is what `run_here` gives, in the same order.
"""

from __future__ import annotations

import dataclasses
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Protocol

from gclog.fleet.attempt import attempt
from gclog.fleet.summary import LogAnswer, LogTask, summarize
from gclog.model.fleet import FailedLog
from gclog.recognise.bulk.parallel import start_processes

__all__ = ["AnswerOf", "is_worthwhile", "run_in_processes"]

AnswerOf = Callable[[LogTask, LogAnswer | BaseException], LogAnswer]
Numbered = Generator[tuple[int, LogAnswer | BaseException, int], None, None]

MANY_LOGS = 32
MANY_BYTES = 16 << 20
"""Fewer and smaller logs are analysed before another process has started."""

ASKED = 4
"""Upper bound on the logs given to each process at a time: done, under way, and next. It bounds the answers held, too."""

REMOTE = "://"

LOST = "the process that analysed it was ended, such as for its memory use\nRead it alone: gclog analyze."


class Executor(Protocol):
    """What is needed here of loky's executor."""

    def submit(
        self, call: Callable[[LogTask, AnswerOf], LogAnswer], task: LogTask, answer_of: AnswerOf, /
    ) -> Future[LogAnswer]:
        """Have a log analysed."""
        ...

    def shutdown(self, *, kill_workers: bool) -> None:
        """End the processes; with `kill_workers` also what they have not finished."""
        ...


def is_worthwhile(tasks: Sequence[LogTask]) -> bool:
    """Whether other processes save time. What is in a remote storage is read here: its credentials may be known to this process only."""
    files = [name for task in tasks for name in task.members or (task.source,)]
    if len(tasks) < 2 or any(REMOTE in name for name in files):
        return False
    return len(tasks) >= MANY_LOGS or sum(_size(name) for name in files) >= MANY_BYTES


def _size(name: str) -> int:
    try:
        return Path(name).stat().st_size
    except OSError:
        return 0


def run_in_processes(tasks: Sequence[LogTask], processes: int, answer_of: AnswerOf) -> Numbered | None:
    """Every task's answer, in order, and the number of processes lost so far; None if the system allows no other processes."""
    executor = _start(processes)
    return None if executor is None else _run(tasks, processes, executor, answer_of)


def _run(tasks: Sequence[LogTask], processes: int, executor: Executor | None, answer_of: AnswerOf) -> Numbered:
    waiting: deque[tuple[int, Future[LogAnswer]]] = deque()
    left = iter(enumerate(tasks))
    lost = 0
    try:
        while True:
            while executor is not None and len(waiting) < ASKED * processes and (following := next(left, None)) is not None:
                waiting.append((following[0], _submit(executor, following[1], answer_of)))
            if not waiting:
                break
            number, future = waiting.popleft()
            error = future.exception()
            if not isinstance(error, BrokenProcessPool):
                yield number, future.result() if error is None else error, lost
                continue
            unfinished = [number, *(one for one, other in waiting if other.exception() is not None)]
            finished = {one: other for one, other in waiting if one not in unfinished}
            again = sorted([*unfinished, *finished])
            waiting.clear()
            if executor is not None:
                executor.shutdown(kill_workers=True)
            executor = None
            lost += 1
            for one in again:
                yield one, finished[one].result() if one in finished else _alone(tasks[one], answer_of), lost
            executor = _start(processes)
        for number, task in left:  # no other process can be started any more
            yield number, attempt(partial(summarize, task)), lost
    finally:
        if executor is not None:
            executor.shutdown(kill_workers=True)


def _alone(task: LogTask, answer_of: AnswerOf) -> LogAnswer | BaseException:
    """The answer for a log whose process was lost, perhaps because of another log: by a process of its own."""
    with _one_process() as executor:
        if executor is None:
            return attempt(partial(summarize, task))
        future = _submit(executor, task, answer_of)
        error = future.exception()
        if isinstance(error, BrokenProcessPool):
            return FailedLog(task.source, task.host, f"{task.source}: {LOST}")
        return future.result() if error is None else error


@contextmanager
def _one_process() -> Iterator[Executor | None]:
    executor = _start(1)
    try:
        yield executor
    finally:
        if executor is not None:
            executor.shutdown(kill_workers=True)


def _start(processes: int) -> Executor | None:
    executor: Executor | None = start_processes(processes, _ignore_interrupts)
    return executor


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """While others are started, which takes some milliseconds: they inherit that, and never see Ctrl-C, not even while they load."""
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGINT) is None:
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _ignore_interrupts() -> None:
    """Ctrl-C reaches every process of a terminal: the one that the user started ends the others."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _submit(executor: Executor, task: LogTask, answer_of: AnswerOf) -> Future[LogAnswer]:
    alone = dataclasses.replace(task, settings=dataclasses.replace(task.settings, processes=1))
    try:
        with _interrupts_ignored():
            return executor.submit(_answer, alone, answer_of)
    except (BrokenProcessPool, OSError) as error:
        failed: Future[LogAnswer] = Future()
        failed.set_exception(BrokenProcessPool(str(error)))
        return failed


def _answer(task: LogTask, answer_of: AnswerOf) -> LogAnswer:
    """What another process does: an exception is made into its text there, for not all can be sent."""
    return answer_of(task, attempt(partial(summarize, task)))
