#!/usr/bin/env python3
"""Make samples/compare/ again: runs of shop.js with and without a known change, and runs.tsv, which says what each was.

usage: run.py NODES

NODES holds one folder per version (NODES/20.20.2/bin/node). Two processes run at a time, about a minute and a half in all.
"""
from __future__ import annotations

import concurrent.futures
import gzip
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
OUT = HERE.parent.parent / "compare"
VERSION = "20.20.2"

RUNS = (
    *((f"before-{n}", "", f"15 60 24 10000 0 {n}") for n in (1, 2, 3)),
    *((f"same-{n}", "", f"15 60 24 10000 0 {3 + n}") for n in (1, 2, 3)),
    *((f"semi_space-{n}", "--max-semi-space-size=64", f"15 60 24 10000 0 {40 + n}") for n in (1, 2, 3)),
    ("garbage-1", "", "15 60 48 10000 0 21"),
    ("leak-1", "", "15 60 24 10000 1000 31"),
)
"""Name, flags beyond --trace-gc, arguments of shop.js."""


def make(nodes: pathlib.Path, name: str, flags: str, arguments: str) -> str:
    command = [nodes / VERSION / "bin" / "node", "--trace-gc", *flags.split(), HERE / "shop.js", *arguments.split()]
    log = subprocess.run(command, capture_output=True, check=True).stdout
    (OUT / f"{name}.log.gz").write_bytes(gzip.compress(log, mtime=0))
    return row(name, flags, arguments)


def row(name: str, flags: str, arguments: str) -> str:
    command = " ".join(f"node --trace-gc {flags} shop.js {arguments}".split())
    return f"{name}.log.gz\t{VERSION}\t{command}\n"


def main() -> None:
    nodes = pathlib.Path(sys.argv[1]).resolve()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        rows = list(pool.map(lambda run: make(nodes, *run), RUNS))
    (OUT / "runs.tsv").write_text("file\tversion\tcommand\n" + "".join(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
