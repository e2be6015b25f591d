"""What a tick log (`--prof`) or a CPU profile (`.cpuprofile`) yields: one frozen class for each result, no numpy, no rounding.

A *tick* is one sample of V8's profiler: where the main thread was, about once a millisecond. `self_ticks` of a frame are
the ticks in which it was on top of the stack, `total_ticks` those in which it was anywhere on it (counted once a tick,
however often it recurs). Ticks are whole numbers; a share is for the renderer to make.

A CPU profile has samples that last, and no ticks: all that is called ticks here is then microseconds, as `Profile.unit` says. A sample
lasts until the next one. Time in which the process was idle is in no view.

`at_us` is microseconds on the logger's own clock (about the isolate's start), 0 if the log has none (V8 before 3.28); of a CPU profile
since its own start.
Frames are named by their index in `Profile.frames`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from gclog.model.not_known import NotKnown
from gclog.model.process import LineCounts, UnreadShape
from gclog.model.records import Collector

__all__ = [
    "CATEGORIES",
    "GC_STATE",
    "STATES",
    "AllocationWindow",
    "CallNode",
    "Category",
    "CategoryTicks",
    "Deoptimisation",
    "FlatRow",
    "Frame",
    "FrameKind",
    "GcJoin",
    "HeapPoint",
    "HotLine",
    "JoinedPause",
    "Profile",
    "ProfileForm",
    "ProfileNote",
    "ProfileUnit",
    "Samples",
    "StackPath",
    "StateSlice",
    "Summary",
    "TierTicks",
]

FrameKind = Literal["function", "code", "native", "shared_library", "unknown"]
"""function: JavaScript with a SharedFunctionInfo; code: other code that V8 made (builtins, stubs, handlers, RegExp, scripts);
native: a C++ symbol; shared_library: a binary without symbols there; unknown: no code, library or symbol at that address."""

Category = Literal["application", "node_modules", "node", "builtin", "regexp", "native", "gc", "unknown"]
"""Whose code it is: application; a package in node_modules; Node's own JavaScript; V8's builtins, stubs and handlers; compiled
regular expressions; C++ and shared libraries; garbage collection (by a tick's VM state: never a frame's); not known."""

ProfileForm = Literal["tick-log", "cpu-profile", "preprocessed"]
"""A v8.log; a `.cpuprofile`; a v8.log as node's tool preprocesses it."""

ProfileUnit = Literal["ticks", "us", "bytes", "parts"]
"""parts: of the work of two profiles that are compared, `gclog.units.PARTS` of each."""

CATEGORIES: tuple[Category, ...] = ("application", "node_modules", "node", "builtin", "regexp", "native", "gc", "unknown")

STATES = (
    "js",
    "gc",
    "parser",
    "bytecode_compiler",
    "compiler",
    "other",
    "external",
    "atomics_wait",
    "idle",
    "logging",
    "idle_external",
    "parallel_compiler_prologue",
    "unknown",
)
"""What V8 was doing, under one name for all versions (their numbers shift; `gclog.profile.states`). In this order everywhere."""

GC_STATE = STATES.index("gc")


@dataclass(frozen=True, slots=True)
class TierTicks:
    """Ticks of one function in one of V8's compilers.

    tier     interpreted, baseline, maglev, turboprop, optimised, native_context_independent, or unknown (marker kept as it is);
             inlined: within another function's code, whose marker it has then
    marker   as in the log: `~`, `^`, `+`, `*`, `+'`, `o*`, or empty
    code     how often this function was compiled by this tier
    """

    tier: str
    marker: str
    self_ticks: int
    total_ticks: int
    code: int


@dataclass(frozen=True, slots=True)
class Deoptimisation:
    """V8 threw optimised code away: kind (soft, eager, lazy), reason, and where in the source, as printed."""

    line: int
    at_us: int
    kind: str
    reason: str
    position: str


@dataclass(frozen=True, slots=True)
class Frame:
    """Something that can be on the stack. A function is one frame in all its tiers.

    name      of the function, builtin, symbol or library; `(anonymous)` if it has none
    tag       V8's tag of code (`Builtin`, `BytecodeHandler`, `RegExp`, `Script`, ...); of functions `JS`; otherwise empty
    script    URL or path, as in the log; line and column in it, from 1
    package   its package in node_modules (`express`, `@scope/name`)
    library   path of the binary, of native and shared_library frames
    tiers, deoptimisations   of functions
    """

    name: str
    kind: FrameKind
    category: Category
    tag: str = ""
    script: str | None = None
    line: int | None = None
    column: int | None = None
    package: str | None = None
    library: str | None = None
    tiers: tuple[TierTicks, ...] = ()
    deoptimisations: tuple[Deoptimisation, ...] = ()


@dataclass(frozen=True, slots=True)
class FlatRow:
    """A frame's ticks. Every frame that any tick has, by self ticks, total ticks, name."""

    frame: int
    self_ticks: int
    total_ticks: int


@dataclass(frozen=True, slots=True)
class CallNode:
    """A node of a call tree. The root's `frame` is -1. Children by total ticks, the largest first.

    Top-down: children are callees; `self_ticks` ended here. Bottom-up: children are callers, and `total_ticks` of a node are
    the ticks of the top frame that came that way; `self_ticks` are those whose stack ends (at its outermost frame) here.
    In both, a node's `total_ticks` are its `self_ticks` plus its children's `total_ticks`; `gc_ticks` of them during a collection.
    `sides`: of two profiles compared, how many of them are of the one before and how many of the one after.
    """

    frame: int
    self_ticks: int
    total_ticks: int
    children: Sequence[CallNode]
    gc_ticks: int = 0
    sides: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class StackPath:
    """A stack, outermost frame first, and in how many ticks it was seen; `gc_ticks` of them during a collection."""

    frames: tuple[int, ...]
    ticks: int
    gc_ticks: int


@dataclass(frozen=True, slots=True)
class Samples:
    """Every tick in order, by column: when, on which path (index in `Profile.paths`), in which state (index in STATES).

    weight   what each counts for, in the profile's unit; None: 1 each
    """

    at_us: Sequence[int]
    path: Sequence[int]
    state: Sequence[int]
    weight: Sequence[int] | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """Self ticks by kind. The first five add up to the ticks; `gc` counts ticks in VM state GC, which are among them.

    node's processor counts likewise, with code that V8 made under `javascript`.
    """

    javascript: int
    cpp: int
    shared_libraries: int
    unaccounted: int
    excluded: int
    gc: int


@dataclass(frozen=True, slots=True)
class CategoryTicks:
    """Ticks whose top frame is of a category (and package); a tick in VM state GC is in `gc` alone. They add up to the ticks."""

    category: Category
    package: str | None
    self_ticks: int


@dataclass(frozen=True, slots=True)
class StateSlice:
    """Ticks from `from_us` on until the next slice, one number for each of STATES."""

    from_us: int
    ticks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class HeapPoint:
    """Memory in V8's chunks after a `new` or `delete` event, MB of 1,048,576 bytes; `at_us` is the last tick's before it.

    A `delete` has no size: what its `new` said is taken off; one whose `new` is not in the log is not counted.
    """

    line: int
    at_us: int
    committed_mb: float


@dataclass(frozen=True, slots=True)
class ProfileNote:
    """Something odd about the log that a reader should know: a stable id in kebab-case, a sentence, the first line it is at.

    ids: blank-lines, truncated-last-line, several-logs, no-version, unknown-tiers, lost-ticks, no-counter, unread-lines, repaired-names,
    bad-records, no-ticks, no-end, folded-stacks, deep-stacks, source, symbols, other-binary, no-symbols, hits-alone, out-of-order,
    unknown-nodes, no-idle
    """

    id: str
    text: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class HotLine:
    """In how many samples a line of a function was on top; lines count from 1."""

    frame: int
    line: int
    samples: int


@dataclass(frozen=True, slots=True)
class Profile:
    """One run of one isolate, from a v8.log or a CPU profile.

    source         as given
    form           what the source is; `unit`: what its ticks are
    v8_version     `11.3.244.8-node.38`; node: the release line of Node with that V8 (`20`)
    pid, isolate   from the file's name, if it has them
    ticks          ticks in the log (in --range); excluded: of another VM state than asked for; they are in no view
    unaccounted    ticks whose top frame is not known
    lost           ticks before which V8 lost others (`overflow`)
    interval_us    what the profiler was asked for; duration_ms: from the first to the last tick
    paths          the stacks, the most frequent first; samples points into it
    states         the timeline, slices of equal length; committed: from MemoryChunk events (V8 9 on), thinned
    idle           of the excluded: time in which there was nothing to do; it is in `ticks` and in `states`
    sample_count   how often V8 looked
    thread_id      Node's number of the thread, 0 for the main one, if the file's name has it
    hot_lines      of a whole CPU profile that has them (`positionTicks`): the lines that were on top most often
    """

    source: str
    v8_version: str | NotKnown
    node: str | NotKnown
    pid: int | None
    isolate: str | None
    ticks: int
    excluded: int
    unaccounted: int
    gc_ticks: int
    lost: int
    interval_us: float | NotKnown
    first_us: int | NotKnown
    duration_ms: float | NotKnown
    summary: Summary
    categories: tuple[CategoryTicks, ...]
    frames: tuple[Frame, ...]
    flat: tuple[FlatRow, ...]
    top_down: CallNode
    bottom_up: CallNode
    paths: Sequence[StackPath]
    samples: Samples
    states: tuple[StateSlice, ...]
    committed: tuple[HeapPoint, ...]
    notes: tuple[ProfileNote, ...]
    lines: LineCounts
    unread_shapes: tuple[UnreadShape, ...]
    form: ProfileForm = "tick-log"
    unit: ProfileUnit = "ticks"
    idle: int = 0
    sample_count: int = 0
    thread_id: int | None = None
    hot_lines: tuple[HotLine, ...] = ()


# ---------------------------------------------------------------- beside the GC log of the same isolate


@dataclass(frozen=True, slots=True)
class JoinedPause:
    """A collection of the GC log on the ticks' clock: its atomic pause, and the ticks in VM state GC that fell into it.

    `at_us` is its end, as in the GC log: it ran from `pause_ms` before that on.
    """

    line: int
    at_us: int
    pause_ms: float
    collector: Collector
    gc_ticks: int


@dataclass(frozen=True, slots=True)
class AllocationWindow:
    """A stretch in which the program allocated much: how much, and the frames on the stack then, by total ticks.

    `ticks`: those in it, those of GC left out. `functions`: FlatRow of these, JavaScript functions alone; the most total ticks
    first, but those that are on as many stacks elsewhere (a server's main loop) after those that are not.
    They are suspects, no more: ticks come by time, not by bytes.
    """

    from_us: int
    to_us: int
    allocated_mb: float
    mb_per_s: float
    ticks: int
    functions: tuple[FlatRow, ...]


@dataclass(frozen=True, slots=True)
class GcJoin:
    """A profile and the GC log of the same isolate on one axis of time, that of the ticks.

    source              of the GC log; its process is the one with `pid` and `isolate`
    offset_us           what was added to the GC log's clock; `offset_why` says where that figure is from
    pauses              those within the profile's time; the `gc_ticks` that fell into one of them, and those that fell into none
    windows             the stretches of most allocation, in order of time; one for all of it if allocation was even
    windows_why         how they were chosen, or why there is none
    """

    source: str
    pid: int | None
    isolate: str | None
    offset_us: int
    offset_why: str
    pauses: tuple[JoinedPause, ...]
    pause_share: float
    gc_ticks_in_pauses: int
    gc_ticks_elsewhere: int
    windows: tuple[AllocationWindow, ...]
    windows_why: str = ""
