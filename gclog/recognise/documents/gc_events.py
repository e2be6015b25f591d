"""Collections that a document tells of, as rows of the same table as those of `--trace-gc`: v8.GCProfiler and trace events.

Neither has lines: `line` is the number of the collection in the document, and `texts` says in words what is there.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from gclog.model.columns import Batch, Columns
from gclog.model.records import Collection, HeapOption
from gclog.recognise.convert import empty_values
from gclog.recognise.documents.json_items import JsonItems
from gclog.recognise.gc_profiler import PRINTED_PROFILE, profiled_row, spread

__all__ = ["SPREAD", "ToldCollections", "read_gc_profiler", "read_trace_events"]

BYTES_PER_MB = 1 << 20
US_PER_MS = 1000.0

SPREAD = "v8.GCProfiler gives no moments: its collections are spread evenly between its begin and its end"
NO_END = "the end of the GC profile is missing: how long it ran, and GC's share of that, cannot be said"

END = re.compile(r'\s*(?:,\s*"endTime"\s*:\s*\d+\s*)?\}\s*')
"""What follows the statistics of a profile that is a document of its own."""

TRACE_TYPES = {"MinorGC": "Scavenge", "MajorGC": "Mark-Compact"}
"""V8's trace events of the category `devtools.timeline,v8`: they begin (B) and end (E) with the size of the heap."""


TIMED_TYPES = {"V8.GCScavenger": "Scavenge", "V8.GCFinalizeMC": "Mark-sweep"}
"""Events of the category `v8` up to Node 12 or so, whole (X) and without sizes: taken where there are none of the others."""


@dataclass(slots=True)
class ToldCollections:
    """The rows as a batch, what each is in words, and what is odd about them. `lines` of the document; `alone`: nothing
    stands behind it.
    """

    batch: Batch = field(default_factory=dict)
    texts: dict[int, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    lines: int = 0
    alone: bool = True

    def add(self, row: Mapping[str, Any], form: str) -> None:
        """One collection; the fields that are not given it does not say."""
        columns = self.batch.setdefault(Collection, [Columns(Collection)])[0]
        line = len(columns) + 1
        columns.append({**empty_values(Collection), **row, "line": line, "form": form})
        sizes = (row.get("used_before_mb"), row.get("used_after_mb"))
        grown = " -> ".join(f"{mb:.1f}" for mb in sizes if mb is not None)
        self.texts[line] = f"collection {line}: {row['type']} {grown} MB, {row['pause_ms']:.2f} ms"

    def add_limit(self, line: int, mb: float) -> None:
        """The heap's limit, young generation included: V8's heap_size_limit."""
        columns = self.batch.setdefault(HeapOption, [Columns(HeapOption)])[0]
        columns.append({"line": line, "wall_ms": None, "option": "heap_size_limit", "mb": mb})


# ---------------------------------------------------------------- v8.GCProfiler


def read_gc_profiler(chunks: Iterable[bytes]) -> ToldCollections:
    """`new v8.GCProfiler()`'s result as JSON (Node 18.15 on): sizes and pauses. It has no moments but its begin and its end."""
    items = JsonItems(chunks, "statistics")
    told = ToldCollections()
    found = [row for item in items if (row := profiled_row(item)) is not None]
    start_ms, end_ms = _moment(items.head, "startTime"), _moment(items.rest, "endTime")
    ended = spread([row["pause_ms"] for row, _ in found], start_ms, end_ms)
    told.notes.append(SPREAD if end_ms - start_ms >= sum(row["pause_ms"] for row, _ in found) else NO_END)
    limit_mb = 0.0
    for (told_row, most_mb), at_ms in zip(found, ended, strict=True):
        wall_ms = None if math.isnan(start_ms) else start_ms + at_ms
        told.add({**told_row, "at_ms": at_ms, "wall_ms": wall_ms}, PRINTED_PROFILE)
        if most_mb and most_mb != limit_mb:
            limit_mb = most_mb
            told.add_limit(len(told.texts), most_mb)
    told.lines = items.lines
    told.alone = not items.complete or END.fullmatch(items.rest) is not None
    return told


def _mb(value: object) -> float | None:
    return value / BYTES_PER_MB if isinstance(value, int | float) and not isinstance(value, bool) else None


def _moment(text: str, key: str) -> float:
    found = re.search(rf'"{key}"\s*:\s*(\d+)', text)
    return float(found[1]) if found else math.nan


# ---------------------------------------------------------------- trace events


def read_trace_events(chunks: Iterable[bytes]) -> ToldCollections:
    """`--trace-event-categories v8`: node_trace.N.log. Threads of one pid are its isolates; clocks count from its first event."""
    items = JsonItems(chunks, "traceEvents")
    told = ToldCollections()
    first_us: dict[int, float] = {}
    open_at: dict[tuple[int, int], tuple[float, Mapping[str, Any]]] = {}
    rows = [row for event in items for row in _traced(event, first_us, open_at)]
    sized = {row["pid"] for row in rows if "used_after_mb" in row}
    for row in rows:
        if "used_after_mb" in row or row["pid"] not in sized:
            told.add(row, "trace_events")
    if not items.complete:
        told.notes.append("the trace has no end: its process was killed, or it is still being written")
    told.lines = items.lines
    return told


def _traced(
    event: Mapping[str, Any], first_us: dict[int, float], open_at: dict[tuple[int, int], tuple[float, Mapping[str, Any]]]
) -> Iterator[dict[str, Any]]:
    match event:
        case {"pid": int(pid), "tid": int(tid), "ts": int() | float() as at_us, "ph": str(phase), "name": str(name)} if at_us:
            begin_us = first_us.setdefault(pid, at_us)
        case _:
            return
    arguments = event.get("args")
    arguments = arguments if isinstance(arguments, dict) else {}
    isolate = None if tid == pid else hex(tid)
    if name in TIMED_TYPES and phase == "X" and isinstance(took_us := event.get("dur"), int | float):
        ended_ms = (at_us + took_us - begin_us) / US_PER_MS
        kind = TIMED_TYPES[name]
        yield {"type": kind, "pid": pid, "isolate": isolate, "at_ms": ended_ms, "pause_ms": took_us / US_PER_MS}
    if name not in TRACE_TYPES:
        return
    if phase == "B":
        open_at[pid, tid] = (at_us, arguments)
    elif phase == "E" and (pid, tid) in open_at:
        began_us, began = open_at.pop((pid, tid))
        reason = began.get("type")
        yield {
            "type": TRACE_TYPES[name],
            "pid": pid,
            "isolate": isolate,
            "at_ms": (at_us - begin_us) / US_PER_MS,
            "pause_ms": (at_us - began_us) / US_PER_MS,
            "used_before_mb": _mb(began.get("usedHeapSizeBefore")),
            "used_after_mb": _mb(arguments.get("usedHeapSizeAfter")),
            "reason": reason if isinstance(reason, str) else None,
        }
