"""What the file name of a heap snapshot or a heap profile says: its process and isolate, and when it was taken.

    Heap.20260314.101010.1234.0.001.heapsnapshot   Node: date, time, pid, thread, number (`DiagnosticFilename` in src/node_internals.h)
    Heap.20260314.101010.1234.0.001.heapprofile    the same
    heap-1234-0.heapprofile                        our sample-heap.cjs: pid, thread
    heapdump-81208415.316438.heapsnapshot          the package heapdump: seconds and microseconds; no pid

Node's date is local time without a zone; heapdump's seconds are on a clock with an arbitrary origin.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass

__all__ = ["SnapshotName", "read_name"]

_OF_NODE = re.compile(r"(?:^|[\\/])Heap\.(\d{8})\.(\d{6})\.(\d{1,10})\.(\d{1,10})\.(\d{3,10})\.heap(?:snapshot|profile)")
_OF_SAMPLER = re.compile(r"(?:^|[\\/])heap-(\d{1,10})-(\d{1,10})\.heapprofile")
_OF_HEAPDUMP = re.compile(r"(?:^|[\\/])heapdump-(\d{1,12})\.(\d{1,6})\.heapsnapshot")
_DIGITS = re.compile(r"(\d+)")

US_PER_S = 1_000_000


@dataclass(frozen=True, slots=True)
class SnapshotName:
    """What a name says; None for what it does not.

    thread_id  Node's number of the thread: 0 is the main thread, workers count from 1
    taken_s    seconds on a clock of unknown origin and zone, good for ordering snapshots of one kind
    sequence   counts up within a process, shared with its diagnostic reports
    in_order   sort key for names without a time: numbers in a name by their value
    moment     sort key for files of any name: the order in which they were taken, as far as the names say
    """

    pid: int | None
    thread_id: int | None
    taken_s: float | None
    sequence: int | None
    in_order: tuple[tuple[int, str], ...]

    @property
    def moment(self) -> tuple[float, int, tuple[tuple[int, str], ...]]:
        return self.taken_s or 0.0, self.sequence or 0, self.in_order


def read_name(name: str) -> SnapshotName:
    """Read the name of a path or an archive's member, compressed or not."""
    in_order = tuple((int(part), "") if part.isdigit() else (-1, part) for part in _DIGITS.split(name) if part)
    if (found := _OF_NODE.search(name)) is not None and (taken_s := _seconds(found[1] + found[2])) is not None:
        return SnapshotName(int(found[3]), int(found[4]), taken_s, int(found[5]), in_order)
    if (found := _OF_SAMPLER.search(name)) is not None:
        return SnapshotName(int(found[1]), int(found[2]), None, None, in_order)
    if (found := _OF_HEAPDUMP.search(name)) is not None:
        return SnapshotName(None, None, int(found[1]) + int(found[2]) / US_PER_S, None, in_order)
    return SnapshotName(None, None, None, None, in_order)


def _seconds(digits: str) -> float | None:
    try:
        return datetime.datetime.strptime(digits, "%Y%m%d%H%M%S").replace(tzinfo=datetime.UTC).timestamp()
    except ValueError:
        return None
