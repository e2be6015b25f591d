"""Round numbers on the axes."""

from __future__ import annotations

import pytest

from gclog.report.draw.scale import log_ticks, round_ticks, time_ticks


@pytest.mark.parametrize(
    ("largest", "ticks"),
    [
        (97.9, (0, 25, 50, 75, 100)),
        (100.0, (0, 25, 50, 75, 100)),
        (100.1, (0, 50, 100, 150)),
        (7.0, (0, 2, 4, 6, 8)),
        (0.9, (0, 0.25, 0.5, 0.75, 1.0)),
        (0.0, (0, 1)),
        (4096.0, (0, 2000, 4000, 6000)),
    ],
    ids=str,
)
def test_ticks_are_round_and_reach_over_the_largest(largest: float, ticks: tuple[float, ...]) -> None:
    assert round_ticks(largest, 4) == pytest.approx(ticks)


@pytest.mark.parametrize(
    ("first", "last", "step", "count"),
    [
        (0, 60_000, 10_000, 7),
        (1_500, 860_000, 180_000, 4),
        (0, 86_400_000, 4 * 3_600_000, 7),
        (5_000, 5_000.9, 0.2, 5),
        (0, 4_000 * 86_400_000, 2 * 365 * 86_400_000, 6),
    ],
    ids=["a minute", "14 minutes", "a day", "a millisecond", "years"],
)
def test_clock_ticks_lie_on_a_round_clock(first: float, last: float, step: float, count: int) -> None:
    ticks = time_ticks(first, last, 7)
    assert ticks[1] - ticks[0] == pytest.approx(step)
    assert len(ticks) == count
    assert first <= ticks[0] and ticks[-1] <= last


def test_a_logarithmic_axis_has_powers_of_ten_around_its_values() -> None:
    assert log_ticks(0.4, 52.0) == pytest.approx((0.1, 1, 10, 100))
    assert log_ticks(1.0, 1.0) == pytest.approx((1, 10))
