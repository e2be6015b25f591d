"""Which lines belong to which process: (pid, isolate) within one run.

A restart begins a new process: V8's clock goes back, or the pid changes. Isolates of worker threads share their pid with the
main isolate and have a clock of their own. Records of a crash's ring repeat what the trace has printed: they are kept only
if there is no trace of them.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from gclog.model.records import CrashMarker, FatalError, HeapOption, Message, Record
from gclog.processes.crash_blocks import CRASH_BLOCK_LINES, RING_BANNER, CrashRecord, crash_blocks, is_crash, is_last_word
from gclog.processes.kernel_kills import is_of_node, kill_blocks, killed_pid
from gclog.processes.message_kills import find_ends, speaks_for_itself
from gclog.processes.message_owners import find_speaker, share_messages
from gclog.processes.process import ProcessTable, empty_process, with_records
from gclog.processes.tables import Tables, printed_limits

__all__ = ["CLOCK_STEP_BACK_MS", "split_processes"]

CLOCK_STEP_BACK_MS = 1.5
"""V8 prints whole milliseconds, in order for one isolate: more than one back is another run."""

NO_PID = -1.0

Key = tuple[float, str]


def split_processes(tables: Tables, line_count: int | None = None) -> list[ProcessTable]:
    """The processes of one source, in the order of their first lines; a crash without any collection is one, too.

    `line_count`: lines of the source, if known: a banner that nothing follows is a crash only if the log is cut right after it.
    """
    processes, no_rings = _add_rings(_traces(tables), tables)
    processes = _mark_main(_in_order(processes))
    processes = _share_spaces(processes, tables)
    processes = share_messages(processes, [record for record in tables.rare if isinstance(record, Message)])
    processes = _share_crashes(processes, tables, no_rings, line_count)
    processes = _in_order(_share_usage(processes, tables))
    processes = _share_options(processes, tables)
    processes = _share_printed_limits(processes, tables)
    return [dataclasses.replace(one, rare=tuple(sorted(one.rare, key=lambda record: record.line))) for one in processes]


def _in_order(processes: Sequence[ProcessTable]) -> list[ProcessTable]:
    return sorted(processes, key=lambda process: process.first_line)


def _traces(tables: Tables) -> list[ProcessTable]:
    """A process for each run of each isolate that the trace shows."""
    return [
        _process(key, run, rows)
        for key, key_rows in _by_key(tables.collections[~tables.collections["ring"]])
        for run, rows in enumerate(_runs(key_rows), 1)
    ]


def _by_key(rows: pd.DataFrame) -> Iterator[tuple[Key, pd.DataFrame]]:
    if not len(rows):
        return
    pids = rows["pid"].fillna(NO_PID)
    isolates = rows["isolate"].fillna("")
    for (pid, isolate), key_rows in rows.groupby([pids, isolates], sort=False):
        yield (float(str(pid)), str(isolate)), key_rows


def _process(key: Key, run: int, rows: pd.DataFrame, ring_lines: tuple[int, ...] = ()) -> ProcessTable:
    pid, isolate = key
    none = empty_process(None if pid < 0 else int(pid), isolate or None, run=run)
    return dataclasses.replace(none, collections=rows.reset_index(drop=True), ring_lines=ring_lines)


def _runs(rows: pd.DataFrame) -> list[pd.DataFrame]:
    """The rows of one isolate's address, split at each step back of its clock."""
    starts = np.flatnonzero(np.diff(rows["at_ms"].to_numpy()) < -CLOCK_STEP_BACK_MS) + 1
    return [rows.iloc[a:b] for a, b in zip([0, *starts], [*starts, len(rows)], strict=True)]


# ---------------------------------------------------------------- rings


def _add_rings(processes: list[ProcessTable], tables: Tables) -> tuple[list[ProcessTable], set[int]]:
    """The processes with the rows of the rings that repeat their traces; other rings become processes of their own.

    Also the lines of banners that no ring follows: the process goes on after them.
    """
    rings = tables.collections[tables.collections["ring"]]
    no_rings: set[int] = set()
    banners = [record.line for record in tables.rare if isinstance(record, CrashMarker) and record.kind == RING_BANNER]
    for key, rows in _by_key(rings):
        for banner, printed in rows.groupby(np.searchsorted(banners, rows["line"].to_numpy(), side="right")):
            for block in _runs(printed):
                owner = _ring_owner(processes, key, block)
                if owner is not None and _begins_trace(processes[owner], block):
                    no_rings.add(banners[int(str(banner)) - 1])
                processes = _add_ring(processes, owner, key, block)
    return processes, no_rings


def _begins_trace(owner: ProcessTable, block: pd.DataFrame) -> bool:
    """Whether the rows are no ring of the process but the beginning of its trace."""
    return int(owner.collections["line"].iloc[0]) > int(block["line"].iloc[-1])


def _add_ring(processes: list[ProcessTable], owner: int | None, key: Key, block: pd.DataFrame) -> list[ProcessTable]:
    """The processes with the rows of one ring: added to the trace that it repeats, or as a process of their own."""
    lines = tuple(int(line) for line in block["line"])
    if owner is None:
        run = 1 + sum(_has_key(process, *key) for process in processes)
        return [*processes, _process(key, run, block, lines)]
    process = processes[owner]
    if _begins_trace(process, block):
        whole = pd.concat([block.assign(ring=False), process.collections], ignore_index=True)
        grown = dataclasses.replace(process, collections=whole)
    else:
        news = block[block["at_ms"] > process.collections["at_ms"].iloc[-1]]
        whole = pd.concat([process.collections, news], ignore_index=True) if len(news) else process.collections
        grown = dataclasses.replace(process, collections=whole, ring_lines=process.ring_lines + lines)
    return [*processes[:owner], grown, *processes[owner + 1 :]]


def _ring_owner(processes: Sequence[ProcessTable], key: Key, block: pd.DataFrame) -> int | None:
    """The place of the process that a ring repeats: of those that could be it, the one with most of its records, then the last to speak.

    Without a pid in the ring (V8 4.5 to 5.1), or without a trace of the process, a common record is asked for.
    """
    (pid, isolate), line, at_ms = key, int(block["line"].iloc[0]), block["at_ms"]
    best: tuple[int, int] | None = None
    owner = None
    for place, process in enumerate(processes):
        if pid >= 0 and not _has_key(process, pid, isolate):
            continue
        theirs = process.collections
        if int(theirs["line"].iloc[0]) > line:
            if pid >= 0 and best is None and _goes_on(process, block):
                return place
            continue
        common = int((at_ms.isin(theirs["at_ms"]) & block["used_after_mb"].isin(theirs["used_after_mb"])).sum())
        if common == 0 and (process.only_ring or (pid < 0 and len(processes) > 1)):
            continue
        rank = (common, int(theirs["line"].iloc[-1]))
        if best is None or rank > best:
            best, owner = rank, place
    return owner


def _goes_on(process: ProcessTable, block: pd.DataFrame) -> bool:
    """Whether a process goes on right after the rows, which the ring of its crash cannot be followed by."""
    first = process.collections.iloc[0]
    near = int(first["line"]) - int(block["line"].iloc[-1]) < CRASH_BLOCK_LINES
    return near and float(first["at_ms"]) >= float(block["at_ms"].iloc[-1]) - CLOCK_STEP_BACK_MS


def _has_key(process: ProcessTable, pid: float, isolate: str) -> bool:
    return process.pid == (None if pid < 0 else int(pid)) and process.isolate == (isolate or None)


# ---------------------------------------------------------------- main and workers


def _mark_main(processes: Sequence[ProcessTable]) -> list[ProcessTable]:
    """The processes, each marked as the main isolate of its pid or a worker."""
    return [dataclasses.replace(process, main=_is_main(process, processes)) for process in processes]


def _is_main(process: ProcessTable, processes: Sequence[ProcessTable]) -> bool:
    """Of the isolates of a pid that speak at the same time, the oldest is the main one; V8 numbers them from 13.6 on (0 is main)."""
    numbers = process.collections["isolate_id"].dropna()
    if len(numbers):
        return bool(numbers.iloc[0] == 0)
    if process.pid is None:
        return True
    others = [other for other in processes if other.pid == process.pid and other.isolate != process.isolate]
    return not any(_overlap(process, other) and _is_older(other, process) for other in others)


def _overlap(process: ProcessTable, other: ProcessTable) -> bool:
    return process.first_line <= other.last_line and other.first_line <= process.last_line


def _is_older(other: ProcessTable, process: ProcessTable) -> bool:
    """Whether the clock of `other` is ahead: at each line of `process` it lies between those of its lines around that one."""
    lines, at_ms = (process.collections[name].to_numpy(dtype=np.float64) for name in ("line", "at_ms"))
    other_lines, other_at_ms = (other.collections[name].to_numpy(dtype=np.float64) for name in ("line", "at_ms"))
    at = np.searchsorted(other_lines, lines)
    passed, to_come = at > 0, at < len(other_lines)
    bounds = []
    if passed.any():
        bounds.append(float((other_at_ms[at[passed] - 1] - at_ms[passed]).max()))
    if to_come.any():
        bounds.append(float((other_at_ms[at[to_come]] - at_ms[to_come]).min()))
    return sum(bounds) > 0


# ---------------------------------------------------------------- what else the log says


def _share_spaces(processes: Sequence[ProcessTable], tables: Tables) -> list[ProcessTable]:
    """The processes with the blocks of `--trace-gc-verbose`, which follow their collections."""
    spaces, totals = _turns(processes, tables.spaces), _turns(processes, tables.totals)
    return [
        dataclasses.replace(process, spaces=spaces.get(place, process.spaces), totals=totals.get(place, process.totals))
        for place, process in enumerate(processes)
    ]


def _turns(processes: Sequence[ProcessTable], frame: pd.DataFrame) -> dict[int, pd.DataFrame]:
    """The rows of each process, by its place: of several runs with one key each has those from its first line to the next one's."""
    found: dict[int, pd.DataFrame] = {}
    for key, rows in _by_key(frame):
        mine = [place for place, process in enumerate(processes) if _has_key(process, *key)]
        edges = [0.0, *(float(processes[place].first_line) for place in mine[1:]), math.inf]
        for place, (begin, end) in zip(mine, itertools.pairwise(edges), strict=False):
            found[place] = rows[(rows["line"] >= begin) & (rows["line"] < end)].reset_index(drop=True)
    return found


def _share_usage(processes: list[ProcessTable], tables: Tables) -> list[ProcessTable]:
    """The processes with figures of memory: each to the main isolate that spoke last before it, else to the first one after it.

    Without any isolate they are processes of their own.
    """
    usage = tables.usage
    mains = [place for place, process in enumerate(processes) if process.main]
    if not processes:
        return _split_by_kills(tables)
    if not mains:
        return processes
    lines = usage["line"].to_numpy()
    spoke = np.stack([_spoke_last(processes[place], lines) for place in mains])
    first = min(range(len(mains)), key=lambda i: processes[mains[i]].first_line)
    owners = np.where(spoke.max(axis=0) > 0, spoke.argmax(axis=0), first)
    found = list(processes)
    for i, place in enumerate(mains):
        found[place] = dataclasses.replace(found[place], usage=usage[owners == i].reset_index(drop=True))
    return found


def _split_by_kills(tables: Tables) -> list[ProcessTable]:
    """Processes of which nothing but figures of memory is known, each with what was said of its end: a kill ends one, and the next
    begins after it. A kill of a node that the kernel reports is enough for one, and so is a message that means something."""
    usage, messages = tables.usage, [record for record in tables.rare if isinstance(record, Message)]
    killed = [block for block in kill_blocks(messages) if is_of_node(block)]
    if not len(usage) and len(killed) > 1:
        return [empty_process(killed_pid(block), usage=usage, rare=block) for block in killed]
    sizes = usage["rss_mb"].fillna(usage["heap_total_mb"]).fillna(usage["heap_used_mb"])
    edges = [0, *find_ends(messages, usage["line"].tolist(), sizes.tolist()), math.inf]
    found: list[ProcessTable] = []
    for before, last in itertools.pairwise(edges):
        said = [record for record in messages if before < record.line <= last]
        own = [block for block in killed if before < block[-1].line <= last]
        mine = usage[(usage["line"] > before) & (usage["line"] <= last)].reset_index(drop=True)
        if len(mine) or own or any(speaks_for_itself(record) for record in said):
            pid = killed_pid(own[0]) if own else None
            run = 1 + sum(other.pid == pid for other in found)
            found.append(empty_process(pid, run=run, usage=mine, rare=said))
    return found


def _spoke_last(process: ProcessTable, lines: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """For each of the lines, the last one before it that the process printed; 0 if it had printed none."""
    own = process.collections["line"].to_numpy()
    if not len(own):
        return np.zeros(len(lines), dtype=np.int64)
    before = np.searchsorted(own, lines)
    return np.where(before > 0, own[np.maximum(before - 1, 0)], 0)


def _share_options(processes: Sequence[ProcessTable], tables: Tables) -> list[ProcessTable]:
    """The processes with the options that were named before they were over; what closely follows the last one is said of that."""
    ends = [process.last_line for process in processes]
    last = max(range(len(ends)), key=lambda place: ends[place], default=None)
    shares: dict[int, list[Record]] = {}
    for record in tables.rare:
        if isinstance(record, HeapOption):
            for place, end in enumerate(ends):
                if record.line <= end or (place == last and record.line - end < CRASH_BLOCK_LINES):
                    shares.setdefault(place, []).append(record)
    return with_records(processes, shares)


def _share_printed_limits(processes: Sequence[ProcessTable], tables: Tables) -> list[ProcessTable]:
    """heap_size_limit: to the process that printed it, and to one that begins, the last before it: programs print it as they start."""
    shares: dict[int, list[Record]] = {}
    for place, process in enumerate(processes):
        lines = process.collections["line"]
        first = int(lines.iloc[0]) if len(lines) else process.first_line
        own = process.usage[process.usage["line"] >= first] if len(process.usage) else process.usage
        shares[place] = [*printed_limits(tables.usage[tables.usage["line"] < first])[-1:], *printed_limits(own)]
    return with_records(processes, shares)


# ---------------------------------------------------------------- crashes


def _share_crashes(
    processes: Sequence[ProcessTable], tables: Tables, no_rings: set[int], line_count: int | None
) -> list[ProcessTable]:
    """The processes with the crash blocks of those that died; a block that no collection goes with is a process of its own."""
    blocks = list(crash_blocks([record for record in tables.rare if record.line not in no_rings]))
    words = [record.line for record in tables.rare if isinstance(record, Message) and is_last_word(record)]
    orphans: list[ProcessTable] = []
    shares: dict[int, list[Record]] = {}
    for i, block in enumerate(blocks):
        owner = _dead(processes, block, blocks[i + 1][0].line if i + 1 < len(blocks) else None)
        is_reported = any(block[0].line <= line < block[-1].line + CRASH_BLOCK_LINES for line in words)
        lines_after = None if line_count is None else line_count - block[-1].line
        if not is_crash(block, lines_after, owned=owner is not None, is_reported=is_reported):
            continue
        if owner is not None:
            shares.setdefault(owner, []).extend(block)
        elif any(isinstance(record, FatalError | CrashMarker) for record in block):
            orphans.append(empty_process(rare=block))
    return [*with_records(processes, shares), *orphans]


def _dead(processes: Sequence[ProcessTable], block: Sequence[CrashRecord], next_line: int | None) -> int | None:
    """The place of the process that a crash block speaks of: the one in its ring, else the one that spoke last before it."""
    first, last = block[0].line, block[-1].line + CRASH_BLOCK_LINES
    last = last if next_line is None else min(last, next_line)
    rings = [(line, place) for place, process in enumerate(processes) for line in process.ring_lines if first <= line <= last]
    if rings:
        return min(rings, key=lambda entry: entry[0])[1]
    return find_speaker(processes, first)
