"""How fast gclog is, beside what else is on this machine: `python tests/benchmarks/run.py [--lines N] [--runs N] [--only NAME]`.

Builds its inputs from the samples in a temporary folder, runs every command in turn (A B A B ...), and prints medians, peak memory
and ratios. Nothing is compared with a limit here: a timing is a measurement, and no test.

    trace      N lines of --trace-gc (default 1,000,000) to a finished JSON report, beside `grep -c` on them
    lark       the same lines read by Lark's own LALR parser (20,000 of them, extrapolated)
    growth     ten times fewer lines: how time and memory grow
    mixed      one line of --trace-gc in ten, the others an application's
    ticks      a v8.log of 100 MB (--big: 600 MB), beside `node --prof-process` if there is a node
    stacks     the same, with a stack of its own in every tick
    start      `gclog --help`, and the analysis of a small crash
"""

from __future__ import annotations

import argparse
import gzip
import os
import random
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

SAMPLES = Path(__file__).parent.parent.parent / "samples"
TRACE = SAMPLES / "labelled" / "ok_ttl-node26-96mb-slow-s502.log.gz"
TICKS = SAMPLES / "ticks" / "node20.log.gz"
GCLOG = [sys.executable, "-c", "from gclog.cli.main import main; main()"]
MB = 1_000_000
LARK_LINES = 20_000
STACKS_SEED = 20261130
FUNCTION_CODE = re.compile(rb"code-creation,[^,]*,\d+,\d+,(0x[0-9a-f]+),(\d+),.*,0x[0-9a-f]+,[~^+*]\n")
LEAST_CODE = 8
CLOCK = re.compile(rb"^(\[[^\]]*\] +)(\d+)( ms: )")


@dataclass(frozen=True)
class Measured:
    """Medians of the runs of a command: seconds, and MB at the peak."""

    seconds: float
    cpu: float
    peak_mb: float


def run_in_turn(commands: dict[str, list[str]], runs: int) -> dict[str, Measured]:
    """Each command `runs` times, in turn, after one run of each that does not count."""
    taken: dict[str, list[tuple[float, float, float]]] = {name: [] for name in commands}
    for turn in range(runs + 1):
        for name, command in commands.items():
            figures = run_once(command)
            if turn:
                taken[name].append(figures)
    return {name: Measured(*(statistics.median(column) for column in zip(*rows, strict=True))) for name, rows in taken.items()}


def run_once(command: list[str]) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds and peak MB of a command and its children."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # grep stops early on /dev/null
    assert process.stdout is not None
    said = process.stdout.read()[-2000:]
    _, status, usage = os.wait4(process.pid, 0)
    took = time.perf_counter() - begun
    if status:
        raise SystemExit(f"{command}: status {status}: {said.decode(errors='replace')}")
    return took, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / MB


# ---------------------------------------------------------------- inputs


def make_trace(path: Path, lines: int) -> None:
    """A process's lines again and again, its clock going on."""
    found = [(line, clock) for line in gzip.decompress(TRACE.read_bytes()).splitlines() if (clock := CLOCK.match(line))]
    pattern, clocks = [line for line, _ in found], [int(clock[2]) for _, clock in found]
    with path.open("wb") as file:
        for number in range(lines):
            turn, place = divmod(number, len(pattern))
            clock = clocks[place] + turn * (clocks[-1] + 10)
            file.write(CLOCK.sub(rb"\g<1>%d\3" % clock, pattern[place]) + b"\n")


def make_mixed(path: Path, trace: Path, size: int) -> None:
    """Nine lines of an application to each line of the trace, until the file has its size."""
    words = [
        "GET /orders/{n} 200 {n} ms",
        "user {n} signed in",
        "cache miss for basket:{n}",
        "worker {n} took a job",
        "done in {n} us",
    ]
    with trace.open("rb") as lines, path.open("wb") as file:
        number = written = 0
        while written < size:
            for _ in range(9):
                number += 1
                text = words[number % len(words)].format(n=number * 7919 % 100003)
                stamp = f"{number // 3600000 % 24:02}:{number // 60000 % 60:02}:{number // 1000 % 60:02}.{number % 1000:03}"
                written += file.write(
                    f"2026-03-14T{stamp}Z [info] request-{number:08x} {text} tenant=acme region=eu-west\n".encode()
                )
            line = lines.readline()
            if not line:
                lines.seek(0)
                line = lines.readline()
            written += file.write(line)


def make_ticks(path: Path, size: int) -> None:
    """A real v8.log whose ticks come again and again."""
    lines = gzip.decompress(TICKS.read_bytes()).splitlines(keepends=True)
    ticks = b"".join(line for line in lines if line.startswith(b"tick,"))
    last = max(place for place, line in enumerate(lines) if line.startswith(b"tick,")) + 1
    with path.open("wb") as file:
        written = file.write(b"".join(lines[:last]))
        while written < size:
            written += file.write(ticks)
        file.write(b"".join(lines[last:]))


def make_stacks(path: Path, size: int, seed: int = STACKS_SEED) -> None:
    """A real v8.log whose ticks are replaced by ones with random stacks, 3 to 40 deep: no two are the same, few begin alike."""
    lines = gzip.decompress(TICKS.read_bytes()).splitlines(keepends=True)
    last = max(place for place, line in enumerate(lines) if line.startswith(b"tick,")) + 1
    head = [line for line in lines[:last] if not line.startswith(b"tick,")]
    code = [found for line in head if (found := FUNCTION_CODE.match(line)) and int(found[2]) > LEAST_CODE]
    chance = random.Random(seed)
    places = [b"0x%x" % (int(found[1], 16) + chance.randrange(1, int(found[2]))) for found in code for _ in range(3)]
    with path.open("wb") as file:
        written, at_us = file.write(b"".join(head)), 100_000
        while written < size:
            at_us += chance.randrange(900, 1100)
            pc, *stack = chance.choices(places, k=1 + chance.randint(3, 40))
            written += file.write(b"tick,%s,%d,0,0x0,0,%s\n" % (pc, at_us, b",".join(stack)))
        file.write(b"".join(lines[last:]))


# ---------------------------------------------------------------- what is measured


def show(name: str, path: Path, figures: Measured) -> None:
    size = path.stat().st_size / MB
    print(
        f"  {name:<28} {figures.seconds:8.2f} s {figures.cpu:8.2f} s CPU {size / figures.seconds:8.0f} MB/s {figures.peak_mb:7.0f} MB"
    )


def trace(folder: Path, lines: int, runs: int) -> None:
    path = folder / "trace.log"
    make_trace(path, lines)
    print(f"trace: {lines:,} lines, {path.stat().st_size / MB:.0f} MB, to a finished JSON report")
    found = run_in_turn(
        {"gclog": [*GCLOG, "analyze", str(path), "--format", "json"], "grep": ["grep", "-c", " ms: ", str(path)]}, runs
    )
    show("gclog analyze --format json", path, found["gclog"])
    show("grep -c ' ms: '", path, found["grep"])
    print(f"  ratio                        {found['gclog'].seconds / found['grep'].seconds:8.1f} x grep")
    small = folder / "tenth.log"
    make_trace(small, lines // 10)
    tenth = run_in_turn({"gclog": [*GCLOG, "analyze", str(small), "--format", "json"]}, runs)["gclog"]
    show("a tenth of the lines", small, tenth)
    print(f"  ten times the lines          {found['gclog'].seconds / tenth.seconds:8.1f} x the time")
    each = (found["gclog"].peak_mb - tenth.peak_mb) / (0.9 * lines) * 1e6
    print(f"  memory                       {each:8.0f} MB a million lines")
    parse_with_lark(path, found["gclog"].seconds, lines)


def parse_with_lark(path: Path, ours: float, lines: int) -> None:
    from gclog.grammar.compile import compile_grammar
    from gclog.grammar.reference import parse_line

    grammar = compile_grammar("gc_trace")
    with path.open(encoding="utf-8") as file:
        texts = [line.rstrip("\n") for line, _ in zip(file, range(LARK_LINES), strict=False)]
    rule = next(rule for rule in grammar.rules if rule.pattern.fullmatch(texts[0]))
    parse_line(grammar.file, rule.name, texts[0])
    begun = time.perf_counter()
    for text in texts:
        parse_line(grammar.file, rule.name, text)
    took = (time.perf_counter() - begun) / len(texts) * lines
    print(
        f"  Lark's LALR parser alone     {took:8.0f} s for as many lines (from {len(texts):,}): {took / ours:.0f} x gclog's whole report"
    )


def mixed(folder: Path, lines: int, runs: int, size: int) -> None:
    source, path = folder / "source.log", folder / "mixed.log"
    make_trace(source, max(1000, min(lines, 100_000)))
    make_mixed(path, source, size)
    print(f"mixed: {path.stat().st_size / MB:.0f} MB, one GC line in ten")
    show(
        "gclog analyze --format json",
        path,
        run_in_turn({"gclog": [*GCLOG, "analyze", str(path), "--format", "json"]}, runs)["gclog"],
    )


def ticks(name: str, make: Callable[[Path, int], None], folder: Path, runs: int, size: int, node: str | None) -> None:
    path = folder / "isolate-v8.log"
    make(path, size)
    print(f"{name}: {path.stat().st_size / MB:.0f} MB")
    commands = {
        "gclog": [*GCLOG, "profile", "--format", "prof-process", str(path)],
        "json": [*GCLOG, "profile", "--format", "json", str(path)],
    }
    if node:
        commands["node"] = [node, "--prof-process", str(path)]
    found = run_in_turn(commands, runs)
    show("gclog profile prof-process", path, found["gclog"])
    show("gclog profile json", path, found["json"])
    if node:
        show("node --prof-process", path, found["node"])
        ratios = ", ".join(f"{found[key].seconds / found['node'].seconds:.2f}" for key in ("gclog", "json"))
        print(f"  ratios                       {ratios} x node")
    else:
        print("  no node on this machine: give --node PATH")


def start(runs: int) -> None:
    print("start")
    crash = SAMPLES / "crash.log"
    found = run_in_turn({"help": [*GCLOG, "--help"], "crash": [*GCLOG, "analyze", str(crash)]}, runs)
    print(f"  gclog --help                 {found['help'].seconds:8.2f} s")
    print(f"  gclog analyze crash.log      {found['crash'].seconds:8.2f} s")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--lines", type=int, default=1_000_000)
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--mixed-mb", type=int, default=1000)
    options.add_argument("--big", action="store_true", help="ticks of 600 MB instead of 100")
    options.add_argument("--node", default=shutil.which("node"))
    options.add_argument("--only", choices=["trace", "mixed", "ticks", "stacks", "start"])
    given = options.parse_args()
    size = (600 if given.big else 100) * MB
    wanted: dict[str, Callable[[Path], None]] = {
        "start": lambda folder: start(given.runs),
        "trace": lambda folder: trace(folder, given.lines, given.runs),
        "mixed": lambda folder: mixed(folder, given.lines, given.runs, given.mixed_mb * MB),
        "ticks": lambda folder: ticks("ticks", make_ticks, folder, given.runs, size, given.node),
        "stacks": lambda folder: ticks("stacks", make_stacks, folder, given.runs, size, given.node),
    }
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores; medians of {given.runs} runs, in turn")
    with tempfile.TemporaryDirectory() as made:
        for name, measure in wanted.items():
            if given.only in (None, name):
                measure(Path(made))


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main()
