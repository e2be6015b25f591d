"""Names as V8 escapes them in a v8.log, and their parts: function, script, line, column.

V8 6.4 to 6.9 (Node 10) escapes commas and control characters, and leaves the backslash alone; from 7.0 on the backslash is
doubled. Up to 6.3 names are quoted. Also the naming of v8.log files themselves.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = [
    "FILE_NAME",
    "Place",
    "ProfileName",
    "has_isolate",
    "is_of_profile",
    "name_of_profile",
    "split_place",
    "unescape",
    "unescape_as_node",
]

FILE_NAME = re.compile(r"isolate-((?:0x)?[0-9A-Fa-f]+)-(?:(\d+)-)?")
"""How V8 names its tick logs: `isolate-0x55d0c8a0-812-v8.log`, after the isolate and, in later versions, the process."""

_PROFILE_NAME = re.compile(r"(?:^|[\\/])CPU\.(?:\d{8}\.\d{6}\.(\d{1,10})\.(\d{1,10})\.\d{3,10}|\d{13}\.(\d{1,10}))\.cpuprofile")
"""How Node and Bun name CPU profiles: date, time, pid, thread, number (`DiagnosticFilename` in Node's src/node_internals.h); and Deno: the
moment in ms and the pid."""

_ESCAPE = re.compile(r"\\(?:n|\\|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4}))")
_HEX_START = re.compile(r"\s*(?:0x)?([0-9a-fA-F]+)")


def has_isolate(name: str) -> bool:
    """Whether a log is named after its isolate."""
    return FILE_NAME.search(name) is not None


@dataclass(frozen=True, slots=True)
class ProfileName:
    """What the name of a CPU profile says: its process, and Node's number of the thread, 0 for the main one; None if it does not."""

    pid: int | None
    thread_id: int | None


def name_of_profile(name: str) -> ProfileName:
    """Read the name of a CPU profile, in an archive or not, compressed or not."""
    found = _PROFILE_NAME.search(name)
    if found is None:
        return ProfileName(None, None)
    return ProfileName(int(found[1] or found[3]), int(found[2]) if found[2] else None)


def is_of_profile(name: str) -> bool:
    """Whether a file is named as a CPU profile is."""
    return ".cpuprofile" in name


def unescape(text: str) -> str:
    """The original name; invalid escapes are left as they are."""
    return _ESCAPE.sub(_character, text) if "\\" in text else text


def _character(found: re.Match[str]) -> str:
    code = found[1] or found[2]
    if code:
        return chr(int(code, 16))
    return "\n" if found[0] == "\\n" else "\\"


def unescape_as_node(text: str, doubled: bool) -> str:
    """What node's own reader makes of a name: after an unknown backslash escape it takes anything for four hex digits.

    `doubled`: it knows `\\\\` (Node 12 on).
    """
    if "\\" not in text:
        return text
    parts, position = [], 0
    while (at := text.find("\\", position)) >= 0:
        parts.append(text[position:at])
        mark = text[at + 1 : at + 2]
        position = at + 2
        if mark == "n":
            parts.append("\n")
        elif mark == "\\" and doubled:
            parts.append("\\")
        else:
            digits = text[position : position + (2 if mark == "x" else 4)]
            position += len(digits) if digits else 0
            found = _HEX_START.match(digits)
            parts.append(chr(int(found[1], 16)) if found else "\0")
    parts.append(text[position:])
    return "".join(parts)


@dataclass(frozen=True, slots=True)
class Place:
    """A function's own name (empty if it has none), its script, and its line and column from 1."""

    name: str
    script: str | None
    line: int | None
    column: int | None


def split_place(text: str) -> Place:
    """Parse `burn /app/x.js:4:14`, ` /app/x.js:3:5`, `native v8natives.js:205`: the function ends at the last space before a path.

    A script's path may contain spaces: it starts at `/`, `file:`, `node:`, a drive letter or, failing these, after the last space.
    """
    head, _, rest = text.rpartition(":")
    numbers: list[int] = []
    while head and len(numbers) < 2 and re.fullmatch(r"-?\d{1,9}", rest):
        numbers.insert(0, int(rest))
        text = head
        head, _, rest = text.rpartition(":")
    if not numbers:
        return Place(text.strip(), None, None, None)
    start = re.search(r"(?:^| )(?=/|file:|node:|native |[A-Za-z]:[\\/]|https?:|wasm:)", text)
    at = start.start() if start else text.rfind(" ")
    name, script = (text[:at], text[at:].strip()) if at >= 0 else ("", text)
    return Place(name.strip(), script or None, numbers[0], numbers[1] if len(numbers) > 1 else None)
