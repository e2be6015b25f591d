"""`gclog watch`: lines come in, changes of the verdict go out: to the terminal, a metrics file, a command, a web hook."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from gclog.errors import NothingToAnalyse, OutputError, UsageError
from gclog.files import write_file
from gclog.model.verdict import LEVELS, Level
from gclog.source.follow import Lines, follow
from gclog.source.open import Block, expand, open_source
from gclog.watch.alarms import Alarm
from gclog.watch.document import is_report, tell_report
from gclog.watch.metrics import render_metrics
from gclog.watch.process import View
from gclog.watch.status import StatusLine, change_line, death_line
from gclog.watch.watcher import Change, News, Watcher

__all__ = ["Session", "Wishes", "replay_lines", "stopping"]

REFRESH_S = 0.25
METRICS_S = 1.0
"""A scrape every few seconds is the custom; a file a second costs nothing beside it."""

BLOCK_BYTES = 1 << 16
"""Lines of a replayed log that are judged at once."""

NAP_S = 0.25
"""A replay sleeps in naps, so that Ctrl-C ends it at once."""

HELD_LINES = 64
"""Lines that may wait for the reader to say whose they are: the parts of a wrapped record are four."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user asks of a watch.

    replay       speed of a replay by the log's own clock, 0 as fast as possible; None to follow the log
    at           level that raises the alarms
    pass_on      copy the program's own lines to stdout; then changes go to stderr
    until_exit   end when a process has died
    """

    log: str
    heap_limit_mb: float | None = None
    memory_limit_mb: float | None = None
    isolate: str | None = None
    encoding: str | None = None
    replay: float | None = None
    at: Level = "impending"
    pass_on: bool = False
    until_exit: bool = False
    metrics: Path | None = None


def replay_lines(wishes: Wishes, note: Callable[[str], None]) -> Iterator[Lines | None]:
    """The lines of a finished log, packed or not; one by one where its clock is to be kept. Raises GclogError."""
    specs = expand([wishes.log])
    if len(specs) != 1:
        raise UsageError(f"{len(specs)} logs, where one was wanted", where=wishes.log, remedy="Replay them one by one.")
    with open_source(specs[0], wishes.encoding) as source:
        for block in source.blocks(BLOCK_BYTES):
            if not wishes.replay:
                yield Lines(block, block.data)
                continue
            for number, line in enumerate(block.data.splitlines(keepends=True), block.first_line):
                yield Lines(Block(line, number), line)
        for text in source.notes:
            note(text)


@contextlib.contextmanager
def stopping(event: threading.Event) -> Iterator[None]:
    """Ctrl-C and SIGTERM set the event; a second one ends the program at once. Only in the main thread, as signals are."""

    def stop(number: int, frame: FrameType | None) -> None:
        event.set()
        signal.signal(number, before[signal.Signals(number)])

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Passing:
    """The program's own lines, copied as they are once the reader knows that they are."""

    def __init__(self, foreign: list[int]) -> None:
        self._foreign = foreign
        self._held: deque[tuple[int, bytes]] = deque()

    def take(self, lines: Lines | None) -> bytes:
        """What can be passed on now."""
        if lines is not None:
            raw = lines.raw.split(b"\n")
            ends = [part + b"\n" for part in raw[:-1]] + ([raw[-1]] if raw[-1] else [])
            self._held.extend(enumerate(ends, lines.block.first_line))
        foreign = set(self._foreign)
        self._foreign.clear()
        passed = b"".join(line for number, line in self._held if number in foreign)
        self._held = deque(((number, line) for number, line in self._held if number not in foreign), HELD_LINES)
        return passed


class Session:
    """One watch. `say` takes lines for the user: changes of the verdict (True) and notes (False)."""

    def __init__(
        self,
        wishes: Wishes,
        say: Callable[[str, bool], None],
        alarms: Sequence[Alarm] = (),
        notes: deque[str] | None = None,
        status: StatusLine | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.stop = threading.Event()
        self.watcher = Watcher(wishes.heap_limit_mb, wishes.isolate, wishes.memory_limit_mb)
        self._wishes = wishes
        self._say = say
        self._alarms = alarms
        self._notes = deque[str]() if notes is None else notes
        self._status = status
        self._clock, self._sleep = clock, sleep
        self._began_s: float | None = None
        self._shown_s = self._written_s = -METRICS_S
        self._metrics_failed = False
        self._catching_up = wishes.replay is None and wishes.log != "-" and Path(wishes.log).is_file()
        self._passing: _Passing | None = None
        if wishes.pass_on:
            self.watcher.reader.tally.foreign_lines = []
            self._passing = _Passing(self.watcher.reader.tally.foreign_lines)

    def run(self) -> Level:
        """Watch to the end; the worst level that a process has then, or had at its own end. Raises GclogError."""
        wishes, watcher = self._wishes, self.watcher
        if is_report(wishes.log):
            return tell_report(wishes.log, self._say, wishes.heap_limit_mb, wishes.memory_limit_mb)
        if wishes.metrics is not None:
            write_file(wishes.metrics, render_metrics([], watcher.reader.line_counts))
        follows = wishes.replay is None
        lines = (
            follow(wishes.log, self._notes.append, wishes.encoding, self._sleep)
            if follows
            else replay_lines(wishes, self._notes.append)
        )
        try:
            for some in lines:
                news = watcher.pause() if some is None else watcher.read(some.block)
                self._keep_time()
                self._report(news, some)
                if some is None:
                    self._catch_up()
                if self.stop.is_set() or (wishes.until_exit and watcher.has_crash):
                    break
        finally:
            self._report(watcher.finish(), None)
            self._catch_up()
            if self._status is not None:
                self._status.hide()
            for alarm in self._alarms:
                alarm.close()
            self._write_metrics()
            self._say_notes()
        worst = watcher.worst
        if worst is None:
            raise NothingToAnalyse(
                f"no GC lines, no crash and no figures of memory in {watcher.reader.line_counts.total:,} lines",
                where=wishes.log,
                remedy="Was node started with --trace-gc? V8 prints it to stdout: node --trace-gc app.js | gclog watch -",
            )
        return worst

    def _keep_time(self) -> None:
        """Wait until the log's own clock, at the speed asked for, has come to where the lines are."""
        if not self._wishes.replay:
            return
        self._began_s = self._clock() if self._began_s is None else self._began_s
        until_s = self._began_s + self.watcher.elapsed_ms / 1000 / self._wishes.replay
        while not self.stop.is_set() and (left_s := until_s - self._clock()) > 0:
            self._refresh()
            self._sleep(min(left_s, NAP_S))

    # ------------------------------------------------------------ out

    def _report(self, news: Sequence[News], lines: Lines | None) -> None:
        passed = b"" if self._passing is None else self._passing.take(lines)
        if self._status is not None and (passed or news or self._notes):
            self._status.hide()
        if passed:
            sys.stdout.buffer.write(passed)
            sys.stdout.buffer.flush()
        for new in news:
            self._say(change_line(new) if isinstance(new, Change) else death_line(new), True)
            if isinstance(new, Change) and not self._catching_up and self._reaches(new):
                self._raise(new)
        self._say_notes()
        if news or self._clock() - self._written_s >= METRICS_S:
            self._write_metrics()
        self._refresh()

    def _reaches(self, change: Change) -> bool:
        """Whether the level asked for is reached with this change, and was not before."""
        at = LEVELS.index(self._wishes.at)
        return LEVELS.index(change.before) < at <= LEVELS.index(change.event.level)

    def _raise(self, change: Change) -> None:
        for alarm in self._alarms:
            alarm.raise_for(change, self._wishes.log)

    def _catch_up(self) -> None:
        """What a log held already is history: alarms are for what is so now."""
        if not self._catching_up:
            return
        self._catching_up = False
        for change in self.watcher.standing():
            if LEVELS.index(change.event.level) >= LEVELS.index(self._wishes.at):
                self._raise(change)

    def _say_notes(self) -> None:
        while self._notes:
            self._say(self._notes.popleft(), False)

    def _refresh(self) -> None:
        now_s = self._clock()
        if self._status is not None and now_s - self._shown_s >= REFRESH_S:
            self._shown_s = now_s
            self._status.show(self._views())

    def _write_metrics(self) -> None:
        if self._wishes.metrics is None:
            return
        self._written_s = self._clock()
        try:
            write_file(self._wishes.metrics, render_metrics(self._views(), self.watcher.reader.line_counts))
            self._metrics_failed = False
        except OutputError as error:
            if not self._metrics_failed:
                self._notes.append(str(error))
            self._metrics_failed = True

    def _views(self) -> list[View]:
        return self.watcher.views()
