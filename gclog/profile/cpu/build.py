"""From a CPU profile (`.cpuprofile`) to the model of a tick log: what is counted is microseconds, and each sample lasts until the next.

The nodes that V8 puts below the root are no functions, and are taken for what they are: `(idle)` is no work, and is in no view;
`(program)` is native code that no JavaScript called, or in which V8 found none; a sample in `(garbage collector)` has the stack that it
interrupted, that of the sample before it.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from gclog import units
from gclog.model.not_known import NotKnown
from gclog.model.process import LineCounts
from gclog.model.profile import GC_STATE, STATES, Frame, Profile, ProfileNote, Samples, StateSlice
from gclog.profile.cpu.nodes import UNMARKED_PROGRAM, Nodes, arrange_nodes
from gclog.profile.cpu.samples import IDLE_STATE, Taken, take_samples
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

NO_INTERVAL = NotKnown("a CPU profile does not say how often V8 was to look")
NO_VERSION = NotKnown("a CPU profile does not say which V8 wrote it")
NO_MOMENTS = NotKnown("the profile has no moments")


def build_cpu_profile(name: str, found: CpuProfile, options: ProfileOptions, source_notes: Sequence[str] = ()) -> Profile:
    """The profile in a document. `source_notes`: oddities of the file itself."""
    nodes = arrange_nodes(found)
    taken = take_samples(found, nodes)
    kept = _choose(taken, options)
    frames, paths, path_of = _stacks_of(nodes, kept)
    shares = share_out(frames, paths)
    is_timed = taken.at_us is not None
    total, counted = int(taken.weight[_in_range(taken, options)].sum()), int(paths.own.sum())
    named = name_of_profile(name)
    gc_ticks = int(taken.weight[_in_range(taken, options) & (taken.state == GC_STATE)].sum())
    at_us = array("q", kept.at_us.tobytes()) if kept.at_us is not None else array("q")
    return Profile(
        source=name,
        v8_version=NO_VERSION,
        node=NO_VERSION,
        pid=named.pid,
        isolate=None,
        ticks=total,
        excluded=total - counted,
        unaccounted=(summary := shares.summary(excluded=total - counted, gc=gc_ticks)).unaccounted,
        gc_ticks=gc_ticks,
        lost=0,
        interval_us=NO_INTERVAL,
        first_us=int(taken.at_us[0]) if taken.at_us is not None and len(taken.at_us) else NO_MOMENTS,
        duration_ms=_duration_ms(found, taken),
        summary=summary,
        categories=shares.categories(),
        frames=frames,
        flat=flat_rows(dict(enumerate(shares.own)), paths.total_ticks(paths.own[paths.ends])),
        top_down=top_down(paths),
        bottom_up=bottom_up(paths),
        paths=paths,
        samples=Samples(
            at_us,
            array("i", path_of.tobytes()) if is_timed else array("i"),
            array("b", kept.state.tobytes()) if is_timed else array("b"),
            array("q", kept.weight.tobytes()) if is_timed else None,
        ),
        states=_states(taken, options),
        committed=(),
        notes=tuple(_notes(found, nodes, taken, source_notes)),
        lines=LineCounts(found.lines, found.lines, 0, 0, 0),
        unread_shapes=(),
        form="cpu-profile",
        unit="us" if is_timed else "ticks",
        idle=int(taken.weight[_in_range(taken, options) & (taken.state == IDLE_STATE)].sum()),
        sample_count=taken.count,
        thread_id=named.thread_id,
    )


# ---------------------------------------------------------------- what is kept, and its figures


def _in_range(taken: Taken, options: ProfileOptions) -> npt.NDArray[np.bool_]:
    chosen = np.ones(len(taken.row), dtype=np.bool_)
    if taken.at_us is not None:
        if options.from_ms is not None:
            chosen &= taken.at_us >= options.from_ms * units.US_PER_MS
        if options.to_ms is not None:
            chosen &= taken.at_us <= options.to_ms * units.US_PER_MS
    return chosen


def _choose(taken: Taken, options: ProfileOptions) -> Taken:
    """The samples that are in the views: those that last, of work, in --range, in the state that is asked for."""
    chosen = _in_range(taken, options) & (taken.state != IDLE_STATE) & (taken.weight > 0)
    if options.state is not None:
        chosen &= taken.state == STATES.index(options.state)
    return taken.only(chosen)


def _stacks_of(nodes: Nodes, kept: Taken) -> tuple[tuple[Frame, ...], StackPaths, npt.NDArray[np.int32]]:
    """The frames, the stacks, and of each sample which stack it has."""
    tree, place = arrange(nodes.parent, nodes.frame, nodes.depth)
    ends = place[kept.row]
    own, gc = (_sums(tree, ends, np.where(chosen, kept.weight, 0)) for chosen in (True, kept.state == GC_STATE))
    paths = StackPaths(tree, own, gc)
    index = np.zeros(len(tree), dtype=np.int32)
    index[paths.ends] = np.arange(len(paths), dtype=np.int32)
    return tuple(nodes.frames), paths, index[ends]


def _sums(tree: StackTree, ends: Ints, weight: Ints) -> Ints:
    return np.bincount(ends, weights=weight, minlength=len(tree)).astype(np.int64)


def _states(taken: Taken, options: ProfileOptions) -> tuple[StateSlice, ...]:
    chosen = _in_range(taken, options)
    if options.state is not None:
        chosen &= taken.state == STATES.index(options.state)
    shown = taken.only(chosen)
    return () if shown.at_us is None else slice_times(shown.at_us, shown.state, shown.weight)


def _duration_ms(found: CpuProfile, taken: Taken) -> float | NotKnown:
    """From the first sample to the last; without moments from the profile's start to its end."""
    if taken.at_us is not None:
        return int(taken.at_us[-1] - taken.at_us[0]) / units.US_PER_MS
    if found.start_us is None or found.end_us is None:
        return NO_MOMENTS
    return (found.end_us - found.start_us) / units.US_PER_MS


def _notes(found: CpuProfile, nodes: Nodes, taken: Taken, source_notes: Sequence[str]) -> list[ProfileNote]:
    said: list[tuple[str, str]] = []
    if found.cut:
        said.append(
            (
                "truncated-last-line",
                "the file ends before the profile does: the process was killed while it wrote it, or the copy is not whole",
            )
        )
    if taken.at_us is None and taken.count:
        said.append(
            (
                "hits-alone",
                "the profile has no samples with moments: what is counted is how often V8 saw each function, not time",
            )
        )
    if not taken.count:
        said.append(("no-ticks", "the profile has no sample"))
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
