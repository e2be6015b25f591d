"""The kinds of growth, each by a series that is it."""

from __future__ import annotations

import math

import pytest
from made_seen import full

from gclog.analysis.verdict.judge import Judge
from gclog.model.verdict import GrowthKind


def kind_of(*sizes: float, limit_mb: float | None = 100, gc_ms: float = 1, freed_mb: float = 10) -> GrowthKind:
    judge = Judge(limit_mb)
    for i, mb in enumerate(sizes):
        judge.see(full(1000.0 + 100 * i, mb, gc_ms=gc_ms, freed_mb=freed_mb))
    return judge.growth


@pytest.mark.parametrize(
    ("sizes", "kind"),
    [
        pytest.param([20] * 20, "none", id="level"),
        pytest.param([75] * 20, "high-plateau", id="level and high"),
        pytest.param(range(10, 60, 2), "steady", id="a line"),
        pytest.param([10 + 8 * (i // 5) for i in range(27)], "stepwise", id="stairs"),
        pytest.param([10 + 0.06 * i * i for i in range(30)], "accelerating", id="a parabola"),
        pytest.param([10 + 60 * (1 - 0.93**i) for i in range(30)], "decelerating", id="a cache that fills"),
        pytest.param([30 + 20 * math.sin(i / 3) for i in range(60)], "cyclic", id="a load cycle"),
        pytest.param([10 + 5 * (i % 9) for i in range(50)], "cyclic", id="a sawtooth"),
        pytest.param([12, 12, 12, 12, 12, 60], "one-allocation", id="one step"),
        pytest.param([20, 20, 20], "not-known", id="three collections"),
        pytest.param([*range(10, 50, 2), *[50] * 8], "levelled-off", id="a climb that has ended"),
        pytest.param([*range(10, 50, 2), *[50] * 30], "none", id="a climb that ended long ago"),
    ],
)
def test_the_kind_of_growth(sizes: list[float], kind: GrowthKind) -> None:
    assert kind_of(*sizes) == kind


def test_collections_back_to_back_that_free_nothing_are_a_death_spiral() -> None:
    assert kind_of(*[75] * 12, gc_ms=80, freed_mb=1) == "death-spiral"
    assert kind_of(*[75] * 12, gc_ms=10, freed_mb=1) == "high-plateau"


def test_growth_that_the_limit_has_stopped_is_growth() -> None:
    judge = Judge(100)
    for i, mb in enumerate([*range(10, 98, 4), *[97.0] * 10]):
        judge.see(full(1000.0 + 100 * i, mb, gc_ms=50, freed_mb=1))
    judge.fatal(9999, None, "out of heap")
    kind, rise = judge.grown
    assert kind == "steady"
    assert rise is not None
    assert (rise.from_mb, rise.to_mb) == (10, 97)
    assert rise.mb_per_h == pytest.approx(40 * 3600, rel=0.1)


@pytest.mark.parametrize(
    ("sizes", "kind"),
    [
        pytest.param([20.0] * 100 + [30.0, 45.0, 60.0, 75.0, 90.0, 98.0], "sudden", id="a burst at the end"),
        pytest.param([20.0] * 20 + [98.0], "one-allocation", id="one step at the end"),
        pytest.param([*range(10, 98, 4), *[97.0] * 60], "high-plateau", id="long at the limit"),
    ],
)
def test_what_led_to_a_death_is_not_always_growth(sizes: list[float], kind: GrowthKind) -> None:
    judge = Judge(100)
    for i, mb in enumerate(sizes):
        judge.see(full(1000.0 + 100 * i, mb, freed_mb=10))
    judge.fatal(9999, None, "out of heap")
    assert judge.growth == kind
