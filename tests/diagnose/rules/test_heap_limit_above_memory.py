"""The rule heap-limit-above-memory: V8's limit against the container's."""

from __future__ import annotations

from dataclasses import replace

import pytest
from diagnose_cases import LIMIT, make_case

from gclog.diagnose.rules import heap_limit_above_memory as rule
from gclog.model.verdict import NoLimit
from gclog.model.witness import MemoryLimit


@pytest.mark.parametrize(("memory_mb", "found"), [(96.0, 1), (106.0, 1), (107.0, 0), (512.0, 0)])
def test_nine_tenths_of_the_container_are_too_much_for_the_old_generation(memory_mb: float, found: int) -> None:
    case = make_case(memory_limit=MemoryLimit(memory_mb, "given by the user", None))
    assert len(list(rule.check(case))) == found


def test_the_remedy_has_the_number() -> None:
    (finding,) = rule.check(make_case(memory_limit=MemoryLimit(96.0, "the kernel's, on line 90", 90)))
    assert "--max-old-space-size=72" in finding.remedy
    assert 90 in finding.evidence


@pytest.mark.parametrize("limit", [replace(LIMIT, source="inferred"), NoLimit("none")], ids=["inferred", "not known"])
def test_a_limit_that_nobody_said_is_not_judged(limit) -> None:
    assert list(rule.check(make_case(limit=limit, memory_limit=MemoryLimit(64.0, "given", None)))) == []
