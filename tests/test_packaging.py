"""The distribution: its name and metadata, and a wheel that has everything inside and works where no checkout is."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import gclog
from gclog.errors import DISTRIBUTION, GrammarError, install_command
from gclog.grammar.load import grammar_folder

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
COMMAND = "gclog"
"""The import, and the command; as a distribution's name it belongs to another project."""

OTHERS = re.compile(
    rf"""\b(?:pipx?|pip3|uvx?)\b[^\n`]*?[\s'"]{COMMAND}(?=[\s'"`=<>~\[,.;:)]|\\|$)"""  # a tool of packages, asked for it
    rf"""|--force-reinstall\s+['"]?{COMMAND}(?![\w-])"""
    rf"""|\b{COMMAND}\\?\[(?:{"|".join(PROJECT["optional-dependencies"])})\b"""
    rf"""|\b(?:version|metadata|distribution|requires|files)\(['"]{COMMAND}['"]\)"""
    rf"""|packages=\[['"]{COMMAND}['"]""",
    re.MULTILINE,
)
REPOSITORY = PROJECT["urls"]["Source"].removeprefix("https://github.com/")


def texts() -> Iterator[tuple[str, str]]:
    """Every file of the repository that somebody wrote and others read, by its path."""
    kept = {".py", ".md", ".toml", ".yml", ".yaml", ".j2", ".sh", ".lark", ""}
    folders = ("gclog", "grammars", "tests", "samples", ".github", ".ci")
    paths = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]
    for path in [*paths, ROOT / "README.md", ROOT / "pyproject.toml"]:
        if path.suffix in kept and "__pycache__" not in path.parts:
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


# ---------------------------------------------------------------- the name


def test_messages_and_metadata_have_one_name() -> None:
    assert PROJECT["name"] == DISTRIBUTION != COMMAND
    assert PROJECT["scripts"].keys() == {COMMAND}


@pytest.mark.parametrize(
    "text",
    [
        f"pip install {COMMAND}",
        f"pip install '{COMMAND}[fleet]=={gclog.__version__}'",
        f"pip3 install --upgrade {COMMAND}.",
        f"`pipx install {COMMAND}`",
        f"uvx {COMMAND} analyze gc.log",
        f"uv tool install {COMMAND}",
        f"{COMMAND}[parquet]",
        rf"{COMMAND}\[fleet\]",
        f"--force-reinstall {COMMAND}",
        f'version("{COMMAND}")',
        f'get_versions(packages=["{COMMAND}"])',
    ],
)
def test_the_name_of_another_project_is_recognised(text: str) -> None:
    assert OTHERS.search(text)


@pytest.mark.parametrize(
    "text",
    [
        f"pip install {DISTRIBUTION}",
        f"pip install '{DISTRIBUTION}[fleet]'",
        f"pip install ./.{COMMAND}",
        "pip install '.[test]'",
        f".venv/bin/pip install . && .venv/bin/{COMMAND} analyze gc.log",
        f"uvx --from {DISTRIBUTION} {COMMAND}-report",
    ],
)
def test_the_own_name_is_none_of_another_project(text: str) -> None:
    assert not OTHERS.search(text)


def test_no_file_sends_anybody_to_the_other_project() -> None:
    assert [(path, found[0]) for path, text in texts() for found in OTHERS.finditer(text)] == []


def test_the_name_stands_in_the_code_once() -> None:
    found = [path for path, text in texts() if path.startswith("gclog/") and path.endswith(".py") and DISTRIBUTION in text]
    assert found == ["gclog/errors.py"]


@pytest.mark.parametrize(
    ("version", "command"),
    [
        pytest.param(None, f'pip install "{DISTRIBUTION}[fleet]"', id="any"),
        pytest.param("1.2.3", f'pip install "{DISTRIBUTION}[fleet]==1.2.3"', id="the same"),
    ],
)
def test_an_extra_is_installed_by_the_name_of_the_distribution(version: str | None, command: str) -> None:
    assert install_command("fleet", version) == command


@pytest.mark.parametrize("extra", ["fleet", "parquet"])
def test_the_extras_that_messages_name_exist(extra: str) -> None:
    assert extra in PROJECT["optional-dependencies"]


# ---------------------------------------------------------------- metadata


def test_the_metadata_say_where_from_whom_and_for_what() -> None:
    assert PROJECT["authors"] == [{"name": "The gclog authors"}]
    assert f"Copyright (c) 2026 {PROJECT['authors'][0]['name']}" in (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert PROJECT["urls"].keys() >= {"Homepage", "Source", "Issues", "Changelog"}
    wanted = [f"Programming Language :: Python :: 3.{minor}" for minor in range(11, 15)]
    assert [name for name in PROJECT["classifiers"] if name.startswith("Programming Language :: Python :: 3.")] == wanted
    assert PROJECT["requires-python"] == ">=3.11"
    assert any(name.startswith("Operating System :: ") for name in PROJECT["classifiers"])


def test_the_repository_stands_in_one_place() -> None:
    """In the table of URLs, and in the workflow that readers of the manual copy."""
    assert REPOSITORY.endswith(f"/{COMMAND}")
    assert all(url.startswith(f"https://github.com/{REPOSITORY}") for url in PROJECT["urls"].values())
    found = {path: text.count(REPOSITORY) for path, text in texts() if REPOSITORY in text}
    assert found == {"pyproject.toml": len(PROJECT["urls"]), "gclog/docs/ci.md": 2}


def test_the_types_are_for_others_too(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        assert "gclog/py.typed" in archive.namelist()


def test_python_runs_the_package_by_the_commands_name() -> None:
    shown = subprocess.run([sys.executable, "-m", COMMAND, "--help"], cwd=ROOT, capture_output=True, text=True)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert f"Usage: {COMMAND} [OPTIONS] COMMAND" in shown.stdout
    assert "python -m" not in shown.stdout


# ---------------------------------------------------------------- the wheel


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
    assert wheel.name == f"{DISTRIBUTION.replace('-', '_')}-{gclog.__version__}-py3-none-any.whl"


@pytest.mark.parametrize("form", ["text", "json", "html"])
def test_the_installed_wheel_analyses_a_log_from_anywhere(wheel: Path, tmp_path: Path, form: str) -> None:
    target = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:  # what pip install --no-deps --target does with a wheel of pure Python
        archive.extractall(target)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    code = "import gclog, sys; print(gclog.__file__, file=sys.stderr); from gclog.cli.main import main; main()"
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
    with pytest.raises(GrammarError, match=f"Install gclog again: pip install --force-reinstall --no-deps {DISTRIBUTION}"):
        grammar_folder()
