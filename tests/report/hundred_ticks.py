"""Profiles made by hand for the HTML report's tests: a hundred ticks whose every figure can be counted, and what can go wrong."""

from __future__ import annotations

import dataclasses
import random
from typing import Any

from made_reports import ALL_HOSTILE, make_report

from gclog.model.not_known import NotKnown
from gclog.model.process import LineCounts, UnreadShape
from gclog.model.profile import (
    STATES,
    AllocationWindow,
    CategoryTicks,
    Deoptimisation,
    FlatRow,
    Frame,
    GcJoin,
    HeapPoint,
    JoinedPause,
    Profile,
    ProfileNote,
    Samples,
    StackPath,
    StateSlice,
    Summary,
    TierTicks,
)
from gclog.model.report import ProfileReport, Report
from gclog.profile.tree import bottom_up, flat, top_down

MAIN, HASH, HANDLE, MAP, NODE = range(5)
FRAMES = (
    Frame("main", "function", "application", "JS", "/srv/app/main.js", 3, 7, tiers=(TierTicks("interpreted", "~", 6, 96, 1),)),
    Frame(
        "hash",
        "function",
        "application",
        "JS",
        "/srv/app/hash.js",
        12,
        14,
        tiers=(TierTicks("optimised", "*", 40, 60, 2), TierTicks("interpreted", "~", 10, 10, 1)),
        deoptimisations=(Deoptimisation(88, 1_020_000, "eager", "wrong map", "</srv/app/hash.js:13:5>"),),
    ),
    Frame("handle", "function", "node_modules", "JS", "/srv/node_modules/express/lib/router.js", 40, 3, "express"),
    Frame("ArrayMap", "code", "builtin", "Builtin"),
    Frame("/usr/bin/node", "shared_library", "native", library="/usr/bin/node"),
)
PATHS = (
    StackPath((MAIN, HASH), 50, 10),
    StackPath((MAIN, HASH, NODE), 20, 20),
    StackPath((MAIN, HANDLE, MAP), 20, 0),
    StackPath((MAIN,), 6, 0),
    StackPath((NODE,), 4, 4),
)
"""A hundred ticks, 34 of them during GC."""


def make_slice(from_us: int, **ticks: int) -> StateSlice:
    return StateSlice(from_us, tuple(ticks.get(state, 0) for state in STATES))


def make_profile(**overrides: Any) -> Profile:
    """A hundred ticks in 99 ms, from one second on."""
    values: dict[str, Any] = {
        "source": "isolate-0x19b50d50-29125-v8.log",
        "v8_version": "11.3.244.8-node.38",
        "node": "20",
        "pid": 29125,
        "isolate": "0x19b50d50",
        "ticks": 100,
        "excluded": 0,
        "unaccounted": 0,
        "gc_ticks": 34,
        "lost": 0,
        "interval_us": 1000.0,
        "first_us": 1_000_000,
        "duration_ms": 99.0,
        "summary": Summary(javascript=76, cpp=0, shared_libraries=24, unaccounted=0, excluded=0, gc=34),
        "categories": (
            CategoryTicks("application", None, 46),
            CategoryTicks("gc", None, 34),
            CategoryTicks("builtin", None, 20),
        ),
        "frames": FRAMES,
        "flat": flat(PATHS),
        "top_down": top_down(PATHS),
        "bottom_up": bottom_up(PATHS),
        "paths": PATHS,
        "samples": Samples(
            range(1_000_000, 1_100_000, 1000), [i for i, path in enumerate(PATHS) for _ in range(path.ticks)], [0] * 100
        ),
        "states": (
            make_slice(1_000_000, js=20, parser=5),
            make_slice(1_025_000, js=15, gc=10),
            make_slice(1_050_000, js=5, gc=20),
            make_slice(1_075_000, js=15, gc=4, external=5, idle=1),
        ),
        "committed": (HeapPoint(4, 0, 4.0), HeapPoint(90, 1_030_000, 20.0), HeapPoint(120, 1_060_000, 12.0)),
        "notes": (ProfileNote("blank-lines", "2 blank lines in the log", 77),),
        "lines": LineCounts(total=300, recognised=299, foreign=0, continuation=0, unread=1),
        "unread_shapes": (UnreadShape("code-frobnicate,0", 1, 12, "code-frobnicate,JS", "no rule for it"),),
    }
    return Profile(**(values | overrides))


def make_join() -> GcJoin:
    return GcJoin(
        source="logs/gc.log",
        pid=29125,
        isolate="0x19b50d50",
        offset_us=2000,
        offset_why="both clocks start with the isolate",
        pauses=(
            JoinedPause(10, 1_030_000, 8.0, "scavenge", 8),
            JoinedPause(11, 1_060_000, 25.5, "mark_compact", 22),
            JoinedPause(12, 1_090_000, 0.5, "scavenge", 0),
        ),
        pause_share=0.3434,
        gc_ticks_in_pauses=30,
        gc_ticks_elsewhere=4,
        windows=(AllocationWindow(1_010_000, 1_055_000, 22.5, 500.0, 45, (FlatRow(MAIN, 9, 45), FlatRow(HASH, 20, 36))),),
        windows_why="stretches with more than the median allocated",
    )


def make_profile_report(**overrides: Any) -> ProfileReport:
    return ProfileReport("isolate-0x19b50d50-29125-v8.log", make_profile(**overrides), make_join())


def make_profiled(*reports: ProfileReport, **overrides: Any) -> Report:
    """A report of profiles alone, unless processes are given."""
    values: dict[str, Any] = {"sources": (), "processes": (), "profiles": reports or (make_profile_report(),)}
    return make_report(**(values | overrides))


def make_no_ticks() -> ProfileReport:
    nothing = NotKnown("the log has no ticks")
    return ProfileReport(
        "v8.log",
        make_profile(
            ticks=0,
            gc_ticks=0,
            first_us=nothing,
            duration_ms=nothing,
            summary=Summary(0, 0, 0, 0, 0, 0),
            categories=(),
            frames=(),
            flat=(),
            paths=(),
            top_down=top_down(()),
            bottom_up=bottom_up(()),
            samples=Samples([], [], []),
            states=(),
            committed=(),
        ),
        NotKnown("no GC log of this isolate was read with it"),
    )


def make_wide(boxes: int) -> ProfileReport:
    """A profile whose call tree has about so many boxes, the same each time."""
    chance = random.Random(7)
    frames = tuple(dataclasses.replace(FRAMES[i % 4], name=f"function_{i}", line=i + 1, tiers=()) for i in range(1000))
    stacks: list[tuple[int, ...]] = [()]
    while len(stacks) <= boxes:
        base = stacks[int(chance.random() ** 1.3 * len(stacks))]
        stacks.append((*base, chance.randrange(len(frames))) if len(base) < 60 else ())
    ticks = {stack: chance.randrange(1, 40) for stack in stacks if stack}
    paths = tuple(StackPath(stack, count, 0) for stack, count in sorted(ticks.items(), key=lambda item: (-item[1], item[0])))
    whole = sum(ticks.values())
    profile = make_profile(
        ticks=whole,
        gc_ticks=0,
        summary=Summary(whole, 0, 0, 0, 0, 0),
        categories=(CategoryTicks("application", None, whole),),
        frames=frames,
        flat=flat(paths),
        top_down=top_down(paths),
        bottom_up=bottom_up(paths),
        paths=paths,
    )
    return ProfileReport("v8.log", profile, NotKnown("no GC log of this isolate was read with it"))


def make_hostile_profile(text: str = ALL_HOSTILE) -> ProfileReport:
    """Hostile text wherever a log's text can be."""
    frames = tuple(
        dataclasses.replace(
            frame,
            name=text + frame.name,
            script=frame.script and text + frame.script,
            package=frame.package and text,
            library=frame.library and text + frame.library,
            tag=text if frame.kind == "code" else frame.tag,
            deoptimisations=tuple(dataclasses.replace(own, reason=text, position=text) for own in frame.deoptimisations),
        )
        for frame in FRAMES
    )
    report = make_profile_report(
        source=text,
        isolate=text,
        v8_version=text,
        node=text,
        frames=frames,
        categories=(CategoryTicks("node_modules", text, 66), CategoryTicks("gc", None, 34)),
        notes=(ProfileNote("source", text, 3),),
        unread_shapes=(UnreadShape(text, 1, 12, text, text),),
    )
    assert isinstance(report.gc, GcJoin)
    return dataclasses.replace(report, gc=dataclasses.replace(report.gc, source=text, offset_why=text))
