"""Signs of V8 in trouble, each by itself."""

from __future__ import annotations

import pytest
from made_seen import full

from gclog.analysis.verdict.pressure import Pressure
from gclog.analysis.verdict.signals import CollectionSeen

BUSY = {"freed_mb": 0.5, "gc_ms": 90}


def level_after(*rows: CollectionSeen, strikes: int = 0, known: bool = True, returned_mb: float = 0) -> str | None:
    pressure = Pressure()
    trouble = None
    for row in rows:
        trouble = pressure.full(row, 100, strikes, returned_mb, known)
    return None if trouble is None else trouble[0]


@pytest.mark.parametrize(
    ("rows", "level"),
    [
        pytest.param([full(0, 90), full(1000, 91)], None, id="collections that free 10 MB"),
        pytest.param([full(0, 101), full(1000, 101)], "critical", id="past the limit twice in a row"),
        pytest.param([full(0, 101), full(1000, 99)], None, id="past the limit once"),
        pytest.param([full(0, 110)], None, id="past the limit once, by what may be young"),
        pytest.param([full(0, 126)], "critical", id="far past the limit"),
        pytest.param([full(0, 95, freed_mb=1, reason="last resort")], "critical", id="a last resort that frees 1 %"),
        pytest.param([full(0, 80, freed_mb=20, reason="last resort")], None, id="a last resort that frees 20 %"),
        pytest.param(
            [full(0, 80, freed_mb=20, reason="last resort"), full(50, 80, freed_mb=0, reason="last resort")],
            None,
            id="the second of a pair counts from before the first",
        ),
        pytest.param([full(0, 80), full(100, 84, **BUSY), full(200, 88, **BUSY)], "impending", id="back to back, 4 MB a time"),
        pytest.param([full(0, 80), full(100, 80.1, **BUSY), full(200, 80.2, **BUSY)], None, id="back to back, but level"),
        pytest.param([full(0, 80), full(1000, 84, **BUSY), full(2000, 88, **BUSY)], None, id="far between"),
        pytest.param(
            [full(0, 60, freed_mb=1, collector_reason="scavenge might not succeed")], "impending", id="no room for the young"
        ),
        pytest.param(
            [full(0, 60, freed_mb=30, collector_reason="scavenge might not succeed")], None, id="but garbage there was"
        ),
    ],
)
def test_the_level_that_collections_call_for(rows: list[CollectionSeen], level: str | None) -> None:
    assert level_after(*rows) == level


@pytest.mark.parametrize(("known", "level"), [(True, "critical"), (False, "impending")], ids=["known", "inferred"])
@pytest.mark.parametrize("mu", [0.2, 0.9])
@pytest.mark.parametrize("strikes", [4, 5, 25])
def test_all_strikes_count_whatever_comes_after_them(strikes: int, mu: float, known: bool, level: str) -> None:
    pressure = Pressure()
    trouble = pressure.full(full(0, 90, mu=mu), 100, strikes, 0, known)
    said = f"{strikes} full collections in a row freed too little near the limit: V8 gives up at 4"
    assert trouble == (level, said)


def test_a_last_resort_says_what_it_freed_which_is_no_limit() -> None:
    trouble = Pressure().full(full(0, 61.6, freed_mb=0.04, reason="last resort"), 100, 0, 0, True)
    assert trouble is not None
    assert trouble[1] == "a last-resort collection freed 0.0 MB of the 61.6 MB in use: V8 gives up if that is not enough"


@pytest.mark.parametrize(
    ("strikes", "mu", "known", "level"),
    [
        pytest.param(1, 0.3, True, "impending", id="the first"),
        pytest.param(3, 0.3, True, "critical", id="one is left"),
        pytest.param(3, 0.3, False, "impending", id="counted against an inferred limit"),
        pytest.param(3, 0.6, True, None, id="the next one will be effective"),
    ],
)
def test_strikes_count_while_the_next_one_would_be_one_too(strikes: int, mu: float, known: bool, level: str | None) -> None:
    assert level_after(full(0, 90, mu=mu), strikes=strikes, known=known) == level


def test_a_level_that_the_live_set_came_back_from_before_is_no_trouble() -> None:
    rows = [full(0, 80), full(100, 84, **BUSY), full(200, 88, **BUSY)]
    assert level_after(*rows, returned_mb=90) is None


def test_trouble_is_over_when_the_program_runs_on_for_twice_as_long_as_before() -> None:
    last, now = full(1000, 90), full(1300, 92)
    pressure = Pressure()
    pressure.full(last, 100, 0, 0, True)
    pressure.full(now, 100, 1, 0, True)
    calm = pressure.calm_after(last, now)
    assert calm is not None
    assert (calm.is_met(1900, 95), calm.is_met(1901, 95)) == (False, True)
