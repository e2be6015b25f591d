"""Round axis ticks, and time ticks in units that people read: minutes by sixties, not by hundreds."""

from __future__ import annotations

import math

from gclog import units

__all__ = ["LIMIT_IN_VIEW", "log_ticks", "round_ticks", "time_ticks"]

LIMIT_IN_VIEW = 4.0
"""A limit above this multiple of the largest value would squeeze the curves into the lowest quarter: it is stated, not drawn."""

STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)

SECOND, MINUTE, HOUR, DAY = units.MS_PER_SECOND, units.MS_PER_MINUTE, units.MS_PER_HOUR, 24 * units.MS_PER_HOUR
TIME_STEPS_MS = (
    *(step * scale for scale in (0.1, 1.0, 10.0, 100.0) for step in (1.0, 2.0, 5.0)),
    *(step * SECOND for step in (1, 2, 5, 10, 15, 30)),
    *(step * MINUTE for step in (1, 2, 3, 5, 10, 15, 20, 30)),
    *(step * HOUR for step in (1, 2, 3, 4, 6, 8, 12)),
    *(step * DAY for step in (1, 2, 5, 7, 14, 30, 60, 120, 365)),
)


def round_ticks(largest: float, at_most: int) -> tuple[float, ...]:
    """0 and multiples of a round step up to the first that is at least `largest`; at most `at_most` steps."""
    if largest <= 0:
        return (0.0, 1.0)
    rough = largest / at_most
    scale = 10.0 ** math.floor(math.log10(rough))
    step = next(step * scale for step in (*STEPS, 20.0) if largest / (step * scale) <= at_most)
    return tuple(step * n for n in range(math.ceil(largest / step - 1e-9) + 1))


def time_ticks(first_ms: float, last_ms: float, at_most: int) -> tuple[float, ...]:
    """Round times between the two, at most `at_most` + 1 of them."""
    rough, longest = (last_ms - first_ms) / at_most, TIME_STEPS_MS[-1]
    step = next((step for step in TIME_STEPS_MS if rough <= step), longest * math.ceil(rough / longest))
    return tuple(step * n for n in range(math.ceil(first_ms / step), math.floor(last_ms / step) + 1))


def log_ticks(least: float, largest: float) -> tuple[float, ...]:
    """Powers of ten that enclose both values; `least` must be above 0."""
    low, high = math.floor(math.log10(least)), math.ceil(math.log10(largest))
    return tuple(10.0**power for power in range(low, max(high, low + 1) + 1))
