"""Numbers as text: units."""

from __future__ import annotations

import pytest

from gclog import units


@pytest.mark.parametrize(
    ("mb_per_h", "words"),
    [
        ((12.0,), ("+12.0 MB/h",)),
        ((3599.0,), ("+1.00 MB/s",)),
        ((3600.0,), ("+1.0 MB/s",)),
        ((-7200.0,), ("-2.0 MB/s",)),
        ((3500.0, 900.0, 3700.0), ("+0.97 MB/s", "+0.25 MB/s", "+1.03 MB/s")),
        ((3700.0, 3500.0), ("+1.0 MB/s", "+1.0 MB/s")),
        ((1000.0, 2000.0), ("+1000.0 MB/h", "+2000.0 MB/h")),
    ],
)
def test_rates_are_in_the_unit_that_fits_the_first(mb_per_h: tuple[float, ...], words: tuple[str, ...]) -> None:
    assert units.rates(*mb_per_h) == words


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ((1 << 30, 2 << 30), "1.00 → 2.00 GB"),
        ((0, 3 << 20), "0 → 3.0 MB"),
        ((300 << 10, 3 << 20), "300.0 KB → 3.0 MB"),
        ((0, 0), "0 → 0 MB"),
        ((12 << 20,), "12.0 MB"),
    ],
)
def test_sizes_that_belong_together(values: tuple[int, ...], said: str) -> None:
    assert units.sizes(values) == said


@pytest.mark.parametrize(
    ("value", "whole", "said"), [(12 << 20, 18 << 20, "12.0 of 18.0 MB"), (300 << 10, 18 << 20, "300.0 KB of 18.0 MB")]
)
def test_a_part_of_a_size(value: int, whole: int, said: str) -> None:
    assert units.part(value, whole) == said
