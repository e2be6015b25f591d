"""One process in two files: the crash in one goes with what it ended in the other.

Up to Node 14.4 the banners and the JavaScript stack of a crash go to standard output, its message to standard error; from 14.5 on
all of it goes to standard error, and standard output has the trace of `--trace-gc` alone.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from gclog.model.records import CrashMarker, FatalError
from gclog.processes.split import ProcessTable

__all__ = ["Pair", "join", "pair_streams"]


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
    nameless = [
        (i, crash) for i, source in enumerate(sources) for crash in source if not len(crash.collections) and _is_fatal(crash)
    ]
    headless = [
        (i, process)
        for i, source in enumerate(sources)
        if not any(_is_fatal(other) for other in source)
        for process in source
        if len(process.collections) and any(isinstance(record, CrashMarker) for record in process.rare)
    ]
    if len(nameless) == 1 and len(headless) == 1:
        pairs.append(Pair(nameless[0][1], nameless[0][0], headless[0][1], headless[0][0]))
    return list({id(pair.process): pair for pair in reversed(pairs)}.values())


def join(pair: Pair, lines_before: int) -> ProcessTable:
    """The process with its crash. Lines of the crash's source are numbered on, behind the `lines_before` of the process's own."""
    process, crash = pair.process, pair.crash
    news = (
        crash.collections[crash.collections["at_ms"] > process.collections["at_ms"].iloc[-1]]
        if len(crash.collections)
        else crash.collections
    )
    moved = news.assign(line=news["line"] + lines_before)
    return dataclasses.replace(
        process,
        collections=pd.concat([process.collections, moved], ignore_index=True) if len(moved) else process.collections,
        ring_lines=process.ring_lines + tuple(line + lines_before for line in crash.ring_lines),
        rare=process.rare + [dataclasses.replace(record, line=record.line + lines_before) for record in crash.rare],
        usage=_behind(process.usage, crash.usage, lines_before),
    )


def _behind(usage: pd.DataFrame, more: pd.DataFrame, lines_before: int) -> pd.DataFrame:
    """Figures of memory, and those of the other source behind them."""
    if not len(more):
        return usage
    moved = more.assign(line=more["line"] + lines_before)
    return pd.concat([usage, moved], ignore_index=True) if len(usage) else moved


def _named(sources: Sequence[Sequence[ProcessTable]]) -> Iterator[Pair]:
    for i, source in enumerate(sources):
        for crash in source:
            if not len(crash.collections) or not crash.only_ring:
                continue
            owners = [
                (j, process)
                for j, other in enumerate(sources)
                for process in other
                if j != i and (process.pid, process.isolate) == (crash.pid, crash.isolate) and _repeats(crash, process)
            ]
            if len(owners) == 1:
                yield Pair(crash, i, owners[0][1], owners[0][0])


def _repeats(crash: ProcessTable, process: ProcessTable) -> bool:
    """Whether the ring has a record of the process's trace."""
    ring, trace = crash.collections, process.collections
    if not len(trace) or process.only_ring:
        return False
    return bool((ring["at_ms"].isin(trace["at_ms"]) & ring["used_after_mb"].isin(trace["used_after_mb"])).any())


def _is_fatal(process: ProcessTable) -> bool:
    return any(isinstance(record, FatalError) for record in process.rare)
