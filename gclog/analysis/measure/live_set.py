"""Heap figures over a process's life: live set and its trend, allocation, promotion, reclaim, fragmentation, external memory."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

import numpy as np

from gclog import units
from gclog.analysis.measure.cycles import cycles
from gclog.analysis.measure.memwatch import find_leak_events
from gclog.analysis.measure.reasons import is_spontaneous
from gclog.analysis.measure.robust import Floats, last_change, lower_envelope, theil_sen
from gclog.model.not_known import NotKnown
from gclog.model.process import Cycle, HeapFigures, NoTrend, Span, Trend
from gclog.processes.rows import Rows, Table, rows_of

if TYPE_CHECKING:
    import pandas as pd

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


def measure_heap(
    collections: Table, external_kb: pd.DataFrame | None, span: Span, found: tuple[Cycle, ...] | None = None
) -> HeapFigures:
    """All heap figures of one process.

    `external_kb` holds its MemoryTotal lines (columns `quantity`, `amount_kb`), None without `--trace-gc-verbose`; `found` its full
    collections, if they are known already.
    """
    rows = rows_of(collections)
    fulls = rows.fulls
    found = cycles(rows) if found is None else found
    live, basis = _live_set(rows)
    fragmentation_mb, fragmentation_line = _fragmentation(fulls)
    return HeapFigures(
        live_mb=float(live[-1]) if len(live) else _no_sizes(),
        live_min_mb=float(live.min()) if len(live) else _no_sizes(),
        live_max_mb=float(live.max()) if len(live) else _no_sizes(),
        live_basis=basis,
        used_max_mb=_largest(rows, "used_before_mb", "used_after_mb"),
        committed_max_mb=_largest(rows, "committed_before_mb", "committed_after_mb"),
        alloc_mb_per_s=_allocation_rate(rows, span),
        promoted_mb_per_s=_promotion_rate(rows, span),
        survival_share=_survival_share(rows),
        reclaim_median_share=_reclaim(found),
        fragmentation_max_mb=fragmentation_mb,
        fragmentation_line=fragmentation_line,
        external_max_mb=_external(external_kb),
        old_space_trend=fit_old_space(rows),
        leak_events=find_leak_events(found),
        full_collections=len(fulls),
        full_incremental=_incremental(fulls),
    )


def fit_old_space(collections: Table, between_ms: tuple[float, float] | None = None) -> Trend | NoTrend:
    """Slope of the live set's floor since its last change point (or `between_ms` two moments), with a 90 % interval.

    The points are the sizes after full collections that V8 started by itself, or after scavenges if there is no full collection
    (low confidence, as they include garbage of the old space). The floor is their lower envelope, so what comes back down is not
    growth. Neither is a last rise that stays below a level the live set has come back from: the whole floor is then fitted.
    At most 4000 of its points, evenly spaced, are searched for change points, and 400 enter the fit; the choice is deterministic.
    """
    sized = rows_of(collections).known("at_ms", "used_after_mb")
    if between_ms is not None:
        clock = sized.numbers("at_ms")
        sized = sized.where((clock >= between_ms[0]) & (clock <= between_ms[1]))
    fulls = sized.fulls
    basis: Literal["mark_compact", "scavenge"] = "mark_compact" if len(fulls) else "scavenge"
    points = fulls.where(is_spontaneous(fulls)) if len(fulls) else sized
    if not len(points) and len(fulls):
        return NoTrend("every full collection was asked for by the program or a tool")
    if len(points) < TREND_POINTS:
        return NoTrend(f"needs {TREND_POINTS} {'full collections' if len(fulls) else 'collections'}, the log has {len(points)}")
    at_ms, live = points.numbers("at_ms"), points.numbers("used_after_mb")
    floor = lower_envelope(live)
    begin = 0 if between_ms is not None else _last_stretch(at_ms, live, floor)
    at_ms, floor = at_ms[begin:], floor[begin:]
    fit = theil_sen(at_ms / units.MS_PER_HOUR, floor)
    if np.isnan(fit.slope):
        return NoTrend("the collections all happened at the same moment")
    edges = (float(at_ms[0]), float(at_ms[-1]), float(floor[0]), float(floor[-1]))
    return Trend(fit.slope, fit.low, fit.high, len(floor), *edges, basis)


def _last_stretch(at_ms: Floats, live: Floats, floor: Floats) -> int:
    """First index of the stretch to fit: the last change point, or 0 if the live set has been as high before."""
    kept = np.arange(len(floor))
    if len(floor) > STRETCH_POINTS:
        kept = np.linspace(0, len(floor) - 1, STRETCH_POINTS).round().astype(np.intp)
    begin = int(kept[last_change(at_ms[kept], floor[kept])])
    known_band = begin > 0 and floor[-1] > floor[begin] and live[begin:].max() <= live[:begin].max()
    return 0 if known_band else begin


def _incremental(fulls: Rows) -> int:
    """How many were marked incrementally."""
    if not len(fulls):
        return 0
    steps, ms = fulls.numbers("incremental_steps"), fulls.numbers("incremental_ms")
    return int((~np.isnan(steps) | ~np.isnan(ms)).sum())


def _live_set(rows: Rows) -> tuple[Floats, Basis]:
    sized = rows.known("used_after_mb")
    after, full = sized.numbers("used_after_mb"), sized.full
    if full.any():
        return after[full], "mark_compact"
    return (lower_envelope(after), "scavenge") if len(after) else (after, "none")


def _no_sizes() -> NotKnown:
    return NotKnown("no line with the size of the heap")


def _largest(rows: Rows, *names: str) -> float | NotKnown:
    largest = [float(np.fmax.reduce(rows.numbers(name))) for name in names if len(rows) and name in rows.names]
    known = [size for size in largest if not math.isnan(size)]
    return max(known) if known else _no_sizes()


def _allocation_rate(rows: Rows, span: Span) -> float | NotKnown:
    """Size before each collection minus that after the previous one; memory returned in between is not allocation."""
    sized = rows.known("used_before_mb", "used_after_mb")
    if len(sized) < 2:
        return NotKnown("needs two collections with the size of the heap")
    if not span.duration_ms > 0:
        return NotKnown("the log spans no time")
    grown = sized.own_numbers("used_before_mb")[1:]
    grown -= sized.numbers("used_after_mb")[:-1]
    np.maximum(grown, 0.0, out=grown)
    return float(grown.sum() / span.duration_ms * units.MS_PER_SECOND)


def _promotion_rate(rows: Rows, span: Span) -> float | NotKnown:
    if not rows.says("promoted_mb"):
        return NotKnown(ONLY_IN_NVP)
    if not span.duration_ms > 0:
        return NotKnown("the log spans no time")
    return float(rows.known("promoted_mb").numbers("promoted_mb").sum() / span.duration_ms * units.MS_PER_SECOND)


def _survival_share(rows: Rows) -> float | NotKnown:
    """The share of the young generation that was alive at young collections, over all of them together.

    Their input is what the previous collection left there plus what was allocated since. That includes large objects allocated
    elsewhere, so the share, at most 1, is an underestimate.
    """
    if not rows.says("allocated_mb") or not rows.says("promoted_mb"):
        return NotKnown(ONLY_IN_NVP)
    known = rows.known("allocated_mb", "promoted_mb")
    young = ~known.full[1:]
    left = np.nan_to_num(known.numbers("survived_mb"))
    found = (known.numbers("allocated_mb")[1:] + left[:-1])[young]
    alive = (known.numbers("promoted_mb")[1:] + left[1:])[young]
    if not found.sum() > 0:
        return NotKnown(ONLY_IN_NVP)
    return float(min(alive.sum() / found.sum(), 1.0))


def _reclaim(found: tuple[Cycle, ...]) -> float | NotKnown:
    shares = [cycle.reclaim_share for cycle in found[-LAST_CYCLES:]]
    return float(np.median(shares)) if shares else NotKnown("no full collection")


def _fragmentation(fulls: Rows) -> tuple[float | NotKnown, int | None]:
    """Largest committed - used and its line, among collections V8 would call high; if none, among all, without a line."""
    sized = fulls.known("used_after_mb", "committed_after_mb") if len(fulls) else fulls
    if not len(sized):
        return NotKnown("no full collection"), None
    used, committed = sized.numbers("used_after_mb"), sized.numbers("committed_after_mb")
    idle = committed - used
    high = committed > HIGH_FRAGMENTATION_FACTOR * used + HIGH_FRAGMENTATION_MB
    if not high.any():
        return float(idle.max()), None
    worst = int(np.argmax(np.where(high, idle, -np.inf)))
    return float(idle[worst]), sized.line(worst)


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
