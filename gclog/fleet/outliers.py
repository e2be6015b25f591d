"""Outliers in a fleet: processes far above the norm for processes of the same family of Node versions.

Whether a process's figures are normal is hard to say from that process alone, and easier from the same program elsewhere. RESIN
(Lou et al., RESIN: A Holistic Service for Dealing with Memory Leaks in Production Cloud Infrastructure, OSDI 2022, 109-125) finds
leaks in Azure by comparing a component's hosts with each other, with a precision of 85 % and a recall of 91 %. This module adopts
that idea but not its bucketing of memory usage over time, and its figures do not apply here.

The criterion is the robust z score of Iglewicz and Hoaglin, How to Detect and Handle Outliers (1993): distance from the median over
the median absolute deviation. Up to half of a group may be bad before either moves much.

Measured by tests/benchmarks/outliers.py in two runs on a busy machine, four fleets of fourteen hosts running one program, which leaks
on two of them. After their deaths, 7 of the 16 leaking processes were outliers, and 3 others (precision 70 %, recall 44 %); at 60 % of
the run 2, and 3 others (40 %, 12 %). With a different program per process (samples/labelled), 8 of 35, and 11 others (42 %, 23 %). One
reason: healthy processes often make too few full collections for a trend, so there is no norm for it. This module points out what is
unusual; it does not find leaks. A process's own level needs no fleet: it found 16 of the 16 at the end, 2 at 60 %, and no others.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from statistics import median

from gclog.model.fleet import FleetRow, Measure, Outlier, Yardstick
from gclog.model.not_known import NotKnown

__all__ = ["MEASURES", "find_outliers", "measure_groups"]

MEASURES: tuple[Measure, ...] = ("share", "trend_mb_per_h", "p99_ms", "alloc_mb_per_s")
"""In each, more is worse; a process below the others is not an outlier."""

MIN_GROUP = 8
"""Lower bound on a group: of 8 processes, three can be unusual before they determine the median deviation."""

FAR = 3.5
"""The score above which Iglewicz and Hoaglin call a value an outlier."""

NORMAL_MAD = 0.6745
"""Median absolute deviation of the normal distribution: MAD / 0.6745 estimates its standard deviation."""

MIN_SPREAD: Mapping[Measure, float] = {"share": 0.005, "p99_ms": 1.0, "alloc_mb_per_s": 0.1}
"""Lower bound on the spread: in a very even fleet the smallest difference would be an outlier. So an outlier is at least 1.75
percentage points of GC, 3.5 ms of pause or 0.35 MB/s away; less matters to nobody."""

MIN_TREND_SHARE = 0.01
"""The same for the trend, whose size is relative to the heap: a hundredth of the group's median live set per hour."""


def measure_groups(rows: Iterable[FleetRow]) -> tuple[Yardstick, ...]:
    """The norm for each family of Node versions and each measure with enough processes, ordered by family, then measure."""
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
    """The processes far above their group, farthest first; a process may occur once per measure."""
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
    """Whether the whole interval of the trend is above the norm: a minute's log can seem to grow by gigabytes an hour."""
    return not isinstance(row.trend_low_mb_per_h, NotKnown) and row.trend_low_mb_per_h > stick.median


def _yardstick(family: str, measure: Measure, rows: Sequence[FleetRow]) -> Yardstick | None:
    values = [value for row in rows if (value := _value(row, measure)) is not None]
    if len(values) < MIN_GROUP:
        return None
    middle = median(values)
    deviation = median(abs(value - middle) for value in values)
    return Yardstick(family, measure, len(values), middle, max(deviation / NORMAL_MAD, _least_spread(measure, rows)))


def _least_spread(measure: Measure, rows: Sequence[FleetRow]) -> float:
    if measure != "trend_mb_per_h":
        return MIN_SPREAD[measure]
    live = [row.live_mb for row in rows if not isinstance(row.live_mb, NotKnown)]
    return max(MIN_TREND_SHARE * median(live), MIN_TREND_SHARE) if live else MIN_TREND_SHARE


def _value(row: FleetRow, measure: Measure) -> float | None:
    """A figure; None if there is none to compare."""
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
