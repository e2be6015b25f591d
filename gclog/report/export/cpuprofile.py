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
from array import array
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from gclog.model.profile import GC_STATE, Frame, Profile
from gclog.recognise.scripts import ANONYMOUS
from gclog.report.export.stacks import GC_NAME, moments_us, name_of, tick_lengths_us
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
    hits = Counter(profile.samples.path) if profile.unit == "us" else None
    for number, stack in enumerate(profile.paths):
        for in_gc, ticks in ((False, stack.ticks - stack.gc_ticks), (True, stack.gc_ticks)):
            if ticks:
                tree.hit(tree.leaf(number, in_gc, stack.frames), ticks if hits is None else hits[number])
    moments = moments_us(profile)
    begin = moments[0] if moments else 0
    samples: list[int] = []
    deltas: list[int] = []
    last, length = begin, 0
    ticks_in_order = zip(moments, profile.samples.path, profile.samples.state, tick_lengths_us(profile, moments), strict=True)
    for at_us, path, state, (length, gap) in ticks_in_order:
        samples.append(tree.leaf(path, state == GC_STATE))
        deltas.append(at_us - last)
        last = at_us
        if gap:
            samples.append(tree.idle())
            deltas.append(length)
            last += length
    rest = {
        "startTime": begin,
        "endTime": last + length if moments else begin,
        "samples": samples,
        "timeDeltas": deltas,
    }
    return f'{{"nodes":[{",".join(tree.nodes())}],{_json(rest)[1:]}'


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


class _Tree:
    """The call tree by column: of the node with `id` n the call frame as JSON, the ticks, and the children are at n - 1."""

    def __init__(self, profile: Profile) -> None:
        self._paths = profile.paths
        self._scripts: dict[str, str] = {}
        self._call_frames = [_json(self._call_frame(frame)) for frame in profile.frames]
        self._shown: list[str] = []
        self._hits = array("q")
        self._children: dict[int, array[int]] = {}
        self._below: dict[int, int] = {}
        self._named: dict[str, int] = {}
        self._leaves: dict[int, int] = {}
        self._add(0, _json(_meta(ROOT_NAME)))

    def nodes(self) -> Iterator[str]:
        """Each node as JSON."""
        for number, (call_frame, hits) in enumerate(zip(self._shown, self._hits, strict=True), 1):
            children = self._children.get(number)
            below = f',"children":[{",".join(map(str, children))}]' if children else ""
            yield f'{{"id":{number},"callFrame":{call_frame},"hitCount":{hits}{below}}}'

    def hit(self, number: int, ticks: int) -> None:
        """Add ticks to a node."""
        self._hits[number - 1] += ticks

    def leaf(self, path: int, in_gc: bool, frames: tuple[int, ...] = ()) -> int:
        """The id of the node in which a stack ends, given its index; `frames` saves looking them up."""
        if in_gc:
            return self._below_root(GC_NAME)
        if path not in self._leaves:
            node = ROOT
            for frame in frames or self._paths[path].frames:
                key = node << 32 | frame
                if key not in self._below:
                    self._below[key] = self._add(node, self._call_frames[frame])
                node = self._below[key]
            self._leaves[path] = node
        return self._leaves[path]

    def idle(self) -> int:
        """The id of the node for time without ticks."""
        return self._below_root(IDLE_NAME)

    def _below_root(self, name: str) -> int:
        if name not in self._named:
            self._named[name] = self._add(ROOT, _json(_meta(name)))
        return self._named[name]

    def _add(self, parent: int, call_frame: str) -> int:
        self._shown.append(call_frame)
        self._hits.append(0)
        number = len(self._shown)
        if parent:
            self._children.setdefault(parent, array("q")).append(number)
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
