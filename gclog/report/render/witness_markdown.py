"""The sections of other witnesses, in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gclog.model.heap import HeapDiff
from gclog.model.report import ProcessReport
from gclog.report.render.markdown_escape import as_code, as_fence, as_table, as_text
from gclog.report.say import heap as heap_wording
from gclog.report.say.figures import Figure
from gclog.report.say.witness import memory_figures, report_figures

__all__ = ["grows_markdown", "witness_markdown"]


GROWERS_SHOWN = 3
PATH_LENGTH = 160


def witness_markdown(process: ProcessReport) -> Iterator[str]:
    """Blocks for memory as the program printed it, and for its diagnostic reports."""
    rows = memory_figures(process)
    if rows:
        yield "### Memory of the process"
        yield _table(rows)
    for report in process.reported:
        yield f"### Diagnostic report {as_code(report.path)}"
        yield _table(report_figures(report))


def grows_markdown(diff: HeapDiff | None, title: str = "") -> Iterator[str]:
    """Blocks for what grows, by heap snapshots. `title`: of snapshots that are of no process."""
    if diff is None:
        return
    yield f"### {as_text(title) or heap_wording.HEADINGS[diff.method]}"
    if not diff.growers:
        yield f"{as_text(heap_wording.answer(diff))}."
    for grower in diff.growers[:GROWERS_SHOWN]:
        yield f"**{as_text(heap_wording.say_grower(diff, grower))}**"
        known = heap_wording.details(grower)
        if known:
            yield "\n".join(f"- {as_text(line)}" for line in known)
        if grower.path:
            yield as_fence(heap_wording.path_lines(grower.path), PATH_LENGTH)
    lines = [*heap_wording.snapshot_lines(diff), f"compared: {heap_wording.METHODS[diff.method]}", *diff.notes]
    yield "\n".join(f"- {as_text(line)}" for line in lines)


def _table(rows: Iterable[Figure]) -> str:
    return as_table(("", "Figure", "Note"), [(as_text(row.label), as_text(row.value), as_text(row.note)) for row in rows])
