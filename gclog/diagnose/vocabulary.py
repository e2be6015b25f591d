"""V8's terms in plain words: reasons of a collection, collectors, why a collector was chosen; levels and kinds of growth."""

from __future__ import annotations

from gclog.model.verdict import GrowthKind, Level

__all__ = ["COLLECTORS", "COLLECTOR_REASONS", "GROWTH", "LEVEL_MEANINGS", "OLD_REASONS", "REASONS"]

REASONS: dict[str, str] = {
    "allocation failure": "The new space is full (a scavenge), or the old space may not grow further for now (a full "
    "collection): the usual reason. V8 5.5 on, and 3.11 to 5.4 in part.",
    "allocation limit": "The old generation reached the size at which V8 had planned the next full collection.",
    "background allocation failure": "A helper thread could not allocate, and had the main thread collect (V8 8.8 on).",
    "context disposal": "A context (an iframe, a vm.Context) was disposed: much may be garbage.",
    "counters extension": "V8's own counters asked for it: not seen in production.",
    "CppHeap allocation failure": "The embedder's C++ heap (Oilpan) was full (V8 10.7 on).",
    "debugger": "The debugger asked for it.",
    "deserialize": "A snapshot was read.",
    "external finalize": "The embedder had V8 finish incremental marking in idle time (V8 6.9 on).",
    "external memory pressure": "Memory outside the heap that V8 knows of (Buffers, ArrayBuffers) exceeded its limit: "
    "the JS heap is not the cause.",
    "finalize concurrent MinorMS": "A concurrent collection of the young generation is ready to end (V8 11.7 on, --minor-ms).",
    "finalize incremental marking via stack guard": "Incremental marking is done, and the running script was interrupted "
    "to end the collection: the normal end of a full collection under load.",
    "finalize incremental marking via task": "Incremental marking is done, and a task between two turns of the event loop "
    "ends the collection: the normal end of a full collection.",
    "finalize MinorMC": "A marking collection of the young generation is ready to end (V8 10.7 to 11.6, --minor-mc).",
    "finalize MinorMS for major GC": "A young collection is ended because a full one begins (V8 13.8 on).",
    "frozen": "The embedder froze the isolate (a background tab) and V8 gives back what it can (V8 13.4 on).",
    "full hash-table": "An internal table was full of dead entries.",
    "global allocation limit": "The JS heap and the embedder's heap together reached the planned size (V8 7.6 on).",
    "heap profiler": "A heap snapshot was taken: tooling, not pressure.",
    "idle context disposal": "A context was disposed and the process was idle (V8 13.6 on).",
    "idle task": "The program was idle: V8 collects in advance (V8 5.5 to 8.1).",
    "last resort": "An allocation failed, twice: V8 frees what it can, in two to seven full collections, before it gives up.",
    "low memory notification": "The embedder notified V8 that memory is short (v8.LowMemoryNotification; Electron, some "
    "snapshot helpers).",
    "make heap iterable": "Something needs to walk over all objects: a profiler or a snapshot.",
    "measure memory": "performance.measureMemory() or V8's statistics: tooling, not pressure (V8 8.1 on).",
    "memory pressure": "The embedder or the operating system notified V8 that memory is short.",
    "memory reducer": "The program allocates little: V8 collects to give memory back. Harmless.",
    "runtime": "V8's runtime asked for it (%CollectGarbage and similar).",
    "sampling profiler": "The sampling heap profiler (--heap-prof, DevTools) asked for it: tooling.",
    "snapshot creator": "A startup snapshot is being made.",
    "task": "A task that V8 had posted (V8 8.3 on): scheduled scavenge or end of marking.",
    "testing": "The program called gc(), which --expose-gc allows.",
    "unknown": "V8 gave no reason.",
}
"""What V8 5.5 and later print, a closed set."""

OLD_REASONS: dict[str, str] = {
    "Runtime::PerformGC": "An allocation from generated code failed: the usual reason up to V8 3.14 (Node 0.10).",
    "StackGuard GC request": "The running script was interrupted to collect (V8 up to 3.14).",
    "gc extension": "The program called gc() (V8 up to 3.14).",
    "external memory allocation limit reached": "Memory outside the heap exceeded its limit (V8 up to 3.14): external "
    "memory pressure.",
    "Heap::EnsureHeapIsIterable": "Something needs to walk over all objects: a profiler or a snapshot.",
    "last resort gc": "An allocation failed, twice: V8 frees what it can before it gives up (V8 3.11 to 5.4).",
    "idle notification": "The program was idle: V8 collects in advance (V8 up to 5.4; the text after it varies).",
    "GC interrupt": "The running script was interrupted to collect (V8 3.28 to 5.4).",
    "failed to reserve space in the new space": "Space for a snapshot or a large literal was missing (V8 3.28 to 5.4).",
    "Isolate::RequestGarbageCollection": "The program called gc() (V8 3.28 to 5.4).",
    "HeapSnapshotGenerator::GenerateSnapshot": "A heap snapshot was taken: tooling, not pressure (V8 3.28 to 5.4).",
    "old space step": "Incremental marking was started by growth of the old space (V8 3.28 to 5.4).",
    "memory reducer background GC": "The program allocates little: V8 collects to give memory back (V8 4.x to 5.4).",
}
"""The most frequent of the free texts up to V8 5.4."""

COLLECTOR_REASONS: dict[str, str] = {
    "GC in old space requested": "A full collection, because what was asked for lies in the old space.",
    "GC in old space forced by flags": "A full collection, because a flag (--gc-global) makes every collection one.",
    "scavenge might not succeed": "A full collection, because the survivors of a scavenge might not find room in the old "
    "space: near the limit.",
    "promotion limit reached": "A full collection, because the old generation reached its planned size (V8 3.11 to 5.4).",
    "old generations exhausted": "A full collection, because the old generation could not grow (V8 3.11 to 5.4).",
    "incremental marking delaying mark-sweep": "A scavenge in place of the full collection that incremental marking is "
    "preparing (V8 3.11 to 5.5).",
    "Incremental marking needs finalization": "Marking is done and must be ended (V8 5.8 to 13.6).",
    "Incremental marking forced finalization": "Marking is ended now, ready or not (V8 10.2 on).",
    "Concurrent MinorMS needs finalization": "The concurrent young collection must be ended (V8 11.7 on).",
    "MinorMS finalization for starting major GC": "The young collection is ended because a full one begins (V8 13.8 on).",
}

COLLECTORS: dict[str, str] = {
    "Scavenge": "Collects the young generation: copies what survives from one semi-space to the other, and promotes to "
    "the old generation what survived twice. Short, frequent. `collector` is scavenge.",
    "Mark-sweep": "A full collection: marks what lives in the whole heap, sweeps the rest, compacts some pages (V8 up to "
    "10.7; later called Mark-Compact). What it leaves is the live set. `collector` is mark_compact.",
    "Mark-Compact": "A full collection: marks what lives in the whole heap, sweeps the rest, compacts some pages (V8 10.8 "
    "on; Mark-sweep before). What it leaves is the live set. `collector` is mark_compact.",
    "Incremental Mark-Compact": "A full collection that ended a cycle of incremental marking (V8 14.6 on, Node 26).",
    "Minor Mark-Compact": "A marking collection of the young generation (V8 5.8 to 11.6, only with --minor-mc).",
    "Minor Mark-Sweep": "A marking collection of the young generation that does not move objects (V8 11.7 on, only with "
    "--minor-ms).",
    "Incremental Minor Mark-Sweep": "A Minor Mark-Sweep that ended a concurrent cycle (V8 14.6 on).",
}

LEVEL_MEANINGS: dict[Level, str] = {
    "not-assessable": "Too little in the log to judge by; the reason says what is missing.",
    "ok": "The live set does not climb, or is far from the limit.",
    "rising": "The live set climbs, but the heap lasts beyond the horizon.",
    "impending": "On the current trend the heap is exhausted within the horizon, or the live set is near the limit and "
    "does not come down.",
    "critical": "V8 is already failing to free memory: strikes, last-resort collections, minutes or collections left.",
    "exhausted": "Memory has run out: the log has V8's fatal error, or the kill for the container's or the machine's memory.",
}

GROWTH: dict[GrowthKind, str] = {
    "not-known": "There are fewer full collections than it takes to see growth: four.",
    "none": "The live set's floor is flat.",
    "steady": "The floor rises at an even rate: something is kept per unit of time or work.",
    "stepwise": "The floor rises in steps: something is kept per batch, job or deployment of code.",
    "accelerating": "The floor rises faster and faster: forecasts on a straight line come too late.",
    "decelerating": "The floor rises ever more slowly: a cache that fills, a warm-up.",
    "levelled-off": "The floor rose, and has been level since for a fifth of the time that the rise took, or longer: a warm-up, a cache "
    "that is full.",
    "uneven": "The floor rose, and has just come to rest: too soon to say whether it has levelled off.",
    "cyclic": "The floor rises and falls with the load.",
    "one-allocation": "The floor is flat except for one step.",
    "sudden": "The floor rose within less than a tenth of the process's life, to its limit: a burst of work, not what was kept all along.",
    "high-plateau": "The floor is flat, and near the limit.",
    "off-heap": "Memory outside the heap grows, the heap does not.",
    "death-spiral": "The heap is full and full collections, back to back, free nothing.",
}
