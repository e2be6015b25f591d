"""The rule heap-limit-too-small: the one case in which a higher limit is the cure."""

from __future__ import annotations

from dataclasses import replace

import pytest
from diagnose_cases import LIMIT, SLOW, TIGHT, changed, make_crash, make_cycles, make_pauses

from gclog.diagnose.rules import heap_limit_too_small as rule
from gclog.model.verdict import NoLimit
from gclog.model.witness import MemoryLimit


def test_a_size_is_recommended_at_which_the_live_set_fills_about_half() -> None:
    (finding,) = rule.check(TIGHT)
    assert finding.title == "A steady live set of 80.0 MB of a 96.0 MB limit leaves GC 12.0 % of the time"
    assert (
        "Start it with `node --max-old-space-size=192` (MB, allowed in NODE_OPTIONS): the live set then fills 41.7 % of the heap."
        in finding.remedy
    )
    assert finding.severity == "warning"


def test_a_container_that_cannot_hold_the_larger_heap_comes_first() -> None:
    (tight,) = rule.check(changed(TIGHT, memory_limit=MemoryLimit(256.0, "given", None)))
    (roomy,) = rule.check(changed(TIGHT, memory_limit=MemoryLimit(512.0, "given", None)))
    assert tight.remedy.startswith("Give the container 285.0 MB first, now 256.0 MB, and then start it with")
    assert roomy.remedy.startswith("Start it with `node --max-old-space-size=192`")


def test_a_worker_has_an_option_of_its_own() -> None:
    (finding,) = rule.check(changed(TIGHT, main=False))
    assert finding.remedy.startswith("Give the worker resourceLimits.maxOldGenerationSizeMb: 192")


def test_collections_that_are_slow_for_want_of_cpu_need_no_heap() -> None:
    assert list(rule.check(changed(TIGHT, slow=SLOW))) == []


def test_a_death_makes_it_an_error() -> None:
    (finding,) = rule.check(changed(TIGHT, crash=make_crash()))
    assert finding.severity == "error"


@pytest.mark.parametrize(
    "case",
    [
        changed(TIGHT, cycles=make_cycles(*[67.1] * 9)),
        changed(TIGHT, pauses=make_pauses(worst_window_share=0.0999)),
        changed(TIGHT, growth="steady"),
        changed(TIGHT, limit=NoLimit("not in the log")),
        changed(TIGHT, cycles=()),
        changed(TIGHT, cycles=make_cycles(*[80.0] * 6)),
        changed(TIGHT, cycles=make_cycles(*[20.0] * 4, 60.0, 66.0, 72.0, 82.0, 82.0)),
        changed(TIGHT, crash=make_crash("native-memory")),
        changed(
            TIGHT, limit=replace(LIMIT, mb=115.0), cycles=make_cycles(*[80.0] * 9), pauses=make_pauses(worst_window_share=0.05)
        ),
    ],
    ids=[
        "floor below 70 %",
        "share below 10 %",
        "growing",
        "no limit",
        "no full collections",
        "two late ones",
        "moves, whatever its kind",
        "native death",
        "GC cheap",
    ],
)
def test_near_misses_are_silent(case) -> None:
    assert list(rule.check(case)) == []


def test_both_thresholds_are_inclusive() -> None:
    case = changed(TIGHT, cycles=make_cycles(*[67.2] * 9), pauses=make_pauses(worst_window_share=0.1))
    assert len(list(rule.check(case))) == 1


def test_a_limit_that_is_already_as_large_as_the_one_to_recommend_is_left_alone() -> None:
    roomy = rule.Thresholds(target_share=0.9)
    (finding,) = rule.check(changed(TIGHT, limit=replace(LIMIT, mb=110.0)), roomy)
    assert finding.remedy.startswith("Start it with `node --max-old-space-size=128` (MB")
    exact = changed(TIGHT, limit=replace(LIMIT, mb=128.0), cycles=make_cycles(*[100.0] * 9))
    assert list(rule.check(exact, roomy)) == []
