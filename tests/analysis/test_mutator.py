"""V8's mutator utilisation from three full collections worked out by hand, in both eras."""

from __future__ import annotations

import pytest
from made_collections import made

from gclog.analysis.measure.mutator import first_cycle_counts, recompute_mu

# 100 ms: cost 10 + 10 of 100; 200 ms: cost 40 of 100; 260 ms: cost 30 + 15 of 60.
COLLECTIONS = made(
    {"at_ms": 100.0, "pause_ms": 10.0, "incremental_ms": 10.0},
    {"at_ms": 200.0, "pause_ms": 40.0},
    {"at_ms": 260.0, "pause_ms": 30.0, "incremental_ms": 15.0},
    type="Mark-Compact",
)


def test_up_to_v8_11_7_the_first_collection_only_starts_the_clock() -> None:
    found = recompute_mu(COLLECTIONS, first_counts=False)
    assert found.current.tolist() == pytest.approx([1, 0.6, 0.25])
    # Mutator 60, then (60 + 15) / 2 = 37.5; cost 40, then (40 + 45) / 2 = 42.5.
    assert found.average.tolist() == pytest.approx([1, 0.6, 37.5 / 80])


def test_from_v8_11_8_the_first_collection_counts_from_the_start() -> None:
    found = recompute_mu(COLLECTIONS, first_counts=True)
    assert found.current.tolist() == pytest.approx([0.8, 0.6, 0.25])
    # Mutator 80, 70, 42.5; cost 20, 30, 37.5.
    assert found.average.tolist() == pytest.approx([0.8, 0.7, 42.5 / 80])


def test_two_collections_in_one_millisecond_leave_the_program_nothing() -> None:
    table = made({"at_ms": 100.0, "pause_ms": 1.0}, {"at_ms": 100.0, "pause_ms": 0.4}, type="Mark-Compact")
    assert recompute_mu(table, first_counts=False).current.tolist() == [1, 0]


def test_no_time_and_no_cost_are_no_utilisation_to_complain_of() -> None:
    table = made({"at_ms": 100.0, "pause_ms": 0.0}, {"at_ms": 100.0, "pause_ms": 0.0}, type="Mark-Compact")
    assert recompute_mu(table, first_counts=False).average.tolist() == [1, 1]


def test_nothing_gives_nothing() -> None:
    assert recompute_mu(COLLECTIONS.iloc[:0], first_counts=True).average.tolist() == []


@pytest.mark.parametrize(
    ("columns", "counts"),
    [
        pytest.param({"average_mu": [1.0, 0.6, 0.469]}, False, id="printed as up to 11.7"),
        pytest.param({"average_mu": [0.8, 0.7, 0.531]}, True, id="printed as from 11.8"),
        pytest.param({}, False, id="nothing printed"),
        pytest.param({"pooled_mb": [0.0, 0.0, 0.0]}, True, id="a page pool"),
    ],
)
def test_the_era_follows_from_what_was_printed(columns: dict[str, list[float]], counts: bool) -> None:
    assert first_cycle_counts(COLLECTIONS.assign(**columns)) is counts
