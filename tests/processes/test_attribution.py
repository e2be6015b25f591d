"""One decision of whose a line is: a log that grows, in whatever portions, and the finished one have the same owners."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from made_logs import FATAL, INEFFECTIVE, NATIVE, RING, STACK, full, scavenge, tables_of

from gclog.model.records import HeapOption, MemoryUsage, Message
from gclog.processes.attribution import Attribution
from gclog.processes.crash_blocks import CrashRecord
from gclog.processes.log import Key
from gclog.processes.process import ProcessTable
from gclog.processes.ring_owners import Ring
from gclog.processes.runs import CollectionRow
from gclog.processes.split import split_processes
from gclog.source.open import Block
from gclog.watch.process import KEPT_CRASH_RECORDS, WatchedProcess
from gclog.watch.watcher import Watcher

STOPPED = "Error [ERR_WORKER_OUT_OF_MEMORY]: Worker terminated due to reaching memory limit: JS heap out of memory"
Parts = set[frozenset[int]]

# ---------------------------------------------------------------- owners


class Noting(Attribution[WatchedProcess]):
    """Notes whose the rings and the figures of memory are."""

    def __init__(self, log: Noted) -> None:
        super().__init__(log, KEPT_CRASH_RECORDS)
        self._noted = log.owners

    def ring(self, key: Key, line: int, ring: Ring, *, worker: bool) -> WatchedProcess:
        owner = super().ring(key, line, ring, worker=worker)
        self._noted[line] = owner
        return owner

    def figures(self, lines: tuple[int, int], sizes_mb: tuple[float, float]) -> WatchedProcess:
        owner = super().figures(lines, sizes_mb)
        self._noted[lines[0]] = owner
        return owner


class Noted(Watcher):
    """A watch that notes whose each line is."""

    def __init__(self) -> None:
        super().__init__()
        self.owners: dict[int, WatchedProcess] = {}
        self._attribution = Noting(self)

    def message(self, process: WatchedProcess, message: Message) -> None:
        self.owners[message.line] = process
        super().message(process, message)

    def crash(self, process: WatchedProcess | None, records: list[CrashRecord]) -> WatchedProcess:
        owner = super().crash(process, records)
        self.owners |= {record.line: owner for record in records}
        return owner

    def adopt(self, process: WatchedProcess, untraced: WatchedProcess) -> None:
        self.owners |= {line: process for line, owner in self.owners.items() if owner is untraced}
        super().adopt(process, untraced)

    def drop(self, untraced: WatchedProcess) -> None:
        super().drop(untraced)
        for line in [line for line, owner in self.owners.items() if owner is untraced]:
            del self.owners[line]

    def _judge(self, process: WatchedProcess, rows: Sequence[CollectionRow]) -> None:
        self.owners |= {row.line: process for row in rows}
        super()._judge(process, rows)


def by_watch(blocks: Iterable[Block]) -> Parts:
    watch = Noted()
    for block in blocks:
        watch.read(block)
    watch.finish()
    parts: dict[int, set[int]] = {}
    for line, owner in watch.owners.items():
        parts.setdefault(id(owner), set()).add(line)
    return {frozenset(part) for part in parts.values()}


def lines_of(process: ProcessTable) -> frozenset[int]:
    said = [record.line for record in process.rare if not isinstance(record, HeapOption)]
    usage = process.usage["line"].tolist() if MemoryUsage in process.frames else []
    return frozenset([*process.rows.lines.tolist(), *process.ring_lines, *usage, *said])


def by_analysis(lines: Sequence[str]) -> Parts:
    return {lines_of(process) for process in split_processes(tables_of(*lines), len(lines))}


def agree(lines: Sequence[str], one: Parts, other: Parts) -> bool:
    """Whether the same lines are of one process; only a record of a ring that repeats another may be nobody's."""
    rows = tables_of(*lines).rows
    repeated = set(rows.lines[rows.flags("ring")].tolist())
    left = (set().union(*one) ^ set().union(*other)) & repeated
    return {part - left for part in one} - {frozenset()} == {part - left for part in other} - {frozenset()}


# ---------------------------------------------------------------- logs


def trace(pid: int, isolate: str, at_ms: Sequence[int]) -> list[str]:
    return [(full if at % 2 else scavenge)(at, pid, isolate) for at in at_ms]


def kill(pid: int, name: str) -> list[str]:
    return [
        f"[8123.1] {name} invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
        "[8123.2] memory: usage 131072kB, limit 131072kB, failcnt 911",
        f"[8123.4] Memory cgroup out of memory: Killed process {pid} ({name}) total-vm:1111300kB, anon-rss:129524kB, file-rss:0kB",
    ]


def figures(*rss_mb: int) -> list[str]:
    return [f"rss={mb}MB heapTotal=10MB heapUsed=9MB external=1MB" for mb in rss_mb]


def unlike(line: str) -> str:
    """A line of a second life: one that repeats the first life's sizes and moments is that life, pasted twice, to a finished log only."""
    return line.replace("-> 3.8 ", "-> 3.7 ").replace("-> 40.0 ", "-> 41.0 ")


moments = st.lists(st.integers(18, 9000), min_size=1, max_size=6).map(sorted)
errors = st.sampled_from([FATAL, INEFFECTIVE, "FATAL ERROR: Zone Allocation failed - process out of memory"])
tails = st.builds(lambda error, stack: [STACK, error, NATIVE] if stack else [error], errors, st.booleans())
messages = st.sampled_from(
    ["Killed", "npm ERR! code 134", "Aborted (core dumped)", "exit code 137", f"{STOPPED}\n  code: 'X'", STOPPED, FATAL]
).map(str.splitlines)
kills = st.builds(kill, st.sampled_from([7, 8, 4711]), st.sampled_from(["node", "node", "python3"]))
readings = st.lists(st.integers(40, 200), min_size=1, max_size=4).map(lambda sizes: figures(*sizes))
prose = st.integers(1, 260).map(lambda count: ["GET /"] * count)


def source(pid: int) -> st.SearchStrategy[list[str]]:
    """What one program writes, or somebody about one."""
    runs = st.builds(trace, st.just(pid), st.just("0x10"), moments)
    crashes = st.builds(lambda run, tail, ring: [*run, RING, *run[-ring:], *tail], runs, tails, st.integers(1, 3))
    restarts = st.builds(lambda first, second: [*first, *map(unlike, second)], runs | crashes, runs)
    return st.one_of(runs, crashes, restarts, tails, messages, kills, readings, prose)


@st.composite
def logs(draw: st.DrawFn) -> list[str]:
    """A few programs that write into one log, line by line or one after the other; a crash's ring is one write."""
    sources = [draw(source(7 + place)) for place in range(draw(st.integers(1, 6)))]
    dice = Random(draw(st.integers(0, 1000)))
    if draw(st.booleans()):
        return [line for one in sources for line in one]
    waiting = [list(one) for one in sources]
    lines: list[str] = []
    while waiting:
        one = dice.choice(waiting)
        count = len(one) if one[0] in ("GET /", RING) else dice.randint(1, 3)
        if RING in one[1:count]:
            count = one.index(RING)
        lines += one[:count]
        del one[:count]
        waiting = [one for one in waiting if one]
    return lines


def block_of(lines: Sequence[str], first_line: int = 1) -> Block:
    return Block("".join(f"{line}\n" for line in lines).encode(), first_line)


@settings(max_examples=150, derandomize=True)
@given(logs())
def test_a_growing_log_and_the_finished_one_have_the_same_owners(lines: list[str]) -> None:
    finished = by_analysis(lines)
    assert agree(lines, by_watch([block_of(lines)]), finished)
    assert agree(lines, by_watch(block_of([line], number) for number, line in enumerate(lines, 1)), finished)
