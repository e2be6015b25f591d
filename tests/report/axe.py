"""axe-core, the accessibility checker, from npm; and what it finds on a page."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest

PACKAGE = "axe-core@4.10.3"
"""A fixed version: a new one brings new rules, and a page should not fail by itself."""

REQUIRED = bool(os.environ.get("GCLOG_REQUIRE_BROWSER"))
"""Set where a browser and npm are known to be: then these tests fail without them, instead of being skipped."""

FETCHED_WITHIN_S = 120


def fetch_axe(folder: Path) -> str:
    """The checker's script, fetched by npm into a folder."""
    npm = shutil.which("npm")
    if npm is None:
        assert not REQUIRED, "no npm on this machine"
        pytest.skip("no npm on this machine to fetch axe-core with")
    command = [npm, "pack", PACKAGE, "--silent", "--pack-destination", str(folder)]
    packed = subprocess.run(command, capture_output=True, text=True, timeout=FETCHED_WITHIN_S, check=False)
    if packed.returncode:
        assert not REQUIRED, packed.stderr
        pytest.skip(f"npm cannot fetch {PACKAGE}: {packed.stderr.strip()[:200]}")
    with tarfile.open(folder / packed.stdout.strip()) as archive:
        script = archive.extractfile("package/axe.min.js")
        assert script is not None
        return script.read().decode("utf-8")


def find_violations(page: Any, axe: str) -> list[str]:
    """What axe finds wrong on a page, a line for each element. The script comes in by the debugger, beside the page's policy."""
    page.evaluate(f"() => {{ {axe} }}")
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{violation['id']}: {node['html'][:160]} ({node['failureSummary'][:300]})"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]
