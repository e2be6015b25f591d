"""Heap snapshots as JSON, format 1: built field by field; keys are added, never renamed or removed, within a format.

`{"format": 1, "gclog": version, "heap": {...}}`. Sizes are bytes; a figure that cannot be given is `{"reason": ...}`.
"""

from __future__ import annotations

import json

from gclog.model.heap import ClassFigures, ClassGrowth, Grower, HeapDiff, Holder, SnapshotFigures
from gclog.model.not_known import NotKnown
from gclog.report.json.values import Json, number
from gclog.report.say import heap as wording

__all__ = ["FORMAT", "grows_json", "render_heap_json"]

FORMAT = 1


def render_heap_json(diff: HeapDiff, version: str) -> str:
    """The snapshots as one JSON document, ASCII only."""
    heap = {
        "answer": _whole(wording.answer(diff)),
        "method": diff.method,
        "snapshots": [_snapshot(one) for one in diff.snapshots],
        "growers": [_grower(one) for one in diff.growers],
        "classes": [_class(one) for one in diff.classes],
        "notes": [_whole(note) for note in diff.notes],
    }
    return json.dumps({"format": FORMAT, "gclog": version, "heap": heap}, indent=2, allow_nan=False, ensure_ascii=True) + "\n"


def grows_json(diff: HeapDiff) -> Json:
    """What grows, for a report: the growers alone, each with its figures and its path."""
    return {
        "answer": _whole(wording.answer(diff)),
        "method": diff.method,
        "snapshots": [_snapshot(one) for one in diff.snapshots],
        "growers": [_class(one.growth) | _grower(one) for one in diff.growers],
        "notes": [_whole(note) for note in diff.notes],
    }


def _snapshot(one: SnapshotFigures) -> Json:
    return {
        "name": _whole(one.name),
        "nodes": one.nodes,
        "edges": one.edges,
        "declared_nodes": one.declared_nodes,
        "total_bytes": one.total_bytes,
        "missing": one.missing,
        "notes": [_whole(note) for note in one.notes],
    }


def _grower(one: Grower) -> Json:
    return {
        "name": _whole(one.growth.name),
        "example_id": one.example_id,
        "defined": _whole(one.defined),
        "properties": [_whole(name) for name in one.properties],
        "holder": _holder(one.holder),
        "path": [{"edge": _whole(s.edge), "kind": s.kind, "name": _whole(s.name), "id": s.id} for s in one.path],
    }


def _holder(holder: Holder | NotKnown) -> Json:
    match holder:
        case Holder(name=name, constructor=constructor, file=file):
            return {"name": _whole(name), "constructor": _whole(constructor), "file": _whole(file)}
        case NotKnown(reason=reason):
            return {"reason": reason}


def _class(one: ClassGrowth) -> Json:
    return {
        "name": _whole(one.name),
        "snapshots": [_figures(figures) for figures in one.figures],
        "count_change": one.count_change,
        "shallow_change_bytes": one.shallow_change,
        "retained_change_bytes": number(one.retained_change),
        "new": number(one.new),
        "gone": number(one.gone),
        "stayed": number(one.stayed),
        "stayed_bytes": number(one.stayed_bytes),
        "grown_bytes": round(one.outer_bytes),
        "each_time": one.each_time,
    }


def _figures(one: ClassFigures) -> Json:
    return {"count": one.count, "shallow_bytes": one.shallow_bytes, "retained_bytes": number(one.retained_bytes)}


def _whole(text: str) -> str:
    """Halves of surrogate pairs, which names may hold, replaced: strict decoders refuse them."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
