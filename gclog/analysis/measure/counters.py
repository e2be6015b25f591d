"""Counters that the application prints, as how much of each there had been at each collection."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gclog.analysis.measure.line_groups import goes_by_the_clock, stays_beside
from gclog.analysis.measure.robust import Floats
from gclog.recognise.line_counters import CounterSeries
from gclog.recognise.line_shapes import ShapeCounts

__all__ = ["Counted", "measure_counters"]

MIN_READINGS = 5
"""Lower bound on the collections before which a counter was printed."""

MIN_UNITS = 10
"""Lower bound on what it counted."""

STEADY_SHARE = 0.01
"""A number that never strays further from even growth than this share of it is a clock."""


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """A counter, and what it had counted up to each collection. Between two lines it grows evenly, before the first one and after the
    last at its mean pace."""

    series: CounterSeries
    so_far: Floats


def measure_counters(counts: ShapeCounts, so_far: npt.NDArray[np.int64], at_ms: Floats) -> tuple[Counted, ...]:
    """The counters that are worth comparing. `so_far`: lines by shape (rows) up to each collection, whose moments are `at_ms`.

    A counter that goes by the clock, or that says no more than how many of its lines there are, is left out.
    """
    found = []
    for series in counts.counters:
        counted = _count(series, at_ms)
        if counted is not None and not _is_clock(counted, at_ms) and not _repeats(counted, so_far[series.shape], at_ms):
            found.append(Counted(series, counted))
    return tuple(found)


def _count(series: CounterSeries, at_ms: Floats) -> Floats | None:
    """What it counted from the first collection on; None if that is too little to compare."""
    read = np.flatnonzero(series.read[1:]) + 1  # the first stretch is what came before
    if len(read) < MIN_READINGS:
        return None
    falls = bool(series.falls[read].any())
    values = np.cumsum(series.sums[read]) if falls and series.adds_up else series.last[read]
    moments = (at_ms[read - 1] + at_ms[read]) / 2
    pace = (values[-1] - values[0]) / (moments[-1] - moments[0])
    ends = np.clip(at_ms, moments[0], moments[-1])
    counted = np.interp(ends, moments, values) + pace * (at_ms - ends)
    counted -= counted[0]
    return counted if counted[-1] >= MIN_UNITS else None


def _is_clock(counted: Floats, at_ms: Floats) -> bool:
    apart = counted - (at_ms - at_ms[0]) * (counted[-1] / (at_ms[-1] - at_ms[0]))
    return bool(apart.std() < STEADY_SHARE * counted[-1])


def _repeats(counted: Floats, lines: npt.NDArray[np.int64], at_ms: Floats) -> bool:
    """Whether it stays in proportion to the lines that it is printed in, and these are more than a clock."""
    own = lines - lines[0]
    return bool(own[-1]) and not goes_by_the_clock(lines, at_ms) and stays_beside(own, counted)
