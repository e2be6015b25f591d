"""The rules that people use to foresee a full heap, for comparison: each says for every row whether its alarm is on.

All take the table of one process's collections (`gclog.processes.split`) and the limit of the old generation in MB, and give a
boolean for each row; between full collections an alarm stays as it is. None looks ahead. Rules that are made for hours or days take
the hour, the day from the length of the whole log, which flatters them: nobody knows it beforehand.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd

from gclog.analysis.verdict.strikes import StrikeRule

__all__ = [
    "CLASSIC_RULES",
    "adwin",
    "bucket_rule",
    "five_growing",
    "least_squares",
    "mann_kendall",
    "precog",
    "predict_linear",
    "used_above",
    "v8_rule",
]

Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Rule = Callable[[pd.DataFrame, float], Flags]

GROWING = 5
"""memwatch's leak event: the heap has grown over five full collections in a row."""

FITTED = 6
HORIZON_MS = 60_000.0
"""Least squares on the last six full collections, time to the limit a minute or less."""

RANKED = 10
KENDALL_Z = 1.6448536269514722
"""Mann-Kendall on the last ten full collections, one-sided at 5 %, with Sen's slope for the same minute."""

DAY_H = 24
"""The length of a log, for rules that are made for hours."""

BUCKETS = 10
BASELINE = 5
RECENT = 3
SIGMAS = 3.0
"""RESIN's anomaly: beyond the mean and three standard deviations of what was usual; here for three full collections in a row, in tenths
of the limit, after at least five that say what is usual. What lies beyond does not become usual."""

ADWIN_DELTA = 0.002
ADWIN_CLOCK = 32
"""ADWIN's confidence and how often it looks for a change: the defaults of its implementations (River, MOA)."""

PRECOG_R2 = 0.75
PRECOG_EXIT_DAYS = 7
PRECOG_MONTH = 30
"""Precog's fit is good from this share of variance on; it is critical if the line leaves the machine within a week. The log is a month."""


def _between_fulls(table: pd.DataFrame, at_fulls: Flags) -> Flags:
    full = (table["collector"] == "mark_compact").to_numpy()
    before = np.cumsum(full) - 1
    return np.where(before >= 0, at_fulls[np.maximum(before, 0)], False) if len(at_fulls) else np.zeros(len(table), dtype=bool)


def _live_set(table: pd.DataFrame) -> tuple[Numbers, Numbers]:
    full = table[table["collector"] == "mark_compact"]
    return full["at_ms"].to_numpy(dtype=np.float64), full["used_after_mb"].to_numpy(dtype=np.float64)


def _line(t: Numbers, y: Numbers) -> tuple[float, float, float]:
    """Slope, level at t = 0 and share of variance explained of the least squares line."""
    spread_t, spread_y = ((t - t.mean()) ** 2).sum(), ((y - y.mean()) ** 2).sum()
    if not spread_t:
        return 0.0, float(y.mean()), 0.0
    both = ((t - t.mean()) * (y - y.mean())).sum()
    return both / spread_t, y.mean() - both / spread_t * t.mean(), both**2 / (spread_t * spread_y) if spread_y else 0.0


def five_growing(table: pd.DataFrame, limit_mb: float) -> Flags:
    """memwatch: five growing full collections in a row. Looks at no limit."""
    _, live = _live_set(table)
    grown = np.concatenate(([False], np.diff(live) > 0)) if len(live) else np.zeros(0, dtype=bool)
    run = np.zeros(len(live), dtype=np.int64)
    for i in range(1, len(live)):
        run[i] = run[i - 1] + 1 if grown[i] else 0
    return _between_fulls(table, run >= GROWING)


def used_above(share: float) -> Rule:
    """The alarm line of hosted Node monitors: a share of the limit in use after any collection."""
    return lambda table, limit_mb: (table["used_after_mb"] >= share * limit_mb).to_numpy()


def least_squares(table: pd.DataFrame, limit_mb: float) -> Flags:
    """A line through the last six full collections reaches the limit within a minute."""
    at_ms, live = _live_set(table)
    on = np.zeros(len(live), dtype=bool)
    for i in range(FITTED - 1, len(live)):
        window = slice(i - FITTED + 1, i + 1)
        slope, _, _ = _line(at_ms[window] - at_ms[i], live[window])
        on[i] = slope > 0 and (limit_mb - live[i]) / slope <= HORIZON_MS
    return _between_fulls(table, on)


def mann_kendall(table: pd.DataFrame, limit_mb: float) -> Flags:
    """The last ten full collections rise significantly, and Sen's slope reaches the limit within a minute."""
    at_ms, live = _live_set(table)
    first, second = np.triu_indices(RANKED, 1)
    z_unit = np.sqrt(RANKED * (RANKED - 1) * (2 * RANKED + 5) / 18)
    on = np.zeros(len(live), dtype=bool)
    for i in range(RANKED - 1, len(live)):
        t, y = at_ms[i - RANKED + 1 : i + 1], live[i - RANKED + 1 : i + 1]
        rise, run = y[second] - y[first], t[second] - t[first]
        if not (run > 0).any():
            continue
        slope = float(np.median(rise[run > 0] / run[run > 0]))
        significant = (np.sign(rise).sum() - 1) / z_unit > KENDALL_Z
        on[i] = significant and slope > 0 and (limit_mb - live[i]) / slope <= HORIZON_MS
    return _between_fulls(table, on)


def v8_rule(table: pd.DataFrame, limit_mb: float) -> Flags:
    """V8's own rule: an ineffective full collection near the limit has been counted."""
    rule = StrikeRule()
    full = table[table["collector"] == "mark_compact"]
    rows = zip(full["line"], full["at_ms"], full["type"], full["used_after_mb"], full["average_mu"], strict=True)
    return _between_fulls(table, np.array([rule.full(*row, limit_mb) > 0 for row in rows], dtype=bool))


def predict_linear(hours: float) -> Rule:
    """Prometheus: `predict_linear(used[1h], hours * 3600) > limit`, least squares through what was in use in the last hour
    (https://prometheus.io/docs/prometheus/latest/querying/functions/#predict_linear), every log being a day long.
    """

    def rule(table: pd.DataFrame, limit_mb: float) -> Flags:
        t, y = table["at_ms"].to_numpy(dtype=np.float64), table["used_after_mb"].to_numpy(dtype=np.float64)
        hour = (t[-1] - t[0]) / DAY_H if len(t) else 0.0
        t = t - t[0] if len(t) else t
        begin = np.searchsorted(t, t - hour)
        sums = [np.concatenate(([0.0], np.cumsum(part))) for part in (t, y, t * t, t * y)]
        end = np.arange(1, len(t) + 1)
        count = end - begin
        sum_t, sum_y, sum_tt, sum_ty = (part[end] - part[begin] for part in sums)
        spread = sum_tt - sum_t**2 / count
        slope = np.divide(sum_ty - sum_t * sum_y / count, spread, out=np.zeros(len(t)), where=(count > 1) & (spread > 0))
        return (count > 1) & (t >= hour) & (sum_y / count + slope * (t + hours * hour - sum_t / count) > limit_mb)

    return rule


def bucket_rule(table: pd.DataFrame, limit_mb: float) -> Flags:
    """RESIN's bucket rule (Lou et al., RESIN, OSDI 2022), made for the hosts of a service: they are counted by bucket of memory in use,
    and a bucket that holds far more of them than it used to is suspicious. Here the collections of one process are the hosts: the last
    ones all lie in higher buckets than the mean and three standard deviations of what was usual before.
    """
    _, live = _live_set(table)
    bucket = np.floor(BUCKETS * live / limit_mb)
    on = np.zeros(len(live), dtype=bool)
    usual = bucket[:BASELINE].tolist()
    for i in range(BASELINE + RECENT - 1, len(live)):
        on[i] = bucket[i - RECENT + 1 : i + 1].min() > np.mean(usual) + SIGMAS * np.std(usual)
        if not on[i]:
            usual.append(bucket[i - RECENT + 1])
    return _between_fulls(table, on)


def adwin(table: pd.DataFrame, limit_mb: float) -> Flags:
    """Drift by ADWIN (Bifet, Gavaldà, Learning from time-changing data with adaptive windowing, SDM 2007) in what each collection leaves,
    as a share of the limit: on from a change upwards to the next change downwards. Leads to the limit or not, it does not say.
    """
    shares = table["used_after_mb"].to_numpy(dtype=np.float64) / limit_mb
    on = np.zeros(len(shares), dtype=bool)
    begin, risen = 0, False
    for end in range(ADWIN_CLOCK, len(shares) + ADWIN_CLOCK, ADWIN_CLOCK):
        while (cut := _drift(shares[begin : min(end, len(shares))])) is not None:
            at, risen = cut
            begin += at
        on[end - 1 : end - 1 + ADWIN_CLOCK] = risen
    return on


def _drift(window: Numbers) -> tuple[int, bool] | None:
    """Where a window falls into two that differ more than chance allows, if anywhere, and whether the second is higher."""
    n = len(window)
    if n < 2:
        return None
    first = np.arange(1, n)
    sums = np.cumsum(window)
    mean_0, mean_1 = sums[:-1] / first, (sums[-1] - sums[:-1]) / (n - first)
    m, log = 1 / (1 / first + 1 / (n - first)), np.log(2 * n / ADWIN_DELTA)
    over = np.abs(mean_1 - mean_0) - np.sqrt(2 / m * window.var() * log) - 2 / (3 * m) * log
    at = int(np.argmax(over))
    return (at + 1, bool(mean_1[at] > mean_0[at])) if over[at] > 0 else None


def precog(table: pd.DataFrame, limit_mb: float) -> Flags:
    """Precog's fit (Jindal et al., Online memory leak detection in the cloud-based infrastructures, 2021): the steepest good line from a
    change point to now leaves the machine within the critical time. A step beyond three standard deviations of all steps is a change
    point. Without its training on healthy trends of the same machine.
    """
    at_ms, live = _live_set(table)
    on = np.zeros(len(live), dtype=bool)
    critical_ms = (at_ms[-1] - at_ms[0]) * PRECOG_EXIT_DAYS / PRECOG_MONTH if len(at_ms) else 0.0
    for i in range(FITTED - 1, len(live)):
        steps = np.diff(live[: i + 1])
        changes = np.flatnonzero(np.abs(steps - steps.mean()) > SIGMAS * steps.std()) + 1
        for begin in (0, *changes[changes <= i - FITTED + 1].tolist()):
            slope, level, explained = _line(at_ms[begin : i + 1] - at_ms[i], live[begin : i + 1])
            on[i] |= slope > 0 and explained >= PRECOG_R2 and (limit_mb - level) / slope <= critical_ms
    return _between_fulls(table, on)


CLASSIC_RULES: dict[str, Rule] = {
    "memwatch: 5 growing full GCs": five_growing,
    "used >= 80 % of the limit": used_above(0.8),
    "used >= 85 % of the limit": used_above(0.85),
    "used >= 90 % of the limit": used_above(0.9),
    "least squares on 6 full GCs, 60 s": least_squares,
    "Mann-Kendall + Sen, 60 s": mann_kendall,
    "Prometheus `predict_linear`, 1 h": predict_linear(1),
    "Prometheus `predict_linear`, 4 h": predict_linear(4),
    "RESIN's bucket rule": bucket_rule,
    "ADWIN, drift upwards": adwin,
    "Precog's fit": precog,
    "V8's own rule, first strike": v8_rule,
}
