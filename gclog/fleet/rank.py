"""The rows of a fleet in order of risk, and grouped by version and by host."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from statistics import median
from typing import Literal

from gclog.model.fleet import FailedLog, FleetGroup, FleetRow, Outlier
from gclog.model.not_known import NotKnown
from gclog.model.verdict import LEVELS

__all__ = ["group_rows", "rank"]

UNKNOWN_HOST = "(unknown)"


def rank(rows: Iterable[FleetRow], outliers: Iterable[Outlier]) -> tuple[FleetRow, ...]:
    """Greatest risk first: by level, then time left, live share of the limit, outlier score, GC's share.

    Remaining ties are broken by name, so the order is deterministic.
    """
    farthest: dict[tuple[str, int], float] = {}
    for outlier in outliers:
        who = (outlier.source, outlier.line)
        farthest[who] = max(farthest.get(who, 0.0), outlier.score)

    def risk(row: FleetRow) -> tuple[float, float, float, float, float, str, int, str]:
        return (
            -LEVELS.index(row.level),
            _or(row.left_ms, math.inf),
            -_or(row.live_share, -1.0),
            -farthest.get((row.source, row.line), 0.0),
            -_or(row.share, -1.0),
            row.source,
            row.line,
            row.isolate or "",
        )

    return tuple(sorted(rows, key=risk))


def group_rows(rows: Sequence[FleetRow], failed: Sequence[FailedLog], outliers: Sequence[Outlier]) -> tuple[FleetGroup, ...]:
    """Groups by version, then by host if hosts are known; in each, the largest share of processes in danger first."""
    by_node = _grouped("node", rows, (), outliers, lambda row: row.family)
    if all(host is None for host in [*(row.host for row in rows), *(one.host for one in failed)]):
        return by_node
    return by_node + _grouped("host", rows, failed, outliers, lambda row: row.host or UNKNOWN_HOST)


def _grouped(
    by: Literal["node", "host"],
    rows: Sequence[FleetRow],
    failed: Sequence[FailedLog],
    outliers: Sequence[Outlier],
    name_of: Callable[[FleetRow], str],
) -> tuple[FleetGroup, ...]:
    members: dict[str, list[FleetRow]] = {}
    for row in rows:
        members.setdefault(name_of(row), []).append(row)
    lost: dict[str, int] = {}
    for one in failed:
        name = one.host or UNKNOWN_HOST
        lost[name] = lost.get(name, 0) + 1
    odd = {(one.source, one.line) for one in outliers}
    groups = [_group(by, name, members.get(name, []), lost.get(name, 0), odd) for name in {**members, **lost}]
    return tuple(sorted(groups, key=lambda group: (-_in_danger(group), -group.processes, group.name)))


def _group(
    by: Literal["node", "host"], name: str, rows: Sequence[FleetRow], failed: int, odd: set[tuple[str, int]]
) -> FleetGroup:
    counts = {level: sum(row.level == level for row in rows) for level in reversed(LEVELS)}
    return FleetGroup(
        by=by,
        name=name,
        processes=len(rows),
        failed=failed,
        levels={level: count for level, count in counts.items() if count},
        crashed=sum(row.crash is not None for row in rows),
        outliers=sum((row.source, row.line) in odd for row in rows),
        median_share=_median([row.share for row in rows]),
        median_p99_ms=_median([row.p99_ms for row in rows]),
        median_live_mb=_median([row.live_mb for row in rows]),
        median_trend_mb_per_h=_median([row.trend_mb_per_h for row in rows]),
    )


def _in_danger(group: FleetGroup) -> float:
    """Share of processes at `impending` or worse."""
    danger = LEVELS[LEVELS.index("impending") :]
    return sum(group.levels.get(level, 0) for level in danger) / group.processes if group.processes else 0.0


def _median(figures: Sequence[float | NotKnown]) -> float | NotKnown:
    known = [figure for figure in figures if not isinstance(figure, NotKnown) and not math.isnan(figure)]
    return median(known) if known else NotKnown("none of the processes has this figure")


def _or(figure: float | NotKnown, otherwise: float) -> float:
    return otherwise if isinstance(figure, NotKnown) or math.isnan(figure) else figure
