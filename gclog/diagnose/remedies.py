"""What to do, in words that name the exact flag and fit the version of Node that wrote the log."""

from __future__ import annotations

import math

from gclog import units
from gclog.diagnose.facts import semi_space_mb
from gclog.model.heap import ClassGrowth, Grower, HeapDiff, Holder
from gclog.model.not_known import NotKnown
from gclog.model.process import NodeVersion
from gclog.model.report import ProcessReport
from gclog.model.verdict import Crash, Limit

__all__ = [
    "COMPARE_SNAPSHOTS",
    "advise_details",
    "advise_larger_semi_space",
    "advise_live_snapshot",
    "advise_snapshot_at_limit",
    "advise_snapshots",
    "advise_snapshots_of",
    "is_refused_size",
    "join",
    "make_smaller",
    "say_what_grows",
    "say_what_more_buys",
]

COMPARE_SNAPSHOTS = "and compare two or three, some minutes apart: `gclog heapdiff A B C` shows what grows"

SNAPSHOT_SIGNAL = 12
"""`--heapsnapshot-signal` exists from Node 12.0."""

SNAPSHOT_AT_LIMIT = 14
"""`--heapsnapshot-near-heap-limit` exists from Node 14.18 and 15.1."""

INSPECTOR = 7
"""The built-in inspector is in every Node 7 (it came with 6.3)."""

LONGEST_NAME = 80

SHOWN_OPTIONS = 2
"""How many sizes of `what_if` a remedy names."""


TOO_LONG = (
    "invalid array length",
    "invalid table size",
    "invalid BigInt length",
    "CodeStubAssembler::AllocateRaw",
    "Fatal JavaScript invalid size error",
)
"""Fatal locations that bound one object's size, whatever room the heap has."""


def is_refused_size(crash: Crash) -> bool:
    """Whether V8 refused one object for its size alone, before it tried to find room."""
    return crash.kind == "one-large-allocation" and (crash.location or "").startswith(TOO_LONG)


def make_smaller(crash: Crash) -> str:
    """What to do about one allocation that is too large."""
    where = f"; start at {crash.place}" if crash.place else ", where the stack points" if crash.native_stack else ""
    if is_refused_size(crash):
        return f"Split that array, Map, Set or string into several, or stream the data{where}: no heap limit makes V8 allow one of this size."
    return (
        "Stream or page the data instead of holding it in one string, array, Map or Buffer: look for JSON, join, concat, RegExp and "
        f"spread over unbounded input{where}. A higher limit helps only if the object fits."
    )


def join(*sentences: str) -> str:
    """The sentences that are not empty, as one paragraph."""
    return " ".join(sentence for sentence in sentences if sentence)


HOST_ADVICE = {
    "Deno": "Start it with `deno run --inspect` and take heap snapshots in Chrome's DevTools; --v8-flags=--max-old-space-size=MB sets the limit.",
    "Electron": "Take heap snapshots in the DevTools of the window (or --inspect for the main process); --js-flags=--max-old-space-size=MB sets "
    "the limit, up to 4 GB because pointers are compressed.",
    "Chromium": "Take heap snapshots in the Memory panel of DevTools while the page lives: its limit is the browser's.",
    "workerd": "Take heap snapshots through its inspector (`wrangler dev`, key d); a Worker in production has 128 MB, whatever the limit here.",
    "d8": "Start it with --max-old-space-size=MB if it needs more; writeHeapSnapshot() writes what fills it.",
    "V8": "V8 did not run in Node: take heap snapshots with the inspector of its host, which also sets the limit.",
}
"""How to see what fills the heap in a host that is not Node."""


def advise_snapshots(node: NodeVersion) -> str:
    """How to see what fills the heap of the running program."""
    if node.host in HOST_ADVICE:
        return HOST_ADVICE[node.host]
    if node.first_major >= SNAPSHOT_SIGNAL:
        return f"Start it with --heapsnapshot-signal=SIGUSR2, run `kill -USR2 <pid>` for each snapshot, {COMPARE_SNAPSHOTS}."
    if node.last_major >= SNAPSHOT_SIGNAL:
        return (
            "Take heap snapshots (from Node 12 with --heapsnapshot-signal=SIGUSR2 and `kill -USR2 <pid>`, before it with "
            f"--inspect) {COMPARE_SNAPSHOTS}."
        )
    if node.first_major >= INSPECTOR:
        return f"Start it with --inspect, take heap snapshots there, {COMPARE_SNAPSHOTS}."
    return f"Take heap snapshots with the package `heapdump` (--inspect exists from Node 6.3 only) {COMPARE_SNAPSHOTS}."


def advise_snapshots_of(process: ProcessReport) -> str:
    """What grows by the heap snapshots that were given; else how to take some: a signal asks for the main thread's alone."""
    if grows := say_what_grows(process.heap_diff):
        return grows
    if process.main:
        return advise_snapshots(process.node)
    return (
        "Pipe worker.getHeapSnapshot() (Node 12.17) into a file for each snapshot, or call v8.writeHeapSnapshot() within the worker "
        f"(--heapsnapshot-signal takes the main thread's), {COMPARE_SNAPSHOTS}."
    )


def advise_live_snapshot(node: NodeVersion) -> str:
    """How to see what fills the heap of a process that must not be restarted first."""
    if node.host in HOST_ADVICE:
        return HOST_ADVICE[node.host]
    memory = "(it stops the program for seconds and needs about as much memory again)"
    if node.first_major >= INSPECTOR:
        return f"While it lives: `kill -USR1 <pid>` opens the inspector; take one heap snapshot {memory}."
    return f"While it lives: take one heap snapshot, if `heapdump` is loaded, with `kill -USR2 <pid>` {memory}."


def advise_snapshot_at_limit(node: NodeVersion) -> str:
    """How to have the next death leave a heap snapshot."""
    if node.host in HOST_ADVICE:
        return HOST_ADVICE[node.host]
    if node.first_major > SNAPSHOT_AT_LIMIT:
        return (
            "Start it with --heapsnapshot-near-heap-limit=2: V8 writes up to two heap snapshots before it gives up (each "
            "needs about as much memory again as the heap has)."
        )
    if node.last_major >= SNAPSHOT_AT_LIMIT:
        return "From Node 14.18 and 15.1 on, --heapsnapshot-near-heap-limit=2 writes heap snapshots before V8 gives up."
    return advise_snapshots(node)


def say_what_grows(diff: HeapDiff | None) -> str:
    """The constructor that grows, and what holds it, as its heap snapshots say. Empty without any, or if nothing grows in them."""
    if diff is None or not diff.growers:
        return ""
    first = diff.growers[0]
    if diff.method == "summary":
        return (
            f"{_name(first.growth.name)} takes the most memory in its only heap snapshot ({_weight(first.growth)}){_held(first)}: see whether "
            "they have to stay. One snapshot cannot show what grows."
        )
    said = f"{_name(first.growth.name)} grows from snapshot to snapshot ({_rise(first.growth)}){_held(first)}"
    return f"{said}: remove what is no longer needed, or bound its size."


def _name(text: str) -> str:
    """A name within a sentence: as code, so without what would end that."""
    bare = text[:LONGEST_NAME].replace("`", "'")
    return f"`{bare}`"


def _weight(growth: ClassGrowth) -> str:
    last = growth.figures[-1]
    size = last.shallow_bytes if isinstance(last.retained_bytes, NotKnown) else last.retained_bytes
    return f"{units.count(last.count)} objects, {units.mb(size / units.BYTES_PER_MB)}"


def _rise(growth: ClassGrowth) -> str:
    change = growth.retained_change
    size = growth.shallow_change if isinstance(change, NotKnown) else change
    return f"{growth.count_change:+,} objects, {units.mb(size / units.BYTES_PER_MB)} more"


def _held(grower: Grower) -> str:
    match grower.holder:
        case Holder(name=name, constructor=constructor, file=file):
            what = f"{_name(name)} ({constructor[:LONGEST_NAME]})" if name else f"an object {_name(constructor)}"
            script = file.replace("\\", "/").rsplit("/", 1)[-1]
            return f", held by {what}" + (f" of {script[:LONGEST_NAME]}" if script else "")
        case NotKnown():
            return ""


def say_what_more_buys(process: ProcessReport) -> str:
    """What a higher limit is worth on the current trend: time. Empty without a trend."""
    bought = [
        f"+{units.mb(what.extra_mb)} is {units.duration(what.gained_ms)}"
        for what in process.what_if
        if what.gained_ms > 0 and math.isfinite(what.gained_ms)
    ]
    if not bought:
        return ""
    now = f" (now {units.mb(process.limit.mb)})" if isinstance(process.limit, Limit) else ""
    option = "--max-old-space-size" if process.main else "resourceLimits.maxOldGenerationSizeMb"
    return f"A higher {option}{now} only buys time on this trend: {', '.join(bought[:SHOWN_OPTIONS])}."


def advise_details(node: NodeVersion, what: str) -> str:
    """Which flag makes the log say `what`."""
    also = "--trace-gc --trace-gc-nvp" if node.first_major < 4 else "--trace-gc-nvp"
    ring = "; it replaces the lines of --trace-gc and leaves `Last few GCs` of a crash empty" if node.last_major >= 4 else ""
    return f"Record {what} with {also}{ring}."


def advise_larger_semi_space(process: ProcessReport) -> str:
    """The flag for a young generation of twice the size, if this version has one."""
    doubled = f"{2 * semi_space_mb(process):.0f}"
    if process.node.last_major == 0:
        return "Node 0.10 takes --max-new-space-size in KB, Node 0.12 --max-semi-space-size in MB: double it."
    young = f"Start it with --max-semi-space-size={doubled} (MB, now {semi_space_mb(process):.0f})"
    if process.node.first_major in (12, 13) and process.node.last_major <= 13:
        return f"Node 12.16 to 13 caps --max-semi-space-size at 16 MB; from Node 14 on, set --max-semi-space-size={doubled}."
    return f"{young}: it costs up to {units.mb(3 * semi_space_mb(process))} more memory; compare the GC share before and after."
