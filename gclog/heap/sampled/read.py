"""A heap profile read: its tree of calls in columns, and its samples."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gclog.errors import InputError
from gclog.heap.sampled.pprof import sampling_of_pprof
from gclog.heap.sampled.sampling import MOST_BYTES, NO_PARENT, Ints, Sampling, whole
from gclog.model.profile import Frame
from gclog.recognise.documents.pprof import read_pprof
from gclog.recognise.scripts import ANONYMOUS, category_of_script
from gclog.source.json_stream import Close, CutError, JsonStream, MalformedError, Member, Open
from gclog.source.magic import is_pprof
from gclog.source.open import Source

__all__ = ["read_sampling"]

NO_PROFILE = (
    "Give a profile of V8's sampling heap profiler, as `node --heap-prof` writes it: a JSON object with a `head`, whose nodes have a "
    "`callFrame`, a `selfSize` and `children`."
)

NO_PPROF = "Give a heap profile, whole, as `@datadog/pprof`, `pprof` or Go write it. `go tool pprof -http=: FILE` shows those of CPU time."

NO_SCRIPT = (None, "", "0", 0)
"""`scriptId` of what is no JavaScript."""

OF_V8 = "(root)"
"""The name of the outermost node; V8 names what is no function in round brackets: `(GC)`, `(V8 API)`."""


@dataclass(slots=True)
class _Reading:
    """What has been read so far. `lost`: scripts with functions that have a name but, as the script is gone, no place."""

    frames: dict[tuple[Any, ...], int] = field(default_factory=dict)
    parent: array[int] = field(default_factory=lambda: array("q"))
    frame: array[int] = field(default_factory=lambda: array("q"))
    own: array[int] = field(default_factory=lambda: array("q"))
    ids: array[int] = field(default_factory=lambda: array("q"))
    lost: set[Any] = field(default_factory=set)
    sampled: array[int] = field(default_factory=lambda: array("q"))
    has_head: bool = False
    has_samples: bool = False

    def read(self, chunks: Iterator[bytes]) -> None:
        """To the end of the document. Raises CutError, MalformedError."""
        opened: list[tuple[str, int | None]] = []
        for event in JsonStream(chunks).events():
            match event:
                case Open(key=key):
                    above, node = opened[-1] if opened else ("", None)
                    opened.append((key or above, self._begin(key, above, node)))
                case Close():
                    opened.pop()
                case Member(key=key, value=value):
                    self._take(key, value, *(opened[-1] if opened else ("", None)))

    def _begin(self, key: str, above: str, node: int | None) -> int | None:
        """The number of the node that begins, or in which the array of children begins that does."""
        if key == "head":
            self.has_head = True
            return self._node(NO_PARENT)
        if key == "samples":
            self.has_samples = True
        if node is None or key == "callFrame":
            return None
        return self._node(node) if not key and above == "children" else node if key == "children" else None

    def _node(self, parent: int) -> int:
        self.parent.append(parent)
        self.frame.append(-1)
        self.own.append(0)
        self.ids.append(-1)
        return len(self.parent) - 1

    def _take(self, key: str, value: Any, above: str, node: int | None) -> None:
        if node is not None:
            match key:
                case "callFrame":
                    self.frame[node] = self._frame(value)
                case "selfSize":
                    self.own[node] = whole(value, "size")
                case "id":
                    self.ids[node] = whole(value, "id")
        elif above == "samples" and isinstance(value, dict):
            alive = value.get("isLive", True) is not False
            self.sampled.extend(
                (
                    whole(value.get("nodeId", 0), "id"),
                    whole(value.get("size", 0), "size"),
                    whole(value.get("ordinal", 0), "number"),
                    alive,
                )
            )

    def _frame(self, call: Any) -> int:
        if not isinstance(call, dict):
            raise MalformedError("a call frame is no object")
        name, url, line, column = (call.get(name) for name in ("functionName", "url", "lineNumber", "columnNumber"))
        script = None if url else call.get("scriptId")
        if name and script not in NO_SCRIPT and not _counts(line):
            self.lost.add(script)
        return self.frames.setdefault((name, url, line, column, script), len(self.frames))


def read_sampling(source: Source, progress: Callable[[Source], None] = lambda _: None) -> Sampling:
    """The profile in an open source; one that was cut off is read as far as it goes. Raises InputError."""
    if is_pprof(next(source.chunks(), b"")):
        return _read_pprof(source, progress)
    reading, cut = _Reading(), False
    try:
        reading.read(_chunks(source, progress))
    except CutError:
        cut = True
    except MalformedError as error:
        raise InputError(f"is not a heap profile: {error}", where=source.name, remedy=NO_PROFILE) from error
    if not reading.has_head:
        what = "is empty" if not source.bytes_read else "is not a heap profile: it has no head"
        raise InputError(what, where=source.name, remedy=NO_PROFILE)
    return _assemble(reading, source, cut)


def _read_pprof(source: Source, progress: Callable[[Source], None]) -> Sampling:
    """A profile in the format of pprof. Its texts are at its end: nothing can be said of one that was cut off."""
    try:
        return sampling_of_pprof(read_pprof(_chunks(source, progress)), source.name, tuple(source.notes))
    except CutError as error:
        raise InputError("is a profile of pprof that is cut off", where=source.name, remedy=NO_PPROF) from error
    except MalformedError as error:
        raise InputError(f"is not a heap profile of pprof: {error}", where=source.name, remedy=NO_PPROF) from error


def _chunks(source: Source, progress: Callable[[Source], None]) -> Iterator[bytes]:
    for chunk in source.chunks():
        yield chunk
        progress(source)


def _assemble(reading: _Reading, source: Source, cut: bool) -> Sampling:
    frame = np.array(reading.frame, dtype=np.int64)
    frames = [_frame_of(*key, is_lost=key[-1] in reading.lost) for key in reading.frames]
    if (frame < 0).any():
        frame[frame < 0] = len(frames)
        frames.append(Frame(OF_V8, "unknown", "unknown"))
    own = np.array(reading.own, dtype=np.int64)
    node, size, ordinal, alive = np.array(reading.sampled, dtype=np.int64).reshape(-1, 4).T
    at = _place(np.array(reading.ids, dtype=np.int64), node)
    is_alive = (alive != 0) & (at >= 0)
    gone = int(size[alive == 0].sum())
    if gone:  # the sizes of the nodes count them, too
        own = np.bincount(at[is_alive], weights=size[is_alive], minlength=len(own)).astype(np.int64)
    order = np.argsort(ordinal[is_alive], kind="stable")
    return Sampling(
        name=source.name,
        frames=tuple(frames),
        parent=np.array(reading.parent, dtype=np.int64),
        frame=frame,
        alive=own,
        samples=np.bincount(at[is_alive], minlength=len(own)).astype(np.int64),
        ordinals=ordinal[is_alive][order],
        ordinal_node=at[is_alive][order],
        ordinal_bytes=size[is_alive][order],
        has_samples=reading.has_samples,
        gone_bytes=gone,
        cut=cut,
        notes=tuple(source.notes),
    )


def _place(ids: Ints, wanted: Ints) -> Ints:
    """The place of each wanted id among the ids; -1 if it is not there."""
    order = np.argsort(ids, kind="stable")
    at = np.minimum(np.searchsorted(ids[order], wanted), len(ids) - 1)
    return np.where(ids[order][at] == wanted, order[at], -1)


def _frame_of(name: Any, url: Any, line: Any, column: Any, _: Any, *, is_lost: bool) -> Frame:
    """A call frame of the protocol, whose lines and columns count from 0; what has no script is V8's own.

    is_lost   its script is gone, as that of a worker thread that has ended (Node 18): the program's, at a place that V8 forgot
    """
    text = name if isinstance(name, str) else ""
    script = url if isinstance(url, str) and url else None
    if script is None and not is_lost and not _counts(line):
        if text.startswith("("):
            return Frame(text, "native", "native")
        return Frame(text or ANONYMOUS, "code", "builtin")
    category, package = category_of_script(script)
    return Frame(text or ANONYMOUS, "function", category, "JS", script, _from_one(line), _from_one(column), package)


def _counts(number: Any) -> bool:
    return isinstance(number, int) and 0 <= number < MOST_BYTES


def _from_one(number: Any) -> int | None:
    return number + 1 if _counts(number) else None
