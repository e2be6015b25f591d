"""What besides the judges bears on the level: death, V8's own words, strikes, GC's share, a healthy start."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from diagnose_cases import LIMIT, make_case, make_crash, make_cycles, make_heap, make_pauses, make_series, say

from gclog.diagnose.signs import say_rise_so_far, standing_of, worst_sign
from gclog.model.not_known import NotKnown
from gclog.model.process import Span
from gclog.model.verdict import Level, NoLimit

START = {
    "heap": make_heap(full_collections=1, used_max_mb=12.0),
    "fulls": 1,
    "cycles": make_cycles(12.0),
    "timeline": (),
    "limit": NoLimit("not in the log"),
}


def level_of(level: Level, **changes: Any) -> Level:
    sign = worst_sign(standing_of(make_case(**changes)), level)
    return level if sign is None else sign.level


@pytest.mark.parametrize(("exhausted", "level"), [(True, "exhausted"), (False, "critical")])
def test_no_dead_process_is_ok(exhausted: bool, level: Level) -> None:
    assert level_of("ok", crash=make_crash("unknown", exhausted=exhausted)) == level


def test_a_death_that_the_judges_know_is_left_to_them() -> None:
    assert worst_sign(standing_of(make_case(crash=make_crash(exhausted=True))), "exhausted") is None


@pytest.mark.parametrize("kind", ["heap_snapshot_written", "heap_profile_written", "near_heap_limit_callback"])
def test_what_node_says_only_at_its_limit_is_critical(kind: str) -> None:
    sign = worst_sign(standing_of(make_case(messages=(say(kind, "Wrote snapshot to x", 40),))), "ok")
    assert sign is not None and "line 40" in sign.because
    assert (sign.level, sign.line) == ("critical", 40)


@pytest.mark.parametrize(("share", "level"), [(0.29, "ok"), (0.3, "rising"), (0.62, "rising")])
def test_a_program_that_only_collects_is_not_ok(share: float, level: Level) -> None:
    assert level_of("ok", pauses=make_pauses(share=share)) == level
    assert level_of("impending", pauses=make_pauses(share=share)) == "impending"


@pytest.mark.parametrize(
    ("first_ms", "last_ms", "level"),
    [
        (40.0, 90.0, "ok"),
        (40.0, 1600.0, "not-assessable"),
        (40.0, 2050.0, "not-assessable"),
        (40.0, 2101.0, "rising"),
        (9e5, 9.02e5, "rising"),
    ],
)
def test_start_up_is_no_trouble(first_ms: float, last_ms: float, level: Level) -> None:
    span = Span(first_ms, last_ms, 1, 100, None)
    assert level_of("ok", pauses=make_pauses(share=0.6), span=span) == level


@pytest.mark.parametrize(("lines", "level"), [((10, 20, 30, 40, 50, 60), "ok"), ((10, 20), "rising"), ((), "rising")])
def test_collections_by_hand_do_not_make_a_program_busy(lines: tuple[int, ...], level: Level) -> None:
    cycles = make_cycles(*[30.0] * 9, pause_ms=4000.0)
    assert level_of("ok", pauses=make_pauses(share=0.6), cycles=cycles, explicit_gc_lines=lines) == level


SIZES = {
    "keeps all": (((4, 4), (30, 30), (90, 89), (300, 298)), "rising"),
    "keeps all from a low on": (((90, 40), (20, 8), (60, 58), (140, 137)), "rising"),
    "keeps all, but little": (((4, 4), (10, 10), (40, 39), (66, 65)), "ok"),
    "keeps all of its modules": (((4, 4), (30, 30), (60, 59), (120, 119)), "ok"),
    "large, and a little more": (((200, 200), (240, 239), (270, 269), (300, 298)), "ok"),
    "frees a third": (((4, 4), (40, 28), (90, 65), (180, 120)), "ok"),
    "came down at last": (((4, 4), (80, 80), (200, 199), (320, 30)), "ok"),
    "levels off": (((4, 4), (90, 90), (120, 91), (120, 91), (120, 91)), "ok"),
    "two collections": (((4, 4), (400, 400)), "ok"),
}


@pytest.mark.parametrize(("sizes", "level"), SIZES.values(), ids=SIZES)
def test_a_heap_that_multiplies_is_no_healthy_start(sizes: tuple[tuple[float, float], ...], level: Level) -> None:
    series, span = make_series(*sizes), Span(80.0, 780.0, 1, 100, None)
    assert level_of("not-assessable", **{**START, "series": series, "span": span, "growth": "not-known"}) == level


def test_full_collections_that_leave_more_and_more_need_to_show_less() -> None:
    series, span = make_series((45, 42), (49, 79), (82, 112), every_ms=1000.0), Span(80.0, 2080.0, 1, 100, None)
    case = {**START, "series": series, "span": span, "growth": "not-known"}
    assert level_of("ok", **{**case, "heap": make_heap(full_collections=3, used_max_mb=12.0)}) == "rising"
    assert level_of("ok", **{**case, "heap": make_heap(full_collections=2, used_max_mb=12.0)}) == "ok"


@pytest.mark.parametrize(("limit_mb", "level"), [(4096.0, "ok"), (512.0, "rising")])
def test_a_start_far_from_a_known_limit_is_no_trouble(limit_mb: float, level: Level) -> None:
    series, span = make_series((4, 4), (90, 90), (300, 298)), Span(80.0, 280.0, 1, 4, None)
    limit = replace(LIMIT, mb=limit_mb)
    case = {**START, "series": series, "span": span, "growth": "not-known", "limit": limit}
    assert level_of("not-assessable", **case) == level


def test_growth_of_a_long_log_is_left_to_the_judges() -> None:
    series, span = make_series((4, 4), (5, 5), (6, 6), (300, 300), every_ms=600_000.0), Span(80.0, 1.8e6, 1, 100, None)
    assert level_of("not-assessable", **{**START, "series": series, "span": span, "growth": "not-known"}) == "ok"
    assert worst_sign(standing_of(make_case(series=make_series((4, 4), (90, 90), (300, 300)), growth="none")), "ok") is None


def test_a_multiplying_heap_is_said_in_figures() -> None:
    series, span = make_series((12, 11), (60, 60), (180, 179)), Span(80.0, 280.0, 1, 4, None)
    sign = worst_sign(
        standing_of(make_case(**{**START, "series": series, "span": span, "growth": "not-known"})), "not-assessable"
    )
    assert sign is not None and (sign.line, sign.of) == (4, "start")
    assert sign.because.startswith("the heap grew from 11.0 MB to 179.0 MB in 200 ms, and collections free little")


def test_a_start_of_which_nothing_speaks_ill_is_healthy_so_far() -> None:
    sign = worst_sign(standing_of(make_case(**START)), "not-assessable")
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


@pytest.mark.parametrize(
    ("share", "last_ms", "level"),
    [(0.298, 9.005e5, "ok"), (0.3, 9.005e5, "not-assessable"), (0.2, 9.02e5, "ok")],
    ids=["little of a moment", "much of a moment", "long enough for a share"],
)
def test_a_moment_of_little_but_gc_is_not_ok(share: float, last_ms: float, level: Level) -> None:
    changes = {"pauses": make_pauses(share=share), "span": Span(9e5, last_ms, 1, 100, None), "cycles": ()}
    assert level_of("ok", **changes) == level
    assert level_of("rising", **changes) == "rising"


RISES = {
    "late": (((117, 102), (120, 105), (122, 107), (125, 110), (130, 115)), 2300.0, True),
    "large": (((117, 102), (120, 105), (122, 107), (125, 110), (127, 113)), 200.0, True),
    "one fell": (((30, 12), (30, 14), (30, 13), (30, 16), (30, 18), (30, 20)), 9000.0, True),
    "a start": (((4, 3), (5, 4), (6, 5), (8, 7), (10, 9)), 40.0, False),
    "level at last": (((30, 12), (30, 14), (30, 16), (30, 16), (30, 16)), 9000.0, False),
    "by little": (((117, 102), (118, 103), (119, 104), (120, 105), (121, 106)), 2300.0, False),
    "too few": (((117, 102), (120, 107), (122, 112), (125, 117)), 2300.0, False),
    "up and down": (((30, 12), (30, 16), (30, 13), (30, 17), (30, 15), (30, 19)), 9000.0, False),
    "down": (((127, 112), (125, 110), (122, 107), (120, 105), (117, 102)), 2300.0, False),
}


@pytest.mark.parametrize(("sizes", "first_ms", "rises"), RISES.values(), ids=RISES)
def test_a_heap_that_only_rises_is_not_called_healthy(
    sizes: tuple[tuple[float, float], ...], first_ms: float, *, rises: bool
) -> None:
    series = make_series(*sizes, first_ms=first_ms)
    case = {**START, "series": series, "span": Span(first_ms, first_ms + 500.0, 1, 9, None), "growth": "not-known"}
    assert level_of("not-assessable", **case) == ("not-assessable" if rises else "ok")
    said = say_rise_so_far(make_case(**case))
    assert said.startswith("what collections left rose from") if rises else said == ""
