"""Which frame of one profile is which of another: after a deploy lines have moved, and folders have other names."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Container, Hashable, Sequence
from itertools import takewhile

from gclog.model.profile import Frame
from gclog.recognise.scripts import ANONYMOUS

__all__ = ["pair_frames"]

TAIL = 3
"""Last parts of a path that say which script it is, whatever folder it is in: `node_modules/express/index.js`."""

Key = Callable[[Frame], Hashable | None]
"""What two frames have in common if they are the same; None: it does not say."""


def pair_frames(known: Sequence[Frame], found: Sequence[Frame]) -> dict[int, int]:
    """For each frame of `found` that is one of `known`, which one; by index. Each is paired once.

    The same place first; then the same name in the same script, of which there are as many on both sides, in their order; then
    likewise by the script's path below the application's folder, by the end of its path, and by a name that is there once.
    """
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    roots = _root(known), _root(found)
    ladder: tuple[tuple[Key, Key, bool], ...] = (
        (_with_tag, _with_tag, True),
        (_exactly, _exactly, True),
        (_in_script, _in_script, False),
        (lambda frame: _below(frame, roots[0]), lambda frame: _below(frame, roots[1]), False),
        (_by_tail, _by_tail, False),
        (_by_name, _by_name, False),
    )
    for key_of_known, key_of_found, is_exact in ladder:
        before = _groups(known, key_of_known, taken)
        for key, members in _groups(found, key_of_found, pairs.keys()).items():
            others = before.get(key, [])
            if not is_exact and (len(others) != len(members) or (key_of_found is _by_name and len(members) > 1)):
                continue
            for one, other in zip(members, others, strict=False):
                pairs[one] = other
                taken.add(other)
    return pairs


def _groups(frames: Sequence[Frame], key_of: Key, without: Container[int]) -> dict[Hashable, list[int]]:
    """The frames that are left, by key, each group in the order of lines."""
    groups: defaultdict[Hashable, list[int]] = defaultdict(list)
    for number, frame in enumerate(frames):
        key = None if number in without else key_of(frame)
        if key is not None:
            groups[key].append(number)
    for members in groups.values():
        members.sort(key=lambda number: (frames[number].line or 0, frames[number].column or 0))
    return groups


def _kind(frame: Frame) -> tuple[Hashable, ...]:
    name = _file_of(frame.name) if frame.kind == "shared_library" else frame.name
    return name, frame.kind, frame.category, "" if frame.kind == "function" else frame.tag, frame.package


def _with_tag(frame: Frame) -> Hashable:
    return _exactly(frame), frame.tag


def _exactly(frame: Frame) -> Hashable:
    return *_kind(frame), frame.script, frame.line, frame.column, frame.library


def _in_script(frame: Frame) -> Hashable:
    return *_kind(frame), frame.script, _file_of(frame.library or "")


def _below(frame: Frame, root: str) -> Hashable | None:
    if frame.script is None or not root or not frame.script.startswith(root):
        return None
    return *_kind(frame), frame.script.removeprefix(root)


def _by_tail(frame: Frame) -> Hashable | None:
    parts = re.split(r"[\\/]", frame.script or "")
    return (*_kind(frame), *parts[-TAIL:]) if len(parts) > TAIL else None


def _by_name(frame: Frame) -> Hashable | None:
    if frame.kind != "function" or frame.name == ANONYMOUS or frame.script is None:
        return None
    return *_kind(frame), _file_of(frame.script)


def _file_of(path: str) -> str:
    return re.split(r"[\\/]", path)[-1]


def _root(frames: Sequence[Frame]) -> str:
    """The folder of all scripts of the application, with its last slash; empty if there is none."""
    scripts = [frame.script for frame in frames if frame.category == "application" and frame.script]
    folders = [script.split("/")[:-1] for script in scripts if "/" in script]
    common = [parts[0] for parts in takewhile(lambda parts: len(set(parts)) == 1, zip(*folders, strict=False))]
    return "/".join([*common, ""]) if common else ""
