"""A profile as JSON, format 1. Ticks are whole numbers, shares 0..1 of the ticks that were counted; lists and trees are bounded.

What a list or a tree leaves out is said beside it: `top_total` and `top_other_self_ticks`, `other_ticks` of a node,
`committed_total`. So the ticks add up in every view.
"""

from __future__ import annotations

import heapq
import itertools

from gclog.model.not_known import NotKnown
from gclog.model.profile import STATES, CallNode, FlatRow, Frame, GcJoin, HeapPoint, JoinedPause, Profile
from gclog.model.report import ProfileReport
from gclog.report.draw.thinning import thin
from gclog.report.json.values import Json, line_counts, number, shapes
from gclog.report.say import profile as wording

__all__ = ["profile_json"]

TOP_AT_MOST = 200
"""Functions in the list of a profile, those with the most ticks of their own."""

TREE_AT_MOST = 150
"""Nodes of each call tree, the heaviest."""

DEEPEST = 30
"""Levels of a tree: what is deeper is recursion or a framework, and readers of JSON have limits of their own."""

DEOPTIMISATIONS_AT_MOST = 10
"""Of a function, the latest; `deoptimisations_total` says how many there were."""

COMMITTED_AT_MOST = 200

PAUSES_AT_MOST = 200
"""Of the joined GC log, the longest; `pauses_total` says how many there were."""

WINDOW_FUNCTIONS = 20
US_PER_MS = 1000


def profile_json(report: ProfileReport) -> Json:
    """All of it."""
    profile, summary = report.profile, report.profile.summary
    top = profile.flat[:TOP_AT_MOST]
    whole = wording.counted_ticks(profile)
    return {
        "source": report.source,
        "ticks": profile.ticks,
        "duration_ms": number(profile.duration_ms),
        "gc_share": number(wording.share_of(profile.gc_ticks, profile.ticks)),
        "summary": {
            "javascript": summary.javascript,
            "cpp": summary.cpp,
            "gc": summary.gc,
            "shared_libraries": summary.shared_libraries,
            "unaccounted": summary.unaccounted,
            "excluded": summary.excluded,
        },
        "top": [_function(profile, row) for row in top],
        "top_total": len(profile.flat),
        "top_other_self_ticks": whole - sum(row.self_ticks for row in top),
        "headline": wording.headline(profile),
        "v8_version": _text(profile.v8_version),
        "node": _text(profile.node),
        "pid": profile.pid,
        "isolate": profile.isolate,
        "counted": whole,
        "lost": profile.lost,
        "interval_ms": _us(profile.interval_us),
        "first_ms": _us(profile.first_us),
        "categories": [
            {
                "category": row.category,
                "package": row.package,
                "self_ticks": row.self_ticks,
                "self_share": number(wording.share_of(row.self_ticks, whole)),
            }
            for row in profile.categories
        ],
        "top_down": _tree(profile, profile.top_down),
        "bottom_up": _tree(profile, profile.bottom_up),
        "states": {
            "names": list(STATES),
            "slices": [{"from_ms": _us(part.from_us), "ticks": _by_state(part.ticks)} for part in profile.states],
        },
        "committed_total": len(profile.committed),
        "committed": [
            {"line": point.line, "at_ms": _us(point.at_us), "committed_mb": number(point.committed_mb)}
            for point in _thinned(profile.committed)
        ],
        "gc": _gc(report.gc, profile),
        "notes": [{"id": note.id, "text": note.text, "line": note.line} for note in profile.notes],
        "lines": line_counts(profile.lines),
        "unread_shapes": shapes(profile.unread_shapes),
    }


def _text(value: str | NotKnown) -> str | Json:
    return {"reason": value.reason} if isinstance(value, NotKnown) else value


def _us(value: float | NotKnown) -> float | Json | None:
    """Microseconds as ms."""
    return number(value if isinstance(value, NotKnown) else value / US_PER_MS)


def _by_state(ticks: tuple[int, ...]) -> dict[str, int]:
    return {name: count for name, count in zip(STATES, ticks, strict=True) if count}


def _thinned(points: tuple[HeapPoint, ...]) -> list[HeapPoint]:
    return [points[i] for i in thin([point.committed_mb for point in points], COMMITTED_AT_MOST)]


def _function(profile: Profile, row: FlatRow) -> Json:
    frame, whole = profile.frames[row.frame], wording.counted_ticks(profile)
    return {
        **_name(frame),
        "self_ticks": row.self_ticks,
        "self_share": number(wording.share_of(row.self_ticks, whole)),
        "total_ticks": row.total_ticks,
        "total_share": number(wording.share_of(row.total_ticks, whole)),
        "category": frame.category,
        "package": frame.package,
        "tag": frame.tag,
        "library": frame.library,
        "tiers": [
            {
                "tier": tier.tier,
                "marker": tier.marker,
                "self_ticks": tier.self_ticks,
                "total_ticks": tier.total_ticks,
                "code": tier.code,
            }
            for tier in frame.tiers
        ],
        "deoptimisations_total": len(frame.deoptimisations),
        "deoptimisations": [
            {
                "line": deopt.line,
                "at_ms": _us(deopt.at_us),
                "kind": deopt.kind,
                "reason": deopt.reason,
                "position": deopt.position,
            }
            for deopt in frame.deoptimisations[-DEOPTIMISATIONS_AT_MOST:]
        ],
    }


def _name(frame: Frame) -> Json:
    return {"name": frame.name, "kind": frame.kind, "script": frame.script, "line": frame.line, "column": frame.column}


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


def _gc(join: GcJoin | NotKnown, profile: Profile) -> Json:
    if isinstance(join, NotKnown):
        return {"reason": join.reason}
    return {
        "source": join.source,
        "pid": join.pid,
        "isolate": join.isolate,
        "offset_ms": _us(join.offset_us),
        "offset_why": join.offset_why,
        "pause_share": number(join.pause_share),
        "gc_ticks_in_pauses": join.gc_ticks_in_pauses,
        "gc_ticks_elsewhere": join.gc_ticks_elsewhere,
        "pauses_total": len(join.pauses),
        "pauses": [
            {
                "line": pause.line,
                "at_ms": _us(pause.at_us),
                "pause_ms": number(pause.pause_ms),
                "collector": pause.collector,
                "gc_ticks": pause.gc_ticks,
            }
            for pause in _longest(join.pauses)
        ],
        "windows_why": join.windows_why,
        "windows": [
            {
                "from_ms": _us(window.from_us),
                "to_ms": _us(window.to_us),
                "allocated_mb": number(window.allocated_mb),
                "mb_per_s": number(window.mb_per_s),
                "ticks": window.ticks,
                "functions": [
                    {**_name(profile.frames[row.frame]), "self_ticks": row.self_ticks, "total_ticks": row.total_ticks}
                    for row in window.functions[:WINDOW_FUNCTIONS]
                ],
            }
            for window in join.windows
        ],
    }


def _longest(pauses: tuple[JoinedPause, ...]) -> list[JoinedPause]:
    longest = heapq.nlargest(PAUSES_AT_MOST, pauses, key=lambda pause: pause.pause_ms)
    return sorted(longest, key=lambda pause: pause.at_us)
