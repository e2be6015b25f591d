"""One process in two files: the crash in one goes with what it ended in the other.

Up to Node 14.4 the banners and the JavaScript stack of a crash go to standard output, its message to standard error; from 14.5 on
all of it goes to standard error, and standard output has the trace of `--trace-gc` alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gclog.model.crash_records import CrashMarker
from gclog.processes.process import ProcessTable
from gclog.processes.ring_owners import common_records, ring_of

__all__ = ["Pair", "pair_streams"]


@dataclass(frozen=True, slots=True)
class Pair:
    """A crash, and the process that it ended, with the positions of their sources."""

    crash: ProcessTable
    crash_source: int
    process: ProcessTable
    process_source: int


def pair_streams(sources: Sequence[Sequence[ProcessTable]]) -> list[Pair]:
    """The crashes that belong to a process of another source: by pid, isolate and a common record, or, nameless, as the only ones.

    A process dies once: of several crashes it gets the first.
    """
    pairs = list(_named(sources))
    nameless = [(i, crash) for i, source in enumerate(sources) for crash in source if not len(crash.rows) and crash.is_fatal]
    headless = [
        (i, process)
        for i, source in enumerate(sources)
        if not any(other.is_fatal for other in source)
        for process in source
        if len(process.rows) and any(isinstance(record, CrashMarker) for record in process.rare)
    ]
    if len(nameless) == 1 and len(headless) == 1:
        pairs.append(Pair(nameless[0][1], nameless[0][0], headless[0][1], headless[0][0]))
    return list({id(pair.process): pair for pair in reversed(pairs)}.values())


def _named(sources: Sequence[Sequence[ProcessTable]]) -> Iterator[Pair]:
    by_isolate: dict[tuple[int | None, str | None], list[tuple[int, ProcessTable]]] = {}
    for j, source in enumerate(sources):
        for process in source:
            if len(process.rows) and not process.only_ring:
                by_isolate.setdefault((process.pid, process.isolate), []).append((j, process))
    for i, source in enumerate(sources):
        for crash in source:
            if not len(crash.rows) or not crash.only_ring:
                continue
            same = by_isolate.get((crash.pid, crash.isolate), [])
            owners = [(j, process) for j, process in same if j != i and common_records(ring_of(crash.rows), process.rows)]
            if len(owners) == 1:
                yield Pair(crash, i, owners[0][1], owners[0][0])
