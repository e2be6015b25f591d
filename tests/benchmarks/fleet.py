"""A fleet of generated logs: in one process, then by workers of which one is killed midway. Are the rows the same, and how fast?

python tests/benchmarks/fleet.py [--logs 2000] [--workers 2]

Not part of the tests: it takes minutes. The logs are the labelled samples, each many times with another pid and its clock moved.
"""

from __future__ import annotations

import argparse
import gzip
import os
import random
import re
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

from gclog.fleet.cluster import connect, run_on
from gclog.fleet.logs import list_logs
from gclog.fleet.run import run_here, survey
from gclog.fleet.summary import LogTask, summarize
from gclog.incident.settings import Settings
from gclog.model.fleet import FleetReport

SAMPLES = Path(__file__).parents[2] / "samples" / "labelled"
LINE = re.compile(rb"\[(\d+)(:0x[0-9a-f]+\])( +)(\d+)( ms:)")
CORRUPT_EVERY = 100
"""Every so many logs one is cut in its gzip header: a row that says so."""


def make_logs(folder: Path, count: int) -> None:
    """`count` logs of a hundred hosts; the same ones each time."""
    samples = [gzip.decompress(path.read_bytes()) for path in sorted(SAMPLES.glob("*.log.gz"))]
    chance = random.Random(20260314)
    for number in range(count):
        host = folder / f"web-{number % 100:02}"
        host.mkdir(exist_ok=True)
        path = host / f"{number}.gc.log"
        if number % CORRUPT_EVERY == CORRUPT_EVERY - 1:
            path.write_bytes(b"\x1f\x8b\x08\x00")
            continue
        pid, later = 1000 + number, chance.randrange(0, 3_600_000)

        def moved(found: re.Match[bytes], pid: int = pid, later: int = later) -> bytes:
            return b"[%d%s%s%d%s" % (pid, found[2], found[3], int(found[4]) + later, found[5])

        path.write_bytes(LINE.sub(moved, samples[number % len(samples)]))


def with_a_death(outcomes: Generator[Any, None, None], at: int, kill: Callable[[], None]) -> Generator[Any, None, None]:
    """The outcomes, with a worker killed when so many are there."""
    for number, outcome in enumerate(outcomes):
        if number == at:
            kill()
        yield outcome


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--logs", type=int, default=2000)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="gclog-fleet-") as name:
        make_logs(Path(name), given.logs)
        logs = list_logs([f"{name}/*/*.gc.log"])
        size_mb = sum(Path(log).stat().st_size for log in logs) / (1 << 20)
        tasks = [LogTask(log, Path(log).parent.name, Settings()) for log in logs]
        print(f"{len(logs):,} logs, {size_mb:.0f} MB, on {os.cpu_count()} cores")

        began_s = time.monotonic()
        alone = survey([name], tasks, run_here(tasks))
        show("in this process", alone, time.monotonic() - began_s, 1)

        began_s = time.monotonic()
        with connect(given.workers) as client:
            started_s = time.monotonic() - began_s
            pids = list(client.run(os.getpid).values())
            began_s = time.monotonic()
            outcomes = with_a_death(run_on(client, summarize, tasks), len(tasks) // 2, lambda: os.kill(pids[0], signal.SIGKILL))
            together = survey([name], tasks, outcomes)
            took_s = time.monotonic() - began_s
        show(f"{given.workers} workers (started in {started_s:.1f} s), one killed midway", together, took_s, given.workers)

    same = (alone.rows, alone.failed, alone.groups, alone.outliers) == (
        together.rows,
        together.failed,
        together.groups,
        together.outliers,
    )
    print("the same rows" if same else "THE ROWS DIFFER")
    return 0 if same and together.workers_lost else 1


def show(how: str, report: FleetReport, took_s: float, workers: int) -> None:
    rate = report.read / took_s
    print(
        f"{how}: {took_s:.1f} s, {rate:.1f} logs/s, {rate / workers:.1f} a worker; {len(report.rows):,} processes, "
        f"{len(report.failed)} failed, {len(report.outliers)} outliers, {report.workers_lost} workers lost"
    )


if __name__ == "__main__":
    sys.exit(main())
