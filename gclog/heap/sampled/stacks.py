"""What Datadog's profiler prints to stderr near the limit, as a sampled heap profile: a line for each stack and size of object."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gclog.heap.sampled.sampling import Sampling
from gclog.heap.sampled.tree import Call, CallTree
from gclog.model.records import HeapStack

__all__ = ["sampling_of_stacks"]

NONE = "_"
"""Stands for a name, or a script, that there is none of."""


def sampling_of_stacks(stacks: Iterable[HeapStack], name: str) -> Sampling:
    """The lines of one print as a profile."""
    tree = CallTree()
    for stack in stacks:
        tree.add(_calls(stack.frames or ""), stack.size_bytes)
    return tree.sampling(name)


def _calls(frames: str) -> Iterator[Call]:
    """`;node:internal/timers:listOnTimeout:528;/srv/app/shop.js:serve:55`: a script may have colons, a line and a name have none."""
    for frame in frames.split(";")[1:]:
        place, _, line = frame.rpartition(":")
        script, _, name = place.rpartition(":")
        number = int(line) if line.isdecimal() and len(line) < 10 else 0
        yield Call("" if name == NONE else name, "" if script == NONE else script, number)
