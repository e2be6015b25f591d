"""A finished log, as `Attribution` asks for it: what has been said up to a line is looked up in all collections, which are at hand."""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from gclog.model.records import HeapOption, Message, Record
from gclog.processes.crash_blocks import CrashRecord
from gclog.processes.log import Key
from gclog.processes.messages import KEPT_PROCESSES
from gclog.processes.ring_owners import Ring, common_records
from gclog.processes.rows import Rows, joined, merged

__all__ = ["FinishedLog", "FinishedProcess", "Run"]

FEW = 16
"""Processes that are compared with a ring one by one; of more, those that have a moment in common with it are looked up."""

Run = tuple[Key, Rows, bool]
"""What the trace shows of a process: its key, its collections, whether it is a worker."""


class FinishedProcess:
    """A process of a finished log, as it is known up to the line that the log is looked at.

    trace    its collections by the trace, None without any
    rings    what rings of crashes print of it
    records  its crash, the messages that are about it, and the options that were named before it began, `options_before` of all
    figures  which figures of memory are its own, by their places
    """

    def __init__(self, log: FinishedLog, key: Key, trace: Rows | None = None, *, worker: bool = False) -> None:
        self.key, self.trace, self.worker = key, trace, worker
        self.stopped = self.over = self.from_ring = False
        self.killed_pid: int | None = None
        self.options_before = len(log.options)
        self.rings: list[Rows] = []
        self.records: list[Record] = []
        self.figures: list[npt.NDArray[np.intp]] = []
        self._log = log

    @property
    def last_line(self) -> int:
        spoken = self._spoken
        if spoken and self.trace is not None:
            return self.trace.line(spoken - 1)
        return self.rings[-1].line(-1) if self.rings else 0

    @property
    def ends_in_full(self) -> bool:
        spoken = self._spoken
        return bool(spoken and self.trace is not None and self.trace.part(spoken - 1, spoken).full[0])

    @property
    def clock_ms(self) -> float:
        spoken = self._spoken
        if spoken and self.trace is not None:
            return self.trace.number("at_ms", spoken - 1)
        return self.rings[-1].number("at_ms", -1) if self.rings else np.nan

    def common(self, ring: Ring) -> int:
        return max((common_records(ring, rows) for rows in (self.trace, *self.rings) if rows is not None), default=0)

    @property
    def rows(self) -> Rows | None:
        """Its collections, after those of the trace what only a ring has."""
        rows = self.trace
        if rows is not None and (begun := _joined_news(None, [ring for ring in self.rings if ring.line(-1) < rows.line(0)])):
            import pandas as pd

            rows = Rows.of(pd.concat([begun.frame().assign(ring=False), rows.frame()], ignore_index=True))
        return _joined_news(rows, [ring for ring in self.rings if self.trace is None or ring.line(-1) > self.trace.line(0)])

    @property
    def ring_lines(self) -> tuple[int, ...]:
        """The lines of the rings of its crash."""
        first = 0 if self.trace is None else self.trace.line(0)
        return tuple(line for ring in self.rings if ring.line(-1) > first for line in ring.lines.tolist())

    @property
    def _spoken(self) -> int:
        """How many collections of its trace have been printed."""
        trace = self.trace
        return 0 if trace is None else bisect.bisect_right(range(len(trace)), self._log.now, key=trace.line)


class FinishedLog:
    """What has been said up to the line `now`. `runs`: what the trace shows, in the order of first lines; `beginning`: the one that a
    process begins with now, None if it is known by a ring."""

    def __init__(self, runs: Sequence[Run], line_count: int | None) -> None:
        self.now = 0
        self.beginning: int | None = None
        self.line_count = line_count
        self.processes: list[FinishedProcess] = []
        self.crashes = 0
        self.options: list[HeapOption] = []
        self.runs = runs
        self._of_run: dict[int, FinishedProcess] = {}
        self._by_key: dict[Key | None, list[FinishedProcess]] = {}
        self._moments: dict[Key | None, _Moments] = {}
        self._mains: dict[int | None, FinishedProcess] = {}
        self._workers: list[FinishedProcess] = []
        self._ring: tuple[int, FinishedProcess] | None = None
        self._main_of_ring: FinishedProcess | None = None

    # ------------------------------------------------------------ what has been said

    def last(self) -> FinishedProcess | None:
        line, process = self._last_in(*self._speech)
        return self._ring[1] if self._ring is not None and self._ring[0] > line else process

    def last_main(self) -> FinishedProcess | None:
        _, process = self._last_in(*self._speech_of_mains)
        return process or self._main_of_ring

    def runs_of_mains(self, lines: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """For each line the run of the main isolate of the last collection before it, -1 if there was none."""
        spoken, runs = self._speech_of_mains
        at = np.searchsorted(spoken, lines, side="right")
        return np.where(at > 0, runs[np.maximum(at, 1) - 1], -1) if len(runs) else np.full(len(lines), -1)

    def latest(self, key: Key) -> FinishedProcess | None:
        return next(reversed(self._by_key.get(key, [])), None)

    def main_of(self, pid: int) -> FinishedProcess | None:
        return self._mains.get(pid)

    def workers(self) -> Iterable[FinishedProcess]:
        return self._workers[-KEPT_PROCESSES:]

    def candidates(self, key: Key, ring: Ring) -> Iterable[FinishedProcess]:
        asked = None if key[0] is None else key
        known = self._by_key.get(asked, [])
        if len(known) <= FEW:
            return known
        moments = self._moments.setdefault(asked, _Moments())
        moments.learn(known)
        return [known[place] for place in sorted({*moments.places(ring), len(known) - 1})]

    @property
    def is_empty(self) -> bool:
        return not self.processes

    def _last_in(self, lines: npt.NDArray[np.int64], runs: npt.NDArray[np.int64]) -> tuple[int, FinishedProcess | None]:
        at = int(np.searchsorted(lines, self.now, side="right"))
        return (int(lines[at - 1]), self._of_run.get(int(runs[at - 1]))) if at else (0, None)

    @cached_property
    def _speech(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """The lines of all runs in order, and the run of each."""
        return merged([(run, rows) for run, (_, rows, _) in enumerate(self.runs)])

    @cached_property
    def _speech_of_mains(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        if not any(worker for _, _, worker in self.runs):
            return self._speech
        return merged([(run, rows) for run, (_, rows, worker) in enumerate(self.runs) if not worker])

    # ------------------------------------------------------------ what is told

    def of_run(self, run: int) -> FinishedProcess:
        """The process of a run."""
        return self._of_run[run]

    def set_run(self, run: int, process: FinishedProcess) -> None:
        """A run is of a process."""
        self._of_run[run] = process
        if process.trace is None:
            process.trace = self.runs[run][1]

    def set_ring(self, process: FinishedProcess, ring: Rows) -> None:
        """A ring is of a process."""
        known_ms = (process.clock_ms, *(known.number("at_ms", -1) for known in process.rings))
        process.rings.append(ring)
        if not any(ring.number("at_ms", -1) <= at_ms for at_ms in known_ms):
            self._ring = ring.line(-1), process
        if process.from_ring and not process.worker:
            self._main_of_ring = process

    def begin(self, key: Key, line: int, *, worker: bool) -> FinishedProcess:
        trace = None if self.beginning is None else self.runs[self.beginning][1]
        process = FinishedProcess(self, key, trace, worker=worker)
        self.processes.append(process)
        self._by_key.setdefault(key, []).append(process)
        self._by_key.setdefault(None, []).append(process)
        if process.worker:
            self._workers.append(process)
        else:
            self._mains[key[0]] = process
        return process

    def begin_untraced(self, line: int) -> FinishedProcess:
        self.processes.append(FinishedProcess(self, (None, None)))
        return self.processes[-1]

    def adopt(self, process: FinishedProcess, untraced: FinishedProcess) -> None:
        process.figures += untraced.figures
        process.records += [record for record in untraced.records if not isinstance(record, HeapOption)]
        self.drop(untraced)

    def drop(self, untraced: FinishedProcess) -> None:
        self.processes.remove(untraced)

    def ended(self, process: FinishedProcess) -> None:
        """A process has been killed."""

    def message(self, process: FinishedProcess, message: Message) -> None:
        process.records.append(message)

    def named(self, process: FinishedProcess, options: Iterable[HeapOption]) -> None:
        process.records += options

    def option(self, option: HeapOption) -> None:
        self.options.append(option)

    def hold(self, process: FinishedProcess) -> None:
        """A crash may be that of a process."""

    def release(self, process: FinishedProcess) -> None:
        """It is not."""

    def crash(self, process: FinishedProcess | None, records: list[CrashRecord]) -> FinishedProcess:
        self.crashes += 1
        owner = process or self.begin_untraced(records[0].line)
        owner.records += records
        return owner


def _joined_news(rows: Rows | None, rings: Sequence[Rows]) -> Rows | None:
    """Rows and what rings have that is later than they."""
    for ring in rings:
        rows = ring if rows is None else joined([rows, ring.where(ring.numbers("at_ms") > rows.number("at_ms", -1))])
    return rows


class _Moments:
    """Which processes have printed a collection at a moment of their clocks."""

    def __init__(self) -> None:
        self._learned = 0
        self._places: dict[float, list[int]] = {}

    def learn(self, processes: Sequence[FinishedProcess]) -> None:
        """Of processes, which become more, those that are new."""
        for place in range(self._learned, len(processes)):
            for rows in (processes[place].trace, *processes[place].rings):
                for at_ms in [] if rows is None else np.unique(rows.numbers("at_ms")).tolist():
                    self._places.setdefault(at_ms, []).append(place)
        self._learned = len(processes)

    def places(self, ring: Ring) -> Iterable[int]:
        """The processes that have any of a ring's moments."""
        return (place for at_ms, _ in ring if at_ms is not None for place in self._places.get(at_ms, ()))
