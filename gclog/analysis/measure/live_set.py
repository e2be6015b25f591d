"""Heap figures over a process's life: live set and its trend, allocation, promotion, reclaim, fragmentation, external memory."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from gclog import units
from gclog.analysis.measure.cycles import cycles
from gclog.analysis.measure.memwatch import find_leak_events
from gclog.analysis.measure.reasons import find_spontaneous
from gclog.analysis.measure.robust import Floats, last_change, lower_envelope, theil_sen
from gclog.model.not_known import NotKnown
from gclog.model.process import Cycle, HeapFigures, NoTrend, Span, Trend

__all__ = ["fit_old_space", "measure_heap"]

Basis = Literal["mark_compact", "scavenge", "none"]

TREND_POINTS = 4
"""Lower bound on the points: three always lie near some line, and Sen's interval would span all of their slopes."""

STRETCH_POINTS = 4000
"""Upper bound on the envelope points, evenly spaced, searched for a change point: enough for any shape, at 5 ms a search."""

LAST_CYCLES = 10
"""Full collections over which the current reclaim share is taken."""

HIGH_FRAGMENTATION_FACTOR = 2.0
HIGH_FRAGMENTATION_MB = 16.0
"""V8 considers fragmentation high if committed > 2 x used + 16 MB (heap.cc, Heap::HasHighFragmentation)."""

PLAUSIBLE_KB = 2.0**40
"""1 PB: anything larger is a negative number printed as unsigned."""

ONLY_IN_NVP = "not in this log: only --trace-gc-nvp prints it"


def measure_heap(collections: pd.DataFrame, external_kb: pd.DataFrame | None, span: Span) -> HeapFigures:
    """All heap figures of one process.

    `external_kb` holds its MemoryTotal lines (columns `quantity`, `amount_kb`), None without `--trace-gc-verbose`.
    """
    fulls = collections[collections["collector"] == "mark_compact"]
    found = cycles(collections)
    live, basis = _live_set(collections)
    fragmentation_mb, fragmentation_line = _fragmentation(fulls)
    return HeapFigures(
        live_mb=float(live[-1]) if len(live) else _no_sizes(),
        live_min_mb=float(live.min()) if len(live) else _no_sizes(),
        live_max_mb=float(live.max()) if len(live) else _no_sizes(),
        live_basis=basis,
        used_max_mb=_largest(collections[["used_before_mb", "used_after_mb"]]),
        committed_max_mb=_largest(collections[["committed_before_mb", "committed_after_mb"]]),
        alloc_mb_per_s=_allocation_rate(collections, span),
        promoted_mb_per_s=_promotion_rate(collections, span),
        survival_share=_survival_share(collections),
        reclaim_median_share=_reclaim(found),
        fragmentation_max_mb=fragmentation_mb,
        fragmentation_line=fragmentation_line,
        external_max_mb=_external(external_kb),
        old_space_trend=fit_old_space(collections),
        leak_events=find_leak_events(found),
        full_collections=len(fulls),
        full_incremental=int((fulls["incremental_steps"].notna() | fulls["incremental_ms"].notna()).sum()),
    )


def fit_old_space(collections: pd.DataFrame) -> Trend | NoTrend:
    """Slope of the live set's floor since its last change point, with a 90 % interval.

    The points are the sizes after full collections that V8 started by itself, or after scavenges if there is no full collection
    (low confidence, as they include garbage of the old space). The floor is their lower envelope, so what comes back down is not
    growth. Neither is a last rise that stays below a level the live set has come back from: the whole floor is then fitted.
    At most 4000 of its points, evenly spaced, are searched for change points, and 400 enter the fit; the choice is deterministic.
    """
    sized = collections.dropna(subset=["at_ms", "used_after_mb"])
    fulls = sized[sized["collector"] == "mark_compact"]
    basis: Literal["mark_compact", "scavenge"] = "mark_compact" if len(fulls) else "scavenge"
    points = find_spontaneous(fulls) if len(fulls) else sized
    if not len(points) and len(fulls):
        return NoTrend("every full collection was asked for by the program or a tool")
    if len(points) < TREND_POINTS:
        return NoTrend(f"needs {TREND_POINTS} {'full collections' if len(fulls) else 'collections'}, the log has {len(points)}")
    at_ms = points["at_ms"].to_numpy(dtype=np.float64)
    live = points["used_after_mb"].to_numpy(dtype=np.float64)
    floor = lower_envelope(live)
    begin = _last_stretch(at_ms, live, floor)
    at_ms, floor = at_ms[begin:], floor[begin:]
    fit = theil_sen(at_ms / units.MS_PER_HOUR, floor)
    if np.isnan(fit.slope):
        return NoTrend("the collections all happened at the same moment")
    edges = (float(at_ms[0]), float(at_ms[-1]), float(floor[0]), float(floor[-1]))
    return Trend(fit.slope, fit.low, fit.high, len(floor), *edges, basis)


def _last_stretch(at_ms: Floats, live: Floats, floor: Floats) -> int:
    """First index of the stretch to fit: the last change point, or 0 if the live set has been as high before."""
    kept = np.linspace(0, len(floor) - 1, min(len(floor), STRETCH_POINTS)).round().astype(np.intp)
    begin = int(kept[last_change(at_ms[kept], floor[kept])])
    known_band = begin > 0 and floor[-1] > floor[begin] and live[begin:].max() <= live[:begin].max()
    return 0 if known_band else begin


def _live_set(collections: pd.DataFrame) -> tuple[Floats, Basis]:
    sized = collections[collections["used_after_mb"].notna()]
    after = sized["used_after_mb"].to_numpy(dtype=np.float64)
    full = (sized["collector"] == "mark_compact").to_numpy()
    if full.any():
        return after[full], "mark_compact"
    return (lower_envelope(after), "scavenge") if len(after) else (after, "none")


def _no_sizes() -> NotKnown:
    return NotKnown("no line with the size of the heap")


def _largest(columns: pd.DataFrame) -> float | NotKnown:
    sizes = columns.to_numpy(dtype=np.float64)
    return float(np.nanmax(sizes)) if not np.isnan(sizes).all() else _no_sizes()


def _allocation_rate(collections: pd.DataFrame, span: Span) -> float | NotKnown:
    """Size before each collection minus that after the previous one; memory returned in between is not allocation."""
    sized = collections.dropna(subset=["used_before_mb", "used_after_mb"])
    if len(sized) < 2:
        return NotKnown("needs two collections with the size of the heap")
    if not span.duration_ms > 0:
        return NotKnown("the log spans no time")
    grown = sized["used_before_mb"].to_numpy(dtype=np.float64)[1:] - sized["used_after_mb"].to_numpy(dtype=np.float64)[:-1]
    return float(np.maximum(grown, 0.0).sum() / span.duration_ms * units.MS_PER_SECOND)


def _promotion_rate(collections: pd.DataFrame, span: Span) -> float | NotKnown:
    promoted = collections["promoted_mb"].dropna()
    if not len(promoted):
        return NotKnown(ONLY_IN_NVP)
    if not span.duration_ms > 0:
        return NotKnown("the log spans no time")
    return float(promoted.sum() / span.duration_ms * units.MS_PER_SECOND)


def _survival_share(collections: pd.DataFrame) -> float | NotKnown:
    """The share of the young generation that was alive at young collections, over all of them together.

    Their input is what the previous collection left there plus what was allocated since. That includes large objects allocated
    elsewhere, so the share, at most 1, is an underestimate.
    """
    known = collections.dropna(subset=["allocated_mb", "promoted_mb"])
    young = (known["collector"] != "mark_compact").to_numpy()[1:]
    left = known["survived_mb"].fillna(0.0).to_numpy(dtype=np.float64)
    found = (known["allocated_mb"].to_numpy(dtype=np.float64)[1:] + left[:-1])[young]
    alive = (known["promoted_mb"].to_numpy(dtype=np.float64)[1:] + left[1:])[young]
    if not found.sum() > 0:
        return NotKnown(ONLY_IN_NVP)
    return float(min(alive.sum() / found.sum(), 1.0))


def _reclaim(found: tuple[Cycle, ...]) -> float | NotKnown:
    shares = [cycle.reclaim_share for cycle in found[-LAST_CYCLES:]]
    return float(np.median(shares)) if shares else NotKnown("no full collection")


def _fragmentation(fulls: pd.DataFrame) -> tuple[float | NotKnown, int | None]:
    """Largest committed - used and its line, among collections V8 would call high; if none, among all, without a line."""
    sized = fulls.dropna(subset=["used_after_mb", "committed_after_mb"])
    if not len(sized):
        return NotKnown("no full collection"), None
    used = sized["used_after_mb"].to_numpy(dtype=np.float64)
    committed = sized["committed_after_mb"].to_numpy(dtype=np.float64)
    idle = committed - used
    high = committed > HIGH_FRAGMENTATION_FACTOR * used + HIGH_FRAGMENTATION_MB
    if not high.any():
        return float(idle.max()), None
    worst = int(np.argmax(np.where(high, idle, -np.inf)))
    return float(idle[worst]), int(sized["line"].iloc[worst])


def _external(external_kb: pd.DataFrame | None) -> float | NotKnown:
    """The largest figure for memory outside the heap: reported to V8, the embedder's, or backing stores.

    V8 occasionally prints underflowed figures, which are ignored.
    """
    if external_kb is not None:
        outside = external_kb["quantity"].isin(("external_reported", "external_global", "backing_store"))
        amounts = external_kb["amount_kb"][outside]
        amounts = amounts[amounts.between(0, PLAUSIBLE_KB)]
        if len(amounts):
            return float(amounts.max() / units.KB_PER_MB)
    return NotKnown("not in this log: --trace-gc-verbose prints it")
