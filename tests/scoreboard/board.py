"""What a rule did on runs whose end is known: deaths in time, lead, false alarms, and how sure each ratio is."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import sqrt

from runs import Alarm, Kind

__all__ = ["TIMELY_SHARE", "TITLES", "Board", "ratio", "wilson"]

TIMELY_SHARE = 0.1
"""A gradual death is warned of in time if at least a tenth of its life is left."""

Z95 = 1.959963984540054

WEEK_H = 168.0
"""What an alarm costs is told as if each survivor's life had been a week."""

TITLES = (
    "| rule | gradual deaths warned in time | median lead | sudden deaths warned | survivors ever alarmed | their time in alarm "
    "| a process-week | chosen on these runs |\n|---|---|---|---|---|---|---|---|"
)


def wilson(hits: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share that was `hits` of `of` (Wilson, Probable inference, JASA 22, 1927); 0 to 1 of none.

    >>> [round(end, 2) for end in wilson(31, 35)]
    [0.74, 0.95]
    """
    if not of:
        return 0.0, 1.0
    share, square = hits / of, Z95 * Z95 / of
    middle = (share + square / 2) / (1 + square)
    half = Z95 * sqrt(share * (1 - share) / of + square / (4 * of)) / (1 + square)
    return max(0.0, middle - half), min(1.0, middle + half)


def ratio(hits: int, of: int) -> str:
    """A ratio with its interval."""
    low, high = wilson(hits, of)
    return f"{hits}/{of} ({low * 100:.0f} to {high:.0%})"


@dataclass
class Board:
    """What one rule did on all runs.

    gradual    the share of life left at the begin of the alarm that lasted until the death; 0 without one
    sudden     whether an alarm lasted until the death
    in_alarm   the share of each survivor's life in alarm, and the number of alarms in it
    """

    gradual: list[float] = field(default_factory=list)
    sudden: list[bool] = field(default_factory=list)
    in_alarm: list[float] = field(default_factory=list)
    alarms: list[int] = field(default_factory=list)

    def add(self, kind: Kind, alarms: Sequence[Alarm], life_ms: float) -> None:
        """Take in a run in which the alarm was on during `alarms`."""
        begun = [(begin, min(end, life_ms), end >= life_ms) for begin, end in alarms if begin <= life_ms]
        at_death = [begin for begin, _, lasts in begun if lasts]
        match kind:
            case "gradual":
                self.gradual.append((life_ms - at_death[0]) / life_ms if at_death else 0.0)
            case "sudden":
                self.sudden.append(bool(at_death))
            case "survivor":
                self.in_alarm.append(sum(end - begin for begin, end, _ in begun) / life_ms)
                self.alarms.append(len(begun))

    @property
    def timely(self) -> int:
        """Gradual deaths warned of in time."""
        return sum(lead >= TIMELY_SHARE for lead in self.gradual)

    @property
    def lead(self) -> float:
        """The median share of life left at the alarm."""
        return statistics.median(self.gradual) if self.gradual else 0.0

    @property
    def ever(self) -> int:
        """Survivors with any alarm."""
        return sum(count > 0 for count in self.alarms)

    @property
    def time_in_alarm(self) -> float:
        """Survivors' mean share of life in alarm."""
        return statistics.mean(self.in_alarm) if self.in_alarm else 0.0

    def row(self, name: str, chosen: str) -> str:
        """A row of a table under TITLES; `chosen`: whether the rule's thresholds were chosen with a look at these runs."""
        a_week = f"{statistics.mean(self.alarms or [0]):.1f} alarms, {WEEK_H * self.time_in_alarm:.0f} h"
        return (
            f"| {name} | {ratio(self.timely, len(self.gradual))} | {self.lead:.0%} of life "
            f"| {ratio(sum(self.sudden), len(self.sudden))} | {ratio(self.ever, len(self.in_alarm))} | {self.time_in_alarm:.1%} | {a_week} "
            f"| {chosen} |"
        )
