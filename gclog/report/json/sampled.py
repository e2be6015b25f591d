"""Sampled heap profiles as JSON, format 1: within a format keys are added, never renamed or removed.

`{"format": 1, "gclog": version, "sampled_heap": {...}}`; of several processes the first one's, and
`"sampled_heaps"` with all. Sizes are bytes; a figure that cannot be given is `{"reason": ...}`.
"""

from __future__ import annotations

import operator

from gclog.model.profile import Frame
from gclog.model.report import SampledReport
from gclog.model.sampled import SampledHeap, SampledProcess, SampledProcesses, Site
from gclog.report.json.values import FORMAT, Json, Shape, Shapes, plain, write_json
from gclog.report.say import sampled as wording

__all__ = ["SAMPLED_SHAPES", "render_sampled_json", "render_sampled_processes_json"]

SITES_AT_MOST = 200
"""Sites in the document, the first; `sites_total` says how many there are."""

FUNCTION_KEYS = ("name", "script", "line", "column", "category", "package")


def _function(frame: Frame) -> Json:
    return {name: getattr(frame, name) for name in FUNCTION_KEYS}


SITE_SHAPES: Shapes = {
    Site: Shape(
        first=(*FUNCTION_KEYS, "alive_bytes", "samples", "grows"),
        left_out=("frame", "stacks"),
        made={
            **{name: operator.attrgetter(f"frame.{name}") for name in FUNCTION_KEYS},
            "path": lambda site: [_function(frame) for frame in site.path],
            "inlined": lambda site: [_function(frame) for frame in site.inlined],
            "caller": lambda site: None if site.caller is None else _function(site.caller),
            "grows": lambda site: site.growth is not None and site.growth.grows,
        },
    ),
}


def _sites(sampled: SampledHeap) -> list[Json]:
    return [_site(site, sampled) for site in sampled.sites[:SITES_AT_MOST]]


def _site(site: Site, sampled: SampledHeap) -> Json:
    """A site with its heaviest stack, outermost function first."""
    frames = site.stacks[0].frames if site.stacks else ()
    found: Json = plain(site, SITE_SHAPES)
    return found | {"stack": [_function(sampled.frames[frame]) for frame in frames]}


SAMPLED_SHAPES: Shapes = {
    SampledHeap: Shape(
        first=("answer", "method", "profiles", "sites_total", "sites", "files", "owners", "notes"),
        left_out=("frames", "paths"),
        made={
            "answer": wording.answer,
            "sites_total": lambda sampled: len(sampled.sites),
            "sites": _sites,
        },
    ),
    SampledReport: Shape(first=("pid", "thread_id", "why"), renamed={"sampled": "sampled_heap"}),
    SampledProcess: Shape(first=("pid", "thread_id"), renamed={"sampled": "sampled_heap"}),
}


def render_sampled_json(sampled: SampledHeap, version: str) -> str:
    """The profiles as one JSON document, ASCII only."""
    return write_json({"format": FORMAT, "gclog": version, "sampled_heap": plain(sampled, SAMPLED_SHAPES)})


def render_sampled_processes_json(sampled: SampledProcesses, version: str) -> str:
    """The profiles of several processes as one JSON document, ASCII only."""
    heaps = [plain(process, SAMPLED_SHAPES) for process in sampled.processes]
    return write_json({"format": FORMAT, "gclog": version, "sampled_heap": heaps[0]["sampled_heap"], "sampled_heaps": heaps})
