"""A fleet for a terminal, by rich: how it is, the ranking, who stands out, the groups, and what could not be analysed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from gclog import units
from gclog.model.fleet import FleetReport, FleetRow
from gclog.report.render.text import STYLES
from gclog.report.render.text_parts import heading, indented, log_text, print_parts
from gclog.report.say import fleet as wording
from gclog.report.say.process import LEVEL_TITLES, LEVEL_TONES

__all__ = ["render_fleet_text"]

WIDTH, LEAST_WIDTH = 100, 72
"""Columns without a terminal to ask; narrower than the least, the tables would be a word a line."""

TOP_ROWS, TOP_OUTLIERS, TOP_GROUPS, TOP_FAILED = 20, 10, 10, 10
"""Shown at most; the table (`-o fleet.csv`) has all."""

HEADLINES = 5
"""Processes whose verdict is told in words."""


def render_fleet_text(report: FleetReport, *, width: int = WIDTH, colour: bool = False, unicode: bool = True) -> str:
    """The fleet as text, lines of at most `width` columns.

    colour   with ANSI colours (the sixteen that follow the terminal's theme)
    unicode  the output can carry characters beyond ASCII
    """
    return print_parts(_parts(report), width=max(width, LEAST_WIDTH), colour=colour, unicode=unicode)


def _parts(report: FleetReport) -> Iterable[RenderableType]:
    yield log_text(wording.answer(report), "bold")
    counts = Text("  ", overflow="fold")
    for level, count in wording.level_counts(report.rows):
        counts.append(f" {LEVEL_TITLES[level]} {units.count(count)} ", style=STYLES[LEVEL_TONES[level]])
    if report.rows:
        yield counts
    for note in wording.notes(report):
        yield _bullet(note)
    if report.rows:
        yield heading(_of("Ranking", TOP_ROWS, len(report.rows)))
        yield indented(_ranking(report.rows[:TOP_ROWS]))
    if report.outliers:
        yield heading(_of("Standing out against the fleet", TOP_OUTLIERS, len(report.outliers)))
        for outlier in report.outliers[:TOP_OUTLIERS]:
            yield _bullet(f"{wording.process_of(outlier.pid, outlier.source)}: {wording.outlier_sentence(outlier)}")
    yield from _groups(report)
    if report.failed:
        yield heading(_of("Not analysed", TOP_FAILED, len(report.failed)))
        for one in report.failed[:TOP_FAILED]:
            yield _bullet(one.error.split("\n")[0])
    yield Text()
    yield log_text(f"gclog {report.version}", "dim")


def _of(title: str, most: int, count: int) -> str:
    return f"{title} (the first {most} of {units.count(count)})" if count > most else title


def _bullet(text: str) -> Table:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(no_wrap=True)
    grid.add_row(Text("  -"), log_text(text))
    return grid


def _ranking(rows: Sequence[FleetRow]) -> Table:
    """Names of logs are long: each process has a line for who it is, and one for its figures; the first, its verdict too."""
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for place, row in enumerate(rows, 1):
        said = log_text(wording.process_of(row.pid, row.source), "bold")
        if place <= HEADLINES:
            said = Text("\n").join([said, log_text(row.headline)])
        figures = zip(wording.FIGURE_TITLES, wording.row_figures(row), strict=True)
        known = [f"{title} {figure}" for title, figure in figures if figure != units.NO_FIGURE]
        said = Text("\n").join([said, Text(" · ".join(known), style="dim"), *(log_text(f"note: {note}") for note in row.notes)])
        table.add_row(Text(str(place)), Text(row.level, style=STYLES[LEVEL_TONES[row.level]]), said)
    return table


def _groups(report: FleetReport) -> Iterable[RenderableType]:
    for by, title in wording.GROUP_TITLES.items():
        groups = [group for group in report.groups if group.by == by]
        if not groups:
            continue
        yield heading(_of(title, TOP_GROUPS, len(groups)))
        table = _table("", "Levels", "Processes", "Outliers", "GC", "p99", "Live", "Trend")
        for group in groups[:TOP_GROUPS]:
            table.add_row(
                log_text(group.name),
                log_text(wording.group_levels(group)),
                Text(units.count(group.processes)),
                Text(units.count(group.outliers)),
                Text(units.percent(group.median_share)),
                Text(units.duration(group.median_p99_ms)),
                Text(units.mb(group.median_live_mb)),
                Text(units.rate_mb_per_h(group.median_trend_mb_per_h)),
            )
        yield indented(table)


def _table(first: str, second: str, *numbers: str) -> Table:
    """Two columns of text, the others of figures."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), header_style="bold")
    table.add_column(first, overflow="fold")
    table.add_column(second, overflow="fold", ratio=1)
    for title in numbers:
        table.add_column(title, justify="right", overflow="fold")
    return table
