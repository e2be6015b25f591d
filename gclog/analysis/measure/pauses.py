"""What collections cost the program: pause shares, percentiles, the worst minute, minimum mutator utilisation."""

from __future__ import annotations

import itertools
import math
from typing import cast

import numpy as np
import numpy.typing as npt

from gclog import units
from gclog.analysis.measure.intervals import PauseIntervals, lay_out
from gclog.analysis.measure.mutator import INITIAL_MU, first_cycle_counts, recompute_mu
from gclog.analysis.measure.robust import Floats
from gclog.model.not_known import NotKnown
from gclog.model.process import MmuPoint, PauseFigures, Pauses, ReasonFigures, Span
from gclog.model.records import COLLECTORS, Collector
from gclog.processes.mapped import blocks
from gclog.processes.rows import Rows, Table, rows_of

__all__ = ["count_incremental_ms", "measure_mmu", "measure_pauses", "percentile", "share_of_span", "why_no_share"]

WORST_WINDOW_MS = units.MS_PER_MINUTE
"""A minute: long enough not to be filled by one pause, short enough for users to feel (RULES 1)."""

SHORTEST_MMU_WINDOW_MS = 1.0
"""V8's clock is printed to 1 ms."""

CLOCK_MS = 1.0
"""V8's clock is printed in whole milliseconds, which is how exactly a span is known."""

MMU_STEPS = (1.0, 2.0, 5.0)
"""Window lengths per decade: evenly spaced on a logarithmic axis, and only 25 up to a day, so a million pauses stay affordable."""

FEW_CANDIDATES = 4096
"""Up to this many windows, over all widths, all are tried at once: cheaper than bounding them first."""

NO_REASON = "no reason given"
"""Shown for lines without a reason (scavenges of V8 3.x, `--trace-gc-nvp` up to 13.8)."""


def measure_pauses(collections: Table, span: Span, laid_out: PauseIntervals | None = None) -> Pauses:
    """All pause figures of one process. Shares are `NotKnown` if the log shows no time besides the pauses.

    `laid_out`: its pauses, if they are laid out already.
    """
    rows = rows_of(collections)
    timed = rows.known("pause_ms")
    intervals = lay_out(timed) if laid_out is None else laid_out
    everything = _figures(timed)
    incremental_ms = count_incremental_ms(rows)
    collectors = timed.texts("collector")
    unknown = why_no_share(len(intervals.start), float(intervals.before[-1]), span.duration_ms)
    window_ms, window_share, window_at_ms, window_line = _worst_window(intervals, span, unknown)
    return Pauses(
        all=everything,
        share=unknown or share_of_span(everything.total_ms, span.duration_ms),
        share_with_incremental=unknown or share_of_span(everything.total_ms + incremental_ms, span.duration_ms),
        incremental_ms=incremental_ms,
        worst_window_ms=window_ms,
        worst_window_share=window_share,
        worst_window_at_ms=window_at_ms,
        worst_window_line=window_line,
        by_collector={
            name: everything if own.all() else _figures(timed.where(own))
            for name in COLLECTORS
            if (own := collectors.is_in((name,))).any()
        },
        by_reason=_by_reason(timed),
        mmu=_mmu_curve(intervals, span) if unknown is None else (),
        average_mu=_printed_average_mu(rows),
        average_mu_recomputed=_recomputed_average_mu(rows),
    )


def percentile(ordered_ms: Floats, percent: int) -> float | NotKnown:
    """Nearest-rank percentile: the smallest actual pause that at least `percent` of all pauses do not exceed.

    Needs 100 / (100 - percent) pauses: 2 for the median, 10 for p90, 100 for p99. With fewer, the rank is the longest pause's,
    and the figure would be the maximum by another name.
    """
    count = len(ordered_ms)
    needed = -(-100 // (100 - percent))
    if count < needed:
        return NotKnown(f"needs {needed} pauses, the log has {count}")
    rank = -(-percent * count // 100)
    return float(ordered_ms[rank - 1])


def measure_mmu(intervals: PauseIntervals, first_ms: float, last_ms: float, windows_ms: Floats) -> tuple[MmuPoint, ...]:
    """Minimum mutator utilisation by window length: the smallest share left to the program in any window within the span.

    Exact. Not monotonic: a longer window can have a smaller share.
    Cheng and Blelloch, A parallel, real-time garbage collector, PLDI 2001.
    """
    longest = intervals.longest_ms
    if (len(intervals.start) + 2) * len(windows_ms) <= FEW_CANDIDATES:
        paused_ms = np.where(windows_ms <= longest, windows_ms, intervals.busiest_of_each(windows_ms, first_ms, last_ms))
        shares = np.minimum(np.maximum(1.0 - paused_ms / windows_ms, 0.0), 1.0)
        return tuple(map(MmuPoint, windows_ms.tolist(), shares.tolist()))
    points = []
    for width in windows_ms.tolist():
        paused = width if longest >= width else intervals.busiest(width, first_ms, last_ms)[0]
        points.append(MmuPoint(width, min(max(1.0 - paused / width, 0.0), 1.0)))
    return tuple(points)


def count_incremental_ms(collections: Table) -> float:
    """Time in incremental marking steps on the main thread in ms, each step counted once.

    A full collection prints all steps since the start of marking. Up to V8 5.4 scavenges also printed the steps since the
    previous collection, which are the same ones. So each cycle counts with the larger of the full collection's figure and the
    sum of its scavenges'; steps after the last full collection are known only from scavenges.
    """
    rows = rows_of(collections)
    if not rows.says("incremental_ms"):
        return 0.0
    full = rows.full
    rows = rows.where(full | ~np.isnan(rows.numbers("incremental_ms")))
    steps, full = np.nan_to_num(rows.numbers("incremental_ms")), rows.full
    cycle: npt.NDArray[np.int64] = np.cumsum(full) - full
    in_scavenges = np.bincount(cycle, np.where(full, 0.0, steps))
    in_fulls = np.bincount(cycle, np.where(full, steps, 0.0))
    return float(np.maximum(in_scavenges, in_fulls).sum())


def _figures(rows: Rows) -> PauseFigures:
    pauses = rows.own_numbers("pause_ms")
    if not len(pauses):
        none = NotKnown("no pauses in the log")
        return PauseFigures(0, 0.0, 0.0, 0, none, none, none)
    longest = int(np.argmax(pauses))
    pauses.sort()
    ordered = pauses
    return PauseFigures(
        count=len(ordered),
        total_ms=float(ordered.sum()),
        max_ms=float(ordered[-1]),
        max_line=rows.line(longest),
        p50_ms=percentile(ordered, 50),
        p90_ms=percentile(ordered, 90),
        p99_ms=percentile(ordered, 99),
    )


def _by_reason(rows: Rows) -> tuple[ReasonFigures, ...]:
    if not len(rows):
        return ()
    reasons, collectors, pauses = rows.texts("reason"), rows.texts("collector"), rows.numbers("pause_ms")
    width = len(collectors.texts)
    groups = reasons.codes.astype(np.int32) * width + collectors.codes
    present = np.flatnonzero(np.bincount(groups)).tolist()
    found = []
    for group in present:
        ms = pauses[groups == group] if len(present) > 1 else pauses
        reason, collector = reasons.texts[group // width] or NO_REASON, cast(Collector, collectors.texts[group % width])
        found.append(ReasonFigures(reason, collector, len(ms), _total(ms), float(ms.max())))
    return tuple(sorted(found, key=lambda figures: (-figures.total_ms, figures.reason, figures.collector)))


def _total(values: Floats) -> float:
    """The sum, rounded once."""
    return math.fsum(itertools.chain.from_iterable(values[part].tolist() for part in blocks(len(values))))


def why_no_share(count: int, paused_ms: float, duration_ms: float) -> NotKnown | None:
    """Why no share of a span can be given in which so many pauses took that long; None if it can."""
    if math.isnan(duration_ms):
        return NotKnown("the log does not say when the collections ran")
    if not duration_ms > 0:
        return NotKnown("the log spans no time")
    if not count:
        return NotKnown("no pauses in the log")
    if paused_ms == 0:
        return NotKnown("every pause is printed as 0: too short for this V8 to print")
    if count == 1 and duration_ms < paused_ms + CLOCK_MS:
        return NotKnown("the log shows one pause and nothing around it")
    return None


def share_of_span(ms: float, duration_ms: float) -> float:
    """A share of the span, capped at 1 because the clock is rounded to 1 ms and the pauses are not."""
    return min(float(ms / duration_ms), 1.0)


def _worst_window(
    intervals: PauseIntervals, span: Span, unknown: NotKnown | None
) -> tuple[float, float | NotKnown, float, int]:
    """Length, share, start, and the line of its first pause. A shorter span is one window, with the span's share."""
    if unknown is not None:
        return 0.0, unknown, span.first_ms, span.first_line
    if span.duration_ms <= WORST_WINDOW_MS:
        share = share_of_span(float(intervals.before[-1]), span.duration_ms)
        return span.duration_ms, share, span.first_ms, int(intervals.line[0])
    paused, begin = intervals.busiest(WORST_WINDOW_MS, span.first_ms, span.last_ms)
    first = min(int(np.searchsorted(intervals.end, begin, side="right")), len(intervals.line) - 1)
    return WORST_WINDOW_MS, min(paused / WORST_WINDOW_MS, 1.0), begin, int(intervals.line[first])


def _mmu_curve(intervals: PauseIntervals, span: Span) -> tuple[MmuPoint, ...]:
    decades = range(len(str(int(span.duration_ms))))
    windows = [SHORTEST_MMU_WINDOW_MS * step * 10.0**decade for decade in decades for step in MMU_STEPS]
    windows = [*(width for width in windows if width < span.duration_ms), span.duration_ms]
    return measure_mmu(intervals, span.first_ms, span.last_ms, np.array(windows))


def _printed_average_mu(rows: Rows) -> float | NotKnown:
    """The last one printed; scavenges repeat that of the full collection before."""
    last = rows.last("average_mu")
    if last is None:
        return NotKnown("V8 prints its mutator utilisation from Node 10.4 on, in --trace-gc lines only")
    if last == INITIAL_MU and not rows.full.any():
        return NotKnown("no full collection yet")
    return last


def _recomputed_average_mu(rows: Rows) -> float | NotKnown:
    fulls = rows.fulls
    fulls = fulls.known("at_ms", "pause_ms") if len(fulls) else fulls
    first_counts = len(fulls) > 0 and first_cycle_counts(fulls)
    needed = 1 if first_counts else 2
    if len(fulls) < needed:
        return NotKnown(f"needs {needed} full collections, the log has {len(fulls)}")
    return float(recompute_mu(fulls, first_counts=first_counts).average[-1])
