"""GC events reported through perf_hooks, used when there is no --trace-gc output."""

from __future__ import annotations

from gclog.model.records import Collection, PerformanceEntry
from gclog.recognise.convert import empty_values

__all__ = ["FULL_BEFORE_18", "WEAK_CALLBACKS", "EntryReader", "types_of_entries"]


class EntryReader:
    """Reads the entries of one log in order. What their kinds mean changed in Node 18; it is taken for the newer one until a kind
    says otherwise, as the whole log would say in the end."""

    def __init__(self) -> None:
        self._newest = self._seen_full_before_18 = False

    def collection(self, entry: PerformanceEntry) -> Collection | None:
        """The collection: its end and its pause, no sizes; None for a step of marking and the like."""
        self._newest = self._newest or entry.kind >= WEAK_CALLBACKS
        self._seen_full_before_18 = self._seen_full_before_18 or entry.kind == FULL_BEFORE_18
        is_modern = self._newest or (entry.detailed and not self._seen_full_before_18)
        kind = types_of_entries(is_modern=is_modern).get(entry.kind)
        if kind is None:
            return None
        row = empty_values(Collection) | {"line": entry.line, "wall_ms": entry.wall_ms, "type": kind, "form": "perf_hooks"}
        return Collection(**row | {"at_ms": entry.start_ms + entry.duration_ms, "pause_ms": entry.duration_ms})


WEAK_CALLBACKS = 16
"""kGCTypeProcessWeakCallbacks from V8 10.1 on, which has a bit of its own for minor mark-sweeps; 8 before."""


FULL_BEFORE_18 = 2
"""A full collection up to Node 16."""


def types_of_entries(*, is_modern: bool) -> dict[int, str]:
    """The types of collections by the kinds of perf_hooks' entries; `is_modern`: from Node 18 on."""
    return {1: "Scavenge", 4: "Mark-Compact", 2: "Minor Mark-Sweep"} if is_modern else {1: "Scavenge", 2: "Mark-sweep"}
