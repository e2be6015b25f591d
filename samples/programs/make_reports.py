#!/usr/bin/env python3
"""Make the diagnostic reports of samples/witness/ again: make_reports.py NODES [FOLDER], NODES a folder with one of each version of Node.

Without FOLDER, those that are samples; with it, every trigger in every version that NODES has, unscrubbed, into FOLDER.
"""

from __future__ import annotations

import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
from typing import Any

HERE = pathlib.Path(__file__).resolve().parent
OUT = HERE.parent / "witness"

FLAGS = {
    "api": [],
    "compact": ["--report-compact"],
    "error": [],
    "signal": ["--report-on-signal"],
    "exception": ["--report-uncaught-exception"],
    "rejection": ["--report-uncaught-exception", "--unhandled-rejections=strict"],
    "string": ["--report-uncaught-exception"],
    "fatal": ["--report-on-fatalerror", "--max-old-space-size=24"],
    "worker": [],
}
"""What each way of `report_triggers.js` needs; `compact` is `api` on one line (Node 13.12 on, 12.17 on)."""

SAMPLES = (
    ("api", "18"),
    ("api", "26"),
    ("compact", "22"),
    ("error", "22"),
    ("signal", "12"),
    ("signal", "22"),
    ("exception", "12"),
    ("exception", "18"),
    ("exception", "26"),
    ("rejection", "22"),
    ("string", "18"),
    ("fatal", "22"),
    ("worker", "26"),
)

KEPT_VARIABLES = ("NODE_ENV", "NODE_OPTIONS", "PATH")
"""Of its environment; of its versions, processors, networks and shared objects little is kept either."""


def run(node: pathlib.Path, way: str, app: pathlib.Path) -> bytes:
    """The report that a way ends in."""
    words = ["/usr/bin/node", *FLAGS[way]]
    if node.parent.parent.name.startswith("12."):
        words.append("--experimental-report")
    words += [str(app / "report_triggers.js"), "api" if way == "compact" else way]
    environment = {"PATH": "/usr/bin:/bin", "HOME": "/app", "NODE_ENV": "production"}
    subprocess.run(words, executable=node, cwd=app, env=environment, capture_output=True, timeout=60, check=False)
    (report,) = app.glob("report.*.json")
    return report.read_bytes()


def scrub(text: bytes, app: pathlib.Path) -> bytes:
    """Without this machine's paths, names, networks, processors and libraries; what is left stands as Node wrote it."""
    text = text.replace(str(app).encode(), b"/app")
    report = shorten(json.loads(text))
    one_line = b"\n" not in text.strip()
    written = json.dumps(report, separators=(",", ":")) if one_line else json.dumps(report, indent=2, ensure_ascii=False)
    if "/tmp/" in written:
        raise SystemExit(f"a path of this machine is left: {re.findall(r'.{60}/tmp/.{60}', written)[:1]!r}")
    return written.encode() + b"\n"


def shorten(report: dict[str, Any]) -> dict[str, Any]:
    header = report["header"]
    header |= {"host": "web-1", "osRelease": "-", "osVersion": "-", "cpus": header["cpus"][:1]}
    header["cpus"][0]["model"] = "-"
    header["networkInterfaces"] = []
    header["componentVersions"] = {name: header["componentVersions"][name] for name in ("node", "v8", "uv")}
    header["release"] = {"name": "node"}
    report["sharedObjects"] = report["sharedObjects"][-1:]
    variables = report.get("environmentVariables", {})
    report["environmentVariables"] = {name: variables[name] for name in KEPT_VARIABLES if name in variables}
    report["workers"] = [shorten(worker) for worker in report.get("workers", [])]
    return report


def make(node: pathlib.Path, way: str) -> tuple[bytes, bytes]:
    """The report as it was written, and scrubbed."""
    with tempfile.TemporaryDirectory(prefix="app-", dir="/tmp") as folder:
        app = pathlib.Path(folder)
        shutil.copy(HERE / "report_triggers.js", app)
        report = run(node, way, app)
        return report, scrub(report, app)


def main() -> None:
    nodes = pathlib.Path(sys.argv[1])
    if len(sys.argv) > 2:
        out = pathlib.Path(sys.argv[2])
        out.mkdir(exist_ok=True)
        for node in sorted(nodes.glob("*/bin/node")):
            for way in FLAGS:
                major = node.parent.parent.name.partition(".")[0]
                (out / f"{way}-node{major}.json").write_bytes(make(node, way)[0])
        return
    for way, major in SAMPLES:
        node = next(nodes.glob(f"{major}.*")) / "bin/node"
        path = OUT / f"reported_{way}-node{major}.json"
        path.write_bytes(make(node, way)[1])
        print(path.name, path.stat().st_size, flush=True)


if __name__ == "__main__":
    main()
