#!/usr/bin/env python3
"""Run catalogue.js with and without its leak: samples/history/*.log.gz and families.tsv.

usage: make_history.py NODES      (NODES/22.22.0/bin/node, as for make.sh)
"""

from __future__ import annotations

import gzip
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
OUT = HERE.parent / "history"
VERSION, LIMIT_MB = "22.22.0", 64
RUNS = {
    "catalogue-1": "40 11 1500",
    "catalogue-2": "40 12 2000",
    "catalogue-3": "50 13 1200",
    "catalogue-leak": "150 14 1500 leak",
}


def main(nodes: Path) -> None:
    OUT.mkdir(exist_ok=True)
    node = nodes / VERSION / "bin" / "node"
    for name, words in RUNS.items():
        command = [node, "--trace-gc", f"--max-old-space-size={LIMIT_MB}", HERE / "catalogue.js", *words.split()]
        ran = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        text = ran.stdout.replace(str(node).encode(), b"/usr/bin/node").replace(str(HERE).encode(), b"/app")
        (OUT / f"{name}.log.gz").write_bytes(gzip.compress(text, mtime=0))
        print(name, ran.returncode, len(text.splitlines()), "lines", flush=True)
    healthy, leaking = ([f"{name}.log.gz" for name in RUNS if ("leak" in name) == leaks] for leaks in (False, True))
    row = ["catalogue", ",".join(healthy), ",".join(leaking), str(LIMIT_MB)]
    (OUT / "families.tsv").write_text("family\thealthy\tleaking\tlimit_mb\n" + "\t".join(row) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
