"""Collections that a program told of, one by one, in place of V8's trace: the entries of perf_hooks."""

from __future__ import annotations

from gclog.recognise.convert import empty_values
from gclog.records import Collection, PerformanceEntry
from gclog.tables import FULL_BEFORE_18, WEAK_CALLBACKS, types_of_entries

__all__ = ["EntryReader"]


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
