"""The rule memory-limit-near: RSS against the container's limit."""

from __future__ import annotations

from dataclasses import replace

import pytest
from diagnose_cases import HITS, KILL, MEMORY, RSS_UP, changed, make_case

from gclog.diagnose.rules import memory_limit_near as rule
from gclog.model.witness import MemoryLimit


@pytest.mark.parametrize(
    ("rss_mb", "severity"),
    [(69.9, None), (70.0, "info"), (80.0, "warning"), (90.0, "error")],
)
def test_the_nearer_the_worse(rss_mb: float, severity: str | None) -> None:
    memory = replace(MEMORY, parts={"rss": replace(RSS_UP, last_mb=rss_mb)})
    case = make_case(memory=memory, memory_limit=MemoryLimit(100.0, "given by the user", None))
    assert [finding.severity for finding in rule.check(case)] == ([severity] if severity else [])


@pytest.mark.parametrize(
    "changes",
    [{"memory": None}, {"memory": replace(MEMORY, parts={})}, {"kill": KILL}],
    ids=["nothing printed", "no RSS", "killed already"],
)
def test_without_rss_or_after_the_kill_it_is_silent(changes) -> None:
    assert list(rule.check(changed(HITS["memory-limit-near"], **changes))) == []
