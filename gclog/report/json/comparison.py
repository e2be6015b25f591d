"""A comparison as JSON, format 1: built field by field; keys are added, never renamed or removed, within a format.

`{"format": 1, "gclog": version, "comparison": {...}}`. Units are in names or in `unit`; a figure that cannot be given is
`{"reason": ...}`; an infinite one is null.
"""

from __future__ import annotations

import json

from gclog.model.comparison import Change, ComparedProcess, ComparedSide, CompareReport, Comparison
from gclog.report.json.values import Json, number
from gclog.report.say import comparison as wording

__all__ = ["FORMAT", "render_compare_json"]

FORMAT = 1


def render_compare_json(report: CompareReport) -> str:
    """The comparison as one JSON document, ASCII only."""
    document = {"format": FORMAT, "gclog": report.version, "comparison": _comparison(report.comparison)}
    return json.dumps(document, indent=2, allow_nan=False, ensure_ascii=True) + "\n"


def _comparison(comparison: Comparison) -> Json:
    return {
        "overall": comparison.overall,
        "answer": _whole(wording.answer(comparison)),
        "before": _side(comparison.before),
        "after": _side(comparison.after),
        "level": {
            "before": comparison.level.before,
            "after": comparison.level.after,
            "verdict": comparison.level.verdict,
            "why": comparison.level.why,
        },
        "changes": [_change(change) for change in comparison.changes],
        "stretch": {
            "warm_up_ms": number(comparison.warm_up_ms),
            "span_ms": number(comparison.span_ms),
            "same_age": comparison.same_age,
        },
        "judged": comparison.judged,
        "notes": [_whole(note) for note in wording.notes(comparison)],
    }


def _side(side: ComparedSide) -> Json:
    return {
        "words": [_whole(word) for word in side.words],
        "node": side.node,
        "processes": [_process(process) for process in side.processes],
        "set_aside": side.set_aside,
    }


def _process(process: ComparedProcess) -> Json:
    return {
        "source": _whole(process.source),
        "pid": process.pid,
        "isolate": process.isolate,
        "run": process.run,
        "node": process.node,
        "level": process.level,
        "first_ms": number(process.first_ms),
        "last_ms": number(process.last_ms),
        "collections": process.collections,
        "fulls": process.fulls,
    }


def _change(change: Change) -> Json:
    return {
        "measure": change.measure,
        "collector": change.collector,
        "unit": change.unit,
        "before": number(change.before),
        "after": number(change.after),
        "scale": change.scale,
        "ratio": number(change.ratio),
        "low": number(change.low),
        "high": number(change.high),
        "difference": number(change.difference),
        "difference_low": number(change.difference_low),
        "difference_high": number(change.difference_high),
        "verdict": change.verdict,
        "why": change.why,
        "primary": change.primary,
    }


def _whole(text: str) -> str:
    """Halves of surrogate pairs, which the name of a file may hold, replaced: strict decoders refuse them."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
