"""What every test can rely on: no colour, 100 columns, the C locale in UTF-8, UTC, an empty cache; and how gold files are renewed."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

import pytest

os.environ |= {"NO_COLOR": "1", "COLUMNS": "100", "LC_ALL": "C.UTF-8", "TZ": "UTC", "PYTHONUTF8": "1"}
os.environ.pop("FORCE_COLOR", None)
CACHE = tempfile.TemporaryDirectory(prefix="gclog-tests-")  # gone with the process
os.environ["XDG_CACHE_HOME"] = CACHE.name
time.tzset()

HERE = Path(__file__).parent
FAST = (
    *("analysis", "diagnose", "processes", "grammar/test_compile.py", "test_floors.py", "test_documentation.py"),
    *(f"cli/test_{name}.py" for name in ("config", "formats")),
    *(f"fleet/test_fleet_{name}.py" for name in ("hosts", "outliers", "rank")),
    *(f"heap/test_{name}.py" for name in ("file_names", "heap_classes")),
    *(f"profile/test_{name}.py" for name in ("code_map", "filters", "inlining", "names")),
    *(f"recognise/test_{name}.py" for name in ("detect", "kernel_lines", "memory_usage", "reader")),
    *(f"report/test_{name}.py" for name in ("json_v1", "level_bands", "markdown_text", "own_words", "profile_wording")),
    *(f"report/test_{name}.py" for name in ("scale", "terminal", "text_plot", "thinning", "visible")),
    *(f"source/test_{name}.py" for name in ("encoding", "escapes", "expand", "json_lines", "rotation", "unwrap")),
    *(f"watch/test_{name}.py" for name in ("alarms", "metrics")),
)
"""The inner loop, `pytest -m fast`: the tests of every floor that cost little for what they would find. Everything else is not even
collected then. A single test of these files that takes long is marked `slow`."""


def is_fast(path: Path) -> bool:
    relative = path.relative_to(HERE).as_posix()
    return any(relative == name or relative.startswith(f"{name}/") for name in FAST)


def pytest_configure(config: pytest.Config) -> None:
    missing = [name for name in FAST if not (HERE / name).exists()]
    if missing and config.option.markexpr == "fast":
        raise pytest.UsageError(f"tests/conftest.py names what is not there: {', '.join(missing)}")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    is_wanted = config.option.markexpr != "fast" or collection_path.suffix != ".py" or is_fast(collection_path)
    return None if is_wanted else True


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if is_fast(item.path) and not any(item.get_closest_marker(name) for name in ("slow", "browser", "node")):
            item.add_marker(pytest.mark.fast)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-gold", action="store_true", help="write tests/gold anew instead of comparing with it")
