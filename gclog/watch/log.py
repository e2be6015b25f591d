"""The processes of a growing log: attribution of each line, start and death of processes.

Line by line and in bounded memory, it gives the result of `gclog.processes.split` for a whole table.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from gclog.incident.settings import Settings
from gclog.model.crash_records import CrashMarker, FatalError
from gclog.model.records import HeapOption, Message
from gclog.model.verdict import LEVELS, Crash, Level, TimelineEvent
from gclog.processes.crash_blocks import CRASH_BLOCK_LINES, RING_BANNER, CrashBlock, CrashRecord, is_crash
from gclog.processes.runs import CollectionRow, went_back
from gclog.processes.workers import Siblings
from gclog.recognise.reader import Reader
from gclog.watch.process import FULL, KEPT_CRASH_RECORDS, WatchedProcess
from gclog.watch.view import View

__all__ = ["KEPT_PROCESSES", "UNTRACED", "Change", "Death", "News", "WatchedLog"]

KEPT_PROCESSES = 1000
"""Upper bound on processes and workers, those heard from last: a pool that starts one per request must not fill the memory."""

KEPT_MESSAGES = 16
"""Upper bound on messages from before the first process: the kernel names the limit before the process that it kills."""

Key = tuple[int | None, str | None]

UNTRACED: Key = (None, None)
"""The key of a process known only by what the program itself printed."""


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a verdict: the process after it, and its level before.

    event    the level now and why, with all that bears on it
    judged   the judges' own change, as the timeline of a finished log has it; None if theirs did not change
    """

    process: View
    event: TimelineEvent
    before: Level
    judged: TimelineEvent | None = None

    @property
    def is_news(self) -> bool:
        """Whether there is something to report: not if the judges changed their verdict below a level that something else calls for."""
        return self.event is self.judged or self.event.level != self.before


@dataclass(frozen=True, slots=True)
class Death:
    """A process died, but not for lack of heap: its verdict stays."""

    process: View
    crash: Crash


News = Change | Death


@dataclass(slots=True)
class _OpenCrash:
    """A crash that is being printed. It belongs to the process of its ring, or else to the one heard from last before it."""

    speaker: WatchedProcess | None
    block: CrashBlock
    in_ring: WatchedProcess | None = None
    has_last_word: bool = False

    @property
    def owner(self) -> WatchedProcess | None:
        return self.in_ring or self.speaker


class WatchedLog:
    """Takes records in the order of their lines. Of the settings it uses the limits and the isolate.

    reader       recognises and counts the lines
    elapsed_ms   time since the first collection, by the clocks of the processes
    has_crash    a process has died
    """

    def __init__(self, settings: Settings | None = None) -> None:
        self.reader = Reader()
        self.elapsed_ms = 0.0
        self.has_crash = False
        self._settings = settings or Settings()
        self._processes: OrderedDict[Key, WatchedProcess] = OrderedDict()
        self._siblings: dict[int, Siblings] = {}
        self._ended: Level | None = None
        self._options: dict[str, HeapOption] = {}
        self._spoke: WatchedProcess | None = None
        self._last_main: WatchedProcess | None = None
        self._last_begin = 0
        self._nobodys: deque[Message] = deque(maxlen=KEPT_MESSAGES)
        self._crash: _OpenCrash | None = None
        self._ring_owner: WatchedProcess | None = None
        self._stopped: tuple[Message, WatchedProcess | None] | None = None

    def _is_shown(self, process: WatchedProcess) -> bool:
        return self._settings.isolate in (None, process.isolate)

    # ------------------------------------------------------------ traces

    def _from_trace(self, rows: Sequence[CollectionRow]) -> Iterator[News]:
        """A run of collections: the first shows whether a process begins."""
        row = rows[0]
        key = (row.pid, row.isolate)
        process = self._processes.get(key)
        if process is not None and process.from_ring and _goes_on(process, row):
            yield from self._was_no_ring(process)
        elif process is None or process.over or process.from_ring or _went_back(process, row):
            yield from self._make_room(key)
            process = self._begin(key, row)
        yield from self._judge(process, rows)

    def _judge(self, process: WatchedProcess, rows: Sequence[CollectionRow]) -> Iterator[News]:
        self._spoke = process
        if not process.worker:
            self._last_main = process
        self._processes.move_to_end((process.pid, process.isolate))
        row = rows[0]
        said_ms = [row.at_ms for row in rows if row.at_ms is not None]
        if said_ms:
            self.elapsed_ms = max(self.elapsed_ms, process.base_ms + max(said_ms))
            if row.pid is not None and row.isolate_id is None:
                siblings = self._siblings.get(row.pid)
                if siblings is None:
                    siblings = self._siblings[row.pid] = Siblings()
                siblings.speak(process, min(said_ms))
        for events in process.collections(rows):
            yield from self._changes(process, events)
        if any(row.collector == FULL for row in rows):
            yield from self._unsaid(process)

    def _begin(self, key: Key, row: CollectionRow) -> WatchedProcess:
        """A new process; it replaces an earlier run with the same key."""
        earlier = self._processes.pop(key, None)
        run = 1 if earlier is None else earlier.run + 1
        process = WatchedProcess(*key, run, self._settings)
        self._last_begin = row.line
        self._adopt(process)
        process.base_ms = self.elapsed_ms - (row.at_ms or 0.0)
        self._processes[key] = process
        for option in self._options.values():
            process.option(option)
        crash = self._crash
        if crash is not None and crash.owner is None and row.line - crash.block.first_line < CRASH_BLOCK_LINES:
            crash.speaker = process
            process.hold()
        return process

    def _make_room(self, key: Key) -> Iterator[News]:
        """Settle and forget the earlier run with this key or, if there are too many processes, the one silent for longest."""
        gone = self._processes.get(key)
        if gone is None and len(self._processes) >= KEPT_PROCESSES:
            gone = next(iter(self._processes.values()))
        if gone is None:
            return
        if self._crash is not None and gone in (self._crash.in_ring, self._crash.speaker):
            yield from self._settle_crash()
        if self._stopped is not None:
            yield from self._settle_stopped()
        yield from self._settled(gone, final=True)
        if self._is_shown(gone):
            self._ended = max(filter(None, (self._ended, gone.level)), key=LEVELS.index)
        if gone.pid is not None and (siblings := self._siblings.get(gone.pid)) is not None:
            siblings.forget(gone)
            if siblings.are_none:
                del self._siblings[gone.pid]
        if (gone.pid, gone.isolate) != key:
            del self._processes[gone.pid, gone.isolate]
        self._spoke = None if self._spoke is gone else self._spoke
        self._last_main = None if self._last_main is gone else self._last_main
        self._ring_owner = None if self._ring_owner is gone else self._ring_owner

    def _adopt(self, process: WatchedProcess) -> None:
        """The first traced process adopts the memory figures printed before its first collection."""
        untraced = self._processes.get(UNTRACED)
        if untraced is not None and len(self._processes) == 1 and not untraced.over and not untraced.from_ring:
            process.adopt_readings(self._processes.pop(UNTRACED))
            self._spoke = None if self._spoke is untraced else self._spoke
            self._last_main = None

    def _begin_untraced(self, line: int) -> WatchedProcess:
        earlier = self._processes.pop(UNTRACED, None)
        run = 1 if earlier is None else earlier.run + 1
        process = WatchedProcess(None, None, run, self._settings)
        process.base_ms = self.elapsed_ms
        for message in self._nobodys:
            process.message(message)
        self._processes[UNTRACED] = process
        self._last_begin = line
        return process

    # ------------------------------------------------------------ rings

    def _from_ring(self, row: CollectionRow) -> Iterator[News]:
        """A record from a crash's ring; one that the trace has already printed is not news."""
        owner = self._owner_of_ring(row)
        is_news = owner is None or (row.at_ms is not None and row.at_ms > owner.clock_ms)
        if owner is None:
            key = (row.pid, row.isolate)
            yield from self._make_room(key)
            owner = self._begin(key, row)
            owner.from_ring = True
        self._ring_owner = owner
        crash = self._crash
        if crash is not None and crash.in_ring is None:
            speaker, crash.in_ring = crash.speaker, owner
            if speaker is not None and speaker is not owner:
                yield from self._changes(speaker, speaker.release())
            owner.hold()
        if is_news:
            yield from self._judge(owner, [row])

    def _owner_of_ring(self, row: CollectionRow) -> WatchedProcess | None:
        """The process whose collections a ring repeats. A ring without a pid (V8 4.5 to 5.1) or a trace must have a record in common."""
        if row.pid is None:
            if self._ring_owner is not None:
                return self._ring_owner
            traced = [process for process in self._processes.values() if not process.over]
            same = [process for process in traced if process.has_printed(row)]
            alone = traced if len(traced) == 1 and not traced[0].from_ring else []
            return next(reversed(same or alone), None)
        process = self._processes.get((row.pid, row.isolate))
        if process is None or process.over:
            return None
        if process.from_ring and not process.has_printed(row) and (process is not self._ring_owner or _went_back(process, row)):
            return None
        return process

    def _was_no_ring(self, process: WatchedProcess) -> Iterator[News]:
        """The trace goes on after what was taken for a ring: it was a process that had just begun, after a banner without a ring."""
        process.from_ring = False
        crash = self._crash
        if crash is None or crash.in_ring is not process:
            return
        yield from self._changes(process, process.release())
        crash.in_ring = None
        left = crash.block.without_ring()
        if left is None:
            self._crash = None
            return
        crash.block = left
        if crash.speaker is not None:
            crash.speaker.hold()

    # ------------------------------------------------------------ crashes

    def _from_crash(self, record: CrashRecord) -> Iterator[News]:
        crash = self._crash
        if crash is not None and crash.block.ends_before(record):
            yield from self._settle_crash()
            crash = None
        if crash is None:
            speaker = None if self._spoke is None or self._spoke.over else self._spoke
            self._crash = _OpenCrash(speaker, CrashBlock(record, KEPT_CRASH_RECORDS))
            if speaker is not None:
                speaker.hold()
        else:
            crash.block.add(record)
        if isinstance(record, CrashMarker) and record.kind == RING_BANNER:
            self._ring_owner = None

    def _settle_crash(self) -> Iterator[News]:
        """The crash is complete: give it to the process that died, or to a new one of which nothing else is known."""
        crash, self._crash = self._crash, None
        if crash is None:
            return
        owner, records = crash.owner, crash.block.records
        lines_after = self.reader.line_counts.total - crash.block.last_line
        if not is_crash(records, lines_after, owned=owner is not None, is_reported=crash.has_last_word):
            records = []
        if owner is None and any(isinstance(record, FatalError | CrashMarker) for record in records):
            yield from self._make_room((None, None))
            earlier = self._processes.pop((None, None), None)
            owner = WatchedProcess(None, None, 1 if earlier is None else earlier.run + 1, self._settings)
            owner.over = True
            self._processes[None, None] = owner
        if owner is not None:
            yield from self._settled(owner, records)

    def _settle_stopped(self) -> Iterator[News]:
        """A worker was stopped at its own limit: the one heard from last of those silent since. Each worker only once."""
        if self._stopped is None:
            return
        (message, speaker), self._stopped = self._stopped, None
        workers = [process for process in self._processes.values() if process.worker and process.crash is None]
        silent = [process for process in workers if process.last_line < message.line]
        owner = max(silent, key=lambda process: process.last_line, default=speaker)
        if owner is None and not self._processes:
            owner = self._begin_untraced(message.line)
        if owner is not None:
            owner.message(message)
            yield from self._settled(owner)

    def _settled(self, process: WatchedProcess, records: list[CrashRecord] | None = None, *, final: bool = False) -> list[News]:
        known = process.crash
        news = self._changes(process, process.settle(records or (), final=final))
        crash = process.crash
        if final:
            news += self._changes(process, process.settle_kill())
        is_killed = process.kill is not None and process.kill.for_memory
        if crash is not None and crash is not known:
            self.has_crash = True
            if not (crash.exhausted and crash.message) and not is_killed and self._is_shown(process):
                news.append(Death(process.view(), crash))
        self.has_crash = self.has_crash or is_killed
        return [*news, *self._unsaid(process, final=True)] if final else news

    def _changes(self, process: WatchedProcess, events: Iterable[TimelineEvent]) -> list[News]:
        """Changes of the judges' verdict, each with the level that all that is known calls for."""
        return [change for event in events for change in self._change(process, process.now.change(event), event)]

    def _unsaid(self, process: WatchedProcess, *, final: bool = False) -> list[News]:
        """The change of a level that is none of the judges' verdict."""
        event = process.now.change_since(process.said, final=final)
        return [] if event is None else self._change(process, event, None)

    def _change(self, process: WatchedProcess, event: TimelineEvent, judged: TimelineEvent | None) -> list[News]:
        before, process.said = process.said, event.level
        return [Change(process.view(), event, before, judged)] if self._is_shown(process) else []


def _went_back(process: WatchedProcess, row: CollectionRow) -> bool:
    return went_back(process.clock_ms, row.at_ms)


def _goes_on(process: WatchedProcess, row: CollectionRow) -> bool:
    """Whether a trace goes on right after what looked like a ring; a process prints no collection after its ring."""
    return row.line - process.last_line < CRASH_BLOCK_LINES and not _went_back(process, row)
