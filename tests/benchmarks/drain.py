"""How fast `gclog watch` takes lines from a pipe, so that it never holds up the program that it watches.

`python tests/benchmarks/drain.py [STREAM ...]` prints lines per CPU second, without the start of the program, and the memory at a
quarter, at half and at the end of each stream.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from itertools import islice, pairwise
from pathlib import Path

LIVE_MB, YOUNG_MB = 20.0, 16.0
FULL_EVERY = 50
"""A full collection after so many scavenges."""

PIDS = 1000

ERROR = "FATAL ERROR: Ineffective mark-compacts near heap limit Allocation failed - JavaScript heap out of memory"

PROSE = (
    "2026-03-01T10:20:30.123Z info  request GET /api/v1/orders?page=3 took 12 ms, 200 OK, 4.3 kB",
    "worker pool: 8 idle, 0 busy; cache hit ratio 0.93; queue is empty",
    "Listening on port 8080 (pid 4711), environment production, version 3.4.1",
)


def collection(pid: int, isolate: int, at_ms: int, number: int) -> str:
    """A line of Node 20."""
    if number % FULL_EVERY == FULL_EVERY - 1:
        used = f"{LIVE_MB + YOUNG_MB / 2:.1f} (50.1) -> {LIVE_MB + number % 7 / 10:.1f} (45.3) MB"
        return (
            f"[{pid}:0x{isolate:x}] {at_ms:8d} ms: Mark-Compact {used}, 4.31 / 0.00 ms  (average mu = 0.991, current mu = 0.987)"
            " allocation failure; scavenge might not succeed\n"
        )
    step = number % FULL_EVERY / 10
    used = f"{LIVE_MB + 8 + step:.1f} (50.1) -> {LIVE_MB + step:.1f} (50.3) MB"
    return (
        f"[{pid}:0x{isolate:x}] {at_ms:8d} ms: Scavenge {used}, 0.61 / 0.00 ms  (average mu = 0.991, current mu = 0.987)"
        " allocation failure; \n"
    )


def plain() -> Iterator[str]:
    """The trace of one process."""
    number = 0
    while True:
        yield collection(4711, 0x5581_0000, 40 + 37 * number, number)
        number += 1


def mixed() -> Iterator[str]:
    """One line of the trace in ten of prose."""
    for number, line in enumerate(plain()):
        yield line
        for step in range(9):
            yield f"{PROSE[(number + step) % len(PROSE)]} #{number}\n"


def interleaved() -> Iterator[str]:
    """A thousand processes that speak in turns."""
    number = 0
    while True:
        pid, turn = number % PIDS, number // PIDS
        yield collection(1000 + pid, 0x5581_0000 + 4096 * pid, 40 + 1000 * turn + pid, turn + 3 * pid)
        number += 1


def crashes() -> Iterator[str]:
    """Banners and fatal messages alternating: each pair is a crash."""
    while True:
        yield "<--- Last few GCs --->\n"
        yield f"{ERROR}\n"


STREAMS = {
    "plain": (plain, 600_000),
    "mixed": (mixed, 2_000_000),
    "interleaved": (interleaved, 300_000),
    "crashes": (crashes, 60_000),
}


def drain(lines: Iterator[str]) -> tuple[float, list[float]]:
    """CPU seconds of a watch that reads the lines, and its memory in MB at a quarter, at half and at the end of them."""
    data = [line.encode() for line in lines]
    watch = subprocess.Popen([sys.executable, "-m", "gclog", "watch", "-"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    assert watch.stdin is not None
    marks = {len(data) // 4, len(data) // 2, len(data)}
    memory_mb = []
    edges = sorted({*range(0, len(data), 1000), *marks, len(data)})
    for begin, end in pairwise(edges):
        watch.stdin.write(b"".join(data[begin:end]))
        if end in marks:
            watch.stdin.flush()
            memory_mb.append(_resident_mb(watch.pid))
    watch.stdin.close()
    _, _, used = os.wait4(watch.pid, 0)
    watch.returncode = 0
    return used.ru_utime + used.ru_stime, memory_mb


def _resident_mb(pid: int) -> float:
    said = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) / 1024 for line in said.splitlines() if line.startswith("VmRSS"))


def main() -> None:
    """Print the table."""
    start_s, _ = drain(islice(plain(), 100))
    for name in sys.argv[1:] or STREAMS:
        make, count = STREAMS[name]
        taken_s, memory_mb = drain(islice(make(), count))
        speed = count / (taken_s - start_s)
        memory = ", ".join(f"{mb:.0f}" for mb in memory_mb)
        print(f"{name}: {count:,} lines, {speed:,.0f} lines per CPU second; {memory} MB", flush=True)


if __name__ == "__main__":
    main()
