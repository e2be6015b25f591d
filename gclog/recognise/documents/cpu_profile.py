"""CPU profiles of V8's sampling profiler as JSON: `node --cpu-prof`, the inspector, Chrome DevTools, Deno, Bun (`.cpuprofile`).

    {"nodes":[{"id":1,"callFrame":{...},"hitCount":0,"children":[2]}],"startTime":1,"endTime":9,"samples":[2],"timeDeltas":[3]}

A sample is a node, the innermost of its stack; its delta is the µs since the one before it, of the first since `startTime`
(`Profile` of the inspector's protocol). In V8 5.0 and before (Node 6.3) the tree is nested in `head`, `startTime` is in seconds, and
`timestamps` are in µs; in 5.1 (Node 6.9 to 6.17) the deltas are `timestampDeltas`.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from gclog.recognise.documents.counted_lines import read_as_far_as_it_goes
from gclog.recognise.documents.numbers import TOO_LARGE, rounded_numbers
from gclog.source.json_stream import JsonStream, MalformedError

__all__ = ["CallFrame", "CpuProfile", "is_cpu_profile", "read_cpu_profile"]

_HEAD = re.compile(
    rb'\s*\{(?:[^{}]*"(?:result|profile)"\s*:\s*\{)*[^{}]*?'
    rb'"(?:nodes"\s*:\s*\[\s*\{(?:[^{}\[\]]|\[[^\[\]]*\])*"callFrame"|head"\s*:\s*\{[^{}\[\]]*"functionName")'
)
"""How it begins: with whatever it has before its nodes, and the first of these. A heap profile has its call frames in `head`."""

US_PER_SECOND = 1_000_000

LARGEST = 1 << 53
"""JavaScript has no larger whole number."""

LARGEST_32 = 1 << 31

WRAPPERS = ("result", "profile")
"""Objects that a profile is in if the inspector's whole answer was saved: `{"id":7,"result":{"profile":{"nodes":...}}}`."""

Ints = npt.NDArray[np.integer[Any]]


class CallFrame(NamedTuple):
    """A function as the profile names it; line and column count from 0, -1 if it is in no script."""

    name: str
    url: str
    line: int
    column: int


@dataclass(slots=True)
class CpuProfile:
    """A profile as it was read; a row of columns for each node, in the order of the file.

    ids, frame, hits      of each node: its id, the index of its call frame, and how many samples ended in it by its own account
    parents, children     ids of callers and, beside them, of their callees
    line_hits             samples by (index of call frame, line from 1), where the file has them
    samples, deltas_us    ids of nodes, and µs since the sample before; `moments_us` in old files instead: on the clock of `start_us`
    lines, cut            of the file; whether it ends before the profile does
    """

    frames: list[CallFrame] = field(default_factory=list)
    ids: array[int] = field(default_factory=lambda: array("q"))
    frame: array[int] = field(default_factory=lambda: array("q"))
    hits: array[int] = field(default_factory=lambda: array("q"))
    parents: array[int] = field(default_factory=lambda: array("q"))
    children: array[int] = field(default_factory=lambda: array("q"))
    line_hits: Counter[tuple[int, int]] = field(default_factory=Counter)
    samples: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    deltas_us: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    moments_us: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    start_us: int | None = None
    end_us: int | None = None
    lines: int = 0
    cut: bool = False
    _numbers: dict[CallFrame, int] = field(default_factory=dict)
    _all_hits: int = 0

    def read(self, stream: JsonStream) -> None:
        """Raises CutError, MalformedError after what could be read."""
        stream.begin()
        in_seconds = False
        bounds: dict[str, Any] = {}
        try:
            while (key := stream.key()) is not None:
                match key:
                    case "nodes":
                        for item in stream.items():
                            self.take_node(item)
                    case "head":
                        in_seconds = True
                        self._take_tree(stream)
                    case "samples":
                        self._take_numbers("samples", stream)
                    case "timeDeltas" | "timestampDeltas":
                        self._take_numbers("deltas_us", stream)
                    case "timestamps":
                        self._take_numbers("moments_us", stream)
                    case "startTime" | "endTime":
                        bounds[key] = stream.whole()
                    case _ if key in WRAPPERS:
                        stream.begin()
                    case _:
                        stream.skip()
        finally:
            scale = US_PER_SECOND if in_seconds else 1
            self.start_us, self.end_us = (_moment(bounds.get(key), scale) for key in ("startTime", "endTime"))

    def _take_numbers(self, column: Literal["samples", "deltas_us", "moments_us"], stream: JsonStream) -> None:
        """A whole array, or what is there of one that is cut off."""
        parts: list[Ints] = [np.empty(0, np.int32)]
        lasted = 0.0
        try:
            for numbers in rounded_numbers(stream):
                lasted += float(np.abs(numbers).sum(dtype=np.float64)) if column == "deltas_us" else 0.0
                if lasted >= LARGEST:
                    parts = parts[:1]
                    raise MalformedError(TOO_LARGE)
                parts.append(_narrow(numbers))
        finally:
            setattr(self, column, np.concatenate(parts))

    def take_node(self, item: Any) -> None:
        """A node as V8 writes it, with its children or its parent. Raises MalformedError."""
        match item:
            case {"id": int(number), "callFrame": dict(call)}:
                self._add(number, call, item)
            case _:
                raise MalformedError("one of its nodes has no id or no callFrame")
        below = item.get("children")
        for child in below if isinstance(below, list) else ():
            self._link(number, child)
        if isinstance(item.get("parent"), int):
            self._link(item["parent"], number)

    def _take_tree(self, stream: JsonStream) -> None:
        waiting: dict[int, list[int]] = {}
        for depth, node in stream.tree("children"):
            number = node.get("id")
            if not isinstance(number, int):
                raise MalformedError("one of its nodes has no id")
            self._add(number, node, node)
            for child in waiting.pop(depth + 1, ()):
                self._link(number, child)
            waiting.setdefault(depth, []).append(number)

    def _add(self, number: int, call: dict[str, Any], node: dict[str, Any]) -> None:
        is_old = call is node  # lines and columns count from 1 there, 0 is none
        line, column = (_place(call.get(key), is_old) for key in ("lineNumber", "columnNumber"))
        made = CallFrame(_text(call.get("functionName")), _text(call.get("url")), line, column)
        frame = self._numbers.setdefault(made, len(self.frames))
        if frame == len(self.frames):
            self.frames.append(made)
        hits = node.get("hitCount")
        self.ids.append(_known(number))
        self.frame.append(frame)
        self.hits.append(_known(hits) if isinstance(hits, int) and hits > 0 else 0)
        self._all_hits = _known(self._all_hits + self.hits[-1])
        lines = node.get("positionTicks")
        for one in lines if isinstance(lines, list) else ():
            match one:
                case {"line": int(at), "ticks": int(ticks)} if 0 < at < LARGEST and 0 < ticks < LARGEST:
                    self.line_hits[frame, at] += ticks

    def _link(self, parent: int, child: Any) -> None:
        if not isinstance(child, int):
            raise MalformedError("a child of one of its nodes is no node's id")
        self.parents.append(_known(parent))
        self.children.append(_known(child))


def is_cpu_profile(head: bytes) -> bool:
    """Whether a document that begins so is a CPU profile."""
    return _HEAD.match(head) is not None


def read_cpu_profile(chunks: Iterable[bytes]) -> CpuProfile:
    """The profile; one that is cut off is read as far as it goes. Raises MalformedError."""
    found = CpuProfile()
    found.lines, found.cut = read_as_far_as_it_goes(chunks, found.read)
    return found


# ---------------------------------------------------------------- values


def _narrow(numbers: Ints) -> Ints:
    """The numbers in 32 bits, if they fit: there may be tens of millions."""
    return numbers.astype(np.int32) if numbers.min() >= -LARGEST_32 and numbers.max() < LARGEST_32 else numbers


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _place(value: Any, is_old: bool) -> int:
    return value - is_old if type(value) is int and 0 <= value < LARGEST else -1


def _known(number: int) -> int:
    if abs(number) >= LARGEST:
        raise MalformedError(TOO_LARGE)
    return int(number)


def _moment(value: Any, scale: int) -> int | None:
    return round(value * scale) if type(value) in (int, float) and 0 <= value * scale < LARGEST else None
