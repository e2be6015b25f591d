"""A long log read with every core: other processes read blocks of it apart, and the reader takes what they found in order.

The others are loky's: those of concurrent.futures run the user's program again, where it lacks a `__main__` guard. What a block yields
does not depend on who reads it, nor when: records, counts and notes are those that one process gives.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from itertools import chain
from typing import Protocol

from gclog.model.columns import Batch
from gclog.recognise.bulk.scan import Apart, Plan, read_apart
from gclog.recognise.reader import Reader
from gclog.source.open import Block

__all__ = ["read_batches", "usable_cores"]

BLOCKS_ALONE = 8
"""Of a log of fewer blocks (32 MiB) the end is reached before another process has started."""

ASKED = 2
"""Blocks that each other process has been given, at most: one that it reads, and the next."""

MOST_OTHERS = 3
"""What this process has to do itself, cutting blocks and putting columns together, takes as long as three others need to read them."""

WAITING = 8
"""Blocks that are kept for each other process, at most: when there are more, the reader waits for the first of them."""


class Others(Protocol):
    """Other processes, as far as they are needed here: loky's executor."""

    def submit(self, call: Callable[[Plan, bytes], Apart], plan: Plan, data: bytes, /) -> Future[Apart]:
        """Have a block read."""
        ...

    def shutdown(self, *, kill_workers: bool) -> None:
        """End them; with what they were asked and is not needed any more, if they are killed."""
        ...


def usable_cores() -> int:
    """How many processes can run at a time on this machine."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def read_batches(reader: Reader, blocks: Iterable[Block], processes: int) -> Iterator[Batch]:
    """What the reader reads of blocks, in their order, with so many processes, this one included; the last is that of `finish`."""
    left = iter(blocks)
    for number, block in enumerate(left):
        if processes > 1 and number == BLOCKS_ALONE:
            others = min(processes - 1, MOST_OTHERS)
            executor = _start(others)
            if executor is not None:
                yield from _read_with_others(reader, chain([block], left), executor, others)
                break
        yield reader.read(block)
    yield reader.finish()


def _start(others: int) -> Others | None:
    """Other processes; None where the system has none to give: AWS Lambda and some sandboxes have no semaphores."""
    try:
        from loky import ProcessPoolExecutor

        executor: Others = ProcessPoolExecutor(others)
        return executor
    except (ImportError, OSError):
        return None


def _read_with_others(reader: Reader, blocks: Iterable[Block], executor: Others, others: int) -> Iterator[Batch]:
    waiting: deque[tuple[Block, Apart | Future[Apart]]] = deque()
    try:
        for block in blocks:
            asked = sum(isinstance(apart, Future) and not apart.done() for _, apart in waiting)
            if asked < ASKED * others:
                waiting.append((block, _ask(executor, reader.plan, block.data)))
            else:
                waiting.append((block, read_apart(reader.plan, block.data)))
            while waiting and (_is_there(waiting[0][1]) or len(waiting) > WAITING * others):
                yield _take(reader, *waiting.popleft())
        while waiting:
            yield _take(reader, *waiting.popleft())
    finally:
        executor.shutdown(kill_workers=True)


def _ask(executor: Others, plan: Plan, data: bytes) -> Apart | Future[Apart]:
    """Have data read by another process; here, if none is left or none can be started."""
    try:
        return executor.submit(read_apart, plan, data)
    except (BrokenProcessPool, OSError):
        return read_apart(plan, data)


def _is_there(apart: Apart | Future[Apart]) -> bool:
    return not isinstance(apart, Future) or apart.done()


def _take(reader: Reader, block: Block, apart: Apart | Future[Apart]) -> Batch:
    """Read a block with what was read of it apart; one that was lost with its process is read here."""
    try:
        return reader.read(block, apart.result() if isinstance(apart, Future) else apart)
    except BrokenProcessPool:
        return reader.read(block)
