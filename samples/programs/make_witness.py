#!/usr/bin/env python3
"""Make samples/witness/ again: make_witness.py NODES, a folder with one folder of each version of Node.

Runs that are `killed` are killed as a container does it: by SIGKILL as soon as RSS passes LIMIT_MB, which the shell then tells of.
"""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
OUT = HERE.parent / "witness"
LIMIT_MB = 180
LIMITED = ("8", "10", "12", "20", "24", "26")
"""Each counts another young generation in its heap_size_limit, but 12 and 20."""

RESTARTED = "for what in buffers heap nothing; do echo starting; node witness_usage.js words $what 60; done"
"""An entry point that starts its program again when that was killed; what grows is another thing each time."""

RUNS: list[tuple[str, str, list[str], list[str], str]] = [
    # name, major, flags, program and arguments, how: log | killed | restarted | report | profile | trace
    ("buffers_object", "12", [], ["witness_usage.js", "object", "buffers", "200"], "killed"),
    ("killed_twice", "16", [], [RESTARTED], "restarted"),
    ("buffers_trace", "20", ["--trace-gc"], ["witness_usage.js", "object", "buffers", "200"], "killed"),
    ("buffers_json", "24", [], ["witness_usage.js", "json", "buffers", "40"], "log"),
    ("buffers_pairs", "18", [], ["witness_usage.js", "pairs", "buffers", "40"], "log"),
    ("heap_words", "16", [], ["witness_usage.js", "words", "heap", "40"], "log"),
    ("heap_object", "8", [], ["witness_usage.js", "object", "heap", "40"], "log"),
    ("level_loop", "26", [], ["witness_usage.js", "loop", "nothing", "40"], "log"),
    ("level_object", "4", [], ["witness_usage.js", "object", "nothing", "40"], "log"),
    ("statistics", "22", [], ["witness_usage.js", "statistics", "heap", "12"], "log"),
    ("gc_entries", "12", [], ["witness_usage.js", "gc_entries", "heap", "30"], "log"),
    ("gc_entries", "16", [], ["witness_usage.js", "gc_entries", "heap", "30"], "log"),
    ("gc_entries", "26", [], ["witness_usage.js", "gc_entries", "heap", "30"], "log"),
    ("neighbours", "24", ["--trace-gc"], ["witness_neighbours.js"], "log"),
    ("messages", "8", [], ["witness_neighbours.js"], "log"),
    ("messages", "26", [], ["witness_neighbours.js", "buffer"], "log"),
    ("report", "12", ["--trace-gc", "--max-old-space-size=48"], ["leak.js", "300", "40"], "report"),
    ("report", "16", ["--trace-gc", "--max-old-space-size=48"], ["leak.js", "300", "40"], "report"),
    ("report", "20", ["--trace-gc", "--max-old-space-size=48"], ["leak.js", "300", "40"], "report"),
    ("report", "26", ["--trace-gc", "--max-old-space-size=48"], ["leak.js", "300", "40"], "report"),
    *(("limit", major, ["--trace-gc", "--max-old-space-size=48"], ["witness_limit.js", "300", "40"], "log") for major in LIMITED),
    ("profile", "20", [], ["witness_profile.js"], "profile"),
    ("profile", "26", [], ["witness_profile.js"], "profile"),
    ("profile_dated", "18", [], ["witness_profile_printed.js", "dated"], "log"),
    ("profile_logger", "22", [], ["witness_profile_printed.js", "logger"], "log"),
    ("profile_object", "20", [], ["witness_profile_printed.js", "object"], "log"),
    ("profile_deep", "26", [], ["witness_profile_printed.js", "deep"], "log"),
    ("profile_traced", "24", ["--trace-gc"], ["witness_profile_printed.js", "bare"], "log"),
    ("events", "12", ["--trace-event-categories", "v8"], ["witness_usage.js", "words", "heap", "30"], "trace"),
    ("events", "24", ["--trace-event-categories", "v8"], ["witness_usage.js", "words", "heap", "30"], "trace"),
]


def rss_mb(pid: int) -> float:
    try:
        found = re.search(r"VmRSS:\s*(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())
    except FileNotFoundError:
        return 0.0  # it has just ended
    return int(found[1]) / 1024 if found else 0.0


def run(node: pathlib.Path, app: pathlib.Path, flags: list[str], program: list[str], how: str) -> bytes:
    words = ["/usr/bin/node", *flags, f"{app}/{program[0]}", *program[1:]]
    log = app / "log"
    environment = {"PATH": f"{node.parent}:/usr/bin:/bin", "HOME": "/app"}
    if how == "killed":
        return run_under_shell(log, app, " ".join(["node", *flags, *program]), environment)
    if how == "restarted":
        return run_under_shell(log, app, program[0], environment)
    with log.open("wb") as out:
        process = subprocess.Popen(words, executable=node, cwd=app, env=environment, stdout=out, stderr=out)
        deadline = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        if process.poll() is None:
            process.kill()
    return log.read_bytes()


def run_under_shell(log: pathlib.Path, app: pathlib.Path, command: str, environment: dict[str, str]) -> bytes:
    """The program as the child of a container's entry point, and killed: bash says so in its own words."""
    (app / "entrypoint.sh").write_text(f"#!/bin/bash\ncd {app}\n{command}\nexit $?\n")
    with log.open("wb") as out:
        shell = subprocess.Popen(["bash", str(app / "entrypoint.sh")], env=environment, stdout=out, stderr=out)
        while shell.poll() is None:
            time.sleep(0.02)
            children = pathlib.Path(f"/proc/{shell.pid}/task/{shell.pid}/children")
            for pid in map(int, children.read_text().split() if children.exists() else []):
                if rss_mb(pid) > LIMIT_MB:
                    os.kill(pid, signal.SIGKILL)
    return log.read_bytes()


def scrub(text: bytes, app: pathlib.Path) -> bytes:
    text = text.replace(str(app).encode(), b"/app")
    text = re.sub(rb'("host": ")[^"]*', rb"\1web-1", text)
    text = re.sub(rb'("(?:osRelease|osVersion|osMachine|model)": ")[^"]*', rb"\1-", text)
    text = re.sub(rb'("networkInterfaces": )\[.*?\n    \]', rb"\1[]", text, flags=re.DOTALL)
    text = re.sub(rb'("(?:mac|address|netmask)": ")[^"]*', rb"\1-", text)
    if b"/tmp/" in text:
        raise SystemExit(f"a path of this machine is left: {re.findall(rb'.{60}/tmp/.{60}', text, re.DOTALL)[:1]!r}")
    return text


def main() -> None:
    nodes, wanted = pathlib.Path(sys.argv[1]), sys.argv[2:]
    OUT.mkdir(exist_ok=True)
    for name, major, flags, program, how in RUNS:
        sample = f"{name}-node{major}"
        if wanted and sample not in wanted:
            continue
        node = next(nodes.glob(f"{major}.*")) / "bin/node"
        with tempfile.TemporaryDirectory(prefix="app-", dir="/tmp") as folder:
            app = pathlib.Path(folder)
            for source in HERE.glob("*.js"):
                shutil.copy(source, app)
            extra = {"report": [*(["--experimental-report"] if major == "12" else []), "--report-on-fatalerror"]}.get(how, [])
            arguments = [*program, f"{app}/profile.json"] if how == "profile" else program
            log = scrub(run(node, app, [*extra, *flags], arguments, how), app)
            if how in ("log", "killed", "restarted", "report"):
                (OUT / f"{sample}.log").write_bytes(log)
            for path in [*app.glob("report.*.json"), *app.glob("profile.json"), *app.glob("node_trace.*.log")]:
                (OUT / f"{sample}.json").write_bytes(scrub(path.read_bytes(), app))
        print(sample, *(f"{p.name} {p.stat().st_size}" for p in sorted(OUT.glob(f"{sample}.*"))), flush=True)


if __name__ == "__main__":
    main()
