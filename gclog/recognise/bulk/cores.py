"""Independent things done on every core: by this process and, once there is enough to do, by others beside it.

The results come in the order of the items, whoever made them: what is made of them is the same with one process. The other processes
are loky's: those of concurrent.futures run the user's program again if it lacks a `__main__` guard.
"""

from __future__ import annotations

import os
import signal
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Future
from contextlib import closing, contextmanager
from itertools import chain
from typing import Any, Generic, TypeVar

__all__ = ["Redo", "do_alone", "on_every_core", "usable_cores"]

ALONE_S = 0.5
"""Processor time that this process takes alone before others are started: as much as it costs to start one."""

ASKED = 2
"""Upper bound on the items given to each other process at a time: the one that it works on, and the next."""

WAITING = 8
"""Upper bound on the results kept for each other process: with more, the first of them is waited for."""

Item = TypeVar("Item")
Result = TypeVar("Result")

Redo = Callable[[list[Item]], Iterable[Result]]
"""Makes the results of items, in order, whose process ended over them or over others: killed for its memory use, for one."""


def usable_cores() -> int:
    """How many processes can run at a time on this machine."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def on_every_core(
    work: Callable[[Item], Result], items: Iterable[Item], processes: int, *, redo: Redo[Item, Result] | None = None
) -> Generator[Result, None, None]:
    """The result of each item, in order. An item is taken when there is somebody to work on it, and few results are held.

    processes  how many to use, this one included
    redo       this process works on no item itself, for an item might end it; it waits for others from the first item on, and new
               ones are started for those that were lost. None: this process works, too, and redoes what was lost

    All is done here if the system allows no other processes. `work`, items and results must be picklable. An error that `work`
    raises is raised here.
    """
    left = iter(items)
    if redo is None:
        began = time.process_time()
        for item in left:
            if processes > 1 and time.process_time() - began >= ALONE_S:
                left = chain([item], left)
                break
            yield work(item)
        processes -= 1
    with closing(_Team(work, processes, redo)) as team:
        yield from team.run(left)


def do_alone(work: Callable[[Item], Result], item: Item) -> Result:
    """The result of an item by a process of its own. Raises BrokenExecutor if that ends over it."""
    with closing(_Team(work, 1, None)) as team:
        return team.give(item).result()


class _Team(Generic[Item, Result]):
    """Other processes, and the items that they were given; `waiting` has those whose results were not yet taken, in order."""

    def __init__(self, work: Callable[[Item], Result], others: int, redo: Redo[Item, Result] | None) -> None:
        self._work = work
        self._others = others
        self._redo = redo
        self._executor: Any = None
        self._may_start = others > 0
        self._waiting: deque[tuple[Item, Future[Result]]] = deque()

    def run(self, items: Iterable[Item]) -> Iterator[Result]:
        for item in items:
            self._waiting.append((item, self.give(item)))
            while self._waiting and (self._waiting[0][1].done() or self._is_full()):
                yield from self._take()
        while self._waiting:
            yield from self._take()

    def _is_full(self) -> bool:
        most = WAITING if self._redo is None else ASKED
        return len(self._waiting) >= most * self._others

    def give(self, item: Item) -> Future[Result]:
        """Have another process work on an item; this one, if all are busy or there are none."""
        if self._redo is None and sum(not future.done() for _, future in self._waiting) >= ASKED * self._others:
            return self._done_here(item)
        if self._executor is None and self._may_start:
            self._executor = _start(self._others)
            self._may_start = False
        if self._executor is None:
            return self._done_here(item)
        try:
            with _interrupts_held():
                future: Future[Result] = self._executor.submit(self._work, item)
        except (BrokenExecutor, OSError) as error:
            future = Future()
            future.set_exception(BrokenExecutor(str(error)))
        return future

    def _done_here(self, item: Item) -> Future[Result]:
        future: Future[Result] = Future()
        try:
            future.set_result(self._work(item))
        except Exception as error:  # not swallowed: result() raises it in its turn, as it does of a future of another process
            future.set_exception(error)
        return future

    def _take(self) -> Iterator[Result]:
        """The first result. If its process was lost, all were, and what they have not finished is redone."""
        item, future = self._waiting.popleft()
        if not _is_lost(future):
            yield future.result()
            return
        given = [(item, future), *self._waiting]
        self._waiting.clear()
        lost = [item for item, future in given if _is_lost(future)]
        self.close()
        redone = iter(map(self._work, lost) if self._redo is None else self._redo(lost))
        for _, future in given:
            yield next(redone) if _is_lost(future) else future.result()
        self._may_start = self._redo is not None

    def close(self) -> None:
        """End the processes, also amid an item."""
        if self._executor is not None:
            self._executor.shutdown(kill_workers=True)
        self._executor = None


def _is_lost(future: Future[Any]) -> bool:
    """Whether its process ended. Waits for it."""
    return isinstance(future.exception(), BrokenExecutor)


def _start(processes: int) -> Any:
    """loky's executor; None if the system allows no other processes: AWS Lambda and some sandboxes have no semaphores."""
    try:
        from loky import ProcessPoolExecutor

        return ProcessPoolExecutor(processes, initializer=_ignore_interrupts)
    except (ImportError, OSError):
        return None


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """While others are started, which takes some milliseconds: they inherit that, and never see Ctrl-C, not even while they load. This
    process sees it afterwards, or at once if another thread of it takes it. (Windows has nothing to hold it with.)"""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _ignore_interrupts() -> None:
    """Ctrl-C reaches every process of a terminal: the one that the user started ends the others."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
