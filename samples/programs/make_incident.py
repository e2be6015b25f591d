#!/usr/bin/env python3
"""Make samples/incident/ again: make_incident.py NODES [MAJOR], a folder with one folder of each version of Node.

One process leaves a folder behind: its two streams, each in a file of its own, a diagnostic report, a heap snapshot that was asked for
while it ran (SIGUSR2), and those that V8 wrote near the limit. The folder is packed as it would be sent.
"""

from __future__ import annotations

import io
import lzma
import pathlib
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time

from make_witness import scrub

HERE = pathlib.Path(__file__).resolve().parent
OUT = HERE.parent / "incident"
WARM_S = 2.0
FLAGS = [
    "--trace-gc",
    "--max-old-space-size=48",
    "--heapsnapshot-signal=SIGUSR2",
    "--heapsnapshot-near-heap-limit=2",
    "--report-on-fatalerror",
]


def run(node: pathlib.Path, app: pathlib.Path) -> None:
    """The program to its death, with one snapshot asked for when it is warm."""
    words = ["/usr/bin/node", *FLAGS, f"{app}/gateway.js"]
    environment = {"PATH": "/usr/bin:/bin", "HOME": "/app"}
    with (app / "gc.log").open("wb") as out, (app / "stderr.log").open("wb") as err:
        process = subprocess.Popen(words, executable=node, cwd=app, env=environment, stdout=out, stderr=err)
        time.sleep(WARM_S)
        process.send_signal(signal.SIGUSR2)
        process.wait(120)


def pack(app: pathlib.Path, node: pathlib.Path, archive: pathlib.Path) -> None:
    with lzma.open(archive, "wb", preset=9 | lzma.PRESET_EXTREME) as packed, tarfile.open(fileobj=packed, mode="w|") as tar:
        for path in sorted(app.iterdir()):
            if path.suffix == ".js":
                continue
            text = path.read_bytes().replace(str(node.parent.parent).encode(), b"/usr").replace(b'"/tmp/package.json"', b'"/package.json"')
            text = scrub(text.replace(str(app).encode(), b"/app").replace(b'"/tmp"', b'"/"'), app)
            member = tarfile.TarInfo(f"incident/{path.name}")
            member.size, member.mtime = len(text), int(path.stat().st_mtime)
            tar.addfile(member, io.BytesIO(text))


def main() -> None:
    nodes, major = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2] if len(sys.argv) > 2 else "14"
    node = next(nodes.glob(f"{major}.*")) / "bin/node"
    OUT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="app-", dir="/tmp") as folder:
        app = pathlib.Path(folder)
        shutil.copy(HERE / "gateway.js", app)
        run(node, app)
        pack(app, node, OUT / f"incident-node{major}.tar.xz")


if __name__ == "__main__":
    main()
