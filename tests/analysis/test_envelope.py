"""A run beside earlier ones: a cache that fills is no alarm, a leak is one sooner, and what is unlike them is said."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from made_seen import full

from gclog.analysis.verdict.envelope import levelled_off
from gclog.analysis.verdict.judge import Judge
from gclog.model.history import EarlierRun, RunPoint
from gclog.model.verdict import LEVELS

LIMIT_MB = 100.0
SECONDS = 60
LATER_MS = 40.0

Course = Callable[[float], float]
"""The live set in MB after some seconds."""


def cache(second: float) -> float:
    """Fills for thirty seconds, up to 70 MB, and stays full."""
    return min(10 + 2 * second, 70.0)


def leak(second: float) -> float:
    """The cache, and from second 20 on half a MB a second that stays."""
    return min(cache(second) + 0.5 * max(second - 20, 0), 98.0)


def waves(second: float) -> float:
    """Work that comes and goes: up to 60 MB, every ten seconds."""
    return 10 + 5 * (second % 10 + 1)


def run_of(course: Course, *, seconds: int = SECONDS, mb_per_s: float = 10.0, **changes: Any) -> EarlierRun:
    """A run that collects `LATER_MS` after each second: no two runs collect at the same milliseconds."""
    live = tuple(RunPoint(s * 1000.0 + LATER_MS, s * mb_per_s, course(s)) for s in range(1, seconds + 1))
    plateau, grew_ms = levelled_off([point.at_ms for point in live], [point.live_mb for point in live], seconds * 1000.0)
    own = EarlierRun(
        id=f"{course.__name__}-{seconds}-{mb_per_s}",
        node="10-16",
        first_major=10,
        last_major=16,
        limit_mb=LIMIT_MB,
        ended="well",
        age_ms=seconds * 1000.0,
        work_mb=seconds * mb_per_s,
        live=live,
        plateau_mb=plateau,
        grew_ms=grew_ms,
        cycles=0,
    )
    return dataclasses.replace(own, **changes)


def judged(course: Course, history: Iterable[EarlierRun], *, seconds: int = SECONDS, mb_per_s: float = 10.0) -> Judge:
    judge = Judge(LIMIT_MB, history=tuple(history))
    for s in range(1, seconds + 1):
        judge.see(full(s * 1000.0, course(s))._replace(work_mb=s * mb_per_s))
    return judge


def alarm_s(judge: Judge) -> float:
    """When the last alarm began that was not taken back; inf without one."""
    since = math.inf
    for event in judge.timeline:
        if LEVELS.index(event.level) < LEVELS.index("impending"):
            since = math.inf
        elif since == math.inf:
            since = event.at_ms / 1000
    return since


def ever_alarmed(judge: Judge) -> bool:
    return any(event.level in ("impending", "critical") for event in judge.timeline)


THREE = [run_of(cache), run_of(cache, seconds=50), run_of(cache, seconds=70)]


def test_a_cache_that_fills_raises_no_alarm_beside_runs_that_filled_theirs() -> None:
    assert ever_alarmed(judged(cache, []))
    judge = judged(cache, THREE)
    assert not ever_alarmed(judge)
    assert judge.is_as_before
    assert judge.because.endswith("; within what 3 earlier runs did at this age: 70.0 MB")


def test_a_leak_is_seen_sooner_than_alone() -> None:
    """Above 70 MB and a tenth of the way to the limit, 73 MB, with a margin of 3 MB: after second 36."""
    alone, judge = judged(leak, []), judged(leak, THREE, seconds=40)
    assert 28 <= alarm_s(judge) <= 32 or alarm_s(judge) == 27
    assert alarm_s(judged(leak, THREE)) <= alarm_s(alone)
    assert judge.beside is not None and judge.beside.stands == "above"
    assert judge.because.endswith("above: 80.0 MB where 3 earlier runs had at most 70.0 MB at this age")


def test_a_low_that_rises_is_a_leak_although_the_tops_are_as_ever() -> None:
    def rising_low(second: float) -> float:
        return max(waves(second), 10 + 0.8 * second)

    history = [run_of(waves), run_of(waves, seconds=55)]
    assert not ever_alarmed(judged(waves, history))
    judge = judged(rising_low, history, seconds=58)
    assert not ever_alarmed(judged(rising_low, [], seconds=58))
    assert alarm_s(judge) < 58
    assert "above: no less than" in judge.because


def test_runs_that_did_not_end_well_are_no_measure() -> None:
    judge = judged(cache, [run_of(cache, ended="heap-limit"), run_of(cache, ended="in alarm")])
    assert ever_alarmed(judge)
    assert judge.beside is not None and (judge.beside.stands, judge.beside.runs, judge.beside.because) == ("unknown", 0, "")


def test_one_earlier_run_excuses_growth_and_raises_no_alarm() -> None:
    assert not ever_alarmed(judged(cache, THREE[:1]))
    assert alarm_s(judged(leak, THREE[:1])) == alarm_s(judged(leak, []))


def test_what_does_not_fit_into_the_limit_excuses_nothing() -> None:
    def large(second: float) -> float:
        return min(10 + 2 * second, 95.0)

    history = [run_of(large, limit_mb=200.0), run_of(large, limit_mb=200.0, seconds=55)]
    assert alarm_s(judged(large, history)) == alarm_s(judged(large, []))


def test_a_run_older_than_all_earlier_ones_has_their_level_if_they_had_levelled_off() -> None:
    young = [run_of(cache, seconds=20), run_of(cache, seconds=22)]
    judge = judged(cache, young)
    assert judge.beside is not None and judge.beside.stands == "unknown"
    assert not ever_alarmed(judged(cache, THREE, seconds=300))
    assert alarm_s(judged(leak, young)) == alarm_s(judged(leak, []))


def test_twice_the_load_is_compared_by_work() -> None:
    def busy(second: float) -> float:
        return cache(4 * second)

    judge = judged(busy, THREE, mb_per_s=40.0)
    assert not ever_alarmed(judge)
    judge = judged(busy, THREE, seconds=12, mb_per_s=40.0)
    assert judge.because.endswith("after as much work: 70.0 MB (but it allocates 4.0 times as fast)")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"limit_mb": 200.0}, "their limit was 200.0 MB, not 100.0 MB"),
        ({"node": "26", "first_major": 26, "last_major": 26}, "they ran on Node 26"),
        (
            {"live": tuple(RunPoint(s * 1000.0 + LATER_MS, s * 30.0, cache(s)) for s in range(1, 61))},
            "it allocates 0.3 times as fast",
        ),
    ],
    ids=["limit", "Node", "load"],
)
def test_what_is_unlike_them_is_said_and_raises_no_alarm_sooner(changes: dict[str, Any], said: str) -> None:
    history = [run_of(cache, **changes), run_of(cache, **changes)]
    judge = judged(leak, history, seconds=40)
    assert judge.beside is not None and judge.beside.differences == (said,)
    assert judge.because.endswith(f"(but {said})")
    assert alarm_s(judged(leak, history)) == alarm_s(judged(leak, []))


def test_a_step_to_another_level_is_an_alarm_only_while_it_is_new() -> None:
    def step(second: float) -> float:
        return cache(second) + (9.0 if second > 40 else 0.0)

    levels = [event.level for event in judged(step, THREE, seconds=90).timeline]
    assert levels.count("impending") == 1 and levels[-1] in ("ok", "rising")


def test_another_load_is_said_until_it_is_about_the_same_and_beyond_the_age_of_earlier_runs() -> None:
    """Three times as much in the first ten seconds, and from then on as much as they."""

    def load(seconds: int) -> tuple[str, ...]:
        judge = Judge(LIMIT_MB, history=tuple(THREE))
        for s in range(1, seconds + 1):
            judge.see(full(s * 1000.0, cache(s))._replace(work_mb=s * 10.0 + 20.0 * min(s, 10)))
        assert judge.beside is not None
        return judge.beside.differences

    assert load(10) == ("it allocates 3.0 times as fast",)
    assert load(30) == ("it allocates 1.7 times as fast",)
    assert load(50) == ()
    judge = judged(cache, THREE, seconds=80, mb_per_s=40.0)
    assert judge.beside is not None and judge.beside.differences == ("it allocates 4.0 times as fast",)


@pytest.mark.parametrize("kept", [1, 2, 7], ids=["every point", "every second", "every seventh"])
@pytest.mark.parametrize("seconds", [20, SECONDS, 90], ids=["cut", "whole", "has grown since"])
def test_a_run_is_not_judged_by_itself(kept: int, seconds: int) -> None:
    """Whether the file has all of it, or it has gone on since; from the second of the points kept on."""
    own = run_of(leak)
    live = tuple(dataclasses.replace(point, at_ms=point.at_ms - LATER_MS) for point in own.live[::kept])
    own = dataclasses.replace(own, id="itself", live=live)
    with_itself, without = judged(leak, [*THREE, own], seconds=seconds), judged(leak, THREE, seconds=seconds)
    assert with_itself.beside == without.beside


def test_a_run_that_began_alike_is_another() -> None:
    first = RunPoint(1000.0, 10.0, cache(1))
    alike = [dataclasses.replace(run, live=(first, *run.live[1:])) for run in THREE]
    beside = judged(cache, alike).beside
    assert beside is not None and beside.runs == 3


@pytest.mark.parametrize("course", [cache, leak, waves])
def test_each_moment_is_judged_by_what_came_before(course: Course) -> None:
    whole = judged(course, THREE).timeline
    for seconds in range(1, SECONDS, 7):
        assert judged(course, THREE, seconds=seconds).timeline == [event for event in whole if event.at_ms <= seconds * 1000]


def test_back_to_back_collections_in_a_climb_that_all_runs_had_are_no_alarm() -> None:
    """Each takes most of the time and frees next to nothing: alone that is impending."""

    def fed(history: list[EarlierRun]) -> Judge:
        judge = Judge(80.0, history=history)
        for s in range(1, 30):
            judge.see(full(s * 1000.0, cache(s), freed_mb=0.1, gc_ms=800)._replace(work_mb=s * 10.0))
        return judge

    assert "back to back" in fed([]).because
    assert not ever_alarmed(fed(THREE))


def test_a_plateau_is_where_a_run_stayed_for_half_as_long_as_it_rose() -> None:
    at_ms = [s * 1000.0 for s in range(61)]
    assert levelled_off(at_ms, [cache(s) for s in range(61)], 60_000) == (70.0, 27_000)
    assert levelled_off(at_ms, [float(s + 1) for s in range(61)], 60_000)[0] is None
