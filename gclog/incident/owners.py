"""Who is adopted by whom: diagnostic reports, figures of memory and kills that are in other files than their process."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

from gclog import units
from gclog.incident.context import REPORTS_A_KILL, SourceContext
from gclog.incident.merging import Merging, Placed
from gclog.model.records import KernelKill, MemoryUsage, Message
from gclog.model.witness import ReportedProcess
from gclog.processes.crash_blocks import CrashRecord
from gclog.processes.messages import stops_of
from gclog.processes.process import ProcessTable, empty_process
from gclog.processes.workers import WORKER_STOPPED

__all__ = ["OwnersOfReports", "OwnersOfSpeakers", "one_stop_each", "reports_alone", "speakers_alone"]

Key = tuple[int, int]
"""The place of a source among all, and that of a process in it."""

TELLS_ALONE = REPORTS_A_KILL | {"memory_limit", "over_quota"}
"""Kinds of messages that say something of a process by themselves: its end, or the limit of its memory, as `kubectl describe` does."""

SAME_MOMENT_MS = 10 * units.MS_PER_MINUTE
"""A report that is written at a death is of the moment when the log's last dated line was, give or take a clock's error."""


# ---------------------------------------------------------------- diagnostic reports


def reports_alone(contexts: Sequence[SourceContext]) -> list[Placed]:
    """Processes that only a diagnostic report describes."""
    return [
        (place, process)
        for place, context in enumerate(contexts)
        for process in context.processes
        if process.reported and not len(process.rows)
    ]


class OwnersOfReports:
    """Finds the process that a report is of: only those with its pid, or with none, are looked at."""

    def __init__(self, merging: Merging) -> None:
        self._merging = merging
        self._by_pid: dict[int | None, list[Key]] = {}
        for source, process in merging:
            if process.main and not process.reported:
                self._by_pid.setdefault(process.pid, []).append((source, merging.place(process)))

    def owner(self, source: int, report: ReportedProcess) -> Placed | None:
        """The process that a report in a source is of: of several runs with one pid the one that died, then the last."""
        keys = sorted([*self._by_pid.get(report.pid, []), *self._by_pid.get(None, [])])
        found = [(other, self._merging.at(other, place)) for other, place in keys if other != source]
        found = [entry for entry in found if not entry[1].reported and _may_be(entry[1], report)]
        return max(found, key=lambda entry: (report.fatal and entry[1].died, entry[1].run), default=None)


def _may_be(process: ProcessTable, report: ReportedProcess) -> bool:
    """Whether a process may be the one: the same pid, or none in its lines, and not of another moment. A worker's heap is its own."""
    if report.thread_id:
        return False
    if process.pid is not None and process.pid != report.pid:
        return False
    dated = process.rows.known("wall_ms").numbers("wall_ms")
    if not len(dated) or report.wall_ms is None:
        return process.pid is not None
    return bool(dated[0] - SAME_MOMENT_MS <= report.wall_ms <= dated[-1] + SAME_MOMENT_MS)


# ---------------------------------------------------------------- what others print about a process


def speakers_alone(contexts: Sequence[SourceContext]) -> list[Placed]:
    """Processes of which only figures of memory and messages are known, then messages without any process: `Killed`, `OOMKilled`, `memory: 512Mi`."""
    known = [(place, one) for place, context in enumerate(contexts) for one in context.processes if _only_speaks(one)]
    loose = [
        (place, empty_process(rare=context.loose))
        for place, context in enumerate(contexts)
        if any(message.kind in TELLS_ALONE or isinstance(message, KernelKill) for message in context.loose)
    ]
    return known + loose


class OwnersOfSpeakers:
    """Finds the process that a speaker is about: by pid, if it has one; else the only process there is.

    In a container the kernel's pid is another than V8's: there its only kill is of the only process that SIGKILL is reported of.
    What may own is looked through once; a speaker that is adopted changes none of it.
    """

    def __init__(self, merging: Merging, speakers: Sequence[Placed]) -> None:
        self._merging = merging
        self._kills = sum(_is_kill(speaker) for _, speaker in speakers)
        self._nameless = sum(speaker.pid is None and MemoryUsage in speaker.frames for _, speaker in speakers)
        self._by_source: dict[int, list[Key]] = {}
        self._alive: dict[int, dict[int, Key]] = {}  # pid -> source -> the last one in it that has not died
        for source, process in merging:
            if not process.main or not (len(process.rows) or process.reported):
                continue
            key = (source, merging.place(process))
            self._by_source.setdefault(source, []).append(key)
            if process.pid is not None and not process.died:
                self._alive.setdefault(process.pid, {})[source] = key

    def owner(self, source: int, speaker: ProcessTable) -> Placed | None:
        """The process that a speaker in a source is about."""
        if _is_stop(speaker) and (worker := _silent_worker(self._merging, source)) is not None:
            return worker
        if speaker.pid is not None:
            return self._with_pid(source, speaker, speaker.pid)
        others = [keys for other, keys in self._by_source.items() if other != source]
        if sum(map(len, others)) != 1:
            return None
        owner = self._at(others[0][0])
        is_unsure = MemoryUsage in speaker.frames and (self._nameless > 1 or MemoryUsage in owner[1].frames)
        return None if is_unsure else owner

    def _with_pid(self, source: int, speaker: ProcessTable, pid: int) -> Placed | None:
        same = [key for other, key in self._alive.get(pid, {}).items() if other != source]
        if same:
            return self._at(max(same))
        if not (_is_kill(speaker) and self._kills == 1):
            return None
        others = (self._at(key) for other, keys in self._by_source.items() if other != source for key in keys)
        killed = [entry for entry in others if _got_sigkill(entry[1])]
        return killed[0] if len(killed) == 1 else None

    def _at(self, key: Key) -> Placed:
        return key[0], self._merging.at(*key)


def _only_speaks(process: ProcessTable) -> bool:
    """Nothing but figures of memory and messages."""
    silent = not len(process.rows) and not process.reported and not process.ring_lines
    return silent and not any(isinstance(record, CrashRecord) for record in process.rare)


def _is_stop(process: ProcessTable) -> bool:
    """Whether all that is known of it is that a worker was stopped at its limit."""
    said = [one for one in process.rare if isinstance(one, Message)]
    is_silent = MemoryUsage not in process.frames and not len(process.rows)
    return is_silent and bool(said) and all(one.kind == WORKER_STOPPED for one in said)


def _silent_worker(placed: Iterable[Placed], source: int) -> Placed | None:
    """The worker that V8 stopped, if its collections are in another file: it ends in a full collection, while others speak after it."""
    workers = [
        (other, process)
        for other, process in placed
        if not process.main and other != source and not _has_ended(process) and process.ends_in_full
    ]
    return max(workers, key=lambda entry: entry[1].last_line, default=None)


def _has_ended(process: ProcessTable) -> bool:
    return process.died or any(isinstance(one, Message) and one.kind == WORKER_STOPPED for one in process.rare)


def one_stop_each(contexts: Sequence[SourceContext]) -> list[SourceContext]:
    """The sources, with a process of its own for each stopped worker of which only the message is known: each is of another worker."""
    found = []
    for context in contexts:
        processes: list[ProcessTable] = []
        for process in context.processes:
            stops = stops_of(one for one in process.rare if isinstance(one, Message)) if _is_stop(process) else []
            processes += [empty_process(rare=stop) for stop in stops] if len(stops) > 1 else [process]
        found.append(dataclasses.replace(context, processes=tuple(processes)))
    return found


def _is_kill(process: ProcessTable) -> bool:
    """Whether the kernel reports which process it killed, and nothing but that is known of it."""
    return MemoryUsage not in process.frames and any(
        isinstance(one, KernelKill) and one.pid is not None for one in process.rare
    )


def _got_sigkill(process: ProcessTable) -> bool:
    """Whether its own log reports SIGKILL after its last collection."""
    last = process.rows.line(-1) if len(process.rows) else 0
    return any(isinstance(one, Message) and one.kind in REPORTS_A_KILL and one.line > last for one in process.rare)
