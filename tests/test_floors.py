"""The architecture: which folder may import which, and which third-party package lives where."""

from __future__ import annotations

import ast
import subprocess
import sys
from itertools import chain
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "gclog"

FLOORS = (
    *("errors", "files", "model", "units", "grammar", "source", "recognise", "processes"),
    *("analysis", "profile", "heap", "diagnose", "report", "incident", "watch", "compare", "fleet", "cli"),
)
"""From the lowest to the highest. A module imports from its own floor and from those below."""

WINGS = {("profile", "analysis"), ("heap", "analysis"), ("heap", "profile")}
"""Floors that stand side by side: neither imports the other."""

HOMES = {
    "lark": "grammar",
    "ahocorasick_rs": "grammar",
    "zstandard": "source",
    "loky": "recognise",
    "lief": "profile",
    "platformdirs": "files",
    "pandas": "processes analysis profile report incident watch compare fleet",
    "numpy": "model recognise processes analysis profile heap compare",
    "plotly": "report",
    "jinja2": "report",
    "markupsafe": "report",
    "pyarrow": "report",
    "rich": "report watch cli",
    "typer": "cli",
    "dask": "fleet",
    "distributed": "fleet",
    "fsspec": "fleet",
}
"""The packages that gclog is made with, and the only floors that may import each."""

MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE or path.stem in FLOORS)


def imports_of(path: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    plain = (name.name for node in nodes if isinstance(node, ast.Import) for name in node.names)
    return {*plain, *(node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module)}


def floor_of(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_module_imports_only_from_its_own_floor_and_those_below(path: Path) -> None:
    floor = floor_of(path)
    for imported in {name.split(".")[1] for name in imports_of(path) if name.startswith("gclog.")}:
        assert FLOORS.index(imported) <= FLOORS.index(floor), f"{floor} is below {imported}"
        assert (floor, imported) not in WINGS, f"{floor} and {imported} are wings"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_third_party_package_is_imported_only_in_its_home(path: Path) -> None:
    for package in {name.split(".")[0] for name in imports_of(path)} - {"gclog"} - set(sys.stdlib_module_names):
        assert floor_of(path) in HOMES[package].split(), f"{package} lives in {HOMES[package]}"


def test_every_entry_of_the_package_has_a_floor_and_nothing_lies_flat_beside_them() -> None:
    entries = {path.stem for path in PACKAGE.iterdir() if path.name not in ("__pycache__", "py.typed", "docs")}
    assert entries - {"__init__", "__main__"} == set(FLOORS)
    assert set(chain(*WINGS)) <= set(FLOORS)


RUN = """
import sys
sys.argv = ["gclog", *sys.argv[1:]]
from gclog.cli.main import main
try:
    main()
finally:
    print("\\n" + " ".join(sys.modules))
"""

CRASH = str(PACKAGE.parent / "samples" / "crash.log")

NEVER_AT_ONCE = {"pandas", "pyarrow", "plotly", "jinja2", "lark", "lief", "loky", "zstandard", "dask", "multiprocessing"}
"""What most runs need not: each costs as much as reading a small log, or more."""


def loaded_by(*words: str) -> tuple[str, set[str]]:
    """What a command prints, and the modules that are loaded when it is done."""
    ran = subprocess.run([sys.executable, "-c", RUN, *words], capture_output=True, text=True, encoding="utf-8")
    *shown, modules = ran.stdout.splitlines()
    assert ran.returncode == 0, ran.stderr
    return "\n".join(shown), set(modules.split())


def test_help_loads_no_heavy_library_and_nothing_of_the_analysis() -> None:
    shown, modules = loaded_by("--help")
    assert "analyze" in shown
    assert not modules & (NEVER_AT_ONCE | {"numpy", "rich", "tomllib"})
    assert {name.split(".")[1] for name in modules if name.startswith("gclog.")} <= {"cli", "errors", "files", "model"}
    assert {name for name in modules if name.startswith("gclog.model.")} == {"gclog.model.levels"}


def test_a_small_crash_is_analysed_without_what_only_other_inputs_and_forms_need() -> None:
    loaded_by("analyze", CRASH)  # its grammars are kept now
    shown, modules = loaded_by("analyze", CRASH)
    assert "EXHAUSTED" in shown and "gclog.incident.pipeline" in modules
    assert not modules & NEVER_AT_ONCE
    assert not modules & {
        "gclog.model.tick_records",
        "gclog.recognise.v8_log",
        "gclog.profile.code_map",
        "gclog.profile.symbols",
    }
    assert not modules & {
        "gclog.heap.graph",
        "gclog.report.render.html",
        "gclog.report.say.profile",
        "gclog.report.redact.text",
    }
