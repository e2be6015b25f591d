"""What reading many processes costs beside one: `python tests/benchmarks/processes.py [--lines N] [--each N]`, CPU seconds of three runs."""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from pathlib import Path

from run import CLOCK, TRACE

import gclog
from gclog.source.open import expand, open_source


def make_processes(path: Path, lines: int, each: int) -> None:
    """`lines` lines of processes that print `each` lines, one after the other."""
    with open_source(expand([str(TRACE)])[0]) as source:
        text = b"".join(block.data for block in source.blocks())
    found = [(line[clock.end() :], int(clock[2])) for line in text.splitlines() if (clock := CLOCK.match(line))]
    dice = random.Random(each)
    with path.open("wb") as file:
        for number in range(lines):
            turn, place = divmod(number % each, len(found))
            if number % each == 0:
                prefix = b"[%d:0x%x]" % (dice.randrange(2, 4_000_000), dice.randrange(1, 1 << 28) << 12)
            rest, clock_ms = found[place]
            file.write(b"%s %8d ms: %s\n" % (prefix, clock_ms + turn * (found[-1][1] + 10), rest))


def cpu_s(path: Path) -> float:
    """CPU seconds of `read_tables`, the median of three."""
    taken = []
    for _ in range(3):
        begun = time.process_time()
        gclog.read_tables(path)
        taken.append(time.process_time() - begun)
    return statistics.median(taken)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--lines", type=int, default=7000)
    parser.add_argument("--each", type=int, default=7)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "gc.log"
        for each in (given.lines, given.each):
            make_processes(path, given.lines, each)
            print(f"{given.lines:,} lines, {-(-given.lines // each):,} processes: {cpu_s(path):.3f} s CPU")


if __name__ == "__main__":
    main()
