"""axe-core, the accessibility checker, from npm; and what it finds on a page."""

from __future__ import annotations

import functools
import os
import shutil
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import pytest
from programs import run

PACKAGE = "axe-core@4.10.3"
"""A fixed version: a new one brings new rules, and a page should not fail by itself."""

REQUIRED = bool(os.environ.get("GCLOG_REQUIRE_BROWSER"))
"""Set where a browser and npm are known to be: then these tests fail without them, instead of being skipped."""


@functools.cache
def fetch_axe() -> str:
    """The checker's script, fetched by npm."""
    npm = shutil.which("npm")
    if npm is None:
        assert not REQUIRED, "no npm on this machine"
        pytest.skip("no npm on this machine to fetch axe-core with")
    with tempfile.TemporaryDirectory() as folder:
        packed = run([npm, "pack", PACKAGE, "--silent", "--pack-destination", folder])
        if packed.returncode:
            said = packed.stderr.decode(errors="replace").strip()
            assert not REQUIRED, said
            pytest.skip(f"npm cannot fetch {PACKAGE}: {said[:200]}")
        with tarfile.open(Path(folder) / packed.stdout.decode().strip()) as archive:
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
