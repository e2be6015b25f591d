"""One watch: lines come in; changes of the verdict go to the terminal, a metrics file, a command and a web hook."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from gclog.errors import NothingToAnalyse, OutputError, UsageError
from gclog.files import write_file, write_stdout
from gclog.incident.settings import Settings
from gclog.model.verdict import Level
from gclog.source.expand import STDIN
from gclog.source.follow import Lines, Skipped, follow
from gclog.source.open import Block, expand, open_source
from gclog.units import MS_PER_SECOND
from gclog.watch.alarms import Alarm
from gclog.watch.document import is_report, show_report
from gclog.watch.keeping_lines import KeepingLinesTold
from gclog.watch.metrics import check_metrics, render_metrics
from gclog.watch.pager import Pager
from gclog.watch.status import StatusLine, change_line, death_line
from gclog.watch.view import View
from gclog.watch.watcher import Change, News, Watcher

__all__ = ["Session", "WatchOptions", "replay_lines", "stopping"]

REFRESH_S = 0.25
METRICS_S = 1.0
"""Scrapes come every few seconds; writing the file once a second costs nothing in comparison."""

BLOCK_BYTES = 1 << 16
"""Bytes of a replayed log that are judged at once."""

NAP_S = 0.25
"""Longest sleep of a replay, so that Ctrl-C ends it at once."""

SURE_S = 2.0
"""After that long it is certain whether a log goes no faster than its own clock: a finished one is judged a hundred times faster."""

SKIPPED_S = 10.0
"""Between two notes that lines were skipped."""

HELD_LINES = 64
"""Lines that may wait until the reader knows whether they are V8's: a wrapped record has four."""


@dataclass(frozen=True, slots=True)
class WatchOptions:
    """What the user asks of a watch, beside the `Settings` of the analysis.

    replay       speed of a replay by the log's own clock, 0 for as fast as possible; None to follow the log
    at           level that raises the alarms
    pass_on      copy the program's own lines to stdout; changes of the verdict then go to stderr
    until_exit   end when a process has died
    metrics      file for Prometheus metrics
    """

    log: str
    replay: float | None = None
    at: Level = "impending"
    pass_on: bool = False
    until_exit: bool = False
    metrics: Path | None = None


def replay_lines(options: WatchOptions, note: Callable[[str], None], encoding: str | None = None) -> Iterator[Lines | None]:
    """The lines of a finished log, compressed or not; one by one if they are timed by its clock. Raises GclogError."""
    specs = expand([options.log])
    if len(specs) != 1:
        raise UsageError(
            f"{len(specs)} logs to replay, and one at a time is possible", where=options.log, remedy="Replay them one by one."
        )
    with open_source(specs[0], encoding) as source:
        for block in source.blocks(BLOCK_BYTES):
            if not options.replay:
                yield Lines(block, block.data)
                continue
            for number, line in enumerate(block.data.splitlines(keepends=True), block.first_line):
                yield Lines(Block(line, number), line)
        for text in source.notes:
            note(text)


@contextlib.contextmanager
def stopping(event: threading.Event) -> Iterator[None]:
    """Ctrl-C and SIGTERM set the event; the second one ends the program at once. Without effect outside the main thread."""

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
    """The program's own lines, to be copied unchanged as soon as the reader knows that they are not V8's."""

    def __init__(self, foreign: list[int]) -> None:
        self._foreign = foreign
        self._held: deque[tuple[int, bytes]] = deque()

    def take(self, lines: Lines | None) -> bytes:
        """The lines that can be passed on now."""
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
    """One watch. `say` takes lines for the user: a change of the verdict (True) or a note (False)."""

    def __init__(
        self,
        options: WatchOptions,
        say: Callable[[str, bool], None],
        alarms: Sequence[Alarm] = (),
        notes: deque[str] | None = None,
        status: StatusLine | None = None,
        *,
        settings: Settings | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.stop = threading.Event()
        self._options, self._settings = options, settings or Settings()
        self.watcher = Watcher(self._settings)
        self._say = say
        self._alarms = alarms
        self._notes = deque[str]() if notes is None else notes
        self._status = status
        self._clock, self._sleep = clock, sleep
        self._began_s: float | None = None
        self._shown_s = self._written_s = -METRICS_S
        self._metrics_failed = False
        is_history = options.replay is None and options.log != STDIN and Path(options.log).is_file()
        self._pager = Pager(alarms, options.log, options.at, muted=is_history)
        self._skipped = self._unsaid_skipped = 0
        self._said_skipped_s = -SKIPPED_S
        self._since: tuple[float, float] | None = None
        self._judged = (0.0, 0.0)
        self._keeping_lines = KeepingLinesTold(options.log, self._notes.append, self._settings)
        self._passing: _Passing | None = None
        if options.pass_on:
            self.watcher.reader.tally.foreign_lines = []
            self._passing = _Passing(self.watcher.reader.tally.foreign_lines)

    def run(self) -> Level:
        """Watch to the end. Gives the worst level that a process has then, or had at its own end. Raises GclogError."""
        options, watcher = self._options, self.watcher
        if is_report(options.log):
            return show_report(options.log, self._say, self._settings)
        if options.metrics is not None:
            check_metrics(options.metrics, options.log)
            write_file(options.metrics, render_metrics([], watcher.reader.line_counts, 0))
        follows = options.replay is None
        lines = (
            follow(options.log, self._notes.append, self._settings.encoding, self._sleep, self._holds_up)
            if follows
            else replay_lines(options, self._notes.append, self._settings.encoding)
        )
        has_ended = False
        try:
            for arrived in lines:
                match arrived:
                    case None:
                        self._since = self._judged = (self._clock(), watcher.elapsed_ms)
                        self._report(watcher.pause(), None)
                        self._pager.speak()
                    case Skipped():
                        self._note_skipped(arrived)
                        self._report(watcher.pause(), None)
                    case _:
                        news = watcher.read(arrived.block)
                        self._judged = (self._clock(), watcher.elapsed_ms)
                        self._since = self._since or self._judged
                        self._keep_time()
                        self._report(news, arrived)
                if self.stop.is_set() or (options.until_exit and watcher.has_crash):
                    break
            else:
                has_ended = True
        finally:
            self._say_skipped()
            self._report(watcher.finish(), None)
            for view in watcher.views():
                self._keeping_lines.look(view, watcher.line_count, ended=True)
            self._pager.speak()
            self._pager.look(watcher.views, ended=has_ended)
            if self._status is not None:
                self._status.hide()
            for alarm in self._alarms:
                alarm.close()
            self._write_metrics()
            self._say_notes()
        worst = watcher.worst
        if worst is None:
            raise NothingToAnalyse(
                f"no GC lines, no crash and no memory figures in {watcher.reader.line_counts.total:,} lines",
                where=options.log,
                remedy="Was node started with --trace-gc? V8 prints it to stdout: node --trace-gc app.js | gclog watch -",
            )
        return worst

    def _keep_time(self) -> None:
        """Wait until the replay clock, at the speed asked for, has reached these lines."""
        if not self._options.replay:
            return
        self._began_s = self._clock() if self._began_s is None else self._began_s
        until_s = self._began_s + self.watcher.elapsed_ms / MS_PER_SECOND / self._options.replay
        while not self.stop.is_set() and (left_s := until_s - self._clock()) > 0:
            self._refresh()
            self._sleep(min(left_s, NAP_S))

    # ------------------------------------------------------------ falling behind

    def _holds_up(self) -> bool:
        """Whether the writer is a program that would have to wait for this watch, and not a finished log, which is soon ahead of its clock.

        What `--pass` copies is never skipped. This is asked by the thread that reads.
        """
        if self._since is None or self._passing is not None:
            return False
        (since_s, since_ms), (judged_s, judged_ms) = self._since, self._judged
        passed_s = judged_s - since_s
        return passed_s > SURE_S and 0 < judged_ms - since_ms <= passed_s * MS_PER_SECOND

    def _note_skipped(self, skipped: Skipped) -> None:
        self._skipped += skipped.count
        self._unsaid_skipped += skipped.count
        if self._clock() - self._said_skipped_s >= SKIPPED_S:
            self._say_skipped(f", the last of them before line {skipped.line + skipped.count:,}")

    def _say_skipped(self, until: str = "") -> None:
        count, self._unsaid_skipped = self._unsaid_skipped, 0
        if count:
            self._said_skipped_s = self._clock()
            lines = "1 line was" if count == 1 else f"{count:,} lines were"
            self._notes.append(f"{lines} skipped, not to hold up the program{until}: the verdict may be late or wrong")

    # ------------------------------------------------------------ out

    def _report(self, news: Sequence[News], lines: Lines | None) -> None:
        passed = b"" if self._passing is None else self._passing.take(lines)
        news = [new for new in news if not isinstance(new, Change) or new.is_news]
        if self._status is not None and (passed or news or self._notes):
            self._status.hide()
        if passed:
            write_stdout(passed)
        for new in news:
            self._say(change_line(new) if isinstance(new, Change) else death_line(new), True)
            if isinstance(new, Change):
                self._pager.take(new)
                self._keeping_lines.look(new.process, new.event.line)
        self._pager.look(self.watcher.views)
        self._say_notes()
        if news or self._clock() - self._written_s >= METRICS_S:
            self._write_metrics()
        self._refresh()

    def _say_notes(self) -> None:
        while self._notes:
            self._say(self._notes.popleft(), False)

    def _refresh(self) -> None:
        now_s = self._clock()
        if self._status is not None and now_s - self._shown_s >= REFRESH_S:
            self._shown_s = now_s
            self._status.show(self._views())

    def _write_metrics(self) -> None:
        if self._options.metrics is None:
            return
        self._written_s = self._clock()
        try:
            write_file(self._options.metrics, render_metrics(self._views(), self.watcher.reader.line_counts, self._skipped))
            self._metrics_failed = False
        except OutputError as error:
            if not self._metrics_failed:
                self._notes.append(str(error))
            self._metrics_failed = True

    def _views(self) -> list[View]:
        return self.watcher.views()
