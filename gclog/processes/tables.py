"""Records as tables: columns for each kind of line that there may be millions of, lists of records for the rest.

`rows` has the rows of Collection, DetailedCollection and RingCollection together as arrays (`rows.py`), with two more columns:
`collector` (scavenge, mark_compact, minor_mark_sweep) and `ring` (the record was printed in the crash's ring). Of the other kinds
there are pandas frames, and of collections on request.

A frame has a column per field of its record (`gclog.model.records`: names, units). Numbers are float64, NaN if a line does not say;
`line` is int64; flags are bool; texts are object, None if a line does not say, but `type`, `form` and `collector`, which every
collection has, are categories.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from gclog.model.columns import Batch, Column, Columns, records_of
from gclog.model.crash_records import CrashMarker, FatalError, JsFrame, NativeFrame
from gclog.model.records import (
    COLLECTOR_OF_TYPE,
    COLLECTORS,
    Collection,
    DetailedCollection,
    GcTimeTotal,
    HeapLimitChange,
    HeapOption,
    HeapStack,
    KernelKill,
    MemoryTotal,
    MemoryUsage,
    Message,
    MutatorUtilisation,
    PerformanceEntry,
    PlatformMessage,
    ProfiledCollection,
    Record,
    RingCollection,
    SpaceUsage,
    column_specs,
)
from gclog.processes.grown_column import GrownColumn
from gclog.processes.held import Held
from gclog.processes.perf_hooks import FULL_BEFORE_18, WEAK_CALLBACKS, types_of_entries
from gclog.processes.rows import COLUMNS, Rows

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Frames", "TableBuilder", "Tables", "frame_of", "printed_limits"]

COLLECTIONS = (Collection, DetailedCollection, RingCollection)
TEXTS = dict.fromkeys(("type", "form", "collector"), object)
FRAMES = (SpaceUsage, MemoryTotal, GcTimeTotal, MutatorUtilisation, HeapLimitChange, MemoryUsage, PerformanceEntry)
RARE = (FatalError, CrashMarker, NativeFrame, JsFrame, HeapOption, Message, HeapStack, KernelKill, PlatformMessage)

SIZES = ("used_before_mb", "committed_before_mb", "used_after_mb", "committed_after_mb")
UNDERFLOW_MB = 2.0**30
"""V8 prints a size that has fallen below zero as an unsigned number near 2^64 bytes (`1325166479500.6`): that is no size."""


Frames = Mapping[type[Record], "pd.DataFrame"]
"""The rows of records other than collections, by kind. A kind without a row is left out: loading pandas takes as long as reading a
small log, most of which have none of them."""


@dataclass(frozen=True, slots=True)
class Tables:
    """What one source says. `rare` holds the records of crashes, options and messages, in the order of their lines."""

    rows: Rows
    frames: Frames
    rare: tuple[Record, ...]
    trace_lines: dict[str, int]

    @property
    def collections(self) -> pd.DataFrame:
        """The collections as a frame, made when it is first asked for."""
        return self.rows.frame()

    @property
    def spaces(self) -> pd.DataFrame:
        return frame_of(self.frames, SpaceUsage)

    @property
    def totals(self) -> pd.DataFrame:
        return frame_of(self.frames, MemoryTotal)

    @property
    def gc_time(self) -> pd.DataFrame:
        return frame_of(self.frames, GcTimeTotal)

    @property
    def utilisation(self) -> pd.DataFrame:
        return frame_of(self.frames, MutatorUtilisation)

    @property
    def limit_changes(self) -> pd.DataFrame:
        return frame_of(self.frames, HeapLimitChange)

    @property
    def usage(self) -> pd.DataFrame:
        return frame_of(self.frames, MemoryUsage)

    @property
    def entries(self) -> pd.DataFrame:
        return frame_of(self.frames, PerformanceEntry)


def frame_of(frames: Frames, record: type[Record]) -> pd.DataFrame:
    """The rows of a kind, with all its columns even if it has no row."""
    return frames[record] if record in frames else _made(_empty_columns(record))


def _said(values: Column | None) -> Column | None:
    """A column of a batch; None if no row has a value."""
    return None if isinstance(values, list) and all(value is None for value in values) else values


def _series(values: npt.NDArray[Any]) -> pd.Series[Any]:
    """A column that keeps its dtype: pandas 3 gives texts another dtype, with NaN for None, unless object is asked for."""
    import pandas as pd

    return pd.Series(values, dtype=values.dtype, copy=False)


def _collections_of(entries: pd.DataFrame) -> Rows:
    """Collections reported through perf_hooks: when they ended, and their pauses. Steps of marking and weak callbacks are no collections."""
    kind = entries["kind"]
    modern = bool((kind >= WEAK_CALLBACKS).any() or (entries["detailed"].any() and not (kind == FULL_BEFORE_18).any()))
    types = types_of_entries(is_modern=modern)
    known = entries[kind.isin(list(types))].reset_index(drop=True)
    texts = (None, *types.values())
    codes = {number: code for code, number in enumerate(types, 1)}
    columns = {
        "line": Held(known["line"].to_numpy(dtype=np.int64)),
        "wall_ms": Held(known["wall_ms"].to_numpy(dtype=np.float64)),
        "at_ms": Held((known["start_ms"] + known["duration_ms"]).to_numpy(dtype=np.float64)),
        "pause_ms": Held(known["duration_ms"].to_numpy(dtype=np.float64)),
        "type": Held(np.array([codes[int(kind)] for kind in known["kind"]], dtype=np.int8), texts=texts),
        "form": Held(np.ones(len(known), dtype=np.int8), texts=(None, "perf_hooks")),
    }
    return Rows.whole(_with_collector(columns), len(known))


def printed_limits(usage: pd.DataFrame, speakers: npt.NDArray[np.int64]) -> list[HeapOption]:
    """heap_size_limit as programs printed it, in the order of lines: each that differs from the one before, or is another program's."""
    is_news = (usage["heap_limit_mb"] > 0).to_numpy()
    said, speakers = usage[is_news], speakers[is_news]
    news = said[(said["heap_limit_mb"] != said["heap_limit_mb"].shift()) | (np.diff(speakers, prepend=-2) != 0)]
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
    _has_trace: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been added."""
        return not (self._kept or self._rare or self._trace_lines)

    def add(self, batch: Batch) -> None:
        """Take the rows of a batch."""
        rare: Batch = {}
        collections: list[Columns] = []
        for record, parts in batch.items():
            if record in RARE:
                rare[record] = parts
            elif record in COLLECTIONS:
                collections += parts
            elif record in (ProfiledCollection, *FRAMES):
                self._keep(record, parts)
            else:
                for columns in parts:
                    self._trace_lines.update(columns.values.get("kind", []))
        if collections:
            self._keep(Collection, sorted(collections, key=lambda part: COLLECTIONS.index(part.record)))
            self._has_trace = self._has_trace or any(part.record is not RingCollection and len(part) for part in collections)
        self._rare.extend(records_of(rare))

    def _keep(self, record: type[Record], parts: Sequence[Columns]) -> None:
        """Keep the rows of a batch in the order of their lines: to sort a few thousand here saves sorting millions at the end."""
        lines = np.concatenate([np.asarray(columns.values["line"], dtype=np.float64) for columns in parts])
        order = None if bool((lines[1:] >= lines[:-1]).all()) else np.argsort(lines, kind="stable")
        kept = self._kept.setdefault(record, _empty_columns(record))
        for name, column in kept.items():
            said = [(len(columns), _said(_values(columns, name))) for columns in parts]
            if all(values is None for _, values in said):
                column.extend(None, len(lines))
            else:
                encoded = [column.encoded(values, rows) for rows, values in said]
                values = encoded[0] if len(encoded) == 1 else np.concatenate(encoded)
                if name in SIZES:
                    values = np.where(values < UNDERFLOW_MB, values, np.nan)
                column.extend(values if order is None else values[order], len(lines))

    def build(self) -> Tables:
        """The tables of everything added so far."""
        frames: dict[type[Record], pd.DataFrame] = {
            record: frame for record in FRAMES if record in self._kept and len(frame := _made(self._kept.pop(record)))
        }
        return Tables(
            rows=self._collections(frames.get(PerformanceEntry)),
            frames=frames,
            rare=tuple(sorted(self._rare, key=lambda record: record.line)),
            trace_lines=dict(self._trace_lines),
        )

    def _collections(self, entries: pd.DataFrame | None) -> Rows:
        """What V8 printed; without its trace, what v8.GCProfiler or else perf_hooks reported, which would be the same ones again."""
        printed, profiled = self._rows(Collection), self._rows(ProfiledCollection)
        if self._has_trace or (not len(profiled) and entries is None):
            return printed
        if not len(profiled):
            return printed if len(printed) or entries is None else _collections_of(entries)
        if not len(printed):
            return profiled
        import pandas as pd

        both = pd.concat([printed.frame().astype(TEXTS), profiled.frame().astype(TEXTS)], ignore_index=True)
        return Rows.of(both.sort_values("line", kind="stable", ignore_index=True))

    def _rows(self, record: type[Record]) -> Rows:
        """The collections of a kind, in the order of their lines."""
        kept = self._kept.pop(record, None)
        columns = {name: held for name, column in (kept or {}).items() if (held := column.held()) is not None}
        if not columns:
            return Rows.whole({}, 0)
        lines = columns["line"].values
        if not bool((lines[1:] >= lines[:-1]).all()):
            order = np.argsort(lines, kind="stable")
            columns = {name: dataclasses.replace(held, values=held.values[order]) for name, held in columns.items()}
        return Rows.whole(_with_collector(columns), len(lines))


def _values(columns: Columns, name: str) -> Column | None:
    """A column of a batch's rows; None if no row says anything."""
    if name == "ring":
        return np.ones(len(columns), dtype=bool) if columns.record is RingCollection else None
    return columns.values.get(name)


def _empty_columns(record: type[Record]) -> dict[str, GrownColumn]:
    if record in (Collection, ProfiledCollection):
        return {name: GrownColumn(kind) for name, kind in COLUMNS.items() if name != "collector"}
    return {name: GrownColumn(spec.metadata["kind"]) for name, spec in column_specs(record).items() if name != "values"}


def _made(columns: dict[str, GrownColumn]) -> pd.DataFrame:
    import pandas as pd

    frame = pd.DataFrame({name: _series(column.array()) for name, column in columns.items()}, copy=False)
    frame["line"] = frame["line"].astype(np.int64)
    return frame


def _with_collector(columns: dict[str, Held]) -> dict[str, Held]:
    """Columns with that of the collector, which follows from the type."""
    types = columns["type"]
    places = [0 if name is None else 1 + COLLECTORS.index(COLLECTOR_OF_TYPE[name]) for name in types.texts]
    collector = np.array(places, dtype=np.int8)[types.values]
    return {**columns, "collector": Held(collector, texts=(None, *COLLECTORS))}
