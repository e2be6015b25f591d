"""What surrounds a process, as far as advice depends on it: its system, its version, a build it was part of, snapshots it wrote."""

from __future__ import annotations

import re
from dataclasses import replace

from gclog.analysis.measure.full_heap import TINY_MB
from gclog.analysis.measure.locations import RETRIED
from gclog.diagnose import facts
from gclog.model.process import NodeVersion
from gclog.model.records import PlatformMessage
from gclog.model.report import ProcessReport
from gclog.model.verdict import Crash, Limit, Platform

__all__ = [
    "BRIEF_MS",
    "LEAK_AGE_MS",
    "age_ms",
    "build_tool",
    "culprit_of",
    "first_frame",
    "fullness_of",
    "has_said",
    "is_32_bit",
    "is_brief",
    "is_build",
    "is_fault",
    "is_image_build",
    "is_pm2",
    "is_rebuilding",
    "is_server",
    "is_test_run",
    "is_tiny",
    "live_mb_of",
    "lived_ms",
    "platform_of",
    "version_of",
    "written_snapshots",
]

WINDOWS_ISOLATE = re.compile(r"[0-9A-F]{8}(?:[0-9A-F]{8})?")
"""Microsoft's C library prints pointers without `0x`, in upper case, at their full width."""

WIDTH_32 = 8

LAST_PROCESS_MEMORY = 6
"""Node 7 (V8 5.4) says `JavaScript heap out of memory` of the heap, where older ones say `process out of memory`."""

LAST_1400_MB = 11
"""From Node 12 on the default depends on the machine's memory."""

HEAP_LOCATIONS = (*sorted(RETRIED), "Scavenger: ", "MarkCompactCollector: ", "Evacuation")
"""Fatal locations of the heap, of which the wording after them shows the era; for memory outside the heap it never changed."""

OLDEST_RETRIES = ("CALL_AND_RETRY_0", "CALL_AND_RETRY_1", "CALL_AND_RETRY_2", "JS")
"""Locations of Node 0.8 to 0.12."""

BUILD_TOOLS = re.compile(
    r"[/\\](?P<tool>@?angular(?:-devkit|[/\\]cli)|@?babel(?!-runtime|[/\\]runtime)(?:-[a-z-]+)?|browserify|esbuild|eslint|fork-ts-checker-webpack-plugin|"
    r"(?:grunt|gulp)(?:-[a-z-]+)?|@?jest(?:-[a-z-]+)?|metro|next[/\\]dist[/\\](?:build|server[/\\]dev|compiled[/\\](?:babel|css|postcss|sass|terser|webpack)[\w-]*)|"
    r"parcel(?:-bundler)?|rollup|source-map[/\\]lib[/\\]source-map-generator[^/\\]*|terser(?:-webpack-plugin)?|ts-loader|typescript|uglify-(?:js|es)|vite|vitest|webpack(?:-core|-sources)?)(?:[/\\]|:)",
    re.IGNORECASE,
)
"""Packages that compile, bundle or test, in the path of a frame."""

SERVER_FRAMES = re.compile(
    r"[/\\]node_modules[/\\](?:express|fastify|koa|@koa[/\\]router|@nestjs[/\\]core|@hapi[/\\]hapi|restify|socket\.io|ws|@apollo[/\\]server|apollo-server[a-z-]*|"
    r"next[/\\]dist[/\\]server[/\\](?!dev|lib[/\\]router-utils))[/\\]"
)
"""Packages that serve requests, in the path of a frame."""

RUN_AS = ("webpack", "vitest", "vite", "rollup", "jest", "gulp", "grunt", "eslint", "browserify", "parcel")
"""Names by which they are run."""

SHELL_STEP = "/bin/sh -c "
"""How a Dockerfile runs a command, in the line that says with what code it ended."""

WATCHES = "build_watches"
TEST_MESSAGES = ("vitest_runs", "jest_runs")
BUILD_MESSAGES = ("build_runs", WATCHES, "meteor_builds", "image_build", "hosted_build", *TEST_MESSAGES)
"""Kinds of messages by which such a tool names itself, or is known by what it prints; WATCHES if it builds again after each change."""

REBUILT_MS = 600_000.0
"""After ten minutes a tool that watches has built more than once; before, it is the build itself that needs the memory."""

BRIEF_MS = 2_000.0
"""Below this a timer of half a second writes next to nothing, and nobody sends a signal in time."""

LEAK_AGE_MS = 3_600_000.0
"""After an hour a full heap is more often a leak than a large piece of work."""

CULPRITS: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(r"JsonStringif|JSON\.stringify|\b(?:Json)?stringify \[native|Builtin_JsonStringify", re.IGNORECASE),
        "JSON.stringify",
    ),
    (re.compile(r"JsonParse|ParseJson|JSON\.parse|\bparse \[native json", re.IGNORECASE), "JSON.parse"),
    (re.compile(r"RegExp|Irregexp|JSRegExp"), "a regular expression"),
    (re.compile(r"ArrayPrototypeJoin|SparseJoin|\bjoin \[native|\bjoin\("), "join"),
    (
        re.compile(
            r"Buffer::New|AllocateExternalBackingStore|\bBuffer\.(?:from|alloc|concat)\b|"
            r"\b(?:from|alloc|concat|\w*[tT]oString)\w*\b[^\n]*[ (\[](?:node:)?buffer(?:\.js)?:"
        ),
        "a Buffer",
    ),
    (re.compile(r"IterableToList|CreateArrayFromIterable|spread", re.IGNORECASE), "spread"),
)
"""Frames, native or JavaScript's, of operations that make one large object out of their input."""

NEAREST_EXPORT = re.compile(r"\+(?:[5-9][0-9]{2}|[0-9]{4,})$")
"""Windows names a frame by the export before it: so far behind it is another function."""

FRAME = re.compile(r"^(?:[0-9]+: )?(?P<name>(?!/\*)[\w.$]{2,60}(?: \([^()]{1,200}\)|(?= ?[\[(])))")
"""The function's name, with its file if there is one, of a frame as V8 prints it."""

FAULT = re.compile(r"\b139\b|SEGV|[Ss]egmentation|3221225477|-1073741819|0x[cC]0000005")
"""How the end after a bad address is printed."""

TOP_FRAMES = 6
"""Frames nearest to the death: what is further down is the program around it."""


def platform_of(process: ProcessReport) -> Platform:
    """The operating system, by the frames of its crash or how its lines print the isolate; empty if they do not say."""
    if process.crash is not None and process.crash.platform:
        return process.crash.platform
    return "windows" if process.isolate is not None and WINDOWS_ISOLATE.fullmatch(process.isolate) else ""


def is_32_bit(process: ProcessReport) -> bool:
    """Whether it is known to be a 32-bit process: pointers of Windows are printed at their full width."""
    if process.crash is not None and process.crash.is_32_bit:
        return True
    return platform_of(process) == "windows" and process.isolate is not None and len(process.isolate) == WIDTH_32


def version_of(process: ProcessReport) -> NodeVersion:
    """Its version, narrowed by what V8's message or its default limit says of the era."""
    node, last = process.node, process.node.last_major
    if process.crash is not None and _is_old_wording(process.crash):
        last = min(last, LAST_PROCESS_MEMORY)
    if isinstance(process.limit, Limit) and f"Node {LAST_1400_MB} and before" in process.limit.why:
        last = min(last, LAST_1400_MB)
    return replace(node, last_major=last) if node.first_major <= last < node.last_major else node


def _is_old_wording(crash: Crash) -> bool:
    location = crash.location or ""
    if location.startswith(OLDEST_RETRIES[:3]) or location == OLDEST_RETRIES[3]:
        return True
    return location.startswith(HEAP_LOCATIONS) and "process out of memory" in crash.message


def age_ms(process: ProcessReport) -> float | None:
    """How old it was at its death: by V8's clock, else by how long its test runner says that it ran."""
    if process.crash is None:
        return None
    if process.crash.at_ms is not None:
        return process.crash.at_ms
    return next((float(ms) for ms in _details(process, "test_lasted")), None)


def lived_ms(process: ProcessReport) -> float:
    """How long the next run may last, too: its age at death; of a living process, what the log shows of it."""
    age = age_ms(process)
    return process.span.last_ms if age is None else age


def is_brief(process: ProcessReport) -> bool:
    """Whether it lived too short a time for a timer, a signal or a person to do anything in it."""
    return 0 < lived_ms(process) < BRIEF_MS


def is_build(process: ProcessReport) -> bool:
    """Whether frames or its output show a compiler, bundler or test runner, and it was not at work for longer than those are."""
    crash, age = process.crash, age_ms(process)
    if crash is None or (age is not None and age > LEAK_AGE_MS):
        return False
    if is_image_build(process) or is_test_run(process):
        return True
    return _has_build_frames(crash) or has_said(process, *BUILD_MESSAGES)


def is_rebuilding(process: ProcessReport) -> bool:
    """Whether a compiler or bundler has been at it for so long that it builds again after each change."""
    crash, age = process.crash, age_ms(process)
    if crash is None or age is None or is_image_build(process):
        return False
    if age > LEAK_AGE_MS and (_has_build_frames(crash) or has_said(process, BUILD_MESSAGES[0])):
        return True
    return age > REBUILT_MS and has_said(process, WATCHES)


def _has_build_frames(crash: Crash) -> bool:
    return any(BUILD_TOOLS.search(frame) for frame in crash.js_stack)


def is_server(process: ProcessReport) -> bool:
    """Whether frames or what it printed show a program that serves requests."""
    crash = process.crash
    is_serving = crash is not None and any(SERVER_FRAMES.search(frame) for frame in crash.js_stack)
    return is_serving or has_said(process, "server_runs")


def is_image_build(process: ProcessReport) -> bool:
    """Whether it ran in a step of a Dockerfile, where only that sets its environment."""
    if has_said(process, "image_build") or _is_wrapped_by(process, "buildkit"):
        return True
    return any(isinstance(message, PlatformMessage) and SHELL_STEP in message.text for message in process.signs.messages)


def is_pm2(process: ProcessReport) -> bool:
    """Whether PM2 ran it, by the labels of its lines or what PM2 says between them."""
    return has_said(process, "pm2_runs") or _is_wrapped_by(process, "pm2")


def is_test_run(process: ProcessReport) -> bool:
    """Whether a test runner printed the heap after each file of tests, and it grew."""
    return process.memory is not None and bool(process.memory.tests)


def has_said(process: ProcessReport, *kinds: str) -> bool:
    """Whether a line of one of these kinds is around it."""
    return any(message.kind in kinds for message in process.signs.messages)


def _details(process: ProcessReport, kind: str) -> list[str]:
    """What the messages of a kind are about."""
    return [message.detail for message in process.signs.messages if message.kind == kind and message.detail is not None]


def _is_wrapped_by(process: ProcessReport, envelope: str) -> bool:
    return any(envelope in names.split("/") for names in process.coverage.envelopes)


def build_tool(process: ProcessReport) -> str:
    """The name by which the tool in its frames, or that its output names, is run; empty if none of them has one."""
    frames = () if process.crash is None else process.crash.js_stack
    found = [match["tool"].lower() for frame in frames if (match := BUILD_TOOLS.search(frame))]
    found += [message.kind for message in process.signs.messages if message.kind in TEST_MESSAGES]
    found += [message.text for message in process.signs.messages if message.kind in BUILD_MESSAGES]
    return next((name for name in RUN_AS if any(name in tool for tool in found)), "jest" if is_test_run(process) else "")


def live_mb_of(process: ProcessReport) -> float | None:
    """What the last full collection left; else the live set by other figures."""
    return process.cycles[-1].after_mb if process.cycles else facts.known(process.heap.live_mb)


def fullness_of(process: ProcessReport) -> float | None:
    """The live set as a share of the limit; None if either is not known."""
    live_mb = live_mb_of(process)
    return live_mb / process.limit.mb if live_mb is not None and isinstance(process.limit, Limit) else None


def is_tiny(process: ProcessReport) -> bool:
    """Whether a known heap was too small to have filled any limit."""
    live_mb = live_mb_of(process)
    is_set = isinstance(process.limit, Limit) and process.limit.source in ("option", "log", "report")
    return live_mb is not None and live_mb < TINY_MB and not is_set


def written_snapshots(process: ProcessReport) -> tuple[str, ...]:
    """Paths of heap snapshots that it says it wrote at its limit, in order."""
    return tuple(dict.fromkeys(_details(process, "heap_snapshot_written")))


def is_fault(crash: Crash) -> bool:
    """Whether all that is known of its end is the exit code or signal of a bad address, which native code causes more often than V8."""
    return not crash.exhausted and FAULT.search(crash.message) is not None


def culprit_of(crash: Crash) -> str:
    """The operation on one large value that the top frames name, as `join at FRAME`; empty if they name none."""
    called = [frame for frame in crash.native_stack[: 3 * TOP_FRAMES] if not NEAREST_EXPORT.search(frame)]
    frames = (*crash.js_stack[:TOP_FRAMES], *called)
    return next((what for pattern, what in CULPRITS if any(pattern.search(frame) for frame in frames)), "")


def first_frame(crash: Crash) -> str:
    """The JavaScript frame to look at first: the first of the program's own, else the first with a name."""
    if crash.place:
        return crash.place
    named = (FRAME.search(frame) for frame in crash.js_stack)
    return next((match["name"] for match in named if match is not None), "")
