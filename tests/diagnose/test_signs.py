"""What besides the judges bears on the level: death, V8's own words, strikes, GC's share, a healthy start."""

from __future__ import annotations

from typing import Any

import pytest
from diagnose_cases import LIMIT, make_case, make_crash, make_heap, make_pauses, say

from gclog.diagnose.signs import worst_sign
from gclog.model.not_known import NotKnown
from gclog.model.verdict import Level, NoLimit, Strike

START = {
    "heap": make_heap(full_collections=1, used_max_mb=12.0),
    "fulls": 1,
    "timeline": (),
    "limit": NoLimit("not in the log"),
}


def level_of(level: Level, **changes: Any) -> Level:
    sign = worst_sign(make_case(**changes), level)
    return level if sign is None else sign.level


@pytest.mark.parametrize(("exhausted", "level"), [(True, "exhausted"), (False, "critical")])
def test_no_dead_process_is_ok(exhausted: bool, level: Level) -> None:
    assert level_of("ok", crash=make_crash("unknown", exhausted=exhausted)) == level


def test_a_death_that_the_judges_know_is_left_to_them() -> None:
    assert worst_sign(make_case(crash=make_crash(exhausted=True)), "exhausted") is None


@pytest.mark.parametrize("kind", ["heap_snapshot_written", "heap_profile_written", "near_heap_limit_callback"])
def test_what_node_says_only_at_its_limit_is_critical(kind: str) -> None:
    sign = worst_sign(make_case(messages=(say(kind, "Wrote snapshot to x", 40),)), "ok")
    assert sign is not None and "line 40" in sign.because
    assert (sign.level, sign.line) == ("critical", 40)


@pytest.mark.parametrize(("count", "level"), [(3, "ok"), (4, "critical"), (25, "critical")])
def test_four_strikes_are_critical_whatever_the_limit(count: int, level: Level) -> None:
    assert level_of("ok", strikes=(Strike(54_000.0, 90, count),)) == level


def test_strikes_before_the_last_collection_are_over() -> None:
    assert level_of("ok", strikes=(Strike(48_000.0, 80, 4),)) == "ok"


@pytest.mark.parametrize(("share", "level"), [(0.29, "ok"), (0.3, "rising"), (0.62, "rising")])
def test_a_program_that_only_collects_is_not_ok(share: float, level: Level) -> None:
    assert level_of("ok", pauses=make_pauses(share=share)) == level
    assert level_of("impending", pauses=make_pauses(share=share)) == "impending"


def test_a_start_of_which_nothing_speaks_ill_is_healthy_so_far() -> None:
    sign = worst_sign(make_case(**START), "not-assessable")
    assert sign is not None and sign.level == "ok"
    assert sign.because == "12.0 MB in use at most; 61 collections, 1 of them full: too few full collections for a trend"


@pytest.mark.parametrize(
    "changes",
    [
        {"scavenges": 1, "fulls": 1},
        {"pauses": make_pauses(share=0.12)},
        {"starts_late": True},
        {"only_tail": True},
        {"limit": LIMIT, "heap": make_heap(used_max_mb=48.0)},
        {"heap": make_heap(used_max_mb=NotKnown("no sizes"))},
    ],
    ids=["two collections", "busy", "begins late", "only the tail", "half of the limit", "no sizes"],
)
def test_a_start_that_shows_too_little_is_not_assessable(changes: dict[str, Any]) -> None:
    assert level_of("not-assessable", **{**START, **changes}) == "not-assessable"
