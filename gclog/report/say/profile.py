"""A profile's answers in words: the sentences, names and rows of figures that every renderer shows, so that all show the same.

Those of a frame are in `gclog.report.say.frames`, and offered here too. Names of functions, scripts and libraries are given as the log
has them: hostile text, that every renderer makes harmless.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from gclog import units
from gclog.model.not_known import NotKnown
from gclog.model.profile import (
    CallNode,
    Category,
    FlatRow,
    Frame,
    FrameKind,
    GcJoin,
    HeapPoint,
    Profile,
    ProfileNote,
)
from gclog.report.say.frames import (
    deoptimisation_text,
    frame_name,
    frame_place,
    frame_reference,
    tier_text,
)

__all__ = [
    "CATEGORY_NAMES",
    "STATE_NAMES",
    "FunctionRow",
    "ShareRow",
    "TreeRow",
    "allocation_rows",
    "category_label",
    "category_rows",
    "committed_sentence",
    "counted_ticks",
    "deoptimisation_text",
    "frame_name",
    "frame_place",
    "frame_reference",
    "function_rows",
    "headline",
    "join_sentences",
    "note_sentence",
    "profile_name",
    "profile_node",
    "seen_sentence",
    "share_of",
    "state_rows",
    "summary_rows",
    "tier_text",
    "tree_rows",
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

HALF = 0.5
"""A call path is followed as long as more than half of all ticks are below it; GC is the headline beyond as much."""


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


# ---------------------------------------------------------------- the profile as a whole


def counted_ticks(profile: Profile) -> int:
    """The ticks that are in the views: all, or those of the VM state that was asked for."""
    return profile.ticks - profile.excluded


def share_of(ticks: int, whole: int) -> float | NotKnown:
    """A share, if there is anything to have a share of."""
    return ticks / whole if whole else NotKnown("no tick was counted")


def _share(ticks: int, profile: Profile) -> float:
    whole = counted_ticks(profile)
    return ticks / whole if whole else 0.0


def headline(profile: Profile) -> str:
    """What used the CPU, in one sentence."""
    whole = counted_ticks(profile)
    if not whole:
        return "No tick: nothing to say about the CPU"
    if profile.summary.gc > HALF * profile.ticks:
        return _gc_headline(profile)
    kind, ticks = max(_kinds(profile), key=lambda part: part[1])
    text = f"{units.percent(ticks / whole)} of {units.several(whole, 'tick')} {kind}"
    top = _hottest(profile, kind)
    if top is not None:
        tiers = tier_text(profile.frames[top.frame])
        text += f": {units.percent(top.self_ticks / whole)} {frame_reference(profile.frames[top.frame])}"
        text += f" ({tiers})" if tiers else ""
    under = _under(profile)
    if under is not None and (top is None or under[0] != top.frame):
        text += f"; {units.percent(under[1] / whole)} under {frame_reference(profile.frames[under[0]])}"
    return f"{text}; GC {units.percent(profile.summary.gc / profile.ticks)}"


def _gc_headline(profile: Profile) -> str:
    text = f"GC took {units.percent(profile.summary.gc / profile.ticks)} of {units.several(profile.ticks, 'tick')}"
    cause = _collected_for(profile)
    if cause is not None:
        frame, ticks = cause
        text += f", {units.percent(ticks / profile.summary.gc)} of that under {frame_reference(profile.frames[frame])}"
    return text


JAVASCRIPT, CPP, LIBRARIES, UNACCOUNTED = "in JavaScript", "in C++", "in shared libraries", "unaccounted for"
_FRAME_KINDS: dict[str, tuple[FrameKind, ...]] = {
    JAVASCRIPT: ("function", "code"),
    CPP: ("native",),
    LIBRARIES: ("shared_library",),
    UNACCOUNTED: (),
}


def _kinds(profile: Profile) -> tuple[tuple[str, int], ...]:
    summary = profile.summary
    return (
        (JAVASCRIPT, summary.javascript),
        (CPP, summary.cpp),
        (LIBRARIES, summary.shared_libraries),
        (UNACCOUNTED, summary.unaccounted),
    )


def _hottest(profile: Profile, kind: str) -> FlatRow | None:
    """The frame of a kind with the most self ticks."""
    kinds = _FRAME_KINDS[kind]
    return next((row for row in profile.flat if row.self_ticks and profile.frames[row.frame].kind in kinds), None)


def _is_own(frame: Frame) -> bool:
    """Whether it is JavaScript that its owner can change, or change for another."""
    return frame.kind == "function" and frame.category in ("application", "node_modules")


def _under(profile: Profile) -> tuple[int, int] | None:
    """The innermost function of the application's below which more than half of all ticks are, and how many."""
    least, found, node = HALF * counted_ticks(profile), None, profile.top_down
    while node.children and node.children[0].total_ticks > least:
        node = node.children[0]
        if _is_own(profile.frames[node.frame]):
            found = (node.frame, node.total_ticks)
    return found


def _collected_for(profile: Profile) -> tuple[int, int] | None:
    """The function of the application's that was innermost on the stack in most ticks of GC, and in how many."""
    ticks: Counter[int] = Counter()
    for path in profile.paths:
        if path.gc_ticks:
            own = next((frame for frame in reversed(path.frames) if _is_own(profile.frames[frame])), None)
            if own is not None:
                ticks[own] += path.gc_ticks
    return ticks.most_common(1)[0] if ticks else None


def profile_name(profile: Profile) -> str:
    """`process 812, isolate 0x55d0c8a0`; of a log under another name only that."""
    parts = [f"process {profile.pid}"] if profile.pid is not None else []
    parts += [f"isolate {profile.isolate}"] if profile.isolate is not None else []
    return ", ".join(parts) or profile.source


def profile_node(profile: Profile) -> str:
    """`Node 24 (V8 13.6.233.17-node.48)`."""
    if isinstance(profile.v8_version, NotKnown) or isinstance(profile.node, NotKnown):
        return "Node of unknown version"
    return f"Node {profile.node} (V8 {profile.v8_version})"


def seen_sentence(profile: Profile) -> str:
    """How many ticks over what time, and how often the profiler was to look."""
    text = units.several(profile.ticks, "tick")
    if not isinstance(profile.duration_ms, NotKnown):
        text += f" in {units.duration(profile.duration_ms)}"
    if not isinstance(profile.interval_us, NotKnown):
        text += f", one every {units.duration(profile.interval_us / units.US_PER_MS)} asked for"
    if profile.excluded:
        text += f"; {units.count(profile.excluded)} of them are left out, as asked"
    return text


def note_sentence(note: ProfileNote) -> str:
    """A note, with the first line it is at."""
    return note.text if note.line is None else f"{note.text} (line {units.count(note.line)})"


# ---------------------------------------------------------------- rows


def summary_rows(profile: Profile) -> tuple[ShareRow, ...]:
    """Four kinds that add up to the ticks that were counted, and GC, whose ticks are among them."""
    summary = profile.summary
    gc_note = "of all of these"
    if profile.excluded:
        gc_note = f"of all {units.several(profile.ticks, 'tick')}"
    gc_share = summary.gc / profile.ticks if profile.ticks else 0.0
    return (
        ShareRow("JavaScript", summary.javascript, _share(summary.javascript, profile), "with V8's builtins"),
        ShareRow("C++", summary.cpp, _share(summary.cpp, profile), "" if summary.cpp else "no symbols"),
        ShareRow("Shared libraries", summary.shared_libraries, _share(summary.shared_libraries, profile), ""),
        ShareRow("Unaccounted", summary.unaccounted, _share(summary.unaccounted, profile), "nothing known there"),
        ShareRow("GC", summary.gc, gc_share, gc_note),
    )


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
    """The VM states that occur, by their place in STATES, the most frequent first."""
    ticks: Counter[int] = Counter()
    for part in profile.states:
        ticks.update({state: count for state, count in enumerate(part.ticks) if count})
    names = tuple(STATE_NAMES.values())
    return tuple((state, ShareRow(names[state], count, _share(count, profile))) for state, count in ticks.most_common())


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


# ---------------------------------------------------------------- memory


def committed_sentence(profile: Profile) -> str:
    """The least and the most memory in V8's chunks."""
    if not profile.committed:
        return "not in this log: V8 writes its chunks from version 9 on (Node 16)"
    least = min(profile.committed, key=lambda point: point.committed_mb)
    most = max(profile.committed, key=lambda point: point.committed_mb)
    return (
        f"{_point(least)} at the least, {_point(most)} at the most, {units.mb(profile.committed[-1].committed_mb)} at the end"
    )


def _point(point: HeapPoint) -> str:
    return f"{units.mb(point.committed_mb)} ({units.clock(point.at_us / units.US_PER_MS)})"


def join_sentences(join: GcJoin | NotKnown) -> tuple[str, ...]:
    """What the GC log of the same isolate adds, or why there is nothing."""
    if isinstance(join, NotKnown):
        return (join.reason,)
    ticks = join.gc_ticks_in_pauses + join.gc_ticks_elsewhere
    pauses = len(join.pauses)
    return (
        f"{units.several(pauses, 'pause')} of {join.source}: {units.percent(join.pause_share)} of the profile's time",
        f"{units.count(join.gc_ticks_in_pauses)} of {units.several(ticks, 'tick')} of GC fell into a pause, "
        f"{units.count(join.gc_ticks_elsewhere)} outside (incremental steps, sweeping)",
        f"clocks: {units.duration(join.offset_us / units.US_PER_MS)} added to the GC log's; {join.offset_why}",
        *([f"allocation: {join.windows_why}"] if join.windows_why else []),
    )


WINDOW_FUNCTIONS = 3
"""Functions named of a stretch of much allocation."""


def allocation_rows(join: GcJoin, profile: Profile) -> tuple[tuple[str, str, str, str], ...]:
    """The stretches of most allocation: when, how much, at what rate, and who was on the stack."""
    return tuple(
        (
            f"{units.clock(window.from_us / units.US_PER_MS)} to {units.clock(window.to_us / units.US_PER_MS)}",
            units.mb(window.allocated_mb),
            units.rate_mb_per_s(window.mb_per_s),
            ", ".join(
                f"{frame_reference(profile.frames[row.frame])} {units.percent(share_of(row.total_ticks, window.ticks))}"
                for row in window.functions[:WINDOW_FUNCTIONS]
            ),
        )
        for window in join.windows
    )
