"""A profile's answers in sentences, that every renderer shows, so that all show the same.

Names of functions, scripts and libraries are given as the log has them: hostile text, that every renderer makes harmless.
"""

from __future__ import annotations

from collections import Counter

from gclog import units
from gclog.model.not_known import NotKnown
from gclog.model.profile import FlatRow, Frame, FrameKind, GcJoin, HeapPoint, Profile, ProfileNote
from gclog.report.say.frames import frame_reference, tier_text
from gclog.report.say.profile_rows import counted_ticks, share_of, watched_ticks

__all__ = [
    "allocation_rows",
    "committed_sentence",
    "headline",
    "join_sentences",
    "note_sentence",
    "profile_name",
    "profile_node",
    "seen_sentence",
]

HALF = 0.5
"""A call path is followed as long as more than half of all ticks are below it; GC is the headline beyond as much."""


# ---------------------------------------------------------------- the profile as a whole


def headline(profile: Profile) -> str:
    """What used the CPU, in one sentence."""
    whole, watched = counted_ticks(profile), watched_ticks(profile)
    if not whole:
        return f"No {'sample of work' if profile.form == 'cpu-profile' else 'tick'}: nothing to say about the CPU"
    if profile.summary.gc > HALF * watched:
        return _gc_headline(profile)
    kind, ticks = max(_kinds(profile), key=lambda part: part[1])
    text = f"{units.percent(ticks / whole)} of {_amount(whole, profile)} {kind}"
    top = _hottest(profile, kind)
    if top is not None:
        tiers = tier_text(profile.frames[top.frame])
        text += f": {units.percent(top.self_ticks / whole)} {frame_reference(profile.frames[top.frame])}"
        text += f" ({tiers})" if tiers else ""
    under = _under(profile)
    if under is not None and (top is None or under[0] != top.frame):
        text += f"; {units.percent(under[1] / whole)} under {frame_reference(profile.frames[under[0]])}"
    return f"{text}; GC {units.percent(profile.summary.gc / watched)}"


def _gc_headline(profile: Profile) -> str:
    watched = watched_ticks(profile)
    text = f"GC took {units.percent(profile.summary.gc / watched)} of {_amount(watched, profile)}"
    cause = _collected_for(profile)
    if cause is not None:
        frame, ticks = cause
        text += f", {units.percent(ticks / profile.summary.gc)} of that under {frame_reference(profile.frames[frame])}"
    return text


def _amount(ticks: int, profile: Profile) -> str:
    """`1,234 ticks`; of a process that was idle between, `431 ms of work`."""
    return units.amount(ticks, profile.unit) + (" of work" if profile.idle else "")


JAVASCRIPT, CPP, LIBRARIES, UNACCOUNTED = "in JavaScript", "in C++", "in shared libraries", "unaccounted for"
_FRAME_KINDS: dict[str, tuple[FrameKind, ...]] = {
    JAVASCRIPT: ("function", "code"),
    CPP: ("native",),
    LIBRARIES: ("shared_library",),
    UNACCOUNTED: (),
}


def _kinds(profile: Profile) -> tuple[tuple[str, int], ...]:
    """The kinds with their ticks. The collector of a CPU profile, a function in C++ there, is said apart."""
    summary = profile.summary
    collecting = summary.gc if profile.form == "cpu-profile" else 0
    return (
        (JAVASCRIPT, summary.javascript),
        (CPP, summary.cpp - collecting),
        (LIBRARIES, summary.shared_libraries),
        (UNACCOUNTED, summary.unaccounted),
    )


def _hottest(profile: Profile, kind: str) -> FlatRow | None:
    """The frame of a kind with the most self ticks."""
    kinds = _FRAME_KINDS[kind]
    return next(
        (
            row
            for row in profile.flat
            if row.self_ticks and profile.frames[row.frame].kind in kinds and profile.frames[row.frame].category != "gc"
        ),
        None,
    )


def _is_own(frame: Frame) -> bool:
    """Whether it is JavaScript that its owner can change, or change for another."""
    return frame.kind == "function" and frame.category in ("application", "node_modules")


def _under(profile: Profile) -> tuple[int, int] | None:
    """The innermost function of the application's below which more than half of all ticks are on one path, and its ticks in total."""
    least, found, node = HALF * counted_ticks(profile), None, profile.top_down
    while node.children and node.children[0].total_ticks > least:
        node = node.children[0]
        if _is_own(profile.frames[node.frame]):
            found = node.frame
    return next(((row.frame, row.total_ticks) for row in profile.flat if row.frame == found), None)


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
    """`process 812, isolate 0x55d0c8a0`, `process 812, thread 2`; of a log under another name only that."""
    parts = [f"process {profile.pid}"] if profile.pid is not None else []
    parts += [f"thread {profile.thread_id}"] if profile.thread_id else []
    parts += [f"isolate {profile.isolate}"] if profile.isolate is not None else []
    return ", ".join(parts) or profile.source


def profile_node(profile: Profile) -> str:
    """`Node 24 (V8 13.6.233.17-node.48)`; a CPU profile does not say it."""
    if profile.form == "cpu-profile":
        return "CPU profile"
    if isinstance(profile.v8_version, NotKnown) or isinstance(profile.node, NotKnown):
        return "Node of unknown version"
    return f"Node {profile.node} (V8 {profile.v8_version})"


def seen_sentence(profile: Profile) -> str:
    """How many ticks or samples over what time, how often the profiler was to look, and what is in no view."""
    thing = ("sample" if profile.form == "cpu-profile" else "tick") + ("" if profile.sample_count == 1 else "s")
    text = f"{units.count(profile.sample_count)} {thing}"
    if not isinstance(profile.duration_ms, NotKnown):
        text += f" in {units.duration(profile.duration_ms)}"
    if not isinstance(profile.interval_us, NotKnown):
        text += f", one every {units.duration(profile.interval_us / units.US_PER_MS)} asked for"
    if profile.idle:
        text += f", {units.amount(profile.idle, profile.unit)} of that idle"
    if profile.excluded > profile.idle:
        left_out = profile.excluded - profile.idle
        are = "are" if profile.unit == "ticks" else "is"
        text += f"; {units.figure(left_out, profile.unit)} of {'them' if are == 'are' else 'it'} {are} left out, as asked"
    return text


def note_sentence(note: ProfileNote) -> str:
    """A note, with the first line it is at."""
    return note.text if note.line is None else f"{note.text} (line {units.count(note.line)})"


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
