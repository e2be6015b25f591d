"""The rules that people use to foresee a full heap, for comparison: each says for every row whether its alarm is on.

All take the table of one process's collections (`gclog.processes.split`) and the limit of the old generation in MB, and give a
boolean for each row; between full collections an alarm stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd

from gclog.analysis.verdict.strikes import StrikeRule

__all__ = ["CLASSIC_RULES", "five_growing", "least_squares", "mann_kendall", "used_share", "v8_rule"]

Flags = npt.NDArray[np.bool_]
Rule = Callable[[pd.DataFrame, float], Flags]

GROWING = 5
"""memwatch's leak event: the heap has grown over five full collections in a row."""

USED_SHARE = 0.8
"""The alarm line of hosted Node monitors: 80 % of the limit in use after a collection."""

FITTED = 6
HORIZON_MS = 60_000.0
"""Least squares on the last six full collections, time to the limit a minute or less."""

RANKED = 10
KENDALL_Z = 1.6448536269514722
"""Mann-Kendall on the last ten full collections, one-sided at 5 %, with Sen's slope for the same minute."""


def _between_fulls(table: pd.DataFrame, at_fulls: Flags) -> Flags:
    full = (table["collector"] == "mark_compact").to_numpy()
    before = np.cumsum(full) - 1
    return np.where(before >= 0, at_fulls[np.maximum(before, 0)], False) if len(at_fulls) else np.zeros(len(table), dtype=bool)


def _live_set(table: pd.DataFrame) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    full = table[table["collector"] == "mark_compact"]
    return full["at_ms"].to_numpy(dtype=np.float64), full["used_after_mb"].to_numpy(dtype=np.float64)


def five_growing(table: pd.DataFrame, limit_mb: float) -> Flags:
    """memwatch: five growing full collections in a row. Looks at no limit."""
    _, live = _live_set(table)
    grown = np.concatenate(([False], np.diff(live) > 0)) if len(live) else np.zeros(0, dtype=bool)
    run = np.zeros(len(live), dtype=np.int64)
    for i in range(1, len(live)):
        run[i] = run[i - 1] + 1 if grown[i] else 0
    return _between_fulls(table, run >= GROWING)


def used_share(table: pd.DataFrame, limit_mb: float) -> Flags:
    """80 % of the limit in use after any collection."""
    return (table["used_after_mb"] >= USED_SHARE * limit_mb).to_numpy()


def least_squares(table: pd.DataFrame, limit_mb: float) -> Flags:
    """A line through the last six full collections reaches the limit within a minute."""
    at_ms, live = _live_set(table)
    on = np.zeros(len(live), dtype=bool)
    for i in range(FITTED - 1, len(live)):
        window = slice(i - FITTED + 1, i + 1)
        t, y = at_ms[window] - at_ms[i], live[window]
        spread = ((t - t.mean()) ** 2).sum()
        slope = ((t - t.mean()) * (y - y.mean())).sum() / spread if spread else 0.0
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


CLASSIC_RULES: dict[str, Rule] = {
    "memwatch: 5 growing full GCs": five_growing,
    "used >= 80 % of the limit": used_share,
    "least squares on 6 full GCs, 60 s": least_squares,
    "Mann-Kendall + Sen, 60 s": mann_kendall,
    "V8's own rule, first strike": v8_rule,
}
