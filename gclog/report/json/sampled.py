"""Sampled heap profiles as JSON, format 1: within a format keys are added, never renamed or removed.

`{"format": 1, "gclog": version, "sampled_heap": {...}}`. Sizes are bytes; a figure that cannot be given is `{"reason": ...}`.
"""

from __future__ import annotations

import heapq
import operator

from gclog.model.profile import Frame
from gclog.model.report import SampledReport
from gclog.model.sampled import SampledHeap, Site
from gclog.report.json.values import FORMAT, Json, Shape, Shapes, plain, write_json
from gclog.report.say import sampled as wording

__all__ = ["SAMPLED_SHAPES", "render_sampled_json"]

SITES_AT_MOST, PATHS_AT_MOST = 200, 100
"""Sites and stacks in the document, those with most; `sites_total` and `paths_total` say how many there are."""

FUNCTION_KEYS = ("name", "script", "line", "column", "category", "package")


def _function(frame: Frame) -> Json:
    return {name: getattr(frame, name) for name in FUNCTION_KEYS}


def _paths(sampled: SampledHeap) -> list[Json]:
    most = heapq.nlargest(PATHS_AT_MOST, sampled.paths, key=lambda path: path.alive_bytes)
    return [
        {"alive_bytes": path.alive_bytes, "stack": [_function(sampled.frames[frame]) for frame in path.frames]} for path in most
    ]


SAMPLED_SHAPES: Shapes = {
    SampledHeap: Shape(
        first=("answer", "method", "profiles", "sites_total", "sites", "files", "owners", "paths_total", "paths", "notes"),
        left_out=("frames",),
        made={
            "answer": wording.answer,
            "sites_total": lambda sampled: len(sampled.sites),
            "sites": lambda sampled: sampled.sites[:SITES_AT_MOST],
            "paths_total": lambda sampled: len(sampled.paths),
            "paths": _paths,
        },
    ),
    Site: Shape(
        first=("name", "script", "line", "column", "category", "package", "alive_bytes", "samples", "grows"),
        left_out=("frame", "path", "caller"),
        made={
            **{name: operator.attrgetter(f"frame.{name}") for name in FUNCTION_KEYS},
            "path": lambda site: [_function(frame) for frame in site.path],
            "caller": lambda site: None if site.caller is None else _function(site.caller),
            "grows": lambda site: site.growth is not None and site.growth.grows,
        },
    ),
    SampledReport: Shape(first=("pid", "thread_id", "why"), renamed={"sampled": "sampled_heap"}),
}


def render_sampled_json(sampled: SampledHeap, version: str) -> str:
    """The profiles as one JSON document, ASCII only."""
    return write_json({"format": FORMAT, "gclog": version, "sampled_heap": plain(sampled, SAMPLED_SHAPES)})
