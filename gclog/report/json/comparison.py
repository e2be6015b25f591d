"""A comparison as JSON, format 1: within a format keys are added, never renamed or removed.

`{"format": 1, "gclog": version, "comparison": {...}}`. Units are in names or in `unit`; a figure that cannot be given is
`{"reason": ...}`; an infinite one is null.
"""

from __future__ import annotations

from gclog.model.comparison import ComparedSide, CompareReport, Comparison
from gclog.report.json.values import FORMAT, Json, Shape, Shapes, plain, write_json
from gclog.report.say import comparison as wording

__all__ = ["render_compare_json"]


def render_compare_json(report: CompareReport) -> str:
    """The comparison as one JSON document, ASCII only."""
    return write_json({"format": FORMAT, "gclog": report.version, "comparison": plain(report.comparison, COMPARISON_SHAPES)})


def _stretch(comparison: Comparison) -> Json:
    return {"warm_up_ms": comparison.warm_up_ms, "span_ms": comparison.span_ms, "same_age": comparison.same_age}


COMPARISON_SHAPES: Shapes = {
    Comparison: Shape(
        first=("overall", "answer", "before", "after", "level", "changes", "stretch", "judged", "notes"),
        left_out=("warm_up_ms", "span_ms", "same_age"),
        made={"answer": wording.answer, "stretch": _stretch, "notes": wording.notes},
    ),
    ComparedSide: Shape(first=("words", "node", "processes", "set_aside")),
}
