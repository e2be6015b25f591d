"""The data of a flame graph: the widest boxes of a call tree, in order, with the rest folded into "others".

A box is below its caller (top-down) or its callee (bottom-up), as wide as its total ticks. Folded children are replaced by one box
OTHERS, so that every level adds up: a box is as wide as its own ticks and its children together.
"""

from __future__ import annotations

import heapq
import itertools
from dataclasses import dataclass
from typing import Any

from gclog import units
from gclog.model.profile import CATEGORIES, CallNode, Category, Frame, ProfileUnit
from gclog.model.profile_comparison import ProfileDifference
from gclog.profile.tree import count_nodes
from gclog.report.draw.weighed import Weighed
from gclog.report.say.frames import deoptimisation_text, frame_name, frame_place, tier_text
from gclog.report.say.profile_rows import CATEGORY_NAMES
from gclog.report.visible import cut, make_visible

__all__ = [
    "ALL",
    "CHANGES",
    "OTHERS",
    "Flame",
    "FlameNode",
    "bottom_up_flame",
    "change_of",
    "cut_sentence",
    "flame_data",
    "label",
    "shown_categories",
    "top_down_flame",
]

ALL, OTHERS = -1, -2
"""In place of a frame: the root, and folded boxes."""

MAX_NAME_LENGTH = 160
"""Upper bound on the characters of a name or place; the widest box has no room for more."""


@dataclass(frozen=True, slots=True)
class FlameNode:
    """A box; nodes come before their children.

    depth, from_ticks   its upper left corner; the root's is 0, 0
    frame               an index into Profile.frames, ALL, or OTHERS
    self_ticks          ticks whose stack ends here
    gc_ticks            those of the total in VM state GC
    """

    depth: int
    from_ticks: int
    frame: int
    self_ticks: int
    total_ticks: int
    gc_ticks: int
    sides: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Flame:
    """The boxes, their number before folding, and the minimum ticks of an unfolded box."""

    nodes: tuple[FlameNode, ...]
    nodes_from: int
    least_ticks: int


def top_down_flame(profile: Weighed, at_most: int) -> Flame:
    """Callees below callers: at most the `at_most` widest boxes, plus OTHERS. A box is kept only with its path from the root."""
    return _fold(profile.top_down, at_most)


def bottom_up_flame(profile: Weighed, at_most: int) -> Flame:
    """Callers below callees."""
    return _fold(profile.bottom_up, at_most)


def _fold(root: CallNode, at_most: int) -> Flame:
    least = _least_ticks(root, at_most)
    nodes: list[FlameNode] = []
    waiting = [(root, 0, 0)]
    while waiting:
        node, depth, at = waiting.pop()
        nodes.append(FlameNode(depth, at, node.frame, node.self_ticks, node.total_ticks, node.gc_ticks, node.sides))
        if node.frame == OTHERS:
            continue
        shown: list[tuple[CallNode, int, int]] = []
        folded, folded_gc, old = 0, 0, 0
        for child in node.children:
            if child.total_ticks >= least:
                shown.append((child, depth + 1, at))
                at += child.total_ticks
            else:
                folded, folded_gc = folded + child.total_ticks, folded_gc + child.gc_ticks
                old += child.sides[0] if child.sides else 0
        if folded:
            sides = (old, folded - old) if node.sides else None
            shown.append((CallNode(OTHERS, folded, folded, (), folded_gc, sides), depth + 1, at))
        waiting += reversed(shown)
    return Flame(tuple(nodes), count_nodes(root), least)


def _least_ticks(root: CallNode, at_most: int) -> int:
    """The ticks that a box needs to be among the `at_most` widest. No box is wider than its parent, so the widest are found first."""
    number_of = itertools.count()
    waiting = [(-root.total_ticks, next(number_of), root)]
    for _ in range(at_most):
        if not waiting:
            return 1
        _, _, node = heapq.heappop(waiting)
        for child in node.children:
            heapq.heappush(waiting, (-child.total_ticks, next(number_of), child))
    return 1 - waiting[0][0] if waiting else 1


def cut_sentence(flame: Flame, unit: ProfileUnit = "ticks") -> str:
    """How the graph was reduced, or that it was not."""
    if not any(node.frame == OTHERS for node in flame.nodes):
        return f"All {units.count(flame.nodes_from)} boxes of the call tree are drawn."
    drawn = sum(node.frame != OTHERS for node in flame.nodes)
    least = units.amount(flame.least_ticks, unit)
    return (
        f"{units.count(drawn)} of the call tree's {units.count(flame.nodes_from)} boxes are drawn: those below {least} "
        "are folded into “others”, and every level adds up."
    )


def label(frame: Frame) -> str:
    """The text in a box: the name and, for a function, its place, without control characters."""
    return _safe(f"{frame_name(frame)} {frame_place(frame)}" if frame.kind == "function" else frame_name(frame))


def _safe(text: str) -> str:
    return cut(make_visible(text).strip(), MAX_NAME_LENGTH)


def flame_data(
    profile: Weighed, down: Flame, up: Flame, unit: ProfileUnit = "ticks", time: Flame | None = None
) -> dict[str, Any]:
    """What the page's script draws: plain numbers and safe texts, a list per column; only frames shown, renumbered."""
    flames = {"down": down, "up": up} | ({"time": time} if time is not None else {})
    shown = sorted({node.frame for flame in flames.values() for node in flame.nodes if node.frame >= 0})
    number = {frame: i for i, frame in enumerate(shown)} | {ALL: ALL, OTHERS: OTHERS}
    flat = {row.frame: row for row in profile.flat}
    frames: list[dict[str, Any]] = []
    for index in shown:
        frame, row = profile.frames[index], flat[index]
        frames.append(
            {
                "name": _safe(frame_name(frame)),
                "label": label(frame),
                "place": _safe(frame_place(frame, whole=True)),
                "category": CATEGORIES.index(frame.category),
                "code": ", ".join(part for part in (tier_text(frame), _safe(deoptimisation_text(frame))) if part),
                "self": row.self_ticks,
                "total": row.total_ticks,
            }
        )
        if isinstance(profile, ProfileDifference):
            frames[-1] |= {"self": profile.own[index], "total": profile.total[index]}
    return {
        "ticks": profile.top_down.total_ticks,
        "unit": unit,
        "categories": [{"id": category, "name": CATEGORY_NAMES[category]} for category in CATEGORIES],
        "frames": frames,
        "views": {name: _columns(flame, number, unit, name == "time") for name, flame in flames.items()},
    } | ({"changes": [f"change-{name}" for name in CHANGES], "sides": profile.top_down.sides} if profile.top_down.sides else {})


CHANGES = ("less-3", "less-2", "less-1", "same", "more-1", "more-2", "more-3")
"""How the share of a box changed, from the one that shrank most to the one that grew most."""

STEPS = (0.1, 1 / 3, 2 / 3)
"""Of the larger of both shares: a box that changed by less has the same colour, the others one of three for each direction."""

SAME_SHARE = 0.001
"""Of the work: a smaller change is none."""


def change_of(sides: tuple[int, int], whole: tuple[int, int]) -> int:
    """Which of CHANGES a box is, given its parts before and after, and those of all boxes."""
    old, new = (part / (of or 1) for part, of in zip(sides, whole, strict=True))
    if abs(new - old) < SAME_SHARE:
        return len(STEPS)
    step = sum(abs(new - old) / max(old, new) >= least for least in STEPS)
    return len(STEPS) + (step if new > old else -step)


IN_ORDER = "Stacks in the order of time, without idle time; of a long profile those at evenly spread moments."


def _columns(flame: Flame, number: dict[int, int], unit: ProfileUnit, is_in_order: bool) -> dict[str, Any]:
    whole = flame.nodes[0].sides
    sides = [node.sides for node in flame.nodes if node.sides]
    of_sides = {"before": [old for old, _ in sides], "change": [change_of(both, whole) for both in sides]} if whole else {}
    if is_in_order:
        of_sides |= {"from": [node.from_ticks for node in flame.nodes]}
    return of_sides | {
        "depth": [node.depth for node in flame.nodes],
        "frame": [number[node.frame] for node in flame.nodes],
        "total": [node.total_ticks for node in flame.nodes],
        "gc": [node.gc_ticks for node in flame.nodes],
        "cut": IN_ORDER if is_in_order else cut_sentence(flame, unit),
    }


def shown_categories(profile: Weighed, flame: Flame) -> list[Category]:
    """The categories that have boxes in a graph, in the order of CATEGORIES; GC if any tick was in it."""
    found = {profile.frames[node.frame].category for node in flame.nodes if node.frame >= 0}
    if flame.nodes[0].gc_ticks:
        found.add("gc")
    return [category for category in CATEGORIES if category in found]
