"""The processes of a growing log: what is known of them up to now, and what is done when a line turns out to be of one.

Of which a line is, `gclog.processes.attribution` decides, as for a finished log.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gclog.diagnose.signs import AT_LIMIT_MESSAGES
from gclog.incident.settings import Settings
from gclog.model.records import HeapOption, Message
from gclog.model.verdict import LEVELS, Crash, Level, TimelineEvent
from gclog.processes.attribution import Attribution, went_back
from gclog.processes.crash_blocks import CrashRecord
from gclog.processes.log import Key
from gclog.processes.messages import KEPT_PROCESSES
from gclog.processes.ring_owners import Ring
from gclog.processes.runs import CollectionRow
from gclog.processes.workers import WORKER_STOPPED, Siblings
from gclog.recognise.reader import Reader
from gclog.watch.now import Now
from gclog.watch.process import FULL, KEPT_CRASH_RECORDS, WatchedProcess
from gclog.watch.view import View

__all__ = ["UNTRACED", "Change", "Death", "News", "WatchedLog"]

UNTRACED: Key = (None, "")
"""The key of a process of which no collection is known; one whose lines name no pid has another."""


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
        """Whether there is something to report: that a process began, or another level. The judges may change their verdict below, or up
        to, a level that something else calls for."""
        return self.event.level != self.before or self.event.level == LEVELS[0]


@dataclass(frozen=True, slots=True)
class Death:
    """A process died, but not for lack of heap: its verdict stays."""

    process: View
    crash: Crash


News = Change | Death


class WatchedLog:
    """What is known of a growing log. Of the settings it uses the limits and the isolate.

    reader       recognises and counts the lines
    elapsed_ms   time since the first collection, by the clocks of the processes
    has_crash    a process has died
    """

    def __init__(self, settings: Settings | None = None) -> None:
        self.reader = Reader()
        self.elapsed_ms = 0.0
        self.has_crash = False
        self._settings = settings or Settings()
        self._attribution = Attribution[WatchedProcess](self, KEPT_CRASH_RECORDS)
        self._news: list[News] = []
        self._processes: OrderedDict[Key, WatchedProcess] = OrderedDict()
        self._siblings: dict[int, Siblings] = {}
        self._ended: Level | None = None
        self._options: dict[str, HeapOption] = {}
        self._spoke: WatchedProcess | None = None
        self._last_main: WatchedProcess | None = None
        self._last_begin = 0
        self._doomed: list[WatchedProcess] = []

    # ------------------------------------------------------------ what has been said

    def last(self) -> WatchedProcess | None:
        return self._spoke

    def last_main(self) -> WatchedProcess | None:
        if self._last_main is not None and not self._last_main.worker:
            return self._last_main
        mains = [process for process in self._traced() if not process.worker]
        return max(mains, key=lambda process: (not process.from_ring, process.last_line), default=None)

    def latest(self, key: Key) -> WatchedProcess | None:
        return self._processes.get(key)

    def main_of(self, pid: int) -> WatchedProcess | None:
        own = (process for process in self._traced() if process.pid == pid and not process.worker)
        return max(own, key=lambda process: process.first_line, default=None)

    def workers(self) -> Iterable[WatchedProcess]:
        return (process for process in self._processes.values() if process.worker)

    def candidates(self, key: Key, ring: Ring) -> Iterable[WatchedProcess]:
        own = self._processes.get(key)
        return self._traced() if key[0] is None else [] if own is None else [own]

    @property
    def is_empty(self) -> bool:
        return not self._processes

    @property
    def line_count(self) -> int:
        return self.reader.line_counts.total

    def _traced(self) -> Iterable[WatchedProcess]:
        return (process for key, process in self._processes.items() if key != UNTRACED)

    def _is_shown(self, process: WatchedProcess) -> bool:
        return self._settings.isolate in (None, process.isolate)

    # ------------------------------------------------------------ what is told

    def begin(self, key: Key, line: int, *, worker: bool) -> WatchedProcess:
        process = self._new(key, line)
        process.worker = worker
        return process

    def begin_untraced(self, line: int) -> WatchedProcess:
        process = self._new(UNTRACED, line)
        process.base_ms = self.elapsed_ms
        return process

    def adopt(self, process: WatchedProcess, untraced: WatchedProcess) -> None:
        self.drop(untraced)
        process.adopt_readings(untraced)

    def drop(self, untraced: WatchedProcess) -> None:
        if self._processes.get(UNTRACED) is untraced:
            del self._processes[UNTRACED]

    def ended(self, process: WatchedProcess) -> None:
        self._settle(process, final=True)

    def message(self, process: WatchedProcess, message: Message) -> None:
        self._speaks(process, message.line)
        self._tell(process, process.message(message))
        if message.kind in AT_LIMIT_MESSAGES and process.first_line:
            self._tell_rest(process)
        if message.kind == WORKER_STOPPED:
            self._settle(process)
        elif process.line_of_kill is not None and process not in self._doomed:
            self._doomed.append(process)

    def named(self, process: WatchedProcess, options: Iterable[HeapOption]) -> None:
        for option in options:
            process.option(option)

    def option(self, option: HeapOption) -> None:
        self._options.pop(option.option, None)
        self._options[option.option] = option

    def _speaks(self, process: WatchedProcess, line: int) -> None:
        """A process speaks in a line: the options that were named before are its own."""
        for option in self._options.values():
            if process.options_line < option.line <= line:
                process.option(option)
        process.options_line = line

    def hold(self, process: WatchedProcess) -> None:
        process.hold()

    def release(self, process: WatchedProcess) -> None:
        self._tell(process, process.release())

    def crash(self, process: WatchedProcess | None, records: list[CrashRecord]) -> WatchedProcess:
        process = process or self._new(UNTRACED, records[0].line)
        if records:
            self._speaks(process, records[-1].line)
        self._settle(process, records)
        return process

    # ------------------------------------------------------------ processes

    def _new(self, key: Key, line: int) -> WatchedProcess:
        self._make_room(key)
        earlier = self._processes.pop(key, None)
        pid, isolate = (None, None) if key == UNTRACED else key
        process = self._processes[key] = WatchedProcess(pid, isolate, 1 if earlier is None else earlier.run + 1, self._settings)
        process.options_line = line
        self._last_begin = line
        return process

    def _make_room(self, key: Key) -> None:
        """Settle and forget the earlier run with this key or, if there are too many processes, the one silent for longest."""
        gone = self._processes.get(key)
        if gone is None and len(self._processes) >= KEPT_PROCESSES:
            oldest, gone = next(iter(self._processes.items()))
            self._attribution.forget(gone)
            self._processes.pop(oldest, None)
        if gone is None:
            return
        self._settle(gone, final=True)
        if self._is_shown(gone):
            self._ended = max(filter(None, (self._ended, gone.level)), key=LEVELS.index)
        if gone.pid is not None and (siblings := self._siblings.get(gone.pid)) is not None:
            siblings.forget(gone)
            if siblings.are_none:
                del self._siblings[gone.pid]
        self._spoke = None if self._spoke is gone else self._spoke
        self._last_main = None if self._last_main is gone else self._last_main

    # ------------------------------------------------------------ collections

    def _take_run(self, rows: Sequence[CollectionRow]) -> None:
        """A run of the trace's collections: the first shows whether a process begins."""
        row = rows[0]
        key = (row.pid, row.isolate)
        process = self._processes.get(key)
        if process is None or process.from_ring or went_back(process.clock_ms, row.at_ms):
            process = self._attribution.begins(key, row.line, row.at_ms, worker=bool(row.isolate_id))
        if not process.worker:
            self._last_main = process
        self._judge(process, rows)

    def _take_ring(self, row: CollectionRow) -> None:
        """A record from a crash's ring; one that the trace has already printed is not news."""
        ring = [(row.at_ms, row.used_after_mb)]
        owner = self._attribution.ring((row.pid, row.isolate), row.line, ring, worker=bool(row.isolate_id))
        if math.isnan(owner.clock_ms) or (row.at_ms is not None and row.at_ms > max(owner.clock_ms, owner.ring_ms)):
            clock_ms = owner.clock_ms
            self._judge(owner, [row])
            if not owner.from_ring:
                owner.ring_ms, owner.so_far.clock_ms = owner.clock_ms, clock_ms

    def _judge(self, process: WatchedProcess, rows: Sequence[CollectionRow]) -> None:
        self._spoke = process
        self._processes.move_to_end((process.pid, process.isolate))
        row = rows[0]
        if math.isnan(process.base_ms):
            process.base_ms = self.elapsed_ms - (row.at_ms or 0.0)
        said_ms = [row.at_ms for row in rows if row.at_ms is not None]
        if said_ms:
            self.elapsed_ms = max(self.elapsed_ms, process.base_ms + max(said_ms))
            if row.pid is not None and row.isolate_id is None:
                siblings = self._siblings.get(row.pid)
                if siblings is None:
                    siblings = self._siblings[row.pid] = Siblings()
                siblings.speak(process, said_ms[0])
        self._speaks(process, row.line)
        for events in process.collections(rows):
            self._tell(process, events)
        if any(row.collector == FULL for row in rows):
            self._tell_rest(process)

    # ------------------------------------------------------------ news

    def _settle(self, process: WatchedProcess, records: list[CrashRecord] | None = None, *, final: bool = False) -> None:
        """A crash of a process is complete, or a message explains its death, or (`final`) it has ended."""
        known = process.crash
        self._tell(process, process.settle(records or (), final=final))
        crash = process.crash
        if final:
            self._tell(process, process.settle_kill())
        is_killed = process.kill is not None and process.kill.for_memory
        if crash is not None and crash is not known:
            self.has_crash = True
            if not (crash.exhausted and crash.message) and not is_killed and self._is_shown(process):
                self._news.append(Death(process.view(), crash))
        self.has_crash = self.has_crash or is_killed
        if final:
            self._tell_rest(process, final=True)

    def _tell(self, process: WatchedProcess, events: Iterable[TimelineEvent]) -> None:
        """Tell of changes of the judges' verdict, each with the level that all that is known calls for."""
        for event in events:
            now = process.now
            self._tell_change(process, now, now.change(event), event)

    def _tell_rest(self, process: WatchedProcess, *, final: bool = False) -> None:
        """Tell of a change of the level that is none of the judges' verdict. A death is told of by itself."""
        if process.crash is not None:
            return
        now = process.now
        event = now.change_since(process.said, final=final)
        if event is not None:
            self._tell_change(process, now, event, None)

    def _tell_change(self, process: WatchedProcess, now: Now, event: TimelineEvent, judged: TimelineEvent | None) -> None:
        before, process.said = process.said, event.level
        if self._is_shown(process):
            self._news.append(Change(process.view(now), event, before, judged))
