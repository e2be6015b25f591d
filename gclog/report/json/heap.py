"""Heap snapshots as JSON, format 1: within a format keys are added, never renamed or removed.

`{"format": 1, "gclog": version, "heap": {...}}`. Sizes are bytes; a figure that cannot be given is `{"reason": ...}`.
"""

from __future__ import annotations

from gclog.model.heap import ClassGrowth, Grower, HeapDiff, Holder, InPlace, PathStep
from gclog.report.json.values import FORMAT, Shape, Shapes, plain, write_json
from gclog.report.say.heap_sentences import answer

__all__ = ["GROWS_SHAPES", "render_heap_json"]

_CLASS = Shape(
    first=("name", "snapshots", "count_change", "shallow_change_bytes", "retained_change_bytes"),
    renamed={"figures": "snapshots"},
    left_out=("outer_bytes",),
    made={
        "count_change": lambda one: one.count_change,
        "shallow_change_bytes": lambda one: one.shallow_change,
        "retained_change_bytes": lambda one: one.retained_change,
        "grown_bytes": lambda one: round(one.outer_bytes),
        "each_time": lambda one: one.each_time,
    },
)
_GROWER_KEYS = ("name", "example_id", "defined", "properties", "holder", "path")
_DIFF_KEYS = ("answer", "method", "snapshots", "lead", "growers", "in_place", "classes", "notes")

_HOLDERS: Shapes = {
    PathStep: Shape(if_any=("times", "span")),
    Holder: Shape(if_any=("of",), left_out=("is_of_runtime",)),
    InPlace: Shape(
        first=("name", "id", "retained_bytes", "own_bytes", "is_replaced", "contents", "holder", "keeper", "path"),
        if_any=("keeper", "others"),
    ),
}

HEAP_SHAPES: Shapes = {
    **_HOLDERS,
    ClassGrowth: _CLASS,
    Grower: Shape(
        first=_GROWER_KEYS,
        if_any=("keeper", "allocated", "others"),
        left_out=("growth",),
        made={"name": lambda one: one.growth.name},
    ),
    HeapDiff: Shape(first=_DIFF_KEYS, made={"answer": answer}),
}

GROWS_SHAPES: Shapes = {
    **_HOLDERS,
    ClassGrowth: _CLASS,
    Grower: Shape(
        if_any=("keeper", "allocated", "others"),
        first=(*_CLASS.first, "new", "gone", "stayed", "stayed_bytes", "grown_bytes", "each_time", *_GROWER_KEYS[1:]),
        merged=("growth",),
    ),
    HeapDiff: Shape(first=_DIFF_KEYS, left_out=("classes",), made={"answer": answer}),
}
"""The shapes of `what_grows` in a process's report: only the growers, each with its figures and its path."""


def render_heap_json(diff: HeapDiff, version: str) -> str:
    """The snapshots as one JSON document, ASCII only."""
    return write_json({"format": FORMAT, "gclog": version, "heap": plain(diff, HEAP_SHAPES)})
