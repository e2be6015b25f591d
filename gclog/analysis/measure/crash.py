"""What killed the process: the kind of its fatal error, and a sentence that says so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import pandas as pd

from gclog import units
from gclog.analysis.measure.locations import RETRIED, find_location, name_work
from gclog.analysis.measure.reasons import LAST_RESORT
from gclog.model.records import CrashMarker, FatalError, HeapOption, JsFrame, Message, NativeFrame, Record, RingCollection
from gclog.model.verdict import Crash, CrashKind

__all__ = ["classify_crash"]

LAST_CYCLES = 4
"""Collections shown of a crash without a ring: as many as V8's own rule counts."""

ROOMY_SHARE = 0.7
"""With less than this share of its limit in use after last-resort collections a heap was not full: one allocation was huge.
16 full heaps of test programs (Node 0.12 to 8) ended at 0.98 or more; an array that cannot grow by half fails from 0.4 on."""

HEAP_BANNERS = frozenset({"last_few_gcs", "js_stacktrace", "heap_statistics"})
"""Banners that V8 prints for lack of memory only."""

WORKER_STOPPED = "worker_out_of_memory"
"""The message that a worker's owner gets (Node 12 on); no fatal error is printed, and the process goes on."""

HEAP_WORDS = "heap_out_of_memory"
"""A log's own words for it; they go well with a crash's tail."""

KILLED_FROM_OUTSIDE: tuple[CrashKind, str] = (
    "killed",
    "the process was killed from outside: all its memory together, not the JavaScript heap alone, was more than the machine"
    " or container allows",
)

SIGNALLED: tuple[CrashKind, str] = (
    "killed",
    "the process got SIGKILL: most often for more memory in all than the container or machine allows",
)

DEATHS: dict[str, tuple[CrashKind, str]] = {
    "kernel_killed": KILLED_FROM_OUTSIDE,
    "kernel_constraint": KILLED_FROM_OUTSIDE,
    "oom_killed": KILLED_FROM_OUTSIDE,
    "exit_137": SIGNALLED,
    "killed": SIGNALLED,
    "bad_alloc": ("native-memory", "not the JavaScript heap: native code of Node or an addon got no memory"),
    HEAP_WORDS: (
        "heap-limit",
        "the JavaScript heap ran out of memory, in the log's own words; V8's message is not in it",
    ),
}
"""Kinds of messages that tell of a death without V8's fatal error, the surest first. They count behind the last collection: a
process that goes on collecting did not die of what was said before."""

PROCESS_MEMORY = "Allocation failed - p"
"""Begin of `Allocation failed - process out of memory`: from V8 5.0 on memory outside the heap, before any."""

HEAP_MEMORY = ("Allocation failed - J", "JavaScript heap out of memory")
"""Begins of `Allocation failed - JavaScript heap out of memory`, which may be folded or cut off."""

HEAP_ERRORS = frozenset({"v8_heap", "electron"})
PROCESS_ERRORS = frozenset({"v8_process", "electron_process"})
"""Forms of the fatal error that say by themselves which memory ran out."""


@dataclass(slots=True)
class _Block:
    """The records of a crash, sorted."""

    errors: list[FatalError] = field(default_factory=list)
    markers: list[CrashMarker] = field(default_factory=list)
    native: list[NativeFrame] = field(default_factory=list)
    js: list[JsFrame] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    ring: list[RingCollection] = field(default_factory=list)
    limit_mb: float | None = None


def classify_crash(
    records: Iterable[Record], collections: pd.DataFrame, limit_mb: float | None = None, spoke_line: int = 0
) -> Crash | None:
    """The crash that the records of a process tell of, None if they tell of none.

    `records`: its FatalError, CrashMarker, NativeFrame, JsFrame, Message, HeapOption and RingCollection records; others are
    passed over. `collections`: all its collections, those of the ring with them. `limit_mb`: the old generation's limit, if
    it is known from elsewhere than the crash and the options; it tells one huge allocation from a full heap. `spoke_line`: the last
    line that the program itself printed of its memory, so that it was alive there.
    """
    block = _sort(records)
    error = _fatal(block.errors)
    if error is not None:
        kind, reason = _judge(error, block, collections, limit_mb or block.limit_mb)
        return _crash(block, collections, error.line, kind, reason, _say(error, block), error.location or None)
    told = _find_death(block.messages, collections, spoke_line)
    if told is not None and (not block.markers or told.kind == HEAP_WORDS):
        kind, reason = DEATHS[told.kind]
        return _crash(block, collections, told.line, kind, reason, told.text.strip(), None)
    if block.markers:
        return _crash(block, collections, block.markers[0].line, "unknown", _judge_tail(block, collections), "", None)
    stopped = next((message for message in block.messages if message.kind == WORKER_STOPPED), None)
    if stopped is not None:
        reason = "a worker reached its own heap limit and was stopped; the process could go on"
        return _crash(block, collections, stopped.line, "worker-limit", reason, stopped.text.strip(), None)
    return None


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
    """The first that V8 knows as one of memory, else the first: hosts repeat the message in their own words."""
    known = [error for error in errors if find_location(error.location or "") is not None]
    return next(iter(known or errors), None)


def _say(error: FatalError, block: _Block) -> str:
    """Location and message; where the message stands on a line of its own (V8 5.0 to 6.6), that one."""
    rest = next((other.message for other in block.errors if not other.location), None)
    return f"{error.location or ''} {error.message or rest or ''}".strip()


def _crash(
    block: _Block, collections: pd.DataFrame, line: int, kind: CrashKind, reason: str, message: str, location: str | None
) -> Crash:
    moments = collections["at_ms"].dropna()
    last_gcs = [record.line for record in block.ring] or collections["line"].tail(LAST_CYCLES).tolist()
    return Crash(
        kind=kind,
        message=message,
        location=location,
        line=line,
        at_ms=float(moments.iloc[-1]) if len(moments) else None,
        reason=reason,
        last_gcs=tuple(dict.fromkeys(int(number) for number in last_gcs)),
        js_stack=tuple(_show(frame) for frame in block.js),
        native_stack=tuple(frame.symbol or frame.address or "?" for frame in block.native),
    )


def _show(frame: JsFrame) -> str:
    return f"{frame.function} ({frame.position})" if frame.function and frame.position else frame.text.strip()


def _judge(error: FatalError, block: _Block, collections: pd.DataFrame, limit_mb: float | None) -> tuple[CrashKind, str]:
    location = find_location(error.location or "")
    message = (error.message or "").strip()
    doing = name_work(frame.symbol for frame in block.native if frame.symbol)
    while_doing = f" while {doing}" if doing else ""
    if location is None:
        return _judge_unknown(error, message, while_doing)
    live_mb = _live_mb(collections)
    match location.kind:
        case "native-memory":
            return "native-memory", f"not the JavaScript heap: {location.why}"
        case "one-large-allocation":
            return "one-large-allocation", f"{location.why}{while_doing}; raising the heap limit does not help"
        case "ineffective-mark-compacts":
            return "ineffective-mark-compacts", (
                "four full collections in a row freed almost nothing near the heap limit, and took more time than the program"
                f" had{_left(live_mb, limit_mb)}{_last_straw(doing)}"
            )
        case _:
            return _judge_full_heap(location.begin, location.why, live_mb, limit_mb, while_doing)


def _judge_full_heap(
    location: str, why: str, live_mb: float | None, limit_mb: float | None, while_doing: str
) -> tuple[CrashKind, str]:
    """Failed retries have ended full heaps (up to Node 8, nearly all) and single huge allocations: the room left tells."""
    left = _left(live_mb, limit_mb)
    if location not in RETRIED:
        return "heap-limit", f"{why}{while_doing}{left}"
    if live_mb is None or limit_mb is None:
        unsaid = "without the size and the limit of the heap, a full heap cannot be told from one huge allocation"
        return "heap-limit", f"{why}{while_doing}{left}; {unsaid}"
    if live_mb < ROOMY_SHARE * limit_mb:
        missing = units.mb(limit_mb - live_mb)
        return "one-large-allocation", f"one allocation of at least about {missing} did not fit{while_doing}{left}"
    return "heap-limit", f"the heap was full: {why}{while_doing}{left}"


def _judge_unknown(error: FatalError, message: str, while_doing: str) -> tuple[CrashKind, str]:
    """A place that is in no table: a newer V8's, an embedder's, or no lack of memory at all."""
    if message.startswith(HEAP_MEMORY) or (not message and error.banner in HEAP_ERRORS):
        return "heap-limit", f"the JavaScript heap ran out of memory{while_doing}"
    if message.startswith(PROCESS_MEMORY) and not error.location:
        return (
            "unknown",
            "memory ran out; without the place in V8 it cannot be told which (up to Node 5 it says so of the heap, too)",
        )
    if message.startswith(PROCESS_MEMORY) or (not message and error.banner in PROCESS_ERRORS):
        return "native-memory", f"not the JavaScript heap: no memory for {error.location}"
    return "not-memory", "not a lack of memory: V8, Node or an addon found itself in a state that must not be"


def _find_death(messages: list[Message], collections: pd.DataFrame, spoke_line: int) -> Message | None:
    """The surest message of a death behind the last collection and the last figures of memory."""
    last_line = max(spoke_line, int(collections["line"].iloc[-1]) if len(collections) else 0)
    behind = [message for message in messages if message.line > last_line]
    return next((message for kind in DEATHS for message in behind if message.kind == kind), None)


def _live_mb(collections: pd.DataFrame) -> float | None:
    left = collections["used_after_mb"][collections["collector"] == "mark_compact"].dropna()
    return float(left.iloc[-1]) if len(left) else None


def _left(live_mb: float | None, limit_mb: float | None) -> str:
    if live_mb is None:
        return ""
    of_limit = "" if limit_mb is None else f", with a limit of {units.mb(limit_mb)}"
    return f" ({units.mb(live_mb)} were in use after the last full collection{of_limit})"


def _last_straw(doing: str | None) -> str:
    return f"; the program was {doing}" if doing else ""


def _judge_tail(block: _Block, collections: pd.DataFrame) -> str:
    """What can be said of a crash without its message."""
    if not any(marker.kind in HEAP_BANNERS for marker in block.markers):
        return "a native stack without a fatal message: an assertion failed, or the program aborted"
    fulls = collections["reason"][collections["collector"] == "mark_compact"]
    hint = "; V8's last collection was a last resort: an allocation had failed" if fulls.tail(1).isin(LAST_RESORT).any() else ""
    return f"the log has the tail of a crash, but not its fatal message{_left(_live_mb(collections), None)}{hint}"
