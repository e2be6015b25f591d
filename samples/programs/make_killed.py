#!/usr/bin/env python3
"""Make the samples of kills by the kernel in witness/ again: make_killed.py NODES, a folder with one folder of each version of Node.

Needs root on Linux, a memory cgroup that can be made (version 1 or 2; the samples are of 1), and the kernel's log (dmesg). The
program runs as the child of a container's entry point in a cgroup with LIMIT_MB of memory; the last in a pid namespace, too, where
Node has another pid than the kernel tells of.
"""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
OUT = HERE.parent / "witness"
LIMIT_MB = 128
CGROUP = "webshop"

RUNS: list[tuple[str, str, list[str], list[str], list[str]]] = [
    # name, major, flags, program and arguments, what runs the entry point
    ("killed_buffers", "20", ["--trace-gc"], ["witness_usage.js", "object", "buffers", "200"], []),
    ("killed_heap", "24", ["--trace-gc", "--max-old-space-size=512"], ["witness_usage.js", "words", "heap", "400"],
     ["unshare", "--pid", "--fork", "--mount-proc"]),
]  # fmt: skip


def make_cgroup() -> pathlib.Path:
    first = pathlib.Path("/sys/fs/cgroup/memory")
    cgroup = (first if first.is_dir() else first.parent) / CGROUP
    cgroup.mkdir()
    limit = cgroup / ("memory.limit_in_bytes" if first.is_dir() else "memory.max")
    limit.write_text(str(LIMIT_MB << 20))
    return cgroup


def kernel_lines() -> list[str]:
    return subprocess.run(["dmesg"], check=True, capture_output=True, text=True).stdout.splitlines()


def run(node: pathlib.Path, app: pathlib.Path, flags: list[str], program: list[str], under: list[str]) -> bytes:
    """What the program and the shell that started it wrote, in a cgroup of its own."""
    (app / "entrypoint.sh").write_text(f'#!/bin/bash\n\nnode {" ".join([*flags, *program])}\necho "exit code $?"\n')
    cgroup = make_cgroup()
    try:
        words = [*under, "bash", "entrypoint.sh"]
        environment = {"PATH": f"{node.parent}:/usr/bin:/bin", "HOME": "/app"}
        into = 'echo $$ > "$0/cgroup.procs" && exec "$@"'
        shell = ["bash", "-c", into, str(cgroup), *words]
        return subprocess.run(shell, cwd=app, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout
    finally:
        cgroup.rmdir()


def main() -> None:
    if os.geteuid() != 0:
        raise SystemExit("making a cgroup and reading the kernel's log need root")
    nodes = pathlib.Path(sys.argv[1])
    for name, major, flags, program, under in RUNS:
        node = next(nodes.glob(f"{major}.*")) / "bin/node"
        before = len(kernel_lines())
        with tempfile.TemporaryDirectory(prefix="app-", dir="/tmp") as folder:
            app = pathlib.Path(folder)
            shutil.copy(HERE / program[0], app)
            log = run(node, app, flags, program, under)
        kernel = "\n".join(kernel_lines()[before:]) + "\n"
        kernel = re.sub(r"(Not tainted [0-9.]+)\S*", r"\1", kernel)
        if b"/tmp/" in log or "/tmp/" in kernel:
            raise SystemExit("a path of this machine is left")
        (OUT / f"{name}-node{major}.log").write_bytes(log)
        (OUT / f"{name}-node{major}.dmesg.log").write_text(kernel)
        print(name, len(log), len(kernel), flush=True)


if __name__ == "__main__":
    main()
