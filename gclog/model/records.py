"""What a log says, line by line: one frozen class for each kind of line.

A record's fields are declared here once. From this declaration come the dataclass itself, the leaf rules that a grammar
must have (a field is filled from the grammar rule of the same name), the columns and dtypes of the tables
(`gclog.processes.tables`) and the reference documentation (`gclog explain`). A quantity's unit is in its name.

`line` is the number of the physical line, from 1, in its source; `wall_ms` the wall clock (ms since 1970, UTC) that the
line's envelope (a container runtime, syslog, ...) gave, if any. `at_ms` is always V8's own clock: milliseconds since the
isolate was initialised.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any, Literal

__all__ = [
    "COLLECTORS",
    "COLLECTOR_OF_TYPE",
    "Collection",
    "Collector",
    "DetailedCollection",
    "Envelope",
    "GcProfile",
    "GcTimeTotal",
    "HeapLimitChange",
    "HeapOption",
    "HeapStack",
    "KernelKill",
    "MemoryFigure",
    "MemoryTotal",
    "MemoryUsage",
    "Message",
    "MutatorUtilisation",
    "NamedValue",
    "PerformanceEntry",
    "PlatformMessage",
    "ProfiledCollection",
    "Record",
    "Request",
    "RingCollection",
    "SpaceUsage",
    "TraceLine",
    "column_specs",
]

Collector = Literal["scavenge", "mark_compact", "minor_mark_sweep"]

COLLECTORS: tuple[Collector, ...] = ("scavenge", "mark_compact", "minor_mark_sweep")

COLLECTOR_OF_TYPE: dict[str, Collector] = {
    "Scavenge": "scavenge",
    "Mark-sweep": "mark_compact",
    "Mark-Sweep": "mark_compact",
    "Mark-compact": "mark_compact",
    "Mark-Compact": "mark_compact",
    "Incremental Mark-Compact": "mark_compact",
    "Minor Mark-Compact": "minor_mark_sweep",
    "Minor Mark-Sweep": "minor_mark_sweep",
    "Incremental Minor Mark-Sweep": "minor_mark_sweep",
    "s": "scavenge",
    "ms": "mark_compact",
    "mc": "mark_compact",
    "mmc": "minor_mark_sweep",
    "mms": "minor_mark_sweep",
}
"""V8's names of a collection's type (long ones of `--trace-gc`, short ones of `--trace-gc-nvp`) to the
three collectors that they mean. Minor Mark-Compact became Minor Mark-Sweep in V8 11.7."""


def _column(doc: str, kind: type = float, **options: Any) -> Any:
    return field(metadata={"doc": doc, "kind": kind}, **options)


@dataclass(frozen=True, slots=True)
class Record:
    """A line that a grammar recognised."""

    line: int = _column("number of the physical line in its source, from 1", int)
    wall_ms: float | None = _column("wall clock of the line's envelope, ms since 1970 UTC")


@dataclass(frozen=True, slots=True)
class Isolated(Record):
    """A line that names its process and, from V8 4.4, its isolate: `[pid:isolate]` or `[pid:isolate:id]`."""

    pid: int | None = _column("process id", int)
    isolate: str | None = _column("address of the isolate, as printed", str)
    isolate_id: int | None = _column("number of the isolate, 0 = main (V8 13.6 on)", int)


@dataclass(frozen=True, slots=True)
class Timed(Isolated):
    """A line with V8's clock: `[pid:isolate]  1234 ms: ...`."""

    at_ms: float | None = _column("ms since the isolate was initialised")


@dataclass(frozen=True, slots=True)
class Collection(Timed):
    """A garbage collection, one line of `--trace-gc`, V8 3.11 (Node 0.8) to 14.6 (Node 26).

    `[15801:0x29969b80]  50 ms: Scavenge 4.1 (4.2) -> 3.4 (5.2) MB, 0.57 / 0.00 ms  (average mu = 1.000, current mu = 1.000) allocation failure;`

    Printed at the end of the collection: it ran from `at_ms - pause_ms` to `at_ms`. MB is 1,048,576 bytes.
    """

    type: str = _column("V8's name of the type of collection, as printed", str)
    shared: bool = _column("a collection of the shared heap (V8 9.8 to 11.1)", bool)
    reduce: bool = _column("`(reduce)`: V8 tries to give memory back (V8 8.3 on)", bool)
    during_sweeping: bool = _column(
        "`(interleaved)` or `(during sweeping)`: ran while a full collection was in progress (12.2 on)", bool
    )
    used_before_mb: float | None = _column("size of objects before, whole heap")
    committed_before_mb: float | None = _column("memory committed by V8's allocator before")
    used_after_mb: float | None = _column("size of objects after, whole heap")
    committed_after_mb: float | None = _column("memory committed by V8's allocator after")
    pooled_mb: float | None = _column("kept in V8's page pool (12.2 on)")
    pause_ms: float | None = _column("the atomic, stop-the-world pause")
    external_ms: float | None = _column("part of the pause spent in the embedder's callbacks")
    incremental_ms: float | None = _column("main-thread incremental marking since its start (or since the last collection)")
    incremental_steps: int | None = _column("steps of incremental marking", int)
    incremental_longest_ms: float | None = _column("longest step of incremental marking")
    incremental_wall_ms: float | None = _column("wall time since the start of marking (V8 5.5 on)")
    average_mu: float | None = _column("V8's average mutator utilisation, 0..1 (6.7 on)")
    current_mu: float | None = _column("mutator utilisation since the last full collection, 0..1 (6.7 on)")
    reason: str | None = _column("why V8 collected", str)
    collector_reason: str | None = _column("why V8 chose this collector", str)
    cut: str | None = _column("the unreadable rest of a record that was cut or torn", str)
    form: str = _column("name of the grammar rule that read it: the era of V8 whose form it has", str)

    @property
    def collector(self) -> Collector:
        """Which of the three collectors ran."""
        return COLLECTOR_OF_TYPE[self.type]


@dataclass(frozen=True, slots=True)
class DetailedCollection(Collection):
    """A garbage collection, one line of `--trace-gc-nvp`: name=value up to V8 13.8, JSON from 14.1 (Node 25).

    `[16264:0xae48fb0]  45 ms: pause=1.2 mutator=3.4 gc=s reduce_memory=0 ... promoted=0`
    """

    mutator_ms: float | None = _column("time the program ran since the last collection")
    allocated_mb: float | None = _column("allocated since the last collection")
    promoted_mb: float | None = _column("promoted from the young to the old generation")
    survived_mb: float | None = _column("survived in the young generation (semi_space_copied, new_space_survived)")
    values: dict[str, float | str | bool] = _column("every name and value of the line, as printed", dict)


@dataclass(frozen=True, slots=True)
class NamedValue(Record):
    """One pair of the name=value text of a DetailedCollection. `pause=1.2`"""

    name: str = _column("name, as printed", str)
    value: str = _column("value, as printed: a number, a percentage or a word", str)


@dataclass(frozen=True, slots=True)
class RingCollection(Collection):
    """A collection from the 512-byte ring after `<--- Last few GCs --->`: glued, headless or cut records (V8 4.5 on).

    `[16562:0x33e38130]  3468 ms: Mark-sweep 54.4 (89.1) -> 53.1 (87.1) MB, 11.0 / 0.0 ms  (+ 22.8 ms in 28 steps since start of marking, biggest step 5.`
    """


@dataclass(frozen=True, slots=True)
class ProfiledCollection(Collection):
    """A garbage collection as `v8.GCProfiler` reports it (Node 18.15 on), one of the many in a GcProfile; all of them have its line.

    `{"gcType":"Scavenge","beforeGC":{"heapStatistics":{...}},"cost":1466.37,"afterGC":{"heapStatistics":{...}}}`

    It has no moment of its own: `at_ms` spreads them evenly over the profile, and counts from the begin of the log's first one.
    """


@dataclass(frozen=True, slots=True)
class GcProfile(Record):
    """What `new v8.GCProfiler()` gave, printed into a log: its collections become ProfiledCollections.

    `{"version":1,"startTime":1795268744336,"statistics":[{"gcType":"Scavenge",...}],"endTime":1795268745336}`
    """

    start_ms: float = _column("begin, ms since 1970 UTC")
    text: str = _column("the profile, as printed", str)


@dataclass(frozen=True, slots=True)
class SpaceUsage(Isolated):
    """One space of the heap, a line of `--trace-gc-verbose`. KB is 1024 bytes; before V8 3.14 bytes were printed (converted).

    `[16264:0xae48fb0] New space,          used:   4211 KB, available:  11908 KB, committed:  32768 KB`
    """

    space: str = _column("name of the space, as printed (`Memory allocator` and `All spaces` are totals)", str)
    used_kb: float | None = _column("used")
    available_kb: float | None = _column("available")
    committed_kb: float | None = _column("committed")
    sweeping: bool = _column("`*`: sweeping in progress, `available` is inaccurate", bool)


@dataclass(frozen=True, slots=True)
class MemoryTotal(Isolated):
    """A total of `--trace-gc-verbose` that is no space.

    `[16264:0xae48fb0] External memory reported:     21 KB`
    """

    quantity: str = _column("external_reported, external_global, backing_store, pool or unmapper", str)
    amount_kb: float | None = _column("amount")
    chunks: int | None = _column("number of chunks (pool, unmapper)", int)


@dataclass(frozen=True, slots=True)
class GcTimeTotal(Isolated):
    """V8's own running total. `[16264:0xae48fb0] Total time spent in GC  : 12.3 ms`"""

    total_ms: float | None = _column("sum of all pauses so far")


@dataclass(frozen=True, slots=True)
class MutatorUtilisation(Timed):
    """`--trace-mutator-utilization`. `[9:0x1]  45 ms: Old generation mutator utilization = 0.980 (mutator_speed=12, gc_speed=345)`"""

    generation: str = _column("Young generation, Old generation, V8, Global or Embedder, as printed", str)
    utilisation: float | None = _column("0..1")
    mutator_speed: float | None = _column("bytes per ms")
    gc_speed: float | None = _column("bytes per ms")


@dataclass(frozen=True, slots=True)
class HeapLimitChange(Timed):
    """V8 sets the old-generation size at which the next full collection starts (not the heap's hard limit).

    `[9:0x1]  45 ms: [V8] Limit: old size: 2345 KB, new limit: 6789 KB (1.9)`
    """

    old_size_kb: float | None = _column("old generation now")
    old_limit_kb: float | None = _column("limit before (Dampen lines)")
    new_limit_kb: float | None = _column("limit from now on")


@dataclass(frozen=True, slots=True)
class TraceLine(Timed):
    """Any other trace line of V8's heap: recognised and counted, by its kind; no measure needs more of it.

    `[9:0x1]  45 ms: [IncrementalMarking] Start marking`
    """

    kind: str = _column("name of the grammar rule that read it", str)
    text: str = _column("the line", str)


@dataclass(frozen=True, slots=True)
class HeapOption(Record):
    """A limit of the heap named anywhere in the log. `NODE_OPTIONS=--max-old-space-size=4096 node server.js`"""

    option: str = _column(
        "max_old_space_size, max_heap_size, max_semi_space_size (underscored); heap_size_limit, if the program printed it",
        str,
    )
    mb: float = _column("its value, MB")
    command: str | None = _column("node and the options before it, if it is in a command line", str, default=None, kw_only=True)


@dataclass(frozen=True, slots=True)
class Message(Record):
    """A line of Node, the kernel or the application that bears on memory.

    `(node:7) MaxListenersExceededWarning: Possible EventEmitter memory leak detected. 11 data listeners added to [Socket].`
    """

    kind: str = _column("name of the grammar rule that read it", str)
    text: str = _column("the line", str)
    detail: str | None = _column(
        "what it is about, as printed: the path of a snapshot, a version, ms that a test ran, bytes of the limit before it was raised",
        str,
        default=None,
        kw_only=True,
    )


@dataclass(frozen=True, slots=True)
class HeapStack(Message):
    """What is alive of one stack's allocations, as Datadog's profiler prints it near the limit: outermost function first.

    `_:(root):0;node:internal/timers:listOnTimeout:528;/srv/app/shop.js:serve:55 325478 18226768`
    """

    frames: str | None = _column("its functions below the root, each after a semicolon: script:function:line", str)
    objects: int = _column("how many objects", int)
    size_bytes: int = _column("their size", int)


@dataclass(frozen=True, slots=True)
class KernelKill(Message):
    """What Linux writes when it kills for lack of memory (mm/oom_kill.c), in a container's limit or on the whole machine.

    `Memory cgroup out of memory: Killed process 4711 (node) total-vm:1203404kB, anon-rss:524288kB, file-rss:0kB, shmem-rss:0kB`
    `oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=x,mems_allowed=0,oom_memcg=/docker/x,task=node,pid=4711,uid=0`
    `memory: usage 524288kB, limit 524288kB, failcnt 27`
    """

    pid: int | None = _column("process that was killed, as the machine counts (a container has its own numbers)", int)
    process: str | None = _column("its name", str)
    constraint: str | None = _column(
        "whose limit, as printed: CONSTRAINT_MEMCG and `Memory cgroup`: a container's, else the machine's memory", str
    )
    total_vm_kb: float | None = _column("its virtual memory")
    anon_rss_kb: float | None = _column("its memory that no file backs: heap, Buffers, stacks")
    file_rss_kb: float | None = _column("its memory that files back")
    shmem_rss_kb: float | None = _column("its shared memory")
    cgroup: str | None = _column("the cgroup whose limit it was, as the kernel names it", str)
    usage_kb: float | None = _column("memory in use in the container")
    limit_kb: float | None = _column("limit of the container")


@dataclass(frozen=True, slots=True)
class PlatformMessage(Message):
    """What a shell, a container runtime, systemd, a hoster or a process manager writes of a process: its end, its limit, its memory.

    `web-1 exited with code 137`
    `REPORT RequestId: 8476a536 Duration: 3000.00 ms Billed Duration: 3000 ms Memory Size: 512 MB Max Memory Used: 512 MB`
    """

    form: str = _column("who writes it so: name of the grammar rule", str)
    status: str | None = _column("exit code, signal or state, as printed", str)
    pid: int | None = _column("process id, if it is given", int)
    process: str | None = _column("process, command, service, unit or container, as printed", str)
    command: str | None = _column("what was run, if it is named after the status", str)
    used: str | None = _column("memory in use, as printed", str)
    limit: str | None = _column("limit of all memory, as printed", str)
    share: str | None = _column("memory in use of the limit, as printed", str)
    stranger: bool = _column("another service than those that V8's lines before are of", bool)


@dataclass(frozen=True, slots=True)
class MemoryUsage(Record):
    """What a program printed of `process.memoryUsage()` or `v8.getHeapStatistics()`, in whatever words. MB is 1,048,576 bytes.

    `Process: heapTotal 6.23 MB heapUsed 3.82 MB rss 21.64 MB`
    """

    rss_mb: float | None = _column("resident set: all memory of the process that is in RAM")
    heap_total_mb: float | None = _column("committed for V8's heap")
    heap_used_mb: float | None = _column("objects of V8's heap, garbage included")
    external_mb: float | None = _column("memory outside the heap that V8 knows of: Buffers, ArrayBuffers, native objects")
    array_buffers_mb: float | None = _column("part of external: ArrayBuffers, Buffers with them (Node 12.17 on)")
    heap_limit_mb: float | None = _column("heap_size_limit: what the heap may grow to, the young generation included")
    malloced_mb: float | None = _column("what V8 itself has got from malloc")
    test: str | None = _column("the test file after which a test runner printed it", str)


@dataclass(frozen=True, slots=True)
class MemoryFigure(Record):
    """One figure of a MemoryUsage line. `heapUsed 3.82 MB`"""

    name: str = _column("rss, heap_total, heap_used, external, array_buffers, heap_limit, malloced, heap or configured", str)
    name_unit: str | None = _column("unit in the name (`rssMB`)", str)
    amount: str = _column("the number, as printed", str)
    unit: str | None = _column("unit after the number, as printed", str)


@dataclass(frozen=True, slots=True)
class PerformanceEntry(Record):
    """A garbage collection as `perf_hooks` reports it (Node 8.5 on): its pause, no sizes.

    `{"name":"gc","entryType":"gc","startTime":48.15281,"duration":3.70,"detail":{"kind":1,"flags":0}}`
    """

    start_ms: float = _column("begin, ms since the process started")
    duration_ms: float = _column("pause")
    kind: int = _column("bit of the type of collection: 1 is a scavenge; Node 8 to 16: 2, from 18 on: 4 a full one", int)
    detailed: bool = _column("`kind` is in `detail` (Node 16 on)", bool)


@dataclass(frozen=True, slots=True)
class Envelope(Record):
    """What a container runtime, a log service or a person put around a line; `gclog.source.unwrap` takes it off.

    `newman_1  | 2026-03-14T03:12:07.123Z [1:0x7fa9d36693b0]  1605430 ms: ...`
    """

    payload: str = _column("the line inside", str)
    partial: bool = _column("only a part of a line: the next envelope goes on with it", bool)
    year: int | None = _column("year", int)
    month: int | None = _column("month, 1 to 12", int)
    month_name: str | None = _column("month, Jan to Dec", str)
    day: int | None = _column("day of the month", int)
    hour: int | None = _column("hour, 0 to 23", int)
    minute: int | None = _column("minute", int)
    second: int | None = _column("second", int)
    fraction: str | None = _column("digits of the fraction of the second", str)
    zone: str | None = _column("zone: Z, UTC, or hours and minutes east of Greenwich (+0530, +05:30)", str)
    epoch_s: int | None = _column("s since 1970 UTC", int)
    epoch_ms: int | None = _column("ms since 1970 UTC", int)


@dataclass(frozen=True, slots=True)
class Request(Record):
    """A request in the access log of a web server.

    `10.0.0.7 - - [01/Dec/2026:14:00:00 +0100] "POST /cart HTTP/1.1" 201 17 "-" "curl/8.5.0"`
    """

    method: str = _column("`GET`, `POST`", str)
    path: str = _column("path, with its query", str)
    year: int | None = _column("year", int)
    month: int | None = _column("month, 1 to 12", int)
    month_name: str | None = _column("month, Jan to Dec", str)
    day: int | None = _column("day of the month", int)
    hour: int | None = _column("hour, 0 to 23", int)
    minute: int | None = _column("minute", int)
    second: int | None = _column("second", int)
    fraction: str | None = _column("digits of the fraction of the second", str)
    zone: str | None = _column("zone: Z, or hours and minutes east of Greenwich", str)


def column_specs(record: type[Record]) -> dict[str, dataclasses.Field[Any]]:
    """The fields of a record type by name, in order; `metadata` has `doc` and `kind` (float, int, str, bool or dict)."""
    return {f.name: f for f in dataclasses.fields(record)}
