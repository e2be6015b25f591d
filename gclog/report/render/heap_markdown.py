"""Heap snapshots as Markdown: for an issue, an incident's notes, a chat."""

from __future__ import annotations

from gclog.model.heap import Grower, HeapDiff
from gclog.report.render.markdown_escape import as_code, as_fence, as_table, as_text
from gclog.report.say import heap as wording

__all__ = ["render_heap_markdown"]

LINE_LENGTH = 160


def render_heap_markdown(diff: HeapDiff, version: str) -> str:
    """The answer, the growers with their paths, a table, notes."""
    titles = wording.columns(diff.method)
    rows = [
        (f"**{as_code(row.name)}**" if row.grows else as_code(row.name), *map(as_text, row.cells))
        for row in wording.class_rows(diff)
    ]
    lines = [*wording.snapshot_lines(diff), f"compared: {wording.METHODS[diff.method]}", wording.legend(diff.method)]
    lines += [f"grew at first, then stopped: {line}" for line in wording.steadied(diff)]
    lines += [*diff.notes, f"gclog {version}"]
    parts = [
        f"**What grows**: {as_text(wording.answer(diff))}",
        *(part for grower in diff.growers for part in _grower(grower)),
        as_table(("constructor", *titles), rows, right=range(1, len(titles) + 1)),
        "\n".join(f"- {as_text(line)}" for line in lines),
    ]
    return "\n\n".join(parts) + "\n"


def _grower(grower: Grower) -> list[str]:
    parts = [f"**{as_text(wording.title(grower))}**"]
    known = wording.details(grower)
    if known:
        parts.append("\n".join(f"- {as_text(line)}" for line in known))
    if grower.path:
        parts.append(as_fence(wording.path_lines(grower.path), LINE_LENGTH))
    return parts
