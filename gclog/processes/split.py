"""Which lines belong to which process: (pid, isolate) within one run.

A restart begins a new process: V8's clock goes back, or the pid changes. Isolates of worker threads share their pid with the
main isolate and have a clock of their own. Records of a crash's ring repeat what the trace has printed: they are kept only
where there is no trace of them.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from gclog.model.heap import HeapDiff
from gclog.model.records import CrashMarker, FatalError, HeapOption, Message, Record
from gclog.model.witness import ReportedProcess, Witness
from gclog.processes.crash_blocks import CRASH_BLOCK_LINES, RING_BANNER, CrashRecord, crash_blocks, is_crash, is_last_word
from gclog.processes.kernel_kills import is_of_node, kill_blocks, killed_pid
from gclog.processes.message_kills import find_ends, speaks_for_itself
from gclog.processes.message_owners import find_speaker, share_messages
from gclog.processes.tables import TableBuilder, Tables, printed_limits

__all__ = [
    "CLOCK_STEP_BACK_MS",
    "ProcessTable",
    "empty_process",
    "part_of",
    "split_processes",
]

CLOCK_STEP_BACK_MS = 1.5
"""V8 prints whole milliseconds, in order for one isolate: more than one back is another run."""


NO_PID = -1.0

Key = tuple[float, str]

FRAMES = ("collections", "spaces", "totals", "usage")


@cache
def _no_tables() -> Tables:
    """The tables of a source that says nothing: every column, no row."""
    return TableBuilder().build()


def _no_usage() -> pd.DataFrame:
    return _no_tables().usage


@dataclass(slots=True)
class ProcessTable:
    """The lines of one process. `run` counts the runs with this (pid, isolate) in the source, from 1.

    Its frames have all their columns, with rows or without: `empty_process` makes one of which nothing is known yet.

    heard      other files that speak for it
    heap_diff  what its heap snapshots say
    """

    pid: int | None
    isolate: str | None
    run: int
    main: bool
    collections: pd.DataFrame
    ring_lines: tuple[int, ...]
    spaces: pd.DataFrame
    totals: pd.DataFrame
    rare: list[Record]
    usage: pd.DataFrame = field(default_factory=_no_usage)
    reported: tuple[ReportedProcess, ...] = ()
    heard: tuple[Witness, ...] = ()
    heap_diff: HeapDiff | None = None

    def __post_init__(self) -> None:
        bare = [name for name in FRAMES if "line" not in getattr(self, name).columns]
        if bare:
            raise ValueError(f"a process whose {', '.join(bare)} have no columns")

    @property
    def first_line(self) -> int:
        return min(self._own_lines())

    @property
    def last_line(self) -> int:
        return max(self._own_lines())

    @property
    def lines(self) -> set[int]:
        """The lines of its crash and of what was said of it."""
        return {*self.ring_lines, *(record.line for record in self.rare)}

    def _own_lines(self) -> list[int]:
        """Where it speaks itself; options are said of it, by others. A report's lines count if it has no others."""
        lines = self.collections["line"]
        ends = [int(lines.iloc[0]), int(lines.iloc[-1])] if len(lines) else []
        if len(self.usage):
            ends += [int(self.usage["line"].iloc[0]), int(self.usage["line"].iloc[-1])]
        own = [*ends, *self.ring_lines, *(record.line for record in self.rare if not isinstance(record, HeapOption))]
        return own or [report.lines.get("event", 1) for report in self.reported]

    @property
    def only_ring(self) -> bool:
        """Whether nothing but the ring of its crash is known of its collections."""
        return bool(self.collections["ring"].all())


def empty_process(
    pid: int | None = None,
    *,
    run: int = 1,
    main: bool = True,
    rare: Iterable[Record] = (),
    usage: pd.DataFrame | None = None,
    reported: tuple[ReportedProcess, ...] = (),
) -> ProcessTable:
    """A process of which no collection is known."""
    none = _no_tables()
    return ProcessTable(
        pid,
        None,
        run,
        main,
        none.collections,
        (),
        none.spaces,
        none.totals,
        [*rare],
        none.usage if usage is None else usage,
        reported,
    )


def split_processes(tables: Tables, line_count: int | None = None) -> list[ProcessTable]:
    """The processes of one source, in the order of their first lines; a crash without any collection is one, too. `line_count`: lines
    of the source, if known: a banner that nothing follows is a crash only where the log is cut behind it."""
    processes = [
        _process(pid, isolate, run, rows)
        for (pid, isolate), key_rows in _by_key(tables.collections[~tables.collections["ring"]])
        for run, rows in enumerate(_runs(key_rows), 1)
    ]
    no_rings = _add_rings(processes, tables)
    processes.sort(key=lambda process: process.first_line)
    _mark_main(processes)
    _share_spaces(processes, tables)
    share_messages(processes, [record for record in tables.rare if isinstance(record, Message)])
    processes += _share_crashes(processes, tables, no_rings, line_count)
    processes += _share_usage(processes, tables)
    processes.sort(key=lambda process: process.first_line)
    _share_options(processes, tables)
    _share_printed_limits(processes, tables)
    for process in processes:
        process.rare.sort(key=lambda record: record.line)
    return processes


def part_of(process: ProcessTable, first_line: float, end_line: float) -> ProcessTable:
    """What a process says from a line on, up to another, which is left out; options that were named before count on."""

    def between(frame: pd.DataFrame) -> pd.DataFrame:
        return frame[(frame["line"] >= first_line) & (frame["line"] < end_line)].reset_index(drop=True) if len(frame) else frame

    return dataclasses.replace(
        process,
        collections=between(process.collections),
        ring_lines=tuple(line for line in process.ring_lines if first_line <= line < end_line),
        spaces=between(process.spaces),
        totals=between(process.totals),
        usage=between(process.usage),
        rare=[r for r in process.rare if r.line < end_line and (r.line >= first_line or isinstance(r, HeapOption))],
    )


def _by_key(rows: pd.DataFrame) -> Iterator[tuple[Key, pd.DataFrame]]:
    if not len(rows):
        return
    pids = rows["pid"].fillna(NO_PID)
    isolates = rows["isolate"].fillna("")
    for (pid, isolate), key_rows in rows.groupby([pids, isolates], sort=False):
        yield (float(str(pid)), str(isolate)), key_rows


def _process(pid: float, isolate: str, run: int, rows: pd.DataFrame, ring_lines: tuple[int, ...] = ()) -> ProcessTable:
    none = _no_tables()
    number = None if pid < 0 else int(pid)
    rows = rows.reset_index(drop=True)
    return ProcessTable(number, isolate or None, run, True, rows, ring_lines, none.spaces, none.totals, [])


def _runs(rows: pd.DataFrame) -> list[pd.DataFrame]:
    """The rows of one isolate's address, split where its clock goes back."""
    starts = np.flatnonzero(np.diff(rows["at_ms"].to_numpy()) < -CLOCK_STEP_BACK_MS) + 1
    return [rows.iloc[a:b] for a, b in zip([0, *starts], [*starts, len(rows)], strict=True)]


# ---------------------------------------------------------------- rings


def _add_rings(processes: list[ProcessTable], tables: Tables) -> set[int]:
    """Give the rows of rings to the processes whose traces they repeat; the others become processes of their own.

    Returns the lines of banners that no ring follows: the process goes on behind them.
    """
    rings = tables.collections[tables.collections["ring"]]
    no_rings: set[int] = set()
    banners = [record.line for record in tables.rare if isinstance(record, CrashMarker) and record.kind == RING_BANNER]
    for (pid, isolate), rows in _by_key(rings):
        for banner, printed in rows.groupby(np.searchsorted(banners, rows["line"].to_numpy(), side="right")):
            for block in _runs(printed):
                if not _add_ring(processes, pid, isolate, block):
                    no_rings.add(banners[int(str(banner)) - 1])
    return no_rings


def _add_ring(processes: list[ProcessTable], pid: float, isolate: str, block: pd.DataFrame) -> bool:
    """Add the rows of one ring; False if they are no ring but the beginning of a trace."""
    lines = tuple(int(line) for line in block["line"])
    owner = _ring_owner(processes, pid, isolate, block)
    if owner is None:
        run = 1 + sum(_has_key(process, pid, isolate) for process in processes)
        processes.append(_process(pid, isolate, run, block, lines))
        return True
    at_ms = owner.collections["at_ms"]
    if int(owner.collections["line"].iloc[0]) > lines[-1]:
        owner.collections = pd.concat([block.assign(ring=False), owner.collections], ignore_index=True)
        return False
    owner.ring_lines += lines
    news = block[block["at_ms"] > at_ms.iloc[-1]]
    if len(news):
        owner.collections = pd.concat([owner.collections, news], ignore_index=True)
    return True


def _ring_owner(processes: Sequence[ProcessTable], pid: float, isolate: str, block: pd.DataFrame) -> ProcessTable | None:
    """The process that a ring repeats: of those that could be it, the one with most of the ring's records, then the last to speak.

    Without a pid in the ring (V8 4.5 to 5.1), or without a trace of the process, a common record is asked for.
    """
    line, at_ms = int(block["line"].iloc[0]), block["at_ms"]
    best: tuple[int, int] | None = None
    owner = None
    for process in processes:
        if pid >= 0 and not _has_key(process, pid, isolate):
            continue
        theirs = process.collections
        if int(theirs["line"].iloc[0]) > line:
            if pid >= 0 and best is None and _goes_on(process, block):
                return process
            continue
        common = int((at_ms.isin(theirs["at_ms"]) & block["used_after_mb"].isin(theirs["used_after_mb"])).sum())
        if common == 0 and (process.only_ring or (pid < 0 and len(processes) > 1)):
            continue
        rank = (common, int(theirs["line"].iloc[-1]))
        if best is None or rank > best:
            best, owner = rank, process
    return owner


def _goes_on(process: ProcessTable, block: pd.DataFrame) -> bool:
    """Whether a process goes on right behind the rows, which the ring of its crash cannot be followed by."""
    first = process.collections.iloc[0]
    near = int(first["line"]) - int(block["line"].iloc[-1]) < CRASH_BLOCK_LINES
    return near and float(first["at_ms"]) >= float(block["at_ms"].iloc[-1]) - CLOCK_STEP_BACK_MS


def _has_key(process: ProcessTable, pid: float, isolate: str) -> bool:
    return process.pid == (None if pid < 0 else int(pid)) and process.isolate == (isolate or None)


# ---------------------------------------------------------------- main and workers


def _mark_main(processes: Sequence[ProcessTable]) -> None:
    """Of the isolates of a pid that speak at the same time, the oldest is the main one; V8 numbers them from 13.6 on (0 is main)."""
    for process in processes:
        numbers = process.collections["isolate_id"].dropna()
        if len(numbers):
            process.main = bool(numbers.iloc[0] == 0)
        elif process.pid is not None:
            others = [other for other in processes if other.pid == process.pid and other.isolate != process.isolate]
            process.main = not any(_overlap(process, other) and _is_older(other, process) for other in others)


def _overlap(process: ProcessTable, other: ProcessTable) -> bool:
    return process.first_line <= other.last_line and other.first_line <= process.last_line


def _is_older(other: ProcessTable, process: ProcessTable) -> bool:
    """Whether the clock of `other` is ahead: at each line of `process` it lies between those of its lines around that one."""
    lines, at_ms = (process.collections[name].to_numpy(dtype=np.float64) for name in ("line", "at_ms"))
    other_lines, other_at_ms = (other.collections[name].to_numpy(dtype=np.float64) for name in ("line", "at_ms"))
    behind = np.searchsorted(other_lines, lines)
    passed, to_come = behind > 0, behind < len(other_lines)
    bounds = []
    if passed.any():
        bounds.append(float((other_at_ms[behind[passed] - 1] - at_ms[passed]).max()))
    if to_come.any():
        bounds.append(float((other_at_ms[behind[to_come]] - at_ms[to_come]).min()))
    return sum(bounds) > 0


# ---------------------------------------------------------------- what else the log says


def _share_spaces(processes: Sequence[ProcessTable], tables: Tables) -> None:
    """The blocks of `--trace-gc-verbose`, which follow their collections: to the run whose turn it is."""
    for name in ("spaces", "totals"):
        for (pid, isolate), rows in _by_key(getattr(tables, name)):
            mine = [process for process in processes if _has_key(process, pid, isolate)]
            begins = [process.first_line for process in mine]
            for i, process in enumerate(mine):
                after = begins[i + 1] if i + 1 < len(mine) else None
                turn = (rows["line"] >= (begins[i] if i else 0)) & (True if after is None else rows["line"] < after)
                setattr(process, name, rows[turn].reset_index(drop=True))


def _share_usage(processes: Sequence[ProcessTable], tables: Tables) -> list[ProcessTable]:
    """Figures of memory to the main isolate that spoke last before them, else to the first one behind them.

    Without any isolate they are processes of their own.
    """
    usage = tables.usage
    mains = [process for process in processes if process.main]
    if not mains:
        return [] if processes else _split_by_kills(tables)
    lines = usage["line"].to_numpy()
    spoke = np.stack([_spoke_last(process, lines) for process in mains])
    first = min(range(len(mains)), key=lambda i: mains[i].first_line)
    owners = np.where(spoke.max(axis=0) > 0, spoke.argmax(axis=0), first)
    for i, process in enumerate(mains):
        process.usage = usage[owners == i].reset_index(drop=True)
    return []


def _split_by_kills(tables: Tables) -> list[ProcessTable]:
    """Processes of which nothing but figures of memory is known, each with what was said of its end: a kill ends one, and the next
    begins behind it. The kernel's word of a node that it killed is enough for one, and so is a message that means something."""
    usage, messages = tables.usage, [record for record in tables.rare if isinstance(record, Message)]
    killed = [block for block in kill_blocks(messages) if is_of_node(block)]
    if not len(usage) and len(killed) > 1:
        return [empty_process(killed_pid(block), usage=usage, rare=block) for block in killed]
    sizes = usage["rss_mb"].fillna(usage["heap_total_mb"]).fillna(usage["heap_used_mb"])
    edges = [0, *find_ends(messages, usage["line"].tolist(), sizes.tolist()), math.inf]
    found: list[ProcessTable] = []
    for behind, last in itertools.pairwise(edges):
        said = [record for record in messages if behind < record.line <= last]
        own = [block for block in killed if behind < block[-1].line <= last]
        mine = usage[(usage["line"] > behind) & (usage["line"] <= last)].reset_index(drop=True)
        if len(mine) or own or any(speaks_for_itself(record) for record in said):
            pid = killed_pid(own[0]) if own else None
            run = 1 + sum(other.pid == pid for other in found)
            found.append(empty_process(pid, run=run, usage=mine, rare=said))
    return found


def _spoke_last(process: ProcessTable, lines: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """For each of the lines, the last one before it that the process printed; 0 where it had printed none."""
    own = process.collections["line"].to_numpy()
    if not len(own):
        return np.zeros(len(lines), dtype=np.int64)
    before = np.searchsorted(own, lines)
    return np.where(before > 0, own[np.maximum(before - 1, 0)], 0)


def _share_options(processes: Sequence[ProcessTable], tables: Tables) -> None:
    """Options to every process that is not over yet; what stands behind the last one, in the same breath, is said of that."""
    last = max(processes, key=lambda process: process.last_line, default=None)
    for record in tables.rare:
        if isinstance(record, HeapOption):
            for process in processes:
                behind = process is last and record.line - process.last_line < CRASH_BLOCK_LINES
                if record.line <= process.last_line or behind:
                    process.rare.append(record)


def _share_printed_limits(processes: Sequence[ProcessTable], tables: Tables) -> None:
    """heap_size_limit: to the process that printed it, and to one that begins, the last before it: programs print it as they start."""
    for process in processes:
        lines = process.collections["line"]
        first = int(lines.iloc[0]) if len(lines) else process.first_line
        own = process.usage[process.usage["line"] >= first] if len(process.usage) else process.usage
        process.rare += [*printed_limits(tables.usage[tables.usage["line"] < first])[-1:], *printed_limits(own)]


# ---------------------------------------------------------------- crashes


def _share_crashes(
    processes: list[ProcessTable], tables: Tables, no_rings: set[int], line_count: int | None
) -> list[ProcessTable]:
    """Crash blocks to the processes that died; those that no collection goes with are returned as processes of their own."""
    blocks = list(crash_blocks([record for record in tables.rare if record.line not in no_rings]))
    words = [record.line for record in tables.rare if isinstance(record, Message) and is_last_word(record)]
    orphans: list[ProcessTable] = []
    for i, block in enumerate(blocks):
        owner = _dead(processes, block, blocks[i + 1][0].line if i + 1 < len(blocks) else None)
        told = any(block[0].line <= line < block[-1].line + CRASH_BLOCK_LINES for line in words)
        behind = None if line_count is None else line_count - block[-1].line
        if not is_crash(block, behind, owned=owner is not None, told=told):
            continue
        if owner is not None:
            owner.rare.extend(block)
        elif any(isinstance(record, FatalError | CrashMarker) for record in block):
            orphans.append(empty_process(rare=block))
    return orphans


def _dead(processes: Sequence[ProcessTable], block: Sequence[CrashRecord], next_line: int | None) -> ProcessTable | None:
    """The process that a crash block speaks of: the one in its ring, else the one that spoke last before it."""
    first, last = block[0].line, block[-1].line + CRASH_BLOCK_LINES
    last = last if next_line is None else min(last, next_line)
    rings = [(line, process) for process in processes for line in process.ring_lines if first <= line <= last]
    if rings:
        return min(rings, key=lambda entry: entry[0])[1]
    return find_speaker(processes, first)
