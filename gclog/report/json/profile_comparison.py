"""A comparison of CPU profiles as JSON, format 1: `{"format": 1, "gclog": version, "profile_comparison": {...}}`.

Shares are of the work, 0 to 1; `per_s_*` are ms of CPU in each second. The functions that changed most are listed; `functions_total`
says how many there are.
"""

from __future__ import annotations

from gclog.model.profile import Frame
from gclog.model.profile_comparison import ComparedProfiles, FunctionChange, ProfileCompareReport, ProfileComparison
from gclog.report.json.values import FORMAT, Json, Shape, Shapes, fields_of, plain, write_json
from gclog.report.say import profile_comparison as wording

__all__ = ["FUNCTIONS_AT_MOST", "render_profile_comparison_json"]

FUNCTIONS_AT_MOST = 500


def render_profile_comparison_json(report: ProfileCompareReport) -> str:
    """The comparison as one JSON document, ASCII only."""
    found: Json = plain(report.comparison, _SHAPES)
    found["answer"] = wording.answer(report)
    functions = report.comparison.functions[:FUNCTIONS_AT_MOST]
    found["functions"] = [_function(report.difference.frames[one.frame], one) for one in functions]
    order = ("overall", "answer", "before", "after", "unit", "measures", "functions_total", "functions")
    document = {key: found[key] for key in dict.fromkeys((*order, *found))}
    return write_json({"format": FORMAT, "gclog": report.version, "profile_comparison": plain(document, _SHAPES)})


def _function(frame: Frame, change: FunctionChange) -> Json:
    name = {key: getattr(frame, key) for key in ("name", "kind", "script", "line", "column", "category", "package", "library")}
    return {**name, **fields_of(change)}


_SHAPES: Shapes = {
    ProfileComparison: Shape(
        left_out=("functions",), made={"functions_total": lambda one: len(one.functions), "notes": wording.notes}
    ),
    ComparedProfiles: Shape(first=("words", "sources", "node")),
}
