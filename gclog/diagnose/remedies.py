"""What to do, in words that name the exact flag and fit the version of Node that wrote the log."""

from __future__ import annotations

import math

from gclog import units
from gclog.analysis.verdict.limit_size import say_size
from gclog.diagnose import evidence, facts, surroundings
from gclog.diagnose.heap_words import how_it_grows, say_holder, say_kind
from gclog.diagnose.hosts import advise_in_host
from gclog.diagnose.keeping_lines import advise_on_lines
from gclog.diagnose.more_heap import fits_in_memory
from gclog.diagnose.sampled import advise_further, advise_on_site
from gclog.diagnose.sentences import join
from gclog.diagnose.settings_place import with_variable
from gclog.model.heap import ClassGrowth, HeapDiff, Holder
from gclog.model.not_known import NotKnown
from gclog.model.process import NodeVersion
from gclog.model.report import ProcessReport
from gclog.model.verdict import Crash, Limit, Platform

__all__ = [
    "COMPARE_SNAPSHOTS",
    "SHORT_LIFE_MS",
    "advise_details",
    "advise_embedder",
    "advise_evidence",
    "advise_sampling",
    "advise_young",
    "is_refused_size",
    "join",
    "make_smaller",
    "say_pid",
    "say_what_fills",
    "say_what_grows",
    "say_what_more_buys",
]

COMPARE_SNAPSHOTS = "compare two, some minutes apart: `gclog heapdiff A B` shows what grows"

SHORT_LIFE_MS = 2 * units.MS_PER_MINUTE
"""A process that lived shorter than this is sampled twice a second: once a minute would leave nothing."""

INSPECT_FROM_START = "Start it with `node --inspect-brk`, which waits for you: in chrome://inspect start an allocation sampling (Memory), and let it run on."

SAMPLER = 12
"""`samples/deploy/sample-heap.cjs` runs on Node 12 and newer: it names the worker thread in its file (worker_threads)."""

SNAPSHOT_AT_LIMIT = 15
"""Every Node 15 that is in use has `--heapsnapshot-near-heap-limit` (from 14.18 and 15.1)."""

INSPECTOR = 7
"""The built-in inspector is in every Node 7 (it came with 6.3)."""

MIN_SEMI_SPACE_MB = 16.0
"""Measured: with --min-semi-space-size=16 a program with few survivors did 36 scavenges instead of 281, in 137 ms instead of 1,263."""

MAX_IN_NODE_OPTIONS = 18
"""--max-semi-space-size is allowed in NODE_OPTIONS from Node 18 on (refused by 16.20); --min-semi-space-size by none up to 26.12."""

NEARLY_ALL_SHARE = 0.8
"""From here on the young generation's size does not matter: what is allocated is kept, and copied twice whatever the room."""

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


def advise_evidence(process: ProcessReport) -> str:
    """What fills the heap, if its snapshots, profiles or own lines say so; and the cheapest way to find out that it has the memory for."""
    return join(advise_on_lines(process), say_what_fills(process) or _advise_recording(process))


def _advise_recording(process: ProcessReport) -> str:
    """The cheapest evidence that the process has the memory for."""
    if process.sampled is not None:
        return advise_further(process.sampled)
    if host := advise_in_host(process):
        return host
    node = surroundings.version_of(process)
    if not evidence.is_alive(process):
        platform = surroundings.platform_of(process)
        return join(
            advise_sampling(node, surroundings.lived_ms(process) or surroundings.BRIEF_MS, platform), _warn_of_snapshot(process)
        )
    if not process.main:
        return _advise_worker(process)
    if surroundings.is_brief(process) and node.last_major >= INSPECTOR:
        return INSPECT_FROM_START
    if node.first_major < INSPECTOR:
        return f"Take heap snapshots with the package `heapdump` (each {evidence.say_cost(process)}), and {COMPARE_SNAPSHOTS}."
    opens = f"{_open_inspector(process)} opens its inspector (chrome://inspect, Memory)"
    room = evidence.fits(process)
    if room or (room is None and not facts.is_under_pressure(process)):
        return f"{opens}: take a heap snapshot there, and {COMPARE_SNAPSHOTS}. Each {evidence.say_cost(process)}."
    return f"{opens}: record an allocation sampling of some minutes there, which costs a few MB. {_no_snapshot(process)}"


def _open_inspector(process: ProcessReport) -> str:
    """The command; Windows has no such signal, and Node does there what it would do."""
    if surroundings.platform_of(process) == "windows":
        return f'`node -e "process._debugProcess({say_pid(process)})"`'
    return f"`kill -USR1 {say_pid(process)}`"


def say_pid(process: ProcessReport) -> str:
    """Its process id in a command, as its own lines give it; a word for it if they do not."""
    return "PID" if process.pid is None else str(process.pid)


def advise_sampling(node: NodeVersion, lived_ms: float = math.inf, platform: Platform = "") -> str:
    """How to have the next run say which functions keep the memory, for a few KB a minute. `lived_ms`: how long this one lasted."""
    if node.last_major >= INSPECTOR and lived_ms < surroundings.BRIEF_MS:
        return INSPECT_FROM_START
    if node.first_major >= SAMPLER and lived_ms < SHORT_LIFE_MS:
        command = with_variable(platform, "SAMPLE_HEAP_MS", "500", "node --require ./sample-heap.cjs")
        return (
            f"Start it with {command}: twice a second it writes which functions' objects stay (`gclog docs evidence` has the file)."
            if platform == "windows"
            else f"Start it with {command} (`gclog docs evidence` has the file): twice a second it writes which functions' objects stay."
        )
    if node.first_major >= SAMPLER:
        return (
            "Start it with `node --require ./sample-heap.cjs` (`gclog docs evidence` has the file): each minute it writes which "
            "functions' objects stay."
        )
    if node.last_major >= SAMPLER:
        return "From Node 12 on, `node --require ./sample-heap.cjs` (in `gclog docs evidence`) writes each minute which functions' objects are alive."
    if node.first_major >= INSPECTOR and lived_ms < SHORT_LIFE_MS:
        return INSPECT_FROM_START
    if node.first_major >= INSPECTOR:
        return "Start it with `node --inspect`, and record an allocation sampling there (chrome://inspect, Memory) before the heap is full."
    if lived_ms < SHORT_LIFE_MS:
        return (
            "Have it write heap snapshots itself, with the package `heapdump` (--inspect exists from Node 6.3 only), after parts of its work, "
            "and compare two: `gclog heapdiff A B` shows what grows."
        )
    return f"Take heap snapshots with the package `heapdump` (--inspect exists from Node 6.3 only) long before the heap is full, and {COMPARE_SNAPSHOTS}."


def _advise_worker(process: ProcessReport) -> str:
    """A signal opens the main thread's inspector alone: a worker has to take its evidence itself."""
    if evidence.fits(process) is False:
        return join(
            advise_sampling(process.node, process.span.last_ms, surroundings.platform_of(process)), _no_snapshot(process)
        )
    return f"Call v8.writeHeapSnapshot() within the worker, and {COMPARE_SNAPSHOTS}. Each {evidence.say_cost(process)}."


def _no_snapshot(process: ProcessReport) -> str:
    if evidence.fits(process) is False:
        return f"Take no heap snapshot: it {evidence.say_cost(process)}."
    return f"A heap snapshot {evidence.say_cost(process)}: take one only if that much is free."


def _warn_of_snapshot(process: ProcessReport) -> str:
    """Of the flag that many have heard of: at the limit a snapshot costs most."""
    if surroundings.version_of(process).last_major < SNAPSHOT_AT_LIMIT:
        return ""
    if evidence.fits(process) is False:
        return f"Not --heapsnapshot-near-heap-limit: a snapshot {evidence.say_cost(process)}."
    return f"A snapshot at the limit (--heapsnapshot-near-heap-limit=1) {evidence.say_cost(process)}."


def say_what_fills(process: ProcessReport) -> str:
    """What its heap snapshots say, and its sampled heap profiles: what it is, and who allocated it. Empty without any that says."""
    return join(say_what_grows(process.heap_diff), advise_on_site(process.sampled))


def say_what_grows(diff: HeapDiff | None) -> str:
    """What grows, and what holds it, as its heap snapshots say. Empty without any, or if nothing that they name grows."""
    if diff is None or diff.lead in ("", "total"):
        return ""
    alone = diff.method == "summary"
    if diff.lead == "object":
        one = diff.in_place[0]
        how = (
            f"takes the most memory in its only heap snapshot ({_mb(one.own_bytes)})"
            if alone
            else f"{how_it_grows(one)} ({_mb(one.own_bytes)} more)"
        )
        said = f"One {say_kind(one.name, _bare)} {how}{_held(one.holder)}"
    else:
        first = diff.growers[0]
        how = (
            f"takes the most memory in its only heap snapshot ({_weight(first.growth)})"
            if alone
            else f"grows from snapshot to snapshot ({_rise(first.growth)})"
        )
        said = f"`{_bare(first.growth.name)}` {how}{_held(first.holder)}"
    if alone:
        return f"{said}: see whether they have to stay. One snapshot cannot show what grows."
    return f"{said}: remove what is no longer needed, or bound its size."


def _mb(size: int) -> str:
    return units.mb(size / units.BYTES_PER_MB)


def _bare(text: str) -> str:
    """A name within a sentence, without what would end the code that it stands in."""
    return text[:LONGEST_NAME].replace("`", "'")


def _weight(growth: ClassGrowth) -> str:
    last = growth.figures[-1]
    size = last.shallow_bytes if isinstance(last.retained_bytes, NotKnown) else last.retained_bytes
    return f"{units.count(last.count)} objects, {_mb(size)}"


def _rise(growth: ClassGrowth) -> str:
    change = growth.retained_change
    size = growth.shallow_change if isinstance(change, NotKnown) else change
    return f"{growth.count_change:+,} objects, {_mb(size)} more"


def _held(holder: Holder | NotKnown) -> str:
    return f", held by {say_holder(holder, _bare)}" if isinstance(holder, Holder) else ""


def say_what_more_buys(process: ProcessReport) -> str:
    """What a higher limit that its memory can hold is worth on the current trend: time. Empty without a trend."""
    limit_mb = process.limit.mb if isinstance(process.limit, Limit) else 0.0
    bought = [
        f"+{units.mb(what.extra_mb)} is {units.duration(what.gained_ms)}"
        for what in process.what_if
        if what.gained_ms > 0 and math.isfinite(what.gained_ms) and fits_in_memory(process, limit_mb + what.extra_mb)
    ]
    if not bought:
        return ""
    now = f" (now {_say_now(process.limit)})" if isinstance(process.limit, Limit) else ""
    option = "--max-old-space-size" if process.main else "resourceLimits.maxOldGenerationSizeMb"
    return f"A higher {option}{now} only buys time on this trend: {', '.join(bought[:SHOWN_OPTIONS])}."


def _say_now(limit: Limit) -> str:
    is_about = limit.source == "crash" and limit.low_mb < limit.high_mb < math.inf
    return f"about {units.about_mb(limit.low_mb, limit.high_mb)}" if is_about else say_size(limit)


def advise_details(node: NodeVersion, what: str) -> str:
    """Which flag makes the log say `what`."""
    also = "--trace-gc --trace-gc-nvp" if node.first_major < 4 else "--trace-gc-nvp"
    ring = "; it replaces the lines of --trace-gc and leaves `Last few GCs` of a crash empty" if node.last_major >= 4 else ""
    return f"Record {what} with `node {also}`, on the command line: NODE_OPTIONS refuses it{ring}."


def advise_embedder(of_ms: str) -> str:
    """What to do about pauses spent in callbacks of V8's embedder, of which `of_ms` says how much they are."""
    return (
        f"{of_ms} went into the embedder's callbacks (the second figure after the sizes): weak handles of native objects, and hooks "
        "around collections. Look at native addons, finalizers and how many Buffers or handles are made; a smaller live set does not help."
    )


def advise_young(process: ProcessReport) -> str:
    """The flag that makes scavenges rarer: a larger first size if little survives, which V8 never grows for; else a larger maximum."""
    if process.node.last_major == 0:
        return "Node 0.10 takes --max-new-space-size in KB, Node 0.12 --max-semi-space-size in MB: double it."
    if (facts.survivors_share(process) or 0.0) >= NEARLY_ALL_SHARE:
        return (
            "Read and build less at a time (streams, smaller batches), or keep bulk data outside the heap (Buffers, typed arrays). "
            "Scavenges free next to nothing: what the program allocates it keeps, and a larger semi space would copy as much."
        )
    young = process.signs.young
    now_mb = None if young is None else facts.known(young.semi_space_mb)
    if facts.few_survive(process):
        wanted_mb = max(MIN_SEMI_SPACE_MB, 2 * (now_mb or 0.0))
        also = f" --max-semi-space-size={wanted_mb:.0f}" if wanted_mb > facts.semi_space_mb(process) else ""
        now = f", now {now_mb:g}" if now_mb is not None else ""
        return (
            f"Start it with `node --min-semi-space-size={wanted_mb:.0f}{also}` (MB{now}; NODE_OPTIONS refuses it): V8 enlarges the young "
            f"generation for survivors only, and few survive here. It takes up to {units.mb(3 * wanted_mb)}."
        )
    largest_mb = facts.semi_space_mb(process)
    if process.node.first_major in (12, 13) and process.node.last_major <= 13:
        return f"Node 12.16 to 13 caps --max-semi-space-size at 16 MB; from Node 14 on, set --max-semi-space-size={2 * largest_mb:.0f}."
    where = "" if process.node.first_major >= MAX_IN_NODE_OPTIONS else "; NODE_OPTIONS takes it from Node 18 on"
    set_to = "it is set to" if facts.is_semi_space_set(process) else "this version's default is"
    return (
        f"Start it with `node --max-semi-space-size={2 * largest_mb:.0f}` (MB, {set_to} {largest_mb:.0f}{where}), and compare the GC share "
        f"before and after: it takes up to {units.mb(3 * largest_mb)} more."
    )
