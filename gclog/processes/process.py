"""One process as its source has it: the frames and the records that are its own."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from gclog.model.crash_records import FatalError, NativeFrame
from gclog.model.heap import HeapDiff
from gclog.model.records import HeapOption, MemoryTotal, MemoryUsage, Record, SpaceUsage
from gclog.model.sampled import SampledHeap
from gclog.model.witness import ReportedProcess, Witness
from gclog.processes.message_kills import Life
from gclog.processes.rows import Rows
from gclog.processes.tables import Frames, frame_of
from gclog.source.open import Source

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ProcessTable", "empty_process", "join_process", "part_of", "with_records"]

NO_ROWS = Rows.whole({}, 0)


@dataclass(frozen=True, slots=True)
class ProcessTable:
    """The lines of one process. `run` counts the runs with this (pid, isolate) in the source, from 1.

    `empty_process` makes one of which nothing is known yet.

    rows       its collections
    frames     SpaceUsage, MemoryTotal and MemoryUsage, those of them that it has
    heard      other files that describe it
    heap_diff  what its heap snapshots say; `sampled` what its sampled heap profiles do
    requests   access logs with its requests; `start_ms` is then the begin of V8's clock, ms since 1970 UTC
    """

    pid: int | None
    isolate: str | None
    run: int
    main: bool
    rows: Rows
    ring_lines: tuple[int, ...]
    frames: Frames = field(default_factory=dict)
    rare: tuple[Record, ...] = ()
    reported: tuple[ReportedProcess, ...] = ()
    heard: tuple[Witness, ...] = ()
    heap_diff: HeapDiff | None = None
    sampled: SampledHeap | None = None
    requests: tuple[Source, ...] = ()
    start_ms: float = math.nan

    def __post_init__(self) -> None:
        bare = [record.__name__ for record, frame in self.frames.items() if "line" not in frame.columns]
        if bare:
            raise ValueError(f"a process whose {', '.join(bare)} have no columns")

    @property
    def collections(self) -> pd.DataFrame:
        """Its collections as a frame, made when it is first asked for."""
        return self.rows.frame()

    @property
    def spaces(self) -> pd.DataFrame:
        return frame_of(self.frames, SpaceUsage)

    @property
    def totals(self) -> pd.DataFrame:
        return frame_of(self.frames, MemoryTotal)

    @property
    def usage(self) -> pd.DataFrame:
        return frame_of(self.frames, MemoryUsage)

    @property
    def first_line(self) -> int:
        return min(self._own_lines())

    @property
    def last_line(self) -> int:
        return max(self._own_lines())

    @property
    def lines(self) -> set[int]:
        """The lines of its crash and of what was said of it."""
        return {*self.ring_lines, *(record.line for record in self.rare)}

    @property
    def life(self) -> Life:
        """When it spoke itself: by collections and figures of memory."""
        lines = [self.rows.line(0), self.rows.line(-1)] if len(self.rows) else []
        if (usage := self.frames.get(MemoryUsage)) is not None:
            lines += [int(usage["line"].iloc[0]), int(usage["line"].iloc[-1])]
        return Life(min(lines, default=0), max(lines, default=0), len(self.rows) > 0, self.pid)

    def _own_lines(self) -> list[int]:
        """The lines that it printed itself, at least the first and the last; options are named by others. Without any, its report's."""
        ends = [self.rows.line(0), self.rows.line(-1)] if len(self.rows) else []
        if MemoryUsage in self.frames:
            lines = self.usage["line"].to_numpy()
            ends += [int(lines[0]), int(lines[-1])]
        own = [*ends, *self.ring_lines, *(record.line for record in self.rare if not isinstance(record, HeapOption))]
        return own or [report.lines.get("event", 1) for report in self.reported]

    @property
    def only_ring(self) -> bool:
        """Whether nothing but the ring of its crash is known of its collections."""
        return bool(self.rows.flags("ring").all())

    @property
    def ends_in_full(self) -> bool:
        """Whether its last collection is a full one."""
        return len(self.rows) > 0 and bool(self.rows.tail(1).full[0])

    @property
    def is_fatal(self) -> bool:
        """Whether its records hold V8's fatal message."""
        return any(isinstance(record, FatalError) for record in self.rare)

    @property
    def died(self) -> bool:
        """Whether V8 says that it died, by the ring of a crash or by its fatal message."""
        return bool(self.ring_lines) or self.is_fatal


def empty_process(
    pid: int | None = None,
    isolate: str | None = None,
    *,
    run: int = 1,
    main: bool = True,
    rare: Iterable[Record] = (),
    rows: Rows | None = None,
    ring_lines: tuple[int, ...] = (),
    usage: pd.DataFrame | None = None,
    reported: tuple[ReportedProcess, ...] = (),
) -> ProcessTable:
    """A process of which nothing but this is known."""
    return ProcessTable(
        pid=pid,
        isolate=isolate,
        run=run,
        main=main,
        rows=NO_ROWS if rows is None else rows,
        ring_lines=ring_lines,
        frames={MemoryUsage: usage} if usage is not None and len(usage) else {},
        rare=tuple(rare),
        reported=reported,
    )


def with_records(processes: Sequence[ProcessTable], more: Mapping[int, Sequence[Record]]) -> list[ProcessTable]:
    """The processes, each with more records, which are given by its place."""
    return [
        dataclasses.replace(process, rare=(*process.rare, *more[place])) if place in more else process
        for place, process in enumerate(processes)
    ]


def part_of(process: ProcessTable, first_line: float, end_line: float) -> ProcessTable:
    """What a process says from a line on, up to another, which is left out; options that were named before still count."""

    rows = process.rows

    def between(frame: pd.DataFrame) -> pd.DataFrame:
        return frame[(frame["line"] >= first_line) & (frame["line"] < end_line)].reset_index(drop=True)

    return dataclasses.replace(
        process,
        rows=rows.part(*np.searchsorted(rows.lines, (first_line, end_line)).tolist()),
        ring_lines=tuple(line for line in process.ring_lines if first_line <= line < end_line),
        frames={record: part for record, frame in process.frames.items() if len(part := between(frame))},
        rare=tuple(r for r in process.rare if r.line < end_line and (r.line >= first_line or isinstance(r, HeapOption))),
    )


def join_process(process: ProcessTable, other: ProcessTable, lines_before: int) -> ProcessTable:
    """The process with what another source has of it. Lines of that are numbered on, after the `lines_before` of the process's own."""
    theirs = other.rows
    news = theirs.where(theirs.numbers("at_ms") > process.rows.number("at_ms", -1)) if len(theirs) else theirs
    rows = Rows.of(_appended(process.collections, news.frame(), lines_before)) if len(news) else process.rows
    usage = _appended(process.usage, other.usage, lines_before) if MemoryUsage in other.frames else None
    records = [record for record in other.rare if not (other.reported and _is_known_stack(record, process))]
    return dataclasses.replace(
        process,
        rows=rows,
        ring_lines=process.ring_lines + tuple(line + lines_before for line in other.ring_lines),
        rare=(*process.rare, *(dataclasses.replace(record, line=record.line + lines_before) for record in records)),
        frames=process.frames if usage is None else {**process.frames, MemoryUsage: usage},
        reported=process.reported + tuple(_renumbered(report, lines_before) for report in other.reported),
    )


def _appended(frame: pd.DataFrame, more: pd.DataFrame, lines_before: int) -> pd.DataFrame:
    import pandas as pd

    moved = more.assign(line=more["line"] + lines_before)
    return pd.concat([frame, moved], ignore_index=True) if len(frame) else moved


def _is_known_stack(record: Record, process: ProcessTable) -> bool:
    """Whether a report repeats the native stack that the crash itself printed."""
    return isinstance(record, NativeFrame) and any(isinstance(own, NativeFrame) for own in process.rare)


def _renumbered(report: ReportedProcess, lines_before: int) -> ReportedProcess:
    return dataclasses.replace(report, lines={name: line + lines_before for name, line in report.lines.items()})
