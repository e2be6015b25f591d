"""Which process the ring of a crash repeats: of those that could be it, the one with most of its collections."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

import numpy as np

from gclog.processes.rows import Rows

__all__ = ["CLOCK_STEP_BACK_MS", "Ring", "common_records", "owner_of_ring", "ring_of"]

CLOCK_STEP_BACK_MS = 1.5
"""V8 prints whole milliseconds, in order for one isolate: more than one back is another run."""

Ring = Sequence[tuple[float | None, float | None]]
"""Collections of one isolate in a ring, in order: V8's clock and the size after each."""


class Printer(Protocol):
    """A process that may have printed what a ring repeats. `from_ring`: only a ring is known of it."""

    from_ring: bool

    @property
    def last_line(self) -> int:
        """The line of its last collection."""

    def common(self, ring: Ring) -> int:
        """How many of a ring's collections it has printed."""


P = TypeVar("P", bound=Printer)


def owner_of_ring(candidates: Iterable[P], ring: Ring, *, named: bool) -> P | None:
    """The process that a ring repeats: the one with most of its records, then the last to speak.

    Without a pid in the ring (V8 4.5 to 5.1), or without a trace of the process, a common record is asked for.
    """
    processes = list(candidates)
    alone = named or len(processes) == 1
    ranked = [(process.common(ring), process.last_line, process) for process in processes]
    possible = [entry for entry in ranked if entry[0] or (alone and not entry[2].from_ring)]
    return max(possible, key=lambda entry: entry[:2])[2] if possible else None


def common_records(ring: Ring, rows: Rows) -> int:
    """How many collections of a ring are among some rows."""
    at_ms, after_mb = np.array(ring, dtype=np.float64).reshape(-1, 2).T
    return int((np.isin(at_ms, rows.numbers("at_ms")) & np.isin(after_mb, rows.numbers("used_after_mb"))).sum())


def ring_of(rows: Rows) -> Ring:
    """Rows as a ring: their clocks and sizes."""
    return list(zip(rows.numbers("at_ms").tolist(), rows.numbers("used_after_mb").tolist(), strict=True))
