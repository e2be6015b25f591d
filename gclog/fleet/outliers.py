"""Who stands out against the fleet: processes far above what is usual among those of the same family of Node versions.

A process alone says little on whether its figures are normal: what the same program does elsewhere says more. RESIN
(Lou et al., RESIN: A Holistic Service for Dealing with Memory Leaks in Production Cloud Infrastructure, OSDI 2022, 109-125) finds
leaks in Azure by holding a component's hosts against each other, with a precision of 85 % and a recall of 91 %. This takes
over that idea, not its bucketing of memory usage over time, and its figures are not those of this module.

How far is too far: the robust z score of Iglewicz and Hoaglin, How to Detect and Handle Outliers (1993): distance from the
median over the median absolute deviation. Up to half of a group may be bad before either moves much.

Measured by tests/benchmarks/outliers.py, in two runs on a busy machine: four fleets of fourteen hosts with one program, which leaks
on two of them. Once they had died, 7 of the 16 leaking processes stood out, and 3 others (precision 70 %, recall 44 %); at 60 % of the
run 2, and 3 others (40 %, 12 %). Where each process is another program (samples/labelled), 8 of 35, and 11 others (42 %, 23 %). One
reason: healthy processes often make too few full collections to have a trend, and then there is no usual one. So this points at what
is odd, and does not find leaks; a process's own level needs no fleet, and found 16 of the 16 at the end, 2 at 60 %, and no other.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from statistics import median

from gclog.model.fleet import FleetRow, Measure, Outlier, Yardstick
from gclog.model.not_known import NotKnown

__all__ = ["MEASURES", "find_outliers", "measure_groups"]

MEASURES: tuple[Measure, ...] = ("share", "trend_mb_per_h", "p99_ms", "alloc_mb_per_s")
"""More is worse in each; a process below the others is left alone."""

LEAST_GROUP = 8
"""Fewer processes have no usual: with 8, three can be odd before the median deviation is theirs."""

FAR = 3.5
"""The score from which Iglewicz and Hoaglin call a value an outlier."""

NORMAL_MAD = 0.6745
"""Median absolute deviation of the normal distribution: MAD / 0.6745 estimates its standard deviation."""

LEAST_SPREAD: Mapping[Measure, float] = {"share": 0.005, "p99_ms": 1.0, "alloc_mb_per_s": 0.1}
"""A fleet may be so even that its deviation is almost nothing; then nothing would be far. In a group of equals an outlier is 1.75
percent points of GC, 3.5 ms of pause or 0.35 MB/s away at least: less matters to nobody."""

LEAST_TREND_SHARE = 0.01
"""The same for the trend: a hundredth of the group's median live set an hour, for a trend is large or small by its heap."""


def measure_groups(rows: Iterable[FleetRow]) -> tuple[Yardstick, ...]:
    """What is usual, for each family of Node versions and measure with enough processes; by family, then measure."""
    groups: dict[str, list[FleetRow]] = {}
    for row in rows:
        groups.setdefault(row.family, []).append(row)
    return tuple(
        stick
        for family in sorted(groups)
        for measure in MEASURES
        if (stick := _yardstick(family, measure, groups[family])) is not None
    )


def find_outliers(rows: Sequence[FleetRow], sticks: Iterable[Yardstick]) -> tuple[Outlier, ...]:
    """The processes that are far above their group, the farthest first; a process may be there once for each measure."""
    usual = {(stick.group, stick.measure): stick for stick in sticks}
    found: list[Outlier] = []
    for row in rows:
        for measure in MEASURES:
            stick, value = usual.get((row.family, measure)), _value(row, measure)
            if stick is None or value is None:
                continue
            score = (value - stick.median) / stick.spread
            if score >= FAR and (measure != "trend_mb_per_h" or _is_surely_above(row, stick)):
                found.append(Outlier(row.source, row.line, row.pid, row.host, value, score, stick))
    return tuple(sorted(found, key=lambda one: (-one.score, one.source, one.line, one.usual.measure)))


def _is_surely_above(row: FleetRow, stick: Yardstick) -> bool:
    """Whether all of the trend's interval is above the usual: a minute's log can seem to grow by gigabytes an hour."""
    return not isinstance(row.trend_low_mb_per_h, NotKnown) and row.trend_low_mb_per_h > stick.median


def _yardstick(family: str, measure: Measure, rows: Sequence[FleetRow]) -> Yardstick | None:
    values = [value for row in rows if (value := _value(row, measure)) is not None]
    if len(values) < LEAST_GROUP:
        return None
    middle = median(values)
    deviation = median(abs(value - middle) for value in values)
    return Yardstick(family, measure, len(values), middle, max(deviation / NORMAL_MAD, _least_spread(measure, rows)))


def _least_spread(measure: Measure, rows: Sequence[FleetRow]) -> float:
    if measure != "trend_mb_per_h":
        return LEAST_SPREAD[measure]
    live = [row.live_mb for row in rows if not isinstance(row.live_mb, NotKnown)]
    return max(LEAST_TREND_SHARE * median(live), LEAST_TREND_SHARE) if live else LEAST_TREND_SHARE


def _value(row: FleetRow, measure: Measure) -> float | None:
    """A figure, None where there is none to hold against others."""
    match measure:
        case "share":
            value = row.share
        case "trend_mb_per_h":
            value = row.trend_mb_per_h
        case "p99_ms":
            value = row.p99_ms
        case "alloc_mb_per_s":
            value = row.alloc_mb_per_s
    return None if isinstance(value, NotKnown) or not math.isfinite(value) else value
