"""A profile as a .cpuprofile, as `node --cpu-prof` writes it; Chrome DevTools, VS Code and speedscope open it.

All ticks in VM state GC are one node below the root, as in V8's own profiler (readers draw it on top of the preceding stack).
The native function that was collecting is therefore missing here; the other exports have it.

Ticks are `samples` at `startTime` plus the `timeDeltas` up to theirs (µs); readers let each last until the next. So a gap
after a tick is written as one more sample, of the node `(idle)`, which readers know; it is not counted in any `hitCount`. Lines and
columns count from 0, -1 where there are none; scripts that are paths become `file:` URLs, as V8's profiler writes them.
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote

from gclog.model.profile import GC_STATE, Frame, Profile
from gclog.profile.frames import ANONYMOUS
from gclog.report.export.stacks import GC_NAME, counted_stacks, interval_us, moments_us, name_of, tick_lengths_us
from gclog.report.visible import make_visible

__all__ = ["export"]

ROOT_NAME = "(root)"
IDLE_NAME = "(idle)"

NO_SCRIPT = "0"
ROOT = 1

_WINDOWS_PATH = re.compile(r"[A-Za-z]:[\\/]")


def export(profile: Profile, name: str) -> str:
    """The profile as JSON; `name` is unused, because readers show the file's name."""
    tree = _Tree(profile)
    for frames, in_gc, ticks in counted_stacks(profile):
        tree.nodes[tree.leaf(frames, in_gc) - 1]["hitCount"] += ticks
    moments = moments_us(profile)
    begin = moments[0] if moments else 0
    samples: list[int] = []
    deltas: list[int] = []
    last = begin
    ticks_in_order = zip(moments, profile.samples.path, profile.samples.state, tick_lengths_us(profile, moments), strict=True)
    for at_us, path, state, (length, gap) in ticks_in_order:
        samples.append(tree.leaf(profile.paths[path].frames, state == GC_STATE))
        deltas.append(at_us - last)
        last = at_us
        if gap:
            samples.append(tree.idle())
            deltas.append(length)
            last += length
    content = {
        "nodes": tree.nodes,
        "startTime": begin,
        "endTime": last + interval_us(profile) if moments else begin,
        "samples": samples,
        "timeDeltas": deltas,
    }
    return json.dumps(content, separators=(",", ":"))


class _Tree:
    """The call tree as a list of nodes; the node with `id` n is at n - 1."""

    def __init__(self, profile: Profile) -> None:
        self.nodes: list[dict[str, Any]] = []
        self._scripts: dict[str, str] = {}
        self._call_frames = [self._call_frame(frame) for frame in profile.frames]
        self._below: dict[tuple[int, int | str], int] = {}
        self._leaves: dict[tuple[tuple[int, ...], bool], int] = {}
        self._add(0, _meta(ROOT_NAME))

    def leaf(self, frames: tuple[int, ...], in_gc: bool) -> int:
        """The id of the node in which a stack ends."""
        key = (frames, in_gc)
        if key not in self._leaves:
            node = ROOT
            if in_gc:
                node = self._child(node, GC_NAME, _meta(GC_NAME))
            else:
                for frame in frames:
                    node = self._child(node, frame, self._call_frames[frame])
            self._leaves[key] = node
        return self._leaves[key]

    def idle(self) -> int:
        """The id of the node for time without ticks."""
        return self._child(ROOT, IDLE_NAME, _meta(IDLE_NAME))

    def _child(self, parent: int, key: int | str, call_frame: dict[str, Any]) -> int:
        if (parent, key) not in self._below:
            self._below[(parent, key)] = self._add(parent, call_frame)
        return self._below[(parent, key)]

    def _add(self, parent: int, call_frame: dict[str, Any]) -> int:
        number = len(self.nodes) + 1
        self.nodes.append({"id": number, "callFrame": call_frame, "hitCount": 0})
        if parent:
            self.nodes[parent - 1].setdefault("children", []).append(number)
        return number

    def _call_frame(self, frame: Frame) -> dict[str, Any]:
        if frame.kind != "function":
            return _meta(name_of(frame))
        url = _url(frame.script) if frame.script is not None else ""
        script = self._scripts.setdefault(url, str(len(self._scripts) + 1)) if url else NO_SCRIPT
        return {
            "functionName": "" if frame.name == ANONYMOUS else name_of(frame),
            "scriptId": script,
            "url": url,
            "lineNumber": _from_0(frame.line),
            "columnNumber": _from_0(frame.column),
        }


def _meta(name: str) -> dict[str, Any]:
    """A call frame that is in no script."""
    return {"functionName": name, "scriptId": NO_SCRIPT, "url": "", "lineNumber": -1, "columnNumber": -1}


def _from_0(place: int | None) -> int:
    """-1 for none; V8 7 (Node 12) sometimes writes line -1 itself."""
    return -1 if place is None or place < 1 else place - 1


def _url(script: str) -> str:
    """`file:///app/x.js` for `/app/x.js`; anything else is kept: `node:fs`, `evalmachine.<anonymous>`."""
    shown = make_visible(script)
    if shown.startswith("/"):
        return "file://" + quote(shown)
    if _WINDOWS_PATH.match(shown):
        return "file:///" + quote(shown.replace("\\", "/"), safe="/:")
    return shown
