"""From a CPU profile (`.cpuprofile`) to the model of a tick log: what is counted is microseconds, and each sample lasts until the next.

The nodes that V8 puts below the root are no functions, and are taken for what they are: `(idle)` is no work, and is in no view;
`(program)` is native code that no JavaScript called, or in which V8 found none; a sample in `(garbage collector)` has the stack that it
interrupted, that of the sample before it.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from gclog import units
from gclog.model.not_known import NotKnown
from gclog.model.process import LineCounts
from gclog.model.profile import GC_STATE, STATES, Frame, HotLine, Profile, ProfileNote, ProfileUnit, Samples, StateSlice
from gclog.profile.cpu.nodes import UNMARKED_PROGRAM, Nodes, arrange_nodes
from gclog.profile.cpu.samples import AT_ONCE, IDLE_STATE, Taken, take_samples
from gclog.profile.names import name_of_profile
from gclog.profile.options import ProfileOptions
from gclog.profile.shares import share_out
from gclog.profile.stacks import Ints, StackPaths, StackTree, arrange
from gclog.profile.timeline import slice_times
from gclog.profile.tree import bottom_up, flat_rows, top_down
from gclog.recognise.documents.cpu_profile import CpuProfile

__all__ = ["build_cpu_profile"]

MUCH = 0.1
"""From this share of (program) on it is worth saying that it may be idle time."""

MOST_LINES = 500

NO_INTERVAL = NotKnown("a CPU profile does not say how often V8 was to look")
NO_VERSION = NotKnown("a CPU profile does not say which V8 wrote it")
NO_MOMENTS = NotKnown("the profile has no moments")


def build_cpu_profile(name: str, found: CpuProfile, options: ProfileOptions, source_notes: Sequence[str] = ()) -> Profile:
    """The profile in a document. `source_notes`: oddities of the file itself."""
    nodes = arrange_nodes(found)
    taken = take_samples(found, nodes)
    taken.cut(options.from_us, options.to_us)
    taken.merge_neighbours()
    notes = _notes(found, nodes, taken, options, source_notes)
    duration_ms = _duration_ms(found, taken)
    first_us = int(taken.at_us[0]) if taken.at_us is not None and len(taken.at_us) else NO_MOMENTS
    total, idle, gc_ticks = int(taken.weight.sum()), _time_in(taken, "idle"), _time_in(taken, "gc")
    states = _states(taken, options)
    taken.keep(_is_shown(taken, options))
    frames, paths, path_of = _stacks_of(nodes, taken)
    unit: ProfileUnit = "ticks" if taken.at_us is None else "us"
    shares = share_out(frames, paths)
    counted = int(paths.own.sum())
    summary = shares.summary(excluded=total - counted, gc=gc_ticks)
    named = name_of_profile(name)
    return Profile(
        source=name,
        v8_version=NO_VERSION,
        node=NO_VERSION,
        pid=named.pid,
        isolate=None,
        ticks=total,
        excluded=total - counted,
        unaccounted=summary.unaccounted,
        gc_ticks=gc_ticks,
        lost=0,
        interval_us=NO_INTERVAL,
        first_us=first_us,
        duration_ms=duration_ms,
        summary=summary,
        categories=shares.categories(),
        frames=frames,
        flat=flat_rows(dict(enumerate(shares.own)), paths.total_ticks(paths.own[paths.ends])),
        top_down=top_down(paths),
        bottom_up=bottom_up(paths),
        paths=paths,
        samples=_samples(taken, path_of),
        states=states,
        committed=(),
        notes=tuple(notes),
        lines=LineCounts(found.lines, found.lines, 0, 0, 0),
        unread_shapes=(),
        form="cpu-profile",
        unit=unit,
        idle=idle,
        sample_count=taken.in_range,
        thread_id=named.thread_id,
        hot_lines=_hot_lines(found, nodes) if options.is_whole else (),
    )


# ---------------------------------------------------------------- what is kept, and its figures


def _time_in(taken: Taken, state: str) -> int:
    return int(taken.weight[taken.state == STATES.index(state)].sum())


def _is_shown(taken: Taken, options: ProfileOptions) -> npt.NDArray[np.bool_]:
    """Which samples are in the views: those that last, of work, in the state that is asked for."""
    chosen: npt.NDArray[np.bool_] = (taken.state != IDLE_STATE) & (taken.weight > 0)
    if options.state is not None:
        chosen &= taken.state == STATES.index(options.state)
    return chosen


def _stacks_of(nodes: Nodes, taken: Taken) -> tuple[tuple[Frame, ...], StackPaths, npt.NDArray[np.int32]]:
    """The frames, the stacks, and of each sample which stack it has."""
    tree, place = arrange(nodes.parent, nodes.frame, nodes.depth)
    ends = place[taken.row]
    in_gc = taken.state == GC_STATE
    paths = StackPaths(tree, _sums(tree, ends, taken.weight), _sums(tree, ends[in_gc], taken.weight[in_gc]))
    index = np.zeros(len(tree), dtype=np.int32)
    index[paths.ends] = np.arange(len(paths), dtype=np.int32)
    return tuple(nodes.frames), paths, index[ends]


def _sums(tree: StackTree, ends: Ints, weight: Ints) -> Ints:
    return np.bincount(ends, weights=weight, minlength=len(tree)).astype(np.int64)


def _samples(taken: Taken, path_of: npt.NDArray[np.int32]) -> Samples:
    """The samples in the columns of the model; those of `taken` are given up one by one, so that not all are held twice."""
    if taken.at_us is None:
        return Samples(array("q"), array("i"), array("b"))
    at_us, state = _column("q", taken.at_us), _column("b", taken.state)
    taken.at_us = None
    weight = _column("q", taken.weight)
    taken.weight = np.empty(0, np.int64)
    return Samples(at_us, _column("i", path_of), state, weight)


def _column(code: str, values: npt.NDArray[np.generic]) -> array[int]:
    column = array(code)
    for at in range(0, len(values), AT_ONCE):
        column.frombytes(values[at : at + AT_ONCE].tobytes())
    return column


def _hot_lines(found: CpuProfile, nodes: Nodes) -> tuple[HotLine, ...]:
    """The lines that were on top most often; call frames that are one function are counted together."""
    samples: Counter[tuple[int, int]] = Counter()
    for (call, line), count in found.line_hits.items():
        frame = int(nodes.frame_of[call])
        if nodes.frames[frame].kind == "function":
            samples[frame, line] += count
    most = sorted(samples.items(), key=lambda one: (-one[1], one[0]))[:MOST_LINES]
    return tuple(HotLine(frame, line, count) for (frame, line), count in most)


def _states(taken: Taken, options: ProfileOptions) -> tuple[StateSlice, ...]:
    if taken.at_us is None:
        return ()
    chosen = None if options.state is None else STATES.index(options.state)
    slices = slice_times(taken.at_us, taken.state, taken.weight)
    if chosen is None:
        return slices
    return tuple(
        StateSlice(part.from_us, tuple(ticks if state == chosen else 0 for state, ticks in enumerate(part.ticks)))
        for part in slices
    )


def _duration_ms(found: CpuProfile, taken: Taken) -> float | NotKnown:
    """From the first sample to the end of the last; without moments from the profile's start to its end."""
    if taken.at_us is not None:
        return int(taken.at_us[-1] + taken.weight[-1] - taken.at_us[0]) / units.US_PER_MS if len(taken.row) else NO_MOMENTS
    if found.start_us is None or found.end_us is None:
        return NO_MOMENTS
    return (found.end_us - found.start_us) / units.US_PER_MS


def _notes(
    found: CpuProfile, nodes: Nodes, taken: Taken, options: ProfileOptions, source_notes: Sequence[str]
) -> list[ProfileNote]:
    said: list[tuple[str, str]] = []
    if found.cut:
        said.append(
            (
                "truncated-last-line",
                "the file ends before the profile does: the process was killed while it wrote it, or the copy is not whole",
            )
        )
    if taken.at_us is None and taken.count:
        ranged = options.from_us is not None or options.to_us is not None
        said.append(
            (
                "hits-alone",
                "the profile has no samples with moments: what is counted is how often V8 saw each function, not time"
                + ("; --range could not be applied" if ranged else ""),
            )
        )
    if not taken.in_range:
        said.append(("no-ticks", f"the profile has no sample{' in the range' if taken.count else ''}"))
    is_program = np.array([frame == UNMARKED_PROGRAM for frame in nodes.frames] + [False])
    share = int(taken.weight[is_program[nodes.frame][taken.row]].sum()) / (int(taken.weight.sum()) or 1)
    if share > MUCH:
        said.append(
            ("no-idle", f"no time is marked as idle here: (program), {units.percent(share)}, is native code or waiting")
        )
    if taken.out_of_order:
        said.append(
            (
                "out-of-order",
                f"{taken.out_of_order:,} of {taken.count:,} samples were not in the order of time, and were sorted",
            )
        )
    if taken.unknown:
        said.append(("unknown-nodes", f"{taken.unknown:,} of {taken.count:,} samples are of no node in the file"))
    if nodes.lost:
        said.append(("unknown-nodes", f"{nodes.lost:,} nodes have no caller in the file"))
    return [ProfileNote(id, text) for id, text in [*said, *(("source", text) for text in source_notes)]]
