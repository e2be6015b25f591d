"""Groups of V8's reasons for a collection, for all versions (V8 3.11 to 14.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from gclog.processes.rows import Table, rows_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "ASKED_FOR",
    "EXTERNAL_PRESSURE",
    "LAST_RESORT",
    "NOTIFIED",
    "TOOLING",
    "find_lines",
    "find_spontaneous",
    "is_spontaneous",
]

Flags = npt.NDArray[np.bool_]

LAST_RESORT = frozenset({"last resort", "last resort gc"})
"""An allocation failed twice: V8 is about to give up."""

ASKED_FOR = frozenset(
    {"testing", "gc extension", "Isolate::RequestGarbageCollection", "%CollectGarbage", "low memory notification"}
)
"""Requested by the program or its embedder: `gc()` under --expose-gc, memwatch, Electron. V8 never uses them by itself."""

NOTIFIED = frozenset({"low memory notification"})
"""Of these, requested by the embedder through V8's API, which no JavaScript can call: DevTools, Electron, a native addon."""

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


def find_lines(collections: Table, reasons: frozenset[str]) -> tuple[int, ...]:
    """Lines of the collections that have one of these reasons."""
    rows = rows_of(collections)
    found = rows.texts("reason").is_in(reasons)
    return tuple(rows.where(found).lines.tolist()) if found.any() else ()


def find_spontaneous(collections: pd.DataFrame) -> pd.DataFrame:
    """The collections that V8 started by itself, requested neither by the program nor by a tool."""
    return collections[is_spontaneous(collections)]


def is_spontaneous(collections: Table) -> Flags:
    """Which collections V8 started by itself."""
    return ~rows_of(collections).texts("reason").is_in(ASKED_FOR | TOOLING)
