"""A profile as JSON, format 1. Ticks are whole numbers, shares 0..1 of the ticks that were counted; lists and trees are bounded.

What a list or a tree leaves out is given beside it (`top_total`, `top_other_self_ticks`, `other_ticks` of a node,
`committed_total`), so that the ticks add up in every view.
"""

from __future__ import annotations

import heapq
import itertools

from gclog.model.not_known import NotKnown
from gclog.model.profile import (
    STATES,
    AllocationWindow,
    CallNode,
    FlatRow,
    Frame,
    GcJoin,
    HeapPoint,
    JoinedPause,
    Profile,
    StateSlice,
    Summary,
)
from gclog.model.profile_views import PlaceTicks
from gclog.model.report import ProfileReport
from gclog.profile.places import ticks_by_package, ticks_by_script
from gclog.report.draw.thinning import thin
from gclog.report.json.values import Json, Shape, Shapes, fields_of, plain
from gclog.report.say import profile as wording
from gclog.report.say.profile_rows import counted_ticks, share_of, watched_ticks
from gclog.report.say.profile_views import deopt_rows, native_rows

__all__ = ["DEEPEST", "PROFILE_SHAPES", "TOP_AT_MOST", "TREE_AT_MOST"]

TOP_AT_MOST = 200
"""Functions in the list of a profile, those with the most ticks of their own."""

TREE_AT_MOST = 150
"""Nodes of each call tree, the heaviest."""

DEEPEST = 30
"""Levels of a tree: anything deeper is recursion or a framework, and JSON readers limit nesting."""

DEOPTIMISATIONS_AT_MOST = 10
"""Of a function, the latest; `deoptimisations_total` says how many there were."""

COMMITTED_AT_MOST = 200

PAUSES_AT_MOST = 200
"""Of the joined GC log, the longest; `pauses_total` says how many there were."""

WINDOW_FUNCTIONS = 20

VIEWS = ("categories", "top_down", "bottom_up", "states", "committed")
"""Fields of a profile whose values need the whole profile: they are made by ProfileReport's shape."""


def _top_other(report: ProfileReport) -> int:
    profile = report.profile
    return counted_ticks(profile) - sum(row.self_ticks for row in profile.flat[:TOP_AT_MOST])


def _categories(report: ProfileReport) -> list[Json]:
    whole = counted_ticks(report.profile)
    return [{**fields_of(row), "self_share": share_of(row.self_ticks, whole)} for row in report.profile.categories]


def _states(report: ProfileReport) -> Json:
    return {"names": STATES, "slices": report.profile.states}


def _by_state(ticks: tuple[int, ...]) -> dict[str, int]:
    return {name: count for name, count in zip(STATES, ticks, strict=True) if count}


def _thinned(points: tuple[HeapPoint, ...]) -> list[HeapPoint]:
    return [points[i] for i in thin([point.committed_mb for point in points], COMMITTED_AT_MOST)]


def _function(profile: Profile, row: FlatRow) -> Json:
    frame, whole = profile.frames[row.frame], counted_ticks(profile)
    return {
        **_name(frame),
        "self_ticks": row.self_ticks,
        "self_share": share_of(row.self_ticks, whole),
        "total_ticks": row.total_ticks,
        "total_share": share_of(row.total_ticks, whole),
        "category": frame.category,
        "package": frame.package,
        "tag": frame.tag,
        "library": frame.library,
        "tiers": frame.tiers,
        "deoptimisations_total": len(frame.deoptimisations),
        "deoptimisations": frame.deoptimisations[-DEOPTIMISATIONS_AT_MOST:],
    }


_NAMES = ("name", "kind", "script", "line", "column")


def _name(frame: Frame) -> Json:
    return {key: getattr(frame, key) for key in _NAMES}


def _tree(profile: Profile, root: CallNode) -> Json:
    """The heaviest nodes of a tree. A node's ticks are its own, those of its children, and `other_ticks` of children left out."""
    number_of = itertools.count()
    document: Json = {"nodes_at_most": TREE_AT_MOST, "deepest": DEEPEST, **_node(root)}
    waiting: list[tuple[int, int, int, CallNode, Json]] = [(-root.total_ticks, next(number_of), 0, root, document)]
    taken = 0
    while waiting and taken < TREE_AT_MOST:
        _, _, depth, node, made = heapq.heappop(waiting)
        if node is not root:
            _attach(made, shown := {**_name(profile.frames[node.frame]), **_node(node)})
            made = shown
            taken += 1
        if depth < DEEPEST:
            for child in node.children:
                heapq.heappush(waiting, (-child.total_ticks, next(number_of), depth + 1, child, made))
    return document


def _node(node: CallNode) -> Json:
    return {
        "self_ticks": node.self_ticks,
        "total_ticks": node.total_ticks,
        "other_ticks": node.total_ticks - node.self_ticks,
        "children": [],
    }


def _attach(parent: Json, child: Json) -> None:
    parent["children"].append(child)
    parent["other_ticks"] -= child["total_ticks"]


NATIVE_AT_MOST, NATIVE_CALLS = 100, 10
"""Callers of native code, and of each what it called."""

PLACES_AT_MOST, PLACE_FUNCTIONS = 100, 10
"""Scripts, packages, and of each its functions."""


def _native(report: ProfileReport) -> Json:
    profile, rows = report.profile, native_rows(report.profile)
    whole = counted_ticks(profile)
    return {
        "callers_total": len(rows),
        "callers": [
            {
                **(_name(profile.frames[row.caller]) if row.caller is not None else dict.fromkeys(_NAMES)),
                "ticks": row.ticks,
                "share": share_of(row.ticks, whole),
                "calls": [{**_name(profile.frames[one.called]), "ticks": one.ticks} for one in row.calls[:NATIVE_CALLS]],
            }
            for row in rows[:NATIVE_AT_MOST]
        ],
    }


def _places(report: ProfileReport, rows: tuple[PlaceTicks, ...]) -> Json:
    profile, whole = report.profile, counted_ticks(report.profile)
    return {
        "total": len(rows),
        "listed": [
            {
                **fields_of(row),
                "self_share": share_of(row.self_ticks, whole),
                "total_share": share_of(row.total_ticks, whole),
                "functions_total": len(row.functions),
                "functions": [
                    {**_name(profile.frames[one.frame]), "self_ticks": one.self_ticks, "total_ticks": one.total_ticks}
                    for one in row.functions[:PLACE_FUNCTIONS]
                ],
            }
            for row in rows[:PLACES_AT_MOST]
        ],
    }


DEOPTS_AT_MOST = 200


def _deopts(report: ProfileReport) -> Json:
    rows = deopt_rows(report.profile)
    return {
        "total": sum(row.count for row in rows),
        "places": len(rows),
        "listed": [
            {**_name(report.profile.frames[row.frame]), "count": row.count, "last": row.last} for row in rows[:DEOPTS_AT_MOST]
        ],
    }


def _focus(report: ProfileReport) -> Json | None:
    focus, profile = report.focus, report.profile
    if focus is None:
        return None
    return {
        **_name(profile.frames[focus.frame]),
        "self_ticks": focus.self_ticks,
        "total_ticks": focus.total_ticks,
        "callers": _tree(profile, focus.callers),
        "callees": _tree(profile, focus.callees),
        "others": [_name(profile.frames[frame]) for frame in focus.others[:WINDOW_FUNCTIONS]],
    }


def _gc(report: ProfileReport) -> Json | NotKnown:
    join = report.gc
    if isinstance(join, NotKnown):
        return join
    windows = [{**plain(window, _WINDOW), "functions": _suspects(report.profile, window)} for window in join.windows]
    found: Json = plain(join, _JOIN)
    return found | {"windows": windows}


def _suspects(profile: Profile, window: AllocationWindow) -> list[Json]:
    return [
        {**_name(profile.frames[row.frame]), "self_ticks": row.self_ticks, "total_ticks": row.total_ticks}
        for row in window.functions[:WINDOW_FUNCTIONS]
    ]


def _longest(pauses: tuple[JoinedPause, ...]) -> list[JoinedPause]:
    longest = heapq.nlargest(PAUSES_AT_MOST, pauses, key=lambda pause: pause.pause_ms)
    return sorted(longest, key=lambda pause: pause.at_us)


_WINDOW: Shapes = {AllocationWindow: Shape(left_out=("functions",))}
_JOIN: Shapes = {
    GcJoin: Shape(
        first=(
            *("source", "pid", "isolate", "offset_ms", "offset_why", "pause_share", "gc_ticks_in_pauses", "gc_ticks_elsewhere"),
            *("pauses_total", "pauses", "windows_why"),
        ),
        left_out=("windows",),
        made={"pauses_total": lambda join: len(join.pauses), "pauses": lambda join: _longest(join.pauses)},
    )
}

PROFILE_SHAPES: Shapes = {
    Summary: Shape(first=("javascript", "cpp", "gc")),
    StateSlice: Shape(made={"ticks": lambda part: _by_state(part.ticks)}),
    Profile: Shape(
        left_out=("source", "excluded", "unaccounted", "gc_ticks", "frames", "flat", "paths", "samples", "hot_lines", *VIEWS)
    ),
    ProfileReport: Shape(
        first=(
            *("source", "ticks", "duration_ms", "gc_share", "summary", "top", "top_total", "top_other_self_ticks", "headline"),
            *("v8_version", "node", "pid", "isolate", "counted", "lost", "interval_ms", "first_ms", "categories", "top_down"),
            *("bottom_up", "states", "committed_total", "committed", "gc", "notes", "lines", "unread_shapes"),
        ),
        merged=("profile",),
        left_out=("focus",),
        if_any=("function",),
        made={
            "gc_share": lambda report: share_of(report.profile.gc_ticks, watched_ticks(report.profile)),
            "top": lambda report: [_function(report.profile, row) for row in report.profile.flat[:TOP_AT_MOST]],
            "top_total": lambda report: len(report.profile.flat),
            "top_other_self_ticks": _top_other,
            "headline": lambda report: wording.headline(report.profile),
            "counted": lambda report: counted_ticks(report.profile),
            "categories": _categories,
            "top_down": lambda report: _tree(report.profile, report.profile.top_down),
            "bottom_up": lambda report: _tree(report.profile, report.profile.bottom_up),
            "states": _states,
            "committed_total": lambda report: len(report.profile.committed),
            "committed": lambda report: _thinned(report.profile.committed),
            "gc": _gc,
            "native": _native,
            "packages": lambda report: _places(report, ticks_by_package(report.profile)),
            "scripts": lambda report: _places(report, ticks_by_script(report.profile)),
            "hot_lines": lambda report: [
                {**_name(report.profile.frames[one.frame]), "line": one.line, "samples": one.samples}
                for one in report.profile.hot_lines[:PLACES_AT_MOST]
            ],
            "deoptimisations": _deopts,
            "function": _focus,
        },
    ),
}
