"""Which lines belong to which process: (pid, isolate) within one run.

A restart begins a new process: V8's clock goes back, or the pid changes. Isolates of worker threads share their pid with the
main isolate and have a clock of their own. Records of a crash's ring repeat what the trace has printed: they are kept only
where there is no trace of them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gclog.records import CrashMarker, FatalError, HeapOption, JsFrame, Message, NativeFrame, Record
from gclog.tables import Tables

__all__ = ["ProcessTable", "split_processes"]

CLOCK_STEP_BACK_MS = 1.5
"""V8 prints whole milliseconds, in order for one isolate: more than one back is another run."""

CRASH_BLOCK_LINES = 200
"""A fatal message and the ring of its crash stand within so many lines of each other."""

Key = tuple[float, str]


@dataclass(slots=True)
class ProcessTable:
    """The lines of one process. `run` counts the runs with this (pid, isolate) in the source, from 1."""

    pid: int | None
    isolate: str | None
    run: int
    main: bool
    collections: pd.DataFrame
    ring_lines: tuple[int, ...]
    spaces: pd.DataFrame
    totals: pd.DataFrame
    rare: list[Record]

    @property
    def first_line(self) -> int:
        lines = [int(self.collections["line"].iloc[0])] if len(self.collections) else []
        return min([*lines, *self.ring_lines, *(record.line for record in self.rare)])

    @property
    def last_line(self) -> int:
        lines = [int(self.collections["line"].iloc[-1])] if len(self.collections) else []
        return max([*lines, *self.ring_lines, *(record.line for record in self.rare)])


def split_processes(tables: Tables) -> list[ProcessTable]:
    """The processes of one source, in the order of their first lines. Options come to every process that was not over yet."""
    processes = [
        _process(pid, isolate, run, rows)
        for (pid, isolate), key_rows in _by_key(tables.collections[~tables.collections["ring"]])
        for run, rows in enumerate(_runs(key_rows), 1)
    ]
    ring = tables.collections[tables.collections["ring"]]
    if len(ring):
        _add_ring(processes, ring)
    processes.sort(key=lambda process: process.first_line)
    _mark_main(processes)
    _share_spaces(processes, tables)
    return _share_rare(processes, tables)


def _by_key(rows: pd.DataFrame) -> Iterator[tuple[Key, pd.DataFrame]]:
    if not len(rows):
        return
    pids = rows["pid"].fillna(-1.0)
    isolates = rows["isolate"].fillna("")
    for (pid, isolate), key_rows in rows.groupby([pids, isolates], sort=False):
        yield (float(str(pid)), str(isolate)), key_rows


def _process(pid: float, isolate: str, run: int, rows: pd.DataFrame, ring_lines: tuple[int, ...] = ()) -> ProcessTable:
    empty = pd.DataFrame()
    return ProcessTable(
        None if pid < 0 else int(pid), isolate or None, run, True, rows.reset_index(drop=True), ring_lines, empty, empty, []
    )


def _runs(rows: pd.DataFrame) -> list[pd.DataFrame]:
    at_ms = rows["at_ms"].to_numpy()
    if len(at_ms) < 2:
        return [rows]
    starts = np.flatnonzero(np.diff(at_ms) < -CLOCK_STEP_BACK_MS) + 1
    return [rows.iloc[a:b] for a, b in zip([0, *starts], [*starts, len(rows)], strict=True)]


def _add_ring(processes: list[ProcessTable], ring: pd.DataFrame) -> None:
    """Give the rows of rings to the processes whose traces they repeat; the others become processes of their own."""
    own: list[pd.DataFrame] = []
    for (pid, isolate), rows in _by_key(ring):
        for block in _runs(rows):
            line = int(block["line"].iloc[0])
            owner = max(
                (p for p in processes if _same(p, pid, isolate) and int(p.collections["line"].iloc[0]) < line),
                key=lambda p: int(p.collections["line"].iloc[-1]),
                default=None,
            )
            if owner is None:
                own.append(block)
                continue
            owner.ring_lines = tuple(int(n) for n in block["line"])
            news = block[block["at_ms"] > owner.collections["at_ms"].iloc[-1]]
            if len(news):
                owner.collections = pd.concat([owner.collections, news], ignore_index=True)
    runs: dict[Key, int] = {}
    for block in own:
        key = (float(block["pid"].fillna(-1.0).iloc[0]), str(block["isolate"].fillna("").iloc[0]))
        runs[key] = runs.get(key, 0) + 1
        processes.append(_process(*key, runs[key], block, tuple(int(n) for n in block["line"])))


def _same(process: ProcessTable, pid: float, isolate: str) -> bool:
    """Whether a ring's records can be this process's; V8 4.5 to 5.1 printed no pid in the ring."""
    return pid < 0 or (process.pid == pid and process.isolate == (isolate or None))


def _mark_main(processes: list[ProcessTable]) -> None:
    """The first isolate of a pid to speak is the main one, unless V8 numbers them (13.6 on: 0 is main)."""
    seen: dict[int | None, ProcessTable] = {}
    for process in processes:
        first = seen.get(process.pid)
        numbers = process.collections["isolate_id"].dropna()
        if len(numbers):
            process.main = bool(numbers.iloc[0] == 0)
        elif first is not None and process.pid is not None and process.isolate != first.isolate:
            process.main = first.last_line < process.first_line
        if process.main:
            seen[process.pid] = process


def _share_spaces(processes: list[ProcessTable], tables: Tables) -> None:
    for name in ("spaces", "totals"):
        frame = getattr(tables, name)
        if not len(frame):
            continue
        pids, isolates = frame["pid"].fillna(-1.0), frame["isolate"].fillna("")
        for process in processes:
            mine = (pids == (-1 if process.pid is None else process.pid)) & (isolates == (process.isolate or ""))
            mine &= (frame["line"] >= process.first_line - CRASH_BLOCK_LINES) & (
                frame["line"] <= process.last_line + CRASH_BLOCK_LINES
            )
            setattr(process, name, frame[mine].reset_index(drop=True))


def _share_rare(processes: list[ProcessTable], tables: Tables) -> list[ProcessTable]:
    """Crash blocks, messages and options to the processes they speak of; a crash without any collection is a process too."""
    orphans: list[Record] = []
    last_owner: ProcessTable | None = None
    last_line = -CRASH_BLOCK_LINES
    for record in tables.rare:
        match record:
            case HeapOption():
                for process in processes:
                    if process.last_line >= record.line:
                        process.rare.append(record)
            case FatalError() | CrashMarker() | NativeFrame() | JsFrame() | Message():
                in_block = record.line - last_line < CRASH_BLOCK_LINES and not isinstance(record, Message)
                owner = last_owner if in_block and last_owner is not None else _owner(processes, record.line)
                if owner is None:
                    orphans.append(record)
                else:
                    owner.rare.append(record)
                    last_owner, last_line = (owner, record.line) if not isinstance(record, Message) else (last_owner, last_line)
            case _:
                raise AssertionError(f"{type(record).__name__} is not a rare record")
    return processes + _orphan_crashes(orphans, tables)


def _owner(processes: list[ProcessTable], line: int) -> ProcessTable | None:
    """The process that spoke last before the line, or, for a block that begins the log, the first that speaks in it."""
    spoke: list[tuple[int, ProcessTable]] = []
    for process in processes:
        lines = process.collections["line"].to_numpy()
        before = [int(lines[at - 1])] if (at := int(np.searchsorted(lines, line, side="right"))) else []
        before += [ring_line for ring_line in process.ring_lines if ring_line <= line]
        if before:
            spoke.append((max(before), process))
    if spoke:
        return max(spoke, key=lambda entry: entry[0])[1]
    soon = [process for process in processes if process.first_line - line < CRASH_BLOCK_LINES]
    return min(soon, key=lambda process: process.first_line, default=None)


def _orphan_crashes(orphans: list[Record], tables: Tables) -> list[ProcessTable]:
    """A process for each fatal error (or stack) in a log without any collection."""
    if not any(isinstance(record, FatalError | CrashMarker) for record in orphans):
        return []
    blocks: list[list[Record]] = []
    for record in orphans:
        begins = (
            isinstance(record, FatalError) and any(isinstance(other, FatalError) for other in blocks[-1]) if blocks else True
        )
        if begins:
            blocks.append([])
        blocks[-1].append(record)
    empty = tables.collections.iloc[:0]
    return [dataclasses.replace(_process(-1.0, "", 1, empty), rare=block) for block in blocks]
