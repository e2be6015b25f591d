"""What killed the process: the kind of its fatal error, and a sentence about it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from gclog import units
from gclog.analysis.measure.full_heap import judge_full_heap, live_after_full, say_left, was_at_ease
from gclog.analysis.measure.host import find_host, find_platform, find_program, is_32_bit, is_tool
from gclog.analysis.measure.locations import MOVING, Location, find_location, name_work
from gclog.analysis.measure.reasons import LAST_RESORT
from gclog.model.crash_records import CrashMarker, FatalError, JsFrame, NativeFrame
from gclog.model.records import HeapOption, Message, Record, RingCollection
from gclog.model.verdict import OUT_OF_HEAP, Crash, CrashKind, Level
from gclog.model.witness import OutsideKill
from gclog.processes.message_kills import ABORTED, Life, messages_of_end
from gclog.processes.rows import Rows, Table, rows_of
from gclog.processes.workers import WORKER_STOPPED

__all__ = ["classify_crash", "death_level", "depends_on_limit"]

LAST_CYCLES = 4
"""Collections shown for a crash without a ring: V8's own rule counts four."""

HEAP_BANNERS = frozenset({"last_few_gcs", "js_stacktrace", "heap_statistics"})
"""Banners that V8 prints only when it runs out of memory."""

ISOLATED_VM = "isolated-vm"
"""The only host that prints statistics of the heap when it runs out of memory."""

HEAP_WORDS = "heap_out_of_memory"
"""The log's own words for a heap death; compatible with the tail of a crash."""

KILLED_FROM_OUTSIDE: tuple[CrashKind, str] = (
    "killed",
    "the process was killed from outside: its total memory, not the JavaScript heap alone, was more than the machine"
    " or container allows",
)

SIGNALLED: tuple[CrashKind, str] = (
    "killed",
    "the process got SIGKILL: most often because its total memory was more than the container or machine allows",
)

DEATHS: dict[str, tuple[CrashKind, str]] = {
    "kernel_killed": KILLED_FROM_OUTSIDE,
    "kernel_constraint": KILLED_FROM_OUTSIDE,
    "oom_killed": KILLED_FROM_OUTSIDE,
    "exit_137": SIGNALLED,
    "killed": SIGNALLED,
    "bad_alloc": ("native-memory", "not the JavaScript heap: native code in Node or an addon could not allocate memory"),
    HEAP_WORDS: (
        "heap-limit",
        "the JavaScript heap ran out of memory, according to the log; it lacks V8's own message",
    ),
}
"""Kinds of messages that report a death without V8's fatal error, most reliable first. They count only after the last collection:
a process that goes on collecting did not die of what was said before."""

ABORT_REASON = "it was aborted, as Node is after V8's fatal error; the error itself is on stderr, which is not in this log"
"""What exit code 134, SIGABRT and their like mean by themselves."""

FAULTED = "exit_fault"
FAULT_REASON = "it crashed: native code did, or V8, which ends so after its fatal error in some images and in Electron; stderr is not in this log"
"""What SIGSEGV, SIGTRAP and their exit codes mean by themselves."""

UNCAUGHT_FOOTER = "node_says_version"
"""`Node.js v24.13.0`, which Node 17 and later print below the stack of an exception that nobody caught, and nowhere else."""

UNCAUGHT = "an exception that nobody caught"
UNCAUGHT_REASON = f"{UNCAUGHT} ended it: its message and stack are above the line with Node's version"

PROCESS_MEMORY = "Allocation failed - p"
"""Start of `Allocation failed - process out of memory`: memory outside the heap from V8 5.0 on, any memory before."""

NO_MEMORY = ("process out of memory", "Out Of Memory", "Out of memory")
"""Ends of a host's own words for it."""

HEAP_MEMORY = ("Allocation failed - J", "JavaScript heap out of memory")
"""Starts of `Allocation failed - JavaScript heap out of memory`, which may be wrapped or cut off."""

HEAP_ERRORS = frozenset({"v8_heap", "electron"})
PROCESS_ERRORS = frozenset({"v8_process", "electron_process"})
CHECKS = frozenset({"v8_check", "v8_check_bare"})
NO_FRAME = re.compile(r"^\W*[0-9]+\W+(?:ExitFrame|StubFrame|ConstructFrame|arguments adaptor frame)\b")
NODES_OWN = re.compile(r"^(?:node:|internal/|native |(?:buffer|events|fs|module|net|stream|timers|util|vm)\.js:|\[eval\])")
"""A frame of the library that is part of Node, or without a file."""
"""Formats of the fatal error that by themselves name the memory that ran out."""


@dataclass(slots=True)
class _Block:
    """The records of a crash, by type."""

    errors: list[FatalError] = field(default_factory=list)
    markers: list[CrashMarker] = field(default_factory=list)
    native: list[NativeFrame] = field(default_factory=list)
    js: list[JsFrame] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    ring: list[RingCollection] = field(default_factory=list)
    limit_mb: float | None = None
    is_inferred: bool = False


def classify_crash(
    records: Iterable[Record],
    collections: Table,
    limit_mb: float | None = None,
    spoke_line: int = 0,
    life: Life | None = None,
    *,
    is_inferred: bool = False,
) -> Crash | None:
    """The crash that a process's records report; None if they report none.

    records       its FatalError, CrashMarker, NativeFrame, JsFrame, Message, HeapOption and RingCollection records; others are ignored
    collections   all its collections, those of the ring included
    limit_mb      the old generation's limit if known from outside the crash and the options: it distinguishes one huge allocation
                  from a full heap
    spoke_line    the last line on which the program reported its memory, when it was still alive
    life          when it lived, and its pid, for what others say of other processes
    is_inferred   `limit_mb` is inferred
    """
    block, collections = _sort(records), rows_of(collections)
    block.is_inferred = is_inferred
    last_line = max(spoke_line, collections.line(-1) if len(collections) else 0)
    ends = messages_of_end(block.messages, life or Life(last_line=last_line))
    error = _fatal(block.errors)
    if error is not None:
        kind, reason = _judge(error, block, collections, limit_mb or block.limit_mb)
        location = error.location if find_location(error.location or "") or error.banner not in CHECKS else _message(error)
        return _crash(block, collections, error.line, kind, reason, _say(error, block), location or None)
    death = _find_death(ends)
    if block.markers and (words := next((said for said in block.messages if _is_own_error(said)), None)) is not None:
        death = words
    if death is not None and (not block.markers or death.kind == HEAP_WORDS):
        kind, reason = DEATHS[death.kind]
        return _crash(block, collections, death.line, kind, reason, death.text.strip(), None)
    if block.markers:
        return _crash(block, collections, block.markers[0].line, "unknown", _judge_tail(block, collections), "", None)
    aborted = next((message for kind in ABORTED for message in ends if message.kind == kind), None)
    if aborted is not None:
        reason = FAULT_REASON if aborted.kind == FAULTED else ABORT_REASON
        return _crash(block, collections, aborted.line, "unknown", reason, aborted.text.strip(), None)
    stopped = next((message for message in block.messages if message.kind == WORKER_STOPPED), None)
    if stopped is not None and _may_be_of(collections, stopped):
        reason = "a worker reached its own heap limit and was stopped; the process could go on"
        return _crash(block, collections, stopped.line, "worker-limit", reason, stopped.text.strip(), None)
    footer = next((message for message in ends if message.kind == UNCAUGHT_FOOTER), None)
    if footer is not None:
        return _crash(block, collections, footer.line, "not-memory", UNCAUGHT_REASON, UNCAUGHT, None)
    return None


def _may_be_of(collections: Rows, stopped: Message) -> bool:
    """Whether the isolate of these collections may be the worker that was stopped: that is silent from then on, after a full collection."""
    return not len(collections) or (collections.line(-1) < stopped.line and bool(collections.tail(1).full[0]))


def depends_on_limit(crash: Crash) -> bool:
    """Whether only the heap's limit shows if the heap was full or one allocation too large."""
    return crash.kind == "heap-limit" and (crash.location or "").startswith("CALL_AND_RETRY")


def death_level(crash: Crash, kill: OutsideKill | None) -> Level:
    """How bad a death is: memory has run out, or the process is dead of something else, or of nobody knows what.

    What was killed because it did not end in time when somebody asked it to says nothing of memory.
    """
    if crash.kind == "killed" and kill is not None and kill.asked_to_stop:
        return "not-assessable"
    return "exhausted" if crash.exhausted else "critical"


def _sort(records: Iterable[Record]) -> _Block:
    block = _Block()
    for record in records:
        match record:
            case FatalError():
                block.errors.append(record)
            case CrashMarker():
                block.markers.append(record)
            case NativeFrame():
                block.native.append(record)
            case JsFrame():
                block.js.append(record)
            case Message():
                block.messages.append(record)
            case RingCollection():
                block.ring.append(record)
            case HeapOption() if record.option == "max_old_space_size":
                block.limit_mb = record.mb
            case _:
                continue
    return block


def _fatal(errors: list[FatalError]) -> FatalError | None:
    """The first error known to be about memory, else the first: embedders repeat the message in their own words."""
    return next((error for error in errors if _find(error) is not None), next(iter(errors), None))


def _find(error: FatalError) -> Location | None:
    """Where V8 gave up. Its checks say that after the file and the line, if they were about memory at all."""
    found = find_location(error.location or "")
    return find_location(_message(error)) if found is None and error.banner in CHECKS else found


def _message(error: FatalError) -> str:
    return (error.message or "").strip().lstrip("#: ")


def _say(error: FatalError, block: _Block) -> str:
    """Location and message; the message may be on a line of its own (V8 5.0 to 6.6). A check without a file has only a message."""
    rest = next((other.message for other in block.errors if not other.location), None)
    location = (error.location or "").removeprefix(", line 0").lstrip(", ")
    return f"{location} {_message(error) or rest or ''}".strip() or "a fatal error without a message"


def _crash(
    block: _Block, collections: Rows, line: int, kind: CrashKind, reason: str, message: str, location: str | None
) -> Crash:
    at_ms = collections.last("at_ms") if len(collections) else None
    last_gcs = [record.line for record in block.ring]
    refused = (error.block_bytes for error in block.errors if error.location == location and error.block_bytes is not None)
    isolates = collections.texts("isolate").present() if len(collections) else []
    if not last_gcs and len(collections):
        last_gcs = collections.tail(LAST_CYCLES).lines.tolist()
    return Crash(
        kind=kind,
        message=message,
        location=location,
        line=line,
        at_ms=at_ms,
        reason=reason,
        last_gcs=tuple(dict.fromkeys(int(number) for number in last_gcs)),
        js_stack=tuple(_show(frame) for frame in block.js if _is_frame(frame)),
        native_stack=tuple(frame.symbol or frame.address or "?" for frame in block.native),
        exhausted=_is_exhausted(kind, block),
        host=find_host(block.errors, block.native, block.js, isolates, block.messages),
        place=next((_show(frame) for frame in block.js if frame.position and not NODES_OWN.match(frame.position)), None),
        host_program=ISOLATED_VM
        if any(marker.kind == "heap_statistics" for marker in block.markers)
        else find_program(block.native, block.js, block.messages),
        platform=find_platform(block.native, block.js, isolates, block.messages),
        is_cut=_is_cut(block),
        is_32_bit=is_32_bit(block.js, isolates, block.native),
        is_tool=is_tool(block.native, block.js, block.messages),
        refused_mb=next((size / units.BYTES_PER_MB for size in refused), None),
    )


def _is_cut(block: _Block) -> bool:
    """Whether the text breaks off within the crash: V8 prints a stack and a message below its last collections."""
    if any(message.kind == "truncated" for message in block.messages):
        return True
    if block.errors or block.native or not block.markers:
        return False
    return all(marker.kind == "last_few_gcs" for marker in block.markers)


def _is_exhausted(kind: CrashKind, block: _Block) -> bool:
    """Whether memory ran out. A banner alone says so, too: V8 prints it only then."""
    if kind == "unknown":
        return bool(block.errors) or any(marker.kind in HEAP_BANNERS for marker in block.markers)
    return kind == "native-memory" or kind in OUT_OF_HEAP


def _is_frame(frame: JsFrame) -> bool:
    """Whether a line of the stack is a frame of the program, and not one of V8's own for its machine code."""
    return frame.number is not None and NO_FRAME.search(frame.text) is None


def _show(frame: JsFrame) -> str:
    if frame.function and frame.position:
        return f"{frame.function} ({frame.position})"
    return frame.position or frame.text.strip()


def _judge(error: FatalError, block: _Block, collections: Rows, limit_mb: float | None) -> tuple[CrashKind, str]:
    location, message = _find(error), _message(error)
    doing = name_work(frame.symbol for frame in block.native if frame.symbol)
    while_doing = f" while {doing}" if doing else ""
    if location is None:
        return _judge_unknown(error, message, while_doing)
    live_mb = live_after_full(collections)
    if live_mb is None and location.begin.startswith(MOVING) and len(collections):
        live_mb = collections.last("used_after_mb")
    match location.kind:
        case "native-memory":
            return "native-memory", f"not the JavaScript heap: {location.why}"
        case "unknown":
            return "unknown", location.why
        case "one-large-allocation":
            refused = "V8 refused the size before it tried, so raising the heap limit does not help"
            return "one-large-allocation", f"{location.why}{while_doing}; {refused}"
        case "ineffective-mark-compacts":
            return "ineffective-mark-compacts", (
                "four full collections in a row freed almost nothing near the heap limit, and took more time than was left to"
                f" the program{say_left(live_mb, limit_mb, block.is_inferred)}{_last_straw(doing)}"
            )
        case _:
            at_ease = was_at_ease(collections)
            return judge_full_heap(location, live_mb, limit_mb, while_doing, is_inferred=block.is_inferred, at_ease=at_ease)


def _judge_unknown(error: FatalError, message: str, while_doing: str) -> tuple[CrashKind, str]:
    """A location in no table: a newer V8's, an embedder's, or not about memory at all."""
    if (
        "JavaScript heap out of memory" in message
        or message.startswith(HEAP_MEMORY)
        or (not message and error.banner in HEAP_ERRORS)
    ):
        return "heap-limit", f"the JavaScript heap ran out of memory{while_doing}"
    if message.startswith(PROCESS_MEMORY) and not error.location:
        return (
            "unknown",
            "memory ran out; without the location in V8 there is no telling which (up to Node 5 the message is used for the heap, too)",
        )
    if message.startswith(PROCESS_MEMORY) or message.endswith(NO_MEMORY) or (not message and error.banner in PROCESS_ERRORS):
        return "native-memory", f"not the JavaScript heap: no memory for {error.location}"
    return "not-memory", "not out of memory: V8, Node or an addon found itself in an invalid state"


def _find_death(ends: list[Message]) -> Message | None:
    """The most reliable message of a death."""
    return next((message for kind in DEATHS for message in ends if message.kind == kind), None)


def _is_own_error(message: Message) -> bool:
    """Whether the application's own log has the fatal error: beside the tail of a crash it counts wherever it is."""
    return message.kind == HEAP_WORDS and message.text.rstrip().endswith("JavaScript heap out of memory")


def _last_straw(doing: str | None) -> str:
    return f"; the program was {doing}" if doing else ""


def _judge_tail(block: _Block, collections: Rows) -> str:
    """The reason for a crash whose message is missing."""
    if not any(marker.kind in HEAP_BANNERS for marker in block.markers):
        return "a native stack without a fatal message: an assertion failed, or the program aborted"
    fulls = collections.fulls.tail(1)
    hint = (
        "; V8's last collection was a last resort: an allocation had failed"
        if fulls.texts("reason").is_in(LAST_RESORT).any()
        else ""
    )
    return f"the log has the tail of a crash, but not its fatal message{say_left(live_after_full(collections), None)}{hint}"
