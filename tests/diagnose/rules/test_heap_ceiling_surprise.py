"""The rule heap-ceiling-surprise: a limit that nobody set, or that was not in effect."""

from __future__ import annotations

from dataclasses import replace

import pytest
from diagnose_cases import DEAD, HITS, LEAKING, LIMIT, NODE_10, NODE_20, changed, make_case, make_heap, option

from gclog.diagnose.rules import heap_ceiling_surprise as rule
from gclog.model.process import NodeVersion
from gclog.model.verdict import Limit
from gclog.model.witness import MemoryLimit

HIT = HITS["heap-ceiling-surprise"]


def inferred(mb: float) -> Limit:
    return replace(LIMIT, mb=mb, source="inferred", why="plateau")


@pytest.mark.parametrize(
    ("mb", "cause"),
    [
        (256.0, "Node's default in a container of 512.0 MB or less"),
        (524.0, "Node's default in a container of 1.00 GB"),
        (1024.0, "Node's default in a container of 2.00 GB"),
    ],
)
def test_a_default_of_a_small_container_is_recognised(mb: float, cause: str) -> None:
    (finding,) = rule.check(changed(HIT, limit=inferred(mb)))
    assert finding.title.endswith(f"looks like {cause}")
    assert (finding.severity, finding.confidence) == ("warning", "low")


@pytest.mark.parametrize(("mb", "count"), [(563.1, 1), (563.3, 0), (460.9, 1), (460.7, 0)])
def test_a_tenth_off_is_still_near(mb: float, count: int) -> None:
    assert len(list(rule.check(changed(HIT, limit=inferred(mb))))) == count


def test_the_fixed_default_of_old_versions_is_recognised() -> None:
    (finding,) = rule.check(changed(HIT, node=NODE_10, limit=inferred(1400.0)))
    assert "the fixed default of Node 11 and before" in finding.title


@pytest.mark.parametrize(
    "case",
    [
        changed(HIT, limit=replace(inferred(524.0), source="option")),
        changed(HIT, limit=inferred(1400.0), node=NODE_20),
        changed(HIT, limit=inferred(512.0), node=NODE_10),
        changed(HIT, limit=inferred(2048.0)),
        make_case(limit=inferred(512.0)),
    ],
    ids=["given by the user", "old default, new Node", "container default, old Node", "machine's default", "no pressure"],
)
def test_near_misses_are_silent(case) -> None:
    assert list(rule.check(case)) == []


def test_a_process_that_is_about_to_die_is_under_pressure() -> None:
    assert len(list(rule.check(changed(LEAKING, limit=inferred(512.0))))) == 1


def test_a_death_far_below_the_named_limit_is_one() -> None:
    case = changed(DEAD, options=(option(4096.0, line=2),), heap=make_heap(committed_max_mb=1100.0))
    (finding,) = rule.check(case)
    assert finding.title == "The heap was exhausted at 1.07 GB, though the log names a limit of 4.00 GB"
    assert finding.evidence == (2, 90, 99)
    assert "did not reach this process" in finding.remedy


def test_a_death_at_seven_tenths_of_the_named_limit_is_none() -> None:
    case = changed(DEAD, options=(option(1000.0),), heap=make_heap(committed_max_mb=700.0))
    assert list(rule.check(case)) == []


@pytest.mark.parametrize(
    ("major", "mb", "count"),
    [(12, 512.0, 1), (11, 512.0, 0), (11, 1400.0, 1), (12, 1400.0, 0)],
)
def test_the_defaults_change_with_node_12(major: int, mb: float, count: int) -> None:
    case = changed(HIT, node=NodeVersion(str(major), major, major, ""), limit=inferred(mb))
    assert len(list(rule.check(case))) == count


def test_a_known_container_gives_the_size_to_set() -> None:
    case = changed(HITS["heap-ceiling-surprise"], memory_limit=MemoryLimit(1024.0, "given", None))
    (finding,) = rule.check(case)
    assert finding.remedy.startswith(
        "Start it with `node --max-old-space-size=768` (MB, on the command line or in NODE_OPTIONS)"
    )
