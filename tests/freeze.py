"""The freeze: what every command makes of twelve samples in every form, hashed, so that a change of the house shows as a difference.

`python tests/freeze.py` compares with `tests/freeze.tsv` and exits with 1 at a difference; `--update` writes it anew; `--into DIR`
keeps what was rendered, to look at differences with `diff -r`.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import io
import os
import re
import shlex
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parent.parent
FROZEN = Path(__file__).parent / "freeze.tsv"

SAMPLES = [
    "crash.log", "gc/leak-node22.log", "gc/healthy-node20.log", "gc/workers-node24.log", "gc/crash_tail-node26.log",
    "gc/nvp-node24.log.gz", "gc/restarts-node20.log", "gc/leak-node0.10.log.gz", "gc/verbose-node16.log",
    "witness/buffers_object-node12.log", "witness/report-node20.json", "wrapped/docker_json.log",
]  # fmt: skip
INCIDENTS = ["incident/incident-node14.tar.xz", "gc/crash-node12.stdout.log samples/gc/crash-node12.stderr.log"]
TICKS = ["ticks/node6.log.gz", "ticks/node20.log.gz", "joined/isolate-0x13c1a000-23304-v8.log.gz samples/joined/gc-node24.log"]
SNAPSHOTS = " ".join(f"samples/heap/node24/{n}.heapsnapshot.xz" for n in (1, 2, 3))
FORMS = ("text", "json", "markdown", "html")


def commands() -> list[str]:
    """Every command line that is frozen."""
    found = [
        "--help",
        "formats",
        "explain",
        "explain heap-exhaustion-impending",
        "explain mark-compact",
        "explain 'allocation failure'",
    ]
    found += [
        f"{name} --help" for name in ("analyze", "watch", "profile", "compare", "heapdiff", "fleet", "explain", "formats")
    ]
    for sample in SAMPLES + INCIDENTS + TICKS[:1]:
        found += [f"analyze samples/{sample} --format {form}{more}" for form in FORMS for more in ("", " --redact")]
    for sample in SAMPLES:
        found += [f"watch samples/{sample} --replay 0", f"analyze samples/{sample} --heap-limit 128 --memory-limit 256"]
    tables = ("collections", "cycles", "timeline", "processes", "findings", "pauses", "spaces", "memory")
    found += [f"analyze samples/crash.log --table {name}" for name in tables]
    for ticks in TICKS:
        found += [
            f"profile samples/{ticks} --no-symbols --format {form}"
            for form in ("text", "json", "html", "prof-process", "markdown")
        ]
        found += [f"profile samples/{ticks} --no-symbols -f {form}" for form in ("speedscope", "cpuprofile", "collapsed")]
    heaps = (SNAPSHOTS, SNAPSHOTS.split()[0])
    found += [f"heapdiff {heap} --format {form}{more}" for heap in heaps for form in FORMS for more in ("", " --redact")]
    sides = "'samples/compare/before-*.log.gz'"
    for after in ("'samples/compare/semi_space-*.log.gz'", "samples/compare/leak-1.log.gz"):
        found += [f"compare {sides} {after} --format {form}{more}" for form in FORMS for more in ("", " --redact")]
    forms = ("text", "json", "html", "csv", "jsonl", "markdown")
    found += [f"fleet 'samples/gc/leak-*' samples/gc/healthy-node20.log --workers 0 --format {form}" for form in forms]
    return found


def run(command: str) -> bytes:
    """What a command writes to stdout and stderr, and its exit code."""
    from typer.testing import CliRunner

    from gclog.errors import GclogError

    try:
        from gclog.cli.main.main import app
    except ImportError:
        from gclog.cli.main import app
    words = shlex.split(command)
    sys.argv = ["gclog", *words]
    shown = io.StringIO()
    with contextlib.redirect_stderr(shown):
        result = CliRunner().invoke(app, words, env={"COLUMNS": "100"})
    error = result.exception
    if error is not None and not isinstance(error, GclogError | SystemExit):
        return f"{result.output}\nTRACEBACK {error!r}".encode()
    said = f"gclog: {error}\nexit {error.exit_code}" if isinstance(error, GclogError) else f"exit {result.exit_code}"
    shown = re.sub(rb" in [0-9.]+ s \([0-9.]+ a second\)", b" in N s", result.output_bytes)
    return shown + f"\n{said}\n".encode()


def _one(command: str) -> tuple[str, bytes]:
    os.chdir(ROOT)
    return command, run(command)


def main() -> int:
    """Run all commands, and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--into", type=Path)
    parser.add_argument("--only", default="", help="only commands that begin so")
    given = parser.parse_args()
    os.environ |= {"NO_COLOR": "1", "COLUMNS": "100", "LC_ALL": "C.UTF-8", "TZ": "UTC", "PYTHONUTF8": "1"}
    with tempfile.TemporaryDirectory() as cache:
        os.environ["XDG_CACHE_HOME"] = cache
        with ProcessPoolExecutor(2) as pool:
            shown = dict(pool.map(_one, [command for command in commands() if command.startswith(given.only)], chunksize=4))
    if given.into is not None:
        given.into.mkdir(parents=True, exist_ok=True)
        for command, content in shown.items():
            name = (
                "".join(c if c.isalnum() or c in ".-" else "_" for c in command)[:150]
                + "."
                + hashlib.sha1(command.encode()).hexdigest()[:6]
            )
            (given.into / name).write_bytes(content)
    hashes = {command: hashlib.sha256(content).hexdigest()[:16] for command, content in shown.items()}
    if given.update:
        FROZEN.write_text("".join(f"{digest}\t{command}\n" for command, digest in hashes.items()), encoding="utf-8")
        return 0
    lines = FROZEN.read_text(encoding="utf-8").splitlines()
    frozen = {command: digest for digest, command in (line.split("\t", 1) for line in lines) if command.startswith(given.only)}
    changed = [command for command in {**frozen, **hashes} if frozen.get(command) != hashes.get(command)]
    print("\n".join(f"differs: gclog {command}" for command in changed[:20]))
    print(f"{len(changed)} of {len(frozen)} differ")
    return 1 if changed else 0


if __name__ == "__main__":
    sys.exit(main())
