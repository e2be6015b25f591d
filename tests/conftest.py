"""What every test can rely on: no colour, 100 columns, the C locale in UTF-8, UTC, an empty cache; and how gold files are renewed."""

from __future__ import annotations

import os
import tempfile
import time

import pytest

os.environ |= {"NO_COLOR": "1", "COLUMNS": "100", "LC_ALL": "C.UTF-8", "TZ": "UTC", "PYTHONUTF8": "1"}
os.environ.pop("FORCE_COLOR", None)
if "PYTEST_XDIST_WORKER" not in os.environ:  # workers share the session's cache, as the programs do that tests start
    CACHE = tempfile.TemporaryDirectory(prefix="gclog-tests-")  # gone with the session
    os.environ["XDG_CACHE_HOME"] = CACHE.name
time.tzset()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-gold", action="store_true", help="write tests/gold anew instead of comparing with it")
