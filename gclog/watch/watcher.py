"""The changes of every process's verdict, from the lines of a growing log as they come.

For a finished log they are the timelines of `gclog analyze`.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Sequence
from operator import attrgetter

from gclog.diagnose.signs import AT_LIMIT_MESSAGES
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
from gclog.processes.crash_blocks import CRASH_BLOCK_LINES, is_last_word
from gclog.processes.kernel_kills import is_of_node
from gclog.processes.message_kills import speaks_for_itself
from gclog.processes.message_owners import is_same_stop
from gclog.processes.perf_hooks import EntryReader
from gclog.processes.runs import CollectionRow, cut_runs, row_of, rows_of_columns
from gclog.processes.workers import WORKER_STOPPED
from gclog.source.open import Block
from gclog.watch.log import KEPT_PROCESSES, UNTRACED, Change, Death, News, WatchedLog
from gclog.watch.process import WatchedProcess
from gclog.watch.view import View

__all__ = ["KEPT_PROCESSES", "Change", "Death", "News", "Watcher"]

TRACED = (Collection, DetailedCollection)
"""What the trace prints; there may be thousands of them in a batch."""

WANTED = (
    RingCollection,
    HeapOption,
    FatalError,
    CrashMarker,
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
"""All other records that affect the verdict."""

BY_LINE = attrgetter("line")

LONG_PAUSES = 8
"""Empty polls in a row, at four a second, after which the log counts as silent: what came last is then taken as complete."""


class Watcher(WatchedLog):
    """Takes the blocks of one log in order. Of the settings it uses the limits and the isolate."""

    def __init__(self, settings: Settings | None = None) -> None:
        super().__init__(settings)
        self._traced = False
        self._doomed: list[WatchedProcess] = []
        self._entries = EntryReader()
        self._pauses = 0
        self._last_stop: Message | None = None

    # ------------------------------------------------------------ lines

    def read(self, block: Block) -> list[News]:
        """The news in these lines."""
        self._pauses = 0
        news = list(self._take(self.reader.read(block)))
        return [*news, *self._settle_older(block.first_line + block.data.count(b"\n") - CRASH_BLOCK_LINES)]

    def pause(self) -> list[News]:
        """No line has come for a while: records that wait for more lines are taken as they are."""
        self._pauses += 1
        is_long = self._pauses >= LONG_PAUSES
        news = [*self._take(self.reader.pause(is_long=is_long)), *self._settle_crash(), *self._settle_stopped()]
        return [*news, *self._settle_doomed()] if is_long else news

    def finish(self) -> list[News]:
        """The log has ended: messages that may explain a death count now."""
        news = [*self._take(self.reader.finish()), *self._settle_crash(), *self._settle_stopped()]
        for process in self._processes.values():
            news += self._settled(process, final=True)
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

    # ------------------------------------------------------------ attribution

    def _take(self, batch: Batch) -> Iterator[News]:
        """The news in a batch: runs of the trace's collections, and the other records between them."""
        traced = rows_of_columns([part for kind in TRACED for part in batch.get(kind, [])])
        begin = 0
        for record in records_of({kind: columns for kind, columns in batch.items() if kind in WANTED}):
            end = bisect.bisect_right(traced, record.line, begin, key=BY_LINE)
            if end > begin:
                yield from self._from_traces(traced[begin:end])
                begin = end
            yield from self._from_record(record)
        if begin < len(traced):
            yield from self._from_traces(traced[begin:] if begin else traced)

    def _from_traces(self, rows: Sequence[CollectionRow]) -> Iterator[News]:
        self._traced = True
        for run in cut_runs(rows):
            yield from self._from_trace(run)

    def _from_record(self, record: Record) -> Iterator[News]:
        match record:
            case RingCollection():
                yield from self._from_ring(row_of(record))
            case ProfiledCollection():
                yield from self._from_program(row_of(record))
            case PerformanceEntry():
                if (row := self._entries.collection(record)) is not None:
                    yield from self._from_program(row_of(row))
            case MemoryTotal(pid=pid, isolate=isolate, amount_kb=float(kb), quantity="external_reported"):
                if (process := self._processes.get((pid, isolate))) is not None:
                    process.external.add(record.line, kb)
            case MemoryTotal():
                pass
            case MemoryUsage():
                yield from self._from_reading(record)
            case HeapOption():
                self._name_option(record)
                for process in self._processes.values():
                    process.option(record)
            case FatalError() | CrashMarker() | NativeFrame() | JsFrame():
                yield from self._from_crash(record)
            case Message(kind=kind) if kind == WORKER_STOPPED:
                yield from self._settle_stopped()
                if self._last_stop is None or not is_same_stop(record, self._last_stop):
                    self._stopped = (record, self._spoke)
                self._last_stop = record
            case Message():
                yield from self._from_message(record)
            case _:
                raise AssertionError(f"{type(record).__name__} is not wanted")

    def _settle_older(self, line: int) -> Iterator[News]:
        """Settle what has had no further line since this one."""
        if self._crash is not None and self._crash.block.last_line <= line:
            yield from self._settle_crash()
        if self._stopped is not None and self._stopped[0].line <= line:
            yield from self._settle_stopped()
        yield from self._settle_doomed(line)

    # ------------------------------------------------------------ printed by the program itself

    def _from_program(self, row: CollectionRow) -> Iterator[News]:
        """A collection reported by the program itself; it counts only if there is no trace."""
        if not self._traced:
            yield from self._from_trace([row])

    def _from_reading(self, row: MemoryUsage) -> Iterator[News]:
        """Memory figures: they belong to the main isolate heard from last."""
        process = self._last_main
        if process is None or process.worker:
            mains = [other for other in self._processes.values() if not other.worker]
            process = max(mains, key=lambda other: other.last_line, default=None)
        if process is not None and (process.pid, process.isolate) == UNTRACED and process.was_killed_before(row):
            yield from self._settled(process, final=True)
            process.over = True
        if process is None or (process.over and (process.pid, process.isolate) == UNTRACED):
            yield from self._make_room(UNTRACED)
            process = self._begin_untraced(row.line)
        if row.heap_limit_mb is not None and row.heap_limit_mb > 0:
            option = HeapOption(line=row.line, wall_ms=row.wall_ms, option="heap_size_limit", mb=row.heap_limit_mb)
            self._name_option(option)
            process.option(option)
        yield from self._changes(process, process.reading(row))

    def _name_option(self, option: HeapOption) -> None:
        """Keep an option for the processes that begin later: the last of each, in the order in which they were named."""
        if option.mb > 0:
            self._options.pop(option.option, None)
            self._options[option.option] = option

    # ------------------------------------------------------------ kills from outside

    def _from_message(self, message: Message) -> Iterator[News]:
        """A message may explain the death of the process heard from last; some, as the kernel's on a node, reveal a process by themselves."""
        if self._crash is not None and is_last_word(message):
            self._crash.has_last_word = True
        process = self._spoke or self._processes.get(UNTRACED)
        if process is None:
            killed = message if isinstance(message, KernelKill) and is_of_node([message]) else None
            if self._processes or not (killed or speaks_for_itself(message)):
                self._nobodys.append(message)
                return
            process = self._begin_untraced(message.line)
            process.killed_pid = killed.pid if killed else None
        yield from self._changes(process, process.message(message))
        if message.kind in AT_LIMIT_MESSAGES:
            yield from self._unsaid(process)
        if process.line_of_kill is not None and process not in self._doomed:
            self._doomed.append(process)

    def _settle_doomed(self, line: int | None = None) -> Iterator[News]:
        """Settle the killed processes: all of them, or those whose kill was reported by this line, if another process has begun since."""
        doomed, self._doomed = self._doomed, []
        for process in doomed:
            killed_line = process.line_of_kill
            if killed_line is None or all(process is not other for other in self._processes.values()):
                continue
            if line is not None and not killed_line <= min(line, self._last_begin):
                self._doomed.append(process)
                continue
            yield from self._settled(process, final=True)
            process.over = True
