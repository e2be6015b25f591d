#!/usr/bin/env python3
"""Make one sample: run a program of this folder under one Node version, write its log and its row in samples/index.tsv.

usage: sample.py NODES NAME MAJOR "PROGRAM ARGUMENTS" [--apart] [--times N] [--blocks] [--note TEXT] [-- NODE_FLAG...]

--apart    stdout and stderr into NAME.stdout.log and NAME.stderr.log; else both into NAME.log
--times N  so many runs one after the other into the same file, as a supervisor does
--blocks   leave it to libc when V8's lines reach the file; else line by line, as on a terminal (`docker run -t`). It matters
           up to Node 0.12, which does not flush: libc writes 4096 bytes at a time. Since Node 4, V8 flushes each line.

A log over 60 KB is stored as NAME.log.gz. Programs run as /app/PROGRAM and Node as /usr/bin/node.
"""
from __future__ import annotations

import argparse
import csv
import gzip
import os
import pathlib
import re
import resource
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
SAMPLES = HERE.parent
INDEX = SAMPLES / "index.tsv"
COLUMNS = "file version program flags exit ended lines bytes note".split()
LARGE_BYTES = 60_000
SECONDS_AT_MOST = 120


def line_buffered() -> dict[str, str]:
    """what `stdbuf -oL` puts into the environment"""
    shown = subprocess.run(["stdbuf", "-oL", "env"], capture_output=True, text=True, check=True).stdout
    return dict(line.split("=", 1) for line in shown.splitlines() if line.startswith(("_STDBUF_O=", "LD_PRELOAD=")))


def prepare_child() -> None:
    os.nice(5)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def run(node: pathlib.Path, app: str, program: list[str], flags: list[str], blocks: bool, apart: bool) -> tuple[str, list[bytes]]:
    """the exit status, and the log or (apart) the two logs"""
    outputs = [pathlib.Path(app, name) for name in (["stdout", "stderr"] if apart else ["stdout"])]
    files = [path.open("wb") for path in outputs]
    command = ["/usr/bin/node", *flags, f"{app}/{program[0]}", *program[1:]]
    environment = {"PATH": "/usr/bin:/bin", "HOME": app} | ({} if blocks else line_buffered())
    process = subprocess.Popen(command, executable=node, cwd=app, env=environment, stdout=files[0], stderr=files[-1], preexec_fn=prepare_child)
    try:
        status = str(process.wait(timeout=SECONDS_AT_MOST))
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        status = "killed"
    for file in files:
        file.close()
    return status, [scrub(path.read_bytes(), app) for path in outputs]


def scrub(log: bytes, app: str) -> bytes:
    log = log.replace(app.encode(), b"/app")
    if b"/tmp/" in log:
        raise SystemExit(f"a path of this machine is left: {re.findall(rb'.{60}/tmp/.{60}', log, re.DOTALL)[:1]}")
    return log


def how_it_ended(log: bytes, status: str) -> str:
    text = log.decode("latin-1")
    fatal = re.findall(r"FATAL ERROR: (.*)", text)
    if fatal:
        return f"died: {fatal[-1]}"
    if "ERR_WORKER_OUT_OF_MEMORY" in text:
        return "a worker died: ERR_WORKER_OUT_OF_MEMORY; the process lived"
    if status == "killed":
        return f"neither died nor ended: stopped after {SECONDS_AT_MOST} s"
    return "lived" if status == "0" else f"ended with {status}"


def write(name: str, log: bytes) -> str:
    """Store the log, packed if it is large; the name it got, relative to samples/."""
    for old in (SAMPLES / name, SAMPLES / f"{name}.gz"):
        old.unlink(missing_ok=True)
    if len(log) <= LARGE_BYTES or "/" not in name:
        (SAMPLES / name).write_bytes(log)
        return name
    with open(SAMPLES / f"{name}.gz", "wb") as raw, gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=raw, mtime=0) as packed:
        packed.write(log)
    return f"{name}.gz"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("nodes", type=pathlib.Path)
    parser.add_argument("name")
    parser.add_argument("major")
    parser.add_argument("program")
    parser.add_argument("--apart", action="store_true")
    parser.add_argument("--times", type=int, default=1)
    parser.add_argument("--blocks", action="store_true")
    parser.add_argument("--note", default="")
    own, _, flags = "\n".join(sys.argv[1:]).partition("\n--\n")
    a = parser.parse_args(own.splitlines())
    a.flags = flags.splitlines()
    folder = next(a.nodes.resolve().glob(f"{a.major}.*"))
    logs: list[bytes] = []
    status = ""
    for _ in range(a.times):
        with tempfile.TemporaryDirectory(prefix="app-", dir="/tmp") as app:
            for source in HERE.glob("*.js"):
                shutil.copy(source, app)
            status, outputs = run(folder / "bin/node", app, a.program.split(), a.flags, a.blocks, a.apart)
        logs = [before + more for before, more in zip(logs or [b""] * len(outputs), outputs)]
    program = (HERE / a.program.split()[0]).read_text().splitlines()[0]
    ended = how_it_ended(b"".join(logs), status)
    for log, suffix in zip(logs, [".stdout.log", ".stderr.log"] if a.apart else [".log"]):
        stored = write(a.name + suffix, log)
        row = {"file": stored, "version": folder.name, "program": a.program, "flags": " ".join(a.flags), "exit": status,
               "ended": ended, "lines": log.count(b"\n"), "bytes": len(log), "note": a.note or re.split(r"[:.] ", program[3:] + " ")[0].rstrip(".")}
        rows = {}
        if INDEX.exists():
            with open(INDEX, newline="") as f:
                rows = {r["file"].removesuffix(".gz"): r for r in csv.DictReader(f, delimiter="\t") if (SAMPLES / r["file"]).exists()}
        rows[stored.removesuffix(".gz")] = row
        with open(INDEX, "w", newline="") as f:
            writer = csv.DictWriter(f, COLUMNS, delimiter="\t", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows[key] for key in sorted(rows))
        print(stored, status, ended, row["lines"], row["bytes"], flush=True)


if __name__ == "__main__":
    sys.exit(main())
