"""A tree of calls put together from stacks that are each written whole, as pprof and Datadog's lines on stderr have them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from gclog.heap.sampled.sampling import NO_PARENT, Sampling
from gclog.model.profile import Frame
from gclog.recognise.scripts import ANONYMOUS, category_of_script

__all__ = ["Call", "CallTree"]

_UNNAMED = re.compile(r"\(anonymous(?::L#(\d{1,9}))?(?::C#(\d{1,9}))?\)")
"""A function without a name, with its line and column."""

LINE_BITS = (1 << 32) - 1
"""Datadog can put the column above the line."""

ROOT = Frame("(root)", "native", "native")


class Call(NamedTuple):
    """A function on a stack: its file is empty if it has none; line and column from 1, 0 if not known."""

    name: str
    file: str
    line: int
    column: int = 0


class CallTree:
    """Calls, each once below its caller; the outermost node has no function."""

    def __init__(self) -> None:
        self._frames: dict[Call | None, int] = {None: 0}
        self._nodes: dict[tuple[int, int], int] = {(NO_PARENT, 0): 0}
        self._alive = [0]

    def add(self, stack: Iterable[Call], size: int) -> None:
        """What is alive of a stack's allocations, bytes; its outermost function comes first."""
        node = 0
        for call in stack:
            key = (node, self._frames.setdefault(call, len(self._frames)))
            node = self._nodes.setdefault(key, len(self._nodes))
            if node == len(self._alive):
                self._alive.append(0)
        self._alive[node] += size

    def sampling(
        self, name: str, notes: tuple[str, ...] = (), *, external: int = 0, interval: int = 0, taken_ns: int = 0
    ) -> Sampling:
        """The tree as a profile that does not list its samples: bytes outside the heap, between two samples, and when it was taken."""
        alive = np.array(self._alive, dtype=np.int64)
        parent, frame = np.array(list(self._nodes), dtype=np.int64).T
        none = np.empty(0, dtype=np.int64)
        return Sampling(
            name=name,
            frames=tuple(map(_frame_of, self._frames)),
            parent=parent,
            frame=frame,
            alive=alive,
            samples=-(-alive // interval) if interval > 0 else np.zeros_like(alive),  # about as many
            ordinals=none,
            ordinal_node=none,
            ordinal_bytes=none,
            has_samples=False,
            gone_bytes=0,
            cut=False,
            notes=notes,
            external_bytes=external,
            interval_bytes=interval,
            taken_ns=taken_ns,
        )


def _frame_of(call: Call | None) -> Frame:
    if call is None:
        return ROOT
    name, file, line, column = call
    unnamed = _UNNAMED.fullmatch(name)
    if not file and name.startswith("(") and not unnamed:
        return Frame(name, "native", "native")
    if not file and not line:
        return Frame(name or ANONYMOUS, "code", "builtin")
    category, package = category_of_script(file or None)
    row = line & LINE_BITS or (int(unnamed[1] or 0) if unnamed else 0)
    column = column or line >> 32 or (int(unnamed[2] or 0) if unnamed else 0)
    shown = ANONYMOUS if unnamed or not name else name
    return Frame(shown, "function", category, "JS", file or None, row or None, column or None, package)
