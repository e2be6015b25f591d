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
