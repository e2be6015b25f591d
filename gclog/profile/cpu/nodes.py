"""The calls of a CPU profile as one tree, in columns, and its functions as frames."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

import numpy as np

from gclog.model.profile import Frame
from gclog.profile.growing import DEEPEST
from gclog.profile.stacks import ROOT, Ints
from gclog.recognise.documents.cpu_profile import CallFrame, CpuProfile
from gclog.recognise.scripts import ANONYMOUS, category_of_script

__all__ = [
    "COLLECTOR",
    "COLLECTOR_FRAME",
    "IDLE",
    "PROGRAM",
    "ROOT_FRAME",
    "ROOT_NAME",
    "UNKNOWN_FRAME",
    "UNMARKED_PROGRAM",
    "Nodes",
    "arrange_nodes",
]

ROOT_NAME, PROGRAM, IDLE, COLLECTOR = "(root)", "(program)", "(idle)", "(garbage collector)"
"""V8's names of what is no function (`CodeEntry` in src/profiler/profile-generator.h)."""

ROOT_FRAME = Frame(ROOT_NAME, "unknown", "unknown")
COLLECTOR_FRAME = Frame(COLLECTOR, "native", "gc")
UNMARKED_PROGRAM = Frame(PROGRAM, "unknown", "unknown")
"""In a profile in which no time is idle, as before Node 14: native code, or waiting."""

UNKNOWN_FRAME = Frame("(unknown)", "unknown", "unknown")

OF_BUN = ("internal:", "bun:")
OF_RUNTIMES = ("node:", "ext:", *OF_BUN)
"""How the URLs of the runtime's own scripts begin: Node's, Deno's, Bun's."""

_REGEXP = re.compile(r"RegExp: (.*)|(/.+/[a-z]*)", re.DOTALL)
"""A regular expression as V8 names it, and as Bun does."""

_WINDOWS = re.compile(r"/[A-Za-z]:/")


@dataclass(slots=True)
class Nodes:
    """The tree of calls, its root in row 0, with rows for what V8 has no node for.

    row_of    of each id, in order, its row
    frame_of  of each call frame of the document its frame
    root      rows of `(root)`, which are the root; the frame of each row, and the way to the root
    lost      nodes that no way leads to
    """

    frames: list[Frame]
    frame_of: Ints
    ids: Ints
    row_of: Ints
    frame: Ints
    parent: Ints
    depth: Ints
    lost: int

    def rows(self, ids: Ints) -> Ints:
        """The row of each id; -1 for one that no node has."""
        if not len(self.ids):
            return np.full(len(ids), -1, dtype=np.int64)
        at = np.minimum(np.searchsorted(self.ids, ids), len(self.ids) - 1)
        return np.where(self.ids[at] == ids, self.row_of[at], -1)

    def add(self, frame: int, below: Ints) -> Ints:
        """A new row below each of these rows."""
        first = len(self.frame)
        self.frame = np.concatenate((self.frame, np.full(len(below), frame)))
        self.parent = np.concatenate((self.parent, below))
        self.depth = np.concatenate((self.depth, self.depth[below] + 1))
        return np.arange(first, len(self.frame))

    def number(self, frame: Frame) -> int:
        """The index of a frame."""
        if frame not in self.frames:
            self.frames.append(frame)
        return self.frames.index(frame)


def arrange_nodes(found: CpuProfile) -> Nodes:
    made: dict[Frame, int] = {}
    is_bun = any(call.url.startswith(OF_BUN) for call in found.frames)
    marks_idle = any(call.name == IDLE and not call.url for call in found.frames)
    all_frames = (_frame(call, is_bun, marks_idle) for call in found.frames)
    frame_of = np.array([made.setdefault(frame, len(made)) for frame in all_frames], dtype=np.int64)
    frame = frame_of[np.frombuffer(found.frame, dtype=np.int64)] if len(found.frame) else np.empty(0, np.int64)
    ids, first = np.unique(np.frombuffer(found.ids, dtype=np.int64), return_index=True)
    none = np.empty(0, np.int64)
    nodes = Nodes(list(made), frame_of, ids, first + 1, none, none, none, 0)
    parent = np.full(len(frame) + 1, -1, dtype=np.int64)
    above, below = (nodes.rows(np.frombuffer(column, dtype=np.int64)) for column in (found.parents, found.children))
    linked = (above >= 0) & (below >= 0)
    parent[below[linked]] = above[linked]
    is_root = np.concatenate(([False], (frame == made.get(ROOT_FRAME, -1)) & (parent[1:] < 0)))
    parent = np.where((parent >= 0) & is_root[parent], 0, parent)
    is_lost = np.concatenate(([False], parent[1:] < 0)) & ~is_root
    if not is_root.any():  # the nodes on top are the tree's, whatever they are
        is_lost[:] = False
    parent[parent < 0] = 0
    depth = _depths(parent)
    is_lost |= depth < 0
    parent[is_lost], depth[is_lost] = 0, 1
    nodes.frame, nodes.parent, nodes.depth = np.concatenate(([ROOT], frame)), parent, np.where(depth < 0, 1, depth)
    nodes.row_of = np.where(is_root[nodes.row_of], 0, nodes.row_of)
    nodes.lost = int(is_lost.sum())
    return nodes


def _depths(parent: Ints) -> Ints:
    """The level of each row; -1 if no way leads to it, or too long a one."""
    depth = np.full(len(parent), -1, dtype=np.int64)
    depth[0] = 0
    waiting = np.arange(1, len(parent))
    for level in range(1, DEEPEST):
        reached = depth[parent[waiting]] >= 0
        if not reached.any():
            break
        depth[waiting[reached]] = level
        waiting = waiting[~reached]
    return depth


def _frame(call: CallFrame, is_bun: bool, marks_idle: bool) -> Frame:
    if not call.url and (call.line < 0 or is_bun):
        return UNMARKED_PROGRAM if call.name == PROGRAM and not marks_idle else _frame_of_engine(call.name)
    script = _script(call.url)
    category, package = ("node", None) if call.url.startswith(OF_RUNTIMES) else category_of_script(script)
    line, column = (place + 1 if place >= 0 else None for place in (call.line, call.column))
    return Frame(call.name or ANONYMOUS, "function", category, "JS", script, line, column, package)


def _frame_of_engine(name: str) -> Frame:
    """What is in no script: V8's own nodes, regular expressions, functions in C++ and, of Bun, all that the engine has built in."""
    if name in (ROOT_NAME, COLLECTOR):
        return ROOT_FRAME if name == ROOT_NAME else COLLECTOR_FRAME
    regexp = _REGEXP.fullmatch(name)
    if regexp is not None:
        return Frame(regexp[1] or regexp[2], "code", "regexp", "RegExp")
    return Frame(name or ANONYMOUS, "native", "native")


def _script(url: str) -> str | None:
    """The path of a `file:` URL, as a tick log has it; any other URL as it is."""
    if not url.startswith("file:///"):
        return url or None
    path = unquote(url.removeprefix("file://"))
    return path[1:] if _WINDOWS.match(path) else path
