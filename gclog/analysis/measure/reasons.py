"""Groups of V8's reasons for a collection, for all versions (V8 3.11 to 14.6)."""

from __future__ import annotations

import pandas as pd

__all__ = ["ASKED_FOR", "EXTERNAL_PRESSURE", "LAST_RESORT", "TOOLING", "find_lines", "find_spontaneous"]

LAST_RESORT = frozenset({"last resort", "last resort gc"})
"""An allocation failed twice: V8 is about to give up."""

ASKED_FOR = frozenset(
    {"testing", "gc extension", "Isolate::RequestGarbageCollection", "%CollectGarbage", "low memory notification"}
)
"""Requested by the program or its embedder: `gc()` under --expose-gc, memwatch, Electron. V8 never uses them by itself."""

TOOLING = frozenset(
    {
        "heap profiler",
        "sampling profiler",
        "measure memory",
        "debugger",
        "snapshot creator",
        "make heap iterable",
        "counters extension",
        "mksnapshot",
        "HeapObjectsMap::UpdateHeapObjectsMap",
        "HeapSnapshotGenerator::GenerateSnapshot",
        "Heap::MakeHeapIterable",
        "Heap::EnsureHeapIsIterable",
        "ScriptCache",
        "Debug::CreateScriptCache",
        "Debug::GetLoadedScripts",
        "%DebugReferencedBy",
        "%DebugConstructedBy",
        "preparing for break points",
        "prepare for break points",
    }
)
"""Requested by a heap snapshot, a profiler or a debugger, whose own data is then on the heap and distorts the figures."""

EXTERNAL_PRESSURE = frozenset({"external memory pressure", "external memory allocation limit reached"})
"""Memory outside the heap (Buffers) made V8 collect."""


def find_lines(collections: pd.DataFrame, reasons: frozenset[str]) -> tuple[int, ...]:
    """Lines of the collections that have one of these reasons."""
    return tuple(collections["line"][collections["reason"].isin(reasons)].tolist())


def find_spontaneous(collections: pd.DataFrame) -> pd.DataFrame:
    """The collections that V8 started by itself, requested neither by the program nor by a tool."""
    return collections[~collections["reason"].isin(ASKED_FOR | TOOLING)]
