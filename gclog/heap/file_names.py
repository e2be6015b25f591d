"""What the name of a heap snapshot's file says: of which process and isolate it is, and when it was taken.

    Heap.20260314.101010.1234.0.001.heapsnapshot   Node: date, time, pid, thread, number (`DiagnosticFilename` in src/node_internals.h)
    heapdump-81208415.316438.heapsnapshot          the package heapdump: seconds and microseconds; no pid

Node's date is that of the machine's own clock, without a zone; heapdump's seconds are those of a clock that begins anywhere.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass

__all__ = ["SnapshotName", "read_name"]

_OF_NODE = re.compile(r"(?:^|[\\/])Heap\.(\d{8})\.(\d{6})\.(\d{1,10})\.(\d{1,10})\.(\d{3,10})\.heapsnapshot")
_OF_HEAPDUMP = re.compile(r"(?:^|[\\/])heapdump-(\d{1,12})\.(\d{1,6})\.heapsnapshot")
_DIGITS = re.compile(r"(\d+)")

US_PER_S = 1_000_000


@dataclass(frozen=True, slots=True)
class SnapshotName:
    """What a name tells; None where it does not.

    thread_id  Node's number of the thread: 0 is the main one, workers count from 1
    taken_s    seconds of a clock whose beginning and zone nobody tells: good to put snapshots of one kind in order
    sequence   counts up within a process; its diagnostic reports count too
    in_order   sorts what has no moment: numbers in a name by their value
    """

    pid: int | None
    thread_id: int | None
    taken_s: float | None
    sequence: int | None
    in_order: tuple[tuple[int, str], ...]


def read_name(name: str) -> SnapshotName:
    """Of a path, of an archive's member, whatever it is packed in."""
    in_order = tuple((int(part), "") if part.isdigit() else (-1, part) for part in _DIGITS.split(name) if part)
    if (found := _OF_NODE.search(name)) is not None and (taken_s := _seconds(found[1] + found[2])) is not None:
        return SnapshotName(int(found[3]), int(found[4]), taken_s, int(found[5]), in_order)
    if (found := _OF_HEAPDUMP.search(name)) is not None:
        return SnapshotName(None, None, int(found[1]) + int(found[2]) / US_PER_S, None, in_order)
    return SnapshotName(None, None, None, None, in_order)


def _seconds(digits: str) -> float | None:
    try:
        return datetime.datetime.strptime(digits, "%Y%m%d%H%M%S").replace(tzinfo=datetime.UTC).timestamp()
    except ValueError:
        return None
