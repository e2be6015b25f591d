"""The changes of every process's verdict, from the lines of a growing log as they come.

For a finished log they are the timelines of `gclog analyze`.
"""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from operator import attrgetter

from gclog.incident.settings import Settings
from gclog.model.columns import Batch, records_of
from gclog.model.crash_records import CrashMarker, FatalError, JsFrame, NativeFrame
from gclog.model.records import (
    Collection,
    DetailedCollection,
    HeapOption,
    KernelKill,
    MemoryTotal,
    MemoryUsage,
    Message,
    PerformanceEntry,
    PlatformMessage,
    ProfiledCollection,
    Record,
    RingCollection,
)
from gclog.model.verdict import LEVELS, Level
from gclog.processes.crash_blocks import CRASH_BLOCK_LINES
from gclog.processes.messages import KEPT_PROCESSES
from gclog.processes.perf_hooks import EntryReader
from gclog.processes.runs import CollectionRow, cut_runs, row_of, rows_of_columns
from gclog.source.open import Block
from gclog.watch.log import UNTRACED, Change, Death, News, WatchedLog
from gclog.watch.view import View, size_mb

__all__ = ["KEPT_PROCESSES", "Change", "Death", "News", "Watcher"]

TRACED = (Collection, DetailedCollection)
"""What the trace prints; there may be thousands of them in a batch."""

WANTED = (
    CrashMarker,
    RingCollection,
    HeapOption,
    FatalError,
    NativeFrame,
    JsFrame,
    Message,
    KernelKill,
    MemoryTotal,
    MemoryUsage,
    PerformanceEntry,
    PlatformMessage,
    ProfiledCollection,
)
"""All other records that affect the verdict, in the order in which those of one line are taken."""

BY_LINE = attrgetter("line")

LONG_PAUSES = 8
"""Empty polls in a row, at four a second, after which the log counts as silent: what came last is then taken as complete."""


class Watcher(WatchedLog):
    """Takes the blocks of one log in order. Of the settings it uses the limits and the isolate."""

    def __init__(self, settings: Settings | None = None) -> None:
        super().__init__(settings)
        self._has_trace = False
        self._entries = EntryReader()
        self._pauses = 0

    # ------------------------------------------------------------ lines

    def read(self, block: Block) -> list[News]:
        """The news in these lines."""
        self._pauses = 0
        self._take(self.reader.read(block))
        line = block.first_line + block.data.count(b"\n") - 1
        self._settle_due(line)
        self._settle_doomed(line - CRASH_BLOCK_LINES)
        return self._take_news()

    def pause(self) -> list[News]:
        """No line has come for a while: records that wait for more lines are taken as they are."""
        self._pauses += 1
        is_long = self._pauses >= LONG_PAUSES
        self._take(self.reader.pause(is_long=is_long))
        self._attribution.settle()
        if is_long:
            self._settle_doomed()
        return self._take_news()

    def finish(self) -> list[News]:
        """The log has ended: messages that may explain a death count now."""
        self._take(self.reader.finish())
        self._settle_due(self.line_count)
        self._attribution.settle()
        if self._processes:
            last = max(self._processes.values(), key=lambda process: process.heard_line)
            self._speaks(last, last.heard_line + CRASH_BLOCK_LINES - 1)  # what closely follows it is said of it
        for process in list(self._processes.values()):
            self._settle(process, final=True)
        return self._take_news()

    def _take_news(self) -> list[News]:
        news, self._news = self._news, []
        return news

    # ------------------------------------------------------------ now

    @property
    def worst(self) -> Level | None:
        """The worst level that a process has now, or had at its end; None if there was no process."""
        levels = [process.level for process in self._processes.values() if self._is_shown(process)]
        return max([*levels, *([] if self._ended is None else [self._ended])], key=LEVELS.index, default=None)

    def views(self) -> list[View]:
        """The processes now, the one heard from last at the end."""
        return [process.view() for process in self._processes.values() if self._is_shown(process)]

    def current(self) -> list[Change]:
        """The last change of every process, as if it came now from the lowest level."""
        shown = [process for process in self._processes.values() if self._is_shown(process)]
        last = [(process, event) for process in shown if (event := process.last_event) is not None]
        return [Change(process.view(), process.now.change(event), LEVELS[0], event) for process, event in last]

    # ------------------------------------------------------------ records

    def _take(self, batch: Batch) -> None:
        """Take a batch: runs of the trace's collections, and the other records between them."""
        traced = rows_of_columns([part for kind in TRACED for part in batch.get(kind, [])])
        begin = 0
        for record in records_of({kind: batch[kind] for kind in WANTED if kind in batch}):
            end = bisect.bisect_right(traced, record.line, begin, key=BY_LINE)
            if end > begin:
                self._take_trace(traced[begin:end])
                begin = end
            self._settle_due(record.line)
            self._take_record(record)
        if begin < len(traced):
            self._take_trace(traced[begin:] if begin else traced)

    def _take_trace(self, rows: Sequence[CollectionRow]) -> None:
        self._has_trace = True
        while (due := self._attribution.due) <= rows[-1].line:
            end = bisect.bisect_left(rows, due, key=BY_LINE)
            for run in cut_runs(rows[:end]):
                self._take_run(run)
            rows = rows[end:]
            self._settle_due(rows[0].line)
        for run in cut_runs(rows):
            self._take_run(run)

    def _settle_due(self, line: int) -> None:
        """Settle what has waited long enough for more when this line comes."""
        while self._attribution.due <= line:
            self._attribution.settle_due()

    def _take_record(self, record: Record) -> None:
        match record:
            case RingCollection():
                self._take_ring(row_of(record))
            case ProfiledCollection():
                self._take_reported(row_of(record))
            case PerformanceEntry():
                if (row := self._entries.collection(record)) is not None:
                    self._take_reported(row_of(row))
            case MemoryTotal(pid=pid, isolate=isolate, amount_kb=float(kb), quantity="external_reported"):
                if (process := self._processes.get((pid, isolate))) is not None:
                    process.external.add(record.line, kb)
            case MemoryTotal():
                pass
            case MemoryUsage():
                self._take_figures(record)
            case HeapOption():
                self._attribution.option(record)
            case FatalError() | CrashMarker() | NativeFrame() | JsFrame():
                self._attribution.crash(record)
            case Message():
                self._attribution.message(record)
            case _:
                raise AssertionError(f"{type(record).__name__} is not wanted")

    def _take_reported(self, row: CollectionRow) -> None:
        """A collection reported by the program itself; it counts only if there is no trace."""
        if not self._has_trace:
            self._take_run([row])

    def _take_figures(self, row: MemoryUsage) -> None:
        """Memory figures that the program printed."""
        size = size_mb(row)
        process = self._attribution.figures((row.line, row.line), (size, size))
        if row.heap_limit_mb is not None and row.heap_limit_mb > 0:
            option = HeapOption(line=row.line, wall_ms=row.wall_ms, option="heap_size_limit", mb=row.heap_limit_mb)
            self._attribution.printed(option)
        self._speaks(process, row.line)
        self._tell(process, process.reading(row))

    # ------------------------------------------------------------ kills from outside

    def _settle_doomed(self, line: int | None = None) -> None:
        """Settle the killed processes: all of them, or those whose kill was reported by this line, if another process has begun since."""
        doomed, self._doomed = self._doomed, []
        for process in doomed:
            killed_line = process.line_of_kill
            if killed_line is None or all(process is not other for other in self._processes.values()):
                continue
            if line is not None and not killed_line <= min(line, self._last_begin):
                self._doomed.append(process)
                continue
            self._settle(process, final=True)
            process.over = line is None and self._processes.get(UNTRACED) is process
