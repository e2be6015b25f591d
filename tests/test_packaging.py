"""The wheel: everything is inside, and it works where no checkout is."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import gclog
from gclog.errors import GrammarError
from gclog.grammar.load import grammar_folder

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy without anything that lies about in a checkout."""
    for name in ("build", "hatchling"):
        if importlib.util.find_spec(name) is None:
            pytest.skip(f"{name} is not installed")
    copy, made = tmp_path_factory.mktemp("checkout"), tmp_path_factory.mktemp("wheel")
    for name in ("gclog", "grammars"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(made), str(copy)]
    shown = subprocess.run(build, capture_output=True, text=True)
    assert shown.returncode == 0, shown.stdout + shown.stderr
    return next(made.glob("*.whl"))


def test_the_wheel_has_every_module_grammar_and_template(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        inside = {name for name in archive.namelist() if ".dist-info/" not in name}
    files = {path for folder in ("gclog", "grammars") for path in (ROOT / folder).rglob("*") if path.is_file()}
    names = {path.relative_to(ROOT).as_posix() for path in files if "__pycache__" not in path.parts and path.suffix != ".pyc"}
    assert inside == {f"gclog/{name}" if name.startswith("grammars/") else name for name in names}


def test_the_wheel_is_named_after_the_version(wheel: Path) -> None:
    assert wheel.name == f"gclog-{gclog.__version__}-py3-none-any.whl"


@pytest.mark.parametrize("form", ["text", "json", "html"])
def test_the_installed_wheel_analyses_a_log_from_anywhere(wheel: Path, tmp_path: Path, form: str) -> None:
    target = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:  # what pip install --no-deps --target does with a wheel of pure Python
        archive.extractall(target)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    code = "import gclog, sys; print(gclog.__file__, file=sys.stderr); from gclog.cli import main; main()"
    words = ["analyze", str(ROOT / "samples" / "wrapped" / "plain.log"), "--format", form]
    shown = subprocess.run(
        [sys.executable, "-c", code, *words],
        cwd=elsewhere,
        env=os.environ | {"PYTHONPATH": str(target)},
        capture_output=True,
        text=True,
    )
    assert shown.stderr == f"{target / 'gclog' / '__init__.py'}\n"
    assert shown.returncode == 0
    assert "Out of heap" in shown.stdout


def make_package(folder: Path, *grammars: str) -> Path:
    """A folder that looks like the package, with grammars at the given places."""
    (folder / "gclog").mkdir()
    for place in grammars:
        (folder / place).mkdir()
    return folder / "gclog" / "__init__.py"


@pytest.mark.parametrize(
    ("places", "found"),
    [
        pytest.param(["gclog/grammars", "grammars"], "gclog/grammars", id="the package's own first"),
        pytest.param(["grammars"], "grammars", id="beside it in a checkout"),
    ],
)
def test_the_grammars_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, places: list[str], found: str) -> None:
    monkeypatch.setattr(gclog, "__file__", str(make_package(tmp_path, *places)))
    assert grammar_folder() == tmp_path / found


def test_a_package_without_grammars_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gclog, "__file__", str(make_package(tmp_path)))
    with pytest.raises(GrammarError, match="Install gclog again"):
        grammar_folder()
