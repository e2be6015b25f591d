"""What V8 ran in when it died: Node, or another host that says so by its message or by the frames of its stack."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from gclog.analysis.measure.locations import find_location
from gclog.model.crash_records import FatalError, JsFrame, NativeFrame
from gclog.model.process import NodeVersion
from gclog.model.records import Message, PlatformMessage, Record
from gclog.model.verdict import CrashHost, Platform

__all__ = ["EXTENSION_HOST", "find_host", "find_platform", "find_program", "is_32_bit", "is_tool", "named_version"]

Meaning = TypeVar("Meaning")

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

EXPORTED = re.compile(r"(?:node|v8|icu_[0-9]+|uv)(?:::|_[a-z])")
"""Symbols that a program exports only for native addons of Node: Electron and NW.js do, browsers do not."""

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


PM2 = "PM2's daemon"
METEOR = "Meteor's build tool"
TSSERVER = "VS Code's TypeScript server"
CYPRESS = "Cypress"
EXTENSION_HOST = "VS Code's extension host"
LAMBDA = "AWS Lambda"
SAM = "SAM local"

PROGRAM_OF_MESSAGE = {
    "lambda_started": LAMBDA,
    "extension_host_ended": EXTENSION_HOST,
    "renderer_ended": "Electron",
    "tsserver_ended": TSSERVER,
    "cypress_runs": CYPRESS,
    "meteor_builds": METEOR,
}
"""Kinds of messages that only one host writes."""

D8_RUNS = "d8_runs"
NAMED_HOSTS: dict[str, CrashHost] = {D8_RUNS: "d8", "deno_named": "Deno"}
"""Kinds of messages that name a host whose crashes look like those of others."""

OWN_TITLE = re.compile(
    r"^(?:node(?:js)?|next(?:-\w+)*|nuxt|ng|vite|vitest|webpack|jest|gulp|grunt|rollup|eslint|parcel|npm|yarn|pnpm|bun|electron|d8|workerd|deno|chrome|"
    r"lib.*|.*\.(?:so|dll|dylib|node|exe|js)(?:\.[0-9]+)*)$",
    re.IGNORECASE,
)
"""What is in the brackets of a frame, and no program of others: Node, tools whose titles these are, libraries."""

OF_TOOLS = ("global_tool", "assistant_runs", "tool_aborted")
"""Kinds of messages of programs that those who run them did not write."""

BARE_NAME = re.compile(r"^[A-Za-z][\w.-]{1,40}$")

PROGRAM_OF_MODULE: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"^PM2 v[0-9.]+: God\b"), PM2),
    (re.compile(r"^/var/lang/bin/"), LAMBDA),
    (re.compile(r"\bCode(?: - Insiders)? Helper \(Plugin\)"), EXTENSION_HOST),
)
"""Binaries, or the title that a process gave itself: V8 prints that in place of its binary's name."""

PROGRAM_OF_PLACE: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"[/\\]pm2[/\\]lib[/\\](?:Daemon|God|Satan)\b"), PM2),
    (re.compile(r"[/\\]extensionHostProcess\.js\b"), EXTENSION_HOST),
    (re.compile(r"[/\\]tsserver\.js\b"), TSSERVER),
    (re.compile(r"^/var/runtime/"), LAMBDA),
    (re.compile(r"[/\\]\.meteor[/\\]packages[/\\]"), METEOR),
)
"""Files of JavaScript frames."""

WINDOWS_ADDRESS = re.compile(r"^(?:[0-9A-F]{16}|[0-9A-F]{8}|0x(?=0|[0-9]*[A-F])(?:[0-9A-F]{16}|[0-9A-F]{8}))$")
"""Microsoft's C library prints pointers without `0x`, in upper case, at their full width; Chromium's stacks have it before them."""

WINDOWS_TEXT = re.compile(r"\b(?:Security context: |pc=)(?:[0-9A-F]{16}|[0-9A-F]{8})\b")
"""The same in the JavaScript stack."""

WINDOWS_STATUS = re.compile(r"^[\['\"(<]*(?:21474836|32212[0-9]{5}|-2147483|-10737[0-9]{5}|0x80000003|0x[cC]0000)")
"""Exceptions of Windows as exit codes."""

CAGE = re.compile(r"^(?:0x)?[0-9A-Fa-f]*[1-9A-Fa-f][0-9A-Fa-f]*0{8}$")
"""An isolate at the start of 4 GB: a heap with compressed pointers, which Electron and Chromium have and Node has not."""

PAGE = re.compile(r"Security context: \S+ <Window\b")
"""The global object of a page."""

NARROW_ADDRESS = re.compile(r"^(?:0x(?=0|[0-9]*[A-F]))?[0-9A-F]{8}$")
NARROW_TEXT = re.compile(r"\bpc[=:] ?(?:0x)?[0-9A-Fa-f]{8}\b|\bSecurity context: (?:0x)?[0-9A-Fa-f]{8}\b")
"""Pointers of 32 bits. Native frames of a Linux binary have as few digits on 64 bits."""

APPLE_ISOLATE = re.compile(r"^0x1[0-9a-f]{4}8000$")
"""Where isolates are with Apple's allocator on 64-bit ARM."""

PATHS: tuple[tuple[re.Pattern[str], Platform], ...] = (
    (re.compile(r"^(?:file:///)?[A-Za-z]:[/\\]|\.(?:exe|dll)$", re.IGNORECASE), "windows"),
    (re.compile(r"^(?:/Users/|/opt/homebrew/|/usr/local/Cellar/|/Applications/)|\.dylib$"), "macos"),
    (
        re.compile(r"^/(?:home|root|proc|snap|lib(?:64)?)/|linux-(?:x64|x86|arm64|armv[67]l)|\.so(?:\.[0-9]+)*$"),
        "linux",
    ),
)
"""Where files of frames are."""


def find_host(
    errors: Sequence[FatalError],
    frames: Sequence[NativeFrame],
    js: Sequence[JsFrame] = (),
    isolates: Sequence[str] = (),
    messages: Sequence[Message] = (),
) -> CrashHost:
    """What V8 ran in: by its global object, the address of its isolate, the binary that a frame names, the form of the message, or what
    the text around says if that form is V8's own.
    """
    if any(PAGE.search(frame.text) for frame in js):
        return "Chromium"
    if any((error.location or "").startswith(CHROMIUMS_OWN) for error in errors):
        return "Electron" if any(EXPORTED.match(frame.symbol or "") for frame in frames) else "Chromium"
    by_banner: CrashHost = next((OF_BANNER[error.banner] for error in errors if error.banner in OF_BANNER), "Node")
    if by_banner == "Node" and any(_is_of_no_handler(error) for error in errors):
        by_banner = "V8"
    if by_banner == "Node" and not any(error.banner in ("v8_process", "v8_check", "v8_check_bare") for error in errors):
        return "Electron" if any(CAGE.match(isolate) for isolate in isolates) else "Node"
    for frame in frames:
        for name, host in OF_MODULE:
            if frame.module is not None and name.search(frame.module) is not None:
                return host
    if by_banner == "V8":
        return next((NAMED_HOSTS[message.kind] for message in messages if message.kind in NAMED_HOSTS), by_banner)
    return by_banner


def _is_of_no_handler(error: FatalError) -> bool:
    """Whether V8 printed itself that memory ran out, as it does if its host has set no handler for that. Node sets one."""
    place = error.location or ""
    return error.banner in ("v8_check", "v8_check_bare") and ", line" not in place and find_location(place) is not None


def find_program(frames: Sequence[NativeFrame], js: Sequence[JsFrame], messages: Sequence[Message]) -> str:
    """The program that V8 ran in: a process manager's daemon, an editor's extension host, a platform's runtime; empty for any other."""
    by_binary = _first(PROGRAM_OF_MODULE, (frame.module for frame in frames))
    by_place = _first(PROGRAM_OF_PLACE, (frame.position or frame.text for frame in js))
    by_message = next((PROGRAM_OF_MESSAGE[message.kind] for message in messages if message.kind in PROGRAM_OF_MESSAGE), "")
    if by_binary == EXTENSION_HOST and TSSERVER in (by_place, by_message):
        return TSSERVER
    if any(message.kind == "sam_local" for message in messages):
        return SAM
    return by_binary or by_place or by_message


def is_tool(frames: Sequence[NativeFrame], js: Sequence[JsFrame], messages: Sequence[Message]) -> bool:
    """Whether its users did not write what died: a binary with Node in it, or a package that is installed for all projects."""
    modules = {frame.module for frame in frames if frame.module}
    if len(modules) == 1 and BARE_NAME.search(module := modules.pop()) and not OWN_TITLE.search(module):
        return True
    first = next((frame for frame in js if frame.position and ("/" in frame.position or "\\" in frame.position)), None)
    return any(message.kind in OF_TOOLS for message in messages) or (first is not None and first.is_global)


def find_platform(
    frames: Sequence[NativeFrame], js: Sequence[JsFrame], isolates: Sequence[str], messages: Sequence[Message] = ()
) -> Platform:
    """The operating system: by an exit code that only Windows has, by how addresses are printed, else by the paths of frames."""
    if any(isinstance(message, PlatformMessage) and WINDOWS_STATUS.search(message.status or "") for message in messages):
        return "windows"
    addresses = [*isolates, *(frame.address or "" for frame in frames)]
    if any(WINDOWS_ADDRESS.match(address) for address in addresses) or any(WINDOWS_TEXT.search(frame.text) for frame in js):
        return "windows"
    if any(APPLE_ISOLATE.match(isolate) for isolate in isolates):
        return "macos"
    by_path = _first(PATHS, [frame.module for frame in frames] + [frame.position for frame in js])
    return by_path or ""


def is_32_bit(js: Sequence[JsFrame], isolates: Sequence[str], frames: Sequence[NativeFrame] = ()) -> bool:
    """Whether addresses have eight digits where a 64-bit process has twelve or sixteen."""
    addresses = [*isolates, *(frame.address or "" for frame in frames)]
    return any(NARROW_ADDRESS.match(address) for address in addresses) or any(NARROW_TEXT.search(frame.text) for frame in js)


def _first(patterns: Sequence[tuple[re.Pattern[str], Meaning]], texts: Iterable[str | None]) -> Meaning | None:
    """What the first text means that one of the patterns finds."""
    known = (meaning for text in texts if text for pattern, meaning in patterns if pattern.search(text))
    return next(known, None)


def named_version(node: NodeVersion, records: Sequence[Record]) -> NodeVersion:
    """The version that the path of the binary or a line of Node's own names, if the form of the lines does not contradict it."""
    for record in records:
        match record:
            case Message(kind=kind) if kind == D8_RUNS:
                return replace(node, range="", evidence=f"its command is on line {record.line}", host="d8")
            case NativeFrame(module=str(module)):
                found = PATH_VERSION.search(module)
                version = "" if found is None else found[1]
            case Message(kind="node_says_version" | "npm_says_version", detail=str(version)):
                pass
            case _:
                continue
        if version and node.first_major <= (major := int(version.partition(".")[0])) <= node.last_major:
            return NodeVersion(version, major, major, f"named on line {record.line}")
    return node
