"""What a process costs: logs of many short processes against one long one, and of banners and fatal messages alternating.

`python tests/benchmarks/many_processes.py [PROCESSES]` prints CPU seconds, medians of three; `--runs` those of a million lines of
one process, and of one that is started 1,440 times.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import gclog
from gclog.incident.pipeline import analyze
from gclog.incident.settings import Settings

LINES = 7
"""Lines of a short process."""


def collection(pid: int, isolate: int, number: int) -> str:
    """A scavenge of Node 20."""
    step = number % LINES
    sizes = f"{20 + step / 2:.1f} ({40 + step / 2:.1f}) -> {18 + step / 2:.1f} ({41 + step / 2:.1f}) MB"
    figures = f"{0.6 + step / 10:.1f} / 0.0 ms  (average mu = 1.000, current mu = 1.000) allocation failure; "
    return f"[{pid}:0x{isolate:x}]    {40 + 37 * number} ms: Scavenge {sizes}, {figures}\n"


def many(processes: int) -> Iterator[str]:
    """The lines of short processes, one after the other."""
    return (collection(1000 + p, 0x55_8100_0000 + 4096 * p, n) for p in range(processes) for n in range(LINES))


def runs(count: int, lines: int) -> Iterator[str]:
    """As many lines of one process that is started again and again."""
    return (collection(1000, 0x55_8100_0000, n % (lines // count)) for n in range(lines))


def one(processes: int) -> Iterator[str]:
    """As many lines of one process."""
    return (collection(1000, 0x55_8100_0000, n) for n in range(LINES * processes))


def fatal(processes: int) -> Iterator[str]:
    """Banners and fatal messages alternating: each pair is a crash."""
    error = "FATAL ERROR: Ineffective mark-compacts near heap limit Allocation failed - JavaScript heap out of memory"
    return (line for _ in range(processes) for line in ("<--- Last few GCs --->\n", f"{error}\n"))


def seconds(lines: Iterator[str], folder: Path) -> tuple[float, float]:
    """CPU seconds of reading alone and of `analyze`, medians of three."""
    log = folder / "made.log"
    log.write_text("".join(lines))
    return _median(lambda: gclog.read_tables(log)), _median(lambda: analyze(log, Settings(processes=1)))


def _median(run: Callable[[], object]) -> float:
    taken = []
    for _ in range(3):
        begin = time.process_time()
        run()
        taken.append(time.process_time() - begin)
    return statistics.median(taken)


def main() -> None:
    """Print the table."""
    given = [word for word in sys.argv[1:] if word != "--runs"]
    count = int(given[0]) if given else 1000
    logs = (
        {
            "1,000,000 lines of one process": one(1_000_000 // LINES),
            "1,000,000 lines of 1,440 runs": runs(1440, 1_000_000),
        }
        if "--runs" in sys.argv
        else {
            "one process": one(count),
            f"{count:,} processes": many(count),
            f"{3 * count:,} processes": many(3 * count),
            f"{count:,} banners and fatal messages": fatal(count),
            f"{10 * count:,} banners and fatal messages": fatal(10 * count),
        }
    )
    with tempfile.TemporaryDirectory() as name:
        for title, lines in logs.items():
            read, whole = seconds(lines, Path(name))
            print(f"{title}: reading {read:.2f} s, analyze {whole:.2f} s")


if __name__ == "__main__":
    main()
