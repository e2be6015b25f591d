"""One process under watch: its judges, fed with its records as they come, and the few records that explain its end.

What is kept does not grow with the log: of a scavenge only its share of the last minute.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gclog.analysis.measure.crash import classify_crash
from gclog.analysis.measure.memory import PARTS
from gclog.analysis.verdict.judge import Judge
from gclog.analysis.verdict.memory_judge import MemoryJudge, WorstOf
from gclog.analysis.verdict.outside import find_kill, find_memory_limit
from gclog.analysis.verdict.signals import collection_seen
from gclog.incident.settings import Settings
from gclog.model.columns import Columns
from gclog.model.records import (
    COLLECTOR_OF_TYPE,
    Collection,
    Collector,
    HeapOption,
    MemoryUsage,
    Message,
    Record,
    column_specs,
)
from gclog.model.verdict import (
    LIMITING_OPTIONS,
    Crash,
    Forecast,
    GrowthKind,
    Level,
    Limit,
    NoForecast,
    NoLimit,
    TimelineEvent,
)
from gclog.model.witness import MemoryLimit, NoMemoryLimit, OutsideKill
from gclog.processes.crash_blocks import CrashRecord
from gclog.processes.message_kills import find_ends
from gclog.processes.rows import Rows
from gclog.processes.tables import TableBuilder
from gclog.processes.workers import WORKER_STOPPED
from gclog.units import MS_PER_SECOND

__all__ = ["KEPT_CRASH_RECORDS", "LastMinute", "View", "WatchedProcess"]

KEPT_EVENTS = 1000
"""Changes of the verdict that are kept: a process may waver for weeks."""

KEPT_CRASH_RECORDS = 1000
"""Records of crashes that are kept: a crash has about 60, most of them stack frames, unless the log was crafted to exhaust its reader."""

KEPT_COLLECTIONS = 16
"""The last collections, which a crash's ring may repeat: a ring holds four whole ones at most."""

SECONDS = 60


class LastMinute:
    """The share of the last minute, on V8's clock, that was spent in pauses, in slots of a second."""

    def __init__(self) -> None:
        self._pauses_ms = [0.0] * SECONDS
        self._second: int | None = None
        self._first_ms = self._last_ms = 0.0

    def add(self, at_ms: float, pause_ms: float) -> None:
        """A collection that ended at `at_ms`. Moments do not go back."""
        second = int(at_ms // MS_PER_SECOND)
        if self._second is None:
            self._second, self._first_ms = second, at_ms - pause_ms
        for passed in range(self._second + 1, min(second, self._second + SECONDS) + 1):
            self._pauses_ms[passed % SECONDS] = 0.0
        if second - self._second >= SECONDS:
            self._pauses_ms = [0.0] * SECONDS
        self._second = max(second, self._second)
        self._pauses_ms[second % SECONDS] += pause_ms
        self._last_ms = at_ms

    @property
    def share(self) -> float:
        """0..1, NaN before any time has passed. For a process younger than a minute: the share of its life."""
        passed_ms = min(SECONDS * MS_PER_SECOND, self._last_ms - self._first_ms)
        return min(sum(self._pauses_ms) / passed_ms, 1.0) if passed_ms > 0 else math.nan


@dataclass(frozen=True, slots=True)
class View:
    """A process at a moment. Sizes are MB, NaN if not known; `at_ms` is of its last collection, `wall_ms` of its last line.

    live_mb      left by the last full collection
    growth       of the live set; `off-heap` if only memory outside the heap grows
    strikes      ineffective full collections in a row now, by V8's own rule
    pause_ms     sum of all pauses so far
    rss_mb, external_mb, memory_limit_mb   as the program last printed them, and the limit of all memory
    is_outside   the level comes from all memory, not from the heap
    """

    pid: int | None
    isolate: str | None
    run: int
    worker: bool
    level: Level
    at_ms: float
    wall_ms: float | None
    live_mb: float
    limit: Limit | NoLimit
    forecast: Forecast | NoForecast
    growth: GrowthKind
    strikes: int
    pause_ms: float
    minute_share: float
    collections: dict[Collector, int]
    rss_mb: float = math.nan
    external_mb: float = math.nan
    memory_limit_mb: float = math.nan
    is_outside: bool = False

    @property
    def is_traced(self) -> bool:
        """Whether any of its collections is known."""
        return any(self.collections.values())


class WatchedProcess:
    """Takes a process's records in the order of their lines, and gives the changes of its verdict.

    While its crash is being printed, collections are held back: only the whole crash shows whether it dies for lack of heap.

    from_ring   known from a crash's ring alone
    over        it has ended without a collection: the next record without pid and isolate is another process's
    clock_ms    V8's clock at the last collection, NaN if that had none
    base_ms     start of its clock, on that of the whole log
    kill        how it was killed from outside; `killed_pid`: its pid by the kernel's lines, if its own have none
    """

    def __init__(self, pid: int | None, isolate: str | None, run: int, settings: Settings) -> None:
        self.pid, self.isolate, self.run = pid, isolate, run
        self.from_ring = self.over = self.worker = False
        self.crash: Crash | None = None
        self.kill: OutsideKill | None = None
        self.killed_pid: int | None = None
        self.clock_ms = math.nan
        self.base_ms = 0.0
        self.last_line = 0
        self._wall_ms: float | None = None
        self._judge = Judge(settings.heap_limit_mb)
        self._memory = MemoryJudge(find_memory_limit((), (), settings.memory_limit_mb))
        self._worst = WorstOf()
        self._v8_ms = math.nan
        self._reading_line = self._passed_on = 0
        self._reading_mb = math.nan
        self._given_mb = settings.heap_limit_mb
        self._option: HeapOption | None = None
        self._tail: deque[Collection] = deque(maxlen=KEPT_COLLECTIONS)
        self._last_full: Collection | None = None
        self._crash_records: list[CrashRecord] = []
        self._messages: list[Message] = []
        self._held: list[Collection | MemoryUsage] | None = None
        self._minute = LastMinute()
        self._counts: Counter[Collector] = Counter()
        self._pause_ms = 0.0

    # ------------------------------------------------------------ records

    def collection(self, row: Collection) -> list[TimelineEvent]:
        """A collection of this process."""
        self.clock_ms = math.nan if row.at_ms is None else row.at_ms
        self.last_line, self._wall_ms = row.line, row.wall_ms
        self.worker = self.worker or bool(row.isolate_id)
        self._counts[row.collector] += 1
        self._pause_ms += row.pause_ms or 0.0
        if row.at_ms is not None:
            self._minute.add(row.at_ms, row.pause_ms or 0.0)
        return self._held_or_judged(row)

    def reading(self, row: MemoryUsage) -> list[TimelineEvent]:
        """Memory figures that the program printed."""
        self._reading_line, self._reading_mb = row.line, _size_mb(row)
        self._wall_ms = self._wall_ms if row.wall_ms is None else row.wall_ms
        return self._held_or_judged(row)

    def was_killed_before(self, row: MemoryUsage) -> bool:
        """Whether a message after its last figures reports its end: these figures are then the next process's."""
        messages = [message for message in self._messages if message.line > self._reading_line]
        return bool(messages and find_ends(messages, [self._reading_line, row.line], [self._reading_mb, _size_mb(row)]))

    def adopt_readings(self, other: WatchedProcess) -> None:
        """Adopt the memory figures of a process that turned out to be this one."""
        self._memory, self._reading_line, self._reading_mb = other._memory, other._reading_line, other._reading_mb
        self._pass_on_memory()

    def _held_or_judged(self, row: Collection | MemoryUsage) -> list[TimelineEvent]:
        if self._held is not None:
            self._held.append(row)
            return []
        return self._judged([row])

    def has_printed(self, row: Collection) -> bool:
        """Whether a record of a ring repeats one of the last collections."""
        own = [*self._tail, *self._collections(self._held or ())]
        return any(row.at_ms == printed.at_ms and row.used_after_mb == printed.used_after_mb for printed in own)

    def option(self, option: HeapOption) -> None:
        """An option named in the log, before or during the life of this process; the last one counts."""
        if option.option in LIMITING_OPTIONS:
            self._judge.option(option.line, option.mb, option.option)
        self._option = option if option.option == "max_old_space_size" else self._option

    def message(self, message: Message) -> list[TimelineEvent]:
        """A message that may explain its death, if no collection follows or if it says so itself."""
        self._messages.append(message)
        del self._messages[:-KEPT_CRASH_RECORDS]
        limit = find_memory_limit([message], (), None)
        if isinstance(limit, NoMemoryLimit) or isinstance(self._memory.limit, MemoryLimit):
            return []
        seen = len(self._worst.timeline)
        self._memory.set_limit(limit)
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
        crash = classify_crash(said, self._last_rows(self._collections(held)), self._given_mb, self._reading_line)
        if crash is None:
            return self._judged(held)
        self.crash = self.crash if crash == self.crash else crash
        events = self._judged([row for row in held if row.line <= crash.line])
        known = self._known_at_once(crash, [record for record in said if record.line <= crash.line])
        if known.exhausted:
            at_ms = crash.at_ms if known.at_ms is None else known.at_ms
            judged, seen = len(self._judge.timeline), len(self._worst.timeline)
            self._judge.fatal(known.line, at_ms or 0.0, known.reason)
            self._pass_on_heap(judged)
            events += self._news(seen)
        return events + self._judged([row for row in held if row.line > crash.line])

    @property
    def line_of_kill(self) -> int | None:
        """The line that reports that the kernel or a container runtime killed it, if nothing of it came after; None without one."""
        kill = None if self.kill is not None else self._find_kill()
        return None if kill is None or kill.by == "unknown" else kill.line

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
        return (
            find_kill(self._messages, max(self.last_line, self._reading_line), self._memory.state(), self._memory.limit)
            if self._messages
            else None
        )

    def _known_at_once(self, crash: Crash, records: Sequence[Record]) -> Crash:
        """The crash by the lines up to its message, as for a finished log, against the limit known by then."""
        rows = self._last_rows(())
        known = classify_crash(records, rows, self._given_mb, self._reading_line)
        retried = known is not None and known.kind == "heap-limit" and (known.location or "").startswith("CALL_AND_RETRY")
        if retried and self._given_mb is None and isinstance(limit := self._judge.limit, Limit):
            known = classify_crash(records, rows, limit.mb, self._reading_line)
        return known or crash

    def _last_rows(self, held: Sequence[Collection]) -> Rows:
        """The collections that decide the kind of a crash: the last ones, with the last full one."""
        last_full = [] if self._last_full is None or self._last_full in self._tail else [self._last_full]
        columns = Columns(Collection)
        for row in [*last_full, *self._tail, *held]:
            columns.append({name: getattr(row, name) for name in column_specs(Collection)})
        builder = TableBuilder()
        builder.add({Collection: [columns]})
        return builder.build().rows

    @staticmethod
    def _collections(rows: Iterable[Collection | MemoryUsage]) -> list[Collection]:
        return [row for row in rows if isinstance(row, Collection)]

    def _judged(self, rows: Sequence[Collection | MemoryUsage]) -> list[TimelineEvent]:
        judge, seen = self._judge, len(self._worst.timeline)
        for row in rows:
            if isinstance(row, MemoryUsage):
                self._read_memory(row)
                self._pass_on_memory()
                continue
            self._tail.append(row)
            if row.collector == "mark_compact" and row.used_after_mb is not None:
                self._last_full = row
            self._v8_ms = self._v8_ms if row.at_ms is None else row.at_ms
            judged = len(judge.timeline)
            judge.see(collection_seen(row))
            self._pass_on_heap(judged)
        return self._news(seen)

    def _read_memory(self, row: MemoryUsage) -> None:
        parts = [getattr(row, f"{name}_mb") for name in PARTS]
        wall_ms = math.nan if row.wall_ms is None else row.wall_ms
        self._memory.reading(row.line, wall_ms, self._v8_ms, [math.nan if mb is None else mb for mb in parts])

    # ------------------------------------------------------------ the two judges

    def _pass_on_heap(self, seen: int) -> None:
        """Pass on what the heap's judge has added to its timeline since it had `seen` events."""
        timeline = self._judge.timeline
        if len(timeline) > seen:
            for event in timeline[seen:]:
                self._worst.heap(event)
            del timeline[:-KEPT_EVENTS]

    def _pass_on_memory(self) -> None:
        """Pass on what memory's judge has added to its timeline."""
        timeline = self._memory.timeline
        for event in timeline[self._passed_on :]:
            self._worst.outside(event)
        del timeline[:-KEPT_EVENTS]
        self._passed_on = len(timeline)

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
    def level(self) -> Level:
        """The verdict now."""
        return self._worst.level

    @property
    def last_event(self) -> TimelineEvent | None:
        """The last change of the verdict."""
        return self._worst.timeline[-1] if self._worst.timeline else None

    def view(self) -> View:
        """The process now."""
        full, strikes = self._last_full, self._judge.strikes
        return View(
            pid=self.killed_pid if self.pid is None else self.pid,
            isolate=self.isolate,
            run=self.run,
            worker=self.worker,
            level=self.level,
            at_ms=self._judge.last_ms,
            wall_ms=self._wall_ms,
            live_mb=math.nan if full is None or full.used_after_mb is None else full.used_after_mb,
            limit=self._judge.limit,
            forecast=self._judge.forecast(),
            growth="off-heap" if self._judge.growth == "none" and self._memory.growth == "off-heap" else self._judge.growth,
            strikes=strikes[-1].count if strikes and full is not None and strikes[-1].line == full.line else 0,
            pause_ms=self._pause_ms,
            minute_share=self._minute.share,
            collections={name: self._counts[name] for name in dict.fromkeys(COLLECTOR_OF_TYPE.values())},
            is_outside=self._worst.is_outside,
            rss_mb=self._memory.rss_mb,
            external_mb=self._memory.external_mb,
            memory_limit_mb=self._memory.limit.mb if isinstance(self._memory.limit, MemoryLimit) else math.nan,
        )


def _size_mb(row: MemoryUsage) -> float:
    """The largest figure given: RSS, else the heap's; NaN if there is none."""
    return next((mb for mb in (row.rss_mb, row.heap_total_mb, row.heap_used_mb) if mb is not None), math.nan)
