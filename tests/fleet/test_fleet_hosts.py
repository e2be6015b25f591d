from __future__ import annotations

import pytest

from gclog.errors import UsageError
from gclog.fleet.hosts import name_hosts


@pytest.mark.parametrize(
    ("logs", "hosts"),
    [
        pytest.param(["/logs/web-1/gc.log", "/logs/web-2/gc.log"], ["web-1", "web-2"], id="a folder for each host"),
        pytest.param(
            ["s3://b/2026/web-1/x/gc.log", "s3://b/2026/web-2/y/gc.log"], ["web-1", "web-2"], id="the first that differs"
        ),
        pytest.param(["logs/a.log", "logs/b.log"], [None, None], id="all in one folder"),
        pytest.param(["gc.log"], [None], id="one log"),
        pytest.param(["logs/gc.log", "logs/web-2/gc.log"], [None, "web-2"], id="one of them is not in a folder of its own"),
        pytest.param([], [], id="none"),
    ],
)
def test_the_first_folder_that_differs_is_the_host(logs: list[str], hosts: list[str | None]) -> None:
    assert name_hosts(logs) == dict(zip(logs, hosts, strict=True))


@pytest.mark.parametrize(
    ("pattern", "host"),
    [("/(web-[0-9]+)/", "web-1"), ("web-[0-9]+", "web-1"), ("db-[0-9]+", None), ("x*$", None)],
    ids=["a group", "the match", "no match", "an empty match"],
)
def test_a_pattern_finds_the_host(pattern: str, host: str | None) -> None:
    assert name_hosts(["/logs/web-1/gc.log"], pattern) == {"/logs/web-1/gc.log": host}


def test_an_invalid_pattern_is_refused() -> None:
    with pytest.raises(UsageError, match="is not a regular expression"):
        name_hosts(["gc.log"], "(")
