"""A comparison as Markdown: for a pull request, an incident's notes, a chat."""

from __future__ import annotations

from gclog.model.comparison import CompareReport
from gclog.report.render.markdown_escape import as_table, as_text
from gclog.report.say import comparison as wording
from gclog.report.say.process import LEVEL_TITLES
from gclog.units import NO_FIGURE

__all__ = ["render_compare_markdown"]

TITLES = ("measure", "before", "after", "change", "90 % interval", "verdict")


def render_compare_markdown(report: CompareReport) -> str:
    """The answer, a table and notes."""
    comparison = report.comparison
    level = comparison.level
    rows: list[tuple[str, ...]] = [
        (
            _name("verdict", True),
            LEVEL_TITLES[level.before],
            LEVEL_TITLES[level.after],
            NO_FIGURE,
            NO_FIGURE,
            _verdict(wording.VERDICT_TITLES[level.verdict]),
        )
    ]
    for row in wording.change_rows(comparison):
        figures = (as_text(cell) for cell in (row.before, row.after, row.change, row.interval))
        rows.append((_name(row.name, row.primary), *figures, _verdict(wording.VERDICT_TITLES[row.verdict])))
    lines = [
        f"before: {wording.side_sentence(comparison.before)}",
        f"after: {wording.side_sentence(comparison.after)}",
        f"compared: {wording.stretch_sentence(comparison)}",
        *wording.notes(comparison),
        f"gclog {report.version}",
    ]
    parts = [
        f"**{wording.OVERALL_TITLES[comparison.overall]}**: {as_text(wording.answer(comparison))}",
        as_table(TITLES, rows, right=(1, 2, 3, 4)),
        "\n".join(f"- {as_text(line)}" for line in lines),
    ]
    return "\n\n".join(parts) + "\n"


def _name(name: str, primary: bool) -> str:
    return f"**{as_text(name)}**" if primary else as_text(name)


def _verdict(title: str) -> str:
    return f"**{title}**" if title in ("better", "worse") else title
