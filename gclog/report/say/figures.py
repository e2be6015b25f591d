"""Tables of figures: pauses and heap, one line a figure, the same ones in every renderer."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from gclog import units
from gclog.analysis.verdict.limit_size import say_size
from gclog.analysis.verdict.strikes import FATAL_STRIKES
from gclog.diagnose.facts import GROWTH_IN_WORDS, say_growth
from gclog.diagnose.keeping_lines import name_lines, say_kept
from gclog.diagnose.limit_words import is_exact, say_default, say_limit
from gclog.model.grows_with import NOT_LOOKED_FOR, TOO_FEW_LINES, GrowsWith
from gclog.model.not_known import NotKnown
from gclog.model.process import NoTrend, PauseFigures, Trend
from gclog.model.report import ProcessReport
from gclog.model.verdict import DefaultLimit, Limit, NoLimit
from gclog.report.document import Said, Words
from gclog.report.say.process import CANNOT_SAY, COLLECTOR_NAMES

__all__ = ["FIGURE_TITLES", "Figure", "figure_rows", "heap_figures", "pause_figures", "percentile_row"]


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of a table of figures: what, how much, and what to know about it."""

    label: str
    value: str
    note: str = ""


FIGURE_TITLES = ("", "Figure", "Note")


def figure_rows(figures: Iterable[Figure]) -> tuple[tuple[Said, ...], ...]:
    """Figures as rows of facts, below `FIGURE_TITLES`."""
    return tuple((one.label, Words(one.value, "strong"), Words(one.note, "faint")) for one in figures)


def _known(label: str, value: float | NotKnown, text: str, note: str = "") -> Figure:
    if isinstance(value, NotKnown):
        return Figure(label, CANNOT_SAY, value.reason)
    return Figure(label, text, note)


def _most_used(used_max_mb: float | NotKnown) -> str:
    return "" if isinstance(used_max_mb, NotKnown) else f"; {units.mb(used_max_mb)} in use at most"


def _survival_figure(process: ProcessReport) -> Figure:
    """As --trace-gc-nvp prints it, else as the sizes before and after scavenges have it."""
    printed, young = process.heap.survival_share, process.signs.young
    if isinstance(printed, NotKnown) and young is not None and not isinstance(young.kept_share, NotKnown):
        return Figure(
            "Survival", units.percent(young.kept_share), "of the young generation, by the sizes before and after scavenges"
        )
    return _known("Survival", printed, units.percent(printed), "of the young generation")


def percentile_row(figures: PauseFigures) -> tuple[str, str, str, str, str, str]:
    """Count, median, 90th and 99th percentile, largest, sum: a row of the table of pauses."""
    return (
        units.count(figures.count),
        units.duration(figures.p50_ms),
        units.duration(figures.p90_ms),
        units.duration(figures.p99_ms),
        units.duration(figures.max_ms),
        units.duration(figures.total_ms),
    )


def pause_figures(process: ProcessReport) -> tuple[Figure, ...]:
    """What garbage collection cost."""
    pauses, figures = process.pauses, process.pauses.all
    counts = ", ".join(f"{units.count(n)} {COLLECTOR_NAMES[name]}" for name, n in sorted(process.counts.items()) if n)
    whole_minute = pauses.worst_window_ms == units.MS_PER_MINUTE or isinstance(pauses.worst_window_share, NotKnown)
    window = "Worst minute" if whole_minute else f"Worst {units.duration(pauses.worst_window_ms)}"
    unknown = next((p.reason for p in (figures.p50_ms, figures.p90_ms, figures.p99_ms) if isinstance(p, NotKnown)), "")
    rows = [
        Figure("Collections", units.count(process.total), counts),
        _known("GC pause share", pauses.share, units.percent(pauses.share), _incremental_note(process)),
        _known(
            window,
            pauses.worst_window_share,
            units.percent(pauses.worst_window_share),
            f"in GC, from {units.clock(pauses.worst_window_at_ms)}, line {units.count(pauses.worst_window_line)}",
        ),
        _known(
            "Pause p50, p90, p99",
            figures.p50_ms,
            f"{units.duration(figures.p50_ms)}, {units.duration(figures.p90_ms)}, {units.duration(figures.p99_ms)}",
            unknown,
        ),
        Figure("Longest pause", units.duration(figures.max_ms), f"line {units.count(figures.max_line)}")
        if figures.count
        else Figure("Longest pause", CANNOT_SAY, "no collection"),
        _known("Mutator utilisation", pauses.average_mu, units.ratio(pauses.average_mu), "V8's average, as last printed"),
    ]
    if process.strikes:
        worst = max(process.strikes, key=lambda strike: strike.count)
        of = (
            f", of {FATAL_STRIKES}"
            if worst.count <= FATAL_STRIKES
            else " by the printed sizes, which include more than V8 counts"
        )
        note = f"ineffective full collections in a row{of}; line {units.count(worst.line)}"
        rows.append(Figure("Strikes", units.count(worst.count), note))
    return tuple(rows)


def _incremental_note(process: ProcessReport) -> str:
    pauses = process.pauses
    total = f"{units.duration(pauses.all.total_ms)} of {units.duration(process.span.duration_ms)}"
    if isinstance(pauses.share_with_incremental, NotKnown) or pauses.incremental_ms == 0:
        return total
    return f"{total}; {units.percent(pauses.share_with_incremental)} with incremental steps"


def heap_figures(process: ProcessReport) -> tuple[Figure, ...]:
    """How large the heap was, where it goes and what it may reach."""
    heap = process.heap
    basis = {"mark_compact": "after full collections", "scavenge": "after scavenges: there are no full collections", "none": ""}
    rows = [
        _known(
            "Live set",
            heap.live_mb,
            units.mb(heap.live_mb),
            f"{units.mb(heap.live_min_mb)} to {units.mb(heap.live_max_mb)} {basis[heap.live_basis]}".strip()
            + _most_used(heap.used_max_mb),
        ),
        _trend_figure(heap.old_space_trend),
        _growth_figure(process),
        *_grows_with_figure(process),
        _limit_figure(process.limit),
        _known("Committed, most", heap.committed_max_mb, units.mb(heap.committed_max_mb)),
        _known("Allocation rate", heap.alloc_mb_per_s, units.rate_mb_per_s(heap.alloc_mb_per_s)),
        _known("Promotion rate", heap.promoted_mb_per_s, units.rate_mb_per_s(heap.promoted_mb_per_s)),
        _survival_figure(process),
        _known(
            "Reclaim",
            heap.reclaim_median_share,
            units.percent(heap.reclaim_median_share),
            "median of the last ten full collections",
        ),
        _known(
            "Fragmentation, most",
            heap.fragmentation_max_mb,
            units.mb(heap.fragmentation_max_mb),
            "committed but not used"
            + ("" if heap.fragmentation_line is None else f", line {units.count(heap.fragmentation_line)}"),
        ),
        _external_figure(process),
    ]
    if heap.leak_events:
        last = heap.leak_events[-1]
        where = f"the last on line {units.count(last.line)}, {units.rates(last.mb_per_h)[0]}"
        trend = "" if isinstance(process.memwatch, NotKnown) else f"; usage trend {_signed(process.memwatch.usage_trend_share)}"
        note = f"five growing full collections in a row; {where}{trend}"
        rows.append(Figure("memwatch leak events", units.count(len(heap.leak_events)), note))
    return tuple(rows)


def _external_figure(process: ProcessReport) -> Figure:
    """By V8's own lines, else by what the program printed."""
    heap, memory = process.heap, process.memory
    if isinstance(heap.external_max_mb, NotKnown) and memory is not None and "external" in memory.parts:
        return Figure("External memory, most", units.mb(memory.parts["external"].most_mb), "by the program's own figures")
    return _known("External memory, most", heap.external_max_mb, units.mb(heap.external_max_mb))


def _signed(share: float) -> str:
    return ("-" if share < 0 else "+") + units.percent(abs(share))


def _growth_figure(process: ProcessReport) -> Figure:
    if process.growth == "not-known":
        return Figure("Growth", CANNOT_SAY, GROWTH_IN_WORDS[process.growth])
    return Figure("Growth", say_growth(process))


def _grows_with_figure(process: ProcessReport) -> tuple[Figure, ...]:
    match process.grows_with:
        case GrowsWith() as grows:
            said = f"{say_kept(grows)} stay for each of {units.count(grows.lines[0].count)}"
            return (Figure("Grows with", name_lines(grows), said),)
        case NotKnown(reason=reason) as why if why not in (NOT_LOOKED_FOR, TOO_FEW_LINES):
            return (Figure("Grows with", CANNOT_SAY, reason),)
        case _:
            return ()


def _trend_figure(trend: Trend | NoTrend) -> Figure:
    match trend:
        case NoTrend(reason=reason):
            return Figure("Live-set trend", CANNOT_SAY, reason)
        case Trend():
            rate, low, high = units.rates(trend.mb_per_h, trend.low_mb_per_h, trend.high_mb_per_h)
            over = f"{units.count(trend.points)} points over {units.duration(trend.to_ms - trend.from_ms)}"
            return Figure("Live-set trend", rate, f"90 %: {low} to {high}; {over}")


def _limit_figure(limit: Limit | NoLimit) -> Figure:
    match limit:
        case NoLimit(reason=reason, default=DefaultLimit() as default):
            return Figure("Heap limit", CANNOT_SAY, f"{say_default(default)}, {default.why}; {reason}")
        case NoLimit(reason=reason):
            return Figure("Heap limit", CANNOT_SAY, reason)
        case Limit():
            line = "" if limit.line is None else f", line {units.count(limit.line)}"
            certain = limit.low_mb == limit.high_mb or not math.isfinite(limit.low_mb + limit.high_mb)
            between = "" if certain else f"; {units.mb(limit.low_mb)} to {units.mb(limit.high_mb)}"
            if limit.source == "inferred" and not is_exact(limit):
                return Figure("Heap limit", say_size(limit), f"inferred: {limit.why}")
            if not is_exact(limit):
                return Figure("Heap limit", say_limit(limit).removeprefix("a "), f"{limit.why}{line}{between}")
            return Figure("Heap limit", units.mb(limit.mb), f"{limit.source}: {limit.why}{line}{between}")
