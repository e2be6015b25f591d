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
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from gclog.model.crash_records import CrashMarker, FatalError
from gclog.model.records import HeapOption, MemoryTotal, MemoryUsage, Message, Record, SpaceUsage
from gclog.processes.crash_blocks import AROUND, CRASH_BLOCK_LINES, RING_BANNER, crash_blocks, is_crash, is_last_word
from gclog.processes.kernel_kills import is_of_node, kill_blocks, killed_pid
from gclog.processes.message_kills import find_ends, speaks_for_itself
from gclog.processes.message_owners import Speakers, share_messages
from gclog.processes.older_isolates import find_workers
from gclog.processes.process import ProcessTable, empty_process, with_records
from gclog.processes.ring_owners import CLOCK_STEP_BACK_MS, Key, RingOwners, begins_trace
from gclog.processes.rows import Rows, joined
from gclog.processes.tables import Tables, printed_limits

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
    rows = tables.rows
    return [
        _process(key, run, own)
        for key, key_rows in _by_key(rows.where(~rows.flags("ring")))
        for run, own in enumerate(_runs(key_rows), 1)
    ]


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
        yield (float(pids[0]), isolates.texts[codes[0]] or ""), rows
        return
    for first, places in _groups(pids, codes):
        yield (float(pids[first]), isolates.texts[codes[first]] or ""), rows.take(places)


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


def _process(key: Key, run: int, rows: Rows, ring_lines: tuple[int, ...] = ()) -> ProcessTable:
    pid, isolate = key
    return empty_process(None if pid < 0 else int(pid), isolate or None, run=run, rows=rows, ring_lines=ring_lines)


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


# ---------------------------------------------------------------- rings


def _add_rings(traces: list[ProcessTable], tables: Tables) -> tuple[list[ProcessTable], set[int]]:
    """The processes with the rows of the rings that repeat their traces; other rings become processes of their own.

    Also the lines of banners that no ring follows: the process goes on after them.
    """
    rings = tables.rows.where(tables.rows.flags("ring"))
    no_rings: set[int] = set()
    banners = [record.line for record in tables.rare if isinstance(record, CrashMarker) and record.kind == RING_BANNER]
    owners = RingOwners(traces)
    for key, rows in _by_key(rings):
        for banner, printed in _by_banner(rows, banners):
            for block in _runs(printed):
                owner = owners.owner(key, block)
                if owner is not None and begins_trace(owners.processes[owner], block):
                    no_rings.add(banners[banner - 1])
                if owner is None:
                    lines = tuple(block.lines.tolist())
                    owners.add(key, _process(key, 1 + owners.runs(key), block, lines))
                else:
                    owners.replace(owner, _with_ring(owners.processes[owner], block))
    return owners.processes, no_rings


def _by_banner(rows: Rows, banners: list[int]) -> Iterator[tuple[int, Rows]]:
    """The rows of rings, those after each banner, which is given by its number from 1."""
    after = np.searchsorted(np.array(banners, dtype=np.int64), rows.lines, side="right")
    edges = (np.flatnonzero(np.diff(after)) + 1).tolist()
    for begin, end in itertools.pairwise([0, *edges, len(rows)]):
        yield int(after[begin]), rows.part(begin, end)


def _with_ring(process: ProcessTable, block: Rows) -> ProcessTable:
    """A process with the rows of a ring that repeats its trace."""
    if begins_trace(process, block):
        import pandas as pd

        whole = pd.concat([block.frame().assign(ring=False), process.collections], ignore_index=True)
        return dataclasses.replace(process, rows=Rows.of(whole))
    news = block.where(block.numbers("at_ms") > process.rows.number("at_ms", -1))
    lines = process.ring_lines + tuple(block.lines.tolist())
    return dataclasses.replace(process, rows=joined([process.rows, news]), ring_lines=lines)


# ---------------------------------------------------------------- main and workers


def _mark_main(processes: Sequence[ProcessTable]) -> list[ProcessTable]:
    """The processes, each marked as the main isolate of its pid or a worker."""
    workers = find_workers(processes)
    return [
        dataclasses.replace(process, main=False) if place in workers else process for place, process in enumerate(processes)
    ]


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
        mine.setdefault((process.pid, process.isolate), []).append(place)
    pids, lines = frame["pid"].fillna(NO_PID).to_numpy(), frame["line"].to_numpy()
    codes, isolates = pd.factorize(frame["isolate"])
    for first, places in _groups(pids, codes):
        key = (None if pids[first] < 0 else int(pids[first]), None if codes[first] < 0 else isolates[codes[first]] or None)
        runs = mine.get(key, [])
        begins = [0, *(processes[place].first_line for place in runs[1:])]
        edges = [*np.searchsorted(lines[places], begins).tolist(), len(places)]
        for place, (begin, end) in zip(runs, itertools.pairwise(edges), strict=False):
            found[place] = frame.iloc[places[begin:end]].reset_index(drop=True)
    return found


def _share_usage(processes: list[ProcessTable], tables: Tables) -> list[ProcessTable]:
    """The processes with figures of memory: each to the main isolate that spoke last before it, else to the first one after it.

    Without any isolate they are processes of their own.
    """
    usage = tables.frames.get(MemoryUsage)
    mains = [place for place, process in enumerate(processes) if process.main]
    if not processes:
        return _split_by_kills(tables)
    if not mains or usage is None:
        return processes
    owners = Speakers([processes[place] for place in mains]).owners(usage["line"].to_numpy())
    owners[owners < 0] = min(range(len(mains)), key=lambda i: processes[mains[i]].first_line)
    found = list(processes)
    order = np.argsort(owners, kind="stable")
    edges = np.flatnonzero(np.diff(owners[order])) + 1
    for rows in np.split(order, edges):
        place = mains[int(owners[rows[0]])]
        found[place] = _with_frame(found[place], MemoryUsage, usage.iloc[rows].reset_index(drop=True))
    return found


def _split_by_kills(tables: Tables) -> list[ProcessTable]:
    """Processes of which nothing but figures of memory is known, each with what was said of its end: a kill ends one, and the next
    begins after it. A kill of a node that the kernel reports is enough for one, and so is a message that means something."""
    usage, messages = tables.frames.get(MemoryUsage), [record for record in tables.rare if isinstance(record, Message)]
    killed = [block for block in kill_blocks(messages) if is_of_node(block)]
    if usage is None and len(killed) > 1:
        return [empty_process(killed_pid(block), rare=block) for block in killed]
    lines, sizes = ([], []) if usage is None else _sizes(usage)
    edges = [0, *find_ends(messages, lines, sizes)]
    said_by, kills_by = (
        [0, *_passed(edges, own), len(own)] for own in ([m.line for m in messages], [b[-1].line for b in killed])
    )
    usage_by = [0, *_passed(edges, lines), len(lines)]
    found: list[ProcessTable] = []
    runs: Counter[int | None] = Counter()
    for i in range(len(edges)):
        said, own = messages[said_by[i] : said_by[i + 1]], killed[kills_by[i] : kills_by[i + 1]]
        mine = None if usage is None else usage.iloc[usage_by[i] : usage_by[i + 1]].reset_index(drop=True)
        if usage_by[i] < usage_by[i + 1] or own or any(speaks_for_itself(record) for record in said):
            pid = killed_pid(own[0]) if own else None
            runs[pid] += 1
            found.append(empty_process(pid, run=runs[pid], usage=mine, rare=said))
    return found


def _sizes(usage: pd.DataFrame) -> tuple[list[int], list[float]]:
    """The lines of figures of memory, and what each says of all memory, or of the heap."""
    sizes = usage["rss_mb"].fillna(usage["heap_total_mb"]).fillna(usage["heap_used_mb"])
    return usage["line"].tolist(), sizes.tolist()


def _passed(edges: Sequence[int], lines: Sequence[int]) -> list[int]:
    """How many of the lines, which are in order, come up to each of the edges but the first."""
    return [bisect.bisect_right(lines, edge) for edge in edges[1:]]


def _share_options(processes: Sequence[ProcessTable], tables: Tables) -> list[ProcessTable]:
    """The processes with the options that were named before they were over; what closely follows the last one is said of that.

    Of those that were named before its first line a process has the last of each: a log of many restarts names them anew each time.
    """
    options = [record for record in tables.rare if isinstance(record, HeapOption)]
    if not options or not processes:
        return list(processes)
    lines = [record.line for record in options]
    ends = [process.last_line for process in processes]
    last = max(range(len(ends)), key=lambda place: ends[place])
    begins = [bisect.bisect_left(lines, process.first_line) for process in processes]
    shares: dict[int, Sequence[Record]] = {}
    before: dict[str, HeapOption] = {}
    done = 0
    for place in sorted(range(len(ends)), key=lambda place: begins[place]):
        begin, end = begins[place], ends[place]
        before.update((option.option, option) for option in options[done:begin] if option.mb > 0)
        done = begin
        named = bisect.bisect_right(lines, end) if place != last else bisect.bisect_left(lines, end + CRASH_BLOCK_LINES)
        if own := [*before.values(), *options[begin:named]]:
            shares[place] = own
    return with_records(processes, shares)


def _share_printed_limits(processes: Sequence[ProcessTable], tables: Tables) -> list[ProcessTable]:
    """heap_size_limit: to the process that printed it, and to one that begins, the last before it: programs print it as they start."""
    printed = printed_limits(tables.frames[MemoryUsage]) if MemoryUsage in tables.frames else []
    if not printed:
        return list(processes)
    lines = [record.line for record in printed]
    shares: dict[int, list[Record]] = {}
    for place, process in enumerate(processes):
        first = process.rows.line(0) if len(process.rows) else process.first_line
        before = bisect.bisect_left(lines, first)
        usage = process.frames.get(MemoryUsage)
        own = [] if usage is None else printed_limits(usage[usage["line"] >= first])
        shares[place] = [*printed[max(0, before - 1) : before], *own]
    return with_records(processes, shares)


# ---------------------------------------------------------------- crashes


def _share_crashes(
    processes: Sequence[ProcessTable], tables: Tables, no_rings: set[int], line_count: int | None
) -> list[ProcessTable]:
    """The processes with the crash blocks of those that died; a block that no collection goes with is a process of its own."""
    blocks = list(crash_blocks([record for record in tables.rare if record.line not in no_rings]))
    if not blocks:
        return list(processes)
    words = [record.line for record in tables.rare if isinstance(record, Message) and is_last_word(record)]
    rings = sorted((line, place) for place, process in enumerate(processes) for line in process.ring_lines)
    speakers = Speakers(processes)
    orphans: list[ProcessTable] = []
    shares: dict[int, list[Record]] = {}
    for i, block in enumerate(blocks):
        first, last = block[0].line, block[-1].line
        owner = _in_ring(rings, first, min([last + CRASH_BLOCK_LINES, *(other[0].line for other in blocks[i + 1 : i + 2])]))
        owner = speakers.before(first) if owner is None else owner
        word = bisect.bisect_left(words, first)
        is_reported = word < len(words) and words[word] < last + CRASH_BLOCK_LINES
        lines_after = None if line_count is None else line_count - last
        if not is_crash(block, lines_after, owned=owner is not None, is_reported=is_reported):
            continue
        if owner is not None:
            shares.setdefault(owner, []).extend(block)
        elif any(isinstance(record, FatalError | CrashMarker) for record in block):
            orphans.append(empty_process(rare=[*block, *(_around(tables, first, last) if len(blocks) == 1 else ())]))
    return [*with_records(processes, shares), *orphans]


def _around(tables: Tables, first: int, last: int) -> list[Record]:
    """The messages near the only crash of a log that say in what it happened, or what it left."""
    lines = range(first - CRASH_BLOCK_LINES, last + CRASH_BLOCK_LINES)
    return [record for record in tables.rare if isinstance(record, Message) and record.kind in AROUND and record.line in lines]


def _in_ring(rings: Sequence[tuple[int, int]], first: int, last: int) -> int | None:
    """The place of the process whose ring is between two lines: it is the one that a crash block there speaks of."""
    at = bisect.bisect_left(rings, (first, -1))
    return rings[at][1] if at < len(rings) and rings[at][0] <= last else None
