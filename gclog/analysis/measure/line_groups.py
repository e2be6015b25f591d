"""Which shapes of lines come together: those that the same events print, and those that a clock prints."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from gclog.analysis.measure.robust import Floats

__all__ = ["goes_by_the_clock", "printed_together", "stays_beside"]

Counts = npt.NDArray[np.int64]

DRIFT_SHARE = 0.2
"""Two counts that drift apart by less than a fifth of the root of their number are about the same events. Those of independent events
drift by about half of it."""


def printed_together(so_far: Counts) -> list[list[int]]:
    """The shapes in groups about the same events. `so_far`: lines by shape (rows) up to each of some moments."""
    groups: list[list[int]] = []
    counts = so_far - so_far[:, :1]
    for shape in np.flatnonzero(counts[:, -1] > 0).tolist():
        for group in groups:
            if stays_beside(*sorted((counts[shape], counts[group[0]]), key=lambda count: int(count[-1]))):
                group.append(shape)
                break
        else:
            groups.append([shape])
    return groups


def goes_by_the_clock(so_far: Counts, at_ms: Floats) -> bool:
    """Whether the lines of a shape come at even intervals: then they are no more than time."""
    return stays_beside(so_far - so_far[0], at_ms - at_ms[0])


def stays_beside(count: Counts | Floats, other: Counts | Floats) -> bool:
    """Whether a count is in proportion to another one, or to time."""
    apart = count - other * (count[-1] / other[-1])
    return bool(apart.std() < DRIFT_SHARE * math.sqrt(count[-1]))
