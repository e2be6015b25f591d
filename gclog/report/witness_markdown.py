"""The sections of other witnesses, in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gclog.report.markdown_text import as_code, as_table, as_text
from gclog.report.model import ProcessReport
from gclog.report.witness_wording import memory_figures, report_figures
from gclog.report.wording import Figure

__all__ = ["witness_markdown"]


def witness_markdown(process: ProcessReport) -> Iterator[str]:
    """Blocks for memory as the program printed it, and for its diagnostic reports."""
    rows = memory_figures(process)
    if rows:
        yield "### Memory of the process"
        yield _table(rows)
    for report in process.reported:
        yield f"### Diagnostic report {as_code(report.path)}"
        yield _table(report_figures(report))


def _table(rows: Iterable[Figure]) -> str:
    return as_table(("", "Figure", "Note"), [(as_text(row.label), as_text(row.value), as_text(row.note)) for row in rows])
