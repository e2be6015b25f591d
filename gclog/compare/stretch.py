"""The figures of one process over a stretch of its life, each with its uncertainty, for a comparison."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from gclog import units
from gclog.analysis.measure.reasons import find_spontaneous
from gclog.analysis.measure.robust import NORMAL_90, Floats, theil_sen
from gclog.compare.resample import weighted_quantiles, weights_of_draws
from gclog.model.comparison import Measure
from gclog.model.not_known import NotKnown
from gclog.model.records import COLLECTORS, Collector

__all__ = ["Estimate", "Key", "Stretch", "measure_stretch"]

Flags = npt.NDArray[np.bool_]

Key = tuple[Measure, Collector | None, Literal["", "scavenge"]]
"""Measure, collector, and basis if there is a choice (the live set: full collections or scavenges)."""

MB_PER_GB = 1024.0

MIN_COLLECTIONS = 10
"""Fewer collections in the stretch say nothing about their scatter."""

MIN_FULLS = 5
"""Lower bound on the full collections for a figure based on them alone."""

MAX_SLICES = 128
"""Upper bound on the slices of the stretch. Blocks consist of them; finer ones would not change the blocks' scatter."""

MIN_BLOCKS = 4.0
"""Lower bound on the blocks that fit into the stretch: the scatter of three is anybody's guess."""

BEYOND_RANK = 5
"""Pauses needed beyond a percentile to estimate its scatter: 10 in all for the median, 50 for p90, 500 for p99."""

RESAMPLED = 5000
"""Upper bound on the pauses, evenly spaced, in a resampled percentile: 50 of them are beyond p99."""

RESAMPLED_FULLS = 2
"""Full cycles in a block, since what one leaves behind shows in the next."""

RARE = 5
"""Fewer events than this are taken as Poisson: blocks contain too few to estimate their scatter."""

PERCENTILES: tuple[tuple[Measure, float], ...] = (("pause_p50", 0.5), ("pause_p90", 0.9), ("pause_p99", 0.99))
PRINTED_STEPS = (1.0, 0.1, 0.01)
"""V8 prints pauses in whole ms (3.x), tenths or hundredths."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure over one stretch.

    value   the figure itself, never its logarithm
    error   standard error, of the logarithm on the scale `ratio`
    dof     degrees of freedom of the error
    count   number of observations
    floor   added to both sides before taking logarithms, for counts that may be 0
    """

    value: float
    error: float
    dof: float
    count: int
    floor: float = 0.0


@dataclass(frozen=True, slots=True)
class Stretch:
    """The figures of one process over a stretch of its life."""

    first_ms: float
    last_ms: float
    collections: int
    fulls: int
    figures: dict[Key, Estimate | NotKnown]

    @property
    def duration_ms(self) -> float:
        return self.last_ms - self.first_ms


@dataclass(frozen=True, slots=True)
class _Cut:
    """The collections of the stretch, the slice of time of each, and the draws."""

    rows: pd.DataFrame
    slice_of: npt.NDArray[np.intp]
    weights: Floats
    blocks: float
    duration_ms: float

    def part(self, mask: Flags) -> _Cut:
        return _Cut(self.rows[mask], self.slice_of[mask], self.weights, self.blocks, self.duration_ms)

    def sums(self, amounts: Floats) -> Floats:
        return np.bincount(self.slice_of, amounts, minlength=self.weights.shape[1]).astype(np.float64)

    @property
    def correction(self) -> float:
        """Corrects the bootstrap's variance, which is too small by one block in all."""
        return math.sqrt(self.blocks / (self.blocks - 1))


def measure_stretch(collections: pd.DataFrame, first_ms: float, last_ms: float) -> Stretch:
    """Every figure over `first_ms` < at_ms <= `last_ms`, on V8's clock. The frame holds a process's collections, or some of them."""
    rows = collections.dropna(subset=["at_ms"]).sort_values("at_ms", kind="stable")
    rows = rows.assign(grown_mb=_grown(rows))
    at_ms = rows["at_ms"].to_numpy(dtype=np.float64)
    rows = rows[(at_ms > first_ms) & (at_ms <= last_ms)]
    full = (rows["collector"] == "mark_compact").to_numpy()
    figures: dict[Key, Estimate | NotKnown] = {}
    cut = _cut(rows, full, first_ms, last_ms)
    if isinstance(cut, NotKnown):
        return Stretch(first_ms, last_ms, len(rows), int(full.sum()), {("gc_share", None, ""): cut})
    figures |= _rates(cut, full)
    for collector in COLLECTORS:
        figures |= _pauses(cut.part((rows["collector"] == collector).to_numpy()), collector)
    figures |= _levels(cut, full)
    figures[("live_trend", None, "")] = _trend(rows)
    return Stretch(first_ms, last_ms, len(rows), int(full.sum()), figures)


def _grown(rows: pd.DataFrame) -> Floats:
    """MB allocated before each collection since the previous one; memory returned in between is not allocation."""
    before = rows["used_before_mb"].to_numpy(dtype=np.float64)
    after = rows["used_after_mb"].to_numpy(dtype=np.float64)
    grown = np.zeros(len(rows))
    grown[1:] = np.maximum(np.nan_to_num(before[1:] - after[:-1]), 0.0)
    return grown


def _cut(rows: pd.DataFrame, full: Flags, first_ms: float, last_ms: float) -> _Cut | NotKnown:
    if len(rows) < MIN_COLLECTIONS:
        return NotKnown(f"needs {MIN_COLLECTIONS} collections in the stretch, it has {len(rows)}")
    slices = min(MAX_SLICES, len(rows))
    at_ms = rows["at_ms"].to_numpy(dtype=np.float64)
    slice_of = np.minimum((at_ms - first_ms) / (last_ms - first_ms) * slices, slices - 1).astype(np.intp)
    cycle = RESAMPLED_FULLS * slices / max(int(full.sum()), 1)
    # Hall, Horowitz and Jing (Biometrika 1995): the cube root for a variance; a block holds two full cycles if they are short
    mean_block = max(math.ceil(slices ** (1 / 3)), min(cycle, slices / (2 * MIN_BLOCKS)))
    blocks = slices / mean_block
    if blocks < MIN_BLOCKS:
        return NotKnown("too few collections in the stretch to see how they scatter")
    return _Cut(rows, slice_of, weights_of_draws(slices, mean_block), blocks, last_ms - first_ms)


# ---------------------------------------------------------------- rates


def _rates(cut: _Cut, full: Flags) -> dict[Key, Estimate | NotKnown]:
    pause = np.nan_to_num(cut.rows["pause_ms"].to_numpy(dtype=np.float64))
    # up to V8 5.4 scavenges also printed the same steps
    steps = np.nan_to_num(cut.rows["incremental_ms"].to_numpy(dtype=np.float64)) * full
    grown = cut.rows["grown_mb"].to_numpy(dtype=np.float64)
    every, minutes = np.ones(len(full)), cut.duration_ms / units.MS_PER_MINUTE
    return {
        ("gc_share", None, ""): _rate(cut, pause, cut.duration_ms),
        ("gc_share_with_incremental", None, ""): _rate(cut, pause + steps, cut.duration_ms),
        ("pauses_per_min", None, ""): _rate(cut, every, minutes),
        ("fulls_per_min", None, ""): _rate(cut, full.astype(np.float64), minutes, events=int(full.sum())),
        ("alloc_mb_per_s", None, ""): _rate(cut, grown, cut.duration_ms / units.MS_PER_SECOND),
        ("gc_ms_per_gb", None, ""): _per_gb(cut, pause, grown),
    }


def _rate(cut: _Cut, amounts: Floats, per: float, events: int | None = None) -> Estimate | NotKnown:
    """A sum per unit of time. `events` if the sum counts events: it may then be 0, and half an event stands in for none."""
    total = float(amounts.sum())
    floor = 0.5 / per if events is not None else 0.0
    if events is not None and events < RARE:
        return Estimate(total / per, 1 / math.sqrt(events + 0.5), cut.blocks, events, floor)
    if total <= 0:
        return NotKnown("the log does not say it")
    draws = cut.weights @ cut.sums(amounts) / per
    error = float(np.std(np.log(np.maximum(draws, total / per / 100) + floor)))
    return Estimate(total / per, error * cut.correction, cut.blocks - 1, len(amounts) if events is None else events, floor)


def _per_gb(cut: _Cut, pause: Floats, grown: Floats) -> Estimate | NotKnown:
    """GC's cost per GB allocated, the one cost that does not depend on load."""
    if not (pause.sum() > 0 and grown.sum() > 0):
        return NotKnown("the log does not say it")
    paused, allocated = (cut.weights @ cut.sums(amounts) for amounts in (pause, grown))
    known = (paused > 0) & (allocated > 0)
    error = float(np.std(np.log(paused[known] / allocated[known]))) * cut.correction
    return Estimate(float(pause.sum() / grown.sum() * MB_PER_GB), error, cut.blocks - 1, len(pause))


# ---------------------------------------------------------------- pauses


def _pauses(cut: _Cut, collector: Collector) -> dict[Key, Estimate | NotKnown]:
    known = cut.part(cut.rows["pause_ms"].notna().to_numpy())
    pauses = known.rows["pause_ms"].to_numpy(dtype=np.float64)
    if not len(pauses):
        return {}
    found: dict[Key, Estimate | NotKnown] = {}
    step = next((s for s in PRINTED_STEPS if np.allclose(pauses / s, np.round(pauses / s), atol=1e-6)), PRINTED_STEPS[-1])
    for measure, q in PERCENTILES:
        needed = math.ceil(BEYOND_RANK / (1 - q) - 1e-9)
        if len(pauses) < needed:
            found[(measure, collector, "")] = NotKnown(f"needs {needed} pauses, the stretch has {len(pauses)}")
            continue
        found[(measure, collector, "")] = _quantile(known, pauses, q, step)
    found[("pause_max", collector, "")] = Estimate(float(pauses.max()), math.inf, 1.0, len(pauses))
    return found


def _quantile(cut: _Cut, values: Floats, q: float, step: float = 0.0, linear: bool = False) -> Estimate | NotKnown:
    """A nearest-rank percentile. `step` is the rounding of the values; `linear` gives the error of the figure, not its logarithm."""
    ordered: Floats = np.sort(values)
    value = float(ordered[max(math.ceil(q * len(ordered) - 1e-9), 1) - 1])
    kept = np.linspace(0, len(values) - 1, min(len(values), RESAMPLED)).round().astype(np.intp)
    draws = weighted_quantiles(np.asarray(values[kept], dtype=np.float64), cut.slice_of[kept], cut.weights, q)
    draws = draws[~np.isnan(draws)]
    if linear:
        return Estimate(value, float(np.std(draws)) * cut.correction, cut.blocks - 1, len(values))
    if value <= 0:
        return NotKnown("the log shows nothing above 0: it prints too few digits")
    error = float(np.std(np.log(np.maximum(draws, step / 2 or value / 100)))) * cut.correction
    rounding = step / math.sqrt(12) / value
    return Estimate(value, math.hypot(error, rounding), cut.blocks - 1, len(values))


# ---------------------------------------------------------------- levels


def _levels(cut: _Cut, full: Flags) -> dict[Key, Estimate | NotKnown]:
    rows = cut.rows
    reclaim = (rows["used_before_mb"] - rows["used_after_mb"]) / rows["used_before_mb"]
    return {
        ("live_mb", None, ""): _level(cut, rows["used_after_mb"], full, 0.5),
        ("live_mb", None, "scavenge"): _level(cut, rows["used_after_mb"], np.ones(len(full), dtype=np.bool_), 0.1),
        ("committed_mb", None, ""): _level(cut, rows["committed_after_mb"], np.ones(len(full), dtype=np.bool_), 0.5),
        ("reclaim_share", None, ""): _level(cut, reclaim, full, 0.5, linear=True),
        ("mu", None, ""): _level(cut, rows["average_mu"], full, 0.5, linear=True),
    }


def _level(cut: _Cut, values: pd.Series[float], rows: Flags, q: float, linear: bool = False) -> Estimate | NotKnown:
    known = rows & values.notna().to_numpy()
    if not known.any() and rows.any():
        return NotKnown("the log does not say it")
    if int(known.sum()) < MIN_FULLS:
        return NotKnown(f"needs {MIN_FULLS} full collections, the stretch has {int(known.sum())}")
    return _quantile(cut.part(known), np.asarray(values[known], dtype=np.float64), q, linear=linear)


def _trend(rows: pd.DataFrame) -> Estimate | NotKnown:
    """The live set's trend over the whole stretch, MB/h, from full collections that V8 started itself; error from Sen's interval."""
    fulls = find_spontaneous(rows[rows["collector"] == "mark_compact"]).dropna(subset=["used_after_mb"])
    if len(fulls) < MIN_FULLS:
        return NotKnown(f"needs {MIN_FULLS} full collections, the stretch has {len(fulls)}")
    fit = theil_sen(
        fulls["at_ms"].to_numpy(dtype=np.float64) / units.MS_PER_HOUR, fulls["used_after_mb"].to_numpy(dtype=np.float64)
    )
    if math.isnan(fit.slope):
        return NotKnown("the full collections all happened at the same moment")
    return Estimate(fit.slope, (fit.high - fit.low) / (2 * NORMAL_90), float(len(fulls) - 2), len(fulls))
