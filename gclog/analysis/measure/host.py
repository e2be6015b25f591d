"""What V8 ran in when it died: Node, or another host that says so by its message or by the frames of its stack."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gclog.model.crash_records import FatalError, NativeFrame
from gclog.model.process import NodeVersion
from gclog.model.records import Message, Record
from gclog.model.verdict import CrashHost

__all__ = ["find_host", "named_version"]

OF_BANNER: dict[str, CrashHost] = {
    "workerd": "workerd",
    "v8_fatal": "workerd",
    "electron_main": "Electron",
    "electron": "Chromium",
    "electron_process": "Chromium",
    "v8_heap": "V8",
}
"""Banners that Node does not print. `Fatal process out of memory` it does print, if V8 cannot even start."""

CHROMIUMS_OWN = "Out of memory, size"
"""What its allocator says (base/process/memory_win.cc)."""

OF_MODULE: tuple[tuple[re.Pattern[str], CrashHost], ...] = (
    (re.compile(r"(?:^|[/\\])deno(?:\.exe)?$", re.IGNORECASE), "Deno"),
    (re.compile(r"electron", re.IGNORECASE), "Electron"),
    (re.compile(r"(?:^|[/\\])workerd(?:\.exe)?$", re.IGNORECASE), "workerd"),
    (re.compile(r"(?:^|[/\\])d8(?:\.exe)?$", re.IGNORECASE), "d8"),
    (re.compile(r"(?:^|[/\\])(?:chrome|chromium)(?:\.exe|\.dll)?$", re.IGNORECASE), "Chromium"),
    (re.compile(r"(?:^|[/\\])node(?:js)?(?:\.exe)?(?:$| )", re.IGNORECASE), "Node"),
)
"""Names of binaries."""

PATH_VERSION = re.compile(
    r"[/\\](?:node(?:js)?(?:@[0-9]+)?|versions|image)[/\\](?:node[/\\])?v?([0-9]+\.[0-9]+\.[0-9]+)(?:[_-][0-9]+)?[/\\]"
)
"""In the path of a binary that nvm, asdf, Homebrew, volta or the like have installed: `.../node/v20.20.2/bin/node`."""


SAID_VERSION = re.compile(r"v([0-9]+\.[0-9]+\.[0-9]+)\s*$")


def find_host(errors: Sequence[FatalError], frames: Sequence[NativeFrame]) -> CrashHost:
    """What V8 ran in: by the binary that a frame names, else by the form of the message."""
    if any((error.location or "").startswith(CHROMIUMS_OWN) for error in errors):
        return "Chromium"
    by_banner: CrashHost = next((OF_BANNER[error.banner] for error in errors if error.banner in OF_BANNER), "Node")
    if by_banner == "Node" and not any(error.banner in ("v8_process", "v8_check", "v8_check_bare") for error in errors):
        return "Node"
    for frame in frames:
        for name, host in OF_MODULE:
            if frame.module is not None and name.search(frame.module) is not None:
                return host
    return by_banner


def named_version(node: NodeVersion, records: Sequence[Record]) -> NodeVersion:
    """The version that the path of the binary or a line of Node's own names, if the form of the lines does not contradict it."""
    for record in records:
        match record:
            case NativeFrame(module=str(module)):
                found = PATH_VERSION.search(module)
            case Message(kind="node_says_version" | "npm_says_version", text=text):
                found = SAID_VERSION.search(text)
            case _:
                continue
        if found is not None and node.first_major <= int(found[1].partition(".")[0]) <= node.last_major:
            major = int(found[1].partition(".")[0])
            return NodeVersion(found[1], major, major, f"named on line {record.line}")
    return node
