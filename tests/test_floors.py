"""The architecture: who may import whom, and which third-party package lives where."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "gclog"

FLOORS: list[tuple[str, ...]] = [
    ("errors", "cache"),
    (
        "records",
        "results",
        "columns",
        "moments",
        "tick_records",
        "profile_results",
        "comparison",
        "fleet_results",
        "heap_results",
        "witness_results",
    ),
    ("units",),
    ("source", "grammar"),
    ("recognise",),
    ("witness",),
    ("grown_column",),
    ("tables",),
    ("crash_blocks", "kernel_kills"),
    ("kills", "message_owners"),
    ("processes", "streams"),
    ("analysis",),
    ("profile",),
    ("heap",),
    ("diagnose",),
    ("report", "export"),
    ("judged", "joined", "allocation"),
    ("witnessed", "snapshots"),
    ("pseudonyms", "redact_text", "redact_heap", "redact", "table_columns", "table_export", "config"),
    ("pipeline", "catalogue"),
    ("compare_sides", "compare"),
    ("fleet",),
    ("watched", "siblings", "told"),
    ("watched_log",),
    ("watch",),
    ("progress", "output", "metrics", "status"),
    ("alarms", "watched_document"),
    ("session",),
    ("cli_output",),
    ("cli_analyze", "cli_compare", "cli_fleet", "cli_heapdiff", "cli_profile", "cli_watch"),
    ("cli",),
]
"""From the lowest to the highest: a module imports from lower floors and from its own, never from a higher one."""

HOMES: dict[str, tuple[str, ...]] = {
    "lark": ("grammar",),
    "pandas": (
        "tables",
        "message_owners",
        "processes",
        "streams",
        "analysis",
        "judged",
        "joined",
        "allocation",
        "watched",
        "table_export",
        "compare_sides",
        "fleet",
    ),
    "pyarrow": ("table_export",),
    "numpy": (
        "heap",
        "columns",
        "grown_column",
        "recognise",
        "tables",
        "message_owners",
        "processes",
        "analysis",
        "profile",
        "joined",
        "allocation",
    ),
    "ahocorasick_rs": ("grammar",),
    "loky": ("recognise",),
    "plotly": ("report",),
    "jinja2": ("report",),
    "markupsafe": ("report",),
    "rich": ("report", "progress", "status"),
    "typer": ("cli", "cli_analyze", "cli_compare", "cli_fleet", "cli_heapdiff", "cli_output", "cli_profile", "cli_watch"),
    "zstandard": ("source",),
    "lief": ("profile",),
    "platformdirs": ("cache",),
    "dask": ("fleet",),
    "distributed": ("fleet",),
    "fsspec": ("fleet",),
}
"""The packages that gclog is made with, and the only places that may import each."""


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def part_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return parts[0]


def imports_of(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def floor_of(part: str) -> int:
    return next(i for i, parts in enumerate(FLOORS) if part in parts)


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_module_imports_only_from_its_own_and_lower_floors(path: Path) -> None:
    part = part_of(path)
    if part == "__init__":
        return
    for name in imports_of(path):
        if name.startswith("gclog."):
            imported = name.split(".")[1]
            assert floor_of(imported) <= floor_of(part), f"{part} is below {imported}"


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_third_party_package_is_imported_only_in_its_home(path: Path) -> None:
    for name in imports_of(path):
        package = name.split(".")[0]
        if package in HOMES:
            assert part_of(path) in HOMES[package], f"{package} has its home in {HOMES[package]}"
        elif package != "gclog":
            assert package in sys.stdlib_module_names, f"{package} has no home"


def test_help_loads_no_heavy_library() -> None:
    code = (
        "import sys; sys.argv = ['gclog', '--help']\nfrom gclog.cli import app\ntry:\n    app()\nexcept SystemExit:\n    pass\n"
    )
    code += "print([name for name in ('pandas', 'numpy', 'plotly', 'lark', 'gclog.records') if name in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.splitlines()[-1] == "[]"
    assert "analyze" in shown.stdout
