"""What `new v8.GCProfiler()` gave, as collections: the items of its own document, or its object as programs print it into a log."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gclog.grammar.compile import LineRule, compile_grammar
from gclog.recognise.convert import known_number
from gclog.source.blocks import CUT_MARK
from gclog.source.json_lines import WALL_END_MS
from gclog.units import BYTES_PER_MB, US_PER_MS

__all__ = ["PRINTED_PROFILE", "PrintedProfiles", "megabytes", "profiled_row", "spread"]

PRINTED_PROFILE = "gc_profiler"
"""The `form` of collections from a profile."""

PROFILER_TYPES = {
    "Scavenge": "Scavenge",
    "MarkSweepCompact": "Mark-Compact",
    "MinorMarkCompact": "Minor Mark-Compact",
    "MinorMarkSweep": "Minor Mark-Sweep",
}
"""GCProfiler's names (node's src/node_v8.cc, GCProfiler); incremental marking and weak callbacks are no collections."""


def profiled_row(item: Mapping[str, Any]) -> tuple[dict[str, Any], float] | None:
    """The fields of a collection of the profile's `statistics`, and its heapSizeLimit in MB, 0 if it has none.

    None for an item that is no collection. Sizes that were not printed are None.
    """
    match item:
        case {"gcType": str(kind), "cost": said} if kind in PROFILER_TYPES and (cost := known_number(said)) is not None:
            row: dict[str, Any] = {"type": PROFILER_TYPES[kind], "pause_ms": cost / US_PER_MS}
            for when in ("before", "after"):
                heap = _heap_of(item, f"{when}GC")
                row[f"used_{when}_mb"] = megabytes(heap.get("usedHeapSize"))
                row[f"committed_{when}_mb"] = megabytes(heap.get("totalHeapSize"))
            return row, megabytes(_heap_of(item, "afterGC").get("heapSizeLimit")) or 0.0
        case _:
            return None


def _heap_of(item: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    match item.get(key):
        case {"heapStatistics": dict(heap)}:
            return heap
        case _:
            return {}


def megabytes(value: object) -> float | None:
    """A number of bytes in MB; None for anything else."""
    size = known_number(value)
    return None if size is None else size / BYTES_PER_MB


def spread(pauses_ms: Sequence[float], start_ms: float, end_ms: float) -> list[float]:
    """When each pause ended, ms after the profile's start. A profile gives no moments, so they are spread evenly over it.

    If its start or its end is missing, the pauses follow one another without a gap.
    """
    whole_ms = sum(pauses_ms)
    known = end_ms - start_ms >= whole_ms
    free_ms = (end_ms - start_ms - whole_ms) / (len(pauses_ms) + 1) if known else 0.0
    ended, at_ms = [], 0.0
    for pause_ms in pauses_ms:
        at_ms += free_ms + pause_ms
        ended.append(at_ms)
    return ended


# ---------------------------------------------------------------- printed into a log


@functools.cache
def _figure() -> LineRule:
    return next(rule for rule in compile_grammar("gc_profiler").rules if rule.name == "figure")


class PrintedProfiles:
    """Reads the profiles of one log in order. Their common clock counts from the start of the first."""

    def __init__(self) -> None:
        self._first_ms: float | None = None
        self._limit_mb = 0.0

    def read(self, text: str) -> tuple[list[dict[str, Any]], float | None]:
        """The collections of a profile with their moments, and the heap's limit in MB if it has changed."""
        moments: dict[str, float] = {}
        items = [item for part in text.split(CUT_MARK.decode()) for item in _items(part, moments)]
        found = [collection for item in items if (collection := profiled_row(item)) is not None]
        start_ms, end_ms = moments.get("startTime", math.nan), moments.get("endTime", math.nan)
        self._first_ms = start_ms if self._first_ms is None else self._first_ms
        ended = spread([row["pause_ms"] for row, _ in found], start_ms, end_ms)
        for (row, _), at_ms in zip(found, ended, strict=True):
            row.update(at_ms=start_ms - self._first_ms + at_ms, wall_ms=start_ms + at_ms)
        limit_mb = next((mb for _, mb in reversed(found) if mb), 0.0)
        if not limit_mb or limit_mb == self._limit_mb:
            return [row for row, _ in found], None
        self._limit_mb = limit_mb
        return [row for row, _ in found], limit_mb


def _items(text: str, moments: dict[str, float]) -> Iterator[dict[str, Any]]:
    """The items of `statistics` from JSON or from what console.log printed; startTime and endTime go to `moments`."""
    rule = _figure()
    item: dict[str, Any] = {}
    heap: dict[str, Any] = {}
    for found in rule.part_pattern.finditer(text):
        name, value = found["name"], found["value"]
        if name == "gcType":
            if item:
                yield item
            item, heap = {"gcType": value}, {}
        elif name in ("beforeGC", "afterGC"):
            heap = {}
            item[name] = {"heapStatistics": heap}
        elif not value[0].isdigit() or (number := known_number(float(value))) is None:
            continue
        elif name in ("startTime", "endTime"):
            if number < WALL_END_MS:
                moments[name] = number
        else:
            (item if name == "cost" else heap)[name] = number
    if "gcType" in item:
        yield item
