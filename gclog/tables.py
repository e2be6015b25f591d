"""Records as tables: one pandas frame for each kind of line that there may be millions of, lists of records for the rest.

A frame has a column per field of its record (`gclog.records`: names, units), made from one list per field. Numbers are
float64, NaN where a line does not say; `line` is int64; flags are bool; texts are object, None where a line does not say, but
`type`, `form` and `collector`, which every collection has, are categories.
`collections` has the rows of Collection, DetailedCollection and RingCollection together, with two more columns: `collector`
(scavenge, mark_compact, minor_mark_sweep) and `ring` (the record was printed in the crash's ring).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from gclog.columns import Batch, Columns, records_of, unsaid
from gclog.records import (
    COLLECTOR_OF_TYPE,
    COLLECTORS,
    Collection,
    CrashMarker,
    DetailedCollection,
    FatalError,
    GcTimeTotal,
    HeapLimitChange,
    HeapOption,
    JsFrame,
    KernelKill,
    MemoryTotal,
    MemoryUsage,
    Message,
    MutatorUtilisation,
    NativeFrame,
    PerformanceEntry,
    Record,
    RingCollection,
    SpaceUsage,
    column_specs,
)

__all__ = ["TableBuilder", "Tables"]

COLLECTIONS = (Collection, DetailedCollection, RingCollection)
FRAMES = (SpaceUsage, MemoryTotal, GcTimeTotal, MutatorUtilisation, HeapLimitChange, MemoryUsage, PerformanceEntry)
RARE = (FatalError, CrashMarker, NativeFrame, JsFrame, HeapOption, Message, KernelKill)

SIZES = ("used_before_mb", "committed_before_mb", "used_after_mb", "committed_after_mb")
UNDERFLOW_MB = 2.0**30
"""V8 prints a size that has fallen below zero as an unsigned number near 2^64 bytes (`1325166479500.6`): that is no size."""

WEAK_CALLBACKS = 16
"""kGCTypeProcessWeakCallbacks from V8 10.1 on, which has a bit of its own for minor mark-sweeps; 8 before."""

FULL_BEFORE_18 = 2
"""A full collection up to Node 16."""

ALWAYS_SAID = ("type", "form")
"""Texts of which every row has one, of a handful: kept as categories."""

GROWTH = 1.25
"""A column that is full gets so many times the room; what is not written to takes no memory (pages of zeros)."""

COLLECTION_FIELDS = tuple(name for name in column_specs(DetailedCollection) if name != "values")


@dataclass(frozen=True, slots=True)
class Tables:
    """What one source says. `rare` holds the records of crashes, options and messages, in the order of their lines."""

    collections: pd.DataFrame
    spaces: pd.DataFrame
    totals: pd.DataFrame
    gc_time: pd.DataFrame
    utilisation: pd.DataFrame
    limit_changes: pd.DataFrame
    usage: pd.DataFrame
    entries: pd.DataFrame
    rare: tuple[Record, ...]
    trace_lines: dict[str, int]


class _Column:
    """One column that grows: in place, so that a table of millions of rows is never held twice. Made when a row first says something."""

    __slots__ = ("_kind", "_rows", "_values")

    def __init__(self, kind: type) -> None:
        self._kind = kind
        self._rows = 0
        self._values: npt.NDArray[Any] | None = None

    def extend(self, values: npt.NDArray[Any] | None, rows: int) -> None:
        """Add so many rows; None for rows that say nothing."""
        begin, self._rows = self._rows, self._rows + rows
        if values is None and self._values is None:
            return
        held = unsaid(self._kind, 0) if self._values is None else self._values
        if len(held) < self._rows:
            room = np.empty(max(self._rows, int(GROWTH * len(held))), dtype=held.dtype)
            room[: len(held)] = held
            if self._values is None:
                room[:begin] = unsaid(self._kind, 1)
            self._values = held = room
        held[begin : self._rows] = unsaid(self._kind, 1) if values is None else values

    def array(self) -> npt.NDArray[Any]:
        """All rows."""
        return unsaid(self._kind, self._rows) if self._values is None else self._values[: self._rows]


def _array(kind: type, values: list[Any] | npt.NDArray[Any]) -> npt.NDArray[Any]:
    if isinstance(values, np.ndarray):
        return values  # read in bulk: nothing but digits were numbers there
    if kind is float or kind is int:
        numbers = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
        numbers[np.isinf(numbers)] = np.nan  # V8 prints `inf` where it has divided by nothing
        return numbers
    return np.array(values, dtype=bool if kind is bool else object)


def _series(values: npt.NDArray[Any]) -> pd.Series[Any]:
    """A column that keeps its dtype: pandas 3 makes texts of another dtype, with NaN for None, of what is not told to be object."""
    return pd.Series(values, dtype=values.dtype, copy=False)


def _collections_of(entries: pd.DataFrame, empty: pd.DataFrame) -> pd.DataFrame:
    """Collections that perf_hooks told of: when they ended, and their pauses. Steps of marking and weak callbacks are no collections."""
    kind = entries["kind"]
    modern = bool((kind >= WEAK_CALLBACKS).any() or (entries["detailed"].any() and not (kind == FULL_BEFORE_18).any()))
    types = {1: "Scavenge", 4: "Mark-Compact", 2: "Minor Mark-Sweep"} if modern else {1: "Scavenge", 2: "Mark-sweep"}
    known = entries[kind.isin(list(types))].reset_index(drop=True)
    rows = empty.reindex(range(len(known)))
    rows["line"], rows["wall_ms"] = known["line"], known["wall_ms"]
    rows["at_ms"], rows["pause_ms"] = known["start_ms"] + known["duration_ms"], known["duration_ms"]
    rows["type"] = _series(np.array([types[int(kind)] for kind in known["kind"]], dtype=object))
    rows["form"] = _series(np.full(len(known), "perf_hooks", dtype=object))
    texts = [name for name, spec in column_specs(DetailedCollection).items() if spec.metadata["kind"] is str]
    for name in texts:
        rows[name] = _series(rows[name].where(rows[name].notna(), None).to_numpy(dtype=object))
    for name in ("shared", "reduce", "during_sweeping"):
        rows[name] = False
    return rows.assign(ring=False)


@dataclass(slots=True)
class TableBuilder:
    """Collects batches; the frames are made once, at the end. Of trace lines only their number by kind is kept."""

    _kept: dict[type[Record], dict[str, _Column]] = field(default_factory=dict)
    _rare: list[Record] = field(default_factory=list)
    _trace_lines: Counter[str] = field(default_factory=Counter)

    def add(self, batch: Batch) -> None:
        """Take the rows of a batch."""
        rare: Batch = {}
        for record, parts in batch.items():
            if record in RARE:
                rare[record] = parts
                continue
            if record in COLLECTIONS or record in FRAMES:
                self._keep(record, parts)
            else:
                for columns in parts:
                    self._trace_lines.update(columns.values.get("kind", []))
        self._rare.extend(records_of(rare))

    def _keep(self, record: type[Record], parts: Sequence[Columns]) -> None:
        """Keep the rows of a batch in the order of their lines: to sort a few thousand here saves sorting millions at the end."""
        lines = np.concatenate([np.asarray(columns.values["line"], dtype=np.float64) for columns in parts])
        order = None if bool((lines[1:] >= lines[:-1]).all()) else np.argsort(lines, kind="stable")
        kept = self._kept.setdefault(record, _empty_columns(record))
        for name, spec in column_specs(record).items():
            if name not in kept:
                continue
            kind = spec.metadata["kind"]
            said = [(len(columns), columns.values.get(name)) for columns in parts]
            if order is None or all(values is None for _, values in said):
                for rows, values in said:
                    kept[name].extend(None if values is None else _array(kind, values), rows)
            else:
                together = [unsaid(kind, rows) if values is None else _array(kind, values) for rows, values in said]
                kept[name].extend(np.concatenate(together)[order], len(order))

    def build(self) -> Tables:
        """The tables of everything added so far."""
        spaces, totals, gc_time, utilisation, limits, usage, entries = (self._frame(record) for record in FRAMES)
        return Tables(
            collections=self._collections(entries),
            spaces=spaces,
            totals=totals,
            gc_time=gc_time,
            utilisation=utilisation,
            limit_changes=limits,
            usage=usage,
            entries=entries,
            rare=tuple(sorted(self._rare, key=lambda record: record.line)),
            trace_lines=dict(self._trace_lines),
        )

    def _frame(self, record: type[Record]) -> pd.DataFrame:
        kept = self._kept.pop(record, None) or _empty_columns(record)
        frame = pd.DataFrame({name: _series(column.array()) for name, column in kept.items()}, copy=False)
        frame["line"] = frame["line"].astype(np.int64)
        return frame

    def _collections(self, entries: pd.DataFrame) -> pd.DataFrame:
        frames = []
        for record in COLLECTIONS:
            frame = self._frame(record)
            if len(frame):
                frames.append(frame.assign(ring=record is RingCollection))
        if not frames and len(entries):
            frames.append(_collections_of(entries, self._frame(DetailedCollection)))
        if not frames:
            return _with_categories(self._frame(DetailedCollection).assign(ring=pd.Series(dtype=bool)))
        both = pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]
        for name in COLLECTION_FIELDS:
            if name not in both:
                both[name] = np.nan
        for name in SIZES:
            both[name] = both[name].where(both[name] < UNDERFLOW_MB)
        both = _with_categories(both)
        if not both["line"].is_monotonic_increasing:
            both = both.sort_values("line", kind="stable", ignore_index=True)
        return both


def _empty_columns(record: type[Record]) -> dict[str, _Column]:
    return {name: _Column(spec.metadata["kind"]) for name, spec in column_specs(record).items() if name != "values"}


def _with_categories(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with what all of them have as categories, and the collector."""
    for name in ALWAYS_SAID:
        rows[name] = rows[name].astype("category")
    types = rows["type"].cat
    collector = np.array([COLLECTORS.index(COLLECTOR_OF_TYPE[name]) for name in types.categories], dtype=np.int8)
    codes = collector[types.codes.to_numpy()]
    rows["collector"] = pd.Categorical.from_codes(codes, dtype=pd.CategoricalDtype(list(COLLECTORS)))
    return rows
