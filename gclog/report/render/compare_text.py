"""A comparison for a terminal, by rich: the answer first, then the table of changes, then what was compared and how."""

from __future__ import annotations

from collections.abc import Iterable

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from gclog.model.comparison import CompareReport, Overall, Verdict
from gclog.report.render.text_parts import grid, heading, indented, log_text, print_parts
from gclog.report.say import comparison as wording
from gclog.report.say.process import LEVEL_TITLES

__all__ = ["render_compare_text"]

WIDTH, LEAST_WIDTH = 100, 72
"""Columns without a terminal to ask; narrower than the least, the table would be a word a line."""

OVERALL_STYLES: dict[Overall, str] = {
    "better": "bold green",
    "worse": "bold red",
    "mixed": "bold yellow",
    "same": "bold",
    "cannot-say": "bold",
}
VERDICT_STYLES: dict[Verdict, str] = {"better": "green", "worse": "red", "same": "", "cannot-say": "dim"}


def render_compare_text(report: CompareReport, *, width: int = WIDTH, colour: bool = False, unicode: bool = True) -> str:
    """The comparison as text, lines of at most `width` columns.

    colour   with ANSI colours (the sixteen that follow the terminal's theme)
    unicode  the output can carry characters beyond ASCII
    """
    return print_parts(_parts(report), width=max(width, LEAST_WIDTH), colour=colour, unicode=unicode)


def _parts(report: CompareReport) -> Iterable[RenderableType]:
    comparison = report.comparison
    style = OVERALL_STYLES[comparison.overall]
    headline = Text(overflow="fold")
    headline.append(f" {wording.OVERALL_TITLES[comparison.overall]} ", style=f"{style} reverse")
    headline.append(" ")
    headline.append(log_text(wording.answer(comparison), style))
    yield headline
    yield Text()
    yield indented(_sides(report))
    yield heading("Changes")
    yield indented(_changes(report))
    yield from _reasons(report)
    yield heading("Before you believe it")
    for note in wording.notes(comparison):
        yield _bullet(note)
    yield Text()
    yield log_text(f"gclog {report.version}", "dim")


def _bullet(text: str) -> Table:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(no_wrap=True)
    grid.add_row(Text("  -"), log_text(text))
    return grid


def _sides(report: CompareReport) -> Table:
    comparison = report.comparison
    level = comparison.level
    return grid(
        [
            (
                Text("Before", style="bold"),
                Text(LEVEL_TITLES[level.before]),
                log_text(wording.side_sentence(comparison.before)),
            ),
            (Text("After", style="bold"), Text(LEVEL_TITLES[level.after]), log_text(wording.side_sentence(comparison.after))),
            (
                Text("Verdict"),
                Text(wording.VERDICT_TITLES[level.verdict], style=VERDICT_STYLES[level.verdict]),
                log_text(level.why),
            ),
            (Text("Compared"), Text(), log_text(wording.stretch_sentence(comparison))),
        ]
    )


def _changes(report: CompareReport) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), header_style="bold")
    table.add_column("Measure", overflow="fold")
    for title in ("Before", "After", "Change"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("90 % interval", justify="right", overflow="fold")
    table.add_column("Verdict", no_wrap=True)
    for row in wording.change_rows(report.comparison):
        style = VERDICT_STYLES[row.verdict]
        table.add_row(
            Text(row.name, style="bold" if row.primary else ""),
            Text(row.before),
            Text(row.after),
            Text(row.change),
            Text(row.interval),
            Text(wording.VERDICT_TITLES[row.verdict], style=style),
        )
    return table


def _reasons(report: CompareReport) -> Iterable[RenderableType]:
    """Why it cannot be said, each reason once."""
    by_reason: dict[str, list[str]] = {}
    for row in wording.change_rows(report.comparison):
        if row.verdict == "cannot-say":
            by_reason.setdefault(row.why, []).append(row.name)
    if by_reason:
        yield heading("What cannot be said, and why")
    for reason, names in by_reason.items():
        yield _bullet(f"{', '.join(names)}: {reason}")
