"""Records as tables: one pandas frame for each kind of line that there may be millions of, lists of records for the rest.

A frame has a column per field of its record (`gclog.model.records`: names, units), made from one list per field. Numbers are
float64, NaN if a line does not say; `line` is int64; flags are bool; texts are object, None if a line does not say, but
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

from gclog.model.columns import Batch, Column, Columns, records_of
from gclog.model.records import (
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
    ProfiledCollection,
    Record,
    RingCollection,
    SpaceUsage,
    column_specs,
)
from gclog.processes.grown_column import GrownColumn
from gclog.processes.perf_hooks import FULL_BEFORE_18, WEAK_CALLBACKS, types_of_entries

__all__ = ["TableBuilder", "Tables", "printed_limits"]

COLLECTIONS = (Collection, DetailedCollection, RingCollection)
FRAMES = (SpaceUsage, MemoryTotal, GcTimeTotal, MutatorUtilisation, HeapLimitChange, MemoryUsage, PerformanceEntry)
RARE = (FatalError, CrashMarker, NativeFrame, JsFrame, HeapOption, Message, KernelKill)

SIZES = ("used_before_mb", "committed_before_mb", "used_after_mb", "committed_after_mb")
UNDERFLOW_MB = 2.0**30
"""V8 prints a size that has fallen below zero as an unsigned number near 2^64 bytes (`1325166479500.6`): that is no size."""


ALWAYS_SAID = ("type", "form")
"""Texts of which every row has one, of a handful: kept as categories."""

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


def _said(values: Column | None) -> Column | None:
    """A column of a batch; None if no row has a value."""
    return None if isinstance(values, list) and all(value is None for value in values) else values


def _series(values: npt.NDArray[Any]) -> pd.Series[Any]:
    """A column that keeps its dtype: pandas 3 gives texts another dtype, with NaN for None, unless object is asked for."""
    return pd.Series(values, dtype=values.dtype, copy=False)


def _collections_of(entries: pd.DataFrame, empty: pd.DataFrame) -> pd.DataFrame:
    """Collections reported through perf_hooks: when they ended, and their pauses. Steps of marking and weak callbacks are no collections."""
    kind = entries["kind"]
    modern = bool((kind >= WEAK_CALLBACKS).any() or (entries["detailed"].any() and not (kind == FULL_BEFORE_18).any()))
    types = types_of_entries(is_modern=modern)
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


def printed_limits(usage: pd.DataFrame) -> list[HeapOption]:
    """heap_size_limit as a program printed it, in the order of lines: the first, and each that differs from the one before."""
    if not len(usage):
        return []
    said = usage[usage["heap_limit_mb"] > 0]
    news = said[said["heap_limit_mb"] != said["heap_limit_mb"].shift()]
    return [
        HeapOption(line=line, wall_ms=None, option="heap_size_limit", mb=mb)
        for line, mb in zip(news["line"].tolist(), news["heap_limit_mb"].tolist(), strict=True)
    ]


@dataclass(slots=True)
class TableBuilder:
    """Collects batches; the frames are made once, at the end. Of trace lines only their number by kind is kept."""

    _kept: dict[type[Record], dict[str, GrownColumn]] = field(default_factory=dict)
    _rare: list[Record] = field(default_factory=list)
    _trace_lines: Counter[str] = field(default_factory=Counter)

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been added."""
        return not (self._kept or self._rare or self._trace_lines)

    def add(self, batch: Batch) -> None:
        """Take the rows of a batch."""
        rare: Batch = {}
        for record, parts in batch.items():
            if record in RARE:
                rare[record] = parts
                continue
            if record in (*COLLECTIONS, ProfiledCollection, *FRAMES):
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
        for name, column in kept.items():
            said = [(len(columns), _said(columns.values.get(name))) for columns in parts]
            if all(values is None for _, values in said):
                column.extend(None, len(lines))
            else:
                encoded = [column.encoded(values, rows) for rows, values in said]
                values = encoded[0] if len(encoded) == 1 else np.concatenate(encoded)
                column.extend(values if order is None else values[order], len(lines))

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
        kept = self._kept.pop(record, None)
        return _empty_frame(record).copy() if kept is None else _frame_of(kept)  # a class is hashable, which mypy does not see

    def _collections(self, entries: pd.DataFrame) -> pd.DataFrame:
        """What V8 printed; without its trace, what v8.GCProfiler or else perf_hooks reported, which would be the same ones again."""
        printed = {record: self._frame(record).assign(ring=record is RingCollection) for record in COLLECTIONS}
        frames = [frame for frame in printed.values() if len(frame)]
        if not len(printed[Collection]) and not len(printed[DetailedCollection]):
            profiled = self._frame(ProfiledCollection).assign(ring=False)
            if len(profiled):
                frames.append(profiled)
            elif not frames and len(entries):
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


def _empty_columns(record: type[Record]) -> dict[str, GrownColumn]:
    return {name: GrownColumn(spec.metadata["kind"]) for name, spec in column_specs(record).items() if name != "values"}


def _frame_of(columns: dict[str, GrownColumn]) -> pd.DataFrame:
    frame = pd.DataFrame({name: _series(column.array()) for name, column in columns.items()}, copy=False)
    frame["line"] = frame["line"].astype(np.int64)
    return frame


_EMPTY: dict[type[Record], pd.DataFrame] = {}


def _empty_frame(record: type[Record]) -> pd.DataFrame:
    """To be copied: most logs have no record of most kinds, and making a frame of twenty empty columns takes a millisecond."""
    if record not in _EMPTY:
        _EMPTY[record] = _frame_of(_empty_columns(record))
    return _EMPTY[record]


def _with_categories(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with what all of them have as categories, and the collector."""
    for name in ALWAYS_SAID:
        rows[name] = rows[name].astype("category")
    types = rows["type"].cat
    collector = np.array([COLLECTORS.index(COLLECTOR_OF_TYPE[name]) for name in types.categories], dtype=np.int8)
    codes = collector[types.codes.to_numpy()]
    rows["collector"] = pd.Categorical.from_codes(codes, dtype=pd.CategoricalDtype(list(COLLECTORS)))
    return rows
