"""V8's own rule, collection by collection."""

from __future__ import annotations

import math

import pytest

from gclog.analysis.verdict.strikes import StrikeRule


def counts(*mus_and_sizes: tuple[float, float], limit_mb: float | None = 100, type: str = "Mark-sweep") -> list[int]:
    rule = StrikeRule()
    return [rule.full(line, line * 10.0, type, mb, mu, limit_mb) for line, (mu, mb) in enumerate(mus_and_sizes, 1)]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([(0.3, 90)] * 5, [0, 1, 2, 3, 4], id="each strike goes by the mu of the line before"),
        pytest.param([(0.3, 90), (0.9, 90), (0.3, 90), (0.3, 90)], [0, 1, 0, 1], id="one effective collection starts anew"),
        pytest.param([(0.3, 90), (0.3, 79.9), (0.3, 80), (0.3, 80)], [0, 0, 1, 2], id="from four fifths of the limit on"),
        pytest.param([(0.4, 90), (0.4, 90)], [0, 0], id="0.4 is not below 0.4"),
        pytest.param([(math.nan, 99)] * 5, [0] * 5, id="V8 before 6.7 has no mu and no such rule"),
    ],
)
def test_strikes_are_counted_as_v8_does(rows: list[tuple[float, float]], expected: list[int]) -> None:
    assert counts(*rows) == expected


def test_without_a_limit_there_are_no_strikes() -> None:
    assert counts(*[(0.1, 99)] * 5, limit_mb=None) == [0] * 5


def test_node_26_counts_from_95_percent_of_the_limit_on() -> None:
    rows = [(0.3, 94), (0.3, 94), (0.3, 95), (0.3, 96)]
    assert counts(*rows, type="Incremental Mark-Compact") == [0, 0, 1, 2]
    assert counts(*rows, type="Mark-Compact") == [0, 1, 2, 3]


def test_every_strike_is_kept_with_its_line() -> None:
    rule = StrikeRule()
    for line in range(1, 4):
        rule.full(line, line * 10.0, "Mark-sweep", 90, 0.2, 100)
    assert [(s.line, s.at_ms, s.count) for s in rule.strikes] == [(2, 20, 1), (3, 30, 2)]
    assert rule.mu_is_low
