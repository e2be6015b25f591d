"""Rows of figures of a profile: kinds, categories, states, functions, call paths. Every renderer shows the same.

Names of functions, scripts and libraries are given as the log has them: hostile text, that every renderer makes harmless.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from gclog import units
from gclog.model.not_known import NotKnown
from gclog.model.profile import CallNode, Category, FlatRow, Frame, Profile
from gclog.report.say.frames import deoptimisation_text, frame_name, frame_place, tier_text

__all__ = [
    "CATEGORY_NAMES",
    "STATE_NAMES",
    "FunctionRow",
    "ShareRow",
    "TreeRow",
    "category_label",
    "category_rows",
    "counted_ticks",
    "function_rows",
    "share_of",
    "state_rows",
    "summary_rows",
    "tree_rows",
    "watched_ticks",
]

CATEGORY_NAMES: dict[Category, str] = {
    "application": "application",
    "node_modules": "npm package",
    "node": "Node's own JavaScript",
    "builtin": "V8's builtins",
    "regexp": "regular expressions",
    "native": "native code",
    "gc": "garbage collection",
    "unknown": "not known",
}

STATE_NAMES: dict[str, str] = {
    "js": "JavaScript, V8's runtime",
    "gc": "garbage collection",
    "parser": "parsing",
    "bytecode_compiler": "compiling to bytecode",
    "compiler": "compiling",
    "other": "other",
    "external": "C++ called from JavaScript",
    "atomics_wait": "waiting (Atomics.wait)",
    "idle": "idle",
    "logging": "writing this log",
    "idle_external": "idle in C++",
    "parallel_compiler_prologue": "compiling (parallel)",
    "unknown": "not known",
}
"""Names of `gclog.model.profile.STATES`."""


@dataclass(frozen=True, slots=True)
class ShareRow:
    """Ticks of something, and their share of all that were counted."""

    label: str
    ticks: int
    share: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class FunctionRow:
    """A frame with its ticks. `tiers` and `deoptimisations` are empty if it has none."""

    frame: Frame
    name: str
    place: str
    self_ticks: int
    self_share: float
    total_ticks: int
    total_share: float
    tiers: str
    deoptimisations: str


@dataclass(frozen=True, slots=True)
class TreeRow:
    """A node of a call tree: how deep it is (from 0), its share of all ticks, and the ticks of children without a row."""

    depth: int
    frame: Frame
    self_ticks: int
    total_ticks: int
    share: float
    rest_ticks: int = 0


def counted_ticks(profile: Profile) -> int:
    """The ticks that are in the views: all, or those of the VM state that was asked for."""
    return profile.ticks - profile.excluded


def watched_ticks(profile: Profile) -> int:
    """The ticks in any VM state, without the time in which there was nothing to do."""
    return profile.ticks - profile.idle


def share_of(ticks: int, whole: int) -> float | NotKnown:
    """A share, if there is anything to have a share of."""
    return ticks / whole if whole else NotKnown("no tick was counted")


def _share(ticks: int, profile: Profile) -> float:
    whole = counted_ticks(profile)
    return ticks / whole if whole else 0.0


def summary_rows(profile: Profile) -> tuple[ShareRow, ...]:
    """Four kinds that add up to the ticks that were counted, and GC, whose ticks are among them. A CPU profile knows no libraries."""
    summary, is_sampled = profile.summary, profile.form == "cpu-profile"
    watched = watched_ticks(profile)
    gc_note = "of all of these" if profile.excluded == profile.idle else f"of all {units.amount(watched, profile.unit)}"
    gc_share = summary.gc / watched if watched else 0.0
    rows = (
        ShareRow("JavaScript", summary.javascript, _share(summary.javascript, profile), "with V8's builtins"),
        ShareRow("C++", summary.cpp, _share(summary.cpp, profile), "" if summary.cpp or is_sampled else "no symbols"),
        ShareRow("Shared libraries", summary.shared_libraries, _share(summary.shared_libraries, profile), ""),
        ShareRow("Unaccounted", summary.unaccounted, _share(summary.unaccounted, profile), "nothing known there"),
        ShareRow("GC", summary.gc, gc_share, gc_note),
    )
    return tuple(row for row in rows if not (is_sampled and row.label == "Shared libraries"))


def category_label(category: Category, package: str | None) -> str:
    """`application`, `npm package express`."""
    return CATEGORY_NAMES[category] + (f" {package}" if package else "")


def category_rows(profile: Profile) -> tuple[ShareRow, ...]:
    """Whose code the ticks are in, by their top frame; ticks of GC apart. They add up to the ticks that were counted."""
    return tuple(
        ShareRow(category_label(row.category, row.package), row.self_ticks, _share(row.self_ticks, profile))
        for row in profile.categories
    )


def state_rows(profile: Profile) -> tuple[tuple[int, ShareRow], ...]:
    """The VM states that occur, by their place in STATES, the most frequent first, and their shares of all time in which V8 looked."""
    ticks: Counter[int] = Counter()
    for part in profile.states:
        ticks.update({state: count for state, count in enumerate(part.ticks) if count})
    names, whole = tuple(STATE_NAMES.values()), ticks.total() or 1
    return tuple((state, ShareRow(names[state], count, count / whole)) for state, count in ticks.most_common())


def function_rows(profile: Profile, at_most: int) -> tuple[FunctionRow, ...]:
    """The frames with the most self ticks."""
    return tuple(_function_row(profile, row) for row in profile.flat[:at_most])


def _function_row(profile: Profile, row: FlatRow) -> FunctionRow:
    frame = profile.frames[row.frame]
    return FunctionRow(
        frame,
        frame_name(frame),
        frame_place(frame),
        row.self_ticks,
        _share(row.self_ticks, profile),
        row.total_ticks,
        _share(row.total_ticks, profile),
        tier_text(frame),
        deoptimisation_text(frame),
    )


def tree_rows(profile: Profile, root: CallNode, *, depth: int, roots: int, least_share: float) -> tuple[TreeRow, ...]:
    """The heaviest paths of a call tree, each node after its parent: at most `roots` of them, none below a share of all ticks."""
    least = least_share * counted_ticks(profile)
    return tuple(row for node in root.children[:roots] for row in _tree_rows(profile, node, 0, depth, least))


def _tree_rows(profile: Profile, node: CallNode, at: int, depth: int, least: float) -> Iterator[TreeRow]:
    if node.total_ticks < least or at > depth:
        return
    share, total = _share(node.total_ticks, profile), node.total_ticks
    listed = [child for child in node.children if child.total_ticks >= least and at < depth]
    rest = sum(child.total_ticks for child in node.children) - sum(child.total_ticks for child in listed)
    yield TreeRow(at, profile.frames[node.frame], node.self_ticks, total, share, rest)
    for child in listed:
        yield from _tree_rows(profile, child, at + 1, depth, least)
