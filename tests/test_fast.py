"""`pytest -m fast`: what it leaves out exists, and it leaves out no folder."""

from __future__ import annotations

from pathlib import Path

import pytest

TESTS = Path(__file__).parent


@pytest.fixture
def slow(request: pytest.FixtureRequest) -> tuple[str, ...]:
    conftest = request.config.pluginmanager.get_plugin(str(TESTS / "conftest.py"))
    assert conftest is not None
    names: tuple[str, ...] = conftest.SLOW
    return names


def test_every_slow_test_exists(slow: tuple[str, ...]) -> None:
    for name in slow:
        module, _, test = name.partition("::")
        assert f"def {test}" in (TESTS / module).read_text(encoding="utf-8"), name


def test_every_folder_has_fast_tests(slow: tuple[str, ...]) -> None:
    modules = [path.relative_to(TESTS).as_posix() for path in TESTS.rglob("test_*.py")]
    folders = {module.rpartition("/")[0] for module in modules}
    assert {module.rpartition("/")[0] for module in modules if module not in slow} == folders
