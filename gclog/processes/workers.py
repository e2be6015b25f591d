"""Which isolates of a process are its workers: those that speak at the same time as an older one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

__all__ = ["STOPPED_WORDS", "WORKER_STOPPED", "Sibling", "Siblings"]

WORKER_STOPPED = "worker_out_of_memory"
"""The kind of the message that a stopped worker's owner gets (Node 12 on). No fatal error is printed, and the process goes on."""

STOPPED_WORDS = "Worker terminated"
"""Occurs once in the error of each stopped worker; an error printed whole names its code a second time, on a line of its own."""

KEPT_MAINS = 8
"""Isolates compared with each other: one main isolate, and those that have not yet shown what they are. In a container every run
has the same pid."""


class Sibling(Protocol):
    """An isolate with its clock, NaN before it has spoken; `worker` is set once it is known to be one."""

    worker: bool

    @property
    def clock_ms(self) -> float:
        """V8's clock at its last collection."""
        ...


@dataclass(slots=True)
class _Lead:
    """How far an isolate's clock is ahead of another's: at least, as far as its lines before show; at most, by those after."""

    at_least_ms: float = -math.inf
    at_most_ms: float = math.inf


class Siblings:
    """The isolates of one pid. V8 numbers them from 13.6 on; before, the clock shows it: a worker's starts later.

    An isolate that fell silent before another began is no sibling of that but an earlier run.
    """

    def __init__(self) -> None:
        self._leads: dict[tuple[int, int], _Lead] = {}
        self._mains: list[Sibling] = []

    def speak(self, isolate: Sibling, at_ms: float) -> None:
        """An isolate prints a line; its `clock_ms` is still that of its last one."""
        if isolate.worker or (len(self._mains) == 1 and self._mains[0] is isolate):
            return
        if all(other is not isolate for other in self._mains):
            for gone in self._mains[: -KEPT_MAINS + 1]:
                self.forget(gone)
            self._mains.append(isolate)
        for other in [other for other in self._mains if other is not isolate and not math.isnan(other.clock_ms)]:
            behind, ahead = self._lead(other, isolate), self._lead(isolate, other)
            behind.at_least_ms = max(behind.at_least_ms, other.clock_ms - at_ms)
            ahead.at_most_ms = min(ahead.at_most_ms, at_ms - other.clock_ms)
            for younger, lead in ((isolate, behind), (other, ahead)):
                if (
                    math.isfinite(lead.at_least_ms)
                    and lead.at_least_ms + lead.at_most_ms > 0
                    and math.isfinite(lead.at_most_ms)
                ):
                    younger.worker = True
                    self.forget(younger)

    def forget(self, isolate: Sibling) -> None:
        """It is a worker, or over."""
        self._mains = [other for other in self._mains if other is not isolate]
        self._leads = {pair: lead for pair, lead in self._leads.items() if id(isolate) not in pair}

    def _lead(self, older: Sibling, younger: Sibling) -> _Lead:
        return self._leads.setdefault((id(older), id(younger)), _Lead())

    @property
    def are_none(self) -> bool:
        """Whether nobody is left to compare with."""
        return not self._mains
