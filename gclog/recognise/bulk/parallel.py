"""A long log read on every core: its blocks are scanned wherever there is a core, and the reader takes what was found, in order.

What a block yields does not depend on who reads it, nor when: records, counts and notes are the same as with one process.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from gclog.model.columns import Batch
from gclog.recognise.bulk.cores import on_every_core
from gclog.recognise.bulk.scan import BlockScan, Plan, scan_block
from gclog.recognise.reader import Reader
from gclog.source.open import Block

__all__ = ["read_batches"]

MOST_PROCESSES = 4
"""What this process has to do itself, cutting blocks and joining columns, takes as long as three others need for their scans."""


class _Asked(NamedTuple):
    """A block to scan, and what is known of its log by then."""

    plan: Plan
    data: bytes


def read_batches(reader: Reader, blocks: Iterable[Block], processes: int) -> Iterator[Batch]:
    """What the reader makes of each block, in order, then of `finish`. `processes`: how many to use, this one included."""
    asked: deque[Block] = deque()

    def ask() -> Iterator[_Asked]:
        for block in blocks:
            asked.append(block)
            yield _Asked(reader.plan, block.data)

    for scan in on_every_core(_scan, ask(), min(processes, MOST_PROCESSES)):
        yield reader.read(asked.popleft(), scan)
    yield reader.finish()


def _scan(asked: _Asked) -> BlockScan:
    return scan_block(asked.plan, asked.data)
