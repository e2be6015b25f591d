"""A heap profile in the format of pprof, as a sampling: its stacks put together into a tree of calls."""

from __future__ import annotations

import re

import numpy as np

from gclog.heap.sampled.sampling import NO_PARENT, Sampling, whole
from gclog.model.profile import Frame
from gclog.recognise.documents.pprof import PprofLine, PprofProfile
from gclog.recognise.scripts import ANONYMOUS, category_of_script
from gclog.source.json_stream import MalformedError

__all__ = ["heap_value", "sampling_of_pprof"]

ALIVE = (("inuse_space", "bytes"), ("space", "bytes"))
"""What the value that is read is called: by Datadog's package and by Go, by the package `pprof`."""

EXTERNAL = "(external)"
"""What both packages add for `process.memoryUsage().external`: no sample, and no object of V8's heap."""

_UNNAMED = re.compile(r"\(anonymous(?::L#(\d{1,9}))?(?::C#(\d{1,9}))?\)")
"""A function without a name, with its line and column."""

LINE_BITS = (1 << 32) - 1
"""Datadog can put the column above the line."""

ROOT = Frame("(root)", "native", "native")


def heap_value(profile: PprofProfile) -> int | None:
    """Which of its values is what is alive; None if it is no heap profile."""
    return next((profile.types.index(kind) for kind in ALIVE if kind in profile.types), None)


def sampling_of_pprof(profile: PprofProfile, name: str, notes: tuple[str, ...]) -> Sampling:
    """The sampling. Raises MalformedError."""
    value = heap_value(profile)
    if value is None:
        kinds = ", ".join(kind for kind, _ in profile.types) or "nothing"
        raise MalformedError(f"its values are {kinds}, not what is alive (inuse_space)")
    tree = _Tree()
    external = 0
    for locations, values in profile.samples:
        size = whole(values[value] if value < len(values) else -1, "size")
        stack = [line for location in reversed(locations) for line in reversed(_lines(profile, location))]
        if stack and stack[-1].function.name == EXTERNAL:
            external += size
        else:
            tree.add(stack, size)
    return tree.sampling(name, profile, notes, external)


def _lines(profile: PprofProfile, location: int) -> list[PprofLine]:
    found = profile.locations.get(location)
    if found is None:
        raise MalformedError("a stack in it names a location that is not there")
    return found


class _Tree:
    """Calls, each once below its caller; the outermost node has no function."""

    def __init__(self) -> None:
        self._frames: dict[PprofLine | None, int] = {None: 0}
        self._nodes: dict[tuple[int, int], int] = {(NO_PARENT, 0): 0}
        self._alive = [0]

    def add(self, stack: list[PprofLine], size: int) -> None:
        node = 0
        for line in stack:
            key = (node, self._frames.setdefault(line, len(self._frames)))
            node = self._nodes.setdefault(key, len(self._nodes))
            if node == len(self._alive):
                self._alive.append(0)
        self._alive[node] += size

    def sampling(self, name: str, profile: PprofProfile, notes: tuple[str, ...], external: int) -> Sampling:
        alive = np.array(self._alive, dtype=np.int64)
        parent, frame = np.array(list(self._nodes), dtype=np.int64).T
        none = np.empty(0, dtype=np.int64)
        return Sampling(
            name=name,
            frames=tuple(map(_frame_of, self._frames)),
            parent=parent,
            frame=frame,
            alive=alive,
            samples=-(-alive // profile.period) if profile.period > 0 else np.zeros_like(alive),  # about as many
            ordinals=none,
            ordinal_node=none,
            ordinal_bytes=none,
            has_samples=False,
            gone_bytes=0,
            cut=False,
            notes=notes,
            external_bytes=external,
            interval_bytes=profile.period,
            taken_ns=profile.time_ns,
        )


def _frame_of(line: PprofLine | None) -> Frame:
    if line is None:
        return ROOT
    name, file = line.function
    if not file and name.startswith("(") and not _UNNAMED.fullmatch(name):
        return Frame(name, "native", "native")
    if not file and not line.line:
        return Frame(name or ANONYMOUS, "code", "builtin")
    unnamed = _UNNAMED.fullmatch(name)
    category, package = category_of_script(file or None)
    row = line.line & LINE_BITS or (int(unnamed[1] or 0) if unnamed else 0)
    column = line.column or line.line >> 32 or (int(unnamed[2] or 0) if unnamed else 0)
    return Frame(
        ANONYMOUS if unnamed or not name else name,
        "function",
        category,
        "JS",
        file or None,
        row or None,
        column or None,
        package,
    )
