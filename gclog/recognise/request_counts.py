"""The requests of an access log by kind, counted up to moments by the wall clock."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gclog.recognise.access_log import Requests, read_requests
from gclog.recognise.line_shapes import LineShapes, ShapeCounts
from gclog.source.open import Block, Source

__all__ = ["count_requests"]

MOST_BINS = 4000
"""Upper bound on the stretches of time in which requests are counted."""

SECOND_MS = 1000.0
"""Most access logs are dated to the second."""

MS = 1.0
"""The others to the millisecond."""


def count_requests(source: Source, at_ms: npt.NDArray[np.float64], start_ms: float) -> ShapeCounts | None:
    """The requests by kind up to each of some moments, as counts of the stretches in between; None if none falls between them.

    `at_ms` ascends; `start_ms` is its zero, ms since 1970 UTC.
    """
    walls = start_ms + np.maximum.accumulate(at_ms)
    first = next(source.blocks(), None)
    bins = _Bins(float(walls[0]), float(walls[-1]), first is not None and read_requests(first).has_ms)
    shapes = LineShapes(np.arange(bins.count))
    for block in source.blocks():
        requests = read_requests(block)
        shapes.count(Block(b"\n".join(requests.lines), block.first_line), bins.of(requests))
    counts = shapes.finish()
    if not counts.counts[:, 1:].sum():
        return None
    return dataclasses.replace(
        counts,
        counts=np.array([_between(bins.edges, own, walls) for own in counts.counts]),
        other=_between(bins.edges, counts.other, walls),
        counters=(),
    )


@dataclass(frozen=True, slots=True)
class _Bins:
    """Even stretches of time, of a second or more unless the log `has_ms`; the first is all that came before `from_ms`."""

    from_ms: float
    to_ms: float
    has_ms: bool

    @property
    def width_ms(self) -> float:
        return max(MS if self.has_ms else SECOND_MS, (self.to_ms - self.from_ms) / (MOST_BINS - 3))

    @property
    def count(self) -> int:
        return len(self.edges)

    @property
    def edges(self) -> npt.NDArray[np.float64]:
        """The end of each stretch."""
        first = self.from_ms // SECOND_MS * SECOND_MS
        numbers = np.arange(int((self.to_ms - first) / self.width_ms) + 2, dtype=np.float64)
        return first + self.width_ms * numbers

    def of(self, requests: Requests) -> npt.NDArray[np.intp]:
        """The stretch of each line; one past the last if it is no request, or came later."""
        return np.searchsorted(self.edges, requests.wall_ms, side="right")


def _between(
    edges: npt.NDArray[np.float64], counts: npt.NDArray[np.int64], walls: npt.NDArray[np.float64]
) -> npt.NDArray[np.int64]:
    """Counts by stretch of time as counts by collection: within a second requests come evenly."""
    so_far = np.rint(np.interp(walls, edges, np.cumsum(counts))).astype(np.int64)
    return np.diff(so_far, prepend=0)
