"""Which isolates of a finished log are workers: of those of a pid that speak at the same time, the oldest is the main one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gclog.processes.attribution import Key
from gclog.processes.rows import Rows

__all__ = ["find_workers"]

Floats = npt.NDArray[np.float64]


def find_workers(processes: Sequence[tuple[Key, Rows]]) -> set[int]:
    """The places of the processes that are workers, given by keys and collections.

    V8 numbers isolates from 13.6 on (0 is main); before, the clock shows it.
    """
    workers: set[int] = set()
    by_pid: dict[int, list[int]] = {}
    for place, ((pid, _), rows) in enumerate(processes):
        if rows.says("isolate_id"):
            numbers = rows.numbers("isolate_id")
            if numbers[~np.isnan(numbers)][0] != 0:
                workers.add(place)
        if pid is not None:
            by_pid.setdefault(pid, []).append(place)
    for places in by_pid.values():
        if len(places) > 1:
            workers |= _younger(processes, places)
    return workers


def _younger(processes: Sequence[tuple[Key, Rows]], places: Sequence[int]) -> set[int]:
    """Of the isolates of one pid those without a number that overlap an older one. Only isolates that overlap are compared."""
    found: set[int] = set()
    clocks: dict[int, _Clock] = {}
    speaking: list[tuple[int, int]] = []  # last line and place of those that have begun
    spans = sorted((processes[place][1].line(0), processes[place][1].line(-1), place) for place in places)
    for first, last, place in spans:
        speaking = [(end, other) for end, other in speaking if end >= first]
        for gone in clocks.keys() - {other for _, other in speaking}:
            del clocks[gone]
        for _, other in speaking:
            if processes[place][0] != processes[other][0]:
                pair = (place, other)
                for one in pair:
                    if one not in clocks:
                        clocks[one] = _Clock.of(processes[one][1])
                for younger, older in (pair, pair[::-1]):
                    if younger not in found and clocks[younger].unnumbered and clocks[older].is_ahead_of(clocks[younger]):
                        found.add(younger)
        speaking.append((last, place))
    return found


@dataclass(frozen=True, slots=True)
class _Clock:
    """An isolate's clock at its lines. `most_until`, `least_from`: its largest reading up to each line, its smallest from there on."""

    lines: npt.NDArray[np.int64]
    at_ms: Floats
    most_until: Floats
    least_from: Floats
    unnumbered: bool

    @staticmethod
    def of(rows: Rows) -> _Clock:
        at_ms = rows.numbers("at_ms")
        least_from = np.minimum.accumulate(at_ms[::-1])[::-1]
        unnumbered = not rows.says("isolate_id")
        return _Clock(rows.lines, at_ms, np.maximum.accumulate(at_ms), least_from, unnumbered)

    def is_ahead_of(self, other: _Clock) -> bool:
        """Whether this clock is ahead: at each line of the other it lies between those of its own lines around that one.

        Of the other's lines before its own first one and after its last, the nearest reading decides.
        """
        begin = int(np.searchsorted(other.lines, self.lines[0]))
        end = int(np.searchsorted(other.lines, self.lines[-1], side="right"))
        at, at_ms = np.searchsorted(self.lines, other.lines[begin:end]), other.at_ms[begin:end]
        passed, to_come = at > 0, at < len(self.lines)
        least = self.at_ms[at[passed] - 1] - at_ms[passed]
        most = self.at_ms[at[to_come]] - at_ms[to_come]
        if end < len(other.lines):
            least = np.append(least, self.at_ms[-1] - other.least_from[end])
        if begin:
            most = np.append(most, self.at_ms[0] - other.most_until[begin - 1])
        bounds = [*([float(least.max())] if len(least) else []), *([float(most.min())] if len(most) else [])]
        return sum(bounds) > 0
