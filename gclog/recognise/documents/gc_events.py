"""Collections that a document reports, as rows of the same table as those of `--trace-gc`: v8.GCProfiler and trace events.

Neither has lines: `line` is the number of the collection in the document, and `texts` says in words what it is.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gclog.model.columns import Batch, Columns
from gclog.model.records import Collection, HeapOption
from gclog.recognise.convert import LARGEST_WHOLE, empty_values, known_number
from gclog.recognise.documents.counted_lines import CountedLines
from gclog.recognise.gc_profiler import PRINTED_PROFILE, megabytes, profiled_row, spread
from gclog.source.json_lines import WALL_END_MS
from gclog.source.json_stream import CutError, JsonStream, MalformedError
from gclog.units import US_PER_MS

if TYPE_CHECKING:
    from gclog.recognise.documents.trace_profiles import TraceProfiles

__all__ = ["SPREAD", "ReportedCollections", "read_gc_profiler", "read_trace_events"]

SPREAD = "v8.GCProfiler gives no moments: its collections are spread evenly between its begin and its end"
NO_END = "the end of the GC profile is missing: how long it ran, and GC's share of that, cannot be said"

TRACE_TYPES = {"MinorGC": "Scavenge", "MajorGC": "Mark-Compact"}
"""V8's trace events of the category `devtools.timeline,v8`: they begin (B) and end (E) with the size of the heap."""

TIMED_TYPES = {"V8.GCScavenger": "Scavenge", "V8.GCFinalizeMC": "Mark-sweep"}
"""Events of the category `v8` up to Node 12 or so, whole (X) and without sizes: used if there are none of the others."""


@dataclass(slots=True)
class ReportedCollections:
    """The rows as a batch, what each is in words, and what is odd about them.

    lines   how many the document has
    alone   nothing follows it
    """

    batch: Batch = field(default_factory=dict)
    texts: dict[int, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    lines: int = 0
    alone: bool = True

    def add(self, row: Mapping[str, Any], form: str) -> None:
        """Add a collection; fields that are not given are not known."""
        columns = self.batch.setdefault(Collection, [Columns(Collection)])[0]
        line = len(columns) + 1
        columns.append({**empty_values(Collection), **row, "line": line, "form": form})
        sizes = (row.get("used_before_mb"), row.get("used_after_mb"))
        grown = " -> ".join(f"{mb:.1f}" for mb in sizes if mb is not None)
        self.texts[line] = f"collection {line}: {row['type']} {grown} MB, {row['pause_ms']:.2f} ms"

    def add_limit(self, line: int, mb: float) -> None:
        """Add the heap's limit, young generation included: V8's heap_size_limit."""
        columns = self.batch.setdefault(HeapOption, [Columns(HeapOption)])[0]
        columns.append({"line": line, "wall_ms": None, "option": "heap_size_limit", "mb": mb, "command": None})


# ---------------------------------------------------------------- v8.GCProfiler


@dataclass(slots=True)
class _Profile:
    """A GC profile as far as it could be read.

    rows      its collections, and the heap's limit in MB that each says
    others    its other members; `after`: the names of those that follow the collections
    complete  the last of its collections is there
    closed    it is there to its closing brace, and nothing follows it
    """

    rows: list[tuple[dict[str, Any], float]] = field(default_factory=list)
    others: dict[str, Any] = field(default_factory=dict)
    after: list[str] = field(default_factory=list)
    complete: bool = False
    closed: bool = False

    def moment(self, key: str) -> float:
        """startTime or endTime, NaN if it is missing."""
        value = self.others.get(key)
        return float(value) if type(value) is int and 0 <= value < WALL_END_MS else math.nan

    @property
    def is_alone(self) -> bool:
        """Whether it is a document of its own. One that was cut is taken for such."""
        is_own_end = not self.after or (self.after == ["endTime"] and not math.isnan(self.moment("endTime")))
        return not self.complete or (self.closed and is_own_end)

    def read(self, stream: JsonStream) -> None:
        """Raises CutError, MalformedError after what could be read."""
        stream.begin()
        while (key := stream.key()) is not None:
            if key == "statistics" and not self.complete:
                self.rows += [row for item in stream.items() if (row := _row_of(item)) is not None]
                self.complete = True
                continue
            self.others[key] = stream.whole()
            if self.complete:
                self.after.append(key)
        self.closed = stream.is_over()


def read_gc_profiler(chunks: Iterable[bytes]) -> ReportedCollections:
    """`new v8.GCProfiler()`'s result as JSON (Node 18.15 on): sizes and pauses. Its only moments are its start and its end."""
    text, profile, found = CountedLines(chunks), _Profile(), ReportedCollections()
    with suppress(CutError, MalformedError):  # what could be read of it is in `profile`
        profile.read(JsonStream(text))
    start_ms, end_ms = profile.moment("startTime"), profile.moment("endTime")
    pauses_ms = [row["pause_ms"] for row, _ in profile.rows]
    found.notes.append(SPREAD if end_ms - start_ms >= sum(pauses_ms) else NO_END)
    limit_mb = 0.0
    for (row, said_mb), at_ms in zip(profile.rows, spread(pauses_ms, start_ms, end_ms), strict=True):
        wall_ms = None if math.isnan(start_ms) else start_ms + at_ms
        found.add({**row, "at_ms": at_ms, "wall_ms": wall_ms}, PRINTED_PROFILE)
        if said_mb and said_mb != limit_mb:
            limit_mb = said_mb
            found.add_limit(len(found.texts), said_mb)
    found.alone = profile.is_alone
    found.lines = text.count_to_the_end() if found.alone else 0
    return found


def _row_of(item: object) -> tuple[dict[str, Any], float] | None:
    return profiled_row(item) if isinstance(item, dict) else None


# ---------------------------------------------------------------- trace events


def read_trace_events(chunks: Iterable[bytes], profiles: TraceProfiles | None = None) -> ReportedCollections:
    """`--trace-event-categories v8`: node_trace.N.log, or a trace of Chrome. Threads of one pid are its isolates; clocks count from its
    first event. `profiles` is given the CPU profiles that are in it, too."""
    text, found = CountedLines(chunks), ReportedCollections()
    stream = JsonStream(text)
    first_us: dict[int, float] = {}
    open_at: dict[tuple[int, int], tuple[float, Mapping[str, Any]]] = {}
    rows: list[dict[str, Any]] = []
    try:
        if not stream.is_array():
            stream.begin()
            while stream.key() not in (None, "traceEvents"):
                stream.skip()
        for event in stream.items():
            rows += _traced(event, first_us, open_at)
            if profiles is not None:
                profiles.take(event)
    except (CutError, MalformedError):
        found.notes.append("the trace has no end: its process was killed, or it is still being written")
    sized = {row["pid"] for row in rows if "used_after_mb" in row}
    for row in rows:
        if "used_after_mb" in row or row["pid"] not in sized:
            found.add(row, "trace_events")
    found.lines = text.count_to_the_end()
    return found


def _traced(
    event: Any, first_us: dict[int, float], open_at: dict[tuple[int, int], tuple[float, Mapping[str, Any]]]
) -> Iterator[dict[str, Any]]:
    match event:
        case {"pid": int(pid), "tid": int(tid), "ts": ts, "ph": str(phase), "name": str(name)} if (
            (at_us := known_number(ts)) and 0 <= pid <= LARGEST_WHOLE and 0 <= tid <= LARGEST_WHOLE
        ):
            begin_us = first_us.setdefault(pid, at_us)
        case _:
            return
    arguments = event.get("args")
    arguments = arguments if isinstance(arguments, dict) else {}
    isolate = None if tid == pid else hex(tid)
    if name in TIMED_TYPES and phase == "X" and (took_us := known_number(event.get("dur"))) is not None:
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
            "used_before_mb": megabytes(began.get("usedHeapSizeBefore")),
            "used_after_mb": megabytes(arguments.get("usedHeapSizeAfter")),
            "reason": reason if isinstance(reason, str) else None,
        }
