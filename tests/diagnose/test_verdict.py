"""The verdict: one sentence with its numbers, since when, and how long before a death it could be foreseen."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from diagnose_cases import (
    ALARM,
    FORECAST,
    LEAKING_HEAP,
    MINUTE_MS,
    RISE,
    TREND,
    make_case,
    make_crash,
    make_cycles,
    make_heap,
    make_pauses,
)

from gclog.diagnose.signs import Sign
from gclog.diagnose.verdict import conclude
from gclog.model.not_known import NotKnown
from gclog.model.process import Span
from gclog.model.verdict import NoForecast, NoLimit, TimelineEvent, Verdict

SPAN = Span(0.0, MINUTE_MS, 1, 100, None)
EXHAUSTED = TimelineEvent(MINUTE_MS, 99, "exhausted", "the heap reached its limit")


def event(at_s: float, line: int, level: Any) -> TimelineEvent:
    return TimelineEvent(at_s * 1000.0, line, level, f"because of line {line}")


def judge(level: Any = "ok", outside: str = "", **changes: Any) -> Verdict:
    return conclude(make_case(**{"timeline": (event(0, 1, "ok"),), **changes}), level, outside)


LEAK = {"heap": LEAKING_HEAP, "growth": "steady", "rise": RISE, "forecast": FORECAST, "timeline": ALARM}
DEATH = {**LEAK, "crash": make_crash(), "timeline": (*ALARM, EXHAUSTED)}


@pytest.mark.parametrize(
    ("level", "changes", "headline"),
    [
        ("ok", {}, "OK: live set 30.0 MB of a 96.0 MB limit (31.2 %), flat; GC takes 0.2 % of the time."),
        (
            "ok",
            {"limit": NoLimit("not in the log"), "growth": "cyclic"},
            "OK: live set 30.0 MB, limit not known, rising and falling in cycles; GC takes 0.2 % of the time.",
        ),
        (
            "ok",
            {"heap": make_heap(live_basis="scavenge"), "pauses": make_pauses(share=NotKnown("one collection"))},
            "OK: live set 30.0 MB of a 96.0 MB limit (31.2 %) (after scavenges, garbage included), flat.",
        ),
        (
            "rising",
            {"heap": make_heap(old_space_trend=replace(TREND, mb_per_h=12.0)), "growth": "decelerating"},
            "Rising: live set 30.0 MB of a 96.0 MB limit (31.2 %), growing ever more slowly by +12.0 MB/h.",
        ),
        (
            "rising",
            {"growth": "levelled-off", "rise": replace(RISE, level_ms=9000.0)},
            "Rising: live set 30.0 MB of a 96.0 MB limit (31.2 %), levelled off for 9.0 s after a rise from 20.0 MB.",
        ),
        (
            "impending",
            LEAK,
            "Heap exhaustion impending: on current trend the 96.0 MB limit is reached in 12.0 s (between 8.0 s and 26.0 s).",
        ),
        (
            "impending",
            {**LEAK, "forecast": replace(FORECAST, at_high_ms=math.inf)},
            "Heap exhaustion impending: on current trend the 96.0 MB limit is reached in 12.0 s "
            "(not before 8.0 s; the growth may also stop).",
        ),
        (
            "impending",
            {**LEAK, "forecast": replace(FORECAST, at_low_ms=50_000.0, at_expected_ms=53_000.0)},
            "Heap exhaustion impending: on current trend the 96.0 MB limit is reached now.",
        ),
        (
            "impending",
            {**LEAK, "forecast": NoForecast("too few")},
            "Heap exhaustion impending: 62.5 % of the limit and climbing.",
        ),
        (
            "critical",
            {"heap": LEAKING_HEAP, "timeline": (TimelineEvent(0.0, 1, "critical", "strike 2 of 4"),)},
            "Heap exhaustion at hand: V8 is failing to free memory: strike 2 of 4; "
            "live set 84.0 MB of a 96.0 MB limit (87.5 %).",
        ),
        (
            "critical",
            {"timeline": (TimelineEvent(0.0, 1, "critical", "a last-resort collection"),)},
            "Heap exhaustion at hand: V8 is failing to free memory: a last-resort collection; "
            "live set 30.0 MB of a 96.0 MB limit (31.2 %).",
        ),
        (
            "not-assessable",
            {"timeline": (TimelineEvent(0.0, 1, "not-assessable", "one collection only"),)},
            "Not assessable: one collection only; 1 min of log; GC takes 0.2 % of the time.",
        ),
    ],
)
def test_the_headline_of_a_living_process_is_one_sentence_with_its_numbers(level, changes, headline: str) -> None:
    assert judge(level, **changes).headline == headline


@pytest.mark.parametrize(
    ("changes", "headline"),
    [
        (
            {},
            "Out of heap: the process died at +1 min after its live set grew from 20.0 MB to 84.0 MB of a 96.0 MB limit; "
            "foreseeable 24.0 s before.",
        ),
        (
            {"timeline": (event(0, 1, "ok"), EXHAUSTED), "heap": make_heap(live_mb=90.0, live_min_mb=80.0), "growth": "none"},
            "Out of heap: the process died at +1 min with a live set of 90.0 MB of a 96.0 MB limit; no warning came before it.",
        ),
        (
            {"limit": NoLimit("not in the log"), "crash": make_crash(at_ms=None)},
            "Out of heap: the process died after its live set grew from 20.0 MB to 84.0 MB; foreseeable 24.0 s before.",
        ),
        (
            {"crash": make_crash("one-large-allocation"), "heap": make_heap(), "growth": "none"},
            "Out of heap: one allocation failed at +1 min that did not fit into the 66.0 MB left: "
            "live set 30.0 MB of a 96.0 MB limit; no trend led to it.",
        ),
        (
            {"crash": make_crash("native-memory", location="Zone", reason="not the JavaScript heap: no memory for Zone")},
            "Out of native memory, not the JS heap: the process died at +1 min (Zone); "
            "live set 84.0 MB of a 96.0 MB limit (87.5 %); no memory for Zone.",
        ),
        (
            {"crash": make_crash("not-memory", message="v8::ToLocalChecked Empty MaybeLocal."), "heap": make_heap()},
            "Fatal error, not the JS heap: the process died at +1 min: v8::ToLocalChecked Empty MaybeLocal; "
            "live set 30.0 MB of a 96.0 MB limit (31.2 %).",
        ),
        (
            {"crash": make_crash("worker-limit"), "heap": make_heap(live_mb=NotKnown("none"))},
            "Out of heap in a worker: stopped at its own limit at +1 min, not the process's; foreseeable 24.0 s before.",
        ),
        (
            {"crash": make_crash("unknown", exhausted=True, message="")},
            "The process died at +1 min, and its fatal message is not in this log; "
            "live set 84.0 MB of a 96.0 MB limit (87.5 %); foreseeable 24.0 s before.",
        ),
    ],
    ids=["leak", "no growth", "no limit", "one allocation", "native", "not memory", "worker", "tail only"],
)
def test_the_headline_of_a_death_says_of_what_and_whether_it_could_be_foreseen(changes, headline: str) -> None:
    assert judge("exhausted", **{**DEATH, **changes}).headline == headline


@pytest.mark.parametrize(
    ("timeline", "level", "since"),
    [
        ((event(0, 1, "ok"),), "ok", (0.0, 1)),
        ((event(0, 1, "ok"), event(10, 20, "rising"), event(20, 30, "impending")), "impending", (20_000.0, 30)),
        ((event(0, 1, "impending"), event(10, 20, "ok"), event(20, 30, "impending")), "impending", (20_000.0, 30)),
        ((event(0, 1, "rising"), event(10, 20, "critical"), event(20, 30, "rising")), "rising", (0.0, 1)),
        ((), "ok", (0.0, 1)),
    ],
    ids=["always", "after others", "came back", "or worse", "no timeline"],
)
def test_since_is_where_this_level_or_worse_began_without_a_break(timeline, level, since) -> None:
    verdict = judge(level, timeline=timeline)
    assert (verdict.since_ms, verdict.since_line) == since


@pytest.mark.parametrize(
    ("sign", "since"),
    [
        (Sign("growth", "rising", "it grew", 30_000.0, None), (30_000.0, 50)),
        (Sign("growth", "impending", "it grew", 31_000.0, None), (36_000.0, 60)),
        (Sign("growth", "rising", "it grew", 58_000.0, None), (60_000.0, 100)),
        (Sign("limit", "critical", "V8 was at its limit", math.nan, 45), (24_000.0, 45)),
        (Sign("limit", "critical", "V8 was at its limit", math.nan, 5), (0.0, 5)),
        (Sign("gc", "rising", "GC takes 40 % of the time", 12_000.0, 33), (12_000.0, 33)),
    ],
    ids=["growth", "between two", "after the last", "words", "words before the first", "both known"],
)
def test_the_moment_and_the_line_of_since_are_of_the_same_collection(sign: Sign, since: tuple[float, int]) -> None:
    """Full collections are at lines 10, 20, ..., one each six seconds."""
    case = make_case(span=SPAN, timeline=(event(0, 1, "ok"),), cycles=make_cycles(*[30.0] * 9))
    verdict = conclude(case, sign.level, sign=sign)
    assert (verdict.since_ms, verdict.since_line) == since


@pytest.mark.parametrize(
    ("timeline", "foreseeable"),
    [
        ((event(0, 1, "ok"), event(20, 30, "impending"), event(50, 90, "critical"), EXHAUSTED), (40_000.0, 30)),
        ((event(10, 20, "critical"), event(15, 25, "rising"), event(40, 70, "impending"), EXHAUSTED), (20_000.0, 70)),
        ((event(10, 20, "impending"), event(50, 90, "rising"), EXHAUSTED), (None, None)),
        ((event(10, 20, "impending"), event(40, 70, "ok"), event(42, 72, "impending"), EXHAUSTED), (50_000.0, 20)),
        ((event(10, 20, "impending"), event(58, 90, "rising"), EXHAUSTED), (50_000.0, 20)),
        ((event(0, 1, "ok"), EXHAUSTED), (None, None)),
        ((EXHAUSTED,), (None, None)),
        ((event(20, 120, "impending"), EXHAUSTED), (40_000.0, 120)),
        ((event(0, 1, "ok"), event(60, 98, "critical"), EXHAUSTED), (None, None)),
    ],
    ids=[
        "impending, then critical",
        "the last run only",
        "taken back",
        "taken back for a moment",
        "taken back a moment before",
        "none",
        "crash tail only",
        "fatal line comes first",
        "at the same moment",
    ],
)
def test_foreseeable_is_since_the_danger_began_in_which_the_fatal_error_came(timeline, foreseeable) -> None:
    verdict = judge("exhausted", **{**DEATH, "timeline": timeline})
    assert (verdict.foreseeable_ms, verdict.foreseeable_line) == foreseeable


def test_without_a_moment_of_death_the_end_of_the_log_counts() -> None:
    verdict = judge("exhausted", **{**DEATH, "crash": make_crash(at_ms=None)})
    assert verdict.foreseeable_ms == 24_000.0


@pytest.mark.parametrize("kind", ["native-memory", "not-memory"])
def test_a_death_that_is_not_the_heaps_was_not_foreseen_by_it(kind) -> None:
    verdict = judge("exhausted", **{**DEATH, "crash": make_crash(kind)})
    assert (verdict.foreseeable_ms, verdict.foreseeable_line) == (None, None)


def test_a_living_process_has_nothing_foreseen() -> None:
    verdict = judge("impending", **LEAK)
    assert (verdict.foreseeable_ms, verdict.foreseeable_line) == (None, None)


def test_a_warning_at_the_moment_of_death_is_none() -> None:
    verdict = judge("exhausted", **{**DEATH, "timeline": (event(60, 98, "critical"), EXHAUSTED)})
    assert verdict.headline.endswith("; no warning came before it.")


def test_a_log_with_only_the_tail_of_the_crash_cannot_say_when_it_was_foreseeable() -> None:
    verdict = judge("exhausted", **DEATH, only_tail=True)
    assert (verdict.foreseeable_ms, verdict.foreseeable_line) == (None, None)
    assert verdict.not_foreseeable == "the log has only the tail of the crash, not what led to it"
    assert verdict.headline.endswith("; the log has only the tail of the crash, not what led to it.")
    assert judge("exhausted", **DEATH).not_foreseeable is None


def test_a_worker_that_reached_its_own_limit_was_foreseen_by_its_own_growth() -> None:
    verdict = judge("exhausted", **{**DEATH, "crash": make_crash("worker-limit")})
    assert (verdict.foreseeable_ms, verdict.foreseeable_line) == (24_000.0, judge("exhausted", **DEATH).foreseeable_line)
    assert verdict.headline.endswith("; foreseeable 24.0 s before.")


@pytest.mark.parametrize(
    ("growth", "level_ms", "words"),
    [
        ("levelled-off", 52.8, "higher than before, from 20.0 MB to 84.0 MB; whether it goes on is not known yet"),
        ("levelled-off", 999.0, "whether it goes on is not known yet"),
        ("levelled-off", 1000.0, "levelled off for 1.0 s after a rise from 20.0 MB"),
        ("one-allocation", 0.0, "one step up, from 20.0 MB to 84.0 MB; whether it goes on is not known yet"),
    ],
)
def test_a_rise_that_has_only_just_ended_may_go_on(growth: Any, level_ms: float, words: str) -> None:
    verdict = judge("ok", growth=growth, rise=replace(RISE, level_ms=level_ms))
    assert words in verdict.headline


@pytest.mark.parametrize(
    ("reclaim_share", "lines", "near"),
    [(0.97, (30, 40), True), (0.5, (40,), True), (0.49, (30, 40), False), (0.97, (), False), (0.97, (700,), False)],
    ids=["freed nearly all", "freed half", "freed less", "no last resort", "not of a full collection"],
)
def test_a_near_death_is_said(reclaim_share: float, lines: tuple[int, ...], near: bool) -> None:
    cycles = make_cycles(*[30.0] * 4, reclaim_share=reclaim_share)
    headline = judge("ok", cycles=cycles, last_resort_lines=lines).headline
    assert ("OK now, but V8 was at its last resort at" in headline) is near
    assert ("flat" in headline) is not near


@pytest.mark.parametrize(("longest_ms", "said"), [(399.0, False), (400.0, True), (1048.0, True)])
def test_a_long_stop_is_said_of_what_cannot_be_assessed(longest_ms: float, said: bool) -> None:
    pauses = make_pauses(all=replace(make_pauses().all, max_ms=longest_ms))
    verdict = judge("not-assessable", pauses=pauses, timeline=(event(0, 1, "not-assessable"),))
    assert ("one collection stopped the program for" in verdict.headline) is said
