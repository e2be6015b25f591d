"""Silences and late beginnings."""

from __future__ import annotations

import pytest
from made_collections import made

from gclog.analysis.measure.gaps import find_gaps, starts_late


def test_a_silence_far_beyond_the_rhythm_is_a_gap() -> None:
    moments = [100.0 * i for i in range(30)] + [50_000 + 100.0 * i for i in range(30)]
    assert find_gaps(made(*({"at_ms": at_ms} for at_ms in moments))) == ((2900, 50_000, 31),)


@pytest.mark.parametrize(
    "moments",
    [
        pytest.param([100.0 * i for i in range(60)], id="even"),
        pytest.param([1000.0 * (i // 5) + 10 * (i % 5) for i in range(60)], id="waves of requests"),
        pytest.param([100.0 * i for i in range(30)] + [4800 + 100.0 * i for i in range(30)], id="19 times the usual"),
        pytest.param([100.0 * i for i in range(10)] + [50_000.0], id="too few to have a rhythm"),
    ],
)
def test_a_rhythm_has_no_gap(moments: list[float]) -> None:
    assert find_gaps(made(*({"at_ms": at_ms} for at_ms in moments))) == ()


def test_one_collection_has_no_interval() -> None:
    assert find_gaps(made({"at_ms": 5.0})) == ()


def test_a_gap_must_be_a_part_of_the_span_worth_naming() -> None:
    moments = [100.0 * i for i in range(5000)] + [500_000 + 5000 + 100.0 * i for i in range(5000)]
    assert find_gaps(made(*({"at_ms": at_ms} for at_ms in moments))) == ()


@pytest.mark.parametrize(
    ("row", "late"),
    [
        pytest.param({"at_ms": 30.0, "used_before_mb": 4.0}, False, id="from the start"),
        pytest.param({"at_ms": 60_000.0, "used_before_mb": 80.0}, True, id="a grown heap after a minute"),
        pytest.param({"at_ms": 60_000.0, "used_before_mb": 4.0}, False, id="a small program that sat idle"),
        pytest.param({"at_ms": 900.0, "used_before_mb": 80.0}, False, id="a fast start"),
        pytest.param({"at_ms": 60_000.0}, True, id="no size"),
    ],
)
def test_a_log_starts_late_if_the_heap_has_already_grown(row: dict[str, float], late: bool) -> None:
    assert starts_late(made(row)) is late


def test_no_collection_is_not_late() -> None:
    assert starts_late(made({"used_before_mb": 80.0})) is False


def steady(after_mb: float, before_mb: float = 0.0) -> list[dict[str, float]]:
    """A minute of collections each 100 ms, a silence of fifty seconds, and as much again, the heap being `before_mb` after the silence."""
    moments = [100.0 * i for i in range(30)] + [50_000 + 100.0 * i for i in range(30)]
    rows = [{"at_ms": at_ms, "used_before_mb": after_mb + 2, "used_after_mb": after_mb} for at_ms in moments]
    rows[30]["used_before_mb"] = before_mb or after_mb + 2
    return rows


@pytest.mark.parametrize(
    ("before_mb", "gaps"),
    [(22.0, 0), (20.4, 0), (83.9, 0), (19.5, 0), (84.1, 1), (18.0, 1)],
    ids=["idle", "hardly anything allocated", "a young generation more", "rounding", "more than that", "shrunk"],
)
def test_a_silence_after_which_the_heap_is_what_it_was_is_idleness(before_mb: float, gaps: int) -> None:
    assert len(find_gaps(made(*steady(20.0, before_mb)))) == gaps
