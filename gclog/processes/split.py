"""Which lines belong to which process: (pid, isolate) within one run.

A restart begins a new process: V8's clock goes back, or the pid changes. Isolates of worker threads share their pid with the
main isolate and have a clock of their own. Records of a crash's ring repeat what the trace has printed: they are kept only
if there is no trace of them.
"""

from __future__ import annotations

import bisect
import dataclasses
import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from gclog.model.crash_records import CrashMarker
from gclog.model.records import HeapOption, MemoryTotal, MemoryUsage, Message, Record, SpaceUsage
from gclog.processes.attribution import Attribution
from gclog.processes.crash_blocks import AROUND, CRASH_BLOCK_LINES, RING_BANNER, CrashRecord
from gclog.processes.finished import FinishedLog, FinishedProcess, Run
from gclog.processes.held import Places
from gclog.processes.log import Key
from gclog.processes.process import ProcessTable, empty_process, with_records
from gclog.processes.ring_owners import CLOCK_STEP_BACK_MS, ring_of
from gclog.processes.rows import Rows
from gclog.processes.tables import Tables, printed_limits
from gclog.processes.workers import find_workers

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CLOCK_STEP_BACK_MS", "split_processes"]

NO_PID = -1.0

NO_PID_FROM = 2.0**32
"""No system's process ids reach this: a pid and an isolate's address that ran into each other. The line is its neighbours'."""

TAIL_LINES = 6
"""A ring holds two to six lines."""

REPEATED_LINES = 3
TOLD = ("at_ms", "used_before_mb", "used_after_mb")
"""Columns that are compared, and the fewest lines of a stretch that was pasted twice."""

COLUMN_LINES = 5
"""Lines with several collections each, and steps back of the clock, that make a table of runs side by side."""

LATE_MS = 10_000.0
"""A process whose first collection comes later than this was not started then: V8 collects within its first second."""


def split_processes(tables: Tables, line_count: int | None = None) -> list[ProcessTable]:
    """The processes of one source, in the order of their first lines; a crash without any collection is one, too.

    `line_count`: lines of the source, if known: a banner that nothing follows is a crash only if the log is cut right after it.
    """
    log = FinishedLog(_traces(tables.rows), line_count)
    _attribute(log, tables)
    _around(log, tables)
    processes = _in_order(_tables_of(log, tables))
    processes = _share_spaces(processes, tables)
    return [dataclasses.replace(one, rare=tuple(sorted(one.rare, key=lambda record: record.line))) for one in processes]


def _in_order(processes: Sequence[ProcessTable]) -> list[ProcessTable]:
    return sorted(processes, key=lambda process: process.first_line)


def _traces(rows: Rows) -> list[Run]:
    """What the trace shows of each process: for each run of each isolate its rows, and whether it is a worker.

    Here a finished log knows more than one that grows: runs side by side and tails in another order are put right before anything is
    decided, and an isolate is a worker from its first line on.
    """
    keyed = [(key, run) for key, own in _by_key(rows.where(~rows.flags("ring"))) for run in _runs(own)]
    keyed.sort(key=lambda entry: entry[1].line(0))
    workers = find_workers(keyed)
    return [(key, run, place in workers) for place, (key, run) in enumerate(keyed)]


def _attribute(log: FinishedLog, tables: Tables) -> None:
    """Tell of all that decides whose a line is, in the order of lines."""
    attribution = Attribution[FinishedProcess](log)
    for line, order, tell in _events(log, tables, attribution):
        while attribution.due <= line:
            log.now = int(attribution.due) - 1
            attribution.settle_due()
        log.now = line - 1 if order < AFTER_COLLECTIONS else line
        tell()
    while log.line_count is not None and attribution.due <= log.line_count:
        log.now = int(attribution.due) - 1
        attribution.settle_due()
    log.now = END
    attribution.settle()


def _by_key(rows: Rows) -> Iterator[tuple[Key, Rows]]:
    """The rows of each isolate, in the order in which they first speak."""
    if not len(rows):
        return
    pids, isolates = rows.own_numbers("pid"), rows.texts("isolate")
    codes = isolates.codes
    pids[np.isnan(pids)] = NO_PID
    if (damaged := pids >= NO_PID_FROM).any() and not damaged.all():
        speaker = np.maximum.accumulate(np.where(damaged, np.argmin(damaged), np.arange(len(pids))))
        pids, codes = pids[speaker], codes[speaker]
    if _is_one(pids) and _is_one(codes):
        yield _key(pids[0], isolates.texts[codes[0]]), rows
        return
    for first, places in _groups(pids, codes):
        yield _key(pids[first], isolates.texts[codes[first]]), rows.take(places)


def _is_one(values: npt.NDArray[Any]) -> bool:
    """Whether all values are the same."""
    return bool((values == values[0]).all())


def _groups(pids: npt.NDArray[np.float64], isolates: npt.NDArray[Any]) -> Iterator[tuple[int, npt.NDArray[np.intp]]]:
    """The first place and all places of each pair of pid and isolate, in the order of their first places."""
    if _is_one(pids) and _is_one(isolates):
        yield 0, np.arange(len(pids))
        return
    order = np.lexsort((isolates, pids))
    by_pid, by_isolate = pids[order], isolates[order]
    edges = np.flatnonzero((by_pid[1:] != by_pid[:-1]) | (by_isolate[1:] != by_isolate[:-1])) + 1
    groups = [order[begin:end] for begin, end in itertools.pairwise([0, *edges.tolist(), len(order)])]
    yield from sorted(((int(group[0]), group) for group in groups), key=lambda entry: entry[0])


def _key(pid: float, isolate: str | None) -> Key:
    return None if pid < 0 else int(pid), isolate or None


def _runs(rows: Rows) -> list[Rows]:
    """The rows of one isolate's address, split at each step back of its clock."""
    starts = np.flatnonzero(np.diff(rows.numbers("at_ms")) < -CLOCK_STEP_BACK_MS) + 1
    if len(starts) >= COLUMN_LINES and len(columns := _columns(rows)) > 1:
        return [run for column in columns for run in _runs(column)]
    if len(starts) and _is_out_of_order(rows):
        return [rows.take(np.argsort(rows.numbers("at_ms"), kind="stable"))]
    edges = [0, *starts.tolist(), len(rows)]
    again = _pasted_again(rows, edges) if len(starts) else set()
    return [rows.part(a, b) for a, b in itertools.pairwise(edges) if a not in again]


def _pasted_again(rows: Rows, edges: Sequence[int]) -> set[int]:
    """Where runs begin that tell again what one before has told: people paste a log, and its end once more. No two lives agree in it."""
    told = [rows.numbers(name) for name in TOLD]
    order = np.argsort(told[0], kind="stable")
    in_order = told[0][order]
    found = set()
    for begin, end in itertools.pairwise(edges):
        if end - begin < REPEATED_LINES:
            continue
        low, high = (int(np.searchsorted(in_order, told[0][begin], side=side)) for side in ("left", "right"))
        before = int(np.searchsorted(order[low:high], begin)) + low
        for candidate in {int(order[low]), int(order[max(before - 1, low)])}:
            until = candidate + end - begin
            if until <= begin and all(np.array_equal(of[candidate:until], of[begin:end]) for of in told):
                found.add(begin)
    return found


def _columns(rows: Rows) -> list[Rows]:
    """The rows by their place in their lines, if most of these have several: a table that compares runs side by side."""
    lines = rows.lines
    first = np.flatnonzero(np.diff(lines, prepend=-1))
    several = np.diff(np.append(first, len(lines)))
    if (several > 1).sum() < max(COLUMN_LINES, len(several) / 3):
        return [rows]
    place = np.arange(len(lines)) - np.repeat(first, several)
    return [rows.where(place == column) for column in range(int(several.max()))]


def _is_out_of_order(rows: Rows) -> bool:
    """Whether the rows are the tail of one life, newest first or as a log service has mixed them: a restart begins near 0."""
    at_ms = rows.numbers("at_ms")
    first_ms = float(at_ms.min())
    return len(rows) <= TAIL_LINES and first_ms >= LATE_MS and float(at_ms.max()) - first_ms <= first_ms / 2


# ---------------------------------------------------------------- what comes, in the order of lines

AFTER_COLLECTIONS = 3
"""From here on what a line says comes after its collections."""

END = 1 << 62
"""After all lines."""

Event = tuple[int, int, Callable[[], object]]
"""A line, the order of what it says, and how to tell of it."""


def _events(log: FinishedLog, tables: Tables, attribution: Attribution[FinishedProcess]) -> list[Event]:
    """All that decides whose a line is."""
    events: list[Event] = [
        (rows.line(0), 0, partial(_begin, log, attribution, run)) for run, (_, rows, _) in enumerate(log.runs)
    ]
    events += [(rows.line(0), 2, partial(_tell_ring, log, attribution, key, rows)) for key, rows in _rings(tables)]
    for record in tables.rare:
        if isinstance(record, Message):
            events.append((record.line, 3, partial(attribution.message, record)))
        elif isinstance(record, HeapOption):
            events.append((record.line, 0, partial(attribution.option, record)))
        elif isinstance(record, CrashRecord):
            is_marker = isinstance(record, CrashMarker)
            events.append((record.line, 1 if is_marker else 3, partial(attribution.crash, record)))
    usage = tables.frames.get(MemoryUsage)
    if usage is not None:
        limits = printed_limits(usage, log.runs_of_mains(usage["line"].to_numpy()))
        events += [(limit.line, 5, partial(attribution.printed, limit)) for limit in limits]
        settled = [record.line + CRASH_BLOCK_LINES for record in tables.rare if isinstance(record, CrashRecord)]
        events += _figures(log, usage, attribution, sorted([*settled, *(line for line, _, _ in events)]))
    return sorted(events, key=lambda event: event[:2])


def _begin(log: FinishedLog, attribution: Attribution[FinishedProcess], run: int) -> None:
    key, rows, worker = log.runs[run]
    log.beginning = run
    at_ms = rows.number("at_ms", 0)
    log.set_run(run, attribution.begins(key, rows.line(0), None if np.isnan(at_ms) else at_ms, worker=worker))
    log.beginning = None


def _tell_ring(log: FinishedLog, attribution: Attribution[FinishedProcess], key: Key, rows: Rows) -> None:
    worker = rows.last("isolate_id") not in (None, 0.0)
    log.set_ring(attribution.ring(key, rows.line(0), ring_of(rows), worker=worker), rows)


def _rings(tables: Tables) -> Iterator[tuple[Key, Rows]]:
    """The rows of rings, those of one isolate after each banner that its clock does not go back in."""
    banners = [record.line for record in tables.rare if isinstance(record, CrashMarker) and record.kind == RING_BANNER]
    for key, rows in _by_key(tables.rows.where(tables.rows.flags("ring"))):
        after = np.searchsorted(np.array(banners, dtype=np.int64), rows.lines, side="right")
        edges = (np.flatnonzero(np.diff(after)) + 1).tolist()
        for begin, end in itertools.pairwise([0, *edges, len(rows)]):
            yield from ((key, run) for run in _runs(rows.part(begin, end)))


def _figures(
    log: FinishedLog, usage: pd.DataFrame, attribution: Attribution[FinishedProcess], lines_between: list[int]
) -> Iterator[Event]:
    """Figures of memory from before any main isolate has printed, those together between which nothing else comes."""
    lines = usage["line"].to_numpy()
    early = np.flatnonzero(log.runs_of_mains(lines) < 0)
    if not len(early):
        return
    sizes = _sizes(usage)
    groups = np.searchsorted(np.array(lines_between), lines[early], side="right")
    for places in np.split(early, np.flatnonzero(np.diff(groups)) + 1):
        first, last = int(places[0]), int(places[-1])
        yield (
            int(lines[first]),
            4,
            partial(_tell_figures, attribution, (int(lines[first]), int(lines[last])), (sizes[first], sizes[last]), places),
        )


def _tell_figures(
    attribution: Attribution[FinishedProcess], lines: tuple[int, int], sizes: tuple[float, float], places: Places
) -> None:
    attribution.figures(lines, sizes).figures.append(places)


def _sizes(usage: pd.DataFrame) -> list[float]:
    """What each of the figures of memory says of all memory, or of the heap."""
    sizes: list[float] = usage["rss_mb"].fillna(usage["heap_total_mb"]).fillna(usage["heap_used_mb"]).tolist()
    return sizes


# ---------------------------------------------------------------- the answers as tables


def _tables_of(log: FinishedLog, tables: Tables) -> list[ProcessTable]:
    """The processes with what is their own."""
    usage = tables.frames.get(MemoryUsage)
    figures = {id(process): process.figures for process in log.processes}
    if usage is not None:
        runs = log.runs_of_mains(usage["line"].to_numpy())
        for run in np.unique(runs[runs >= 0]).tolist():
            figures[id(log.of_run(run))].append(np.flatnonzero(runs == run))
    counts: Counter[Key] = Counter()
    found = []
    for process in log.processes:
        key = (process.killed_pid, None) if process.rows is None else process.key
        counts[key] += 1
        own = np.sort(np.concatenate(process.figures)) if process.figures else None
        found.append(
            empty_process(
                *key,
                run=counts[key],
                main=not process.worker,
                rows=process.rows,
                ring_lines=process.ring_lines,
                rare=process.records,
                usage=None if usage is None or own is None else usage.iloc[own].reset_index(drop=True),
            )
        )
    return with_records(found, _options_of(log, found))


def _options_of(log: FinishedLog, processes: Sequence[ProcessTable]) -> dict[int, Sequence[Record]]:
    """The options that were named before each process was over; what closely follows the last one is said of that."""
    lines = [option.line for option in log.options]
    if not lines or not processes:
        return {}
    ends = [process.last_line + 1 for process in processes]
    ends[ends.index(max(ends))] += CRASH_BLOCK_LINES - 1
    return {
        place: log.options[process.options_before : bisect.bisect_left(lines, ends[place])]
        for place, process in enumerate(log.processes)
    }


# ---------------------------------------------------------------- what else the log says


def _share_spaces(processes: Sequence[ProcessTable], tables: Tables) -> list[ProcessTable]:
    """The processes with the blocks of `--trace-gc-verbose`, which follow their collections."""
    found = list(processes)
    for record in (SpaceUsage, MemoryTotal):
        if record in tables.frames:
            for place, frame in _turns(processes, tables.frames[record]).items():
                found[place] = _with_frame(found[place], record, frame)
    return found


def _with_frame(process: ProcessTable, record: type[Record], frame: pd.DataFrame) -> ProcessTable:
    return dataclasses.replace(process, frames={**process.frames, record: frame}) if len(frame) else process


def _turns(processes: Sequence[ProcessTable], frame: pd.DataFrame) -> dict[int, pd.DataFrame]:
    """The rows of each process, by its place: of several runs with one key each has those from its first line to the next one's."""
    import pandas as pd

    found: dict[int, pd.DataFrame] = {}
    mine: dict[tuple[int | None, str | None], list[int]] = {}
    for place, process in enumerate(processes):
        if len(process.rows):
            mine.setdefault((process.pid, process.isolate), []).append(place)
    pids, lines = frame["pid"].fillna(NO_PID).to_numpy(), frame["line"].to_numpy()
    codes, isolates = pd.factorize(frame["isolate"])
    for first, places in _groups(pids, codes):
        key = _key(pids[first], None if codes[first] < 0 else isolates[codes[first]])
        runs = mine.get(key, [])
        begins = [0, *(processes[place].first_line for place in runs[1:])]
        edges = [*np.searchsorted(lines[places], begins).tolist(), len(places)]
        for place, (begin, end) in zip(runs, itertools.pairwise(edges), strict=False):
            found[place] = frame.iloc[places[begin:end]].reset_index(drop=True)
    return found


def _around(log: FinishedLog, tables: Tables) -> None:
    """The messages near the only crash of a log that say in what it happened, or what it left, though nothing else of the process is."""
    crashed = [one for one in log.processes if one.rows is None and any(isinstance(r, CrashRecord) for r in one.records)]
    if log.crashes != 1 or len(crashed) != 1 or crashed[0].figures:
        return
    (process,) = crashed
    lines = [record.line for record in process.records if isinstance(record, CrashRecord)]
    near = range(lines[0] - CRASH_BLOCK_LINES, lines[-1] + CRASH_BLOCK_LINES)
    process.records += [
        record
        for record in tables.rare
        if isinstance(record, Message) and record.kind in AROUND and record.line in near and record not in process.records
    ]
