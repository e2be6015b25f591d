"""A long log read on every core: other processes scan its blocks, and the reader takes what they found, in order.

The other processes are loky's: those of concurrent.futures run the user's program again if it lacks a `__main__` guard. What a block
yields does not depend on who reads it, nor when: records, counts and notes are the same as with one process.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Future
from itertools import chain
from typing import Any, Protocol

from gclog.model.columns import Batch
from gclog.recognise.bulk.scan import BlockScan, Plan, scan_block
from gclog.recognise.reader import Reader
from gclog.source.open import Block

__all__ = ["read_batches", "start_processes", "usable_cores"]

BLOCKS_ALONE = 8
"""A log of fewer blocks (32 MiB) is read to its end before another process has started."""

ASKED = 2
"""The most blocks given to each other process at a time: the one that it scans, and the next."""

MOST_OTHERS = 3
"""What this process has to do itself, cutting blocks and joining columns, takes as long as three others need for their scans."""

WAITING = 8
"""The most blocks kept per other process: when there are more, the reader waits for the first of them."""


class Others(Protocol):
    """What is needed here of loky's executor."""

    def submit(self, call: Callable[[Plan, bytes], BlockScan], plan: Plan, data: bytes, /) -> Future[BlockScan]:
        """Have a block scanned."""
        ...

    def shutdown(self, *, kill_workers: bool) -> None:
        """End the processes; with `kill_workers` also what they have not finished."""
        ...


def usable_cores() -> int:
    """How many processes can run at a time on this machine."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def read_batches(reader: Reader, blocks: Iterable[Block], processes: int) -> Iterator[Batch]:
    """What the reader makes of each block, in order, then of `finish`. `processes`: how many to use, this one included."""
    left = iter(blocks)
    for number, block in enumerate(left):
        if processes > 1 and number == BLOCKS_ALONE:
            others = min(processes - 1, MOST_OTHERS)
            executor: Others | None = start_processes(others)
            if executor is not None:
                yield from _read_with_others(reader, chain([block], left), executor, others)
                break
        yield reader.read(block)
    yield reader.finish()


def start_processes(processes: int, initializer: Callable[[], None] | None = None) -> Any:
    """An executor of other processes; None if the system allows none: AWS Lambda and some sandboxes have no semaphores."""
    try:
        from loky import ProcessPoolExecutor

        return ProcessPoolExecutor(processes, **({} if initializer is None else {"initializer": initializer}))
    except (ImportError, OSError):
        return None


def _read_with_others(reader: Reader, blocks: Iterable[Block], executor: Others, others: int) -> Iterator[Batch]:
    waiting: deque[tuple[Block, BlockScan | Future[BlockScan]]] = deque()
    try:
        for block in blocks:
            asked = sum(isinstance(scan, Future) and not scan.done() for _, scan in waiting)
            if asked < ASKED * others:
                waiting.append((block, _ask(executor, reader.plan, block.data)))
            else:
                waiting.append((block, scan_block(reader.plan, block.data)))
            while waiting and (_is_there(waiting[0][1]) or len(waiting) > WAITING * others):
                yield _take(reader, *waiting.popleft())
        while waiting:
            yield _take(reader, *waiting.popleft())
    finally:
        executor.shutdown(kill_workers=True)


def _ask(executor: Others, plan: Plan, data: bytes) -> BlockScan | Future[BlockScan]:
    """Have data scanned by another process; here, if none is left or none can be started."""
    try:
        return executor.submit(scan_block, plan, data)
    except (BrokenExecutor, OSError):
        return scan_block(plan, data)


def _is_there(scan: BlockScan | Future[BlockScan]) -> bool:
    return not isinstance(scan, Future) or scan.done()


def _take(reader: Reader, block: Block, scan: BlockScan | Future[BlockScan]) -> Batch:
    """Read a block with its scan; a scan that was lost with its process is repeated here."""
    try:
        return reader.read(block, scan.result() if isinstance(scan, Future) else scan)
    except BrokenExecutor:
        return reader.read(block)
