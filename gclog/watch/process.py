"""One process under watch: its judges, fed with its records as they come, and the few records that explain its end.

What is kept does not grow with the log: of a scavenge only its share of the last minute.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter

from gclog.analysis.measure.memory import PARTS
from gclog.analysis.measure.off_heap import ExternalSoFar
from gclog.analysis.measure.work import Work
from gclog.analysis.verdict.forecast import unless_dead
from gclog.analysis.verdict.judge import Judge
from gclog.analysis.verdict.memory_judge import MemoryJudge, WorstOf
from gclog.analysis.verdict.outside import find_kill, find_memory_limit, find_overuse
from gclog.analysis.verdict.replay import Young
from gclog.analysis.verdict.signals import collection_seen
from gclog.diagnose.signs import AT_LIMIT_MESSAGES
from gclog.incident.history_file import runs_of
from gclog.incident.settings import Settings
from gclog.model.crash_records import FatalError
from gclog.model.not_known import or_nan
from gclog.model.records import COLLECTOR_OF_TYPE, HeapOption, MemoryUsage, Message, Record
from gclog.model.verdict import LEVELS, LIMITING_OPTIONS, Crash, Level, TimelineEvent
from gclog.model.witness import MemoryLimit, NoMemoryLimit, OutsideKill
from gclog.processes.crash_blocks import CrashRecord
from gclog.processes.message_kills import Life, without_others
from gclog.processes.ring_owners import Ring
from gclog.processes.runs import CollectionRow
from gclog.processes.workers import WORKER_STOPPED
from gclog.watch.ending import Ending, table_of
from gclog.watch.now import Beside, Now, assess
from gclog.watch.so_far import SoFar
from gclog.watch.view import View

__all__ = ["FULL", "KEPT_CRASH_RECORDS", "WatchedProcess"]

KEPT_EVENTS = 1000
"""Changes of the verdict that are kept: a process may waver for weeks."""

KEPT_CRASH_RECORDS = 1000
"""Records of crashes that are kept: a crash has about 60, most of them stack frames, unless the log was crafted to exhaust its reader."""

KEPT_COLLECTIONS = 16
"""The last collections, which a crash's ring may repeat: a ring holds four whole ones at most."""

LONG_RUN = 16
"""Collections in a row of one process that are cheaper judged together than one by one."""

FULL = "mark_compact"
FULL_TYPES = frozenset(name for name, collector in COLLECTOR_OF_TYPE.items() if collector == FULL)

YOUNG_FIGURES = attrgetter("line", "at_ms", "used_after_mb")


class WatchedProcess:
    """Takes a process's records in the order of their lines, and gives the changes of its verdict.

    While its crash is being printed, collections are held back: only the whole crash shows whether it dies for lack of heap.

    stopped     Node has stopped it, a worker, at its limit
    from_ring   known from a crash's ring alone
    over        it has ended without a collection: the next record without pid and isolate is another process's
    said        the level that was last reported of it
    so_far      what its collections add up to; `external`: how the memory outside its heap moved, by --trace-gc-verbose
    ring_ms     V8's clock at the last collection that only a ring of its crash has
    base_ms     start of its clock, on that of the whole log, NaN before its first collection
    options_line  up to which line the options that are named are its own
    kill        how it was killed from outside; `killed_pid`: its pid by the kernel's lines, if its own have none
    """

    def __init__(self, pid: int | None, isolate: str | None, run: int, settings: Settings) -> None:
        self.pid, self.isolate, self.run = pid, isolate, run
        self.from_ring = self.over = self.worker = self.stopped = self.ends_in_full = False
        self.crash: Crash | None = None
        self.kill: OutsideKill | None = None
        self.killed_pid: int | None = None
        self.said: Level = LEVELS[0]
        self.so_far = SoFar()
        self.external = ExternalSoFar()
        self.ring_ms = -math.inf
        self.base_ms = math.nan
        self.last_line = self.first_line = self.options_line = 0
        self._wall_ms: float | None = None
        self._judge = Judge(settings.heap_limit_mb, settings.warn, runs_of(settings.history, ""))
        self._work = Work() if settings.history else None
        self._memory = MemoryJudge(find_memory_limit((), (), settings.memory_limit_mb), settings.heap_limit_mb)
        if settings.memory_limit_mb is not None:
            self._judge.memory(settings.memory_limit_mb)
        self._worst = WorstOf()
        self._v8_ms = math.nan
        self._reading_line = self._passed_on = self._heap_passed_on = 0
        self._given_mb = settings.heap_limit_mb
        self._option: HeapOption | None = None
        self._tail: deque[CollectionRow] = deque(maxlen=KEPT_COLLECTIONS)
        self._crash_records: list[CrashRecord] = []
        self._messages: list[Message] = []
        self._held: list[CollectionRow | MemoryUsage] | None = None
        self._at_limit_line: int | None = None

    # ------------------------------------------------------------ records

    def collections(self, rows: Sequence[CollectionRow]) -> Iterator[list[TimelineEvent]]:
        """A run of its collections. It stops after each of them that changes the verdict, as does `view`."""
        if self.worker:
            self._judge.forget_earlier()
        if self._held is None and len(rows) >= LONG_RUN and all(row.is_assessable for row in rows):
            yield from self._long_run(rows)
            return
        for row in rows:
            self._note(row)
            yield self._held_or_judged(row)

    def _long_run(self, rows: Sequence[CollectionRow]) -> Iterator[list[TimelineEvent]]:
        """Judge a run with a look only at those of its young collections that can change the verdict."""
        judge = self._judge
        full = [place for place, row in enumerate(rows) if row.collector == FULL]
        young = Young.of(map(YOUNG_FIGURES, rows))
        work_mb = [self._work_of(row) for row in rows]
        stops = deque((*full, len(rows)))
        begin = end = 0
        while begin < len(rows):
            judged, seen = len(judge.timeline), len(self._worst.timeline)
            while end < len(rows) and len(judge.timeline) == judged:
                if end == stops[0]:
                    judge.see(collection_seen(rows[end], work_mb[end]))
                    end = stops.popleft() + 1
                else:
                    end = young.feed(judge, end, stops[0])
            for row in rows[begin:end]:
                self._note(row)
                self._keep(row)
            self._pass_on_heap(judged)
            begin = end
            yield self._news(seen)

    def _work_of(self, row: CollectionRow) -> float:
        return math.nan if self._work is None else self._work.add_row(row)

    def _note(self, row: CollectionRow) -> None:
        """What is known of a collection without judging it."""
        self.last_line, self._wall_ms, self.ends_in_full = row.line, row.wall_ms, row.type in FULL_TYPES
        self.first_line = self.first_line or row.line
        if row.isolate_id:
            self.worker = True
        self.so_far.note(row)

    def _keep(self, row: CollectionRow) -> None:
        """A collection that is being judged."""
        self._tail.append(row)
        if row.used_after_mb is not None and row.collector == FULL:
            self.so_far.judged_full(row)
        if row.at_ms is not None:
            self._v8_ms = row.at_ms

    def reading(self, row: MemoryUsage) -> list[TimelineEvent]:
        """Memory figures that the program printed."""
        self._reading_line = row.line
        self.first_line = self.first_line or row.line
        self._wall_ms = self._wall_ms if row.wall_ms is None else row.wall_ms
        return self._held_or_judged(row)

    def adopt_readings(self, other: WatchedProcess) -> None:
        """Adopt the memory figures, and what was said, of a process that turned out to be this one."""
        self._memory, self._reading_line = other._memory, other._reading_line
        self._messages, self.first_line = [*other._messages, *self._messages], other.first_line
        self._at_limit_line, self.said = other._at_limit_line, other.said
        self._pass_on_memory()

    def _held_or_judged(self, row: CollectionRow | MemoryUsage) -> list[TimelineEvent]:
        if self._held is not None:
            self._held.append(row)
            return []
        return self._judged([row])

    def common(self, ring: Ring) -> int:
        """How many of a ring's records repeat one of the last collections."""
        printed = {(row.at_ms, row.used_after_mb) for row in (*self._tail, *self._collections(self._held or ()))}
        return sum(record in printed for record in ring)

    def option(self, option: HeapOption) -> None:
        """An option of this process; the last one counts."""
        if option.option in LIMITING_OPTIONS:
            self._judge.option(option.line, option.mb, option.option)
            self._memory.heap_option(option.line, option.mb, option.option)
        self._option = option if option.option == "max_old_space_size" else self._option

    def message(self, message: Message) -> list[TimelineEvent]:
        """A message that may explain its death, if no collection follows or if it says so itself."""
        self._messages.append(message)
        if self._at_limit_line is None and message.kind in AT_LIMIT_MESSAGES:
            self._at_limit_line = message.line
        del self._messages[:-KEPT_CRASH_RECORDS]
        if not self._memory.readings and (over := find_overuse(self._messages, self._memory.limit)) is not None:
            self._memory.over(*over)
        limit = find_memory_limit(without_others(self._messages, self.pid), (), None)
        seen = len(self._worst.timeline)
        if isinstance(limit, MemoryLimit) and isinstance(self._memory.limit, NoMemoryLimit):
            self._memory.set_limit(limit)
            self._judge.memory(limit.mb)
        self._pass_on_memory()
        return self._news(seen)

    # ------------------------------------------------------------ the end

    def hold(self) -> None:
        """Its crash is being printed: hold collections back."""
        self._held = [] if self._held is None else self._held

    def release(self) -> list[TimelineEvent]:
        """The crash was not its own: judge what was held back."""
        held, self._held = self._held, None
        return self._judged(held or [])

    def settle(self, records: Sequence[CrashRecord] = (), *, final: bool = False) -> list[TimelineEvent]:
        """A crash is complete, or (`final`) the process has ended and its last messages count: find what killed it, if anything
        did, and judge what was held back."""
        self._crash_records += records[: KEPT_CRASH_RECORDS - len(self._crash_records)]
        messages = [message for message in self._messages if final or message.kind == WORKER_STOPPED]
        held, self._held = self._held or [], None
        said: list[Record] = [*self._crash_records, *messages, *([] if self._option is None else [self._option])]
        if self._judge.level == "exhausted" or not (self._crash_records or messages):
            return self._judged(held)
        ending = self._ending(said, self._collections(held))
        crash = ending.crash()
        if crash is None:
            return self._judged(held)
        events = self._judged([row for row in held if row.line <= crash.line])
        is_alone = not (held or self._tail) and all(record.line <= crash.line for record in said)
        until = [record for record in said if record.line <= crash.line]
        known = crash if is_alone else self._ending(until, ()).crash_at(self._judge.limit) or crash
        if known.exhausted and known.message:
            at_ms = crash.at_ms if known.at_ms is None else known.at_ms
            judged, seen = len(self._judge.timeline), len(self._worst.timeline)
            self._judge.fatal(known.line, at_ms or 0.0, known.reason)
            self._pass_on_heap(judged)
            events += self._news(seen)
        events += self._judged([row for row in held if row.line > crash.line])
        found = ending.with_limit(ending.crash_at(self._judge.limit, crash) or crash)
        self.crash = self.crash if found == self.crash else found
        return events

    @property
    def heard_line(self) -> int:
        """The last line that is its own."""
        said = [record.line for record in (*self._messages[-1:], *self._crash_records[-1:])]
        return max(self.last_line, self._reading_line, *said)

    @property
    def line_of_kill(self) -> int | None:
        """The line that reports that the kernel or a container runtime killed it, if nothing of it came after; None without one."""
        kill = None if self.kill is not None else self._find_kill()
        return None if kill is None or not kill.for_memory else kill.line

    def settle_kill(self) -> list[TimelineEvent]:
        """It has ended: find whether it was killed from outside."""
        if self.kill is not None or (kill := self._find_kill()) is None:
            return []
        self.kill, self.killed_pid = kill, kill.pid
        seen = len(self._worst.timeline)
        self._memory.kill(kill, self._v8_ms)
        self._pass_on_memory()
        return self._news(seen)

    def _find_kill(self) -> OutsideKill | None:
        if not self._messages:
            return None
        kill = find_kill(self._messages, self._life.last_line, self._memory.state(), self._memory.limit, self._life)
        has_fatal = any(isinstance(record, FatalError) for record in self._crash_records)
        return None if kill is not None and kill.pid is None and has_fatal else kill

    @property
    def _life(self) -> Life:
        return Life(self.first_line, max(self.last_line, self._reading_line), self.so_far.total > 0, self.pid)

    def _ending(self, records: Sequence[Record], held: Sequence[CollectionRow]) -> Ending:
        """What decides the kind of its crash: the last collections, with the last full ones, and these records."""
        fulls = [row for row in self.so_far.fulls if row not in self._tail]
        rows = table_of([*fulls, *self._tail, *held])
        memory = self._memory.limit
        memory_mb = memory.mb if isinstance(memory, MemoryLimit) else None
        return Ending(rows, records, self._given_mb, self._reading_line, self._life, memory_mb)

    @staticmethod
    def _collections(rows: Iterable[CollectionRow | MemoryUsage]) -> list[CollectionRow]:
        return [row for row in rows if isinstance(row, CollectionRow)]

    def _judged(self, rows: Sequence[CollectionRow | MemoryUsage]) -> list[TimelineEvent]:
        judge, seen = self._judge, len(self._worst.timeline)
        for row in rows:
            if isinstance(row, MemoryUsage):
                self._read_memory(row)
                self._pass_on_memory()
                continue
            self._keep(row)
            work_mb = self._work_of(row)
            judged = len(judge.timeline)
            if row.collector == FULL:
                judge.see(collection_seen(row, work_mb))
            elif row.at_ms is not None and row.used_after_mb is not None:
                judge.young(row.line, row.at_ms, row.used_after_mb)
            self._pass_on_heap(judged)
        return self._news(seen)

    def _read_memory(self, row: MemoryUsage) -> None:
        parts = [getattr(row, f"{name}_mb") for name in PARTS]
        self._memory.reading(row.line, or_nan(row.wall_ms), self._v8_ms, list(map(or_nan, parts)))

    # ------------------------------------------------------------ the two judges

    def _pass_on_heap(self, seen: int) -> None:
        """Pass on what the heap's judge has added to its timeline since it had `seen` events."""
        timeline = self._judge.timeline
        if len(timeline) > seen:
            for event in timeline[seen:]:
                self._worst.heap(event)
            del timeline[:-KEPT_EVENTS]

    def _pass_on_memory(self) -> None:
        """Pass on what memory's judge has added to its timelines."""
        heap, self._heap_passed_on = _news_of(self._memory.heap_timeline, self._heap_passed_on)
        outside, self._passed_on = _news_of(self._memory.timeline, self._passed_on)
        self._worst.merge(heap, outside)

    def _news(self, seen: int) -> list[TimelineEvent]:
        """The changes of the verdict since there were `seen`."""
        timeline = self._worst.timeline
        if len(timeline) == seen:
            return []
        news = timeline[seen:]
        del timeline[:-KEPT_EVENTS]
        return news

    # ------------------------------------------------------------ now

    @property
    def now(self) -> Now:
        """The assessment of all lines so far."""
        beside = Beside(self.crash, self.kill, self._at_limit_line, self.from_ring, self.last_line)
        return assess(self._judge, self._memory, self._worst.level, self.so_far, self.external, beside)

    @property
    def level(self) -> Level:
        """The level now, with its death and all else that bears on it. None is above that of a death for lack of heap."""
        is_worst = self.crash is not None and self.crash.exhausted
        return LEVELS[-1] if is_worst else self.now.level

    @property
    def clock_ms(self) -> float:
        """V8's clock at the last collection, NaN if that had none."""
        return self.so_far.clock_ms

    @property
    def last_event(self) -> TimelineEvent | None:
        """The last change of the verdict."""
        return self._worst.timeline[-1] if self._worst.timeline else None

    def view(self, now: Now | None = None) -> View:
        """The process now; `now`: its assessment, if it is known."""
        so_far, now, judgement = self.so_far, now or self.now, self._memory.judgement
        is_of_memory = self._worst.is_outside and self.crash is None and so_far.total > 0
        forecast = self._memory.forecast() if self._memory.readings and not self._judge.timeline else self._judge.forecast()
        return View(
            pid=self.killed_pid if self.pid is None else self.pid,
            isolate=self.isolate,
            run=self.run,
            worker=self.worker,
            level=now.level,
            at_ms=self._judge.last_ms,
            wall_ms=self._wall_ms,
            live_mb=so_far.live_mb,
            limit=now.limit,
            forecast=unless_dead(forecast, self.crash),
            growth=now.growth,
            strikes=now.strikes,
            pause_ms=so_far.pause_ms,
            minute_share=so_far.minute_share,
            collections=so_far.counts,
            is_outside=self._worst.is_outside,
            memory_left_ms=judgement.left_ms if judgement is not None and is_of_memory else None,
            rss_mb=self._memory.rss_mb,
            external_mb=self._memory.external_mb,
            memory_limit_mb=self._memory.limit.mb if isinstance(self._memory.limit, MemoryLimit) else math.nan,
        )


def _news_of(timeline: list[TimelineEvent], passed_on: int) -> tuple[list[TimelineEvent], int]:
    """The events of a timeline after those passed on before, and how many of those that stay in it are passed on now."""
    news = timeline[passed_on:]
    del timeline[:-KEPT_EVENTS]
    return news, len(timeline)
