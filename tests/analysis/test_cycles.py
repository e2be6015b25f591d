"""Full collections one by one."""

from __future__ import annotations

from made_collections import fulls, made

from gclog.analysis.measure.cycles import cycles
from gclog.model.process import Cycle


def test_a_cycle_says_what_was_found_and_what_was_left() -> None:
    table = made(
        {"at_ms": 10.0, "used_before_mb": 9.0, "used_after_mb": 8.0, "pause_ms": 1.0},
        {
            "at_ms": 20.0,
            "used_before_mb": 40.0,
            "used_after_mb": 30.0,
            "pause_ms": 5.0,
            "average_mu": 0.9,
            "type": "Mark-sweep",
        },
        {"at_ms": 30.0, "used_before_mb": 40.0, "type": "Mark-sweep"},
    )
    assert cycles(table) == (Cycle(20, 2, 40, 30, 0.25, 5, 0.9),)


def test_a_version_without_utilisation_gives_none() -> None:
    assert cycles(fulls((1, 5)))[0].average_mu is None


def test_an_empty_heap_reclaims_nothing() -> None:
    assert cycles(made({"at_ms": 1.0, "used_before_mb": 0.0, "used_after_mb": 0.0, "type": "Mark-sweep"}))[0].reclaim_share == 0
