"""Memory figures printed by the program: which part grew, inside V8's heap or outside it, and how fast.

RSS is what the kernel counts and what a container's limit applies to. V8's heap is a part of it; Buffers, native code and stacks
are the rest. If RSS rises and the heap does not, the growth is outside it: no heap snapshot shows it, and V8 does not die of it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gclog import units
from gclog.analysis.measure.robust import Floats, theil_sen
from gclog.model.not_known import NotKnown
from gclog.model.witness import MemoryClock, MemoryFigures, MemoryGrowth, MemoryPart, MemorySeries, OutsideSource
from gclog.processes.rows import Table, rows_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MIN_READINGS", "PARTS", "Growth", "find_growth", "measure_memory", "rss_slope"]

PARTS = ("rss", "heap_total", "heap_used", "external", "array_buffers")

MIN_READINGS = 5
"""Fewer readings have no first and last fifth; a rise between two of them may be a single request."""

FIFTH = 0.2
FLOOR_SHARE = 1 / 3
"""Share of the readings, at each end, for the heap's floor: enough to include one taken soon after a collection."""

MIN_RISE_MB = 16.0
"""A V8 semi space (64-bit): less comes and goes with a few requests."""

MIN_RISE_SHARE = 0.2
"""... and a fifth of the initial value: a large process fluctuates more than a small one."""

OF_RISE_SHARE = 1 / 3
"""A part that accounts for less than a third of the rise is not where the memory went."""

EXPLAINS_SHARE = 0.5
"""Buffers (or external memory) explain the growth outside the heap if they rose by at least half as much."""

LATE_SHARE = 0.8
"""Growth is ongoing if the largest figure is in the last fifth. A warm-up ends earlier."""

MAX_POINTS = 400
"""Upper bound on the points of a plot."""


Lines = np.ndarray[tuple[int], np.dtype[np.int64]]


@dataclass(frozen=True, slots=True)
class Growth:
    """Where memory grew, as a keyword and as a clause, and how each part moved."""

    parts: dict[str, MemoryPart]
    growth: MemoryGrowth
    because: str


def find_growth(values: dict[str, Floats], lines: Lines) -> Growth:
    """Where memory grew over some readings. `values`: MB for each of PARTS, NaN if a line lacks it."""
    values = {**values, "outside": values["rss"] - _heap(values)}
    parts = {name: part for name, mb in values.items() if (part := _part(mb, lines)) is not None}
    return Growth(parts, *_judge(values, parts))


def measure_memory(usage: pd.DataFrame, collections: Table) -> MemoryFigures | None:
    """The memory figures of one process; None if it printed none. The readings get V8's clock from `collections`."""
    if not len(usage):
        return None
    values = {name: usage[f"{name}_mb"].to_numpy(dtype=np.float64) for name in PARTS}
    lines = usage["line"].to_numpy(dtype=np.int64)
    clock, at_ms = _moments(usage, collections)
    found = find_growth(values, lines)
    values["outside"] = values["rss"] - _heap(values)
    slope = rss_slope(at_ms, values["rss"]) if clock != "none" and "rss" in found.parts else None
    no_slope = NotKnown("the lines have no clock" if clock == "none" else "too few readings of RSS")
    limits = usage["heap_limit_mb"].dropna()
    return MemoryFigures(
        readings=len(usage),
        first_line=int(lines[0]),
        last_line=int(lines[-1]),
        clock=clock,
        span_ms=NotKnown("the lines have no clock") if clock == "none" else float(at_ms[-1] - at_ms[0]),
        parts=found.parts,
        growth=found.growth,
        because=found.because,
        outside_share=_outside_share(values),
        outside_source=_outside_source(found.parts),
        rss_mb_per_h=no_slope if slope is None else slope[0],
        rss_low_mb_per_h=no_slope if slope is None else slope[1],
        rss_high_mb_per_h=no_slope if slope is None else slope[2],
        heap_limit_mb=float(limits.iloc[-1]) if len(limits) else NotKnown("no line has heap_size_limit"),
        series=_thin(lines, at_ms, values),
    )


def _heap(values: dict[str, Floats]) -> Floats:
    """V8's heap as part of RSS: committed memory, else used."""
    total, used = values["heap_total"], values["heap_used"]
    return np.where(np.isnan(total), used, total)


def _moments(usage: pd.DataFrame, collections: Table) -> tuple[MemoryClock, Floats]:
    """When the readings were taken: interpolated between collections, else from the envelope, else just their index."""
    lines = usage["line"].to_numpy(dtype=np.float64)
    timed = rows_of(collections).known("at_ms")
    if len(timed) > 1:
        at_ms = np.interp(lines, timed.lines.astype(np.float64), timed.numbers("at_ms"))
        if at_ms[-1] > at_ms[0]:  # else they come after all collections, or are in another file
            return "v8", at_ms
    wall_ms = usage["wall_ms"].to_numpy(dtype=np.float64)
    if not np.isnan(wall_ms).any() and len(wall_ms) and wall_ms[-1] > wall_ms[0]:
        return "wall", wall_ms
    return "none", np.arange(len(lines), dtype=np.float64)


def _ends(mb: Floats) -> tuple[float, float]:
    """Medians of the first and last fifth."""
    count = max(1, round(len(mb) * FIFTH))
    return float(np.median(mb[:count])), float(np.median(mb[-count:]))


def _part(mb: Floats, lines: Lines) -> MemoryPart | None:
    said = ~np.isnan(mb)
    known, where = mb[said], lines[said]
    if not len(known):
        return None
    first, last = _ends(known)
    most = int(known.argmax())
    return MemoryPart(float(known[0]), float(known[-1]), float(known.min()), float(known[most]), int(where[most]), last - first)


def _rises(mb: Floats) -> bool:
    """Whether a figure grew by enough, and kept growing: its largest reading is in the last fifth."""
    known = mb[~np.isnan(mb)]
    if len(known) < MIN_READINGS:
        return False
    first, last = _ends(known)
    late = int(known.argmax()) / (len(known) - 1) >= LATE_SHARE
    return late and last - first >= max(MIN_RISE_MB, MIN_RISE_SHARE * first)


def _floor_rises(values: dict[str, Floats]) -> bool:
    """Whether the heap's low points rose: between collections a heap fills up, and V8 commits more memory for that."""
    used = values["heap_used"][~np.isnan(values["heap_used"])]
    if not len(used):
        return True  # only committed memory is known
    count = max(1, round(len(used) * FLOOR_SHARE))
    first, last = float(used[:count].min()), float(used[-count:].min())
    return last - first >= max(MIN_RISE_MB, MIN_RISE_SHARE * first)


def _judge(values: dict[str, Floats], parts: dict[str, MemoryPart]) -> tuple[MemoryGrowth, str]:
    """Where memory grew, as a keyword and as a clause."""
    if max(int((~np.isnan(mb)).sum()) for mb in values.values()) < MIN_READINGS:
        return "too-few", f"fewer than {MIN_READINGS} readings of memory"
    heap = parts.get("heap_used") or parts.get("heap_total")
    beside = "" if heap is None else f" beside a heap of {units.mb(heap.last_mb)}"
    if "rss" not in parts:
        return _judge_without_rss(values, parts)
    rss = parts["rss"]
    moved = f"RSS went from {units.mb(rss.first_mb)} to {units.mb(rss.last_mb)}"
    if not _rises(values["rss"]):
        return "none", f"{moved} and did not keep climbing"
    if "outside" not in parts:
        return "too-few", f"{moved}; no line has the heap as well"
    inside_rise = rss.rise_mb - parts["outside"].rise_mb
    if parts["outside"].rise_mb < OF_RISE_SHARE * rss.rise_mb:
        if not _floor_rises(values):
            return "none", f"{moved} as V8 committed more for its heap; the memory in use there did not rise"
        return "heap", f"{moved}, nearly all of it V8's heap"
    if inside_rise < OF_RISE_SHARE * rss.rise_mb:
        return "off-heap", f"{moved}{beside}, which accounts for {units.mb(max(inside_rise, 0.0))} of the rise"
    return "both", f"{moved}, of which {units.mb(inside_rise)} are V8's heap"


def _judge_without_rss(values: dict[str, Floats], parts: dict[str, MemoryPart]) -> tuple[MemoryGrowth, str]:
    heap = next((name for name in ("heap_used", "heap_total") if name in parts), None)
    grew = heap is not None and _rises(values[heap])
    outside = next((name for name in ("external", "array_buffers") if name in parts and _rises(values[name])), None)
    if outside is not None:
        part = parts[outside]
        said = f"memory outside the heap went from {units.mb(part.first_mb)} to {units.mb(part.last_mb)}"
        return ("both", f"{said}, and the heap grew as well") if grew else ("off-heap", f"{said}, and the heap did not grow")
    if heap is None:
        return "none", "memory outside the heap did not keep climbing"
    part = parts[heap]
    moved = f"the heap went from {units.mb(part.first_mb)} to {units.mb(part.last_mb)}"
    return ("heap", f"{moved}; no line has RSS") if grew else ("none", f"{moved} and did not keep climbing; no line has RSS")


def _outside_share(values: dict[str, Floats]) -> float | NotKnown:
    both = ~np.isnan(values["outside"])
    if not both.any():
        return NotKnown("no line has both RSS and the heap")
    rss, outside = _ends(values["rss"][both])[1], _ends(values["outside"][both])[1]
    return max(outside, 0.0) / rss if rss > 0 else NotKnown("RSS is zero")


def _outside_source(parts: dict[str, MemoryPart]) -> OutsideSource:
    """What the memory that grew outside the heap consists of, as far as V8 knows of it."""
    rise = parts["outside"].rise_mb if "outside" in parts else max((parts[n].rise_mb for n in parts if n != "rss"), default=0.0)
    sources: tuple[tuple[str, OutsideSource], ...] = (("array_buffers", "array-buffers"), ("external", "external"))
    for name, said in sources:
        if name in parts and rise > 0 and parts[name].rise_mb >= EXPLAINS_SHARE * rise:
            return said
    return "unknown-to-v8" if "external" in parts else "not-said"


def rss_slope(at_ms: Floats, rss_mb: Floats) -> tuple[float, float, float] | None:
    """Slope of RSS in MB/h with its 90 % interval; None if there are too few readings, or all at the same moment."""
    said = ~np.isnan(rss_mb)
    if int(said.sum()) < MIN_READINGS:
        return None
    fit = theil_sen(at_ms[said] / units.MS_PER_HOUR, rss_mb[said])
    return None if math.isnan(fit.slope) else (fit.slope, fit.low, fit.high)


def _thin(lines: Lines, at_ms: Floats, values: dict[str, Floats]) -> MemorySeries:
    """At most about MAX_POINTS points: the last reading of each slice, and the one with the largest RSS."""
    kept = np.arange(len(lines))
    if len(lines) > MAX_POINTS:
        runs = np.array_split(kept, MAX_POINTS // 2)
        leading = values["rss"] if not np.isnan(values["rss"]).all() else _heap(values)
        most = [run[int(np.nan_to_num(leading[run], nan=-1.0).argmax())] for run in runs]
        kept = np.unique(np.concatenate([[run[-1] for run in runs], most, [0]]))

    def column(mb: Floats) -> tuple[float, ...]:
        return tuple(float(value) for value in mb[kept])

    return MemorySeries(tuple(int(line) for line in lines[kept]), column(at_ms), *(column(values[name]) for name in PARTS))
