"""What a reading becomes: rows of a batch, by the record that its rule names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from gclog.grammar.compile import LineRule
from gclog.model.columns import Batch, Columns
from gclog.model.crash_records import JsFrame
from gclog.model.records import (
    Collection,
    DetailedCollection,
    GcProfile,
    HeapOption,
    HeapStack,
    KernelKill,
    MemoryUsage,
    PlatformMessage,
    ProfiledCollection,
    Record,
    RingCollection,
    TraceLine,
)
from gclog.recognise.convert import FLAG, converted, empty_values
from gclog.recognise.formats import Formats
from gclog.recognise.fragments import Reading
from gclog.recognise.gc_profiler import PRINTED_PROFILE, PrintedProfiles
from gclog.recognise.memory_figures import moment_of, usage_values
from gclog.recognise.nvp import detailed_row
from gclog.recognise.platform_messages import is_stranger, kind_of
from gclog.units import BYTES_PER_KB

__all__ = ["Origin", "RowWriter"]

IN_BYTES = frozenset({"space_usage_bytes"})
"""Rules of lines whose sizes are bytes, not KB: V8 up to 3.11."""

WITH_FIGURES = frozenset({"heroku_sample"})
"""Forms of platforms' messages that are readings of the process's memory, too."""

NO_FIGURE = "half_read"
"""The rule of lines that name a figure and have no number for it."""


class Origin(NamedTuple):
    """Where a record comes from: the number of its line, and the moment that the line's envelope gives, ms since 1970."""

    line: int
    wall_ms: float | None


class RowWriter:
    """Turns readings into rows. `recognised_by`: how many lines each rule has read; `services`: of compose, whose lines they were."""

    def __init__(self, formats: Formats) -> None:
        self.recognised_by: Counter[str] = Counter()
        self.services: set[str] = set()
        self._formats = formats
        self._batch: Batch = {}
        self._profiles = PrintedProfiles()

    def take(self) -> Batch:
        """The rows written since the last call."""
        batch, self._batch = self._batch, {}
        return batch

    def add_columns(self, columns: Columns, recognised_by: Mapping[str, int]) -> None:
        """Add collections that were read many at once."""
        self._batch.setdefault(Collection, []).append(columns)
        self.recognised_by.update(recognised_by)

    def write_gc(self, origin: Origin, reading: Reading, *, in_ring: bool) -> bool:
        """The record of a GC line, whole or cut; False if it has a number that no field holds."""
        fields = dict(reading.fields, form=reading.rule.name)
        if not reading.whole:
            fields["cut"] = reading.rest
            if (known := self._formats.known_reason.match(fields.get("reason", ""))) is not None:
                fields["reason"] = known[0]
        if not self._append(RingCollection if in_ring else Collection, origin, fields):
            return False
        self.recognised_by[f"gc_trace.{reading.rule.name}"] += 1
        return True

    def write(self, origin: Origin, reading: Reading, text: str) -> bool:
        """The records of any other line; False if it has none after all: broken JSON, or a figure without a number that may be one."""
        if not self._write(origin, reading, text):
            return False
        if reading.rule.record is not TraceLine:  # the kinds of trace lines are counted where they are kept
            self.recognised_by[f"{reading.rule.file.name}.{reading.rule.name}"] += 1
        return True

    def _write(self, origin: Origin, reading: Reading, text: str) -> bool:
        rule, record = reading.rule, reading.rule.record
        if record is HeapOption:
            setting = self._formats.setting
            parts = [setting.fields_of(found, text) for found in setting.part_pattern.finditer(text)]
            return sum(self._append(record, origin, part) for part in parts) > 0
        if record is DetailedCollection:
            return self._append_values(record, origin, detailed_row(reading.fields, rule.name))
        if record is MemoryUsage:
            return self._write_usage(origin, reading, text)
        if record is GcProfile:
            self._write_profile(origin, text)
        elif record in (KernelKill, HeapStack):
            return self._append(record, origin, {**reading.fields, "kind": rule.name, "text": text})
        elif record is PlatformMessage:
            fields = {"form": rule.name, **reading.fields}
            if fields["form"] in WITH_FIGURES and (usage := usage_values(text, "memory_usage")) is not None:
                self._append_values(MemoryUsage, origin, usage)
            if is_stranger(fields, self.services):
                fields["stranger"] = FLAG
            return self._append(record, origin, {**fields, "kind": kind_of(fields["form"], fields)})
        elif record is JsFrame and self._formats.global_package.search(reading.fields.get("position", "")) is not None:
            return self._append(record, origin, {**reading.fields, "is_global": FLAG})
        else:
            return self._append(record, origin, reading.fields, rule)
        return True

    def _write_usage(self, origin: Origin, reading: Reading, text: str) -> bool:
        """Figures of memory, dated by the line itself if its envelope is not."""
        values = None if reading.rule.name == NO_FIGURE else usage_values(text, reading.rule.name)
        if values is None:
            return False
        wall_ms = moment_of(text) if origin.wall_ms is None else origin.wall_ms
        return self._append_values(MemoryUsage, origin, {**values, "wall_ms": wall_ms, "test": reading.fields.get("test")})

    def _write_profile(self, origin: Origin, text: str) -> None:
        """The collections of a GcProfile, and the heap's limit, young generation included, that it says."""
        rows, limit_mb = self._profiles.read(text)
        for row in rows:
            values = {**empty_values(ProfiledCollection), **row, "line": origin.line, "form": PRINTED_PROFILE}
            self._columns(ProfiledCollection).append(values)
        if limit_mb is not None:
            row = {"line": origin.line, "wall_ms": None, "option": "max_heap_size", "mb": limit_mb, "command": None}
            self._columns(HeapOption).append(row)

    def _append_values(self, record: type[Record], origin: Origin, values: Mapping[str, Any] | None) -> bool:
        """A row of values that are converted already."""
        if values is None:
            return False
        self._columns(record).append({**empty_values(record), "line": origin.line, "wall_ms": origin.wall_ms, **values})
        return True

    def _append(self, record: type[Record], origin: Origin, fields: Mapping[str, str], rule: LineRule | None = None) -> bool:
        """A row of fields as text; False if one of them is a number that no field holds."""
        values = converted(record, fields)
        if values is None:
            return False
        row = {**empty_values(record), "line": origin.line, "wall_ms": origin.wall_ms, **values}
        if rule is not None and rule.name in IN_BYTES:
            for name in ("used_kb", "available_kb", "committed_kb"):
                row[name] = None if row[name] is None else row[name] / BYTES_PER_KB
        self._columns(record).append(row)
        return True

    def _columns(self, record: type[Record]) -> Columns:
        parts = self._batch.setdefault(record, [])
        if not parts or not isinstance(parts[-1].values["line"], list):
            parts.append(Columns(record))
        return parts[-1]
