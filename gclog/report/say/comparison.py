"""A comparison in words: the answer, the figures and the notes that every renderer of it shows, so that all show the same ones.

Text in, text out: no layout, no colour. Numbers are written by `gclog.units` alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from gclog import units
from gclog.model.comparison import Change, ComparedProcess, ComparedSide, CompareReport, Comparison, Measure, Overall, Verdict
from gclog.model.not_known import NotKnown
from gclog.report.document import (
    Badge,
    Block,
    Bullets,
    Column,
    Document,
    Drawing,
    Facts,
    Lines,
    Said,
    Section,
    Table,
    Tone,
    Words,
)
from gclog.report.say.process import COLLECTOR_NAMES, LEVEL_TITLES

__all__ = [
    "OVERALL_TITLES",
    "VERDICT_TITLES",
    "ChangeRow",
    "answer",
    "change_rows",
    "document_of",
    "guard",
    "measure_name",
    "notes",
    "side_sentence",
    "stretch_sentence",
]

OVERALL_TITLES: dict[Overall, str] = {
    "better": "BETTER",
    "worse": "WORSE",
    "mixed": "MIXED",
    "same": "SAME",
    "cannot-say": "CANNOT SAY",
}
OVERALL_TONES: dict[Overall, Tone] = {
    "better": "good",
    "worse": "bad",
    "mixed": "warning",
    "same": "good",
    "cannot-say": "strong",
}
VERDICT_TITLES: dict[Verdict, str] = {"better": "better", "worse": "worse", "same": "same", "cannot-say": "cannot say"}
VERDICT_TONES: dict[Verdict, Tone] = {"better": "good", "worse": "bad", "same": "", "cannot-say": "faint"}

MEASURE_NAMES: dict[Measure, str] = {
    "gc_share": "GC share of time",
    "gc_share_with_incremental": "GC share with steps",
    "gc_ms_per_gb": "GC time per GB",
    "pause_p50": "pause p50",
    "pause_p90": "pause p90",
    "pause_p99": "pause p99",
    "pause_max": "longest pause",
    "pauses_per_min": "pauses a minute",
    "fulls_per_min": "full GCs a minute",
    "alloc_mb_per_s": "allocation rate",
    "live_mb": "live set",
    "live_trend": "live-set trend",
    "committed_mb": "committed",
    "reclaim_share": "reclaim",
    "mu": "mutator utilisation",
    "time_to_exhaustion": "time to exhaustion",
}

FAR_APART = 100.0
"""A ratio beyond says no more than "many times"."""

REASONS_GIVEN = 3
"""Changes that the answer names, at most."""


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A row of the table of changes. `change` is the ratio or the difference, `interval` its 90 % interval."""

    name: str
    before: str
    after: str
    change: str
    interval: str
    verdict: Verdict
    why: str
    primary: bool


# ---------------------------------------------------------------- figures


def measure_name(change: Change) -> str:
    """`Scavenge pause p90`, `GC share of time`."""
    name = MEASURE_NAMES[change.measure]
    if change.collector is None:
        return name
    return f"{COLLECTOR_NAMES[change.collector]} {name}"


def _value(change: Change, value: float | NotKnown) -> str:
    match change.unit:
        case "share":
            return units.percent(value)
        case "ms" | "ms_per_gb":
            return units.duration(value)
        case "mb":
            return units.mb(value)
        case "mb_per_s":
            return units.rate_mb_per_s(value)
        case "mb_per_h":
            return units.rate_mb_per_h(value)
        case "mu":
            return units.ratio(value)
        case "per_min":
            return units.NO_FIGURE if isinstance(value, NotKnown) else _short_number(value)


def _short_number(value: float) -> str:
    return units.count(round(value)) if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _times(ratio: float) -> str:
    """`1.8 times`: two digits, as an estimate deserves."""
    if not math.isfinite(ratio) or ratio > FAR_APART:
        return f">{FAR_APART:.0f}"
    return "<0.01" if ratio < 1 / FAR_APART else f"{ratio:.2f}"


def _signed(change: Change, value: float) -> str:
    if change.unit == "share":
        return f"{100 * value:+.1f}"
    text = _value(change, value)
    return text if value < 0 or text.startswith("+") else f"+{text}"


def _change(change: Change) -> tuple[str, str]:
    """The change and its interval, by ratio or by difference."""
    if change.scale == "ratio":
        if isinstance(change.ratio, NotKnown):
            return units.NO_FIGURE, units.NO_FIGURE
        ratio = f"× {_times(change.ratio)}"
        if isinstance(change.low, NotKnown) or isinstance(change.high, NotKnown):
            return ratio, units.NO_FIGURE
        return ratio, f"{_times(change.low)} to {_times(change.high)}"
    if isinstance(change.difference, NotKnown):
        return units.NO_FIGURE, units.NO_FIGURE
    assert not isinstance(change.difference_low, NotKnown) and not isinstance(change.difference_high, NotKnown)
    points = " points" if change.unit == "share" else ""
    between = f"{_signed(change, change.difference_low)} to {_signed(change, change.difference_high)}{points}"
    return f"{_signed(change, change.difference)}{points}", between


def change_rows(comparison: Comparison) -> tuple[ChangeRow, ...]:
    """Every change with a figure on one side at least, those of the answer first, as they come."""
    shown = (
        change
        for change in comparison.changes
        if not isinstance(change.before, NotKnown) or not isinstance(change.after, NotKnown)
    )
    ordered = sorted(shown, key=lambda change: not change.primary)
    return tuple(
        ChangeRow(
            measure_name(change),
            _value(change, change.before),
            _value(change, change.after),
            *_change(change),
            change.verdict,
            change.why,
            change.primary,
        )
        for change in ordered
    )


# ---------------------------------------------------------------- the answer


def answer(comparison: Comparison) -> str:
    """The first line: the verdict and what it rests on."""
    reasons = [_reason(change) for change in _changed(comparison)[:REASONS_GIVEN]]
    level = comparison.level
    if level.verdict in ("better", "worse"):
        names = [LEVEL_TITLES[name].lower() for name in (level.before, level.after)]
        reasons.insert(0, f"the verdict is {names[1]} instead of {names[0]}")
    match comparison.overall:
        case "better" | "worse" | "mixed" as overall:
            kind = "better in part, worse in part" if overall == "mixed" else overall
            return f"After is {kind}: {'; '.join(reasons[:REASONS_GIVEN])}"
        case "same":
            return "After is the same as before, as far as these logs can tell: GC takes " + _share_between(comparison)
        case "cannot-say":
            same = [measure_name(change) for change in comparison.changes if change.verdict == "same"]
            reasons += [f"the same {'is' if len(same) == 1 else 'are'} {', '.join(same)}"] if same else []
            return "; ".join([f"Cannot say whether after is better or worse: {_why_not(comparison)}", *reasons])


def _changed(comparison: Comparison) -> list[Change]:
    """What is better or worse: for an answer its measures alone, else all; what speaks for the answer first."""
    found = [change for change in comparison.changes if change.verdict in ("better", "worse")]
    if comparison.overall in ("better", "worse", "mixed"):
        found = [change for change in found if change.primary]
    if comparison.overall == "mixed":
        found.sort(key=lambda change: change.verdict != "worse")
        both = [next(change for change in found if change.verdict == verdict) for verdict in ("worse", "better")]
        return [*both, *(change for change in found if change not in both)]
    return sorted(found, key=lambda change: change.verdict != comparison.overall)


def _reason(change: Change) -> str:
    before, after = _value(change, change.before), _value(change, change.after)
    if change.measure == "time_to_exhaustion":
        return f"the heap is exhausted in about {after} instead of {before}"
    if change.measure == "gc_share":
        assert not isinstance(change.difference_low, NotKnown) and not isinstance(change.difference_high, NotKnown)
        between = f"{_signed(change, change.difference_low)} to {_signed(change, change.difference_high)} points"
        return f"GC takes {after} of the time instead of {before} ({between})"
    shown, between = _change(change)
    interval = f"{between} times" if change.scale == "ratio" else between
    return f"{measure_name(change)} {after} instead of {before} ({interval})" if shown != units.NO_FIGURE else ""


def _share_between(comparison: Comparison) -> str:
    share = next(change for change in comparison.changes if change.measure == "gc_share")
    return f"{_value(share, share.after)} of the time, {_value(share, share.before)} before ({_change(share)[1]} times)"


def _why_not(comparison: Comparison) -> str:
    share = next(change for change in comparison.changes if change.measure == "gc_share")
    if isinstance(share.low, NotKnown) or isinstance(share.high, NotKnown):
        return share.why
    return f"GC's share of the time may be {_times(share.low)} to {_times(share.high)} times what it was"


# ---------------------------------------------------------------- what was compared


def side_sentence(side: ComparedSide) -> str:
    """`process 12, run 1 of before.log · Node 20 · 80 collections, 18 of them full · verdict OK`."""
    processes = side.processes
    node = f"Node {side.node}" if side.node else "Node of unknown version"
    total, fulls = (sum(getattr(process, name) for process in processes) for name in ("collections", "fulls"))
    named = _process(processes[0]) if len(processes) == 1 else f"{units.count(len(processes))} processes"
    return f"{named} · {node} · {units.count(total)} collections, {units.count(fulls)} of them full"


def _process(process: ComparedProcess) -> str:
    name = f"process {process.pid}" if process.pid is not None else "process without a pid"
    run = f", run {process.run}" if process.run > 1 else ""
    return f"{name}{run} of {process.source}"


def stretch_sentence(comparison: Comparison) -> str:
    """Which part of the processes' lives is compared."""
    first, last = comparison.before.processes[0].first_ms, comparison.before.processes[0].last_ms
    if comparison.same_age:
        return (
            f"{units.duration(comparison.span_ms)} of each process, at the same age: from {units.clock(first)} to"
            f" {units.clock(last)}; the {units.duration(comparison.warm_up_ms)} before are left out as warm-up"
        )
    return f"the last {units.duration(comparison.span_ms)} of each process"


def guard(comparison: Comparison) -> str:
    """What the verdicts are guarded against."""
    return (
        f"{comparison.judged} measures were compared. In 90 % intervals, about one in ten leaves out the truth by chance;"
        " better and worse are said only with 95 % confidence for all measures of the answer together, and for all others (Holm)"
    )


def notes(comparison: Comparison) -> tuple[str, ...]:
    """What to know before believing it."""
    return (guard(comparison), *comparison.notes)


# ---------------------------------------------------------------- the document


CHANGE_COLUMNS = (
    Column("Measure", wraps=True),
    Column("Before", figures=True),
    Column("After", figures=True),
    Column("Change", figures=True),
    Column("90 % interval", figures=True, wraps=True),
    Column("Verdict"),
    Column("Why", wraps=True, not_in=("text", "markdown")),
)
PRIMARY = Lines((Words("The measures in bold make the answer; the others say how it came about.", "faint"),), not_in=("text",))


def document_of(report: CompareReport) -> Document:
    """The answer, the two sides, every change, and what to know before believing it."""
    comparison = report.comparison
    tone = OVERALL_TONES[comparison.overall]
    rows = change_rows(comparison)
    return Document(
        answer=(Badge(OVERALL_TITLES[comparison.overall], tone), Words(answer(comparison), tone)),
        head=(_sides(comparison),),
        sections=(
            Section("changes", "Changes", (Table(CHANGE_COLUMNS, tuple(map(_change_cells, rows))), PRIMARY)),
            *_reasons(rows),
            Section("heap", "Heap", tuple(_heaps(report)), not_in=("text", "markdown")),
            Section("notes", "Before you believe it", (Bullets(notes(comparison)),)),
        ),
        version=report.version,
        name="comparison",
        subject=" → ".join(" ".join(side.words) for side in (comparison.before, comparison.after)),
    )


def _sides(comparison: Comparison) -> Facts:
    level = comparison.level
    return Facts(
        (
            (Words("Before", "strong"), LEVEL_TITLES[level.before], side_sentence(comparison.before)),
            (Words("After", "strong"), LEVEL_TITLES[level.after], side_sentence(comparison.after)),
            ("Verdict", _verdict(level.verdict), level.why),
            ("Compared", "", stretch_sentence(comparison)),
        )
    )


def _change_cells(row: ChangeRow) -> tuple[Said, ...]:
    name = Words(row.name, "strong" if row.primary else "")
    return name, row.before, row.after, row.change, row.interval, _verdict(row.verdict), Words(row.why, "faint")


def _verdict(verdict: Verdict) -> Words:
    return Words(VERDICT_TITLES[verdict], VERDICT_TONES[verdict])


def _reasons(rows: tuple[ChangeRow, ...]) -> tuple[Section, ...]:
    """Why it cannot be said, each reason once."""
    names: dict[str, list[str]] = {}
    for row in rows:
        if row.verdict == "cannot-say":
            names.setdefault(row.why, []).append(row.name)
    items = tuple(f"{', '.join(named)}: {reason}" for reason, named in names.items())
    return (Section("reasons", "What cannot be said, and why", (Bullets(items),), not_in=("html",)),) if items else ()


def _heaps(report: CompareReport) -> Iterable[Block]:
    """The heap of each side's most severe process."""
    before, after = (side.processes[0] if side.processes else None for side in (report.before, report.after))
    instead = "no picture: fewer than two collections with a size"
    for title, process, beside in (("Before", before, after), ("After", after, before)):
        if process is None:
            yield Lines((f"{title}: {instead}",))
        else:
            yield Drawing("heap", process, instead, title, beside)
    if before is not None and after is not None:
        yield Lines((Words("The most severe process of each side; both on the same scale.", "faint"),))
