"""How well `gclog fleet` tells leaking processes from the others: precision and recall on fleets whose truth is known.

python tests/benchmarks/outliers.py [NODES]

Not part of the tests. Without NODES, the labelled samples are taken for one fleet: every process another program, which is what
outliers are not made for. With a folder of Node binaries (NODES/22.23.3/bin/node) it makes fleets as they are, too: on each host
the same program of `samples/programs/labelled`, under a load of its own; on two hosts in fourteen it leaks. Takes five minutes,
mostly asleep. Programs, hosts and loads are the same each time; how the runs go is the machine's affair.

recall     of the leaking processes, those that stand out in a measure; precision: of those that stand out, the leaking
held       of the leaking processes, those that have the figure, in a group where enough have it: no other can stand out
level      the same for gclog's own level, impending or worse, which needs no fleet: what outliers have to be held against
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import random
import re
import sys
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from gclog.fleet.outliers import MEASURES
from gclog.fleet.run import analyze_fleet
from gclog.model.fleet import FleetReport
from gclog.model.not_known import NotKnown
from gclog.model.verdict import LEVELS

PROGRAM = Path(__file__).parents[2] / "samples" / "programs" / "labelled" / "run.py"
LABELLED = Path(__file__).parents[2] / "samples" / "labelled"
MOMENT = re.compile(rb"^\[\d+(?::0x[0-9a-f]+)?\] +(\d+) ms:")

SEED = 20261121
FLEETS = (("ok_steady", "22"), ("ok_sawtooth", "18"), ("ok_lru", "26"), ("ok_cycles", "14"))
"""What the healthy hosts of each fleet do, and on which Node."""
LEAKS = ("leak_linear", "leak_slow_after_plateau")
HEALTHY, LIMIT_MB, SECONDS, RATES = 12, 96, 24, (15, 30)
SHARES = (1.0, 0.6)
"""Of the run: at its end the leaking have died, which needs no statistics to see; at 0.6 they only grow."""


def leaks(source: str) -> bool:
    """Whether the process of a log does, by the log's name."""
    return Path(source).name.startswith("leak_")


def run_program() -> Any:
    """The script that makes the labelled samples, as a module."""
    spec = importlib.util.spec_from_file_location("labelled_program", PROGRAM)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def make_fleet(folder: Path, program: Any, nodes: Path, usual: str, node: str, chance: random.Random) -> None:
    """A log for each host, all run at the same time; and what there was of it after a share of its life."""
    workloads = [usual] * HEALTHY + list(LEAKS)
    runs = [
        program.Run(workload, node, LIMIT_MB, SECONDS, chance.randint(*RATES), chance.randrange(1 << 20))
        for workload in workloads
    ]
    with ThreadPoolExecutor(len(runs)) as pool:
        logs = list(pool.map(lambda run: program.execute(run, nodes)[0], runs))
    for share in SHARES:
        for number, (run, log) in enumerate(zip(runs, logs, strict=True)):
            host = folder / f"{share}" / f"web-{number:02}"
            host.mkdir(parents=True)
            (host / f"{run.workload}-{node}.log").write_bytes(cut(log, share))


def cut(log: bytes, share: float) -> bytes:
    """The lines up to a share of the process's life."""
    lines = log.splitlines(keepends=True)
    moments = [int(found[1]) if (found := MOMENT.match(line)) else 0 for line in lines]
    end = next((place for place, moment in enumerate(moments) if moment > share * max(moments)), len(lines))
    return b"".join(lines[:end]) if share < 1 else log


class Count:
    """Processes by whether they leak, and whether they are called out."""

    def __init__(self) -> None:
        self.leaking = self.found = self.called = self.all = self.held = 0

    def add(self, sources: Iterable[str], called: set[str], held: set[str]) -> None:
        for source in sources:
            self.all += 1
            self.leaking += leaks(source)
            self.called += source in called
            self.found += leaks(source) and source in called
            self.held += leaks(source) and source in held

    def __str__(self) -> str:
        precision = f"{self.found / self.called:.0%}" if self.called else "-"
        recall = f"{self.found / self.leaking:.0%}" if self.leaking else "-"
        return f"precision {precision} ({self.found}/{self.called}), recall {recall} ({self.found}/{self.leaking}), held {self.held}, of {self.all}"


def show(title: str, reports: Sequence[FleetReport]) -> None:
    """The figures over several fleets: of every measure, of all together, and of the level."""
    print(title)
    for name, measures in [*((measure, {measure}) for measure in MEASURES), ("any measure", set(MEASURES))]:
        count = Count()
        for report in reports:
            sticks = {(stick.group, stick.measure) for stick in report.yardsticks}
            called = {one.source for one in report.outliers if one.usual.measure in measures}
            held = {
                row.source
                for row in report.rows
                for measure in measures
                if (row.family, measure) in sticks and not isinstance(getattr(row, measure), NotKnown)
            }
            count.add([row.source for row in report.rows], called, held)
        print(f"  {name:15} {count}")
    count = Count()
    for report in reports:
        danger = {row.source for row in report.rows if LEVELS.index(row.level) >= LEVELS.index("impending")}
        every = [row.source for row in report.rows]
        count.add(every, danger, set(every))
    print(f"  {'level':15} {count}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("nodes", nargs="?", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="gclog-outliers-") as name:
        mixed = Path(name) / "mixed"
        mixed.mkdir()
        for log in LABELLED.glob("*.log.gz"):
            (mixed / log.stem).write_bytes(gzip.decompress(log.read_bytes()))
        show("the labelled samples as one fleet, every process another program", [analyze_fleet([str(mixed)])])
        if given.nodes is None:
            return 0
        program, chance = run_program(), random.Random(SEED)
        for number, (usual, node) in enumerate(FLEETS):
            make_fleet(Path(name) / f"{number}", program, given.nodes, usual, node, chance)
        for share in SHARES:
            reports = [analyze_fleet([f"{name}/{number}/{share}"]) for number in range(len(FLEETS))]
            show(f"{len(FLEETS)} fleets of one program each, at {share:.0%} of the run", reports)
            for (usual, node), report in zip(FLEETS, reports, strict=True):
                show(f" {usual} on Node {node}", [report])
    return 0


if __name__ == "__main__":
    sys.exit(main())
