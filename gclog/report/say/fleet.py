"""What is said of a fleet, and as a document: how it is, the ranking, who stands out, the groups, and what could not be analysed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gclog import units
from gclog.model.fleet import FleetGroup, FleetReport, FleetRow, Measure, Outlier
from gclog.model.not_known import NotKnown
from gclog.model.verdict import LEVELS, Level
from gclog.report.document import Badge, Block, Bullets, Column, Document, Lines, Ranked, Ranking, Section, Table, Words
from gclog.report.say.process import LEVEL_TITLES, LEVEL_TONES

__all__ = ["document_of"]

MEASURE_NAMES: dict[Measure, str] = {
    "share": "GC share",
    "trend_mb_per_h": "trend of the live set",
    "p99_ms": "99th percentile of pauses",
    "alloc_mb_per_s": "allocation",
}

FIGURE_TITLES = ("left", "live", "of limit", "trend", "GC", "p99")

GROUP_TITLES = {"node": "By Node version (as far as the form of the lines tells)", "host": "By host"}

MOST_RANKED, MOST_NAMED = 20, 10
"""Processes in a ranking for a terminal or a ticket; outliers, groups and failed logs there."""

HOW_OUTLIERS = "Held against the median of the same Node version, in median absolute deviations (Iglewicz and Hoaglin, 1993)."

IN_DANGER: frozenset[Level] = frozenset(("impending", "critical", "exhausted"))


def document_of(report: FleetReport) -> Document:
    """The fleet: those at risk first, then who stands out and where."""
    return Document(
        answer=Words(_answer(report), "strong"),
        head=tuple(_head(report)),
        sections=tuple(_sections(report)),
        version=report.version,
        name="fleet",
        subject=" ".join(report.words),
    )


def _head(report: FleetReport) -> Iterable[Block]:
    counts = _level_counts(report.rows)
    if counts:
        yield Lines(
            (tuple(Badge(f"{LEVEL_TITLES[level]} {units.count(count)}", LEVEL_TONES[level]) for level, count in counts),)
        )
    if notes := _notes(report):
        yield Bullets(tuple(notes))


def _sections(report: FleetReport) -> Iterable[Section]:
    if report.rows:
        yield Section("ranking", "Ranking", (_ranking(report.rows),))
    if report.outliers:
        sentences = (f"{_process_of(one.pid, one.source)}: {_outlier_sentence(one)}" for one in report.outliers)
        how = Lines((Words(HOW_OUTLIERS, "faint"),), not_in=("text",))
        yield Section("outliers", "Standing out against the fleet", (Bullets(tuple(sentences), MOST_NAMED), how))
    by_title = ((title, [group for group in report.groups if group.by == by]) for by, title in GROUP_TITLES.items())
    for number, (title, groups) in enumerate(((title, groups) for title, groups in by_title if groups), 1):
        yield Section(f"groups-{number}", title, (Table(GROUP_COLUMNS, tuple(map(_group_cells, groups)), most=MOST_NAMED),))
    if report.failed:
        errors = (one.error.split("\n")[0] for one in report.failed)
        yield Section("failed", "Not analysed", (Bullets(tuple(errors), MOST_NAMED),))


def _ranking(rows: Sequence[FleetRow]) -> Ranking:
    ranked = (
        Ranked(
            _process_of(row.pid, row.source),
            Badge(LEVEL_TITLES[row.level], LEVEL_TONES[row.level]),
            (row.host or units.NO_FIGURE, row.node),
            _row_figures(row),
            _headline(row),
            row.notes,
        )
        for row in rows
    )
    where = "the table (`-o fleet.csv`) has all"
    return Ranking("Process", ("Host", "Node"), FIGURE_TITLES, tuple(ranked), MOST_RANKED, where)


GROUP_COLUMNS = (
    Column("Group", wraps=True),
    Column("Levels", wraps=True),
    *(Column(title, figures=True, wraps=True) for title in ("Processes", "Outliers", "GC", "p99", "Live", "Trend")),
)


def _group_cells(group: FleetGroup) -> tuple[str, ...]:
    return (
        group.name,
        _group_levels(group),
        units.count(group.processes),
        units.count(group.outliers),
        units.percent(group.median_share),
        units.duration(group.median_p99_ms),
        units.mb(group.median_live_mb),
        units.rate_mb_per_h(group.median_trend_mb_per_h),
    )


# ---------------------------------------------------------------- sentences


def _answer(report: FleetReport) -> str:
    """The fleet in one sentence."""
    danger = sum(row.level in IN_DANGER for row in report.rows)
    dead = sum(row.crash is not None for row in report.rows)
    if not report.rows:
        return f"No process could be judged: none of {_logs(report.read)} was a GC log."
    processes = f"{units.count(len(report.rows))} {'process' if len(report.rows) == 1 else 'processes'}"
    if not danger and not dead:
        return f"None of {processes} is near the end of its heap."
    died = f"; {units.count(dead)} died" if dead else ""
    return f"{units.count(danger)} of {processes} out of heap or about to be{died}."


def _level_counts(rows: Sequence[FleetRow]) -> list[tuple[Level, int]]:
    """How many processes are at each level, the most severe first; levels without any are left out."""
    counts = [(level, sum(row.level == level for row in rows)) for level in reversed(LEVELS)]
    return [(level, count) for level, count in counts if count]


def _process_of(pid: int | None, source: str) -> str:
    """Who a row is about."""
    return source if pid is None else f"{source} (pid {pid})"


def _headline(row: FleetRow) -> str:
    """Its verdict, with the call site that grows, which a verdict names only if the heap is the matter."""
    if row.site is None or not row.site_grows or row.site in row.headline:
        return row.headline
    return f"{row.headline.removesuffix('.')}; what {row.site} allocated grows from profile to profile, {units.mb(row.site_mb)} now."


def _row_figures(row: FleetRow) -> tuple[str, ...]:
    """Time left, live set, share of the limit, trend, GC share, 99th percentile: as FIGURE_TITLES has them."""
    return (
        units.duration(row.left_ms),
        units.mb(row.live_mb),
        units.percent(row.live_share),
        units.rate_mb_per_h(row.trend_mb_per_h),
        units.percent(row.share),
        units.duration(row.p99_ms),
    )


def _outlier_figure(measure: Measure, value: float) -> str:
    """A value of a measure with its unit."""
    match measure:
        case "share":
            return units.percent(value)
        case "trend_mb_per_h":
            return units.rate_mb_per_h(value)
        case "p99_ms":
            return units.duration(value)
        case "alloc_mb_per_s":
            return units.rate_mb_per_s(value)


def _outlier_sentence(outlier: Outlier) -> str:
    """How a process stands out."""
    usual = outlier.usual
    value, median = _outlier_figure(usual.measure, outlier.value), _outlier_figure(usual.measure, usual.median)
    return f"{MEASURE_NAMES[usual.measure]} {value}, where {median} is usual among {usual.count} of Node {usual.group}"


def _group_levels(group: FleetGroup) -> str:
    """`3 exhausted, 40 ok, 1 log failed`."""
    said = [f"{units.count(count)} {LEVEL_TITLES[level].lower()}" for level, count in group.levels.items()]
    return ", ".join([*said, f"{_logs(group.failed)} failed"] if group.failed else said)


def _notes(report: FleetReport) -> list[str]:
    """What a reader has to know of how the figures came about."""
    said = []
    if report.stopped:
        left = report.logs - report.read
        said.append(f"Stopped before the end: {_logs(left)} of {units.count(report.logs)} not read")
    if report.files > report.logs:
        said.append(f"{units.count(report.files)} files, of which those that are one rotated log are read as one")
    if report.profiles:
        known = sum(row.site is not None for row in report.rows)
        of = "1 process" if known == 1 else f"{units.count(known) if known else 'none'} of the processes"
        said.append(f"{units.several(report.profiles, 'sampled heap profile')} beside the logs: a call site stands out in {of}")
    if report.failed:
        said.append(
            f"{_logs(len(report.failed))} could not be analysed, and {'is' if len(report.failed) == 1 else 'are'} named below"
        )
    if report.workers_lost:
        one = report.workers_lost == 1
        workers = "1 worker was" if one else f"{units.count(report.workers_lost)} workers were"
        said.append(f"{workers} lost on the way; {'its' if one else 'their'} logs were given to others")
    if any(not isinstance(row.left_high_ms, NotKnown) and row.left_high_ms == float("inf") for row in report.rows):
        said.append("Where growth may also stop, the time left is the expected one on the current trend")
    if report.rows and not report.yardsticks:
        said.append("No outliers are sought: each Node version has too few processes")
    return said


def _logs(count: int) -> str:
    return f"{units.count(count)} {'log' if count == 1 else 'logs'}"
