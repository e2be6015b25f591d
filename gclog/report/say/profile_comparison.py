"""A comparison of CPU profiles in words: what got worse first, then both sides, what takes more, what takes less, and both as a graph.

Names of functions and scripts are given as the profiles have them: hostile text, that every renderer makes harmless.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gclog import units
from gclog.model.not_known import NotKnown
from gclog.model.profile_comparison import (
    ComparedProfiles,
    FunctionChange,
    ProfileCompareReport,
    ProfileComparison,
    SharePair,
    WorkChange,
    WorkMeasure,
)
from gclog.report.document import (
    PAGE_ALONE,
    Badge,
    Bullets,
    Code,
    Column,
    Document,
    Facts,
    Flame,
    Lines,
    Only,
    Said,
    Section,
    Table,
    Words,
)
from gclog.report.say.comparison import OVERALL_TITLES, OVERALL_TONES, VERDICT_TITLES, VERDICT_TONES
from gclog.report.say.frames import frame_name, frame_place, frame_reference

__all__ = ["answer", "document_of", "notes"]

REASONS_GIVEN = 3
"""Changes that the answer names, at most."""

LISTED, PAGE_LISTED = 12, 200
"""Functions in each list of a text, and of a page."""

LEAST_SHARE = 0.001
"""Of the work: a smaller change is in no list."""

HALF = 0.5

MEASURE_NAMES: dict[WorkMeasure, str] = {
    "busy_share": "CPU at work, share of time",
    "gc_share": "GC share of work",
    "work_ms": "CPU time in all",
}


# ---------------------------------------------------------------- the answer


def answer(report: ProfileCompareReport) -> str:
    """The first line: what takes more or less, by how much."""
    comparison = report.comparison
    reasons = [*_reasons(report, "worse"), *_reasons(report, "better")]
    match comparison.overall:
        case "worse" | "better" as overall:
            return f"After is {overall}: {'; '.join(reasons[:REASONS_GIVEN])}"
        case "mixed":
            worse, better = _reasons(report, "worse"), _reasons(report, "better")
            return f"After is better in part, worse in part: {'; '.join([*worse[: REASONS_GIVEN - 1], *better[:1]])}"
        case "same":
            return "After is the same as before, as far as these profiles can tell: no function takes more or less of the work"
        case "cannot-say":
            moved = [one for one in comparison.functions if one.verdict == "cannot-say"]
            samples = " and ".join(units.count(side.samples) for side in (comparison.before, comparison.after))
            said = f"Cannot say whether after is better or worse: {samples} samples"
            return f"{said}; {_change_of(report, moved[0])}, which may be chance" if moved else f"{said} are too few"


def _reasons(report: ProfileCompareReport, verdict: str) -> list[str]:
    """What got worse, or better: functions by their own share; those by what they call only if no callee says it; then GC."""
    found = [one for one in report.comparison.functions if one.verdict == verdict]
    own = [one for one in found if one.by == "own"]
    total = [one for one in found if one.by == "total"]
    said = [_with_caller(report, one, total) for one in own]
    if not own:
        said = [_change_of(report, one) for one in sorted(total, key=lambda one: one.total.after)[:1]]
    return said + [_gc_of(one) for one in report.comparison.measures if one.measure == "gc_share" and one.verdict == verdict]


def _with_caller(report: ProfileCompareReport, change: FunctionChange, total: Sequence[FunctionChange]) -> str:
    """A function; and, if it is none of the application's, the innermost of the application's that takes as much more with it."""
    said, frames = _change_of(report, change), report.difference.frames
    if frames[change.frame].category in ("application", "node_modules"):
        return said
    callers = [
        one
        for one in total
        if frames[one.frame].category == "application" and abs(one.total.difference) >= HALF * abs(change.own.difference)
    ]
    under = min(callers, key=lambda one: max(one.total.before, one.total.after), default=None)
    return f"{said}, under {frame_reference(frames[under.frame])}" if under is not None else said


def _change_of(report: ProfileCompareReport, change: FunctionChange) -> str:
    pair = change.own if change.by == "own" else change.total
    with_callees = "" if change.by == "own" else " with what it calls"
    name = frame_reference(report.difference.frames[change.frame])
    return f"{name}{with_callees} takes {units.percent(pair.after)} of the work instead of {units.percent(pair.before)}"


def _gc_of(change: WorkChange) -> str:
    return f"GC takes {units.percent(change.after)} of the work instead of {units.percent(change.before)}"


def notes(comparison: ProfileComparison) -> tuple[str, ...]:
    """What to know before believing it."""
    guard = (
        f"{units.count(comparison.judged)} shares were compared; better and worse are said only with 95 % confidence for all of them"
        " together (Holm), and of nothing below 2 % of the work"
    )
    return guard, *comparison.notes


# ---------------------------------------------------------------- the document

CHANGE_COLUMNS = (
    Column("Verdict"),
    Column("Change", figures=True),
    Column("Own", figures=True),
    Column("Total", figures=True),
    Column("ms a second", figures=True, not_in=("text",)),
    Column("Function", share=0.42),
    Column("Where", share=0.36, ends=True),
    Column("Why", wraps=True, not_in=("text", "markdown")),
)
LEGEND = (
    "Change: of its own share, in points. Own: on top of the stack; total: with what it called. Before → after, of the work."
)

MEASURE_COLUMNS = (
    Column("Of the whole"),
    Column("Before", figures=True),
    Column("After", figures=True),
    Column("Verdict"),
    Column("Why", wraps=True),
)


def document_of(report: ProfileCompareReport) -> Document:
    """The answer, the two sides, what takes more and what less, and what to know before believing it."""
    comparison = report.comparison
    tone = OVERALL_TONES[comparison.overall]
    return Document(
        answer=(Badge(OVERALL_TITLES[comparison.overall], tone), Words(answer(report), tone)),
        head=(Facts((("Before", _side(comparison.before, comparison)), ("After", _side(comparison.after, comparison)))),),
        sections=(
            Section("flame", "What changed, as a flame graph", _graph(report), not_in=PAGE_ALONE, leads=True),
            *_lists(report),
            Section("whole", "The work as a whole", (_measures(comparison),)),
            Section("notes", "Before you believe it", (Bullets(notes(comparison)),)),
        ),
        version=report.version,
        name="comparison",
        subject=" → ".join(" ".join(side.words) for side in (comparison.before, comparison.after)),
    )


def _side(side: ComparedProfiles, comparison: ProfileComparison) -> str:
    node = f"Node {side.node} · " if side.node else ""
    lasted = "" if isinstance(side.duration_ms, NotKnown) else f" in {units.duration(side.duration_ms)}"
    idle = f", {units.amount(side.idle, comparison.unit)} of that idle" if side.idle else ""
    return f"{node}{units.several(side.samples, 'sample')}{lasted}{idle} · {', '.join(side.sources)}"


def _graph(report: ProfileCompareReport) -> tuple[Flame, Lines]:
    said = (
        "Red takes more of the work than before, blue less. A box is as wide as its shares before and after together, so that what is"
        " new and what is gone are there, too."
    )
    return Flame(report.difference, "difference"), Lines((Words(said, "faint"),))


def _lists(report: ProfileCompareReport) -> Iterable[Section]:
    functions = report.comparison.functions
    for key, title, sign in (("more", "What takes more of the work", 1), ("less", "What takes less of the work", -1)):
        rows = [one for one in functions if sign * _leading(one).difference >= LEAST_SHARE]
        rows.sort(key=_by_change)
        table = Table(
            CHANGE_COLUMNS,
            tuple(_row(report, one) for one in rows[:PAGE_LISTED]),
            legend=LEGEND,
            dense=True,
            most=LISTED,
            rest=_rest(len(rows) - LISTED),
            name=title,
            keys=tuple(map(_keys, rows[:PAGE_LISTED])),
        )
        said = f"{units.count(min(len(rows), PAGE_LISTED))} of {units.count(len(rows))} are listed." if rows else "None."
        yield Section(key, title, (Only((Lines((Words(said, "faint"),)),)), table) if rows else (Lines((said,)),))


def _by_change(change: FunctionChange) -> tuple[bool, float, float]:
    """Sort key: what got better or worse first, then what moved most."""
    return change.verdict not in ("better", "worse"), -abs(change.own.difference), -abs(change.total.difference)


def _leading(change: FunctionChange) -> SharePair:
    """By which a function is in a list: its own share, or the total if that is what changed."""
    return change.own if abs(change.own.difference) >= LEAST_SHARE or change.by == "own" else change.total


def _rest(count: int) -> Said:
    return Words(f"{units.count(count)} more (-o FILE.html has them)", "faint") if count > 0 else ""


def _row(report: ProfileCompareReport, change: FunctionChange) -> tuple[Said, ...]:
    frame = report.difference.frames[change.frame]
    return (
        Words(VERDICT_TITLES[change.verdict], VERDICT_TONES[change.verdict]),
        f"{100 * change.own.difference:+.1f}",
        _both(change.own),
        _both(change.total),
        _per_s(change.own),
        Code(frame_name(frame)),
        Code(frame_place(frame), "faint", frame_place(frame, whole=True)),
        Words(change.why, "faint"),
    )


def _keys(change: FunctionChange) -> tuple[float | None, ...]:
    """What a page sorts by: of what has two figures the one after."""
    per_s = change.own.per_s_after
    now = None if isinstance(per_s, NotKnown) else per_s
    return None, change.own.difference, change.own.after, change.total.after, now, None, None, None


def _both(pair: SharePair) -> str:
    return f"{units.percent(pair.before)} → {units.percent(pair.after)}"


def _per_s(pair: SharePair) -> str:
    if isinstance(pair.per_s_before, NotKnown) or isinstance(pair.per_s_after, NotKnown):
        return units.NO_FIGURE
    return f"{pair.per_s_before:.1f} → {pair.per_s_after:.1f}"


def _measures(comparison: ProfileComparison) -> Table:
    rows = tuple(
        (
            MEASURE_NAMES[one.measure],
            _value(one, one.before),
            _value(one, one.after),
            Words(VERDICT_TITLES[one.verdict], VERDICT_TONES[one.verdict]),
            Words(one.why, "faint"),
        )
        for one in comparison.measures
    )
    return Table(MEASURE_COLUMNS, rows, dense=True)


def _value(change: WorkChange, value: float | NotKnown) -> str:
    return units.duration(value) if change.measure == "work_ms" else units.percent(value)
