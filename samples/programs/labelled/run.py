#!/usr/bin/env python3
"""Run service.js, and the programs in services/, under many Node versions and write the labelled corpus: samples/labelled/*.log.gz and
truth.tsv.

usage: run.py NODES [--only long|short|services] [--match TEXT] [--again]

NODES holds one folder per version (NODES/20.20.2/bin/node). One process runs at a time; start the script several times
(`--only long`, `--only short`, `--only services`) to use more. A log that is already in truth.tsv is not made again, unless --again.
stdout and stderr go into one file. `oom` says what really happened, whatever the workload was written to do.
"""
from __future__ import annotations

import argparse
import csv
import fcntl
import gzip
import os
import pathlib
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from typing import NamedTuple

HERE = pathlib.Path(__file__).resolve().parent
OUT = HERE.parent.parent / "labelled"
COLUMNS = "file version workload limit_mb planned_s seed flags exit oom wall_s lines bytes".split()

VERSIONS = {"10": "10.24.1", "14": "14.21.3", "18": "18.20.8", "22": "22.23.3", "24": "24.21.0", "26": "26.10.0"}
WORKLOADS = """
    leak_linear leak_accelerating leak_stepwise leak_daily_cycle leak_slow_after_plateau leak_listeners leak_map_cache
    leak_in_saw leak_backlog leak_log_lines
    burst_array burst_json burst_string burst_concurrency burst_rows
    ok_steady ok_warmup ok_sawtooth ok_lru ok_batch ok_cycles ok_high_plateau ok_idle ok_deploy_reload ok_decelerating
    ok_ttl ok_spike ok_reset
""".split()
VERSION_ROUND = ["10", "26", "14", "18", "22", "26", "10", "14", "24", "18", "26"]
LIMIT_ROUND = [64, 96, 128, 48, 160, 96, 256, 80, 192]
SECONDS_ROUND = [22, 26, 30, 24, 34, 20, 28]
RATE_ROUND = [60, 40, 100, 60, 80]
FLAG_ROUND = ["", "", "", "", "", "--max-semi-space-size=8", "", ""]


class Run(NamedTuple):
    workload: str
    node: str  # a major version of VERSIONS, or a version
    limit_mb: int
    seconds: int
    rate: int
    seed: int
    flags: str = ""
    service: str = ""  # a program of services/ with its options; service.js if empty

    @property
    def version(self) -> str:
        return VERSIONS.get(self.node, self.node)

    @property
    def file(self) -> str:
        pace = "-slow" if self.seconds >= 300 else ""
        return f"{self.workload}-node{self.version.split('.')[0]}-{self.limit_mb}mb{pace}-s{self.seed}.log.gz"

    def program(self, app: str) -> list[str]:
        """the program in its folder, with its options"""
        if not self.service:
            return [f"{app}/service.js", self.workload, str(self.limit_mb), str(self.seconds), str(self.seed), str(self.rate)]
        name, *options = self.service.split()
        return [f"{app}/{name}.js", f"--limit={self.limit_mb}", f"--seconds={self.seconds}", f"--seed={self.seed}", *options]


LONG = [
    Run("leak_linear", "10", 96, 660, 12, 501),
    Run("ok_ttl", "26", 96, 660, 12, 502),
    Run("leak_daily_cycle", "26", 128, 680, 12, 503),
    Run("ok_cycles", "14", 96, 640, 15, 504),
    Run("leak_slow_after_plateau", "18", 96, 680, 12, 505),
    Run("ok_decelerating", "18", 128, 640, 12, 506),
    Run("leak_map_cache", "14", 128, 640, 15, 507),
    Run("ok_lru", "10", 96, 620, 12, 508),
    Run("leak_in_saw", "24", 96, 640, 12, 509),
    Run("ok_batch", "26", 128, 620, 12, 510),
]


MORE_SURVIVORS = [  # growth that stops in time, on the versions the round below leaves out
    Run("ok_decelerating", "10", 96, 26, 60, 701),
    Run("ok_decelerating", "22", 128, 26, 60, 702),
    Run("ok_reset", "10", 128, 28, 60, 703),
    Run("ok_reset", "18", 96, 28, 80, 704),
    Run("ok_warmup", "10", 96, 26, 60, 705),
    Run("ok_warmup", "18", 160, 26, 80, 706),
    Run("ok_batch", "10", 160, 24, 60, 707),
    Run("ok_batch", "18", 128, 24, 60, 708),
    Run("ok_lru", "10", 128, 26, 60, 709),
    Run("ok_cycles", "26", 96, 28, 60, 710),
    Run("ok_ttl", "14", 96, 30, 60, 711),
    Run("ok_high_plateau", "10", 128, 24, 60, 712),
]


SERVICES = [  # what service.js is not: limits of 512 MB and more, leaks of most of an hour, survivors above 75 %, reloads, batches over a leak
    Run("leak_tiles", "20.20.2", 768, 2850, 0, 1107, service="tiles --leak --share=0.45 --shape=slow"),
    Run("leak_tsdb", "23.11.1", 512, 3000, 0, 1105, service="tsdb --leak --share=0.4 --shape=twospeed --from=0.55"),
    Run("leak_devices", "18.20.8", 128, 3300, 0, 1106, service="devices --leak --share=0.45 --shape=late --from=0.3"),
    Run("leak_race", "20.20.2", 48, 2950, 0, 1103, service="race --leak --share=0.3 --profile=burst"),
    Run("leak_features", "22.22.0", 1024, 152, 0, 2154, service="features --leak --share=0.7 --shape=late --from=0.3"),
    Run("leak_tsdb", "26.12.1", 1536, 136, 0, 2209, service="tsdb --leak --share=0.5 --shape=late --from=0.3"),
    Run("leak_flags", "22.22.0", 512, 125, 0, 2215, service="flags --leak --kept=0.12 --load=0.5"),
    Run("leak_etl", "24.12.0", 192, 125, 0, 2214, service="etl --leak --cycles=6"),
    Run("ok_tiles", "24.12.0", 768, 150, 0, 2112, service="tiles --share=0.8 --fill=0.4 --load=1.3"),
    Run("ok_features", "22.22.0", 1024, 106, 0, 2153, service="features --share=0.7 --load=1.5 --profile=day"),
    Run("ok_tsdb", "25.2.1", 1024, 106, 0, 2313, service="tsdb --share=0.85 --profile=day"),
    Run("ok_cooling", "22.22.0", 2048, 114, 0, 2303, service="cooling --share=0.75"),
    Run("ok_cooling", "20.20.2", 128, 106, 0, 2311, service="cooling --share=0.86"),
    Run("ok_etl", "20.20.2", 96, 114, 0, 2305, service="etl --share=0.8 --cycles=4"),
    Run("ok_flags", "24.12.0", 128, 114, 0, 2304, service="flags --share=0.4 --cycles=5"),
    Run("leak_orm", "23.11.1", 160, 136, 0, 2184, service="orm --leak --share=0.55 --shape=slow"),
    Run("leak_search", "24.12.0", 192, 152, 0, 2164, service="search --leak --share=0.62"),
    Run("leak_pipe", "22.22.0", 96, 136, 0, 2201, service="pipe --leak --share=0.6 --profile=day --cycles=4"),
    Run("ok_search", "24.12.0", 192, 106, 0, 2162, service="search --share=0.62 --load=1.3"),
]


def short_runs() -> list[Run]:
    """Every workload three times, versions, limits and paces going round at their own lengths; then more survivors."""
    runs = []
    for turn in range(3):
        for workload in WORKLOADS:
            n = len(runs)
            rate = 2 if workload == "ok_idle" else RATE_ROUND[n % len(RATE_ROUND)]
            runs.append(Run(workload, VERSION_ROUND[(n + 2 * turn) % len(VERSION_ROUND)], LIMIT_ROUND[(n + turn) % len(LIMIT_ROUND)],
                            SECONDS_ROUND[n % len(SECONDS_ROUND)], rate, 601 + n, FLAG_ROUND[n % len(FLAG_ROUND)]))
    return runs + MORE_SURVIVORS


def execute(run: Run, nodes: pathlib.Path) -> tuple[bytes, str, float]:
    """the log, the exit status and the seconds it took"""
    with tempfile.TemporaryDirectory(prefix="app-", dir="/tmp") as app:
        shutil.copy(HERE / "service.js", app)
        shutil.copytree(HERE / "services", app, dirs_exist_ok=True)
        command = ["/usr/bin/node", "--trace-gc", f"--max-old-space-size={run.limit_mb}", *run.flags.split(), *run.program(app)]
        started = time.monotonic()
        with open(f"{app}/log", "wb") as log:
            process = subprocess.Popen(command, executable=nodes / run.version / "bin/node", cwd=app, stdout=log,
                                       stderr=subprocess.STDOUT, env={"PATH": "/usr/bin:/bin", "HOME": app},
                                       preexec_fn=prepare_child)
            try:
                exit_status = str(process.wait(timeout=run.seconds * 3))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                exit_status = "timeout"
        wall_s = time.monotonic() - started
        text = pathlib.Path(app, "log").read_bytes()
        return re.sub(re.escape(app.encode()), b"/app", text), exit_status, wall_s


def prepare_child() -> None:
    os.nice(5)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def read_truth() -> dict[str, dict[str, str]]:
    path = OUT / "truth.tsv"
    if not path.exists():
        return {}
    with open(path, newline="") as f:
        return {row["file"]: row for row in csv.DictReader(f, delimiter="\t")}


def record(run: Run, log: bytes, exit_status: str, wall_s: float) -> dict[str, str]:
    """Write the log, and its row into truth.tsv, which another copy of this script may be writing too."""
    row = {"file": run.file, "version": run.version, "workload": run.workload, "limit_mb": str(run.limit_mb),
           "planned_s": str(run.seconds), "seed": str(run.seed), "flags": run.flags, "exit": exit_status,
           "oom": str(int(b"heap out of memory" in log)), "wall_s": f"{wall_s:.1f}",
           "lines": str(log.count(b"\n")), "bytes": str(len(log))}
    with open(OUT / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with open(OUT / run.file, "wb") as raw, gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=raw, mtime=0) as packed:
            packed.write(log)
        rows = read_truth()
        rows[run.file] = row
        rows = {name: r for name, r in rows.items() if (OUT / name).exists()}
        fresh = OUT / ".truth.tsv"
        with open(fresh, "w", newline="") as f:
            writer = csv.DictWriter(f, COLUMNS, delimiter="\t", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows[name] for name in sorted(rows))
        fresh.replace(OUT / "truth.tsv")
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("nodes", type=pathlib.Path)
    parser.add_argument("--only", choices=["long", "short", "services"])
    parser.add_argument("--match", default="", help="only logs whose name contains this")
    parser.add_argument("--again", action="store_true", help="make logs again that are already there")
    arguments = parser.parse_args()
    kinds = {"long": LONG, "short": short_runs(), "services": SERVICES}
    runs = kinds[arguments.only] if arguments.only else [run for some in kinds.values() for run in some]
    OUT.mkdir(exist_ok=True)
    for run in runs:
        if arguments.match not in run.file or (run.file in read_truth() and not arguments.again):
            continue
        row = record(run, *execute(run, arguments.nodes.resolve()))
        print(*(row[c] for c in ("file", "exit", "oom", "wall_s", "lines", "bytes")), flush=True)
    (OUT / ".lock").unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main())
